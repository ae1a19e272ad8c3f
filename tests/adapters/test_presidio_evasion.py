"""Disguised values: what a reader takes for a value is covered, whatever it is written with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.policy.entities import default_entities
from needful_presidio import PresidioDetector

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from disguising.samples import SENTENCES, VALUES  # benchmarks/ is not installed
from disguising.ways import WAYS, Way

ZW, SOFT, NB = "\u200b", "\u00ad", "\u00a0"


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


CASES = {
    "mark on a digit": ("card ", "4111\u0301 1111 1111 1111", " ok"),
    "plain address": ("mail ", "john.doe@gmail.com", " now"),
    "zero width in the name": ("mail ", f"john{ZW}.doe@gmail.com", " now"),
    "zero width around the at": ("mail ", f"john.doe{ZW}@{ZW}gmail.com", " now"),
    "soft hyphen in the domain": ("mail ", f"john.doe@gm{SOFT}ail.com", " now"),
    "spelled": ("mail ", "john dot doe at gmail dot com", " now"),
    "bracketed": ("mail ", "john.doe[at]gmail[.]com", " now"),
    "wide at": ("mail ", "john.doe＠gmail.com", " now"),
    "newline in the address": ("mail ", "john.doe@\ngmail.com", " now"),
    "Cyrillic in the name": ("mail ", "jоhn.dоe@gmail.com", " now"),
    "Cyrillic in the domain": ("mail ", "john.doe@gmаil.com", " now"),
    "spaces in the address": ("mail ", "john.doe @ gmail . com", " now"),
    "card with no-break spaces": ("card ", f"4111{NB}1111{NB}1111{NB}1111", " ok"),
    "card with dots": ("card ", "4111.1111.1111.1111", " ok"),
    "card with double spaces": ("card ", "4111  1111  1111  1111", " ok"),
    "card over two lines": ("card ", "4111 1111\n1111 1111", " ok"),
    "wide card": ("card ", wide("4111111111111111"), " ok"),
    "Arabic card": ("card ", "٤١١١١١١١١١١١١١١١", " ok"),
    "zero width in the card": ("card ", f"4111{ZW}1111{ZW}1111{ZW}1111", " ok"),
    "card with en dashes": ("card ", "4111–1111–1111–1111", " ok"),
    "card glued to a word": ("card", "4111111111111111", ""),
    "card between underscores": ("id_", "4111111111111111", "_x"),
    "card in Chinese text": ("卡号", "4111111111111111", "已"),
    "wide SSN": ("ssn ", wide("536-22-8741"), " x"),
    "zero width in the SSN": ("ssn ", f"536{ZW}-22-8741", " x"),
    "SSN without dashes": ("ssn ", "536228741", " x"),
    "lower-case IBAN": ("iban ", "de89370400440532013000", " x"),
    "IBAN with no-break spaces": ("iban ", f"DE89{NB}3704{NB}0044{NB}0532{NB}0130{NB}00", " x"),
    "IBAN over two lines": ("iban ", "DE89 3704 0044\n0532 0130 00", " x"),
    "wide phone": ("call ", wide("+1") + " " + wide("212-736-5000"), " x"),
    "zero width in the phone": ("call ", f"212{ZW}-736{ZW}-5000", " x"),
    "escaped address": ("mail ", "john.doe&#64;gmail&period;com", " now"),
    "address escaped twice": ("mail ", "john.doe&amp;#x40;gmail.com", " now"),
    "address in a query": ("see https://example.com/?to=", "john.doe%40gmail.com", "&x=1"),
    "address in a JSON text": ('{"mail": "', "john.doe\\u0040gmail.com", '"}'),
    "address in quoted-printable": ("mail ", "john.doe=40gmail.=\ncom", " now"),
    "address in base64": ("mail ", "am9obi5kb2VAZ21haWwuY29t", " now"),
    "address in base64 in a query": ("mail?a=", "am9obi5kb2VAZ21haWwuY29tIA%3D%3D", "&x=1"),
    "card with a NUL": ("card ", "4111\x001111\x0011111111", " ok"),
    "card pulled apart": ("card ", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", " ok"),
    "card with underscores": ("card ", "4111_1111_1111_1111", " ok"),
    "SSN in tag characters": ("ssn ", "".join(chr(0xE0000 + ord(c)) for c in "536-22-8741"), " x"),
    "SSN turned round": ("ssn ", "\u202e1478-22-635\u202c", " x"),
    "Chinese mobile": ("call ", "13812345678", " x"),
    "date in words": ("born ", "3 February 1980", " x"),
    "American date in words": ("born ", "February 3, 1980", " x"),
}
SIX = PresidioDetector(VALUES, ner="none")
DETECTOR = PresidioDetector(default_entities("en", ["us"], "none"), ner="none")


@pytest.mark.parametrize("name", CASES)
def test_a_disguised_value_is_covered_whole(name: str) -> None:
    before, value, after = CASES[name]
    text = before + value + after

    covered = {place for span in DETECTOR.detect([text])[0] for place in range(span.start, span.end)}

    visible = [place for place in range(len(before), len(before) + len(value)) if text[place].isalnum()]
    assert covered.issuperset(visible)


# Nothing that detection could take for part of a value, nor for a value.
AROUND = st.text(st.sampled_from("aé\u00fc –ﬁ\u200bжe\u0301\u3000年&%=ı\n"), max_size=40)
FOUND_WHOLE = [(entity, way) for way in WAYS for entity in VALUES if way.name != "line break inside"]


@given(before=AROUND, behind=AROUND, case=st.sampled_from(FOUND_WHOLE), number=st.integers(0, 4))
@settings(max_examples=150)
def test_a_disguised_value_is_found_at_exactly_its_place_whatever_stands_around(
    before: str, behind: str, case: tuple[str, Way], number: int
) -> None:
    entity, way = case
    if (entity, way.name, number) == ("IBAN_CODE", "Cyrillic and Greek look-alikes", 2):
        return  # docs/disguises.md
    lead, tail = SENTENCES[entity][number].split("{}")
    disguised = way.write(VALUES[entity][number], entity, number)
    start, end = len(before) + 1 + len(lead), len(before) + 1 + len(lead) + len(disguised)
    text = f"{before} {lead}{disguised}{tail} {behind}"

    spans = [span for span in SIX.detect([text])[0] if span.entity == entity]

    first, last = min(span.start for span in spans), max(span.end for span in spans)
    assert text[first:last].strip("\u202e\u202c") == text[start:end].strip("\u202e\u202c")
    assert start <= first < last <= end
