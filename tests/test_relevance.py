from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.relevance import FUSION, REFERRED, analyze, asked_words, cosine, fused, lexical_scores
from needful.selection import split
from needful.values import Span

CLAIM = (
    "Claim 4711 was opened in May. The kitchen was flooded after a pipe burst. "
    "We reduced the payment to $1,452.4 because the pipe was old. The adjuster visited twice."
)


def best(query: str, text: str) -> str:
    passages = split(text)
    scores = lexical_scores(asked_words(query), analyze(text), passages)
    index = max(range(len(passages)), key=scores.__getitem__)
    return text[passages[index].start : passages[index].end]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("Why was the payment reduced?", "We reduced the payment to $1,452.4 because the pipe was old."),
        ("What floods kitchens?", "The kitchen was flooded after a pipe burst."),
        ("what cost 1,452.4", "We reduced the payment to $1,452.4 because the pipe was old."),
        ("ADJUSTERS VISITING", "The adjuster visited twice."),
        ("What about claim ４７１１?", "Claim 4711 was opened in May."),
    ],
)
def test_a_question_finds_its_sentence(query: str, answer: str) -> None:
    assert best(query, CLAIM) == answer


@pytest.mark.parametrize(
    ("query", "text", "answer"),
    [
        ("公司的收入是多少？", "公司位于上海。公司去年的收入为五百万元。员工很多。", "公司去年的收入为五百万元。"),
        ("保険金はいくらですか", "台所が浸水した。保険金は十万円だった。", "保険金は十万円だった。"),
        ("보험금은 얼마입니까?", "부엌이 침수되었다. 보험금은 십만 원이었다.", "보험금은 십만 원이었다."),
    ],
)
def test_a_question_without_spaces_between_words_finds_its_sentence(query: str, text: str, answer: str) -> None:
    assert best(query, text) == answer


def test_a_part_of_a_number_does_not_match_it() -> None:
    text = "It cost 1,452.4 dollars."
    assert lexical_scores(asked_words("452.4"), analyze(text), split(text)) == (0.0,)


def test_function_words_count_only_in_a_question_that_has_no_others() -> None:
    text = "That is who it was. The kitchen burned."
    passages = split(text)
    assert lexical_scores(asked_words("What was the kitchen?"), analyze(text), passages)[0] == 0.0
    assert lexical_scores(asked_words("Who is it?"), analyze(text), passages)[0] > 0.0


@pytest.mark.parametrize("query", ["", "  ", "\x00\x01", "?!"])
def test_a_question_without_words_scores_every_passage_0(query: str) -> None:
    passages = split(CLAIM)
    assert lexical_scores(asked_words(query), analyze(CLAIM), passages) == (0.0,) * len(passages)


def test_a_text_without_passages_has_no_scores() -> None:
    assert lexical_scores(asked_words("why"), analyze(""), ()) == ()


@given(st.text(max_size=40), st.text(max_size=200))
def test_scores_are_finite_and_not_negative(query: str, text: str) -> None:
    scores = lexical_scores(asked_words(query), analyze(text), split(text))
    assert all(math.isfinite(score) and score >= 0 for score in scores)


def test_the_cosine_is_of_directions_and_0_where_there_is_none() -> None:
    vectors = [[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]]
    assert cosine([1.0, 0.0], vectors) == (1.0, 0.0, -1.0, 0.0, 0.0, 0.0)


def test_the_cosine_of_vectors_that_differ_in_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="the vectors differ in dimension"):
        cosine([1.0], [[1.0, 2.0]])


def test_a_passage_of_two_sentences_has_the_words_of_both() -> None:
    text = "Write to Anna. Berg lives here. The kitchen burned."
    passages = split(text, [Span(9, 20, "PERSON", 1.0, "test")])
    joined, other = lexical_scores(asked_words("Anna lives"), analyze(text), passages)
    assert joined > other == 0.0


def test_an_analysis_holds_no_text() -> None:
    assert "kitchen" not in repr(analyze(CLAIM))


def test_words_that_stand_together_in_the_question_count_for_more_where_they_do_in_the_text() -> None:
    text = "The cash was used, and net of tax it fell. The net cash fell in that year of the tax and use."
    one, other = lexical_scores(asked_words("What about net cash?"), analyze(text), split(text))
    assert other > one


def test_a_sentence_that_refers_back_gets_a_share_of_the_score_before_it() -> None:
    text = "Net cash rose. The increase was due to taxes. The weather was due."
    first, second, third = lexical_scores(asked_words("net cash"), analyze(text), split(text))
    assert second == pytest.approx(REFERRED * first)
    assert (first > 0, third) == (True, 0.0)


def test_a_share_is_not_passed_on() -> None:
    text = "Net cash rose. The increase was due to taxes. They fell."
    assert lexical_scores(asked_words("net cash"), analyze(text), split(text))[2] == 0.0


def test_an_analysis_does_not_hold_the_text() -> None:
    analysis = analyze("Maria Keller owes 4711 euros.")
    assert not any(word in repr(analysis) for word in ("Maria", "Keller", "4711", "euros"))


def test_ranks_are_fused_by_their_reciprocals() -> None:
    assert fused((3.0, 2.0, 0.0), (0.1, 0.9, 0.5)) == pytest.approx(
        (1 / (FUSION + 1) + 1 / (FUSION + 3), 1 / (FUSION + 2) + 1 / (FUSION + 1), 1 / (FUSION + 2))
    )


def test_equal_scores_share_their_best_rank_and_no_score_is_no_find() -> None:
    assert fused((2.0, 2.0, 1.0, 0.0, -1.0)) == pytest.approx((1 / 61, 1 / 61, 1 / 63, 0.0, 0.0))


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(-1, 1)), max_size=8))
def test_what_both_rankings_put_first_is_first(pairs: list[tuple[float, float]]) -> None:
    scores = fused(tuple(one for one, _ in pairs), tuple(other for _, other in pairs))
    for index, (one, other) in enumerate(pairs):
        if all(one >= first and other >= second for first, second in pairs):
            assert scores[index] == max(scores)
