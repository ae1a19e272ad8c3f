"""Expectations rewritten to what came out: which data they become, and how the file is changed for it."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.policy.plain import read
from needful.policy.suites.accepting import NotAcceptable, accepted
from needful.policy.suites.comparing import Outcome, difference
from needful.policy.suites.expectations import Expectation
from needful.policy.suites.rewriting import NotWritable, replaced

TOKEN = "[PERSON:7K3QF2MB]"


def document(page_content: str = "a text", **metadata: Any) -> dict[str, Any]:
    return {"page_content": page_content, "metadata": metadata}


def expectation(written: Any) -> Expectation:
    return Expectation.model_validate({"text": written} if isinstance(written, str) else written)


@pytest.mark.parametrize(
    ("written", "outcome", "new"),
    [
        ("old", Outcome([document(f"{TOKEN} called.")]), "[PERSON:*] called."),
        ({"text": "old", "absent": ["x"]}, Outcome([document("new")]), {"text": "new", "absent": ["x"]}),
        ("old", Outcome(), {"documents": []}),
        ("old", Outcome(refused="denied"), {"refused": "denied"}),
        (
            {"text": "old", "counts": {"URL": 1}, "absent": ["x"]},
            Outcome(refused="denied"),
            {"refused": "denied", "absent": ["x"]},
        ),
        ({"refused": True}, Outcome([document()], withheld=2), {"documents": [{"page_content": "a text"}]}),
        (
            {"documents": [{"page_content": "a"}]},
            Outcome([document("b"), document("c")]),
            {"documents": [{"page_content": "b"}, {"page_content": "c"}]},
        ),
        (
            {"documents": [{"metadata": {"a": 1, "gone": 2}}]},
            Outcome([document(a=[3, TOKEN], more=4)]),
            {"documents": [{"metadata": {"a": [3, "[PERSON:*]"]}}]},
        ),
        (
            {"documents": [{"metadata": {"a": 1}}]},
            Outcome([document(a=1, b=2), document(b=2)]),
            {
                "documents": [
                    {"page_content": "a text", "metadata": {"a": 1}},
                    {"page_content": "a text", "metadata": {}},
                ]
            },
        ),
        ({"withheld": 1}, Outcome(withheld=2), {"withheld": 2}),
        (
            {"counts": {"URL": 1, "PERSON": {"redact": 1}, "AGE": {"keep": 1}}},
            Outcome(counts={"URL": {"redact": 2, "keep": 1}, "PERSON": {"keep": 3}}),
            {"counts": {"URL": 3, "PERSON": {"keep": 3}, "AGE": 0}},
        ),
    ],
)
def test_only_what_the_old_expectation_speaks_of_is_in_the_new_one(written: Any, outcome: Outcome, new: Any) -> None:
    assert accepted(written, expectation(written), outcome) == new
    assert difference(expectation(new), outcome) is None


def test_a_wildcard_that_still_fits_stays_as_it_was_written() -> None:
    written = {"documents": [{"page_content": "[PERSON:*]", "metadata": {"a": "old"}}]}
    outcome = Outcome([document(TOKEN, a="new")])
    assert accepted(written, expectation(written), outcome)["documents"][0]["page_content"] == "[PERSON:*]"


@pytest.mark.parametrize("outcome", [Outcome([document("By Maria.")]), Outcome([document()], query="MARIA?")])
def test_what_must_be_absent_is_never_accepted(outcome: Outcome) -> None:
    written = {"text": "old", "absent": ["Maria"]}
    with pytest.raises(NotAcceptable, match=r"^a text came out that must be absent$"):
        accepted(written, expectation(written), outcome)


FILE = """\
# a comment
tests:
  - name: one   # why
    expect: old
  - name: two
    expect: {text: "old", withheld: 0}   # on one line
  - name: three
    expect:
      # before
      text: old
      withheld: 0   # after
  - name: four
    expect:
      documents:
        - page_content: >-
            old and
            folded
          metadata: {a: 1}
        - {page_content: second}

      absent: [x]

  - name: five
    expect: {refused: true}
