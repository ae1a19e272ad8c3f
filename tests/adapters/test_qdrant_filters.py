from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient, models

from needful.errors import AccessDenied, StoreError
from needful.values import Condition, Filter, Nested
from needful_qdrant import embedded_client
from needful_qdrant.filters import dumped, parse, plain, render

KEYS = st.sampled_from(["metadata.tenant", "n", '"a.b".c', "people[].name"])
WORDS = st.text(max_size=6)
INTEGERS = st.integers(-(2**53), 2**53)
TIMES = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), values, min_size=1)


VALUES: dict[Any, st.SearchStrategy[Any]] = {
    "equals": WORDS | INTEGERS | st.booleans(),
    "any": st.lists(WORDS).map(tuple) | st.lists(INTEGERS).map(tuple),
    "except": st.lists(WORDS).map(tuple) | st.lists(INTEGERS).map(tuple),
    "range": bounds(NUMBERS) | bounds(TIMES),
    "text": WORDS,
    "phrase": WORDS,
    "prefix": WORDS,
    "is_empty": st.booleans(),
    "is_null": st.booleans(),
}
CONDITIONS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda operator: st.builds(Condition, KEYS, st.just(operator), VALUES[operator])
)


def combined(clauses: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    several = st.lists(clauses, max_size=3).map(tuple)
    plain = st.builds(Filter, several, several, several)
    counted = st.builds(
        Filter, several, st.lists(clauses, min_size=1, max_size=3).map(tuple), several, st.integers(1, 3)
    )
    return plain | counted


FILTERS = st.recursive(
    combined(CONDITIONS), lambda inner: combined(CONDITIONS | inner | st.builds(Nested, KEYS, inner)), max_leaves=6
)


ANYTHING = st.none() | WORDS | INTEGERS | st.booleans() | st.floats() | st.lists(WORDS | INTEGERS).map(tuple)
MISFITS = st.builds(Condition, KEYS, st.sampled_from(sorted(VALUES)), ANYTHING)


def _outcome(write: Any) -> Any:
    try:
        return write()
    except StoreError as error:
        return error.code
    except (TypeError, AttributeError) as error:  # a value that is of no operator at all
        return type(error)


@settings(max_examples=100)
@given(FILTERS | combined(CONDITIONS | MISFITS))
def test_a_filter_written_plainly_is_what_the_models_become_and_refuses_what_they_refuse(tree: Filter) -> None:
    assert _outcome(lambda: plain(tree)) == _outcome(lambda: dumped(render(tree)))


@settings(max_examples=60)
@given(FILTERS)
def test_a_rendered_filter_reads_back_the_same(tree: Filter) -> None:
    assert parse(render(tree)) == tree


@settings(max_examples=60)
@given(FILTERS)
def test_a_filter_reads_the_same_from_its_json(tree: Filter) -> None:
    body = render(tree).model_dump(by_alias=True, exclude_none=True, mode="json")
    assert render(parse(body)) == render(tree)


CANARY = "canary-value"
UNKNOWN: list[Any] = [
    models.Filter(must=[models.HasIdCondition(has_id=[1])]),
    models.Filter(must_not=[models.HasVectorCondition(has_vector=CANARY)]),
    models.Filter(should=[models.SliceCondition(slice=models.Slice(total=2, index=0))]),
    models.Filter(must=models.Filter(must=models.Filter(must=models.HasIdCondition(has_id=[2])))),
    models.Filter(
        must=[
            models.NestedCondition(
                nested=models.Nested(key="k", filter=models.Filter(must=[models.HasIdCondition(has_id=[3])]))
            )
        ]
    ),
    models.Filter(
        min_should=models.MinShould(conditions=[models.HasIdCondition(has_id=[1])], min_count=1),
        must=[models.FieldCondition(key="a", match=models.MatchValue(value=1))],
    ),
    models.Filter(min_should=models.MinShould(conditions=[], min_count=1)),
    models.Filter(must=[models.FieldCondition(key="k", values_count=models.ValuesCount(gt=1))]),
    models.Filter(
        must=[
            models.FieldCondition(key="k", geo_radius=models.GeoRadius(center=models.GeoPoint(lon=1, lat=1), radius=1))
        ]
    ),
    models.Filter(must=[models.FieldCondition(key="k", match=models.MatchSubstring(substring=CANARY))]),
    models.Filter(must=[models.FieldCondition(key="k", match=models.MatchTextAny(text_any=CANARY))]),
    models.Filter(must=[models.FieldCondition(key="k")]),
    models.Filter(must=[models.FieldCondition(key="k", range=models.Range())]),
    models.Filter(must=[models.FieldCondition(key="k", is_null=False, match=models.MatchValue(value=CANARY))]),
    models.Filter.model_construct(must=[{"has_id": [1]}]),
    {"must": [{"key": "k", "match": {"value": {"canary": CANARY}}}]},
    {"must": [{"key": "k", "surprise": CANARY}]},
    {"surprise": CANARY},
    [CANARY],
    CANARY,
]


@pytest.mark.parametrize("given", UNKNOWN)
def test_a_condition_that_is_not_known_is_refused_wherever_it_stands(given: Any) -> None:
    with pytest.raises(AccessDenied) as caught:
        parse(given)
    assert caught.value.code == "filter-operator"
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_filter_of_a_hundred_levels_is_refused() -> None:
    deep = models.Filter(must=[models.FieldCondition(key="k", match=models.MatchValue(value=1))])
    for _ in range(100):
        deep = models.Filter(must=[deep])
    with pytest.raises(AccessDenied):
        parse(deep)


def test_should_beside_min_should_keeps_both_meanings() -> None:
    a, b = (models.FieldCondition(key=key, match=models.MatchValue(value=1)) for key in "ab")
    both = models.Filter(should=[a], min_should=models.MinShould(conditions=[a, b], min_count=2))
    tree = parse(both)
    assert tree.should == (Condition("a", "equals", 1),)
    assert tree.must == (Filter(should=(Condition("a", "equals", 1), Condition("b", "equals", 1)), min_should=2),)


def test_values_that_do_not_fit_are_a_static_error() -> None:
    for condition in (
        Condition("k", "range", {"gte": CANARY}),
        Condition("k", "text", {"canary": CANARY}),
        Condition("k", "equals", [CANARY]),
    ):
        with pytest.raises(StoreError) as caught:
            render(Filter(must=(condition,)))
        assert caught.value.code == "filter-value"
        assert CANARY not in str(caught.value)
        assert caught.value.__context__ is None


ROWS: list[dict[str, Any]] = [{"v": True}, {"v": 1}, {"v": 1.5}, {"v": "1"}, {"v": "x"}, {"v": None}, {}]


@pytest.fixture(scope="module")
def rows() -> Any:
    client = embedded_client()
    client.create_collection("rows", vectors_config=models.VectorParams(size=1, distance=models.Distance.DOT))
    client.upsert("rows", [models.PointStruct(id=n, vector={}, payload=row) for n, row in enumerate(ROWS)])
    yield client
    client.close()


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", True, [{"v": True}]),
        ("equals", 1, [{"v": 1}]),
        ("equals", 1.5, [{"v": 1.5}]),
        ("any", (True, "x"), [{"v": True}, {"v": "x"}]),
        ("any", (1.5, 1), [{"v": 1}, {"v": 1.5}]),
        ("any", (), []),
        ("except", (True, "x"), [{"v": 1}, {"v": 1.5}, {"v": "1"}]),
        ("range", {"gte": 1}, [{"v": 1}, {"v": 1.5}]),
        ("is_empty", True, [{"v": None}, {}]),
    ],
)
def test_the_engine_finds_what_a_condition_says(rows: QdrantClient, operator: Any, value: Any, expected: Any) -> None:
    rendered = render(Filter(must=(Condition("v", operator, value),)))
    assert [found.payload for found in rows.scroll("rows", scroll_filter=rendered)[0]] == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "condition",
    [
        lambda number: Condition("a", "equals", number),
        lambda number: Condition("a", "any", (number, "x")),
        lambda number: Condition("a", "except", (number, "x")),
        lambda number: Condition("a", "range", {"lte": number}),
    ],
)
def test_a_number_that_json_would_write_as_null_is_never_rendered(number: float, condition: Any) -> None:
    with pytest.raises(StoreError, match="not finite"):
        render(Filter(must=(condition(number),)))


def test_a_callers_range_with_a_bound_that_is_no_number_is_refused() -> None:
    given = models.Range(gte=1)
    given.gte = "canary"  # type: ignore[assignment]
    with pytest.raises(AccessDenied) as refusal:
        parse(models.Filter(must=[models.FieldCondition(key="a", range=given)]))
    assert "canary" not in str(refusal.value)
