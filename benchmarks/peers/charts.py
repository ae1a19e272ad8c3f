"""Horizontal bars as SVG on a linear or logarithmic axis. Colours follow the reader's light or dark setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Axis", "bars", "linear", "logarithmic"]

WIDTH, RIGHT, TOP = 760, 70, 62
BAR, GAP = 13, 11
_LETTER = 6.8
"""How wide a letter is on average, in pixels."""

_STYLE = """\
<style>
 text{font:12px system-ui,sans-serif;fill:#24292f}
 .title{font-size:14px;font-weight:600}.paper{fill:#fff}.grid{stroke:#d0d7de}
 .fill0{fill:#0969da}.fill1{fill:#bf8700}.fill2{fill:#1a7f37}.fill3{fill:#8250df}
 @media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.grid{stroke:#30363d}
 .fill0{fill:#58a6ff}.fill1{fill:#e3b341}.fill2{fill:#3fb950}.fill3{fill:#bc8cff}}
</style>"""


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a value lies between 0 and 1, and the values that have a line."""

    at: Callable[[float], float]
    ticks: Sequence[float]


def linear(most: float) -> Axis:
    """From 0 to a round number that is no less than `most`, in fifths."""
    power = 10.0 ** math.floor(math.log10(max(most, 0.01)))
    end = next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= most)
    return Axis(lambda value: value / end, [end * step / 5 for step in range(6)])


def logarithmic(most: float) -> Axis:
    """From 1 to the power of ten that is no less than `most`. What is below 1 has no length."""
    decades = max(1, math.ceil(math.log10(max(most, 1))))
    return Axis(
        lambda value: math.log10(value) / decades if value > 1 else 0.0, [10.0**step for step in range(decades + 1)]
    )


def bars(title: str, groups: Mapping[str, Mapping[str, float]], axis: Axis, form: str = ",.0f") -> str:
    """One group a row label, one colour a series. `form` formats the numbers at the ends of the bars."""
    series = list(dict.fromkeys(name for group in groups.values() for name in group))
    left = 28 + _LETTER * max(map(len, groups), default=0)
    span = WIDTH - left - RIGHT
    parts: list[str] = []
    y = TOP
    for label, group in groups.items():
        parts.append(_text(left - 8, y + len(group) * BAR / 2 + 3, label, "end"))
        for name, value in group.items():
            width = axis.at(value) * span
            kind = series.index(name)
            parts.append(f'<rect class="fill{kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 2}"/>')
            parts.append(_text(left + width + 5, y + BAR - 3, format(value, form)))
            y += BAR
        y += GAP
    lines = [(left + axis.at(tick) * span, f"{tick:g}") for tick in axis.ticks]
    grid = [f'<line class="grid" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{y - GAP + 4}"/>' for x, _ in lines]
    numbers = [_text(x, y + 8, tick, "middle") for x, tick in lines]
    return _drawing(title, y + 20, [*grid, *parts, *numbers, *_legend(series)])


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], 20.0
    for kind, name in enumerate(names):
        parts.append(f'<rect class="fill{kind}" x="{x:.1f}" y="36" width="12" height="12"/>')
        parts.append(_text(x + 17, 46, name))
        x += 40 + _LETTER * len(name)
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _drawing(title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(title)}">'
    )
    paper = f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    return "\n".join([head, _STYLE, paper, _text(20, 24, title, kind="title"), *parts, "</svg>", ""])
