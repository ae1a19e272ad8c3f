"""Generalizing, every kind alike: it never raises, coarsens, and doing it twice changes nothing."""

from __future__ import annotations

import re
import sys
import time
from datetime import date, timedelta
from decimal import Context, Inexact, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.generalizing import KINDS, generalized
from needful.generalizing.reading import folded

STEPS = (None, 1, 5, 10, 20, 0.5, 1000, 10_000, 0, -1, float("nan"), float("inf"), 1e300, 1e-300, True)

FRAGMENTS = (
    "15 3 03 31 2024 1999 24 '98 March März mars Jan. janvier May Friday 月 年 日 星期五 Q1 W11 week of the 3rd first"
    " - – . , / : T Z 10:20 +02:00 pm at and to und between € $ EUR TRY euros million Mio. k 万 元 % 000 300 ' ’ 0"
    " 90+ 34 ninety twenty one year-old years old aged Age: 岁 months ZIP CA SW1A 1AA K1A 0B1 10115 192.168.1.7 :: ffff"
    " 2001:db8:: /24 %eth0 ° N E S lat 52.52 13.4 ４ ² ½ ı ſ \u0308 \u200b"
).split()

fragments = st.lists(st.sampled_from([*FRAGMENTS, " ", " ", " "]), max_size=9).map("".join)
spaced = st.lists(st.sampled_from(FRAGMENTS), max_size=6).map(" ".join)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 10**13)
    | st.floats()
    | st.text(max_size=220)
    | fragments
    | spaced
)
keys = st.sampled_from(["lat", "lon", "latitude", "longitude", "x"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
kinds = st.sampled_from(KINDS)


def test_the_kinds_are_these_in_this_order() -> None:
    assert KINDS == (
        "week", "month", "quarter", "year", "age-band", "range", "magnitude", "rounded", "zip3", "network",
        "coordinates",
    )  # fmt: skip


@settings(max_examples=200)
@given(values, kinds, st.sampled_from(STEPS), st.sampled_from([None, 0, 1, 3, -1, 99]))
def test_whatever_the_value_nothing_is_raised_and_the_answer_is_nothing_or_short(
    value: object, to: str, step: float | None, decimals: int | None
) -> None:
    coarse = generalized(value, to, step=step, decimals=decimals)
    assert coarse is None or (type(coarse) in (str, int, float) or type(coarse) is type(value))
    assert not isinstance(coarse, bool)
    assert not isinstance(coarse, str) or 0 < len(coarse) <= 60


@settings(max_examples=200)
@given(
    fragments | spaced | st.integers(0, 10**13) | st.floats(-1e14, 1e14), st.sampled_from([None, 1, 10, 20, 0.5, 1000])
)
def test_doing_it_twice_changes_nothing_or_redacts(value: object, step: float | None) -> None:
    for to in KINDS:
        once = generalized(value, to, step=step)
        if once is not None:
            assert generalized(once, to, step=step) in (once, None)


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize(
    "value",
    [
        "x" * 1_000_000,
        "1" * 201,
        "\ufdfa" * 200,
        10**5000,
        -(10**5000),
        float("nan"),
        float("inf"),
        -float("inf"),
        True,
        False,
        None,
        "",
        " ",
        "\0",
        "\ud800",
        b"2024-03-15",
        object(),
        [[[[[]]]]],
        {"lat": {"lat": 1}, "lon": 2},
    ],
    ids=range(19),
)
def test_what_is_no_value_of_this_kind_is_redacted(value: object, to: str) -> None:
    assert generalized(value, to, step=10) is None


def test_an_unknown_kind_redacts() -> None:
    assert generalized("2024-03-15", "century") is None
    assert generalized("2024-03-15", "") is None


@pytest.mark.parametrize("to", ["range", "rounded"])
@pytest.mark.parametrize("step", [None, 0, -5, float("nan"), float("inf"), True, 10**400, 1e-9])
def test_a_step_that_is_missing_or_no_step_redacts(to: str, step: float | None) -> None:
    assert generalized(15300, to, step=step) is None
    assert generalized("15300 EUR", to, step=step) is None


@pytest.mark.parametrize(
    "unit",
    ["1", "1,", "1 ", "May ", "Mar 1 ", "1 and ", "twenty ", "12:", "EUR ", "-", "日", "2024年", "1.1.1", "the ", "1-"],
)
def test_long_repetitions_are_read_in_bounded_time(unit: str) -> None:
    text = (unit * 200)[:200]
    begun = time.perf_counter()
    for to in KINDS:
        generalized(text, to, step=10)
    assert time.perf_counter() - begun < 1


def test_no_letter_beyond_ascii_reads_as_one_of_ascii() -> None:
    letter = re.compile("[a-z]", re.IGNORECASE)
    foreign = (chr(code) for code in range(128, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    assert [c for c in foreign if letter.fullmatch(c) and (folded(c) or "a") > "z"] == []


def test_an_applications_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=2, traps=[Inexact])):
        assert generalized(15300.25, "range", step=0.5) == "15300–15300.5"
        assert generalized(52.52437, "coordinates") == 52.5


def test_all_days_of_a_year_give_one_answer_a_period() -> None:
    days = [date(2024, 1, 1) + timedelta(days=index) for index in range(366)]
    for to, periods in (("month", 12), ("quarter", 4), ("year", 1)):
        for form in (
            "%Y-%m-%d",
            "%d %B %Y",
            "%B %d, %Y",
            "%A, %d %b %Y at 10:30",
            "%Y年%m月%d日",
            "%Y/%m/%dT10:20:00Z",
        ):
            assert len({generalized(day.strftime(form), to) for day in days} - {None}) == periods
    weeks = {generalized(day.isoformat(), "week") for day in days}
    assert len(weeks) == 53
