"""Two kinds of charts as SVG, written by hand: a plotting library would be the largest dependency of the repository.

The same figures give the same bytes. Colours follow the reader's light or dark setting, on a background of the chart's
own, so that a page in the other setting cannot make it unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "lines"]

WIDTH = 720
RIGHT, TOP = 60, 62
BAR, GAP = 14, 12
_LETTER = 6.8
"""How wide a letter is on average, in pixels."""

_STYLE = """\
<style>
 text{font:12px system-ui,sans-serif;fill:#24292f}
 .title{font-size:14px;font-weight:600}.paper{fill:#fff}.grid{stroke:#d0d7de}
 .fill0{fill:#0969da}.fill1{fill:#bf8700}.fill2{fill:#1a7f37}.line0{stroke:#0969da}.line1{stroke:#bf8700}.line2{stroke:#1a7f37}
 path{fill:none;stroke-width:2}
 @media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.grid{stroke:#30363d}
 .fill0{fill:#58a6ff}.fill1{fill:#e3b341}.fill2{fill:#3fb950}.line0{stroke:#58a6ff}.line1{stroke:#e3b341}.line2{stroke:#3fb950}}
</style>"""


def bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Horizontal bars of shares: one group a row label, one colour a series. The axis runs from 0 to 1."""
    series = list(dict.fromkeys(name for group in groups.values() for name in group))
    left = 28 + _LETTER * max(map(len, groups))
    span = WIDTH - left - RIGHT
    parts: list[str] = []
    y = TOP
    for label, group in groups.items():
        parts.append(_text(left - 8, y + len(group) * BAR / 2 + 3, label, "end"))
        for name, value in group.items():
            kind, width = series.index(name), value * span
            parts.append(f'<rect class="fill{kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 2}"/>')
            parts.append(_text(left + width + 5, y + BAR - 3, f"{value:.3f}"))
            y += BAR
        y += GAP
    ticks = [(left + span * step / 5, f"{step / 5:.1f}") for step in range(6)]
    grid = [_grid(x, TOP - 6, x, y - GAP + 4) for x, _ in ticks]
    numbers = [_text(x, y + 8, tick, "middle") for x, tick in ticks]
    legend = _legend(series) if len(series) > 1 else []
    return _drawing(title, y + 20, [*grid, *parts, *numbers, *legend])


def lines(
    title: str, label: str, xs: Sequence[float], series: Mapping[str, Sequence[float]], marked: float | None = None
) -> str:
    """Lines of shares over a number; `marked` is its default. The axis of shares ends at 1 and need not start at 0."""
    values = [value for one in series.values() for value in one]
    tenths = min(8, int(min(values) * 10))
    least = tenths / 10
    left, right, height = 60, 30, 240
    span, most = WIDTH - left - right, max(xs)

    def at(x: float, value: float) -> tuple[float, float]:
        return left + x / most * span, TOP + (1 - value) / (1 - least) * height

    parts: list[str] = []
    for tenth in range(tenths, 11):
        y = at(0, tenth / 10)[1]
        parts += [_grid(left, y, left + span, y), _text(left - 8, y + 4, f"{tenth / 10:.1f}", "end")]
    if marked is not None:
        x = at(marked, 1)[0]
        parts += [_grid(x, TOP, x, TOP + height), _text(x + 4, TOP + height - 6, "default")]
    parts += [_text(at(x, 1)[0], TOP + height + 20, f"{x:g}", "middle") for x in xs]
    parts.append(_text(left + span / 2, TOP + height + 40, label, "middle"))
    for kind, shares in enumerate(series.values()):
        points = [at(x, value) for x, value in zip(xs, shares, strict=True)]
        path = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f'<path class="line{kind}" d="M{path}"/>')
        parts += [f'<circle class="fill{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    return _drawing(title, TOP + height + 52, [*parts, *_legend(list(series))])


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], 20
    for kind, name in enumerate(names):
        parts.append(f'<rect class="fill{kind}" x="{x}" y="36" width="12" height="12"/>')
        parts.append(_text(x + 17, 46, name))
        x += 40 + 8 * len(name)
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _drawing(title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(title)}">'
    )
    paper = f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    return "\n".join([head, _STYLE, paper, _text(20, 24, title, kind="title"), *parts, "</svg>", ""])
