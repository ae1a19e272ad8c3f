"""Folding: what a reader cannot see must not hide a value, and every span must come back to where it was."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.folding import LOOKALIKES, Folded, fold, skeleton

ZERO_WIDTH = "\u200b"
FOLDINGS = pytest.mark.parametrize("folding", [fold, skeleton])
Folding = Callable[[str], Folded]
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("a4-ß\u0301\u200b\u2011\u0430\u039d\ufb01\u0130´")))


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded_to_itself(text: str) -> None:
    folded = fold(text)

    assert folded.text == text
    assert all(folded.original(index, index + 1) == (index, index + 1) for index in range(len(text)))


@given(st.text(st.characters(max_codepoint=127)))
def test_the_skeleton_of_ascii_is_lower_case_in_the_same_places(text: str) -> None:
    folded = skeleton(text)

    assert folded.text == text.lower().replace("`", "'")
    assert folded.origins is None
    assert folded == Folded(skeleton(text + "\u00e4").text[: len(text)])


@FOLDINGS
@given(text=TEXTS)
def test_the_map_never_goes_back_and_never_leaves_the_text(folding: Folding, text: str) -> None:
    folded = folding(text)
    origins = [folded.original(index, index + 1) for index in range(len(folded.text))]

    assert origins == sorted(origins)
    assert all(0 <= start < end <= len(text) for start, end in origins)


@FOLDINGS
@given(text=TEXTS, data=st.data())
def test_a_folded_span_comes_back_as_a_span_that_folds_to_it(folding: Folding, text: str, data: st.DataObject) -> None:
    folded = folding(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))

    first, last = folded.original(start, end)

    assert 0 <= first < last <= len(text)
    assert len(folding(text[first:last]).text) >= end - start


@FOLDINGS
@given(text=TEXTS)
def test_an_offset_splits_a_character_where_its_neighbours_come_from_one(folding: Folding, text: str) -> None:
    folded = folding(text)
    spans = [folded.original(index, index + 1) for index in range(len(folded.text))]
    splits = [offset for offset in range(len(folded.text) + 1) if folded.splits(offset)]

    assert splits == [offset for offset in range(1, len(spans)) if spans[offset - 1] == spans[offset]]


@given(TEXTS)
def test_characters_that_folding_leaves_alone_map_to_themselves(text: str) -> None:
    folded = fold(text)
    kept = [(index, *folded.original(index, index + 1)) for index in range(len(folded.text))]

    assert all(text[start:end] == folded.text[index] for index, start, end in kept if text[start:end].isascii())


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (f"4111{ZERO_WIDTH}1111", "41111111"),
        ("４１１１", "4111"),
        ("\u0664\u0661", "41"),
        ("a\u00a0b\u3000c", "a b c"),
        ("4111–1111−1111", "4111-1111-1111"),
        ("4111\u207b1111", "4111-1111"),
        ("j\u043ehn@x.com", "john@x.com"),
        ("gm\u00adail", "gmail"),
        ("one\u2028two", "one\ntwo"),
        ("ﬁle", "file"),
        ("\u202emoc", "moc"),
    ],
)
def test_disguises_come_off(given_text: str, expected: str) -> None:
    assert fold(given_text).text == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("card 4111\u0301 1111 1111 1111", "card 4111 1111 1111 1111"),
        ("4\u0336\u03011\u033611", "4111"),
        ("4\ufe0f\u20e31\ufe0f\u20e3", "41"),
        (f"4{ZERO_WIDTH}\u03011", "41"),
        ("\uff14\u03011 \u0664\u03011", "41 41"),
        ("4111-\u03011111 \u03011111", "4111-1111 1111"),
        ("e\u0301te\u0301 \u0438\u0306", "e\u0301te\u0301 \u0438\u0306"),
        ("\u0301x", "\u0301x"),
    ],
)
def test_a_mark_comes_off_a_digit_but_not_off_a_letter(given_text: str, expected: str) -> None:
    assert fold(given_text).text == expected


@FOLDINGS
@given(mark=st.characters(categories=["Mn", "Me"]), digit=st.characters(categories=["Nd"]))
def test_any_mark_comes_off_any_digit(folding: Folding, mark: str, digit: str) -> None:
    assert folding(f"{digit}{mark}1").text == f"{unicodedata.decimal(digit)}1"


@FOLDINGS
def test_no_character_of_format_is_left(folding: Folding) -> None:
    formats = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Cf"]
    assert folding("a".join(formats)).text == "a" * (len(formats) - 1)


def test_a_russian_word_stays_russian() -> None:
    assert fold("сосна у моря").text == "сосна у моря"


def test_a_look_alike_beside_ascii_becomes_the_letter_it_looks_like() -> None:
    assert all(fold(f"x{letter}").text == f"x{latin}" for letter, latin in LOOKALIKES.items())


def test_a_skeleton_has_no_case_and_no_look_alikes_but_nu_which_looks_like_two_letters() -> None:
    assert all(skeleton(letter).text == latin.lower() for letter, latin in LOOKALIKES.items() if letter not in "Νν")
    assert all(skeleton(letter).text == skeleton(letter.swapcase()).text for letter in LOOKALIKES)
    assert skeleton("\u039d\u03bd").text == "νν"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "O\u2019BRIEN"),
        ("Zo\u00eb", "Zoe\u0308"),
        ("Stra\u00dfe", "STRASSE"),
        ("Anne-Marie", "anne\u2011marie"),
        ("Вера", "ВЕРА"),
        ("\u00b4", "'"),
    ],
)
def test_spellings_of_one_word_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one).text == skeleton(other).text


@FOLDINGS
@pytest.mark.parametrize(
    "stretch", ["田中太郎さん", "Мария и Vеra ", "Zoe\u0308 4\u0301 ", "Ma\u200bria – ﬁ ", "It’s a claim "]
)
def test_a_million_characters_are_folded_in_no_time(folding: Folding, stretch: str) -> None:
    text = (stretch * (1_000_000 // len(stretch) + 1))[:1_000_000]
    start = time.perf_counter()
    folding(text)
    assert time.perf_counter() - start < 5


def test_folded_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(fold("secret é"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Y\u0131lmaz", "YILMAZ"), ("\u0130pek", "ipek"), ("\u0130pek", "IPEK"), ("I\u015f\u0131k", "I\u015eIK"),
     ("\u03a0\u03b1\u03c0\u03ac\u03c2", "\u03a0\u0391\u03a0\u0391\u03a3")],
)  # fmt: skip
def test_turkish_and_greek_names_have_one_skeleton_in_either_case(one: str, other: str) -> None:
    assert skeleton(one).text == skeleton(other).text


@given(st.text(st.sampled_from("abc 12 é ü – \u00a0 ﬁ ① ４ о α \u0301 \u200b © ™ “ ” ’ ½ 年")))
def test_folding_one_for_one_is_what_folding_with_a_map_is(text: str) -> None:
    # A mark on a letter of another word: nothing changes but the way.
    assert fold(f"{text} x\u0301").text == fold(text).text + " x\u0301"
