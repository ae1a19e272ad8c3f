"""Words before a number: reading only those that count gives the same words as reading all."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult

from needful_presidio.context import ContextWords, Words, stop_words
from needful_presidio.results import result_of

WORDS = Words("en", stop_words("en"))
TEXTS = st.lists(
    st.sampled_from(["the ", "of ", "phone", " ", "_", "-", "a" * 90, "12", "Tel. ", "\n", "é", "\u4e00"]), max_size=40
).map("".join)


def all_before(text: str, place: int, most: int) -> list[str]:
    read = WORDS.process_text(text, "en")
    last = bisect_right(read.tokens_indices, place)
    return read.lemmas[max(0, last - most) : last]


@given(TEXTS, st.integers(0, 400))
def test_the_words_before_a_place_are_the_last_of_all(text: str, place: int) -> None:
    place = min(place, len(text))

    assert WORDS.before(text, place, 6) == all_before(text, place, 6)


class Numbers(PatternRecognizer):
    """Numbers behind a word for a telephone."""

    def __init__(self) -> None:
        super().__init__(supported_entity="NUMBER", patterns=[Pattern("n", r"\d+", 0.1)], context=["phone"])


@pytest.mark.parametrize("count", [3, 50])
def test_few_results_and_many_are_raised_alike(count: int) -> None:
    recognizer = Numbers()
    text = "phone 11, whereas apples pears plums cherries grapes lemons cost 22 euros today here abroad " * count

    def results() -> list[RecognizerResult]:
        places = [at for at in range(len(text)) if text[at : at + 2] in ("11", "22")]
        return [result_of(recognizer, "NUMBER", at, at + 2, 0.1) for at in places]

    quick, slow = results(), results()
    ContextWords().enhance_by_words(text, quick, WORDS, [recognizer])
    ContextWords().enhance_using_context(text, slow, WORDS.process_text(text, "en"), [recognizer])

    assert [one.score for one in quick] == [one.score for one in slow]
    assert {round(one.score, 4) for one in quick} == {0.1, 0.45}
