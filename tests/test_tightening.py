"""A tighter policy never shows more: generated policies and payloads through the real pipeline, loose beside tight.

Every raw value is made of characters that stand nowhere else, so what a document shows of it can be counted. Dates are
written as ISO days; of them the longest prefix that shows is counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from needful.errors import AccessDenied
from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.policy.document import PolicyDocument
from needful.policy.inheriting.strictness import loosened
from needful.testing import KeywordDetector, MemoryLedger, MemoryStore, MemoryVault, PlainOperators, PlainSurrogates
from needful.values import Document, Principal, Request

ENTITIES = {"PERSON": "甲", "IBAN_CODE": "乙", "PHONE_NUMBER": "丙"}
"""Entity to the character that its values begin and end with, which is not counted."""
DETECTOR = KeywordDetector(
    {**{entity: f"{edge}[^{edge}]*{edge}" for entity, edge in ENTITIES.items()}, "DATE_TIME": r"\d{4}-\d\d-\d\d"}
)
FIELDS = ("metadata.a", "metadata.b", "metadata.c")
ROLES = ("agent", "lead")
TOKEN = re.compile(r"\[[A-Z_]+([:#][0-9A-Z]+)?\]")
WITHHOLDING = {"drop-record", "deny"}

KEEP = {"action": "keep", "reason": "a test"}
MASKS = st.builds(
    lambda first, last, form: {"action": "mask", "keep_first": first, "keep_last": last, "keep_format": form},
    st.integers(0, 4),
    st.integers(0, 4),
    st.booleans(),
)
WORDS = st.sampled_from(["hash", "pseudonymize", "surrogate", "redact"]).map(lambda word: {"action": word})
COARSER = st.sampled_from(["week", "month", "quarter", "year"]).map(lambda to: {"action": "generalize", "to": to})
LASTING = st.just({"action": "pseudonymize", "lasting": True})
SHOWN = st.one_of(st.just(KEEP), MASKS, WORDS, COARSER, LASTING)
ENTITY_ACTIONS = st.one_of(SHOWN, st.sampled_from(["drop-passage", "drop-record"]).map(lambda word: {"action": word}))
FIELD_ACTIONS = st.one_of(
    SHOWN, st.just({"action": "scan"}), st.just({"action": "omit"}), st.just({"action": "drop-record"})
)
WHEN: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.sampled_from(ROLES).map(lambda role: {"when": {"role": [role]}})
)


def several(actions: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.builds(lambda action, when: {**action, **when}, actions, WHEN), min_size=1, max_size=2)


PURPOSES = st.fixed_dictionaries(
    {
        "fields": st.fixed_dictionaries(
            {"page_content": st.sampled_from(["whole", "passages"]), **dict.fromkeys(FIELDS, several(FIELD_ACTIONS))}
        ),
        "entities": st.fixed_dictionaries(
            {}, optional={name: several(ENTITY_ACTIONS) for name in ("default", "DATE_TIME", *ENTITIES)}
        ),
    }
)


@st.composite
def payloads(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records whose values are made of characters of their own."""
    fresh = iter(range(0x4E60, 0x9FFF))  # after the edges and what lies around them

    def value(kind: str) -> str:
        size = draw(st.integers(1, 6))
        text = "".join(chr(next(fresh)) for _ in range(size))
        if kind == "DATE_TIME":
            return f"{1950 + next(days)}-{draw(st.integers(1, 12)):02}-{draw(st.integers(1, 28)):02}"
        return f"{ENTITIES[kind]}{text}{ENTITIES[kind]}" if kind else text

    days = iter(range(100))
    kinds = st.sampled_from(["", "", *ENTITIES, "DATE_TIME"])

    def sentence() -> str:
        return " ".join(value(draw(kinds)) for _ in range(draw(st.integers(1, 4)))) + "."

    def record() -> dict[str, Any]:
        content = " ".join(sentence() for _ in range(draw(st.integers(1, 3))))
        return {"page_content": content, "metadata": {key: value(draw(kinds)) for key in "abc"}}

    return [record() for _ in range(draw(st.integers(1, 2)))]


def data(purpose: Mapping[str, Any]) -> dict[str, Any]:
    """A policy with this purpose, whose text is disclosed whole or by passages, as many as there are."""
    body = {**purpose, "detect": {"ner": "none", "reason": "a test", "locales": [], "recognizers": ["person"]}}
    body["fields"] = {**body["fields"], "page_content": {"action": "scan", "select": purpose["fields"]["page_content"]}}
    body["limits"] = {"passages": 100}
    own = [{"name": "person", "entity": "PERSON", "regex": "Maria"}]
    return {"needful": 1, "name": "small", "version": 1, "purposes": {"ask": body}, "recognizers": own}


def document(purpose: Mapping[str, Any]) -> PolicyDocument:
    return PolicyDocument.model_validate(data(purpose))


def tightened(loose: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The loose purpose with every part of the other one that is no looser.

    How much of the text is chosen stays the same: passages and the whole are different things to disclose.
    """
    tight: dict[str, Any] = {key: dict(value) for key, value in loose.items()}
    start = document(loose)
    parts = [("fields", name) for name in FIELDS] + [("entities", name) for name in other["entities"]]
    for part, name in parts:
        changed = {**tight, part: {**tight[part], name: other[part][name]}}
        if changed != tight and not list(loosened(start, document(changed))):
            tight = changed
    return tight


def shown(purpose: Mapping[str, Any], records: list[dict[str, Any]], role: str) -> dict[str, str] | None:
    """Document id to everything that it shows; None where the question is refused."""
    pipeline = Pipeline(
        policy=Policy.parse(json.dumps(data(purpose), ensure_ascii=False)),
        store=MemoryStore(records, in_order=True),
        detector_for=lambda name: DETECTOR,
        operators=PlainOperators(),
        ledger=MemoryLedger(),
        keys=Keys(bytes(32)),
        vault=MemoryVault(),
        surrogates=PlainSurrogates(),
    )
    asked = Request(
        "what is there?",
        purpose="ask",
        principal=Principal.of({"id": "a", **({} if role == "nobody" else {"role": role})}),
        k=10,
    )
    try:
        return {each.id: _everything(each) for each in pipeline.release(asked).documents}
    except AccessDenied:
        return None


def _everything(document: Document) -> str:
    return TOKEN.sub("", f"{document.text} {list(document.fields.values())}")


def prefix(day: str, text: str) -> int:
    """How much of a date shows: nothing, the year, the month, the day."""
    return max((length for length in (4, 7, 10) if day[:length] in text), default=0)


@pytest.mark.parametrize("role", [*ROLES, "somebody", "nobody"])
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(loose=PURPOSES, other=PURPOSES, records=payloads())
def test_a_tighter_policy_never_shows_more_of_a_record(
    loose: dict[str, Any], other: dict[str, Any], records: list[dict[str, Any]], role: str
) -> None:
    tight = tightened(loose, other)
    event(f"changed: {sum(tight[part].get(n) != loose[part].get(n) for part in tight for n in tight[part])}")
    before, after = shown(loose, records, role), shown(tight, records, role)
    if before is None:
        assert after is None
        return
    days = re.findall(r"\d{4}-\d\d-\d\d", str(records))
    for name, text in (after or {}).items():
        assert name in before
        counted = {character for character in text if "\u4e60" <= character <= "\u9fff"}
        assert len(counted - set(before[name])) == 0
        assert all(prefix(day, text) <= prefix(day, before[name]) for day in days)
    event(f"documents: {len(after or {})}")
