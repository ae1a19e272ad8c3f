"""From scores of pieces to spans."""

from __future__ import annotations

import numpy as np
import pytest

from needful_presidio.ner.decoding import decoded
from needful_presidio.ner.tokens import Tokens

LABELS = ("PERSON", "LOCATION")


def found(text: str, tags: str, *, bias: float = 0.0, outside: float = 0.02) -> list[tuple[str, str]]:
    """Decode a text whose pieces have a tag each: `piece/O`, or `B-` or `I-` and a label."""
    starts, ends, rows = [], [], []
    at = 0
    for piece, tag in (pair.split("/") for pair in tags.split()):
        start = text.index(piece, at)
        at = start + len(piece)
        starts.append(start)
        ends.append(at)
        row = np.full(5, 0.005)
        row[0] = 0.98 if tag == "O" else outside
        if tag != "O":
            row[1 + 2 * LABELS.index(tag[2:]) + (tag[0] == "I")] = 1 - outside - 0.015
        rows.append(np.log(row))
    tokens = Tokens(np.zeros(len(rows), int), np.array(starts), np.array(ends), np.zeros(len(rows), int))
    scores = np.array(rows, dtype=np.float32)
    return [(text[start:end], label) for start, end, label, _ in decoded(text, tokens, scores, LABELS, bias)]


def test_pieces_of_a_word_make_one_span() -> None:
    assert found("Maria Keller came", "Maria/B-PERSON Kell/I-PERSON er/I-PERSON came/O") == [("Maria Keller", "PERSON")]


def test_a_new_beginning_is_a_new_span() -> None:
    assert found("Maria Jan", "Maria/B-PERSON Jan/B-PERSON") == [("Maria", "PERSON"), ("Jan", "PERSON")]


def test_two_kinds_side_by_side_are_two_spans() -> None:
    assert found("Maria London", "Maria/B-PERSON London/I-LOCATION") == [
        ("Maria", "PERSON"),
        ("London", "LOCATION"),
    ]


def test_a_mark_inside_a_name_does_not_break_it() -> None:
    assert found(
        "J.P. O'Neill",
        "J/B-PERSON ./O P/I-PERSON ./O O/I-PERSON '/O Neill/I-PERSON",
    ) == [("J.P. O'Neill", "PERSON")]


def test_the_title_before_a_person_is_part_of_the_span() -> None:
    assert found("with Mr. Keller", "with/O Mr/O ./O Keller/B-PERSON") == [("Mr. Keller", "PERSON")]
    assert found("Mr Keller", "Mr/B-PERSON Keller/B-PERSON") == [("Mr Keller", "PERSON")]
    assert found("in Lady Bay", "in/O Lady/O Bay/B-LOCATION") == [("Bay", "LOCATION")]


def test_a_title_without_a_name_is_no_person() -> None:
    assert found("Dear Sir,", "Dear/O Sir/B-PERSON") == []


def test_marks_at_the_edges_are_left_out() -> None:
    assert found("(Keller),", "(/I-PERSON Keller/I-PERSON )/I-PERSON ,/I-PERSON") == [("Keller", "PERSON")]


def test_a_span_of_marks_alone_is_none() -> None:
    assert found("--", "-/B-PERSON -/I-PERSON") == []


@pytest.mark.parametrize(("bias", "expected"), [(0.0, []), (2.0, [("Keller", "PERSON")])])
def test_a_bias_against_the_outside_class_finds_what_is_less_certain(
    bias: float, expected: list[tuple[str, str]]
) -> None:
    assert found("Keller", "Keller/B-PERSON", bias=bias, outside=0.8) == expected
