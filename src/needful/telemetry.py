"""What a call tells OpenTelemetry and the log: names of the policy, codes, counts and times. Never content.

OpenTelemetry's API does nothing until the application sets up an SDK, and what is below does nothing much then either.
`docs/observability.md` has every span, attribute and instrument; a test compares.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import Token
from dataclasses import dataclass
from functools import wraps
from operator import attrgetter
from threading import Lock
from typing import Literal, ParamSpec, TypeVar

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from needful.errors import AccessDenied, NeedfulError
from needful.faults import interrupts
from needful.values import Entry

__all__ = [
    "CALL",
    "CALL_ATTRIBUTES",
    "INSTRUMENTS",
    "RESTORATION",
    "STAGES",
    "STAGE_ATTRIBUTES",
    "Trace",
    "log_checkpoint",
    "looked_up",
]

CALL = "needful.retrieve"
"""The span of a call; those of its stages are its children."""

RESTORATION = "needful.restore"
"""The same for a call that turns lasting tokens back. It has the stages plan, vault and record."""

STAGES = ("plan", "request", "fetch", "detect", "select", "transform", "vault", "record")
"""Stages of a call; the span of one is `needful.` and its name."""

ELSEWHERE = "<unlisted>"
"""In place of what is not shaped like a code or a digest: foreign code made it, and it may be anything."""

CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}(-[a-z0-9]{1,20}){0,7}")
DIGEST = re.compile(r"[A-Za-z0-9._:@-]{1,128}")
MILLISECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)

P = ParamSpec("P")
R = TypeVar("R")
Fact = str | int

logger = logging.getLogger("needful")

CALL_ATTRIBUTES: Mapping[str, Callable[[Entry], Fact]] = {
    "needful.purpose": attrgetter("purpose"),
    "needful.policy.name": attrgetter("policy.name"),
    "needful.policy.version": attrgetter("policy.version"),
    "needful.policy.digest": attrgetter("policy.digest"),
    "needful.outcome": attrgetter("outcome"),
    "needful.reason": lambda entry: _shaped(CODE, entry.reason),
    "needful.detector": lambda entry: _shaped(DIGEST, entry.detector),
    "needful.rounds": attrgetter("rounds"),
    "needful.records.fetched": attrgetter("records_fetched"),
    "needful.records.disclosed": attrgetter("records_disclosed"),
    "needful.records.withheld": lambda entry: sum(entry.withheld.values()),
    "needful.passages": attrgetter("passages"),
    "needful.bytes.fetched": attrgetter("bytes_fetched"),
    "needful.characters.fetched": attrgetter("characters_fetched"),
    "needful.characters.disclosed": attrgetter("characters_disclosed"),
}
"""What a call's span says, besides `needful.ledger.sequence`. No principal and no query, hashed or not."""

STAGE_ATTRIBUTES = ("needful.round", "needful.reason")
"""What a stage's span says: which time the call was in this stage, and the code of what ended it, if anything."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument: what it counts or measures, its unit (UCUM), and its attributes, all of few values."""

    kind: Literal["counter", "histogram"]
    unit: str
    attributes: tuple[str, ...]
    description: str


INSTRUMENTS: Mapping[str, Instrument] = {
    "needful.calls": Instrument("counter", "{call}", ("needful.outcome", "needful.purpose"), "Calls that ended"),
    "needful.call.duration": Instrument("histogram", "ms", ("needful.outcome",), "Time of a call"),
    "needful.stage.duration": Instrument("histogram", "ms", ("needful.stage",), "Time of a call in one stage"),
    "needful.entities": Instrument("counter", "{entity}", ("needful.entity", "needful.action"), "What was done"),
    "needful.records.withheld": Instrument("counter", "{record}", ("needful.reason",), "Records withheld"),
    "needful.cache.lookups": Instrument("counter", "{text}", ("needful.cache", "needful.hit"), "Texts looked up"),
}


