"""The fakes keep the promises of their ports, and the probe finds what was planted and nothing else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import pickle
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import DetectionError, LedgerWriteError, StoreError
from needful.ports import Detector, Ledger, Operators, Store
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger, MemoryStore, PlainOperators
from needful.values import Clause, Condition, Entry, Fetch, Fetched, Filter, Identity, Nested, Operator, Record, Span

POLICY = Identity("tickets", 1, "0" * 64)
PAYLOADS: list[dict[str, Any]] = [
    {"page_content": "The kitchen was flooded.", "metadata": {"tenant": "acme", "n": 1, "ok": True}},
    {"page_content": "A storm took the roof.", "metadata": {"tenant": "acme", "n": 2, "opened": "2026-03-01"}},
    {"page_content": "The flooded cellar and kitchen.", "metadata": {"tenant": "other", "n": 3, "tags": ["a", "b"]}},
    {"page_content": "People.", "people": [{"name": "Ann", "city": "Bern"}, {"name": "Tom", "city": "Rome"}]},
]


def ask(text: str = "", *clauses: Clause, include: tuple[str, ...] = ("page_content",), **more: Any) -> Fetch:
    return Fetch(text=text, include=include, filter=Filter(must=clauses), limit=more.pop("limit", 10), **more)


def ids(fetch: Fetch) -> list[int | str]:
    return [record.id for record in MemoryStore(PAYLOADS).fetch(fetch).records]


# the fakes


def test_the_fakes_are_what_the_ports_ask_for() -> None:
    store: Store = MemoryStore([])
    detector: Detector = KeywordDetector({})
    operators: Operators = PlainOperators()
    ledger: Ledger = MemoryLedger()
    assert None not in (store, detector, operators, ledger)


def test_records_are_ranked_by_shared_words_then_by_position() -> None:
    assert ids(ask("flooded kitchen")) == [1, 3, 2, 4]
    assert ids(ask("flooded cellar", limit=1)) == [3]


def test_seen_points_and_low_scores_are_left_out() -> None:
    assert ids(ask("flooded kitchen", exclude=(1,))) == [3, 2, 4]
    assert ids(ask("flooded kitchen", min_score=2)) == [1, 3]
    assert ids(ask("flooded cellar", min_score=1, score_threshold=2)) == [3]


def test_an_awaited_fetch_is_the_same_and_every_fetch_is_remembered() -> None:
    store = MemoryStore(PAYLOADS)
    assert asyncio.run(store.afetch(ask("storm"))) == store.fetch(ask("storm"))
    assert store.fetches == [ask("storm"), ask("storm")]


def test_a_fault_is_raised_by_every_fetch() -> None:
    with pytest.raises(StoreError):
        MemoryStore(PAYLOADS, fault=StoreError("down", code="down")).fetch(ask())


def test_points_may_bring_ids_of_their_own() -> None:
    store = MemoryStore([{"$id": "claim-9", "page_content": "x"}, {"page_content": "y"}])
    assert [record.id for record in store.fetch(ask()).records] == ["claim-9", 2]


def test_only_included_fields_leave_the_store() -> None:
    fetched = MemoryStore(PAYLOADS).fetch(ask(include=("metadata.tenant", "people[].city", "missing")))
    assert [record.payload for record in fetched.records] == [
        {"metadata": {"tenant": "acme"}},
        {"metadata": {"tenant": "acme"}},
        {"metadata": {"tenant": "other"}},
        {"people": [{"city": "Bern"}, {"city": "Rome"}]},
    ]
    assert fetched.bytes == sum(len(json.dumps(record.payload)) for record in fetched.records)


def test_a_filter_may_use_what_is_not_included() -> None:
    (record,) = MemoryStore(PAYLOADS).fetch(ask("", Condition("metadata.tenant", "equals", "other"))).records
    assert record.payload == {"page_content": "The flooded cellar and kitchen."}


def test_an_include_list_with_a_path_inside_another_is_no_trouble() -> None:
    store = MemoryStore(PAYLOADS)
    for include in (("people[].name", "people"), ("people", "people[].name")):
        assert store.fetch(ask(include=include)).records[3].payload == {"people": PAYLOADS[3]["people"]}
    assert store.fetch(ask(include=())).records[0].payload == {}


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (Condition("metadata.tenant", "equals", "acme"), [1, 2]),
        (Condition("metadata.ok", "equals", True), [1]),
        (Condition("metadata.n", "equals", True), []),
        (Condition("metadata.n", "any", (True, 2)), [2]),
        (Condition("metadata.tags", "equals", "b"), [3]),
        (Condition("metadata.tags[]", "any", ("a", "z")), [3]),
        (Condition("metadata.tenant", "except", ("acme",)), [3]),
        (Condition("metadata.n", "range", {"gt": 1, "lte": 3}), [2, 3]),
        (Condition("metadata.opened", "range", {"gte": "2026-03-01T00:00:00Z"}), [2]),
        (Condition("metadata.opened", "range", {"gte": 5}), []),
        (Condition("metadata.tenant", "range", {"gte": "2026-03-01"}), []),
        (Condition("metadata.tags", "is_empty", True), [1, 2, 4]),
        (Condition("metadata.tags", "is_empty", False), [3]),
        (Condition("metadata.tags", "is_null", True), []),
        (Condition("page_content", "prefix", "the"), [1, 3]),
        (Condition("page_content", "text", "kitchen flooded"), [1, 3]),
        (Condition("page_content", "phrase", "was flooded"), [1]),
        (Condition("people[].city", "equals", "Rome"), [4]),
        (Nested("people", Filter(must=(Condition("name", "equals", "Ann"), Condition("city", "equals", "Bern")))), [4]),
        (Nested("people", Filter(must=(Condition("name", "equals", "Ann"), Condition("city", "equals", "Rome")))), []),
        (Nested("people[]", Filter(must_not=(Condition("name", "equals", "Ann"),))), [4]),
        (Filter(should=(Condition("metadata.n", "equals", 1), Condition("metadata.n", "equals", 3))), [1, 3]),
        (
            Filter(
                should=(Condition("metadata.n", "equals", 1), Condition("metadata.tenant", "equals", "acme")),
                min_should=2,
            ),
            [1],
        ),
        (Filter(should=(Condition("metadata.n", "equals", 1),), min_should=0), [1, 2, 3, 4]),
        (Filter(must_not=(Condition("metadata.tenant", "equals", "acme"),)), [3, 4]),
        (Filter(), [1, 2, 3, 4]),
    ],
)
def test_the_memory_store_filters_like_qdrant(clause: Clause, expected: list[int]) -> None:
    assert ids(ask("", clause)) == expected


def test_the_memory_store_knows_every_operator() -> None:
    for operator in get_args(Operator):
        value = {"any": ("x",), "except": ("x",), "range": {"gt": 1}, "is_null": True, "is_empty": True}.get(
            operator, "x"
        )
        ids(ask("", Condition("page_content", operator, value)))


def test_a_fetch_changes_no_payload() -> None:
    before = json.dumps(PAYLOADS)
    MemoryStore(PAYLOADS).fetch(ask(include=("people", "people[].name", "metadata", "metadata.n")))
    assert json.dumps(PAYLOADS) == before


def test_keywords_are_found_sorted_with_their_fingerprint() -> None:
    detector = KeywordDetector({"PERSON": "Maria|Tom", "URL": "x*"})
    assert detector.detect(["Tom and Maria", ""]) == [
        (Span(0, 3, "PERSON", 0.9, "keyword"), Span(8, 13, "PERSON", 0.9, "keyword")),
        (),
    ]
    assert detector.fingerprint == KeywordDetector({"URL": "x*", "PERSON": "Maria|Tom"}).fingerprint
    assert detector.fingerprint != KeywordDetector({"PERSON": "Maria"}).fingerprint


def test_plain_operators_do_what_presidios_do() -> None:
    operators = PlainOperators()
    assert operators.apply("mask", "12345", "X", {"chars_to_mask": 3, "masking_char": "#"}) == "###45"
    assert operators.apply("mask", "12", "X", {"chars_to_mask": 9}) == "**"
    assert operators.apply("replace", "x", "PERSON", {}) == "<PERSON>"
    assert operators.apply("redact", "x", "PERSON", {}) == ""
    with pytest.raises(DetectionError):
        operators.apply("encrypt", "x", "PERSON", {})


def test_a_ledger_in_memory_counts_chains_and_refuses_when_it_is_told_to() -> None:
    ledger = MemoryLedger()
    entry = Entry(time="2026-01-01T00:00:00.000000Z", outcome="released", purpose="p", principal="", policy=POLICY)
    one, two = ledger.append(entry), ledger.append(entry)
    assert (one.sequence, two.sequence) == (1, 2)
    assert one.entry_hash != two.entry_hash
    ledger.fault = True
    with pytest.raises(LedgerWriteError):
        ledger.append(entry)
    assert len(ledger.entries) == 2


# the probe

DISGUISES: dict[str, Any] = {
    "as it is": lambda c: f"see {c} there",
    "in capitals": lambda c: c.upper(),
    "as bytes": lambda c: c.encode(),
    "in a bytearray": lambda c: bytearray(c.encode()),
    "in UTF-16": lambda c: c.encode("utf-16"),
    "in UTF-16, one byte off": lambda c: b"\x00" + c.encode("utf-16-le"),
    "in big-endian UTF-16": lambda c: b"\xff" + c.encode("utf-16-be"),
    "in a list": lambda c: [1, {"a": c}],
    "as a key": lambda c: {c: 1},
    "in JSON": lambda c: json.dumps({"a": c}),
    "in JSON bytes": lambda c: json.dumps({"a": c}).encode(),
    "in a repr": lambda c: repr([c]),
    "in a pickle": lambda c: pickle.dumps({"a": c}),
    "in an object": ValueError,
    "in base64": lambda c: base64.b64encode(c.encode()).decode(),
    "in base64, one byte in": lambda c: base64.b64encode(b"x" + c.encode() + b"tail"),
    "in base64, two bytes in": lambda c: base64.b64encode(b"xy" + c.encode() + b"tail").decode(),
    "in base64 for URLs": lambda c: base64.urlsafe_b64encode(b"?>" + c.encode()),
    "in hexadecimal": lambda c: c.encode().hex(),
    "in a URL": lambda c: f"https://x.org/?q={quote(c)}",
    "reversed": lambda c: f"see {c[::-1]} there",
    "in full width": lambda c: "".join(chr(ord(x) + 0xFEE0) if "!" <= x <= "~" else x for x in c),
    "as an MD5": lambda c: hashlib.md5(c.encode(), usedforsecurity=False).hexdigest(),
    "as a SHA-1 in capitals": lambda c: hashlib.sha1(c.encode(), usedforsecurity=False).hexdigest().upper(),
    "as a SHA-256": lambda c: f'{{"customer": "{hashlib.sha256(c.encode()).hexdigest()}"}}',
    "as a SHA-256 of small letters": lambda c: hashlib.sha256(c.lower().encode()).hexdigest(),
    "as a SHA-512 in base64": lambda c: base64.b64encode(hashlib.sha512(c.encode()).digest()),
    "as a BLAKE2": lambda c: hashlib.blake2b(c.encode()).hexdigest(),
}


@pytest.mark.parametrize("how", DISGUISES)
@pytest.mark.parametrize("shape", ["canary{}", 'Zoë "{}"\n\\', "田中{}", "maria+{}@x.org"])
def test_a_canary_is_found_in_every_disguise(how: str, shape: str) -> None:
    probe = LeakProbe()
    thing = DISGUISES[how](probe.plant(shape))
    if how in ("in an object", "as a key", "in a list"):
        thing = [thing]
    probe.tap("door", thing)
    assert probe.doors == {"door": 1}
    with pytest.raises(AssertionError, match="door"):
        probe.assert_no_leak()


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_hides_no_canary_wherever_it_stands(before: bytes, after: bytes) -> None:
    probe = LeakProbe(["maria.keller@example.org"])
    probe.tap("door", base64.b64encode(before + b"maria.keller@example.org" + after).decode())
    assert probe.doors["door"] == 1


@given(st.one_of(st.text(), st.binary(), st.dictionaries(st.text(), st.text())))
def test_what_was_not_planted_is_not_found(thing: object) -> None:
    probe = LeakProbe()
    probe.plant()
    probe.plant("{}")
    probe.tap("door", thing)
    probe.assert_no_leak()


def test_a_short_value_is_not_seen_where_only_its_base64_could_be_by_chance() -> None:
    probe = LeakProbe()
    probe.adopt("42")
    probe.tap("door", "every word of this sentence has nd or mi or qy in it: NDI= is short")
    probe.assert_no_leak()
    with pytest.raises(ValueError, match="everywhere"):
        probe.adopt("")


def test_files_are_looked_at_with_their_names_and_hidden_folders(tmp_path: Path) -> None:
    probe = LeakProbe()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "db-wal").write_bytes(b"\x00\x01" + probe.plant().encode() + b"\xff")
    (tmp_path / f"{probe.plant()}.txt").write_text("nothing")
    (tmp_path / "clean").write_bytes(bytes(range(256)))
    probe.tap_files("folder", tmp_path)
    assert probe.doors == {"folder": 2}


def test_an_empty_folder_is_a_clean_door(tmp_path: Path) -> None:
    probe = LeakProbe()
    probe.plant()
    probe.tap_files("folder", tmp_path)
    probe.assert_no_leak()


def _fails(how: str, secret: str) -> BaseException:
    try:
        if how == "message":
            raise ValueError(secret)
        if how == "notes":
            error = ValueError("static")
            error.add_note(secret)
            raise error
        if how == "attribute":
            error = ValueError("static")
            error.payload = secret  # type: ignore[attr-defined]
            raise error
        if how == "group":
            raise ExceptionGroup("static", [ValueError("static"), ExceptionGroup("static", [KeyError(secret)])])
        try:
            raise KeyError(secret)
        except KeyError as inner:
            if how == "cause":
                raise ValueError("static") from inner
            if how == "suppressed context":
                raise ValueError("static") from None
            raise ValueError("static")  # noqa: B904 - the implicit context is what is tested
    except Exception as error:  # noqa: BLE001 - it is what is wanted
        return error


@pytest.mark.parametrize("how", ["message", "notes", "attribute", "group", "cause", "suppressed context", "context"])
def test_an_exception_is_looked_at_with_all_that_hangs_on_it(how: str) -> None:
    probe = LeakProbe()
    probe.tap_exception("error", _fails(how, probe.plant()))
    assert probe.doors["error"] > 0


@pytest.mark.parametrize(("module", "looked_at"), [("needful.somewhere", True), ("application", False)])
def test_frames_of_ours_are_looked_at_and_a_callers_are_not(module: str, looked_at: bool) -> None:
    probe = LeakProbe()
    namespace: dict[str, Any] = {"__name__": module}
    exec("def run(question):\n    raise ValueError('static')", namespace)  # noqa: S102 - a module of another name
    with pytest.raises(ValueError, match="static") as failure:
        namespace["run"](probe.plant())
    probe.tap_exception("error", failure.value)
    assert probe.doors == {"error": 0, "error frames": int(looked_at)}


def test_a_report_names_doors_and_no_canary() -> None:
    probe = LeakProbe()
    canary = probe.plant()
    probe.tap("documents", canary)
    probe.tap("logs", "nothing")
    with pytest.raises(AssertionError) as failure:
        probe.assert_no_leak()
    assert "documents" in str(failure.value)
    assert "logs" not in str(failure.value)
    assert canary not in str(failure.value) + repr(probe)


def test_canaries_are_never_the_same() -> None:
    probe = LeakProbe()
    assert len({probe.plant() for _ in range(100)}) == 100


def test_a_probe_looks_into_raw_values_that_their_repr_hides() -> None:
    probe = LeakProbe(["canary-in-a-record"])
    held = Fetched((Record(1, 1.0, {"page_content": "canary-in-a-record"}),), 1)
    namespace: dict[str, object] = {"__name__": "needful.example", "held": held}
    exec("def fail(held):\n    raise ValueError", namespace)  # noqa: S102 - a frame of ours, for the probe to look into
    with pytest.raises(ValueError, match=r"^$") as failure:
        namespace["fail"](held)  # type: ignore[operator]
    probe.tap_exception("exception", failure.value)
    with pytest.raises(AssertionError, match="exception frames"):
        probe.assert_no_leak()
