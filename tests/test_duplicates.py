from __future__ import annotations

from collections.abc import Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.duplicates import EQUAL, Seen
from needful.relevance import analyze

sets = st.frozensets(st.integers(0, 40), max_size=40)
BOILERPLATE = (
    "The insurer replied to the policy holder in writing that the damage to the kitchen was not covered by the policy"
)


def seen(*passages: Set[int], figures: int = 0) -> Seen:
    made = Seen()
    for words in passages:
        made.add(words, figures)
    return made


def is_repeated(one: str, other: str) -> bool:
    """Whether the second of two sentences is a near-duplicate of the first."""
    first, second = analyze(one), analyze(other)
    return seen(first.words[0].keys(), figures=first.figures[0]).has(second.words[0].keys(), second.figures[0])


@pytest.mark.parametrize(
    "other", [BOILERPLATE + ".", BOILERPLATE.upper() + "!", BOILERPLATE.replace("The insurer", "An insurer")]
)
def test_case_marks_and_function_words_make_no_other_passage(other: str) -> None:
    assert is_repeated(BOILERPLATE + ".", other)


@pytest.mark.parametrize(
    "other",
    [
        BOILERPLATE.replace("kitchen", "roof"),
        BOILERPLATE + " and that the premium rises.",
        "The kitchen was flooded.",
    ],
)
def test_another_word_that_matters_makes_another_passage(other: str) -> None:
    assert not is_repeated(BOILERPLATE + ".", other)


def test_other_numbers_are_another_fact() -> None:
    year = (
        f"In 2018 {BOILERPLATE}, {BOILERPLATE.replace('kitchen', 'cellar')}, {BOILERPLATE.replace('insurer', 'bank')}."
    )
    assert is_repeated(year, year)
    assert not is_repeated(year, year.replace("2018", "2019"))


def test_a_passage_without_words_is_never_a_duplicate() -> None:
    assert not seen(frozenset()).has(frozenset(), 0)


@given(st.lists(sets, max_size=8), sets)
def test_a_duplicate_is_found_wherever_enough_words_are_shared(
    passages: list[frozenset[int]], words: frozenset[int]
) -> None:
    alike = [len(words & other) >= EQUAL * len(words | other) for other in passages if words]
    assert seen(*passages).has(words, 0) == any(alike)
