"""How many faults that are put into the code the tests notice: mutation testing of what decides and what verifies.

mutmut changes one thing at a time (an operator, a number, an argument, a text) in a copy of the repository under
build/mutation, and runs the tests of that area on each mutant. What survives is looked up in
`benchmarks/mutation_survivors.yaml`, which says why; the table and the list of survivors go into `docs/mutation.md`.

    python benchmarks/mutation.py [--area verify] [--children 2] [--keep] [--write]

It exits with 1 where an area is below its floor, or a mutant survived of which nothing is said.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mutating.areas import AREAS, Area
from mutating.page import blocks, filled
from mutating.profile import PROFILE
from mutating.results import Figures, Mutant, Reason, figures_of, reasons, unexplained

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "mutation.md"
RESULTS = REPOSITORY / "benchmarks" / "results" / "mutation.json"
SURVIVORS = REPOSITORY / "benchmarks" / "mutation_survivors.yaml"
ENVIRONMENT = REPOSITORY / "build" / "mutation"
COPIED = ("src", "adapters", "policies", "tests", "tools", "README.md", "Makefile", "pyproject.toml")

SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {modules}
also_copy = {copied}
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "mutating.profile"{deselected}]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 10.0
timeout_constant = 20.0
use_git_change_detection = false
track_dependencies = false
"""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A copy of the repository in which mutants are made and tested."""

    area: Area
    folder: Path
    python: Path

    def prepare(self) -> None:
        """Copy what the tests need, and say in the copy's pyproject.toml what to mutate."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        ignored = shutil.ignore_patterns("__pycache__")
        there = [name for name in COPIED if (REPOSITORY / name).exists()]
        for name in there:
            source, target = REPOSITORY / name, self.folder / name
            shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copyfile(source, target)
        with (self.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(self._settings([name for name in there if name not in ("src", "tests", "pyproject.toml")]))

    def _settings(self, copied: Sequence[str]) -> str:
        deselected = "".join(f', "--deselect={test}"' for test in self.area.deselected)
        return SETTINGS.format(
            modules=json.dumps([f"src/needful/{module}" for module in self.area.modules]),
            copied=json.dumps(copied),
            deselected=deselected,
            tests=json.dumps([f"tests/{test}" for test in self.area.tests]),
        )

    def run(self, children: int) -> None:
        """Test every mutant that was not tested yet. Raises `CalledProcessError` where the tests fail without one."""
        self._mutmut("run", "--max-children", str(children))

    def mutants(self) -> Iterator[Mutant]:
        """Yield every mutant with what became of it; of survivors also the lines that were changed."""
        for module in self.area.modules:
            meta = self.folder / "mutants" / "src" / "needful" / f"{module}.meta"
            found: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
            for name, code in found.items():
                mutant = Mutant.of(module, name, code)
                yield mutant if mutant.noticed else mutant.shown(self._mutmut("show", name, quiet=True))

    def _mutmut(self, *arguments: str, quiet: bool = False) -> str:
        # The product's own libraries, without its .pth files: the mutated copy is found first, nothing else.
        paths = f"{sysconfig.get_path('purelib')}{os.pathsep}{REPOSITORY / 'benchmarks'}"
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": PROFILE}
        quiet = quiet or not sys.stdout.isatty()  # its progress is for a terminal
        done = subprocess.run(  # noqa: S603  # our own command line
            [str(self.python), "-m", "mutmut", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode:
            print((done.stdout or "")[-3000:], file=sys.stderr)
            done.check_returncode()
        return done.stdout or ""


def measured(area: Area, arguments: argparse.Namespace) -> Figures:
    """Make and test the mutants of an area."""
    workshop = Workshop(area, ENVIRONMENT / area.name, ENVIRONMENT / "bin" / "python")
    if not (arguments.keep and workshop.folder.is_dir()):
        workshop.prepare()
    workshop.run(arguments.children)
    return figures_of(area, workshop.mutants(), datetime.now(UTC).date().isoformat())


def saved(figures: Sequence[Figures]) -> list[Figures]:
    """Put new figures in the place of old ones in the file; return all."""
    old = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else []
    by_area = {each.area: each for each in (*map(Figures.parse, old), *figures)}
    together = [by_area[area.name] for area in AREAS if area.name in by_area]
    RESULTS.write_text(json.dumps([each.plain() for each in together], indent=1) + "\n", encoding="utf-8")
    return together


def write(figures: Sequence[Figures], known: Sequence[Reason]) -> None:
    """Bring the page up to date."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(page, blocks(figures, known)), encoding="utf-8")


def passed(figures: Figures, known: Sequence[Reason]) -> bool:
    """Print what an area came to, and say whether it is good enough."""
    print(f"{figures.area}: {figures.noticed} of {figures.mutants} mutants noticed, {figures.share(known):.1%}")
    missing = unexplained(figures, known)
    for mutant in missing:
        print(f"  not explained: {mutant.function}\n    - {mutant.was}\n    + {mutant.now}", file=sys.stderr)
    floor = next(area.floor for area in AREAS if area.name == figures.area)
    return not missing and figures.share(known) >= floor


def main() -> int:
    """Run the areas asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", action="append", choices=[area.name for area in AREAS], help="by default all")
    parser.add_argument("--children", type=int, default=2, help="how many mutants are tested at the same time")
    parser.add_argument("--keep", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--show", action="store_true", help="no run: the page and the verdict from the figures there")
    parser.add_argument("--write", action="store_true", help="write docs/mutation.md and the figures")
    arguments = parser.parse_args()
    known = reasons(SURVIVORS)
    figures: list[Figures] = []
    if arguments.show:
        figures = saved([])
    for area in AREAS if not arguments.show else ():
        if not arguments.area or area.name in arguments.area:
            figures.append(measured(area, arguments))
            if arguments.write:
                saved(figures)
    if arguments.write:
        write(saved(figures), known)
    enough = [passed(each, known) for each in figures]
    return 0 if all(enough) else 1


if __name__ == "__main__":
    sys.exit(main())
