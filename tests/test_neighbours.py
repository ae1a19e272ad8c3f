from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.neighbours import needed


@pytest.mark.parametrize(
    "text",
    [
        "They refused to pay.",
        "“It was too late,” she said.",
        "However, the claim was closed.",
        "And this was the reason.",
        "The increase was due to lower taxes.",
        "As a result, nothing was paid.",
        "In addition, the roof leaks.",
        "The former was sold.",
        "他于三月离职。",
        "该公司位于上海。",
        "因此，不予赔付。",
        "其收入为五百万元。",
    ],
)
def test_a_sentence_that_refers_back_needs_the_one_before(text: str) -> None:
    assert needed(text) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "The claim was closed.",
        "Italy is far.",
        "Theyre Ltd paid.",
        "Thistle grows here.",
        "Maria wrote that it was late.",
        "The increment was paid.",
        "其他公司没有回应。",
        "公司位于上海。",
    ],
)
def test_a_sentence_that_stands_alone_needs_none(text: str) -> None:
    assert needed(text) == (False, False)


@pytest.mark.parametrize(
    "text",
    ["We offer:", "Is a flooded kitchen insured?", "NET CASH", "3.2 Scope of the cover", "包括以下内容：", "赔付吗？"],
)
def test_what_announces_or_asks_needs_the_next(text: str) -> None:
    assert needed(text) == (False, True)


def test_a_long_line_without_a_stop_is_no_heading() -> None:
    assert needed("word " * 17)[1] is False


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_blank_needs_nothing(text: str) -> None:
    assert needed(text) == (False, False)


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    before, after = needed(text)
    assert isinstance(before, bool)
    assert isinstance(after, bool)
