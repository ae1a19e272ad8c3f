"""The charts of a report, as SVG that stands in its page: zero baselines, units on the axes, numbers on the bars.

Every name that comes from outside is escaped here. Colours are classes; `audit_style` has them for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from needful_cli.audit_html import escaped, shortened

__all__ = ["MOST_BARS", "MOST_ROWS", "Bar", "Part", "bars", "columns", "written"]

MOST_BARS = 24
"""Bars of one chart. The table beside it has all."""
MOST_ROWS = 8
"""Rows of columns over time."""

WIDTH = 720
"""Of a chart, in its own units. All lengths here are such."""
_PLOT = 540
_ROW = 46
_BAR = 16
_GUTTER = 52
_HEIGHT = 56
_ROW_OF_COLUMNS = 88
_LONGEST_LABEL = 84
_DIGIT = 8
_LETTER = 7
_APART = 24


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar. `kind` is its colour, a class of the style sheet."""

    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: its parts end to end, what is written after them, and the whole that they are a part of."""

    label: str
    parts: tuple[Part, ...]
    note: str
    whole: int = 0

    @property
    def length(self) -> int:
        """How far it reaches."""
        return max(self.whole, sum(part.value for part in self.parts))


def bars(title: str, rows: Sequence[Bar], unit: str) -> str:
    """Draw horizontal bars on one scale, the first on top. `unit` is what the axis counts."""
    shown = rows[:MOST_BARS]
    ticks = _ticks(max((row.length for row in shown), default=0))
    height = len(shown) * _ROW + 44
    scale = _PLOT / ticks[-1]
    drawn = [*_grid(ticks, scale, len(shown) * _ROW, unit)]
    for index, row in enumerate(shown):
        drawn += _bar(row, index * _ROW, scale)
    return _svg(title, f"{len(shown)} bars; the axis counts {unit}", height, drawn)


def _grid(ticks: Sequence[int], scale: float, bottom: int, unit: str) -> Iterator[str]:
    for tick in ticks:
        x = round(tick * scale, 1) + 1
        yield f'<line class="{"base" if tick == 0 else "grid"}" x1="{x}" x2="{x}" y1="0" y2="{bottom}"/>'
        anchor = "start" if tick == 0 else "middle"
        yield f'<text class="tick" x="{x}" y="{bottom + 16}" text-anchor="{anchor}">{tick:,}</text>'
    yield f'<text class="unit" x="1" y="{bottom + 36}">{escaped(unit)}</text>'


def _bar(row: Bar, top: int, scale: float) -> Iterator[str]:
    y, x = top + 20, 1.0
    yield f'<text class="label" x="5" y="{top + 14}">{escaped(shortened(row.label, _LONGEST_LABEL))}</text>'
    if row.whole:
        yield f'<rect class="whole" x="1" y="{y}" width="{row.whole * scale:.1f}" height="{_BAR}"/>'
    for part in row.parts:
        width = part.value * scale
        if part.value:
            inset = 4 if row.whole else 0
            yield (
                f'<rect class="part {part.kind}" x="{x:.1f}" y="{y + inset}" width="{width:.1f}" '
                f'height="{_BAR - 2 * inset}"/>'
            )
        if len(row.parts) > 1 and width > len(f"{part.value:,}") * _DIGIT + 6:
            yield f'<text class="inside on-{part.kind}" x="{x + width / 2:.1f}" y="{y + 12}">{part.value:,}</text>'
        x += width
    yield f'<text class="note" x="{row.length * scale + 9:.1f}" y="{y + 13}">{escaped(row.note)}</text>'


def columns(title: str, periods: Sequence[str], rows: Mapping[str, Sequence[int]], unit: str) -> str:
    """Draw columns over time, a row a name, all rows on one scale. `unit` is what a column counts."""
    ticks = _ticks(max((value for values in rows.values() for value in values), default=0), most=2)
    scale = _HEIGHT / ticks[-1]
    drawn: list[str] = []
    for index, (name, values) in enumerate(rows.items()):
        drawn += _columns(f"{name}: {sum(values):,}", values, index * _ROW_OF_COLUMNS + 24, ticks, scale)
    bottom = len(rows) * _ROW_OF_COLUMNS
    drawn += _dates(periods, bottom)
    drawn.append(f'<text class="unit" x="{_GUTTER}" y="{bottom + 32}">{escaped(unit)}; times are UTC</text>')
    return _svg(title, f"{len(rows)} rows of columns over {len(periods)} periods", bottom + 40, drawn)


def _columns(label: str, values: Sequence[int], top: int, ticks: Sequence[int], scale: float) -> Iterator[str]:
    base = top + _HEIGHT
    yield f'<text class="label" x="{_GUTTER}" y="{top - 8}">{escaped(shortened(label, _LONGEST_LABEL))}</text>'
    for tick in ticks:
        y = round(base - tick * scale, 1)
        yield f'<line class="{"base" if tick == 0 else "grid"}" x1="{_GUTTER}" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{_GUTTER - 6}" y="{y + 4}" text-anchor="end">{tick:,}</text>'
    slot = _slot(len(values))
    width = min(max(slot * 0.8, 0.5), 48)
    for index, value in enumerate(values):
        if value:
            x = _GUTTER + index * slot + (slot - width) / 2
            height = value * scale
            yield (
                f'<rect class="part main" x="{x:.1f}" y="{base - height:.1f}" width="{width:.1f}" '
                f'height="{height:.1f}"/>'
            )


def written(period: str) -> str:
    """A period for people: `2026-11-22 10:00` is an hour, anything else stays as it is."""
    return f"{period.replace('T', ' ')}:00" if "T" in period else period


def _dates(periods: Sequence[str], y: int) -> Iterator[str]:
    """Write periods below their columns, as many as there is room for, within the edges."""
    slot, free = _slot(len(periods)), 0.0
    for index, period in enumerate(periods):
        label = written(period)
        width = len(label) * _LETTER
        x = min(max(_GUTTER + (index + 0.5) * slot, _GUTTER + width / 2), WIDTH - width / 2)
        if x - width / 2 >= free:
            yield f'<text class="tick" x="{x:.1f}" y="{y + 12}" text-anchor="middle">{escaped(label)}</text>'
            free = x + width / 2 + _APART


def _slot(count: int) -> float:
    return (WIDTH - _GUTTER) / max(count, 1)


def _ticks(largest: int, most: int = 5) -> list[int]:
    """Whole numbers from 0 to `largest` or a little more, at steps of 1, 2 or 5 times a power of ten."""
    largest = max(largest, 1)
    power = 10 ** max(0, int(log10(largest)) - 1)
    step = next(
        step for step in (power * factor for factor in (1, 2, 5, 10, 20, 50, 100)) if -(-largest // step) <= most
    )
    return [step * index for index in range(-(-largest // step) + 1)]


def _svg(title: str, description: str, height: int, drawn: Sequence[str]) -> str:
    about = f"{escaped(title)}: {escaped(description)}. The table after it has the numbers."
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{about}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(drawn)}</svg>'
    )
