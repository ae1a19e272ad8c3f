"""Phone numbers: stock's where stock finds them, those of other regions where shape or a word shows them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers.generic.phone_recognizer import PhoneRecognizer
from presidio_support import paragraphs

from needful_presidio import PresidioDetector
from needful_presidio.phones import MIN_DIGITS, Phones

OURS = Phones("en", ("us",))
STOCK = PhoneRecognizer()
DETECTOR = PresidioDetector(["PHONE_NUMBER"], ner="none")
PIECES = [
    *"0123456789+()-./ x#,:",
    "00",
    "011",
    "49",
    "+1 ",
    "212",
    "736-5000",
    " ext. 12",
    "$",
    "%",
    "no. ",
    "é",
    "/19",
]


def stock(text: str) -> set[tuple[int, int]]:
    found = STOCK.analyze(text, ["PHONE_NUMBER"])
    long = (one for one in found if sum(map(str.isdigit, text[one.start : one.end])) >= MIN_DIGITS)
    return {(one.start, one.end) for one in long}


def ours(text: str) -> set[tuple[int, int]]:
    return {(one.start, one.end) for one in OURS.analyze(text, ["PHONE_NUMBER"])}


def outermost(spans: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {(s, e) for s, e in spans if not any((a, b) != (s, e) and a <= s and e <= b for a, b in spans)}


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
@example("00 49 30 901820, 011 49 30 901820")
@example("call 1 212 736 5000 or 0151 23456789")
def test_it_finds_what_presidio_finds_among_digits_and_signs(text: str) -> None:
    assert outermost(ours(text)) == outermost(stock(text))


@pytest.mark.parametrize("name", ["tab_dev", "sec_train", "synth_dev", "btc_dev"])
def test_it_finds_what_presidio_finds_in_real_text(name: str) -> None:
    for text in paragraphs(name, most=150):
        assert outermost(ours(text)) >= outermost(stock(text))
