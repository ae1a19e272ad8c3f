"""Whether it holds: minutes of load with faults, canaries through every door, and the tests that have a longer form.

Each part stores its figures in `benchmarks/results/soak.json`, from which `docs/reliability.md` is written; a part that
is not run keeps those of its last run. Prints the tables and exits 1 when a rule is broken (`make soak`).

    python benchmarks/soak.py [--seconds 600] [--processes 4] [--callers 8] [--write]
    python benchmarks/soak.py --parts load leaks tests [--short] [--write]
    python benchmarks/soak.py --render
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from soaking import page, suites
from soaking.rules import held
from soaking.running import Load, soak

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results" / "soak.json"
PAGE = REPOSITORY / "docs" / "reliability.md"

PARTS = ("load", "leaks", "tests")

Figures = dict[str, Any]


def stored() -> Figures:
    """The figures of the last runs; empty where there are none."""
    figures: Figures = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    return figures


def write(figures: Figures) -> None:
    """Store the figures and write the page."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page.rendered(figures), "utf-8")


def tests(chosen: argparse.Namespace) -> Figures:
    """Run the tests file by file and keep what there is after each; figures of files that are gone are dropped."""
    ran: Figures = {}
    for file, of_file in suites.measured(REPOSITORY, long=not chosen.short):
        ran[file] = of_file
        if chosen.write:
            former = {**stored().get("tests", {}), **ran}
            write({**stored(), "tests": {name: former[name] for name in suites.files(REPOSITORY) if name in former}})
    return ran


def measured(part: str, chosen: argparse.Namespace) -> Figures:
    """Run one part and return its figures."""
    if part == "tests":
        return tests(chosen)
    if part == "leaks":
        figures = suites.leak_examples(REPOSITORY)
    else:
        figures = soak(Load(chosen.seconds, chosen.processes, chosen.callers))
    if chosen.write:
        write({**stored(), part: figures})
    return figures


def options() -> argparse.Namespace:
    """The command line."""
    usual = Load()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--processes", type=int, default=usual.processes)
    parser.add_argument("--callers", type=int, default=usual.callers, help="of each process")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--short", action="store_true", help="run the tests at the size that they have in make test")
    parser.add_argument("--write", action="store_true", help="store the figures, write the page")
    parser.add_argument("--render", action="store_true", help="write the page from the stored figures, run nothing")
    return parser.parse_args()


def main() -> int:
    """Run, print, store. Returns 1 when a rule is broken."""
    chosen = options()
    if chosen.render:
        write(stored())
        return 0
    ran: Figures = {}
    for part in chosen.parts:
        sys.stderr.write(f"running: {part}\n")
        ran[part] = measured(part, chosen)
    for name, rows in page.tables(ran).items():
        if rows:
            print(f"\n{name}\n\n{page.table(rows)}")
    broken = [row for row in page.everything(ran) if not held([row])]
    for row in broken:
        print(f"broken: {row.what}: {row.result} ({row.rule})")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
