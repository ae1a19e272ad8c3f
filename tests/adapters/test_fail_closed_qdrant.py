"""A Qdrant that refuses, is slow, or answers what is no answer: `StoreError` in time, recorded, and never its words."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from faults_support import CALL, DETECTOR, DOORS, POLICY
from langchain_core.documents import Document
from qdrant_support import HashEmbeddings, Server, answer, point

from needful.errors import StoreError
from needful.policy import Policy
from needful.testing import LeakProbe, MemoryLedger, PlainOperators
from needful_langchain import NeedfulRetriever
from needful_qdrant.faults import Attempts, Fault

CANARY = "canary9f3b77a1"
Reply = httpx.Response
Ask = Callable[..., list[Document]]


class Bench:
    """A retriever over a fake server, sync or async, and everything that came out of it."""

    def __init__(self, door: str, logs: pytest.LogCaptureFixture) -> None:
        self.door = door
        self.logs = logs
        self.ledger = MemoryLedger()
        self.probe = LeakProbe([CANARY])
        self.server = Server()

    def ask(self, *turns: Any, policy: str = POLICY, **search: Any) -> list[Document]:
        """Ask a server that answers these in turn."""
        self.server = Server(*turns) if turns else self.server
        client: Any = self.server.client() if self.door == "sync" else self.server.async_client()
        retriever = NeedfulRetriever.from_qdrant(
            client,
            "tickets",
            policy=Policy.parse(policy),
            embeddings=search.pop("embeddings", None) or HashEmbeddings(),
            search=search,
            ledger=self.ledger,
            detector=DETECTOR,
            operators=PlainOperators(),
        )
        documents = DOORS[self.door](retriever, f"the claim of {CANARY}@mail.example", **CALL)
        self.probe.tap("documents", *[document.model_dump() for document in documents])
        return documents

    def fails(self, *turns: Any, **search: Any) -> StoreError:
        """Ask, and return the error, which is in the ledger and says nothing of the server's."""
        with pytest.raises(StoreError) as caught:
            self.ask(*turns, **search)
        error = caught.value
        self.probe.tap_exception("exception", error)
        assert error.__context__ is None
        assert error.__cause__ is None
        entry = self.ledger.entries[-1]
        assert (entry.outcome, entry.reason, entry.records_disclosed) == ("failed", error.code, 0)
        return error


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    caplog.set_level(logging.DEBUG)
    made = Bench(request.param, caplog)
    yield made
    made.probe.tap("logs", caplog.text, *[record.__dict__ for record in caplog.records])
    made.probe.tap("entries", *map(repr, made.ledger.entries))
    made.probe.assert_no_leak()


def refusal(status: int, **headers: str) -> Reply:
    return Reply(status, json={"status": {"error": CANARY}, "time": 0.0}, headers=headers)


def raw(**more: Any) -> dict[str, Any]:
    return point(payload={"page_content": f"A claim of {CANARY}@mail.example.", "metadata": {}}, **more)


def nested(levels: int) -> bytes:
    inner = b"[" * levels + b"]" * levels
    return b'{"result": {"points": [{"id": 1, "version": 0, "score": 1, "payload": {"page_content": %s}}]}}' % inner


