"""Documents that are empty, huge, deep, wide or odd: redacted whole, or withheld with a reason, in bounded time."""

from __future__ import annotations

import json
import logging
import random
import resource
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from faults_support import CALL, DOORS, SOAK, every
from langchain_core.documents import Document
from qdrant_support import HashEmbeddings, Server, answer, point

from needful.detection import MAX_VALUES
from needful.errors import NeedfulError, PolicyError
from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger
from needful_langchain import NeedfulRetriever
from needful_presidio import PresidioDetector
from needful_presidio.windows import windows

WINDOW, OVERLAP = 100_000, 2_000
SSN, MAIL, CARD = "536-22-8741", "nobody@mail.example", "4111 1111 1111 1111"

POLICY = """
needful: 1
name: inputs
version: 1
purposes:
  answer:
    filter: {}
    fields: {page_content: {action: scan, select: whole}, metadata.notes: scan}
    entities: {default: redact}
    detect: {ner: none, reason: a test, max_characters: §, timeout: 60}
    limits: {records: 4}
"""
FAST = KeywordDetector({"US_SSN": r"\d{3}-\d\d-\d{4}"})


@cache
def presidio() -> PresidioDetector:
    return PresidioDetector(
        ["CREDIT_CARD", "EMAIL_ADDRESS", "US_SSN"], ner="none", timeout=600, max_characters=10_000_000
    )


