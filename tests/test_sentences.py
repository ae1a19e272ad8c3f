from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.sentences import MAX_SENTENCE, sentences

# Letters that make borders likely, and every other character as well.
prose = st.text(st.sampled_from(list("aAbZ 12.,!?…。！？；．」”)(-\n\r\t\u2029税の")) | st.characters(), max_size=200)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_full_stops_question_and_exclamation_marks_end_sentences() -> None:
    assert cut("It rained. Did it stop? No! Why?! Ask.") == ["It rained.", "Did it stop?", "No!", "Why?!", "Ask."]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Robert Murray lives in Lancashire.",
        "Dr. J. R. Whomersley signed it.",
        "See Article 1 of Protocol No. 1 and Art. 8 of it.",
        "Use a carrier, e.g. Acme or Apex.",
        "The U.S. Dollar fell.",
        "Acme Inc. Holdings grew.",
        "It cost $1.5 million at 3.14 percent.",
        "On Jan. 5 it closed.",
        "Wait… what is it?",
        "He paused... then he left.",
        "See https://example.org/a.b?c=d.e for more.",
        "1. Overview of contracts",
        "IV. THE FACTS",
        "(a). The first item",
    ],
)
def test_a_period_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They moved to the U.S. The house was sold.", ["They moved to the U.S.", "The house was sold."]),
        ("It was sold to Acme Inc. The price was low.", ["It was sold to Acme Inc.", "The price was low."]),
        ("Did they pay? No. They refused.", ["Did they pay?", "No.", "They refused."]),
        (
            "It ended in 2019. Sales rose by 1.5. That was all.",
            ["It ended in 2019.", "Sales rose by 1.5.", "That was all."],
        ),
        ("He stopped... Then he left.", ["He stopped...", "Then he left."]),
    ],
)
def test_an_abbreviation_a_number_or_an_ellipsis_may_end_a_sentence(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_quotes_and_brackets_after_the_full_stop_belong_to_the_sentence() -> None:
    assert cut("“It rained.” (It poured.) “Yes!” She left.") == ["“It rained.”", "(It poured.)", "“Yes!”", "She left."]


def test_chinese_and_japanese_full_stops_end_sentences_without_a_space() -> None:
    assert cut("下雨了。真的吗？他走了；再见……“好的。”完") == [
        "下雨了。",
        "真的吗？",
        "他走了；",
        "再见……",
        "“好的。”",
        "完",
    ]
    assert cut("価格は１．５円です。「はい。」と言った！｡") == ["価格は１．５円です。", "「はい。」", "と言った！｡"]
    assert cut("OK!好的.然后") == ["OK!", "好的.", "然后"]


def test_a_blank_line_a_heading_and_a_bullet_are_borders() -> None:
    text = "Company balance sheet\nAt 31 March 2019\n\nitems:\n- one\n- two\na) first\r\n(b) second"
    assert cut(text) == [
        "Company balance sheet",
        "At 31 March 2019",
        "items:",
        "- one",
        "- two",
        "a) first",
        "(b) second",
    ]


def test_a_wrapped_line_that_goes_on_in_lower_case_is_one_sentence() -> None:
    assert cut("The claim was\r\nreduced by half.\nIt was late.") == [
        "The claim was\r\nreduced by half.",
        "It was late.",
    ]


def test_a_stretch_without_a_border_is_cut_at_a_space_before_the_maximum() -> None:
    pieces = cut("ab " * 1000)
    assert max(map(len, pieces)) <= MAX_SENTENCE
    assert {piece.strip("ab ") for piece in pieces} == {""}
    assert all(piece.startswith("ab") and piece.endswith("ab") for piece in pieces)


def test_a_word_longer_than_the_maximum_is_cut_at_the_maximum() -> None:
    assert [len(piece) for piece in cut("x" * 2500)] == [1000, 1000, 500]


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u2029"])
def test_a_blank_text_has_no_sentence(text: str) -> None:
    assert cut(text) == []


@given(prose)
def test_every_character_that_is_not_blank_lies_in_exactly_one_sentence(text: str) -> None:
    reach = 0
    for start, end in sentences(text):
        assert text[reach:start].strip() == ""
        assert start < end
        assert text[start:end] == text[start:end].strip()
        reach = end
    assert text[reach:].strip() == ""


@given(prose.map(lambda text: text * 20))
def test_no_sentence_is_longer_than_the_maximum(text: str) -> None:
    assert all(end - start <= MAX_SENTENCE for start, end in sentences(text))


@pytest.mark.parametrize("unit", ["The cat sat. ", "Mr. ", ". ", "a", ".", " ", "\n", "。", "\n a", "1. ", '"', ".) "])
def test_the_time_is_linear_in_the_text(unit: str) -> None:
    # Quadratic time on so many characters would be minutes at least; the bound leaves room for a slow shared machine.
    text = unit * (400_000 // len(unit))
    start = time.process_time()
    for _ in sentences(text):
        pass
    assert time.process_time() - start < 10