FAULTS: dict[str, tuple[str, Any]] = {
    "refused": ("unreachable", httpx.ConnectError(CANARY)),
    "reset": ("unreachable", httpx.ReadError(CANARY)),
    "a protocol of its own": ("unreachable", httpx.RemoteProtocolError(CANARY)),
    "timed out": ("deadline", httpx.ReadTimeout(CANARY)),
    "no address": ("unreachable", httpx.InvalidURL(CANARY)),
    "401": ("unauthorized", refusal(401)),
    "403": ("unauthorized", Reply(403, text=CANARY)),
    "404": ("bad-answer", refusal(404)),
    "404 of a collection": (
        "collection-missing",
        Reply(404, json={"status": {"error": f"Not found: Collection `{CANARY}` doesn't exist!"}}),
    ),
    "429": ("busy", refusal(429)),
    "429 with Retry-After": ("busy", refusal(429, **{"Retry-After": "0"})),
    "429 with a Retry-After of words": ("busy", refusal(429, **{"Retry-After": CANARY})),
    "500": ("store", refusal(500)),
    "500 without JSON": ("store", Reply(500, text=CANARY)),
    "502": ("unreachable", Reply(502, text=f"<html>{CANARY}</html>")),
    "503": ("unreachable", refusal(503)),
    "a redirection": ("bad-answer", Reply(302, headers={"location": f"http://{CANARY}/"})),
    "HTML with 200": ("bad-answer", Reply(200, text=f"<html>{CANARY}</html>")),
    "nothing with 200": ("bad-answer", Reply(200, text="")),
    "null": ("bad-answer", Reply(200, text="null")),
    "a list": ("bad-answer", Reply(200, json=[raw()])),
    "truncated JSON": ("bad-answer", Reply(200, content=answer([raw()]).content[:-40])),
    "bytes that are no UTF-8": ("bad-answer", Reply(200, content=b'{"result": "\xff\xfe"}')),
    "10,000 levels": ("bad-answer", Reply(200, content=nested(10_000))),
    "no result": ("bad-answer", Reply(200, json={"status": "ok", "time": 0.0})),
    "points that are none": ("bad-answer", Reply(200, json={"result": {"points": CANARY}})),
    "a record without its id": ("bad-answer", answer([{k: v for k, v in raw().items() if k != "id"}])),
    "an id of null": ("bad-answer", answer([raw(identifier=None)])),
    "an id that is a list": ("bad-answer", answer([raw(identifier=[1])])),
    "an id that is empty": ("bad-answer", answer([raw(identifier="")])),
    "duplicate ids": ("bad-answer", answer([raw(), raw()])),
    "duplicate ids among others": ("bad-answer", answer([raw(), raw(identifier=2), raw()])),
    "more than was asked for": ("bad-answer", answer([raw(identifier=n) for n in range(5)])),
    "a payload that is text": ("bad-answer", answer([point(payload=CANARY)])),
    "a payload that is a list": ("bad-answer", answer([point(payload=[CANARY])])),
    "a payload that is a number": ("bad-answer", answer([point(payload=7)])),
    "a score that is text": ("bad-answer", answer([raw(score=CANARY)])),
    "a score of null": ("bad-answer", answer([raw(score=None)])),
    "a fault of memory": ("store", MemoryError(CANARY)),
    "a fault of recursion": ("store", RecursionError(CANARY)),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_a_store_error_with_static_text_inside_the_deadline(bench: Bench, kind: str) -> None:
    code, turn = FAULTS[kind]
    began = time.monotonic()
    error = bench.fails(turn, deadline=5.0)
    assert time.monotonic() - began < 8
    assert error.code == code
    assert error.hint
    assert len(bench.server.requests) <= 3


WITHHELD: dict[str, tuple[str, Any]] = {
    "no payload": ("text-missing", None),
    "an empty payload": ("text-missing", {}),
    "no text": ("text-missing", {"metadata": {"name": CANARY}}),
    "a text of null": ("text-missing", {"page_content": None}),
    "a text that is a list": ("text-not-a-string", {"page_content": [CANARY]}),
    "a text that is an object": ("text-not-a-string", {"page_content": {CANARY: 1}}),
    "a text that is a number": ("text-not-a-string", {"page_content": 536228741}),
}


@pytest.mark.parametrize("kind", WITHHELD)
def test_a_payload_of_another_shape_withholds_its_record_only(bench: Bench, kind: str) -> None:
    reason, payload = WITHHELD[kind]
    whole = point(2, payload={"page_content": "A claim.", "metadata": {}})
    assert [d.page_content for d in bench.ask(answer([point(1, payload=payload), whole]), answer([]))] == ["A claim."]
    assert bench.ledger.entries[-1].withheld == {reason: 1}


@pytest.mark.parametrize("metadata", [[CANARY], CANARY, 7, True, {"name": {"deep": [CANARY]}}, {"name": [CANARY]}])
def test_metadata_of_another_shape_is_pseudonymized_left_out_or_withheld(bench: Bench, metadata: Any) -> None:
    payload = {"page_content": f"A claim of {CANARY}@mail.example.", "metadata": metadata}
    documents = bench.ask(answer([point(payload=payload)]), answer([]))
    assert len(documents) + sum(bench.ledger.entries[-1].withheld.values()) == 1


TURNS = [
    *(refusal(status) for status in (408, 429, 502, 503, 504)),
    refusal(429, **{"Retry-After": "0"}),
    refusal(429, **{"Retry-After": format_datetime(datetime.now(UTC) - timedelta(seconds=9), usegmt=True)}),
    refusal(503, **{"Retry-After": CANARY}),
    refusal(429, **{"Retry-After": "-5"}),
    httpx.ConnectError(CANARY),
    httpx.ReadTimeout(CANARY),
]


@pytest.mark.parametrize("turn", TURNS)
def test_a_passing_fault_is_tried_again_and_only_its_outcome_is_recorded(bench: Bench, turn: Any) -> None:
    assert len(bench.ask(turn, answer([raw()]), answer([]))) == 1
    assert [entry.outcome for entry in bench.ledger.entries] == ["released"]


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("status", "after"), [(429, "1"), (503, in_seconds)])
def test_what_retry_after_says_is_waited_for(bench: Bench, status: int, after: Any) -> None:
    began = time.monotonic()
    # A date has whole seconds: two from now is more than one away.
    header = after(2) if callable(after) else after
    bench.ask(refusal(status, **{"Retry-After": header}), answer([raw()]), answer([]))
    assert 1 <= time.monotonic() - began < 9


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("after", ["3600", "9" * 400, in_seconds])
def test_a_retry_after_beyond_the_deadline_is_given_up_at_once(bench: Bench, status: int, after: Any) -> None:
    began = time.monotonic()
    header = after(3600) if callable(after) else after
    assert bench.fails(refusal(status, **{"Retry-After": header}), deadline=60).code in ("busy", "unreachable")
    assert time.monotonic() - began < 10
    assert len(bench.server.requests) == 1


