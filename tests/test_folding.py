"""Folding: what a reader cannot see must not hide a value, and every span must come back to where it was."""

from __future__ import annotations

import random
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
        ("❹❶", "41"),
        ("4111\u2796\u20431111", "4111--1111"),
        ("192\u30020\uff612\u00b71", "192.0.2.1"),
        ("4Ч11 2О3.О.113 \u0417-4", "4411 203.0.113 3-4"),
        ("кат\u0261@example.com", "kat\u0067@example.com"),
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
        ("jo\u0301hn\u0308@x.com D\u0301E\u030189", "john@x.com DE89"),
        ("N\u0308W\u0308B\u0308K\u0308", "NWBK"),
        ("jo\u0336hn\u0332", "john"),
    ],
)
def test_a_mark_comes_off_a_digit_and_a_code_but_not_off_a_letter_of_a_word(given_text: str, expected: str) -> None:
    assert fold(given_text).text == expected


@FOLDINGS
@given(mark=st.characters(categories=["Mn", "Me"]), digit=st.characters(categories=["Nd"]))
def test_any_mark_comes_off_any_digit(folding: Folding, mark: str, digit: str) -> None:
    assert folding(f"{digit}{mark}1").text == f"{unicodedata.decimal(digit)}1"


@FOLDINGS
def test_a_mark_that_came_off_belongs_to_what_it_stood_on(folding: Folding) -> None:
    folded = folding("a 4\u0301\u200b\u03361\u0301 b")

    assert folded.text == "a 41 b"
    assert [folded.original(at, at + 1) for at in range(6)] == [(0, 1), (1, 2), (2, 6), (6, 8), (8, 9), (9, 10)]


@FOLDINGS
@pytest.mark.parametrize("plane", [range(0x80, 0x3400), range(0x9000, 0x11000), range(0x16000, 0x20000)])
def test_many_characters_are_folded_as_each_of_them_alone(folding: Folding, plane: range) -> None:
    characters = [chr(point) for point in plane]

    words = [f"x{one}\n" for one in characters]

    assert folding("".join(words)).text == "".join(folding(word).text for word in words)


@FOLDINGS
def test_what_is_left_out_of_long_texts_is_what_no_folding_changes(folding: Folding) -> None:
    settled = [
        *range(0x3400, 0xA000),
        *range(0xE000, 0xF900),
        *range(0x20000, 0x2F800, 5),
        *range(0x30000, 0x110000, 501),
    ]
    characters = [chr(point) for point in settled if not 0xE0000 <= point < 0xF0000]

    assert all(folding(one).text == one for one in characters)
    assert folding("".join(characters) + "\uff14").text == "".join(characters) + "4"


@FOLDINGS
def test_a_million_random_code_points_are_folded_in_no_time(folding: Folding) -> None:
    generator = random.Random(1)
    text = "".join(map(chr, (generator.randrange(0x110000) for _ in range(1_000_000))))
    start = time.process_time()
    folding(text)
    assert time.process_time() - start < 5


def test_the_dotless_letter_of_turkish_words_stays() -> None:
    assert fold("Yılmaz Işık β-carotene").text == "Yılmaz Işık β-carotene"


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


class OverTime(Exception):
    """What a caller whose time is over raises."""


@pytest.mark.parametrize("text", ["é" * 10, "e\u0301 ½ \u200b о4", "ﬁ" * 10])
def test_folding_can_be_ended_between_any_two_steps(text: str) -> None:
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    assert fold(text, count) == fold(text)
    assert calls >= 3
    for last in range(calls):
        with pytest.raises(OverTime):
            fold(text, after(last))


def after(calls: int) -> Callable[[], None]:
    left = iter(range(calls))

    def check() -> None:
        if next(left, None) is None:
            raise OverTime

    return check
