"""What the letters of a word say, as the bundled model sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful_presidio.ner.shapes import KINDS, shapes

LOWER, TITLE, UPPER, MIXED, DIGIT, INITIAL, NO_CASE, CAPITALS = range(KINDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada met", [TITLE] * 3 + [LOWER] * 4),
        ("A DuPont X2", [INITIAL, LOWER] + [MIXED] * 6 + [LOWER] + [DIGIT] * 2),
        ("the NHS", [LOWER] * 4 + [UPPER] * 3),
        ("i am maria", [NO_CASE] + [LOWER] + [NO_CASE] * 2 + [LOWER] + [NO_CASE] * 5),
        (
            "TO MARIA\nDear Maria",
            [CAPITALS] * 2 + [LOWER] + [CAPITALS] * 5 + [LOWER] + [TITLE] * 4 + [LOWER] + [TITLE] * 5,
        ),
    ],
)
def test_each_character_has_the_shape_of_its_word(text: str, expected: list[int]) -> None:
    assert list(shapes(text)) == expected


def test_a_line_of_one_word_in_capitals_is_an_abbreviation() -> None:
    assert set(shapes("NHS")) == {UPPER}


@given(st.text())
def test_there_is_one_shape_for_each_code_point(text: str) -> None:
    found = shapes(text)
    assert len(found) == len(text)
    assert all(kind < KINDS for kind in found)
