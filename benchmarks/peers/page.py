"""The figures as text: the table on the screen, the generated blocks of `docs/benchmarks.md`, and its charts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peers.charts import bars, linear, logarithmic
from peers.rows import BASELINE

__all__ = ["as_text", "blocks", "charts", "filled", "render", "rounded"]

Figures = Mapping[str, Any]

_BLOCK = re.compile(r"(<!-- begin: (peers-[\w-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def render(figures: Figures, repository: Path) -> None:
    """Write the page's blocks and the charts."""
    page = repository / "docs" / "benchmarks.md"
    page.write_text(filled(page.read_text("utf-8"), blocks(figures)), "utf-8")
    for name, drawing in charts(figures).items():
        (repository / "docs" / "charts" / name).write_text(drawing, "utf-8")


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with our blocks replaced. Raises `ValueError` if page and parts do not have the same ones."""
    there = [name for _, name, _ in _BLOCK.findall(page)]
    if sorted(there) != sorted(parts):
        raise ValueError(f"the page has the blocks {sorted(there)}, the figures have {sorted(parts)}")
    return _BLOCK.sub(lambda found: f"{found[1]}{parts[found[2]].strip()}\n{found[3]}", page)


def rounded(figures: Any) -> Any:
    """The same with four significant digits, so that a run's noise does not fill the file."""
    if isinstance(figures, float):
        return float(f"{figures:.4g}")
    if isinstance(figures, Mapping):
        return {key: rounded(value) for key, value in figures.items()}
    return [rounded(value) for value in figures] if isinstance(figures, list | tuple) else figures


def blocks(figures: Figures) -> dict[str, str]:
    """Every generated block by its name."""
    return {
        "peers-machine": _machine(figures),
        "peers-cost": _table(*_cost(figures)),
        "peers-leaks": _table(*_leaks(figures)),
        "peers-tools": _table(*_tools(figures)),
        "peers-missing": _missing(figures),
    }


def charts(figures: Figures) -> dict[str, str]:
    """Every chart by its file's name."""
    rows, count = _measured(figures), figures["questions"]
    base = _baseline(figures)
    if not rows:
        return {}
    leaks = {
        one["name"]: {
            "left the database": one["wire"] / count,
            "text for the LLM": one["content"] / count,
            "metadata": one["metadata"] / count,
            "traces": one["traces"] / count,
        }
        for one in rows
    }
    times = {one["name"]: {"first time": one["p50_first"], "asked again": one["p50_again"]} for one in rows}
    drawn = {
        "peers-leaks.svg": bars(
            "Planted identifiers per question that can be read", leaks, linear(_most(leaks)), form=".2f"
        ),
        "peers-time.svg": bars(
            "Median time per question, ms (logarithmic)", times, logarithmic(_most(times)), form=",.1f"
        ),
    }
    if base:
        shares = {
            one["name"]: {
                "answers kept": one["kept"],
                "characters, share of plain": one["characters"] / base["characters"],
                "bytes received, share of plain": one["received"] / base["received"],
            }
            for one in rows
        }
        drawn["peers-kept.svg"] = bars("What is left to answer with", shares, linear(_most(shares)), form=".2f")
    return drawn


def as_text(figures: Figures) -> str:
    """The tables for a screen."""
    tables = [_machine(figures), _aligned(*_cost(figures)), _aligned(*_leaks(figures))]
    named = [f"{one['name']}: {one['about']['versions']}; names: {one['about']['ner']}" for one in _measured(figures)]
    return "\n\n".join([*tables, "\n".join(named), _missing(figures)])


def _measured(figures: Figures) -> list[Figures]:
    return [one for one in figures["rows"] if "missing" not in one]


def _baseline(figures: Figures) -> Figures | None:
    return next((one for one in _measured(figures) if one["name"] == BASELINE), None)


def _most(groups: Mapping[str, Mapping[str, float]]) -> float:
    return max(value for group in groups.values() for value in group.values())


def _machine(figures: Figures) -> str:
    load = figures.get("load")
    busy = "" if load is None else f" Cores that other work kept busy just before: {load:.1f}."
    if load is not None and load > 0.5:
        busy += " **The machine was busy with other work, so the times below are not comparable.**"
    return (
        f"Measured on {figures['machine']}, engine {figures['engine']}: {figures['documents']} documents with"
        f" {figures['planted']} planted identifiers, {figures['questions']} questions, k = {figures['k']}."
        f" {figures['unseen']} questions brought only documents that no earlier question had brought.{busy}"
    )


Table = tuple[Sequence[str], list[Sequence[str]]]


def _cost(figures: Figures) -> Table:
    base = _baseline(figures)
    head = (
        "tool",
        "p50 ms, new documents",
        "p50 ms, first time",
        "times plain",
        "p95 ms, first time",
        "p50 ms, again",
        "bytes received",
        "of plain",
        "bytes sent",
        "characters to the LLM",
        "answers kept",
        "peak memory, MB",
    )
    rows: list[Sequence[str]] = [
        (
            one["name"],
            _ms(one["p50_cold"]),
            _ms(one["p50_first"]),
            _ratio(one, base, "p50_first", ",.1f"),
            _ms(one["p95_first"]),
            _ms(one["p50_again"]),
            f"{one['received']:,.0f}",
            _ratio(one, base, "received", ".0%"),
            f"{one['sent']:,.0f}",
            f"{one['characters']:,.0f}",
            f"{one['kept']:.0%}",
            f"{one['peak_mb']:,.0f}",
        )
        for one in _measured(figures)
    ]
    return head, rows


def _leaks(figures: Figures) -> Table:
    keys = ("wire", "content", "metadata", "traces")
    rows: list[Sequence[str]] = [(one["name"], *(f"{one[key]:,.0f}" for key in keys)) for one in _measured(figures)]
    return ("tool", "left the database", "text for the LLM", "metadata", "traces"), rows


def _tools(figures: Figures) -> Table:
    rows: list[Sequence[str]] = [
        (one["name"], one["about"]["versions"], one["licence"], one["about"]["ner"], one["note"])
        for one in _measured(figures)
    ]
    return ("tool", "versions", "licence", "model of names", "set-up"), rows


def _missing(figures: Figures) -> str:
    there = [one for one in figures["rows"] if "missing" in one]
    if not there:
        return "Every tool could be run."
    return _table(("not measured", "why"), [(one["name"], one["missing"]) for one in there])


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(one: Figures, base: Figures | None, key: str, form: str) -> str:
    return format(one[key] / base[key], form) if base else "–"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in (head, *rows)
    )
