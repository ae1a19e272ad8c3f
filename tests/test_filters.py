"""A caller's filter in the policy's words."""

from __future__ import annotations

from typing import Any

import pytest

from needful.errors import AccessDenied
from needful.filters import from_mapping
from needful.testing import LeakProbe
from needful.values import Condition, Filter


@pytest.mark.parametrize(
    ("test", "operator", "value"),
    [
        ("home", "equals", "home"),
        (5, "equals", 5),
        (False, "equals", False),
        ({"equals": "home"}, "equals", "home"),
        ({"equals": False}, "equals", False),
        ({"any": ["home", 3]}, "any", ("home", 3)),
        ({"except": ["home"]}, "except", ("home",)),
        ({"range": {"gte": 1, "lt": 2.5}}, "range", {"gte": 1, "lt": 2.5}),
        ({"range": {"gt": "2026-01-01T00:00:00Z"}}, "range", {"gt": "2026-01-01T00:00:00Z"}),
        ("$principal.tenant", "equals", "$principal.tenant"),
    ],
)
def test_a_test_is_read_as_a_condition(test: Any, operator: str, value: object) -> None:
    (condition,) = from_mapping({"meta.product": test}).must
    assert isinstance(condition, Condition)
    assert (condition.key, condition.operator, condition.value) == ("meta.product", operator, value)


def test_all_of_several_tests_must_hold() -> None:
    assert from_mapping({"a": 1, "b": "x"}) == Filter(must=(Condition("a", "equals", 1), Condition("b", "equals", "x")))
    assert from_mapping({}) == Filter()


@pytest.mark.parametrize(
    "test",
    [
        None,
        [],
        ["canary"],
        {},
        {"equals": None},
        {"equals": ["canary"]},
        {"equals": {"any": ["canary"]}},
        {"any": []},
        {"any": "canary"},
        {"any": [["canary"]]},
        {"excluding": ["canary"]},
        {"canary": 1},
        {"equals": "canary", "any": ["canary"]},
        {"range": {}},
        {"range": {"gte": None}},
        {"range": {"above": 1}},
        {"range": 5},
        {"range": {"gte": True}},
        object(),
    ],
)
def test_anything_else_is_refused_and_not_quoted(test: Any) -> None:
    probe = LeakProbe(["canary"])
    with pytest.raises(AccessDenied) as failure:
        from_mapping({"canary": test})
    assert failure.value.code == "filter-malformed"
    assert failure.value.__context__ is None
    probe.tap_exception("error", failure.value.with_traceback(None))
    probe.assert_no_leak()


def test_a_bound_that_is_no_time_is_refused() -> None:
    with pytest.raises(AccessDenied) as refusal:
        from_mapping({"metadata.opened": {"range": {"gte": "soon"}}})
    assert refusal.value.code == "filter-malformed"
    assert from_mapping({"metadata.opened": {"range": {"gte": "2026-01-31"}}})
