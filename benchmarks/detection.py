"""How well personal data is found: every set under `data/pii/`, every `ner:` on this machine, stock Presidio beside it.

Precision, recall and F2 by exact spans, overlap and characters; presidio-evaluator's measure; what survives of
identifiers in ECHR judgments; time, memory, import and load; operating points. A whole run with `--write` stores the
figures in `benchmarks/results/detection.json` and writes the generated blocks of `docs/detection.md` and its charts
(`make bench-detection`); `--render` writes page and charts from the stored figures, without measuring.

    python benchmarks/detection.py [--sets tab_dev …] [--ner bundled none …] [--limit 100] [--write | --render]
    python benchmarks/detection.py --errors 40 [--errors-file FILE] [--ner bundled]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detecting import finders, mistakes, page
from detecting.finders import STOCK
from detecting.running import JUDGMENTS, Run, rounded
from detecting.sets import DEVELOPMENT, NAMES, SETS, Row, read

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results" / "detection.json"
PAGE = REPOSITORY / "docs" / "detection.md"
CHARTS = REPOSITORY / "docs" / "charts"
POLICIES = REPOSITORY / "policies"
RECORD = REPOSITORY / "adapters" / "needful_presidio" / "ner" / "training.json"
OTHER_PYTHON = REPOSITORY / "build" / "bench-detection" / "bin" / "python"


Figures = dict[str, Any]
Data = Mapping[str, Sequence[Row]]


def render(figures: Figures) -> None:
    """Write the page's blocks and the charts."""
    PAGE.write_text(page.filled(PAGE.read_text("utf-8"), page.blocks(figures)), "utf-8")
    CHARTS.mkdir(exist_ok=True)
    for name, drawing in page.charts(figures).items():
        (CHARTS / name).write_text(drawing, "utf-8")


def store(figures: Figures) -> None:
    """Write the figures."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_errors(data: Data, choice: str, each: int, seed: int, target: Path) -> None:
    """Sample mistakes in the development sets. Never in the evaluation set: whoever reads them would learn from it."""
    if target.resolve().is_relative_to(REPOSITORY):
        raise SystemExit("the file has text of the sets: give a place outside the repository with --errors-file")
    find = finders.names_finder(choice, NAMES)
    read_by_hand = [name for name in (*DEVELOPMENT, JUDGMENTS) if name in data]
    found = {name: list(mistakes.mistakes(name, data[name], find)) for name in read_by_hand}
    for name, all_of_it in found.items():
        misses = sum(one.kind == "miss" for one in all_of_it)
        print(f"{name:20} {misses:5} misses {len(all_of_it) - misses:5} false alarms")
    target.write_text(mistakes.as_table(mistakes.sample(found, each, seed)), "utf-8")
    print(f"{each} of each kind: {target}")


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("NEEDFUL_DATA") or REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data), help="the folder that has pii/")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="only these sets")
    parser.add_argument("--ner", nargs="+", help="only these choices; also models by name, such as spacy:PATH")
    parser.add_argument("--limit", type=int, help="the first so many texts of each set")
    parser.add_argument(
        "--evaluator-python", type=Path, default=OTHER_PYTHON, help="Python that has presidio-evaluator"
    )
    parser.add_argument("--errors", type=int, metavar="N", help="write N misses and N false alarms for reading by hand")
    parser.add_argument(
        "--errors-file", type=Path, default=Path(tempfile.gettempdir()) / "needful-detection-errors.tsv"
    )
    parser.add_argument("--seed", type=int, default=1)
    written = parser.add_mutually_exclusive_group()
    written.add_argument("--write", action="store_true", help="store the figures, write the page; whole runs only")
    written.add_argument("--render", action="store_true", help="write the page from the stored figures")
    chosen = parser.parse_args()
    if chosen.write and (chosen.limit or chosen.ner or chosen.sets != list(SETS)):
        parser.error("--write is for a whole run: without --sets, --ner and --limit")
    return chosen


def main() -> None:
    """Measure and print, or write."""
    chosen = options()
    if chosen.render:
        render(json.loads(RESULTS.read_text("utf-8")))
        return
    data = {name: rows for name in chosen.sets if (rows := read(chosen.data / "pii", name, chosen.limit))}
    if not data:
        print("the annotated sets are not here: give --data or NEEDFUL_DATA; nothing was measured")
        return
    wanted = [one for one in chosen.ner or () if one != STOCK] or None
    if chosen.errors:
        write_errors(data, (wanted or ["bundled"])[0], chosen.errors, chosen.seed, chosen.errors_file)
        return
    figures = measured(data, wanted, chosen.evaluator_python)
    if chosen.write:
        store(figures)
        render(figures)
    print("\n\n".join(f"## {name}\n\n{text}" for name, text in page.blocks(figures).items()))


def measured(data: Data, wanted: Sequence[str] | None, python: Path) -> Figures:
    """Run what is there, and say what is not."""
    there, missing = finders.present(wanted)
    for choice, reason in missing.items():
        print(f"left out: {choice}: {reason}", file=sys.stderr)
    if not python.is_file():
        print("presidio-evaluator is not there: its figures, and traditional Chinese, are left out", file=sys.stderr)
    run = Run(data, [*there, STOCK], list(missing), python, POLICIES, RECORD)
    figures: Figures = rounded(run.figures())
    return figures


if __name__ == "__main__":
    main()