class Bench:
    """A retriever over a fake server whose records are given to `ask`."""

    def __init__(self, door: str) -> None:
        self.door = door
        self.ledger: Any = MemoryLedger()
        self.probe = LeakProbe([SSN])

    def ask(
        self, *payloads: Any, longest: int = 1_000_000, detector: Any = None, query: str = "the claim", turn: Any = None
    ) -> list[Document]:
        points = [point(n, payload=payload) for n, payload in enumerate(payloads)]
        server = Server(answer(points) if turn is None else turn, answer([]))
        client: Any = server.client() if self.door == "sync" else server.async_client()
        retriever = NeedfulRetriever.from_qdrant(
            client,
            "tickets",
            policy=Policy.parse(POLICY.replace("§", str(longest))),
            embeddings=HashEmbeddings(),
            ledger=self.ledger,
            detector=detector or presidio(),
            search={"deadline": 60.0},
            k=max(1, len(payloads)),
        )
        documents = DOORS[self.door](retriever, query, **CALL)
        self.probe.tap("documents", *[document.model_dump() for document in documents])
        return documents

    @property
    def withheld(self) -> dict[str, int]:
        found: dict[str, int] = self.ledger.entries[-1].withheld
        return found


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks no number."""
    caplog.set_level(logging.INFO)
    made = Bench(request.param)
    yield made
    made.probe.tap("logs", caplog.text)
    made.probe.tap("entries", *map(repr, made.ledger.entries))
    made.probe.assert_no_leak()


def ticket(text: Any, **metadata: Any) -> dict[str, Any]:
    return {"page_content": text, "metadata": metadata}


# sizes


@pytest.mark.parametrize("text", ["", " ", "\n", "x"])
def test_the_shortest_documents_come_as_they_are(bench: Bench, text: str) -> None:
    assert [document.page_content for document in bench.ask(ticket(text))] == [text]


def prose(length: int) -> str:
    """Made-up text of so many characters with a number at its beginning, in its middle and at its end."""
    chance = random.Random(length)
    words = "the claim of a kitchen was reduced after water came in on monday and nobody answered".split()
    text = " ".join(chance.choices(words, k=length // 4))[:length]
    middle = length // 2
    begun = f"{SSN} {text[len(SSN) + 1 : middle]} {SSN} {text[middle + len(SSN) + 2 :]}"
    return f"{begun[: length - len(SSN) - 1]} {SSN}"


def test_a_megabyte_is_redacted_from_its_beginning_to_its_end(bench: Bench) -> None:
    text = prose(1_000_000)
    assert len(text) == 1_000_000
    (document,) = bench.ask(ticket(text))
    assert document.page_content.count("[US_SSN]") == 3


@pytest.mark.parametrize("length", [1_000_001, 3_000_000])
def test_a_document_over_the_limit_is_withheld_and_its_neighbours_come(bench: Bench, length: int) -> None:
    (document,) = bench.ask(ticket(f"{SSN} " + "x" * (length - len(SSN) - 1)), ticket("a claim"))
    assert document.page_content == "a claim"
    assert bench.withheld == {"text-too-long": 1}


@pytest.mark.parametrize("where", ["text", "notes", "a key"])
def test_the_limit_is_the_policys_and_holds_for_every_scanned_string(bench: Bench, where: str) -> None:
    long = f"{SSN} {'x' * 89}"
    payload = {
        "text": ticket(long),
        "notes": ticket("a claim", notes=["short", long]),
        "a key": ticket("a claim", notes={long: 1}),
    }[where]
    assert bench.ask(payload, longest=100) == []
    assert bench.withheld == {"text-too-long": 1}
    assert len(bench.ask(payload, longest=101)) == 1


def test_a_question_is_not_bound_by_the_limit_for_documents(bench: Bench) -> None:
    assert len(bench.ask(ticket("a claim"), longest=10, query="what about the claim of the kitchen?")) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "10000001", "1.5", "many"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(PolicyError, match=":10:"):
        Policy.parse(POLICY.replace("§", limit))


LONG = 10_000_000 if SOAK else 2_500_000


def test_ten_megabytes_are_searched_in_windows_with_bounded_memory(bench: Bench) -> None:
    """At full size with NEEDFUL_SOAK=1; a quarter of it without."""
    text = prose(LONG)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (document,) = bench.ask(ticket(text), longest=10_000_000, detector=presidio())
    assert document.page_content.count("[US_SSN]") == 3
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 60 * LONG, "bytes; the text, its folded form, its words and the answer, a few times over"


# borders


def spaced(length: int) -> str:
    return ("word " * (length // 5 + 1))[:length]


def unbroken(length: int) -> str:
    """Nothing that a cut could move back to."""
    return "·" * length


FILLERS = [spaced, unbroken]
REACH = 60


def borders(text: str) -> list[int]:
    """Where windows end, and where they begin."""
    parts = list(windows(text, WINDOW, OVERLAP))
    return [place for offset, part in parts for place in (offset, offset + len(part))][1:-1]


def placed(filler: Callable[[int], str], at: int, what: str) -> str:
    """Text of a little more than two windows, with something in the middle of it."""
    text = filler(2 * WINDOW + 5_000)
    return f"{text[: at - 1]} {what} {text[at + len(what) + 1 :]}"


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("border", range(4))
def test_an_identifier_at_any_offset_of_a_border_is_found_whole(filler: Callable[[int], str], border: int) -> None:
    """At every offset of ±60 with NEEDFUL_SOAK=1; at every 20th without, for each of three identifiers."""
    detector = presidio()
    for shift in every(2 * REACH + 1, 6):
        for entity, value in (("US_SSN", SSN), ("EMAIL_ADDRESS", MAIL), ("CREDIT_CARD", CARD)):
            at = borders(filler(2 * WINDOW + 5_000))[border] - REACH + shift
            text = placed(filler, at, value)
            (spans,) = detector.detect([text])
            assert any((span.start, span.end, span.entity) == (at, at + len(value), entity) for span in spans), (
                f"{entity} at {shift - REACH} of border {border}"
            )


@pytest.mark.parametrize("border", range(4))
def test_what_stands_on_a_border_is_redacted_in_the_document(bench: Bench, border: int) -> None:
    text = placed(spaced, borders(spaced(2 * WINDOW + 5_000))[border] - 5, SSN)
    (document,) = bench.ask(ticket(text))
    assert document.page_content == text.replace(SSN, "[US_SSN]")


# characters


ODD = {
    "an unpaired surrogate": "\ud800",
    "a pair the wrong way round": "\udc00\ud800",
    "a NUL": "\0",
    "a right-to-left override": "\u202e",
    "isolates": "\u2066\u2069",
    "a byte order mark": "\ufeff",
    "no character": "\uffff",
    "a private one": "\ue000",
    "beyond the first plane": "\U0010ffff",
    "a thousand accents": "\u0301" * 1_000,
    "tags": "\U000e0041\U000e0042",
    "escapes": "\x1b[31m",
    "a form feed": "\f",
    "line separators": "\u2028\u2029\x85",
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_characters_beside_a_number_do_not_hide_it_nor_end_the_call(bench: Bench, kind: str) -> None:
    odd = ODD[kind]
    text = f"{odd} A claim of {SSN} {odd} {SSN}{odd} and {odd}."
    payload = json.loads(json.dumps(ticket(text, notes={odd: [f"{SSN} {odd}"]})))
    turn = json.dumps({"result": {"points": [point(1, payload=payload)]}, "status": "ok"})
    (document,) = bench.ask(turn=response(turn))
    assert document.page_content.count("[US_SSN]") == 2
    assert document.page_content.endswith("and " + odd + ".")


def response(text: str) -> Any:
    import httpx

    return httpx.Response(200, content=text.encode(), headers={"content-type": "application/json"})


@pytest.mark.parametrize("kind", ODD)
def test_odd_characters_in_a_question_are_asked_or_refused_and_recorded(bench: Bench, kind: str) -> None:
    code = ""
    try:
        bench.ask(ticket("a claim"), query=f"the claim of {SSN} {ODD[kind]}?")
    except NeedfulError as error:
        bench.probe.tap_exception("exception", error)
        code = error.code
    assert bench.ledger.entries[-1].reason == code


@pytest.mark.parametrize("kind", ODD)
def test_a_record_with_odd_characters_is_recorded_in_a_real_ledger(bench: Bench, kind: str, tmp_path: Any) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        kept, bench.ledger = bench.ledger, ledger
        bench.ask(ticket(f"A claim {SSN}", notes={"x": f"{SSN} {ODD[kind].encode('utf-8', 'ignore').decode()}"}))
        assert ledger.verify().count == 1
        bench.ledger = kept
    bench.probe.tap_files("ledger bytes", tmp_path)


# shapes


def chain(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"number": SSN}
    for _ in range(levels):
        inner = {"in": inner}
    return inner


def test_ten_thousand_objects_beside_one_another_are_redacted(bench: Bench) -> None:
    notes = [{"number": SSN, "n": n} for n in range(10_000)]
    (document,) = bench.ask(ticket("a claim", notes=notes), detector=FAST)
    shown = document.metadata["metadata"]["notes"] if "metadata" in document.metadata else document.metadata["notes"]
    assert [one["number"] for one in shown] == ["[US_SSN]"] * 10_000
    assert [one["n"] for one in shown] == list(range(10_000))


@pytest.mark.parametrize("levels", [101, 150])
def test_objects_nested_too_deep_withhold_their_record_only(bench: Bench, levels: int) -> None:
    documents = bench.ask(ticket("deep", notes=chain(levels)), ticket("a claim"))
    assert [document.page_content for document in documents] == ["a claim"]
    assert bench.withheld == {"record-malformed": 1}


def test_ten_thousand_objects_in_one_another_are_no_answer_of_qdrant(bench: Bench) -> None:
    inner = '{"a":' * 10_000 + f'"{SSN}"' + "}" * 10_000
    payload = f'{{"page_content": "a", "metadata": {{"notes": {inner}}}}}'
    turn = f'{{"result": {{"points": [{{"id": 1, "version": 0, "score": 1, "payload": {payload}}}]}}}}'
    with pytest.raises(NeedfulError) as failure:
        bench.ask(turn=response(turn))
    bench.probe.tap_exception("exception", failure.value)
    assert bench.ledger.entries[-1].reason == failure.value.code == "bad-answer"


@pytest.mark.parametrize("item", [7, "x", {"a": 1}])
def test_an_array_of_a_million_elements_withholds_its_record_in_bounded_time(bench: Bench, item: Any) -> None:
    """A million elements with NEEDFUL_SOAK=1; 200,000 without."""
    wide = ticket("wide", notes=[SSN, *[item] * (1_000_000 if SOAK else 200_000)])
    began = time.thread_time()
    documents = bench.ask(wide, ticket("a claim"))
    assert [document.page_content for document in documents] == ["a claim"]
    assert bench.withheld == {"too-many-values": 1}
    assert time.thread_time() - began < 30


def test_an_array_at_the_limit_is_redacted(bench: Bench) -> None:
    """As many as there may be beside the text with NEEDFUL_SOAK=1; 20,000 without."""
    count = MAX_VALUES - 1 if SOAK else 20_000
    (document,) = bench.ask(ticket("a claim", notes=[SSN] * count), detector=FAST)
    shown = document.metadata["metadata"]["notes"] if "metadata" in document.metadata else document.metadata["notes"]
    assert shown == ["[US_SSN]"] * count


def test_as_many_keys_as_that_withhold_their_record_too(bench: Bench) -> None:
    assert bench.ask(ticket("wide", notes={f"key{n}": n for n in range(60_000)})) == []
    assert bench.withheld == {"too-many-values": 1}


# look-alikes of tokens


LOOKALIKES = [
    "[PERSON:7K3QF2MB]",
    "[PERSON:7K3QF2MB9XTD]",
    "[PERSON#7K3QF2MB9XTD]",
    "[US_SSN:00000000]",
    "[EMAIL_ADDRESS:ZZZZZZZZ]",
    "[TOKEN:7K3QF2MB]",
    "[A:00000000]",
]


@pytest.mark.parametrize("token", LOOKALIKES)
def test_what_looks_like_a_token_of_ours_is_redacted_as_one(bench: Bench, token: str) -> None:
    text = f"A claim of {token}, {token} and {SSN}{token}."
    (document,) = bench.ask(ticket(text, notes={token: [token]}))
    assert token not in json.dumps(document.model_dump())
    assert document.page_content.count("[TOKEN]") == 3


@pytest.mark.parametrize("token", ["[PERSON]", "[REDACTED]", "[US_SSN]", "[TOKEN]"])
def test_a_bare_token_says_nothing_and_stays(bench: Bench, token: str) -> None:
    (document,) = bench.ask(ticket(f"A claim of {token}."))
    assert document.page_content == f"A claim of {token}."


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "[PERSON:" * 20_000, "[PERSON:7K3QF2MB" * 10_000, "[A:00000000]" * 10_000]
)
def test_rows_of_token_beginnings_are_searched_in_bounded_time(bench: Bench, text: str) -> None:
    began = time.thread_time()
    assert len(bench.ask(ticket(f"{text} {SSN}"), detector=FAST)) == 1
    assert time.thread_time() - began < 10
