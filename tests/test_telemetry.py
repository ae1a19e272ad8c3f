"""Spans, metrics and log lines: what a call tells, under which names, and that it is names, codes and counts."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import context, trace
from opentelemetry.trace import StatusCode

from needful.errors import AccessDenied, DetectionError, LedgerWriteError, NeedfulError, StoreError, VaultError
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.tally import Tally
from needful.telemetry import CALL, CALL_ATTRIBUTES, INSTRUMENTS, RESTORATION, STAGE_ATTRIBUTES, STAGES, Trace
from needful.testing import MemoryLedger, MemoryStore, MemoryVault
from needful.values import Entry, Fetch, Fetched, Identity, Receipt, Span
from pipelines import POLICY, Bench, request, ticket
from telemetry_support import Watched, watching

TEXTS = [
    "The claim of Maria was reduced. Write to maria@mail.example about the claim.",
    "A claim with 078-05-1120 in it was reduced.",
    "The claim was reduced twice.",
]
TRACER = trace.get_tracer("tests")
Ask = Callable[[Bench], Any]


@pytest.fixture
def watched() -> Iterator[Watched]:
    """What OpenTelemetry is told during the test."""
    with watching() as seen:
        yield seen


def bench(**parts: Any) -> Bench:
    return Bench([ticket(text, title="Home", name="Maria") for text in TEXTS], **parts)


def sync(made: Bench) -> Any:
    return made.pipeline.release(request())


def asynchronous(made: Bench) -> Any:
    return asyncio.run(made.pipeline.arelease(request()))


both = pytest.mark.parametrize("ask", [sync, asynchronous])


class Broken:
    """Stands for any port, and raises."""

    fingerprint = "broken"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def fetch(self, fetch: Fetch) -> Fetched:
        raise self.error

    async def afetch(self, fetch: Fetch) -> Fetched:
        raise self.error

    def append(self, entry: Entry) -> Receipt:
        raise self.error

    def detect(self, texts: Any) -> list[tuple[Span, ...]]:
        raise self.error


class Pause:
    """Awaited, it gives way once."""

    def __await__(self) -> Generator[None, None, None]:
        yield


# spans


@both
def test_a_call_is_a_span_and_its_stages_are_spans_under_it(ask: Ask, watched: Watched) -> None:
    ask(bench())
    call = watched.call
    children = [span for span in watched.spans if span is not call]
    assert [span.name.removeprefix("needful.") for span in children] == [s for s in STAGES if s != "vault"]
    assert call.context is not None
    assert {span.parent.span_id for span in children if span.parent} == {call.context.span_id}
    assert all(span.parent for span in children)
    assert call.start_time is not None
    assert all(call.start_time <= (span.start_time or 0) <= (span.end_time or 0) for span in children)


@both
def test_a_calls_span_has_the_figures_of_its_ledger_entry(ask: Ask, watched: Watched) -> None:
    made = bench()
    release = ask(made)
    (entry,) = made.ledger.entries
    said = dict(watched.call.attributes or {})
    assert said.pop("needful.ledger.sequence") == release.receipt.sequence
    expected = {name: read(entry) for name, read in CALL_ATTRIBUTES.items()}
    assert said == {name: value for name, value in expected.items() if value != ""}
    named = ("purpose", "policy.name", "policy.version", "records.fetched", "records.disclosed", "records.withheld")
    assert [said[f"needful.{name}"] for name in named] == ["answer", "tickets", 7, 3, 2, 1]


def test_every_round_of_fetching_is_a_span_with_its_number(watched: Watched) -> None:
    texts = ["A claim with 078-05-1120 in it."] * 2 + ["The claim was reduced."] * 3
    Bench([ticket(text) for text in texts]).ask(k=2)
    rounds = [dict(span.attributes or {})["needful.round"] for span in watched.named("needful.fetch")]
    assert rounds == [1, 2]
    assert dict(watched.call.attributes or {})["needful.rounds"] == 2


@pytest.mark.parametrize(
    ("parts", "error", "outcome", "reason", "stage"),
    [
        ({"store": Broken(ValueError("x"))}, StoreError, "failed", "store-fault", "fetch"),
        ({"store": Broken(StoreError("x", code="timeout"))}, StoreError, "failed", "timeout", "fetch"),
        ({"detector": Broken(ValueError("x"))}, DetectionError, "failed", "detector-fault", "request"),
        ({"ledger": Broken(OSError("x"))}, LedgerWriteError, "failed", "ledger-fault", "record"),
        ({"ledger": Broken(LedgerWriteError("x", code="disk"))}, LedgerWriteError, "failed", "disk", "record"),
        ({"store": Broken(KeyboardInterrupt())}, KeyboardInterrupt, "failed", "interrupted", "fetch"),
    ],
)
@both
def test_a_failure_is_a_code_on_the_call_and_on_its_stage(
    ask: Ask, parts: Any, error: type[BaseException], outcome: str, reason: str, stage: str, watched: Watched
) -> None:
    with pytest.raises(error):
        ask(bench(**parts))
    said = dict(watched.call.attributes or {})
    assert (said["needful.outcome"], said["needful.reason"]) == (outcome, reason)
    assert watched.call.status.status_code is StatusCode.ERROR
    (failed,) = [span for span in watched.spans if span.name == f"needful.{stage}"]
    assert failed.status.status_code is StatusCode.ERROR
    assert dict(failed.attributes or {})["needful.reason"] in (reason, "fault")
    assert all(span.status.description is None and not span.events for span in watched.spans)


def lasting(vault: MemoryVault) -> Pipeline:
    """A pipeline whose policy needs the vault."""
    policy = POLICY.replace("{action: pseudonymize, entity: PERSON}", "{action: pseudonymize, entity: PERSON, LASTING}")
    parts = {field.name: getattr(bench().pipeline, field.name) for field in fields(Pipeline)}
    return Pipeline(**{**parts, "policy": Policy.parse(policy.replace("LASTING", "lasting: true")), "vault": vault})


def test_a_call_with_lasting_tokens_has_every_stage(watched: Watched) -> None:
    lasting(MemoryVault()).release(request())
    assert [span.name for span in watched.spans] == [*(f"needful.{stage}" for stage in STAGES), CALL]


def test_a_vault_that_fails_shows_at_its_stage(watched: Watched) -> None:
    with pytest.raises(VaultError):
        lasting(MemoryVault(fault=True)).release(request())
    (vault,) = watched.named("needful.vault")
    assert vault.status.status_code is StatusCode.ERROR
    assert dict(vault.attributes or {})["needful.reason"] == dict(watched.call.attributes or {})["needful.reason"]


@both
def test_a_refusal_has_its_reason_and_is_no_error(ask: Ask, watched: Watched) -> None:
    with pytest.raises(AccessDenied):
        ask(Bench([ticket("a claim to bc1qaccount")]))
    said = dict(watched.call.attributes or {})
    assert (said["needful.outcome"], said["needful.reason"], said["needful.ledger.sequence"]) == (
        "refused",
        "denied",
        1,
    )
    assert {span.status.status_code for span in watched.spans} == {StatusCode.UNSET}
    assert watched.count("needful.calls", outcome="refused", purpose="answer") == 1
    assert watched.count("needful.entities", entity="CRYPTO", action="deny") == 1


def test_a_purpose_that_the_policy_does_not_list_is_not_said(watched: Watched) -> None:
    with pytest.raises(AccessDenied):
        bench().ask(purpose="snooping")
    assert dict(watched.call.attributes or {})["needful.purpose"] == "<unlisted>"
    assert "snooping" not in repr([span.to_json() for span in watched.spans]) + repr(watched.raw_metrics)


def test_a_cancelled_call_ends_its_spans_and_its_thread_nothing_more(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    class Slow(MemoryStore):
        async def afetch(self, fetch: Fetch) -> Fetched:
            await asyncio.sleep(30)
            return Fetched((), 0)

    async def cancelled() -> None:
        task = asyncio.create_task(bench(store=Slow([])).pipeline.arelease(request()))
        await asyncio.sleep(0.1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    said = dict(watched.call.attributes or {})
    assert (said["needful.outcome"], said["needful.reason"]) == ("failed", "interrupted")
    assert dict(watched.named("needful.fetch")[0].attributes or {})["needful.reason"] == "interrupted"
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


def test_a_coroutine_that_is_thrown_away_elsewhere_draws_no_complaint(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    tally = Tally(Identity("p", 1, "0" * 64), purpose="answer")
    tally.trace.open()

    async def waiting() -> None:
        with tally.stage("fetch"):
            await Pause()

    coroutine = waiting()
    copy_context().run(coroutine.send, None)
    coroutine.close()
    (fetch,) = watched.named("needful.fetch")
    assert dict(fetch.attributes or {})["needful.reason"] == "interrupted"
    assert caplog.records == []


# parents


@both
def test_the_applications_span_is_the_parent(ask: Ask, watched: Watched) -> None:
    with TRACER.start_as_current_span("chain") as chain:
        ask(bench())
    assert watched.call.parent == chain.get_span_context()
    assert trace.get_current_span().get_span_context().span_id == 0


async def test_calls_beside_each_other_have_their_own_parents(watched: Watched) -> None:
    made = bench()

    async def chain(number: int) -> int:
        with TRACER.start_as_current_span(f"chain {number}") as span:
            await made.pipeline.arelease(request())
            return span.get_span_context().span_id

    expected = await asyncio.gather(*map(chain, range(8)))
    assert sorted(span.parent.span_id for span in watched.named(CALL) if span.parent) == sorted(expected)
    for call in watched.named(CALL):
        assert call.context is not None
        stages = [s for s in watched.spans if s.parent and s.parent.span_id == call.context.span_id]
        assert len(stages) == len(STAGES) - 1


def test_threads_that_copy_the_context_have_the_parent_too(watched: Watched) -> None:
    made = bench()
    with TRACER.start_as_current_span("batch") as batch, ThreadPoolExecutor(4) as pool:
        copies = [copy_context() for _ in range(8)]
        list(pool.map(lambda copied: copied.run(sync, made), copies))
    assert [span.parent for span in watched.named(CALL)] == [batch.get_span_context()] * 8


def test_the_parent_is_what_is_current_where_the_call_runs_not_where_it_was_made(watched: Watched) -> None:
    with TRACER.start_as_current_span("maker"):
        call = bench().pipeline.begin(request())
    with TRACER.start_as_current_span("runner") as runner:
        call.run()
    assert watched.call.parent == runner.get_span_context()


@both
def test_spans_of_a_store_a_detector_and_a_ledger_are_under_their_stage(ask: Ask, watched: Watched) -> None:
    class Store(MemoryStore):
        def fetch(self, fetch: Fetch) -> Fetched:
            with TRACER.start_as_current_span("http"):
                return super().fetch(fetch)

    class Ledger(MemoryLedger):
        def append(self, entry: Entry) -> Receipt:
            with TRACER.start_as_current_span("insert"):
                return super().append(entry)

    ask(Bench(store=Store([ticket("a claim")], in_order=True), ledger=Ledger()))
    for name, stage in (("http", "needful.fetch"), ("insert", "needful.record")):
        (inner,), (outer,) = watched.named(name), watched.named(stage)
        assert inner.parent is not None
        assert outer.context is not None
        assert inner.parent.span_id == outer.context.span_id
    assert context.get_current() == {}


# metrics


def test_metrics_add_up_what_the_ledger_has(watched: Watched) -> None:
    made = bench()
    for _ in range(3):
        made.ask()
    assert watched.count("needful.calls", outcome="released", purpose="answer") == 3
    assert watched.count("needful.records.withheld", reason="drop-record") == 3
    for entity, actions in made.ledger.entries[-1].counts.items():
        for action, times in actions.items():
            assert watched.count("needful.entities", entity=entity, action=action) == 3 * times
    stages = watched.metrics["needful.stage.duration"]
    assert {dict(labels)["needful.stage"] for labels in stages} == set(STAGES) - {"vault"}
    assert {point.count for point in stages.values()} == {3}
    (whole,) = watched.metrics["needful.call.duration"].values()
    assert whole.count == 3
    assert 0 < whole.min <= whole.sum < 60_000
    assert whole.sum >= sum(point.sum for point in stages.values())


def test_what_a_failed_call_would_have_disclosed_is_not_counted(watched: Watched) -> None:
    with pytest.raises(LedgerWriteError):
        bench(ledger=Broken(OSError())).ask()
    assert watched.count("needful.calls", outcome="failed", purpose="answer") == 1
    assert "needful.entities" not in watched.metrics
    assert "needful.records.withheld" not in watched.metrics


def test_caches_count_hits_and_misses(watched: Watched) -> None:
    made = bench()
    made.ask()
    made.ask()
    for cache in ("spans", "analyses"):
        hits, misses = (watched.count("needful.cache.lookups", cache=cache, hit=hit) for hit in (True, False))
        assert hits > 0
        assert 0 < misses <= hits + misses


def test_entities_of_an_applications_detector_do_not_widen_the_metrics(watched: Watched) -> None:
    class Inventive:
        fingerprint = "inventive"

        def detect(self, texts: Any) -> list[tuple[Span, ...]]:
            return [(Span(0, 1, f"MADE_UP_{len(text)}", 1.0, "x"),) for text in texts]

    bench(detector=Inventive()).ask()
    named = {dict(labels)["needful.entity"] for labels in watched.metrics["needful.entities"]}
    assert not [name for name in named if name.startswith("MADE_UP")]
    assert "<unlisted>" in named


# what cannot go wrong


class Hostile:
    """An OpenTelemetry provider's parts that raise whatever is asked of them."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("hostile")


