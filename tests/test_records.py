"""Records: taken apart into planned leaves, and put together from what may be shown."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.detection import MAX_KNOWN, MAX_TEXT
from needful.mentions import KnownValue
from needful.planning import Plan, plan
from needful.policy import Policy
from needful.records import Opened, Withheld, open_record, rebuilt, shape, strings
from needful.testing import LeakProbe
from needful.values import PointId, Principal, Record, Request

POLICY = """
needful: 1
name: tickets
version: 1
{layout}
purposes:
  answer:
    fields:
      page_content: {text}
      metadata.people[].name: {{action: pseudonymize, entity: PERSON}}
      metadata.notes: scan
      metadata.sealed: drop-record
    detect: {{ner: none, reason: names are known, known: [{{field: metadata.customer, entity: PERSON}}]}}
"""


def planned(text: str = "scan", layout: str = "") -> Plan:
    policy = Policy.parse(POLICY.format(text=text, layout=layout))
    return plan(policy, Request(query="a question", purpose="answer", principal=Principal.of({"id": "agent-7"})))


PLAN = planned()


def record(payload: Mapping[str, Any], identifier: PointId = 7) -> Record:
    return Record(identifier, 0.5, payload)


def opened(payload: Mapping[str, Any], by: Plan = PLAN, identifier: PointId = 7) -> Opened:
    result = open_record(record(payload, identifier), by)
    assert isinstance(result, Opened)
    return result


def reason(payload: Mapping[str, Any], by: Plan = PLAN) -> str:
    result = open_record(record(payload), by)
    assert isinstance(result, Withheld)
    return result.reason


# opening


def test_a_record_is_taken_apart_into_its_planned_leaves() -> None:
    payload = {
        "page_content": "text",
        "metadata": {"people": [{"name": "Maria"}, {"name": "Tom"}], "notes": {"a": ["b", 1]}, "customer": "Maria"},
    }
    result = opened(payload)
    assert [(leaf.location, leaf.value, leaf.scanned) for leaf in result.leaves] == [
        (("page_content",), "text", True),
        (("metadata", "people", 0, "name"), "Maria", False),
        (("metadata", "people", 1, "name"), "Tom", False),
        (("metadata", "notes"), {"a": ["b", 1]}, True),
    ]
    assert result.texts == ("text", "a", "b", "1")
    assert result.known == (KnownValue("PERSON", "Maria"),)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, "text-missing"),
        ({"metadata": {"notes": "x"}}, "text-missing"),
        ({"page_content": None}, "text-missing"),
        ({"page_content": 5}, "text-not-a-string"),
        ({"page_content": ["text"]}, "text-not-a-string"),
        ({"page_content": {"a": "b"}}, "text-not-a-string"),
        ({"page_content": True}, "text-not-a-string"),
        ({"page_content": "x" * (MAX_TEXT + 1)}, "text-too-long"),
        ({"page_content": "x", "metadata": {"notes": ["x" * (MAX_TEXT + 1)]}}, "text-too-long"),
        ({"page_content": "x", "metadata": {"customer": "x" * (MAX_KNOWN + 1)}}, "known-too-long"),
        ({"page_content": "x", "metadata": {"sealed": False}}, "drop-record"),
    ],
)
def test_what_cannot_be_searched_or_may_not_be_shown_withholds_the_record(
    payload: dict[str, Any], expected: str
) -> None:
    assert reason(payload) == expected


def test_a_field_that_would_drop_the_record_does_not_where_it_is_empty_or_missing() -> None:
    assert opened({"page_content": "x", "metadata": {"sealed": None}}).texts == ("x",)
    assert opened({"page_content": "x", "metadata": "not an object"}).texts == ("x",)


def test_a_text_at_the_limit_is_opened() -> None:
    assert opened({"page_content": "x" * MAX_TEXT}).texts


def test_an_empty_text_is_a_text() -> None:
    assert opened({"page_content": ""}).texts == ("",)


def test_a_text_that_is_kept_must_be_a_text_too() -> None:
    assert reason({"page_content": 5}, planned("{action: keep, reason: public}")) == "text-not-a-string"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [({"n": 12}, 12), ({"n": "claim-1"}, "claim-1"), ({"n": None}, 7), ({"n": [1]}, 7), ({}, 7)],
)
def test_the_layouts_own_id_goes_before_the_points_where_it_is_one(payload: dict[str, Any], expected: PointId) -> None:
    by = planned(layout="layout: {text: page_content, metadata: metadata, id: n}")
    assert opened({"page_content": "x", **payload}, by).id == expected


def test_an_opened_record_shows_no_value() -> None:
    probe = LeakProbe()
    payload = {
        "page_content": probe.plant(),
        "metadata": {
            "notes": {probe.plant(): probe.plant()},
            "customer": probe.plant(),
            "people": [{"name": probe.plant()}],
        },
    }
    fetched = record(payload, probe.plant())
    result = open_record(fetched, PLAN)
    assert isinstance(result, Opened)
    probe.tap("repr", repr(fetched), repr(result), *map(repr, result.leaves), *map(repr, result.known))
    probe.assert_no_leak()


# strings and rebuilding

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(json)
def test_a_value_is_rebuilt_over_its_strings_in_their_order(value: Any) -> None:
    seen: list[str] = []

    def show(text: str) -> str:
        seen.append(text)
        return text

    assert rebuilt(value, show) == value
    assert seen == list(strings(value))


@given(json)
def test_no_string_of_a_value_comes_through_unshown(value: Any) -> None:
    marked = rebuilt(value, lambda text: "#")
    assert all(text.startswith("#") for text in strings(marked))


@pytest.mark.parametrize("number", [0, -3, 1.5, 1e300, 12345678901234567890])
def test_a_number_in_which_nothing_is_found_stays_a_number(number: float) -> None:
    same = rebuilt([number], lambda text: text)[0]
    assert same == number
    assert type(same) is type(number)
    assert rebuilt(number, lambda text: "[PHONE_NUMBER]") == "[PHONE_NUMBER]"


def test_yes_no_and_nothing_are_no_strings() -> None:
    assert list(strings([True, False, None])) == []
    assert rebuilt([True, False, None], lambda text: "#") == [True, False, None]


def test_keys_are_shown_like_values_and_equal_ones_are_told_apart() -> None:
    value = {"Maria": 1, "Tom": 2, "Ann": {"Maria": "x"}}
    shown = rebuilt(value, lambda text: "[PERSON]" if text.istitle() else text)
    assert shown == {"[PERSON]": 1, "[PERSON] (2)": 2, "[PERSON] (3)": {"[PERSON]": "x"}}


def test_no_entry_is_lost_where_a_key_is_like_a_suffix() -> None:
    value = {"a": 1, "a (2)": 2, "b": 3}
    assert len(rebuilt(value, lambda text: "a" if text == "b" else text)) == 3


@pytest.mark.parametrize("value", [("Maria",), datetime.date(1980, 2, 29), uuid.UUID(int=7), b"Maria", {"Maria"}])
def test_what_is_no_json_is_searched_as_it_is_written(value: Any) -> None:
    (text,) = strings(value)
    assert rebuilt(value, lambda text: "#") in ("#", ["#"])
    assert rebuilt(value, lambda text: text) in (text, [text])


# shape


def test_members_of_the_metadata_object_move_up() -> None:
    leaves = [(("metadata", "title"), "t"), (("metadata", "people", 1, "name"), "n"), (("other",), "o")]
    assert shape(leaves, "metadata") == {"other": "o", "title": "t", "people": [{"name": "n"}]}
    assert shape(leaves, None) == {"other": "o", "metadata": {"title": "t", "people": [{"name": "n"}]}}


def test_metadata_that_is_no_object_stays_under_its_key() -> None:
    assert shape([(("metadata",), "[REDACTED]")], "metadata") == {"metadata": "[REDACTED]"}


def test_nothing_disclosed_is_an_empty_shape() -> None:
    assert shape([], "metadata") == {}
