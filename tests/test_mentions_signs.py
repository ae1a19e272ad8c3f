"""What is remembered of a text: it never says that no value stands there where one does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.mentions import FoundValue, KnownValue, Mentions, Reading, Signs
from needful.testing import LeakProbe

VALUES = (
    "Maria Keller", "O'Brien", "Zoë van der Berg", "müller", "李小龍", "Ana", "AB-1234567", "12 March 2005", "Ulm",
    "soft\u00adware", "Νικος", "maria@mail.example", "x y", "+49 30 1234567",
    "DE89 3704 0044 0532 0130 00", "J. R. Smith",
)  # fmt: skip
ENTITIES = ("PERSON", "LOCATION", "DATE_TIME", "EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE", "ORGANIZATION")
FILLERS = (
    "", " ", "the ", ", ", "’s ", "\u00ad", "(", ")", "\n", "中", "Mr ", "7", "a.", " M.K. ", " MK ",
    "ΝΙΚΟΣ ", "keller ", "\u0301",
)  # fmt: skip

words = st.sampled_from(VALUES)
spelled = st.builds(lambda value, way: way(value), words, st.sampled_from([str, str.upper, str.lower, str.title]))
texts = st.lists(st.one_of(spelled, st.sampled_from(FILLERS), st.text(max_size=4))).map("".join)
known = st.lists(st.builds(KnownValue, st.sampled_from(ENTITIES), words), max_size=3)
found = st.lists(st.builds(FoundValue, st.sampled_from(ENTITIES), words, st.just(0.9)), max_size=4)


def index(known: list[KnownValue], found: list[FoundValue]) -> Mentions:
    mentions = Mentions()
    for value in known:
        mentions.know(value, "owner")
    for other in found:
        mentions.find_again(other)
    return mentions


@given(text=texts, known=known, found=found, owner=st.sampled_from(["owner", "other", None]))
def test_where_a_value_stands_the_signs_say_so(
    text: str, known: list[KnownValue], found: list[FoundValue], owner: str | None
) -> None:
    mentions = index(known, found)
    spans = set(mentions.spans(text, owner))
    reading = Reading(text)
    assert set(mentions.spans_in(reading, owner)) == spans
    if spans:
        assert mentions.may_stand_in(text, Signs.of(reading), owner)


@pytest.mark.parametrize("text", ["Nobody is named here.", "Mary Kellerman asked in March.", "2005 was a good year"])
def test_where_none_can_stand_they_mostly_say_that(text: str) -> None:
    mentions = index([KnownValue("PERSON", "Maria Keller")], [FoundValue("DATE_TIME", "12 March 2005", 0.9)])
    assert not mentions.may_stand_in(text, Signs.of(Reading(text)), "owner")


@pytest.mark.parametrize("text", ["Then Keller paid.", "Signed M.K. in Ulm.", "Paid (MK) in March."])
def test_a_part_of_a_known_name_and_its_initials_stand_there(text: str) -> None:
    mentions = index([KnownValue("PERSON", "Maria Keller")], [])
    assert list(mentions.spans(text, "owner"))
    assert mentions.may_stand_in(text, Signs.of(Reading(text)), "owner")


def test_of_no_values_there_is_nothing_to_find() -> None:
    assert not Mentions().may_stand_in("Maria Keller", Signs.of(Reading("Maria Keller")))


def test_signs_do_not_say_what_the_text_was() -> None:
    probe = LeakProbe()
    probe.tap("signs", repr(Signs.of(Reading(f"{probe.plant('canary{}')} wrote to {probe.plant('zen{}')}"))))
    probe.assert_no_leak()
