"""The nouns: frozen, and silent about what they hold."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from needful import values
from needful.testing import LeakProbe
from needful.values import (
    Action,
    Condition,
    Entry,
    Fetch,
    Fetched,
    Filter,
    Identity,
    Nested,
    Principal,
    Receipt,
    Record,
    Request,
    Span,
)

NOUNS = [
    noun
    for name in values.__all__
    if isinstance(noun := getattr(values, name), type) and dataclasses.is_dataclass(noun)
]
STRICTEST_FIRST = [
    {"deny"},
    {"drop-record"},
    {"drop-passage"},
    {"redact"},
    {"hash", "pseudonymize", "surrogate"},
    {"mask", "generalize", "custom"},
    {"keep"},
]


def test_actions_are_ranked_as_the_design_says() -> None:
    by_rank: dict[int, set[str]] = {}
    for action in Action:
        by_rank.setdefault(action.rank, set()).add(action.value)
    assert [by_rank[rank] for rank in sorted(by_rank, reverse=True)] == STRICTEST_FIRST


@pytest.mark.parametrize("noun", NOUNS)
def test_nouns_are_frozen_and_slotted(noun: Any) -> None:
    assert noun.__dataclass_params__.frozen
    assert "__dict__" not in dir(noun)


def test_raw_content_is_in_no_repr() -> None:
    probe = LeakProbe()
    plant = probe.plant
    condition = Condition("key", "equals", plant())
    clause = Filter(must=(condition,), should=(Nested("people", Filter(must=(condition,))),), must_not=(condition,))
    principal = Principal(plant(), {plant(): plant()})
    record = Record(plant(), 0.5, {plant(): [plant()]})
    fetch = Fetch(plant(), ("a",), clause, 3, exclude=(plant(), 7))
    request = Request(plant(), "answer", principal, filter=clause, scope=plant())
    probe.tap("repr", *map(repr, (condition, clause, principal, record, Fetched((record,), 9), fetch, request)))
    probe.tap("str", *map(str, (principal, record, fetch, request)), f"{request}")
    probe.assert_no_leak()


def test_a_span_holds_no_text() -> None:
    assert [field.name for field in dataclasses.fields(Span)] == ["start", "end", "entity", "score", "recognizer"]


def test_what_a_ledger_entry_and_a_receipt_hold_is_pinned() -> None:
    assert [field.name for field in dataclasses.fields(Entry)] == [
        "time",
        "outcome",
        "purpose",
        "principal",
        "policy",
        "query",
        "reason",
        "detector",
        "ner",
        "fields",
        "counts",
        "query_counts",
        "withheld",
        "rounds",
        "records_fetched",
        "records_disclosed",
        "passages",
        "bytes_fetched",
        "characters_fetched",
        "characters_disclosed",
        "timings",
        "erased",
    ]
    assert [field.name for field in dataclasses.fields(Receipt)] == ["sequence", "entry_hash", "policy", "counts"]


def test_a_principal_has_an_id_and_scalar_attributes() -> None:
    principal = Principal.of({"id": "agent-7", "tenant": "acme", "level": 3, "on_call": True})
    assert principal.id == "agent-7"
    assert [principal.attribute(name) for name in ("id", "tenant", "level", "on_call", "missing")] == [
        "agent-7",
        "acme",
        3,
        True,
        None,
    ]


@pytest.mark.parametrize("given", [{}, {"id": ""}, {"id": None}, {"id": 7}, {"id": ["canary"]}, {"name": "canary"}])
def test_a_principal_without_an_id_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a principal needs an id") as failure:
        Principal.of(given)
    assert "canary" not in str(failure.value)


@pytest.mark.parametrize("attribute", [["canary"], {"any": ["canary"]}, None, ("canary",), b"canary"])
def test_an_attribute_that_is_no_scalar_is_refused(attribute: object) -> None:
    with pytest.raises(ValueError, match="attributes must be strings, finite numbers or booleans") as failure:
        Principal.of({"id": "agent-7", "tenant": attribute})
    assert "canary" not in str(failure.value)


def test_a_principal_does_not_change_with_what_it_was_made_of() -> None:
    given = {"id": "agent-7", "tenant": "acme"}
    principal = Principal.of(given)
    given["tenant"] = "other"
    assert principal.attribute("tenant") == "acme"
    with pytest.raises(TypeError):
        principal.attributes["tenant"] = "other"  # type: ignore[index]


def test_an_empty_filter_is_false_and_any_clause_makes_it_true() -> None:
    condition = Condition("a", "equals", 1)
    assert not Filter()
    assert all([Filter(must=(condition,)), Filter(should=(condition,)), Filter(must_not=(condition,))])


def test_spans_are_ordered_by_where_they_stand() -> None:
    spans = [Span(5, 9, "A", 0.1, "x"), Span(0, 9, "B", 0.9, "x"), Span(0, 2, "C", 0.9, "x")]
    assert [span.entity for span in sorted(spans)] == ["C", "B", "A"]


@pytest.mark.parametrize(
    "value",
    [
        Span(0, 2, "A", 0.5, "x"),
        Identity("tickets", 1, "0"),
        Receipt(1, "0", Identity("tickets", 1, "0"), {"PERSON": {"redact": 1}}),
        Fetched((), 0),
    ],
)
def test_values_survive_a_pickle(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own bytes
