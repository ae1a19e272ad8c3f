"""Ages: bands that never cross 90, with the words around the number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.generalizing import generalized


@pytest.mark.parametrize(
    ("written", "band"),
    [
        ("34", "30–39"),
        ("34-year-old", "30–39-year-old"),
        ("34 years old", "30–39 years old"),
        ("aged 34", "aged 30–39"),
        ("at the age of 34", "at the age of 30–39"),
        ("Age: 34 years", "Age: 30–39 years"),
        ("34 y/o", "30–39 y/o"),
        ("34 Jahre alt", "30–39 Jahre alt"),
        ("34 ans", "30–39 ans"),
        ("34 años", "30–39 años"),
        ("34岁", "30–39岁"),
        ("３４岁", "30–39岁"),
        ("thirty-four", "30–39"),
        ("sixty three years old", "60–69 years old"),
        ("nine", "0–9"),
        ("34.5", "30–39"),
        ("34½", "30–39"),
        ("92-year-old", "90+-year-old"),
        ("ninety-nine", "90+"),
        ("90+", "90+"),
        ("85–89", "80–89"),
        ("35-44", "30–49"),
        ("63 or 75", "60–69 or 70–79"),
        ("7 and 9", "0–9"),
        ("twenties", "twenties"),
        ("nineties", "90+"),
        ("18 months old", "0–9"),
        ("18-month-old", "0–9"),
        ("6 weeks", "0–9"),
        ("200 months", "10–19"),
    ],
)
def test_an_age_becomes_its_band_and_the_words_around_it_stay(written: str, band: str) -> None:
    assert generalized(written, "age-band") == band
    assert generalized(band, "age-band") == band


@pytest.mark.parametrize(
    "written",
    [
        "131",
        "-3",
        "Maria 34",
        "34 Maria",
        "34 apples",
        "hundred",
        "34 35",
        "85-95",
        "20-10",
        "3400",
        "３４x",
        "٣٤",
        "34²",
        "ſix",
    ],
)
def test_what_is_no_age_is_redacted(written: str) -> None:
    assert generalized(written, "age-band") is None


@given(st.floats(0, 130) | st.integers(0, 130), st.integers(1, 130))
def test_a_band_holds_the_age_and_never_crosses_ninety(age: float, step: int) -> None:
    band = str(generalized(age, "age-band", step=step))
    if age >= 90:
        assert band == "90+"
        return
    low, high = (int(edge) for edge in (band.split("–") * 2)[:2])
    assert low <= int(age) <= high <= 89
    assert low % step == 0
    assert high - low == step - 1 or high == 89
    assert {str(generalized(other, "age-band", step=step)) for other in range(low, high + 1)} == {band}


def test_with_step_one_an_age_stays_until_ninety() -> None:
    assert [generalized(age, "age-band", step=1) for age in (0, 34, 89, 90, 104)] == [0, 34, 89, "90+", "90+"]
    assert generalized("thirty-four years old", "age-band", step=1) == "thirty-four years old"
    assert generalized("ninety-four years old", "age-band", step=1) == "90+ years old"


def test_a_wide_step_ends_before_ninety() -> None:
    assert generalized(85, "age-band", step=20) == "80–89"
    assert generalized(34, "age-band", step=130) == "0–89"


@pytest.mark.parametrize("step", [0, -1, 2.5, 131, float("nan"), True])
def test_a_step_that_is_no_number_of_years_redacts(step: float) -> None:
    assert generalized(34, "age-band", step=step) is None
    assert generalized("34", "age-band", step=step) is None


@pytest.mark.parametrize("age", [-1, -0.5, 130.5, 131])
def test_a_number_that_no_age_is_redacts(age: float) -> None:
    assert generalized(age, "age-band") is None
