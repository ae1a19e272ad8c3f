"""The charts of a report, and its style: lengths that are true, dates that can be read, contrast, and paper."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from audit_support import Page, report_on
from hypothesis import given
from hypothesis import strategies as st

from ledger_entries import make_entry
from needful_cli.audit_charts import MOST_BARS, MOST_ROWS, Bar, Part, bars, columns
from needful_cli.audit_page import page_of
from needful_cli.audit_style import STYLE


def rectangles(drawn: str, kind: str) -> list[dict[str, float]]:
    return [
        {name: float(attributes[name] or 0) for name in ("x", "y", "width", "height")}
        for attributes in Page(drawn).of("rect")
        if kind in (attributes["class"] or "").split()
    ]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_bars_are_as_long_as_what_they_stand_for_from_zero(values: list[int]) -> None:
    drawn = bars("Title", [Bar(f"b{n}", (Part("main", value),), "") for n, value in enumerate(values)], "things")
    lengths = [each["width"] for each in rectangles(drawn, "main")]
    there = [value for value in values if value]
    assert len(lengths) == len(there)
    assert all(each["x"] == 1.0 for each in rectangles(drawn, "main"))
    for value, length in zip(there, lengths, strict=True):
        assert length == pytest.approx(max(lengths) * value / max(there), abs=0.1)
        assert length <= 540.1


def test_parts_of_a_bar_stand_end_to_end() -> None:
    drawn = bars("Title", [Bar("b", (Part("k-keep", 30), Part("k-removed", 70)), "100")], "values")
    (first,), (second,) = rectangles(drawn, "k-keep"), rectangles(drawn, "k-removed")
    assert second["x"] == pytest.approx(first["x"] + first["width"], abs=0.1)
    assert second["width"] == pytest.approx(first["width"] * 7 / 3, abs=0.2)


def test_columns_of_all_rows_have_one_scale_and_stand_on_zero() -> None:
    drawn = columns("Title", ("2026-11-01", "2026-11-02"), {"a": [10, 5], "b": [0, 1]}, "records a day")
    tall, half, small = rectangles(drawn, "main")
    assert tall["height"] == pytest.approx(2 * half["height"], abs=0.1)
    assert tall["height"] == pytest.approx(10 * small["height"], abs=0.5)
    assert tall["y"] + tall["height"] == pytest.approx(half["y"] + half["height"], abs=0.1)


@given(st.integers(1, 130), st.sampled_from(["2026-11-22T10", "2026-11-22", "2026-11", "2026"]))
def test_dates_do_not_run_into_each_other_nor_over_the_edge(count: int, period: str) -> None:
    drawn = columns("Title", (period,) * count, {"a": [1] * count}, "records")
    dates = [
        float(attributes["x"] or 0)
        for attributes in Page(drawn).of("text")
        if attributes.get("text-anchor") == "middle"
    ]
    half = (len(period) + 3) * 3.5
    assert dates
    assert all(half / 2 <= x <= 720 - half / 2 for x in dates)
    assert all(later - earlier > len(period) * 7 for earlier, later in pairwise(dates))


def test_what_a_chart_has_no_room_for_is_in_the_table_and_said() -> None:
    many = [make_entry(purpose=f"purpose-{n}", counts={f"ENTITY_{n}": {"redact": 1}}) for n in range(40)]
    page = Page(page_of(report_on(many)))
    assert f"The {MOST_BARS} largest of 40; the table has all." in page.text
    assert f"{40 - MOST_ROWS + 1} other purposes" in page.text
    assert all(f"ENTITY_{n}" in page.text for n in range(40))


# Style


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def variables(sheet: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", sheet))


LIGHT = variables(STYLE.split("@media screen")[0])
DARK = {**LIGHT, **variables(STYLE.split("@media screen")[1].split("@media print")[0])}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_outlines_can_be_read_in_light_and_dark(colours: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3 for text and 1.4.11 for what is drawn."""
    for text in ("ink", "muted", "good", "bad"):
        assert contrast(colours[text], colours["paper"]) >= 4.5
    for text in ("ink", "muted"):
        assert contrast(colours[text], colours["soft"]) >= 4.5
    assert contrast(colours["main"], colours["paper"]) >= 3
    assert contrast(colours["main"], colours["whole"]) >= 3
    assert contrast(colours["ink"], colours["whole"]) >= 4.5


def test_numbers_on_bars_can_be_read() -> None:
    on = {
        "k-keep": "#000000",
        "k-coarser": "#000000",
        "k-replaced": "#000000",
        "k-removed": "#ffffff",
        "k-dropped": "#000000",
    }
    for kind, colour in re.findall(r"\.(k-\w+) { fill: (#[0-9a-f]{6})", STYLE):
        assert contrast(colour, on.pop(kind)) >= 4.5
    assert on == {}


def test_it_prints_on_a4_with_no_chart_cut_and_nothing_scrolled_away() -> None:
    printed = STYLE.split("@page")[1]
    assert "size: A4" in printed
    assert re.search(r"figure[^{]*{ break-inside: avoid", printed)
    assert ".scroll { max-height: none; overflow: visible" in printed
