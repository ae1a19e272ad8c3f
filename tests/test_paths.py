"""Payload paths: Qdrant's notation in, leaves out, and the tree that has them again."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.paths import EACH, FieldPath, Location, assemble


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("page_content", ("page_content",)),
        ("metadata.title", ("metadata", "title")),
        ("people[].name", ("people", EACH, "name")),
        ("rows[][]", ("rows", EACH, EACH)),
        ('"a.b".c', ("a.b", "c")),
        ('meta."x[]"[].y', ("meta", "x[]", EACH, "y")),
        ("with space.ключ", ("with space", "ключ")),
        ("$id", ("$id",)),
    ],
)
def test_qdrants_notation_is_read(text: str, steps: tuple[str, ...]) -> None:
    path = FieldPath.parse(text)
    assert (path.text, path.steps) == (text, steps)


# One a word, since none has a space in it; the empty text comes on top.
WRONG = ["", *r""". a. .a a..b [] [].a a[ a] a[0] a[]b a[]..b " "" "a "a"b a"b" a." "[]" a."[]".b""".split()]


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a (quoted )?(path|key)") as failure:
        FieldPath.parse(text)
    assert failure.value.__context__ is None


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_a_value_error(text: str) -> None:
    try:
        path = FieldPath.parse(text)
    except ValueError:
        return
    assert path.steps
    assert all(path.steps)


def test_leaves_are_the_values_to_which_a_path_leads() -> None:
    payload = {"people": [{"name": "Maria", "n": 1}, {"n": 2}, "x", {"name": None}], "a.b": {"c": 1}, "a": {"b": 2}}
    assert list(FieldPath.parse("people[].name").leaves(payload)) == [
        (("people", 0, "name"), "Maria"),
        (("people", 3, "name"), None),
    ]
    assert list(FieldPath.parse('"a.b".c').leaves(payload)) == [(("a.b", "c"), 1)]
    assert list(FieldPath.parse("a.b").leaves(payload)) == [(("a", "b"), 2)]


@pytest.mark.parametrize("path", ["missing", "text.part", "list.part", "text[]", "object[]", "none.part", "list[].x"])
def test_a_path_that_leads_nowhere_has_no_leaves(path: str) -> None:
    payload = {"text": "Maria", "list": ["Maria"], "object": {"a": 1}, "none": None}
    assert list(FieldPath.parse(path).leaves(payload)) == []


keys = st.text(alphabet='ab. []"x', min_size=1, max_size=4).filter(lambda key: '"' not in key and key != EACH)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
objects = st.recursive(
    st.dictionaries(keys, scalars, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        keys, inner | scalars | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)


def _paths(value: Any, written: str = "") -> set[str]:
    """The paths of all leaves of a payload, as one would write them."""
    if isinstance(value, dict) and value:
        dot = "." if written else ""
        return {p for key, item in value.items() for p in _paths(item, f'{written}{dot}"{key}"')}
    if isinstance(value, list) and value:
        return {p for item in value for p in _paths(item, f"{written}[]")}
    return {written}


@given(objects)
def test_all_leaves_of_a_payload_make_the_payload_again(payload: dict[str, Any]) -> None:
    before = copy.deepcopy(payload)
    leaves = [leaf for path in sorted(_paths(payload)) for leaf in FieldPath.parse(path).leaves(payload)]
    assert assemble(leaves) == payload
    assert payload == before


@given(objects, st.data())
def test_some_leaves_make_a_payload_with_these_and_no_other(payload: dict[str, Any], data: st.DataObject) -> None:
    found = (leaf for path in sorted(_paths(payload)) for leaf in FieldPath.parse(path).leaves(payload))
    leaves = [leaf for leaf in found if not isinstance(leaf[1], (dict, list))]
    chosen = data.draw(st.lists(st.sampled_from(leaves), unique_by=lambda leaf: leaf[0]))
    assert sorted(map(repr, _values(assemble(chosen)))) == sorted(repr(value) for _, value in chosen)


def _values(node: Any) -> list[Any]:
    if isinstance(node, dict) and node:
        return [value for item in node.values() for value in _values(item)]
    if isinstance(node, list) and node:
        return [value for item in node for value in _values(item)]
    return [] if node in ({}, []) else [node]


def test_array_elements_keep_their_order_and_those_without_a_leaf_are_left_out() -> None:
    leaves: list[tuple[Location, Any]] = [(("a", 10, "x"), 1), (("a", 2, "x"), 2), (("a", 2, "y"), 3)]
    assert assemble(leaves) == {"a": [{"x": 2, "y": 3}, {"x": 1}]}


@pytest.mark.parametrize("outer_first", [True, False])
def test_a_leaf_inside_another_leaf_changes_nothing_in_it(outer_first: bool) -> None:
    people = [{"name": "Maria", "n": 1}]
    leaves: list[tuple[Location, Any]] = [(("people",), people), (("people", 0, "name"), "changed")]
    assert assemble(leaves if outer_first else leaves[::-1]) == {"people": [{"name": "Maria", "n": 1}]}
    assert people == [{"name": "Maria", "n": 1}]
    assert assemble([(("a",), "x"), (("a", "b"), 1)]) == {"a": "x"}
