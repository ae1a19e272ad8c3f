"""What one look over a text tells: the quick way never says no where the slow way says yes."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful_presidio.traits import OTHER, Traits, finder, holds, numbers, rows, runs, spelled, together

ALPHABET = "aAkKsSiI019 .-/()\t\n\x0b\x1f\u00a0\u2028\u0085\u212a\u017f\u0130\u0131é’\u0663\u4e00\ud800"
TEXTS = st.text(st.one_of(st.sampled_from(ALPHABET), st.characters()), max_size=40)
LIKE_ASCII = {"\u212a": "k", "\u017f": "s", "\u0130": "i", "\u0131": "i"}


@given(TEXTS)
def test_the_bytes_are_the_text_in_small_letters_one_a_character(text: str) -> None:
    exact, loose = Traits(text).ascii, Traits(text).loose
    special = [sign for sign in text if not sign.isascii() and (sign.isdecimal() or sign in LIKE_ASCII)]

    assert exact == (b"" if special else loose)
    assert len(loose) == len(text)
    for character, octet in zip(text, loose.decode(), strict=True):
        if character.isascii():
            assert octet == character.lower()
        elif character.isspace():
            assert octet == " "
        elif character.isdecimal():
            assert octet == str(int(character))
        else:
            assert octet == LIKE_ASCII.get(character, "?")


def test_no_other_character_is_one_of_asciis_where_case_is_ignored() -> None:
    beyond = "".join(map(chr, range(0x80, sys.maxunicode + 1)))

    assert set(re.findall("[a-z]", beyond, re.IGNORECASE)) == set(LIKE_ASCII)


PATTERNS = [
    "kiss",
    r"\bis[\s]a",
    r"\d[\s\-]{1,2}\d",
    rf"i{OTHER}s",
    rf"[\s]{OTHER}",
    r"[^a-z]k",
    r"a.{0,3}\d",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.text(st.sampled_from(ALPHABET), max_size=20))
def test_a_condition_is_met_wherever_the_slow_way_finds_its_pattern(pattern: str, text: str) -> None:
    # White space, digits and letters in another case have a byte of their own.
    other = r"[^\x00-\x3e\x40-\x7f\s\d\u212a\u017f\u0130\u0131]"
    slow = re.search(pattern.replace(OTHER, other), text, re.IGNORECASE | re.DOTALL)

    assert holds(pattern).test(Traits(text)) or not slow


@given(TEXTS)
def test_of_conditions_together_each_is_what_it_is_alone(text: str) -> None:
    for pattern, condition in zip(PATTERNS, together(*PATTERNS), strict=True):
        assert bool(condition(Traits(text))) == bool(holds(pattern)(Traits(text)))


@given(st.text("0123456789\u0663 ./-()a\n\u00a0", max_size=40))
def test_digits_in_rows_are_counted(text: str) -> None:
    traits = Traits(text)
    close = [len(re.findall(r"\d", row)) for row in re.findall(r"\d(?:[\s./\-()]{0,6}\d)+", text)]
    longest = max(close, default=0)

    assert traits.longest_run == max(map(len, re.findall(r"\d+", text)), default=0)
    assert traits.densest == longest if longest >= 7 else traits.densest < 7
    assert bool(rows(r"\d(?:[ \-]?\d){8}", 9)(traits)) == bool(re.search(r"\d(?:[ \-]?\d){8}", text))
    assert bool(runs(4)(traits)) == bool(re.search(r"\d{4}", text))


def test_a_text_without_digits_meets_no_condition_that_needs_one() -> None:
    assert not numbers(r"[a-z]")(Traits("no digits"))
    assert not holds("no", numeric=True)(Traits("no digits"))
    assert holds("no", numeric=True)(Traits("no 1"))


def test_a_word_in_any_script_is_found_in_the_bytes() -> None:
    octets = Traits("Le 3 FÉVRIER").ascii

    assert [one.span() for one in finder(spelled("fév"))(octets)] == [(5, 8)]


def test_what_is_made_once_is_kept_by_its_key() -> None:
    traits = Traits("abc")

    assert traits.once("length", lambda one: len(one.text)) == 3
    assert traits.once("length", lambda _: 0) == 3
    assert traits.once("other", lambda _: 0) == 0
