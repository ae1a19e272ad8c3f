"""Cancellation, KeyboardInterrupt, MemoryError and RecursionError at every stage: nothing comes out but the error.

Each stage runs foreign code through a port; a fake in its place raises. Afterwards there is an entry, or a gap that is
known: an interruption while the entry itself is written.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from faults_support import CALL, DETECTOR, DOORS, POLICY, SOAK, Bench, made_bench, tickets
from langchain_core.callbacks import BaseCallbackHandler

from needful.detection import SpanCache
from needful.errors import NeedfulError
from needful.keys import Keys
from needful.policy import Policy
from needful.testing import MemoryLedger, PlainOperators
from needful.values import Entry, Receipt, Scalar, Span
from needful_langchain import NeedfulRetriever

EVERYTHING = (
    POLICY.replace("page_content: scan", "page_content: {action: scan, select: {by: embeddings}}")
    .replace("PERSON: pseudonymize,", "PERSON: {action: pseudonymize, lasting: true},")
    .replace("{action: pseudonymize, entity: PERSON}", "{action: pseudonymize, entity: PERSON, lasting: true}")
)
"""A policy under which a call goes through every port."""

STAGES = ("plan", "request", "embed", "detect", "cache", "select", "transform", "vault", "record")


@dataclass
class Everywhere:
    """All the ports of a call; one of them does something at one stage."""

    stage: str
    act: Any
    keeps: bool = True
    fingerprint_asked: int = 0
    entries: list[Entry] = field(default_factory=list)

    def at(self, stage: str) -> None:
        if stage == self.stage:
            self.act()

    @property
    def fingerprint(self) -> str:
        self.at("plan")
        return "everywhere"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self.at("request" if any("why was" in text for text in texts) else "detect")
        return DETECTOR.detect(texts)

    def embed_query(self, text: str) -> list[float]:
        self.at("embed")
        return [1.0] * 32

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.at("select")
        return [[1.0] * 32 for _ in texts]

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        self.at("transform")
        return PlainOperators().apply(name, value, entity, parameters)

    def put(self, originals: Mapping[str, str]) -> None:
        self.at("vault")

    def has(self, token: str) -> bool:
        return False

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        return {}

    def append(self, entry: Entry) -> Receipt:
        self.at("record")
        self.entries.append(entry)
        return Receipt(len(self.entries), "0" * 64, entry.policy, entry.counts)


class Cache(SpanCache):
    """A cache that does something when it is asked for a ticket."""

    def __init__(self, parts: Everywhere) -> None:
        super().__init__()
        self._parts = parts

    def key(self, kind: str, text: str) -> bytes:
        if text.startswith("The "):
            self._parts.at("cache")
        return super().key(kind, text)


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    yield from made_bench(request.param, caplog, tmp_path)


def wired(bench: Bench, parts: Everywhere, policy: str = EVERYTHING) -> None:
    """Give the bench a retriever all of whose ports are these."""
    bench.ledger = parts
    bench.retriever = NeedfulRetriever.from_qdrant(
        tickets().client,
        "documents",
        policy=Policy.parse(policy),
        embeddings=parts,  # type: ignore[arg-type]  # it has the two methods
        ledger=parts,
        detector=parts,
        vault=parts,
        operators=parts,
        keys=Keys(bytes(32)),
        cache=Cache(parts),
    )


def raising(error: type[BaseException], canary: str) -> Any:
    def act() -> None:
        raise error(f"at work on {canary}")

    return act


ENDS = (KeyboardInterrupt, SystemExit)
FAULTS = (MemoryError, RecursionError)


def test_a_call_goes_through_every_stage(bench: Bench) -> None:
    for stage in STAGES:
        seen: list[str] = []
        parts = Everywhere(stage, lambda seen=seen: seen.append("here"))
        wired(bench, parts)
        assert len(bench.ask()) == 3
        assert seen, stage


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", FAULTS)
def test_a_fault_at_any_stage_is_a_typed_error_or_a_withheld_record(
    bench: Bench, stage: str, error: type[BaseException]
) -> None:
    parts = Everywhere(stage, raising(error, bench.probe.canaries[0]))
    wired(bench, parts)
    if stage == "detect":
        assert bench.ask() == []
        assert parts.entries[-1].withheld == {"detection-fault": 3}
        return
    failure = bench.fails(NeedfulError)
    if stage == "record":
        assert failure.code == "ledger-fault"
        assert parts.entries == []
    else:
        assert (parts.entries[-1].outcome, parts.entries[-1].reason) == ("failed", failure.code)
        assert parts.entries[-1].records_disclosed == 0
        assert len(parts.entries) == 1


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", ENDS)
def test_an_interruption_at_any_stage_leaves_as_it_is_without_its_words(
    bench: Bench, stage: str, error: type[BaseException]
) -> None:
    parts = Everywhere(stage, raising(error, bench.probe.canaries[0]))
    wired(bench, parts)
    bench.fails(error)
    assert [entry.reason for entry in parts.entries] == ([] if stage == "record" else ["interrupted"])
    assert all(entry.outcome == "failed" and entry.records_disclosed == 0 for entry in parts.entries)


@pytest.mark.parametrize("stage", STAGES)
def test_after_any_interruption_the_next_call_is_answered(bench: Bench, stage: str) -> None:
    parts = Everywhere(stage, raising(KeyboardInterrupt, "x"))
    wired(bench, parts)
    bench.fails(KeyboardInterrupt)
    parts.stage = "none"
    assert len(bench.ask()) == 3


@pytest.mark.parametrize("stage", STAGES)
async def test_a_call_cancelled_at_any_stage_releases_nothing_and_is_recorded(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, stage: str
) -> None:
    bench = Bench(DOORS["async"], caplog, tmp_path)
    reached, over = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        over.wait(5)

    parts = Everywhere(stage, wait)
    wired(bench, parts)
    task = asyncio.create_task(bench.retriever.ainvoke(bench.question, **CALL))
    while not reached.is_set():  # noqa: ASYNC110 - set by a thread
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancellation:
        await task
    over.set()
    await asyncio.sleep(0.1)
    bench.probe.tap_exception("exception", cancellation.value)
    if stage == "record":
        assert [entry.outcome for entry in parts.entries] == ["released"], "it was being written, and nobody got it"
    else:
        assert [entry.reason for entry in parts.entries] == ["interrupted"]
    bench.assert_no_leak()


async def test_a_call_that_is_out_of_time_for_its_caller_is_cancelled_and_recorded(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    bench = Bench(DOORS["async"], caplog, tmp_path)
    parts = Everywhere("detect", lambda: time.sleep(0.4))
    wired(bench, parts)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bench.retriever.ainvoke(bench.question, **CALL), 0.2)
    await asyncio.sleep(0.5)
    assert [entry.reason for entry in parts.entries] == ["interrupted"]
    bench.assert_no_leak()


ROUNDS = 1_000


# Signals between any two instructions may also stop foreign code (httpx, pytest) with a lock in its hand.
@pytest.mark.skipif(not SOAK, reason="set NEEDFUL_SOAK=1: it interrupts the process that the tests run in")
# Where the interruption falls into a destructor, Python itself drops it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_at_any_moment_gives_documents_or_an_interruption_and_an_entry_or_a_gap(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """A real SIGINT, at moments spread evenly over a call."""
    bench = Bench(DOORS["sync"], caplog, tmp_path)
    bench.make(ledger=MemoryLedger())
    # A signal between two instructions of `logging` would leave its own lock held.
    logging.disable(logging.CRITICAL)
    began = time.perf_counter()
    for _ in range(10):
        bench.ask()
    spent = (time.perf_counter() - began) / 10

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    outcomes = {"answered": 0, "interrupted": 0, "failed": 0}
    try:
        for number in range(ROUNDS):
            before = len(bench.ledger.entries)
            outcomes[interrupted(bench, spent * (number + 1) / ROUNDS)] += 1
            assert len(bench.ledger.entries) - before <= 2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
        logging.disable(logging.NOTSET)
    assert outcomes["interrupted"] > ROUNDS // 10
    assert len(bench.ask()) == 3
    bench.assert_no_leak()


def interrupted(bench: Bench, seconds: float) -> str:
    """Ask, and be interrupted after so many seconds. Says how it ended."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
            documents = bench.retriever.invoke(bench.question, **CALL)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except NeedfulError as error:  # a fault of a part that was interrupted
            signal.setitimer(signal.ITIMER_REAL, 0)
            bench.probe.tap("exception", str(error), repr(error.__context__), repr(error.__cause__))
            return "failed"
    except KeyboardInterrupt as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        bench.probe.tap("exception", str(error), error.args)
        return "interrupted"
    bench.probe.tap("documents", *[document.model_dump() for document in documents])
    return "answered"


class Ending(BaseCallbackHandler):
    """A callback of the application's that ends the call before it runs."""

    raise_error = True

    def on_retriever_start(self, *arguments: Any, **settings: Any) -> None:
        raise KeyboardInterrupt


def test_a_call_that_a_callback_ends_before_it_runs_is_recorded(bench: Bench) -> None:
    with pytest.raises(KeyboardInterrupt):
        bench.ask(config={"callbacks": [Ending()]})
    assert [entry.reason for entry in bench.entries] == ["interrupted"]