def _made() -> dict[str, Callable[[float, Mapping[str, str | bool]], None]]:
    meter = metrics.get_meter("needful")
    recorders: dict[str, Callable[[float, Mapping[str, str | bool]], None]] = {}
    for name, made in INSTRUMENTS.items():
        if made.kind == "counter":
            recorders[name] = meter.create_counter(name, made.unit, made.description).add
        else:
            recorders[name] = meter.create_histogram(
                name, made.unit, made.description, explicit_bucket_boundaries_advisory=MILLISECONDS
            ).record
    return recorders


_TRACER = trace.get_tracer("needful")
_RECORD = _made()
_CALLS = getattr(_RECORD["needful.calls"], "__self__", None) or _RECORD


def _quietly(told: Callable[P, R]) -> Callable[P, R | None]:
    """An application's samplers, processors and exporters are foreign code: what they raise ends no call."""

    @wraps(told)
    def tell(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return told(*args, **kwargs)
        except Exception:  # noqa: BLE001 - see above
            pass
        logger.warning("telemetry failed", extra={"needful": {"code": "telemetry-fault"}})
        return None

    return tell


def _is_measured() -> bool:
    """Whether the application has set up metrics, as far as can be told: until then the API's counters are proxies."""
    return getattr(_CALLS, "_real_instrument", _CALLS) is not None


def _shaped(pattern: re.Pattern[str], text: object) -> str:
    return text if isinstance(text, str) and (not text or pattern.fullmatch(text)) else ELSEWHERE


@dataclass(frozen=True, slots=True)
class _Stop:
    """How something ended: the code of what ended it, if anything, and whether that is a failure. A refusal is none."""

    reason: str = ""
    is_failure: bool = False

    @classmethod
    def by(cls, error: BaseException) -> _Stop:
        """The code of an exception. Its text and its class are nobody's business."""
        if isinstance(error, NeedfulError):
            return cls(_shaped(CODE, error.code), not isinstance(error, AccessDenied))
        return cls("interrupted" if interrupts(error) or isinstance(error, GeneratorExit) else "fault", True)


_NO_STOP = _Stop()


@_quietly
def looked_up(cache: Literal["spans", "analyses", "annotations"], hits: int, misses: int) -> None:
    """Count texts that a cache knew, and texts that it did not."""
    if not _is_measured():
        return
    if hits:
        _RECORD["needful.cache.lookups"](hits, {"needful.cache": cache, "needful.hit": True})
    if misses:
        _RECORD["needful.cache.lookups"](misses, {"needful.cache": cache, "needful.hit": False})


class Trace:
    """The spans of one call. What it is told before `open`, it shows then."""

    __slots__ = ("_began", "_context", "_early", "_entered", "_is_ended", "_lock", "_name", "_span", "sequence")

    def __init__(self, name: str = CALL) -> None:
        """Begin the call's time. `name` is that of its span."""
        self._name = name
        self._began = time.time_ns()
        self._early: list[tuple[str, int, int, _Stop]] = []
        self._entered: Counter[str] = Counter()
        self._span: Span | None = None
        self._context: Context | None = None
        self._is_ended = False
        self._lock = Lock()
        self.sequence: int | None = None
        """The call's entry in the ledger, as soon as it is known."""

    def __repr__(self) -> str:
        return "Trace(…)"

    @_quietly
    def open(self) -> None:
        """Begin the call's span under the span that is current here.

        Not where the call is made: LangChain's callbacks, and so its tracers, only hear of a call whose question was
        screened, and it is their span that shall be the parent.
        """
        if self._span is not None or self._is_ended:
            return
        self._span = _TRACER.start_span(self._name, start_time=self._began)
        if self._span.is_recording():
            self._context = trace.set_span_in_context(self._span)
            for name, begin, end, stop in self._early:
                _end(self._child(name, begin, self._context), stop, end)

    def enter(self, name: str, begin: int) -> tuple[Span, Token[Context]] | None:
        """Begin to show a stage that began at a time, in nanoseconds; what is returned is for `leave`.

        Its span is current until then, so that spans of a Qdrant or HTTP client are its children.
        """
        return None if self._context is None or self._is_ended else self._enter(name, begin)

    def leave(
        self, name: str, begin: int, entered: tuple[Span, Token[Context]] | None, error: BaseException | None
    ) -> None:
        """End a stage, by an exception or not."""
        if entered is None and self._span is not None:
            return
        span, token = entered or (None, None)
        self._leave(name, begin, span, _NO_STOP if error is None else _Stop.by(error))
        if token is not None and not isinstance(error, GeneratorExit):
            context.detach(token)  # a coroutine that is thrown away ends in a context that is not its own

    @_quietly
    def _enter(self, name: str, begin: int) -> tuple[Span, Token[Context]] | None:
        if self._context is None:
            return None
        span = self._child(name, begin, self._context)
        return span, context.attach(trace.set_span_in_context(span))

    def _child(self, name: str, begin: int, under: Context) -> Span:
        self._entered[name] += 1
        attributes = {"needful.round": self._entered[name]}
        return _TRACER.start_span(f"needful.{name}", under, attributes=attributes, start_time=begin)

    @_quietly
    def _leave(self, name: str, begin: int, span: Span | None, stop: _Stop) -> None:
        if span is not None:
            _end(span, stop)
        elif self._span is None:
            self._early.append((name, begin, time.time_ns(), stop))

    def finish(self, outcome: str, entry: Callable[[], Entry]) -> None:
        """End the call as an entry has it: its span, its metrics and its line in the log. Only the first time.

        `entry` is asked only where somebody listens.
        """
        with self._lock:
            first, self._is_ended = not self._is_ended, True
        if first and (self._is_recording() or _is_measured() or logger.isEnabledFor(_level(outcome))):
            last = entry()
            self._end(last)
            _measure(last, (time.time_ns() - self._began) / 1e6)
            _log(last)

    def _is_recording(self) -> bool:
        return self._context is not None

    @_quietly
    def _end(self, entry: Entry) -> None:
        if self._span is None or not self._span.is_recording():
            return
        self._span.set_attributes(_facts(entry))
        if self.sequence is not None:
            self._span.set_attribute("needful.ledger.sequence", self.sequence)
        _end(self._span, _Stop(_shaped(CODE, entry.reason), entry.outcome == "failed"))


def _end(span: Span, stop: _Stop, at: int | None = None) -> None:
    if stop.reason:
        span.set_attribute("needful.reason", stop.reason)
    if stop.is_failure:
        span.set_status(Status(StatusCode.ERROR))
    span.end(at)


def _facts(entry: Entry) -> dict[str, Fact]:
    return {name: fact for name, read in CALL_ATTRIBUTES.items() if (fact := read(entry)) != ""}


@_quietly
def _measure(entry: Entry, spent: float) -> None:
    """Add the entry up. Of a call that failed nothing was disclosed, so it counts as a call and takes its time."""
    _RECORD["needful.calls"](1, {"needful.outcome": entry.outcome, "needful.purpose": entry.purpose})
    _RECORD["needful.call.duration"](spent, {"needful.outcome": entry.outcome})
    for stage, of_stage in entry.timings.items():
        _RECORD["needful.stage.duration"](of_stage, {"needful.stage": stage})
    if entry.outcome == "failed":
        return
    for entity, actions in entry.counts.items():
        for action, times in actions.items():
            _RECORD["needful.entities"](times, {"needful.entity": entity, "needful.action": action})
    for reason, records in entry.withheld.items():
        _RECORD["needful.records.withheld"](records, {"needful.reason": reason})


def _level(outcome: str) -> int:
    return logging.WARNING if outcome == "failed" else logging.INFO


def _log(entry: Entry) -> None:
    level = _level(entry.outcome)
    if logger.isEnabledFor(level):
        facts = {name.removeprefix("needful."): fact for name, fact in _facts(entry).items()}
        logger.log(level, "a call ended", extra={"needful": facts})


def log_checkpoint(note: str) -> None:
    """Emit a log record whose body is the note of a signed checkpoint: hashes, a size and a signature, no content.

    It goes where the application's LoggerProvider sends it; without one, nowhere.
    """
    # The logs API is OpenTelemetry's own, though its package still begins with an underscore.
    from opentelemetry import _logs

    record = _logs.LogRecord(
        timestamp=time.time_ns(),
        severity_number=_logs.SeverityNumber.INFO,
        severity_text="INFO",
        body=note,
        attributes={"needful.kind": "checkpoint"},
    )
    _logs.get_logger("needful").emit(record)