def test_pauses_grow_differ_and_stay_inside_the_deadline() -> None:
    firsts, seconds = set(), set()
    for _ in range(50):
        attempts = Attempts(deadline=10, retries=2)
        first, second = (attempts.pause(Fault("busy", again=True)) for _ in range(2))
        assert 0.05 <= first <= 0.1 <= second <= 0.2
        firsts.add(first)
        seconds.add(second)
        with pytest.raises(StoreError):
            attempts.pause(Fault("busy", again=True))
    assert len(firsts) > 40
    assert len(seconds) > 40
    with pytest.raises(StoreError):
        Attempts(deadline=0.01, retries=2).pause(Fault("busy", again=True))


@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_a_pause_is_never_shorter_than_the_server_wants(after: float) -> None:
    pauses = [Attempts(deadline=5, retries=1).pause(Fault("busy", again=True, after=after)) for _ in range(20)]
    assert all(after <= pause <= after + 0.1 for pause in pauses)
    assert len(set(pauses)) > 10


class Hanging(Server):
    """A server that takes the question and never answers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(30)
        raise AssertionError("nobody waits so long")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError("nobody waits so long")


def test_a_server_that_never_answers_is_given_up_at_the_deadline(bench: Bench) -> None:
    began = time.monotonic()
    bench.server = Hanging()
    assert bench.fails(deadline=0.4).code == "deadline"
    assert time.monotonic() - began < 10


class Broken(HashEmbeddings):
    """An embedding model that fails, quoting the question."""

    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self._error = error

    def embed_query(self, text: str) -> list[float]:
        raise self._error(f"cannot embed {CANARY} {text}")


@pytest.mark.parametrize("error", [ValueError, MemoryError, RecursionError, StopIteration])
def test_an_embedding_model_that_fails_is_a_store_error(bench: Bench, error: type[BaseException]) -> None:
    assert bench.fails(answer([]), embeddings=Broken(error)).code == "embedding"


def garbled(content: bytes, chance: random.Random) -> bytes:
    """An answer with a piece cut out, doubled or overwritten."""
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randrange(1, 30))
    middle = chance.choice([b"", content[start:end] * 2, bytes(chance.choices(b'{}[]",:0\\u ', k=end - start))])
    return content[:start] + middle + content[end:]


def test_garbled_answers_are_errors_or_redacted_records_and_never_raw(bench: Bench) -> None:
    chance = random.Random(7)
    content = answer([raw(), raw(identifier=2)]).content
    codes: list[str] = []
    for _ in range(60):
        turn = Reply(200, content=garbled(content, chance), headers={"content-type": "application/json"})
        try:
            documents: Sequence[Document] = bench.ask(turn, answer([]), retries=0)
        except StoreError as error:
            bench.probe.tap_exception("exception", error)
            codes.append(error.code)
        else:
            bench.probe.tap("documents", *documents)
            codes.append("")
    assert [entry.reason for entry in bench.ledger.entries] == codes
    assert len(set(codes)) > 1
    # Where the damage is in the address itself it is no address any more: what is left of it may show.
    bench.probe.doors.pop("documents", None)


def test_an_interruption_in_a_clients_thread_comes_out_without_its_words(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt(CANARY)

    with pytest.raises(KeyboardInterrupt) as caught:
        bench.ask(interrupted, deadline=2)
    bench.probe.tap_exception("exception", caught.value)
    bench.probe.tap("output", *capfd.readouterr())
    assert bench.ledger.entries[-1].reason == "interrupted"
