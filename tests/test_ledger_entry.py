"""What a ledger entry looks like as bytes, and what never gets into one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger_entries import HASH, make_entry
from needful.ledger.entry import canonical, parse
from needful.values import Action, Entry, Identity

CANARY = "Why was the claim of Zebulon Quimby reduced?"

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
codes = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
numbers = st.integers(0, 2**53 - 1)
counts = st.dictionaries(words, st.dictionaries(st.sampled_from(Action).map(str), numbers, max_size=3), max_size=3)
timings = st.dictionaries(codes, st.integers(0, 10**9).map(lambda spent: spent / 1000), max_size=4)
times = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "Z")
entries = st.builds(
    Entry,
    time=times,
    outcome=st.sampled_from(["released", "refused", "failed"]),
    purpose=words,
    principal=st.just("") | hashes,
    policy=st.builds(Identity, words, numbers, hashes),
    query=st.just("") | hashes,
    reason=st.just("") | codes,
    detector=words,
    ner=words,
    fields=st.lists(words, max_size=4).map(tuple),
    counts=counts,
    query_counts=counts,
    withheld=st.dictionaries(codes, numbers, max_size=3),
    rounds=numbers,
    records_fetched=numbers,
    records_disclosed=numbers,
    passages=numbers,
    bytes_fetched=numbers,
    characters_fetched=numbers,
    characters_disclosed=numbers,
    timings=timings,
)


@given(entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert parse(canonical(entry)) == entry


@given(entries)
def test_the_bytes_are_those_of_rfc_8785(entry: Entry) -> None:
    data = canonical(entry)
    assert rfc8785.dumps(json.loads(data)) == data


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_text_of_ascii_characters_is_written_as_rfc_8785_says(text: str) -> None:
    data = canonical(make_entry(purpose=text, fields=(text,), counts={text: {}}))
    assert rfc8785.dumps(json.loads(data)) == data


@given(st.dictionaries(codes, st.floats(0, 1e12), min_size=1, max_size=4))
def test_timings_are_kept_to_the_microsecond(given: dict[str, float]) -> None:
    data = canonical(make_entry(timings=given))
    for stage, spent in parse(data).timings.items():
        assert spent == pytest.approx(given[stage], abs=0.0006, rel=1e-12)
    assert canonical(parse(data)) == data


@pytest.mark.parametrize("text", ["2026-11-22T10:11:12+00:00", "2026-11-22T10:11:12Z", "2026-11-22T10:11:12.000Z"])
def test_one_moment_has_one_form(text: str) -> None:
    assert parse(canonical(make_entry(time=text))).time == "2026-11-22T10:11:12.000000Z"


def test_the_format_is_pinned() -> None:
    assert canonical(make_entry()) == (
        b'{"bytes_fetched":0,"characters_disclosed":0,"characters_fetched":0,"counts":{"PERSON":{"pseudonymize":2},'
        b'"metadata.title":{"keep":1}},"detector":"' + HASH.encode() + b'","fields":["page_content","metadata.title"],'
        b'"ner":"none","outcome":"released","passages":0,"policy":{"digest":"' + HASH.encode() + b'",'
        b'"name":"customer-service","version":3},"principal":"' + HASH.encode() + b'","purpose":"answer-ticket",'
        b'"query":"' + HASH.encode() + b'","query_counts":{},"reason":"","records_disclosed":4,"records_fetched":5,'
        b'"rounds":1,"time":"2026-11-22T10:11:12.000013Z","timings_us":{"fetch":2250,"plan":125},"v":1,'
        b'"withheld":{"drop-record":1}}'
    )


@pytest.mark.parametrize("name", ["query", "principal"])
@pytest.mark.parametrize("given", [CANARY, HASH.upper(), HASH[:-1], HASH + "0", HASH + "\n", "sha256:" + HASH, None, 7])
def test_only_a_hash_is_taken_for_a_query_or_a_principal(name: str, given: object) -> None:
    with pytest.raises(
        ValueError, match=rf"^ledger entry: {name} must be a hash of 64 lower-case hex digits$"
    ) as caught:
        canonical(make_entry(**{name: given}))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "changes",
    [
        {"time": CANARY},
        {"time": "2026-11-22 10:11:12Z"},
        {"time": "2026-11-22T10:11:12+01:00"},
        {"time": "2026-02-31T10:11:12Z"},
        {"time": "2026-11-22T10:11:12"},
        {"outcome": CANARY},
        {"outcome": ["released"]},
        {"purpose": "x" * 201},
        {"purpose": "\ud800"},
        {"purpose": None},
        {"reason": CANARY},
        {"detector": "x" * 201},
        {"ner": b"none"},
        {"policy": HASH},
        {"policy": Identity("p", 1, CANARY)},
        {"policy": Identity("p", True, HASH)},
        {"policy": Identity("x" * 201, 1, HASH)},
        {"fields": ["page_content"]},
        {"fields": (7,)},
        {"fields": ("x" * 1001,)},
        {"fields": ("x" * 1000,) * 1100},
        {"counts": {"PERSON": {CANARY: 1}}},
        {"counts": {"PERSON": {"redact": -1}}},
        {"counts": {"PERSON": {"redact": 1.0}}},
        {"counts": {"PERSON": {"redact": True}}},
        {"counts": {"PERSON": 1}},
        {"counts": [("PERSON", 1)]},
        {"query_counts": {7: {}}},
        {"withheld": {CANARY: 1}},
        {"rounds": -1},
        {"passages": 2**53},
        {"bytes_fetched": "1"},
        {"timings": {CANARY: 1.0}},
        {"timings": {"plan": float("nan")}},
        {"timings": {"plan": float("inf")}},
        {"timings": {"plan": -0.1}},
        {"timings": {"plan": True}},
        {"timings": {"plan": "1"}},
    ],
    ids=str,
)
def test_what_is_not_of_its_type_is_refused_without_being_quoted(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^ledger entry: ") as caught:
        canonical(make_entry(**changes))
    assert "Quimby" not in str(caught.value)
    assert caught.value.__context__ is None


def changed(**changes: Any) -> bytes:
    return rfc8785.dumps(json.loads(canonical(make_entry())) | changes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        canonical(make_entry()) + b" ",
        canonical(make_entry()).replace(b'"v":1', b'"v":1,"v":1'),
        canonical(make_entry()).replace(b'"rounds":1', b'"rounds":1.0'),
        canonical(make_entry()).replace(b"answer", b"\\u0061nswer"),
        changed(v=2),
        changed(v=True),
        changed(text=CANARY),
        changed(query=CANARY),
        changed(policy={"name": "p", "version": 1}),
        changed(policy=None),
        changed(counts={"PERSON": [CANARY]}),
        changed(timings_us={"plan": "1"}),
        changed(timings_us=None),
        changed(fields="page_content"),
        changed(time="2026-11-22T10:11:12Z"),
    ],
)
def test_other_bytes_are_not_an_entry(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^ledger entry: ") as caught:
        parse(data)
    assert "Quimby" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_entry_with_a_key_too_few_is_not_an_entry() -> None:
    document = json.loads(canonical(make_entry()))
    for key in document:
        with pytest.raises(ValueError, match=r"^ledger entry: "):
            parse(rfc8785.dumps({name: value for name, value in document.items() if name != key}))
