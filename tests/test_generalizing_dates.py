"""Dates made coarser: in the language and the form in which they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.generalizing import generalized
from needful.generalizing.months import ENGLISH, MONTHS

DATES = ("week", "month", "quarter", "year")


@pytest.mark.parametrize(
    ("written", "week", "month", "quarter", "year"),
    [
        ("2024-03-15", "2024-W11", "2024-03", "2024-Q1", "2024"),
        ("2024-03-15T10:20:00Z", "2024-W11", "2024-03", "2024-Q1", "2024"),
        ("2024-03-15 10:20:00.123+02:00", "2024-W11", "2024-03", "2024-Q1", "2024"),
        ("20240315T102000Z", "2024-W11", "2024-03", "2024-Q1", "2024"),
        ("2024-W11-5", "2024-W11", "2024-03", "2024-Q1", "2024"),
        ("2024/3/15", "2024-W11", "2024/03", "2024-Q1", "2024"),
        ("15 March 2024", "week 11 of 2024", "March 2024", "Q1 2024", "2024"),
        ("15th of March, 2024", "week 11 of 2024", "March 2024", "Q1 2024", "2024"),
        ("March 15th, 2024 at 3pm", "week 11 of 2024", "March 2024", "Q1 2024", "2024"),
        ("Friday, 15 March 2024, 10:30 a.m.", "week 11 of 2024", "March 2024.", "Q1 2024.", "2024."),
        ("Fri, 15 Mar 2024 10:20:00 GMT", "week 11 of 2024", "Mar 2024", "Q1 2024", "2024"),
        ("15-Mar-24", "week 11 of 2024", "Mar-2024", "Q1 2024", "2024"),
        ("Feb. 3, '80", "week 5 of 1980", "Feb. 1980", "Q1 1980", "1980"),
        ("the third of February 1980", "week 5 of 1980", "February 1980", "Q1 1980", "1980"),
        ("15. März 2024", "2024-W11", "März 2024", "Q1 2024", "2024"),
        ("15. Ma\u0308rz 2024", "2024-W11", "März 2024", "Q1 2024", "2024"),
        ("Freitag, den 15. März 2024 um 15 Uhr", "2024-W11", "März 2024", "Q1 2024", "2024"),
        ("vendredi 1er mars 2024 à 15h30", "2024-W09", "mars 2024", "Q1 2024", "2024"),
        ("15 de marzo de 2024", "2024-W11", "marzo de 2024", "Q1 2024", "2024"),
        ("15 maggio 2024", "2024-W20", "maggio 2024", "Q2 2024", "2024"),
        ("15 maart 2024", "2024-W11", "maart 2024", "Q1 2024", "2024"),
        ("15.03.2024", "2024-W11", "03.2024", "Q1 2024", "2024"),
        ("03/15/2024", "2024-W11", "03/2024", "Q1 2024", "2024"),
        ("15/03/24", "2024-W11", "03/2024", "Q1 2024", "2024"),
        ("15/03/69", "1969-W11", "03/1969", "Q1 1969", "1969"),
        ("05.05.2024", "2024-W18", "05.2024", "Q2 2024", "2024"),
        ("2024年3月15日", "2024-W11", "2024年3月", "2024年第1季度", "2024年"),
        ("２０２４年３月１５日", "2024-W11", "2024年3月", "2024年第1季度", "2024年"),
        ("2024年3月15日 星期五 上午10时30分", "2024-W11", "2024年3月", "2024年第1季度", "2024年"),
        ("2021-01-01", "2020-W53", "2021-01", "2021-Q1", "2021"),
    ],
)
def test_a_day_becomes_its_week_month_quarter_and_year(
    written: str, week: str, month: str, quarter: str, year: str
) -> None:
    read = [generalized(written, to) for to in DATES]
    assert [str(one).rstrip(".") for one in read] == [part.rstrip(".") for part in (week, month, quarter, year)]


@pytest.mark.parametrize(
    ("written", "week", "month", "quarter", "year"),
    [
        ("March 2024", None, "March 2024", "Q1 2024", "2024"),
        ("2024-03", None, "2024-03", "2024-Q1", "2024"),
        ("2024", "2024", "2024", "2024", "2024"),
        ("Q1 2024", None, "Q1 2024", "Q1 2024", "2024"),
        ("first quarter of 2024", None, "Q1 2024", "Q1 2024", "2024"),
        ("week 11 of 2024", "week 11 of 2024", None, "Q1 2024", "2024"),
        ("2024-W09", "2024-W09", None, "2024-Q1", "2024"),
        ("2020-W53", "2020-W53", None, None, None),
        ("1970s", "1970s", "1970s", "1970s", "1970s"),
        ("2017/18", "2017/18", "2017/18", "2017/18", "2017/18"),
        ("3 May", None, "May", None, None),
        ("May 3rd", None, "May", None, None),
        ("8月14日", None, "8月", None, None),
        ("29 February", None, "February", None, None),
        ("late March 2024", None, "March 2024", "Q1 2024", "2024"),
    ],
)
def test_what_is_coarse_already_stays_and_what_lies_in_no_period_is_redacted(
    written: str, week: str | None, month: str | None, quarter: str | None, year: str | None
) -> None:
    assert [generalized(written, to) for to in DATES] == [week, month, quarter, year]


@pytest.mark.parametrize("to", DATES)
@pytest.mark.parametrize(
    "written",
    ["03.04.2024", "04/03/24", "1-2-2024"],
)
def test_a_date_that_could_be_two_days_gives_only_its_year(written: str, to: str) -> None:
    assert generalized(written, to) == "2024"


@pytest.mark.parametrize("to", DATES)
@pytest.mark.parametrize(
    "written",
    [
        "yesterday", "Monday", "10:30", "3 weeks", "ten years", "31 February 2024", "2023-02-29", "2024-13-01",
        "2024-00-10", "15.13.2024", "0.1.2024", "32 March 2024", "2024-W54", "2023-W53", "民国113年3月15日", "24年3月",
        "15", "first",
        "1710497000", "March 15, 2024 Maria Keller", "Maria 15 March 2024", "15 March 2024x", "15 Marſ 2024", "15.3",
        "٢٠٢٤-٠٣-١٥", "2024-03-15-16", "15 March 20245", "2024\u200b-03-15", "born 1990", "10² March 2024",
    ],
)  # fmt: skip
def test_what_is_no_date_or_holds_anything_else_is_redacted(written: str, to: str) -> None:
    assert generalized(written, to) is None


@pytest.mark.parametrize(
    ("written", "month", "year"),
    [
        ("14 and 27 July 1999", "July 1999", "1999"),
        ("11-13 May 1994", "May 1994", "1994"),
        ("March 12-14, 2020", "March 2020", "2020"),
        ("25 April and 17 September 2004", "April and September 2004", "2004"),
        ("10 May, on 7 July and on 26 September 1994", "May, July and September 1994", "1994"),
        ("between 3 May 2003 and 24 October 2008", "between May 2003 and October 2008", "between 2003 and 2008"),
        ("between 3 May and 24 May 2003", "May 2003", "2003"),
        ("28 December and 4 January 1993", "December and January 1993", None),
        ("20 December 2003 and 5 January", "December 2003 and January", None),
        ("2024年3月15日至18日", "2024年3月", "2024年"),
        ("2024年3月15日至4月2日", "2024年3月至4月", "2024年"),
        ("2020-01-05 to 2021-03-04", "2020-01 to 2021-03", "2020 to 2021"),
        ("30 and 31 April 1999", None, None),
        ("1932 and 1934", "1932 and 1934", "1932 and 1934"),
    ],
)
def test_lists_and_ranges_are_made_coarser_date_by_date(written: str, month: str | None, year: str | None) -> None:
    assert (generalized(written, "month"), generalized(written, "year")) == (month, year)


def test_the_full_stop_of_a_sentence_stays() -> None:
    assert generalized("12 March.", "month") == "March."
    assert generalized("17 January 1997 at 18.45 p.m.", "month") == "January 1997."


@given(st.datetimes(datetime(1974, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001 - Hypothesis takes naive bounds
def test_seconds_and_milliseconds_since_1970_are_read_in_utc(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    for number in (int(moment.timestamp()), moment.timestamp() // 1, int(moment.timestamp()) * 1000):
        assert generalized(number, "month") == moment.strftime("%Y-%m")
        assert generalized(number, "year") == moment.strftime("%Y")


@pytest.mark.parametrize(
    "number", [0, 5, 999, 3000, 34.5, -1, 10**8 - 1, 10**10, 10**11 - 1, 10**13, 20241350, -(10**9)]
)
def test_other_numbers_are_no_dates(number: float) -> None:
    assert generalized(number, "year") is None


def test_a_whole_number_of_four_digits_is_a_year_and_one_of_eight_a_day() -> None:
    assert [generalized(2024, to) for to in DATES] == [2024] * 4
    assert [generalized(20240315, to) for to in DATES] == ["2024-W11", "2024-03", "2024-Q1", "2024"]


@pytest.mark.parametrize(("name", "month"), sorted(MONTHS.items()))
def test_every_name_of_a_month_is_kept_as_it_is_written(name: str, month: int) -> None:
    for written in (name, name.title(), name.upper()):
        assert generalized(f"15 {written} 2024", "month") == f"{written} 2024"
        assert generalized(f"15 {written} 2024", "quarter") == f"Q{(month + 2) // 3} 2024"
    assert str(generalized(f"15 {name} 2024", "week")).startswith("week" if name in ENGLISH else "2024-W")


@given(st.dates(), st.sampled_from(["{0.day}", "{0.day:02}", "{0.day}th"]), st.sampled_from(sorted(ENGLISH)))
def test_the_day_is_gone(day: date, written: str, month: str) -> None:
    text = f"{written.format(day)} {month} 1998"
    assert generalized(text, "month") in (f"{month} 1998", None)
