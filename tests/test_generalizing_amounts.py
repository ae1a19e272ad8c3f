"""Amounts: bands, magnitudes and round numbers, in the input's way of writing them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.generalizing import generalized


@pytest.mark.parametrize(
    ("written", "band", "magnitude"),
    [
        ("15,300 EUR", "10,000–20,000 EUR", "10,000–100,000 EUR"),
        ("€15.300,50", "€10.000–20.000", "€10.000–100.000"),
        ("$1.2 million", "$1,200,000–1,210,000", "$1,000,000–10,000,000"),
        ("1,2 Mio. €", "1.200.000–1.210.000 €", "1.000.000–10.000.000 €"),
        ("12k", "10,000–20,000", "10,000–100,000"),
        ("CHF 15'300.-", "CHF 10'000–20'000.-", "CHF 10'000–100'000.-"),
        ("3万元", "30000–40000元", "10000–100000元"),
        ("１２，３００円", "10,000–20,000円", "10,000–100,000円"),
        ("人民币15300元", "人民币10000–20000元", "人民币10000–100000元"),
        ("15\u202f300,50 €", "10\u202f000–20\u202f000 €", "10\u202f000–100\u202f000 €"),
        ("15300", "10000–20000", "10000–100000"),
        ("$250", "$0–10000", "$100–1000"),
        ("205,000 Turkish liras (TRY)", "200,000–210,000 Turkish liras (TRY)", "100,000–1,000,000 Turkish liras (TRY)"),
        ("approximately GBP 268,000", "approximately GBP 260,000–270,000", "approximately GBP 100,000–1,000,000"),
        ("$15,300 per year", "$10,000–20,000 per year", "$10,000–100,000 per year"),
        ("15,300 employees", "10,000–20,000 employees", "10,000–100,000 employees"),
        ("-15,300 EUR", "-20,000 to -10,000 EUR", "-100,000 to -10,000 EUR"),
        ("−€15,300", "-€20,000 to -€10,000", "-€100,000 to -€10,000"),
        ("12,000–18,500 EUR", "10,000–20,000 EUR", "10,000–100,000 EUR"),
        ("EUR 12,000 to EUR 28,000", "EUR 10,000–30,000", "EUR 10,000–100,000"),
        ("$1.2–1.5 million", "$1,200,000–1,500,000", "$1,000,000–10,000,000"),
        ("$9,028 and $19,189", "$0–10,000 and $10,000–20,000", "$1,000–10,000 and $10,000–100,000"),
        ("EUR 0", "EUR 0–10000", "EUR 0"),
        ("EUR 0.35", "EUR 0–10,000", "EUR 0–1"),
    ],
)
def test_an_amount_becomes_a_band_with_its_currency_and_grouping(written: str, band: str, magnitude: str) -> None:
    assert generalized(written, "range", step=10_000) == band
    assert generalized(written, "magnitude") == magnitude
    assert generalized(band, "range", step=10_000) == band
    assert generalized(magnitude, "magnitude") == magnitude


@pytest.mark.parametrize(
    ("written", "band"),
    [
        ("€1.234", "€1.000–2.000"),
        ("$1,234", "$1,000–2,000"),
        ("1,234", "1,000–2,000"),
        ("$0.125", "$0–1,000"),
        ("$1.2345", "$0–1,000"),
        ("$1,234 million", "$1,234,000,000–1,234,001,000"),
        ("$1.234 million", "$1,234,000–1,235,000"),
        ("1.234 Millionen Euro", "1.234.000.000–1.234.001.000 Euro"),
        ("1,234 Millionen Euro", "1.234.000–1.235.000 Euro"),
    ],
)
def test_one_separator_before_three_digits_is_read_by_the_rule(written: str, band: str) -> None:
    assert generalized(written, "range", step=1000) == band


@pytest.mark.parametrize("to", ["range", "magnitude", "rounded"])
@pytest.mark.parametrize(
    "written",
    [
        "1.234", "1.234.5", "1,23,456", "1,2,3", "1 2 3", "2,847.312.000 TRL", "Maria Keller 15,300 EUR",
        "15,300 Maria", "15,300 EUR Keller", "EUR", "", "five hundred euros", "10² EUR", "$5 $6", "15,300 EUR 7",
        "20–10 EUR", "5–5 EUR", "-5–10 EUR", "--5", "-€-5", "5 m", "5 and 6 EUR", "$2 and $3 million", "1e5", "0x10",
        "$10–€20", "١٥٣٠٠", "1234567890123456", "999999999 billion EUR", "IV",
    ],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_redacted(written: str, to: str) -> None:
    assert generalized(written, to, step=10) is None


@given(st.integers(-(10**14), 10**14), st.sampled_from([1, 7, 10, 2500, 10**6]))
def test_every_number_from_low_to_high_has_the_band(number: int, step: int) -> None:
    low = abs(number) // step * step
    band = f"{low}–{low + step}" if number >= 0 else f"-{low + step} to {-low}"
    sign = -1 if number < 0 else 1
    inside = {abs(number), low, low + step - 1, low + step // 2} - ({0} if number else set())
    assert {generalized(sign * one, "range", step=step) for one in inside} == {band}
    assert generalized(sign * (low + step), "range", step=step) != band


@given(st.decimals(-1000, 1000, places=2), st.sampled_from([0.1, 0.25, 0.5, 3]))
def test_steps_with_decimals_are_exact(number: Decimal, step: float) -> None:
    low = generalized(float(number), "rounded", step=step)
    assert isinstance(low, float)
    exact = Decimal(repr(low))
    assert exact % Decimal(repr(step)) == 0
    assert exact <= number < exact + Decimal(repr(step))


@given(st.floats(1e-9, 9e14) | st.integers(1, 10**15 - 1))
def test_a_magnitude_says_between_which_powers_of_ten_a_number_is(number: float) -> None:
    band = generalized(number, "magnitude")
    assert isinstance(band, str)
    low, high = (int(edge) for edge in band.split("–"))
    assert low <= number < high
    assert (low, high) == (0, 1) or (high == 10 * low and set(str(low)) <= {"1", "0"})


def test_numbers_give_bands_without_grouping_and_nought_has_no_magnitude() -> None:
    assert generalized(15300, "range", step=10_000) == "10000–20000"
    assert generalized(15300.5, "range", step=10_000) == "10000–20000"
    assert generalized(1.6, "range", step=0.5) == "1.5–2"
    assert [generalized(nought, "magnitude") for nought in (0, 0.0, -0.0)] == ["0"] * 3
    assert generalized(-0.5, "magnitude") == "-1 to 0"
    assert generalized(10**15, "range", step=10) is None


@pytest.mark.parametrize(
    ("number", "step", "low"),
    [
        (15300, 1000, 15000),
        (15300.7, 1000, 15000.0),
        (-1, 1000, -1000),
        (3, 0.5, 3),
        (3, 0.4, 2.8),
        (0.35, 0.1, 0.3),
        (-0.0, 1, 0.0),
    ],
)
def test_a_number_is_rounded_down_and_keeps_its_type(number: float, step: float, low: float) -> None:
    rounded = generalized(number, "rounded", step=step)
    assert (rounded, type(rounded)) == (low, type(low))
    assert str(rounded) == str(low)


@pytest.mark.parametrize(
    ("written", "low"),
    [
        ("15,378 EUR", "15,000 EUR"),
        ("€15.378,50", "€15.000"),
        ("$1.2345 million", "$1,234,000"),
        ("-$1,234", "-$2,000"),
        ("15378", "15000"),
        ("$1,234 and $5,678", "$1,000 and $5,000"),
        ("12,000–18,500 EUR", None),
    ],
)
def test_in_text_the_number_is_rounded_down_and_the_rest_stays(written: str, low: str | None) -> None:
    assert generalized(written, "rounded", step=1000) == low


def test_an_answer_of_more_than_sixty_characters_is_none() -> None:
    amount = "$999,999,999,999"
    assert generalized(amount, "range", step=10) == "$999,999,999,990–1,000,000,000,000"
    assert generalized(f"{amount} and {amount}", "range", step=10) is None
