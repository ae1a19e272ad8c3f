"""What is saved must never change a result: ours equals Presidio's AnalyzerEngine with the same recognizers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_support import Presidio, answers, paragraphs

from needful.policy.entities import LOCALES, default_entities, detectable
from needful_presidio import PresidioDetector
from needful_presidio.catalogue import CLASSES, CONDITIONS, LANGUAGES

COUNTRIES = sorted(LOCALES)
# Every score: a condition that hid a guess of 0.01 would be one that hides more elsewhere.
EVERYTHING = PresidioDetector(detectable("en", COUNTRIES, "none"), ner="none", locales=COUNTRIES, min_score=0.0)._engine
# What is used: patterns that only a context word lifts are not always run.
USUAL = PresidioDetector(default_entities("en", ["us"], "none"), ner="none", locales=["us"])._engine
ENGINES = {"everything": EVERYTHING, "usual": USUAL}
SLOW = {name: Presidio(engine) for name, engine in ENGINES.items()}

SIGNS = (
    "@ . - : :: / , ( ) + ' AB de89 bc1 com x ext. 1 23 456 7890 4567 89012345 ١٢ 六 [at] RSSMRA LMNPQ HRB 年 €".split()
)
LABELS = [" ", "\n", "claim no ", "rx ", "prior auth: ", "ssn ", " dot ", " at ", "May ", "GIR 0AA", "\u00a0", "\x1c"]
WORDS = ["call ", "phone: ", "member ", "license ", "born in ", "aged ", "years old", "Case No. ", "Mr ", "EUR ", "$"]
AGES = [
    "he\nis ",
    "I'm ",
    "34",
    "y./o.",
    "yo",
    "\nold",
    "her mid 30s",
    "turned ",
    ", ",
    "21st birthday",
    "ssn",
    "tel. ",
]
DATES = ["3 March ", "1999", "and ", "Monday, ", "the 3rd of ", "5.30 p.m.", "12/05/1999", "2020-01-02T10:00Z", "1991"]
VALUES = [
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "536-22-8741",
    "+1 212-736-5000",
    "0115 496 0123",
    "A1234567",
]
LINKS = ["https://x.org:80/a?b=c", "www.example.community", "end.Then", "a.b@c.de", '"http://a.com"', "::1", "10.0.0.1"]
FRAGMENTS = st.sampled_from([*SIGNS, *LABELS, *WORDS, *DATES, *AGES, *VALUES, *LINKS])


@pytest.mark.parametrize("name", ENGINES)
@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_nothing_changes_on_made_up_text(name: str, text: str) -> None:
    assert answers(ENGINES[name], text) == SLOW[name].analyze(text)


@pytest.mark.parametrize("name", ENGINES)
@given(st.text(st.characters(categories=("L", "Zs", "P", "Nd", "Sc", "Cc")), max_size=60))
def test_nothing_changes_on_any_text(name: str, text: str) -> None:
    assert answers(ENGINES[name], text) == SLOW[name].analyze(text)


@given(st.text("0123456789 ()+-./x\n", max_size=40))
def test_nothing_changes_on_digits_and_signs(text: str) -> None:
    assert answers(USUAL, text) == SLOW["usual"].analyze(text)


@pytest.mark.parametrize("name", ["tab_dev", "synth_dev", "sec_train", "btc_dev"])
def test_nothing_changes_on_real_text(name: str) -> None:
    for text in paragraphs(name, most=250):
        assert answers(USUAL, text) == SLOW["usual"].analyze(text)
    for text in paragraphs(name, most=60):
        assert answers(EVERYTHING, text) == SLOW["everything"].analyze(text)


def test_every_condition_belongs_to_a_recognizer_that_there_is() -> None:
    homes = {home for homes in CLASSES.values() for home in homes}
    homes |= {home for entities in LANGUAGES.values() for rows in entities.values() for home in rows}

    assert CONDITIONS.keys() <= {home.partition(":")[2] for home in homes}
