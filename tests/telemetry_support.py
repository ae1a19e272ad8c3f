"""OpenTelemetry's SDK in memory. A process sets its providers once, so they stay, and drop spans unless watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

__all__ = ["Watched", "watching"]

Labels = frozenset[tuple[str, Any]]


class Switch(Sampler):
    """Takes every span or none."""

    is_on = False

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Record and export, or drop."""
        return SamplingResult(Decision.RECORD_AND_SAMPLE if self.is_on else Decision.DROP, attributes)

    def get_description(self) -> str:
        """The class's name."""
        return type(self).__name__


@dataclass(slots=True)
class Watched:
    """What was exported: spans in the order in which they ended, and metrics as they are since the beginning."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    _points: dict[str, dict[Labels, Any]] | None = field(default=None, init=False)
    _raw: Any = field(default=None, init=False)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All spans so far."""
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    @property
    def call(self) -> ReadableSpan:
        """The only span of a call."""
        (span,) = self.named("needful.retrieve")
        return span

    @property
    def metrics(self) -> Mapping[str, Mapping[Labels, Any]]:
        """Instrument to attributes to the data point: read once, when first asked for."""
        if self._points is None:
            self._points = {}
            for scope in self.raw_metrics.resource_metrics[0].scope_metrics if self.raw_metrics else ():
                for metric in scope.metrics:
                    points = self._points.setdefault(metric.name, {})
                    points |= {frozenset(point.attributes.items()): point for point in metric.data.data_points}
        return self._points

    @property
    def raw_metrics(self) -> Any:
        """What a metric exporter would be given, read once."""
        if self._raw is None:
            self._raw = self.reader.get_metrics_data()
        return self._raw

    def count(self, instrument: str, **labels: Any) -> int:
        """The value of a counter; an underscore in a label stands for a point, and `needful.` comes before it."""
        wanted = frozenset((f"needful.{name.replace('_', '.')}", value) for name, value in labels.items())
        point = self.metrics.get(instrument, {}).get(wanted)
        return point.value if point else 0


@cache
def _providers() -> tuple[Switch, InMemorySpanExporter, InMemoryMetricReader]:
    switch, exporter = Switch(), InMemorySpanExporter()
    delta: dict[type, AggregationTemporality] = {
        Counter: AggregationTemporality.DELTA,
        Histogram: AggregationTemporality.DELTA,
    }
    reader = InMemoryMetricReader(preferred_temporality=delta)
    traces = TracerProvider(switch, shutdown_on_exit=False)
    traces.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    assert trace.get_tracer_provider() is traces, "somebody else set a provider first"
    return switch, exporter, reader


@contextmanager
def watching() -> Iterator[Watched]:
    """Export spans and metrics, into what is returned."""
    switch, exporter, reader = _providers()
    exporter.clear()
    reader.get_metrics_data()
    switch.is_on = True
    try:
        yield Watched(exporter, reader)
    finally:
        switch.is_on = False
        exporter.clear()
