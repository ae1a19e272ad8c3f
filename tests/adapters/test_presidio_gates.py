"""Conditions that skip a recognizer must never change a result."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.policy.entities import LOCALES, detectable
from needful_presidio import PresidioDetector
from needful_presidio.catalogue import CLASSES, GATES

DATA = Path(os.environ.get("NEEDFUL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "pii"
COUNTRIES = sorted(LOCALES)
# Every score: a condition that hid a guess of 0.01 would be one that hides more elsewhere.
ENGINE = PresidioDetector(detectable("en", COUNTRIES, "none"), ner="none", locales=COUNTRIES, min_score=0.0)._engine
SIGNS = "@ . - : :: / AB de89 bc1 com x 1 23 4567 89012345 ١٢ 六 [at] RSSMRA LMNPQ HRB".split()
LABELS = [" ", "\n", "claim no ", "rx ", "prior auth: ", "ssn ", " dot ", " at ", "May ", "GIR 0AA"]
FRAGMENTS = st.sampled_from([*SIGNS, *LABELS])


def answers(text: str, entities: list[str]) -> set[tuple[str, int, int, float]]:
    return {(one.entity_type, one.start, one.end, one.score) for one in ENGINE.analyze(text, entities)}


def assert_nothing_is_lost(text: str) -> None:
    everything = answers(text, list(ENGINE.settings.entities))

    assert answers(text, ENGINE.entities_for(text)) == everything


@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_conditions_change_nothing_on_made_up_text(text: str) -> None:
    assert_nothing_is_lost(text)


@given(st.text(st.characters(categories=("L", "Zs", "P")), max_size=60))
def test_conditions_change_nothing_where_there_is_no_digit(text: str) -> None:
    assert_nothing_is_lost(text)


@pytest.mark.parametrize("name", ["tab_dev", "synth_dev", "sec_train", "btc_dev"])
def test_conditions_change_nothing_on_real_text(name: str) -> None:
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the data is not on this machine")
    lines = path.read_text("utf-8").splitlines()[:60]
    for line in lines:
        text = json.loads(line)["text"]
        for start in range(0, min(len(text), 6_000), 600):
            assert_nothing_is_lost(text[start : start + 600])


def test_every_pattern_entity_has_its_condition() -> None:
    assert set(GATES) == set(CLASSES)
