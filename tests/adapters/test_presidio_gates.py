"""What is saved must never change a result: ours equals Presidio's AnalyzerEngine with the same recognizers."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_support import Presidio, answers, paragraphs

from needful.policy.entities import LOCALES, default_entities, detectable
from needful_presidio import PresidioDetector
from needful_presidio.catalogue import CLASSES, CONDITIONS, LANGUAGES

SOAK = os.environ.get("NEEDFUL_SOAK") == "1"
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
# White space, digits and letters that a pattern takes for ASCII's, or that stand beside them.
FOREIGN = [
    "\u00a0",
    "\u2028",
    "\u0131",
    "\u0130",
    "\u017f",
    "\u212a",
    "é",
    "’",
    "\u0661\u0669\u0669\u0669",
    "½",
    "？",
    "\x1f",
]
LABELLED = [
    "in\u00a01999",
    "\u0130n 1999",
    "last monday ",
    "between May and June",
    "third quarter of fiscal 1998",
    "Q3 2021",
    "2013/14",
    "I’m 34",
    "wa\u017f 44,",
    "2 week\u017f old",
    "account no. 1234567",
    "claim #CL-2024-00123",
    "numéro de compte 12345678",
    "post\u00a0code SW1A 1AA",
    "BIC: COBADEFFXXX",
    "nos. 26480/95 and 29280/95",
    "ref: AB 123",
    "on 27 and\u00a028 July 1999",
    "Tuesday the third of\nMarch",
    "(0)211 / 123 45 67",
    "12345 ext. 67",
]
FRAGMENTS = st.sampled_from([*SIGNS, *LABELS, *WORDS, *DATES, *AGES, *VALUES, *LINKS, *FOREIGN, *LABELLED])


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


@pytest.mark.parametrize("name", ["sec_train", "tab_dev", "tab_train", "tatqa", "synth_dev", "btc_dev"])
def test_nothing_changes_on_real_text(name: str) -> None:
    """On a sample of each collection, drawn evenly; on every text of it with NEEDFUL_SOAK=1."""
    parts = paragraphs(name, most=sys.maxsize)
    every = 1 if SOAK else max(1, len(parts) // 150)
    for text in parts[::every]:
        assert answers(USUAL, text) == SLOW["usual"].analyze(text)
    for text in parts[:: 5 * every]:
        assert answers(EVERYTHING, text) == SLOW["everything"].analyze(text)


def test_every_condition_belongs_to_a_recognizer_that_there_is() -> None:
    homes = {home for homes in CLASSES.values() for home in homes}
    homes |= {home for entities in LANGUAGES.values() for rows in entities.values() for home in rows}

    assert CONDITIONS.keys() <= {home.partition(":")[2] for home in homes}
