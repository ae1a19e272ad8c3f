"""Canaries through the retriever, and everything that OpenTelemetry and the log are told: none may come out there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from opentelemetry import context, metrics, trace
from test_leaks import CALL, Harness, failing_calls

from needful.errors import NeedfulError
from needful.telemetry import CALL as CALL_SPAN
from needful.telemetry import INSTRUMENTS, STAGES
from needful.testing import LeakProbe
from telemetry_support import Watched, watching

TRACER = trace.get_tracer("tests")


@pytest.fixture
def watched() -> Iterator[Watched]:
    """What OpenTelemetry is told during the test."""
    with watching() as seen:
        yield seen


@pytest.fixture(params=["action: redact", "action: drop-passage"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """A collection of canaries, and a policy that redacts or drops them."""
    made = Harness(tmp_path, request.param)
    yield made
    made.close()


def tap(probe: LeakProbe, watched: Watched) -> None:
    """Show the probe what exporters are given: objects, their JSON, and every attribute."""
    for span in watched.spans:
        probe.tap("spans", span.name, span.to_json(), dict(span.attributes or {}), repr(span.status.description))
        probe.tap("span events", *[(event.name, dict(event.attributes or {})) for event in span.events])
        probe.tap("span resources and links", span.resource.to_json(), *span.links)
    raw = watched.raw_metrics
    probe.tap("metrics", *([raw.to_json(), repr(raw)] if raw else []))


class Hanging:
    """A store that never answers in time, and whose errors quote the question."""

    def fetch(self, fetch: Any) -> Any:
        raise RuntimeError(f"refused: {fetch.text} {fetch.filter!r}")

    async def afetch(self, fetch: Any) -> Any:
        await asyncio.sleep(30)


async def cancelled(harness: Harness) -> None:
    task = asyncio.create_task(harness.retriever.ainvoke(harness.question(), **CALL))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def ask(harness: Harness) -> None:
    for _ in range(3):
        assert harness.retriever.invoke(harness.question(), **CALL)
    assert asyncio.run(harness.retriever.ainvoke(harness.question(), **CALL))
    for call in failing_calls(harness):
        arguments = {**CALL, **call}
        query = arguments.pop("query")
        for door in (harness.retriever.invoke, lambda q, **given: asyncio.run(harness.retriever.ainvoke(q, **given))):
            with pytest.raises(NeedfulError):
                door(query, **arguments)


def test_no_canary_is_told_to_opentelemetry_or_the_log(
    harness: Harness, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "needful", "needful_presidio", "needful_langchain", "needful_qdrant", "qdrant_client", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name)
    ask(harness)
    object.__setattr__(harness.retriever._pipeline, "store", Hanging())
    with pytest.raises(NeedfulError):
        harness.retriever.invoke(harness.question(), **CALL)
    asyncio.run(cancelled(harness))
    assert len(harness.probe.canaries) >= 200
    tap(harness.probe, watched)
    lines = [record for record in caplog.records if record.name.startswith("needful")]
    harness.probe.tap("log", caplog.text, *[record.__dict__ for record in caplog.records])
    harness.probe.assert_no_leak()
    assert {"spans", "metrics", "log"} <= harness.probe.doors.keys()
    _something_was_told(watched, lines)


def _something_was_told(watched: Watched, lines: list[logging.LogRecord]) -> None:
    outcomes = [dict(span.attributes or {})["needful.outcome"] for span in watched.named(CALL_SPAN)]
    assert outcomes.count("released") == 4
    assert outcomes.count("refused") >= 18
    reasons = {dict(span.attributes or {}).get("needful.reason") for span in watched.named(CALL_SPAN)}
    assert {"store-fault", "interrupted", "denied"} <= reasons
    assert {span.name for span in watched.spans} == {CALL_SPAN, *(f"needful.{stage}" for stage in STAGES)} - {
        "needful.vault"
    }
    assert set(watched.metrics) >= set(INSTRUMENTS) - {"needful.records.withheld"}
    said = [record.getMessage() for record in lines]
    assert said.count("a call ended") == len(outcomes)
    assert {line.partition(" at ")[0] for line in said} <= {"a call ended", "unexpected RuntimeError"}


def test_metrics_stay_of_few_series_however_callers_ask(harness: Harness, watched: Watched) -> None:
    ask(harness)
    series = {name: len(points) for name, points in watched.metrics.items()}
    policy = harness.retriever._pipeline.policy
    assert series["needful.calls"] <= 4 * (len(policy.purposes) + 1)
    assert series["needful.stage.duration"] <= len(STAGES)
    assert sum(series.values()) < 60


def test_a_principal_is_not_told_not_even_as_a_hash(harness: Harness, watched: Watched) -> None:
    harness.retriever.invoke(harness.question(), **CALL)
    stored = [item.entry for item in harness.ledger.entries()][-1]
    assert len(stored.principal) == len(stored.query) == 64
    probe = LeakProbe()
    for hashed in (stored.principal, stored.query, CALL["principal"]["id"]):
        probe.adopt(hashed)
    tap(probe, watched)
    probe.assert_no_leak()


def test_the_probe_sees_a_canary_in_a_span_an_event_a_metric_and_a_log_line(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    probe = LeakProbe()
    with TRACER.start_as_current_span("leaky") as span:
        span.set_attribute("needful.query", f"what about {probe.plant()}?")
        span.record_exception(ValueError(probe.plant()))
    metrics.get_meter("tests").create_counter("leaky").add(1, {"person": probe.plant()})
    logging.getLogger("needful").error("failed", extra={"needful": {"query": probe.plant()}})
    tap(probe, watched)
    probe.tap("log", *[record.__dict__ for record in caplog.records])
    assert {door: seen for door, seen in probe.doors.items() if seen} == {
        "spans": 2,
        "span events": 1,
        "metrics": 1,
        "log": 1,
    }


class Attaching(BaseCallbackHandler):
    """Traces as an instrumentation of LangChain does: a span a run, current until the run ends."""

    run_inline = True

    def __init__(self) -> None:
        self.open: list[Any] = []

    def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
        span = TRACER.start_span("langchain.retriever")
        self.open.append((span, context.attach(trace.set_span_in_context(span))))

    def on_retriever_end(self, documents: Any, **kwargs: Any) -> None:
        span, token = self.open.pop()
        context.detach(token)
        span.end()


def test_the_span_of_a_langchain_instrumentation_is_the_parent(harness: Harness, watched: Watched) -> None:
    with TRACER.start_as_current_span("chain") as chain:
        harness.retriever.invoke(harness.question(), {"callbacks": [Attaching()]}, **CALL)
    (retriever,) = watched.named("langchain.retriever")
    assert watched.call.parent == retriever.context
    assert retriever.parent == chain.get_span_context()


def test_the_applications_span_is_the_parent_in_ainvoke(harness: Harness, watched: Watched) -> None:
    async def asked() -> None:
        with TRACER.start_as_current_span("chain"):
            await harness.retriever.ainvoke(harness.question(), **CALL)

    asyncio.run(asked())
    (chain,) = watched.named("chain")
    assert watched.call.parent == chain.context
    assert len({span.context.trace_id for span in watched.spans if span.context}) == 1
