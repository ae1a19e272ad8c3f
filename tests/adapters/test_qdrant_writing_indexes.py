"""Which payload indexes a collection gets: the policy's own values decide, then what documents have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import models

from needful.policy import Policy
from needful_qdrant.indexes import OF_ANNOTATIONS, OF_PASSAGES, wanted

POLICY = """
needful: 1
name: p
version: 1
purposes:
  one:
    filter: {{{filter}}}
    filterable: [{filterable}]
    fields: {{page_content: scan}}
    detect: {{ner: none, reason: a test}}
  other:
    filter: {{{other}}}
    fields: {{page_content: scan}}
    detect: {{ner: none, reason: a test}}
"""


def types(written: str = "", filterable: str = "", other: str = "", values: tuple[Any, ...] = ()) -> dict[str, str]:
    policy = Policy.parse(POLICY.format(filter=written, filterable=filterable, other=other))
    return wanted(policy, [{"k": value} for value in values])


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("k: {equals: a}", "keyword"),
        ("k: {any: [a, b]}", "keyword"),
        ("k: {except: [a]}", "keyword"),
        ("k: {equals: 1}", "integer"),
        ("k: {any: [1, 2]}", "integer"),
        ("k: {equals: true}", "bool"),
        ("k: {any: [1, a]}", "keyword"),
        ("k: {range: {gte: 1}}", "float"),
        ("k: {range: {gte: 1.5, lt: 2}}", "float"),
        ("k: {range: {gte: '2026-01-01T00:00:00Z'}}", "datetime"),
        ("k: {equals: $principal.tenant}", "keyword"),
        ("k: {range: {lte: $principal.level}}", "float"),
    ],
)
def test_the_values_of_a_policy_decide(written: str, kind: str) -> None:
    assert types(written) == {"k": kind}


@pytest.mark.parametrize(
    ("written", "filterable", "values", "kind"),
    [
        ("k: {equals: $principal.tenant}", "", (7, 8), "integer"),
        ("k: {equals: $principal.tenant}", "", (True,), "bool"),
        ("k: {equals: $principal.tenant}", "", (7, "a"), "keyword"),
        ("k: {equals: a}", "", (7,), "keyword"),
        ("", "k", ([1, 2], None, [3]), "integer"),
        ("", "k", (1.5,), "keyword"),
        ("", "k", ({"a": 1},), "keyword"),
        ("", "{key: k, operators: [range]}", (7,), "float"),
        ("", "{key: k, operators: [range]}", ("2026-01-01",), "datetime"),
        ("", "{key: k, operators: [range]}", (), "float"),
        ("", "{key: k, operators: [text, phrase]}", ("words",), "text"),
        ("", "{key: k, operators: [text, equals]}", ("words",), "keyword"),
        ("", "{key: k, operators: [prefix]}", ("words",), "keyword"),
        ("k: {range: {lte: $principal.day}}", "", ("2026-01-01",), "datetime"),
    ],
)
def test_where_a_policy_has_no_values_those_of_documents_decide(
    written: str, filterable: str, values: tuple[Any, ...], kind: str
) -> None:
    assert types(written, filterable, values=values) == {"k": kind}


def test_the_purposes_of_a_policy_are_taken_together() -> None:
    assert types("k: {equals: $principal.x}", "a", "k: {equals: 3}, '\"b.c\".d[].e': {equals: x}") == {
        "a": "keyword",
        "k": "integer",
        '"b.c".d[].e': "keyword",
    }


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())))
def test_every_key_gets_one_type_that_qdrant_has(values: list[Any]) -> None:
    for filterable in ("k", "{key: k, operators: [range]}", "{key: k, operators: [text]}"):
        assert models.PayloadSchemaType(types("", filterable, values=tuple(values))["k"])


def test_our_own_keys_have_types_that_qdrant_has() -> None:
    assert OF_ANNOTATIONS.items() <= OF_PASSAGES.items()
    assert {models.PayloadSchemaType(kind) for kind in OF_PASSAGES.values()}
