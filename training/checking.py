"""The shipped weights measured again: what CI and a reader can run without training anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from where import WEIGHTS

from detecting import scoring, sets
from needful_presidio.ner import bundled

__all__ = ["check", "write"]

FIGURES = WEIGHTS.parent / "figures.json"


def measured(data: Path) -> dict[str, dict[str, float]]:
    """Measure the shipped weights on every set that is there, `bundled` and `fast`, at the default operating point.

    Found: the share of a set's names of which half or more of the characters lie in a span. Characters: precision and
    recall over characters, blanks aside, of whatever kind.
    """
    figures: dict[str, dict[str, float]] = {}
    for setting in ("bundled", "fast"):
        model = bundled.load(setting)
        for name, change in CHECKED:
            rows = sets.read(data, name)
            texts = [scoring.recased(row.text, change) if change else row.text for row in rows]
            found = ([one for one in of_text if one[2] in sets.NAMES] for of_text in model.find_batch(texts))
            scored = (
                scoring.score(text, sets.of_names(row.spans), spans)
                for text, row, spans in zip(texts, rows, found, strict=True)
            )
            total = scoring.tally(scored)
            if rows:
                case = f" {change.__name__}" if change else ""
                figures[f"{setting} {name}{case}"] = {
                    **{entity: round(total[entity]["overlap"].recall, 4) for entity in sets.NAMES},
                    "recall": round(total[scoring.ALL]["characters"].recall, 4),
                    "precision": round(total[scoring.ALL]["characters"].precision, 4),
                }
                print(f"{setting} {name}{case}", figures[f"{setting} {name}{case}"], flush=True)
    return figures


CHECKED: tuple[tuple[str, Callable[[str], str] | None], ...] = (
    ("presidio_synth_EVALONLY", None),
    ("presidio_synth_EVALONLY", str.lower),
    ("presidio_synth_EVALONLY", str.upper),
    ("tab_dev", None),
    ("uner_en_ewt_dev", None),
    ("wnut17_dev", None),
    ("btc_dev", None),
    ("synth_dev", None),
)
TOLERANCE = 0.005


def check(data: Path) -> int:
    """Measure again and compare with the committed figures; 1 where one is off by more than 0.005."""
    committed = json.loads(FIGURES.read_text())
    again = measured(data)
    off = [
        f"{name}, {what}: {value} is committed, {again[name][what]} was measured"
        for name, figures in committed.items()
        if name in again
        for what, value in figures.items()
        if abs(again[name][what] - value) > TOLERANCE
    ]
    absent = sorted(committed.keys() - again.keys())
    for line in (*off, *(f"{name}: the set is not in {data}" for name in absent)):
        print(line, file=sys.stderr)
    print(f"{len(again)} measurements, {len(off)} figures not reproduced")
    return 1 if off or absent else 0


def write(data: Path) -> None:
    """Measure, and write the figures that `check` compares with."""
    FIGURES.write_text(json.dumps(measured(data), indent=2) + "\n")
