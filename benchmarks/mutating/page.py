"""The generated blocks of `docs/mutation.md`."""

from __future__ import annotations

from collections.abc import Sequence

from detecting.page import filled
from mutating.areas import AREAS
from mutating.results import Figures, Mutant, Reason, reason_for

__all__ = ["blocks", "filled"]

_HEAD = (
    "| area | modules | mutants | killed | out of time | survived | of these equivalent | noticed, of all"
    " | noticed, of those that can be | floor | date |"
)


def blocks(figures: Sequence[Figures], known: Sequence[Reason]) -> dict[str, str]:
    """Every generated block by its name."""
    return {"table": _table(figures, known), "survivors": _survivors(figures, known)}


def _table(figures: Sequence[Figures], known: Sequence[Reason]) -> str:
    ruler = "| --- | --- " + "| ---: " * 8 + "| --- |"
    return "\n".join((_HEAD, ruler, *(_row(each, known) for each in figures)))


def _row(figures: Figures, known: Sequence[Reason]) -> str:
    area = next(area for area in AREAS if area.name == figures.area)
    cells = (
        area.title,
        ", ".join(f"`{module}`" for module in area.modules),
        figures.mutants,
        figures.killed,
        figures.timeouts,
        len(figures.survivors),
        figures.equivalent(known),
        f"{figures.noticed / figures.mutants:.1%}",
        f"{figures.share(known):.1%}",
        f"{area.floor:.0%}",
        figures.date,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _survivors(figures: Sequence[Figures], known: Sequence[Reason]) -> str:
    parts = []
    for each in figures:
        title = next(area.title for area in AREAS if area.name == each.area)
        parts.append(f"### {title[0].upper()}{title[1:]}\n")
        parts.append("\n".join(_survivor(mutant, known) for mutant in each.survivors) or "None.")
        parts.append("")
    return "\n".join(parts)


def _survivor(mutant: Mutant, known: Sequence[Reason]) -> str:
    reason = reason_for(mutant, known)
    why = "**Not explained.**" if reason is None else f"{'Equivalent' if reason.equivalent else 'Left'}: {reason.why}"
    return f"- `{mutant.function}`\n  `` {mutant.was} `` → `` {mutant.now} ``\n  {why}"