@both
def test_a_provider_that_raises_ends_no_call(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from needful import telemetry

    def record(*_: Any) -> None:
        raise RuntimeError("hostile")

    monkeypatch.setattr(telemetry, "_TRACER", Hostile())
    monkeypatch.setattr(telemetry, "_RECORD", dict.fromkeys(telemetry._RECORD, record))
    assert ask(bench()).documents
    assert "telemetry failed" in caplog.text
    assert "hostile" not in caplog.text


def test_a_call_that_is_settled_twice_is_told_once(watched: Watched) -> None:
    tally = Tally(Identity("p", 1, "0" * 64), purpose="answer")
    tally.trace.open()
    tally.finish("released")
    tally.finish("failed", "interrupted")
    tally.trace.open()
    with tally.stage("detect"):
        pass
    assert [span.name for span in watched.spans] == [CALL]
    assert dict(watched.call.attributes or {})["needful.outcome"] == "released"
    assert watched.count("needful.calls", outcome="failed", purpose="answer") == 0


def test_a_call_that_never_runs_tells_nothing(watched: Watched) -> None:
    bench().pipeline.begin(request())
    assert watched.spans == ()
    assert "needful.calls" not in watched.metrics


LATE = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from needful.tally import Tally
from needful.telemetry import Trace, looked_up
from needful.values import Identity

asked = []
Trace().finish("released", lambda: asked.append(1))
looked_up("spans", 1, 1)
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
Tally(Identity("p", 1, "0" * 64), purpose="answer").finish("released")
looked_up("spans", 2, 0)
(scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
counted = {metric.name: metric.data.data_points[0] for metric in scope.metrics}
print(asked, counted["needful.calls"].value, counted["needful.cache.lookups"].value)
"""


def test_an_entry_is_made_only_for_who_listens_and_an_sdk_may_come_late() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[] 1 2\n", "")


def test_a_trace_says_nothing_in_its_repr() -> None:
    assert repr(Trace()) == "Trace(…)"


@given(st.text(max_size=60).filter(lambda text: " " in text or not text.isascii()))
def test_a_code_or_fingerprint_that_is_a_sentence_is_not_said(text: str) -> None:
    entry = Entry("", "failed", "answer", "", Identity("p", 1, "0" * 64), reason=text, detector=text)
    assert CALL_ATTRIBUTES["needful.reason"](entry) == "<unlisted>"
    assert CALL_ATTRIBUTES["needful.detector"](entry) == "<unlisted>"


# the page


def test_the_page_has_every_span_attribute_and_instrument(repository: Path) -> None:
    page = (repository / "docs" / "observability.md").read_text("utf-8")
    tables = {section.split("\n", 1)[0]: section for section in page.split("\n### ")[1:]}
    spans = re.findall(r"^\| `(needful\.[a-z.]+)` \|", tables["Spans"], re.MULTILINE)
    assert spans == [CALL, RESTORATION, *(f"needful.{stage}" for stage in STAGES)]
    of_call = re.findall(r"^\| `(needful\.[a-z.]+)` \|", tables["Attributes of a call"], re.MULTILINE)
    assert of_call == [*CALL_ATTRIBUTES, "needful.ledger.sequence"]
    of_stage = re.findall(r"^\| `(needful\.[a-z.]+)` \|", tables["Attributes of a stage"], re.MULTILINE)
    assert of_stage == list(STAGE_ATTRIBUTES)
    rows = re.findall(r"^\| `(needful[a-z.]+)` \| (\w+) \| `(\S+)` \| (.*?) \|", tables["Instruments"], re.MULTILINE)
    expected = [
        (name, made.kind, made.unit, ", ".join(f"`{attribute}`" for attribute in made.attributes))
        for name, made in INSTRUMENTS.items()
    ]
    assert rows == expected


SHOWN = """
import sys
sys.path.insert(0, {tests!r})
{blocks}
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(Lines())
logging.getLogger("needful").addHandler(handler)
logging.getLogger("needful").setLevel("INFO")
from pipelines import Bench, ticket
Bench([ticket("The claim of Maria was reduced.", name="Maria")]).ask()
"""


def test_the_examples_of_the_page_run_and_show_a_call(repository: Path) -> None:
    page = (repository / "docs" / "observability.md").read_text("utf-8")
    blocks = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    program = SHOWN.format(tests=str(repository / "tests"), blocks=blocks)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (line,) = [json.loads(text) for text in done.stdout.splitlines() if text.startswith('{"at"')]
    assert (line["at"], line["said"], line["outcome"], line["policy.name"]) == (
        "needful",
        "a call ended",
        "released",
        "tickets",
    )
    for name in (CALL, *(f"needful.{stage}" for stage in STAGES if stage != "vault"), "needful.calls"):
        assert f'"name": "{name}"' in done.stdout
    assert "Maria" not in done.stdout


def test_a_real_call_says_nothing_that_is_not_on_the_page(watched: Watched) -> None:
    bench().ask()
    with pytest.raises(NeedfulError):
        bench(store=Broken(ValueError())).ask()
    assert {span.name for span in watched.spans} <= {CALL, *(f"needful.{stage}" for stage in STAGES)}
    for span in watched.spans:
        known = {*CALL_ATTRIBUTES, "needful.ledger.sequence"} if span.name == CALL else set(STAGE_ATTRIBUTES)
        assert set(span.attributes or {}) <= known
        assert not span.events
        assert not span.links
    assert set(watched.metrics) == set(INSTRUMENTS)
    for name, points in watched.metrics.items():
        assert {tuple(sorted(key for key, _ in labels)) for labels in points} == {
            tuple(sorted(INSTRUMENTS[name].attributes))
        }


# the log


@pytest.mark.parametrize(("outcome", "level"), [("released", "INFO"), ("failed", "WARNING")])
def test_a_calls_end_is_a_line_with_its_figures(outcome: str, level: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "needful")
    made = bench() if outcome == "released" else bench(store=Broken(StoreError("x", code="timeout")))
    ended: NeedfulError | None = None
    try:
        made.ask()
    except NeedfulError as error:
        ended = error
    assert (ended is None) == (outcome == "released")
    (line,) = [record for record in caplog.records if record.name == "needful"]
    facts = line.__dict__["needful"]
    assert (line.levelname, line.getMessage(), facts["outcome"]) == (level, "a call ended", outcome)
    assert facts.get("reason") == (ended.code if ended else None)
    assert set(facts) <= {name.removeprefix("needful.") for name in CALL_ATTRIBUTES}
