"""The questions of benchmarks/exposure.py, and how a benchmark writes its part of a page. Nothing is measured here."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

from exposure import ANSWERED, ASKED, Judgment, questions_of  # noqa: E402  # benchmarks/ is not installed
from pages import write_block  # noqa: E402

TEXT = (
    "The applicant, Maria Keller, lodged an application against the decision of the regional court in Springfield. "
    "The regional court dismissed the appeal because the limits for complaints about costs had long expired. "
    "Maria Keller left."
)


def judgment() -> Judgment:
    names = ("Maria Keller", "Springfield")
    spans = [(at, at + len(name)) for name in names for at in range(len(TEXT)) if TEXT.startswith(name, at)]
    return Judgment("case-1", TEXT, tuple(spans))


@pytest.mark.parametrize("seed", range(20))
def test_a_question_and_its_answer_are_of_one_sentence_and_hold_no_identifier(seed: int) -> None:
    asked = questions_of(judgment(), random.Random(seed))
    assert len(asked) == 2
    for question in asked:
        words = question.text.split()
        assert (len(words), len(question.answer.split())) == (ASKED, ANSWERED)
        assert TEXT.count(question.answer) == 1
        assert not {"maria", "keller", "springfield"} & {*words, *question.answer.lower().split()}
        assert not {*words} & {*question.answer.lower().split()}


def test_the_same_seed_asks_the_same() -> None:
    one, other = (questions_of(judgment(), random.Random(6)) for _ in range(2))
    assert [(q.text, q.answer) for q in one] == [(q.text, q.answer) for q in other]


def test_an_identifier_counts_once_however_often_it_stands_there() -> None:
    assert judgment().identifiers == ["Maria Keller", "Springfield"]


def test_a_part_that_a_page_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no part"):
        write_block("selection.md", "no-such-part", "text")