# the end
"""


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        (("tests", 0, "expect"), "new", "expect: old\n", "expect: new\n"),
        (("tests", 0, "expect"), {"refused": "a"}, "expect: old\n", "expect: {refused: a}\n"),
        (("tests", 0, "expect"), "[PERSON:*]: x", "expect: old\n", 'expect: "[PERSON:*]: x"\n'),
        (("tests", 1, "expect"), {"text": "a, b", "withheld": 0}, '"old"', '"a, b"'),
        (("tests", 1, "expect"), {"text": "new", "withheld": 1}, '"old", withheld: 0', "new, withheld: 1"),
        (("tests", 1, "expect"), {"refused": "a"}, '{text: "old", withheld: 0}', "{refused: a}"),
        (("tests", 2, "expect"), {"text": "old", "withheld": 1}, "0   # after", "1   # after"),
        (
            ("tests", 2, "expect"),
            {"refused": "a", "absent": ["x"]},
            "text: old\n      withheld: 0",
            "refused: a\n      absent: [x]",
        ),
        (
            ("tests", 3, "expect", "documents", 0, "page_content"),
            "new and folded",
            "old and\n            folded",
            "new and folded",
        ),
        (
            ("tests", 3, "expect", "documents"),
            [{"page_content": "new"}],
            FILE[FILE.index("- page_content: >-") : FILE.index("\n\n      absent")],
            "- {page_content: new}",
        ),
        (("tests", 4, "expect"), {"refused": "new"}, "true", "new"),
    ],
)
def test_only_the_lines_of_the_expectation_change(place: Any, value: Any, old: str, new: str) -> None:
    assert FILE.count(old) == 1
    assert replaced(FILE, place, value) == FILE.replace(old, new)


def test_a_long_text_is_folded_in_a_block_and_not_in_braces() -> None:
    long = "word " * 40 + "end"
    in_block = replaced(FILE, ("tests", 2, "expect", "text"), long)
    assert "text: >-\n        word word" in in_block
    assert max(map(len, in_block.splitlines())) <= 120
    assert f"{{text: {long}, withheld: 0}}" in replaced(FILE, ("tests", 1, "expect", "text"), long)


def test_a_text_with_line_breaks_is_quoted() -> None:
    assert 'text: "a\\n\\n b"' in replaced(FILE, ("tests", 2, "expect", "text"), "a\n\n b")


def test_the_ends_of_lines_stay_as_they_are() -> None:
    windows = FILE.replace("\n", "\r\n")
    value = [{"page_content": "a" * 80, "metadata": {"b": "c" * 80}}]
    changed = replaced(windows, ("tests", 3, "expect", "documents"), value)
    assert "\n" not in changed.replace("\r\n", "")
    assert read(changed, "").node(("tests", 3, "expect", "documents")) == value


@pytest.mark.parametrize("value", ["\x07", "\ud800", "\u202e"])
def test_what_no_policy_file_may_hold_is_not_written(value: str) -> None:
    with pytest.raises(NotWritable, match=r"^the file is written in a way that cannot be changed here$"):
        replaced(FILE, ("tests", 0, "expect"), value)


def test_a_list_at_the_column_of_its_key_is_not_made_into_something_else() -> None:
    text = dedent("""\
        expect:
        - a
        - b
    """)
    assert replaced(text, ("expect",), ["c"]) == "expect:\n- c\n"
    with pytest.raises(NotWritable):
        replaced(text, ("expect",), {"c": "d"})


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x2000, exclude_categories=("C", "Z")) | st.just(" "))
VALUES = st.recursive(
    PRINTABLE | st.integers(-999, 999) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PRINTABLE.filter(bool), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [
        *(("tests", index, "expect") for index in range(5)),
        ("tests", 2, "expect", "text"),
        ("tests", 3, "expect", "documents", 0, "page_content"),
        ("tests", 3, "expect", "documents", 1, "page_content"),
    ]
)


@given(PLACES, VALUES)
def test_any_value_is_written_so_that_it_is_read_and_nothing_else_changes(place: Any, value: Any) -> None:
    before, after = read(FILE, ""), read(replaced(FILE, place, value), "")
    assert after.node(place) == value
    for index in range(5):
        if index != place[1]:
            assert after.node(("tests", index)) == before.node(("tests", index))
    assert replaced(FILE, place, value).startswith("# a comment\n")
    assert replaced(FILE, place, value).endswith("# the end\n")
