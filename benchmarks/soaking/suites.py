"""Tests as rows of the page: pytest writes a JUnit file, each test or file becomes a row."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from soaking.machine import machine

__all__ = ["EXAMPLES", "GROUPS", "Case", "Group", "cases", "files", "leak_examples", "measured", "rows_of"]

Figures = dict[str, Any]

EXAMPLES = 10_000
"""Canaries that go through every door in a nightly run."""

A_CASE = 200
"""The fewest canaries of one case of the leak test, for one that failed before it recorded how many."""

LEAK_TEST = "tests/adapters/test_leaks.py"


@dataclass(frozen=True, slots=True)
class Group:
    """Files that make rows of one table under one rule."""

    table: str
    pattern: str
    rule: str
    by_test: bool = False
    """Whether each test is a row; else each file is one."""


GROUPS = (
    Group(
        "inputs",
        "tests/adapters/test_fail_closed_input*.py",
        "no canary seen, a typed error or a withheld record",
        True,
    ),
    Group(
        "faults",
        "tests/adapters/test_fail_closed_*.py",
        "no canary seen, a typed error or a withheld record, an entry in the ledger",
        True,
    ),
    Group("faults", "tests/test_ledger_*.py", "nothing acknowledged is lost, and no change goes unseen"),
    Group("inputs", "tests/test_policy_bad_input.py", "refused with place and reason; nothing is half read"),
    Group("inputs", LEAK_TEST, "no canary seen at any door"),
    Group("inputs", "tests/adapters/test_presidio_matrix.py", "redacted whole, but for the misses that the docs list"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One test that ran."""

    file: str
    test: str
    """Its name without parameters."""
    outcome: str
    """`passed`, `failed` or `skipped`."""
    recorded: Mapping[str, int] = field(default_factory=dict)
    """Whole numbers that the test recorded with `record_property`."""


def cases(report: str) -> list[Case]:
    """Read what pytest's `--junitxml` wrote."""
    return [_case(one) for one in ElementTree.fromstring(report).iter("testcase")]  # noqa: S314 - pytest wrote it


def _case(one: ElementTree.Element) -> Case:
    found = {child.tag for child in one}
    outcome = "failed" if found & {"failure", "error"} else "skipped" if "skipped" in found else "passed"
    file = one.get("classname", "").replace(".", "/") + ".py"
    properties = {each.get("name", ""): each.get("value", "") for each in one.iter("property")}
    recorded = {name: int(value) for name, value in properties.items() if value.isdecimal()}
    return Case(file, one.get("name", "").partition("[")[0], outcome, recorded)


def rows_of(found: Iterable[Case], repository: Path) -> list[Figures]:
    """Make the rows, in the order of the groups and of the tests."""
    rows: dict[tuple[str, str], Figures] = {}
    for case in found:
        group = _group(case.file)
        if group is not None:
            key = (case.file, case.test if group.by_test else "")
            empty = {"table": group.table, "what": _what(case, group, repository), "rule": group.rule}
            row = rows.setdefault(key, {**empty, "passed": 0, "failed": 0, "skipped": 0, "recorded": {}})
            row[case.outcome] += 1
            for name, number in case.recorded.items():
                row["recorded"][name] = row["recorded"].get(name, 0) + number
    return list(rows.values())


def _group(file: str) -> Group | None:
    return next((group for group in GROUPS if Path(file).match(group.pattern)), None)


def _what(case: Case, group: Group, repository: Path) -> str:
    if group.by_test:
        return case.test.removeprefix("test_").replace("_", " ")
    doc = ast.get_docstring(ast.parse((repository / case.file).read_text("utf-8"))) or case.file
    return doc.splitlines()[0].rstrip(".")


def measured(repository: Path, long: bool = True) -> Iterator[tuple[str, Figures]]:
    """Run the files of all groups, and every other that has a longer form, one by one: file and figures.

    With `long`, tests run at the size that they have for a soak (`NEEDFUL_SOAK=1`).
    """
    for file in files(repository):
        sys.stderr.write(f"{file}\n")
        found = _run(repository, [file], long=long)
        yield file, {**_about(), "long": long, "rows": rows_of(found, repository), "others": _others(found)}


def files(repository: Path) -> list[str]:
    """The files that make rows, in the order of the groups, and those that only have a longer form."""
    grouped = [path.relative_to(repository).as_posix() for path in _grouped(repository)]
    return list(dict.fromkeys([*grouped, *sorted(_marked(repository))]))


def leak_examples(repository: Path, least: int = EXAMPLES) -> Figures:
    """Send canaries through every door until there were `least` of them."""
    total, hits, failed, rounds = 0, 0, 0, 0
    while total < least:
        found = _run(repository, [LEAK_TEST], "-k", "no_canary_comes_out")
        if not found:
            raise SystemExit(f"{LEAK_TEST} has no case that sends canaries through the doors")
        total += sum(case.recorded.get("canaries", A_CASE) for case in found)
        hits += sum(case.recorded.get("hits", 0) for case in found)
        failed += sum(case.outcome == "failed" for case in found)
        rounds += 1
    return {**_about(), "canaries": total, "hits": hits, "failed": failed, "rounds": rounds}


def _about() -> Figures:
    return {"date": datetime.now(UTC).date().isoformat(), "machine": machine()}


def _others(found: Iterable[Case]) -> Figures:
    """Tests of no group: long runs that are not rows by themselves."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in found:
        if _group(case.file) is None:
            counts[case.outcome] += 1
    return counts


def _grouped(repository: Path) -> Iterator[Path]:
    for group in GROUPS:
        yield from sorted(repository.glob(group.pattern))


def _marked(repository: Path) -> Iterator[str]:
    for path in (repository / "tests").rglob("test_*.py"):
        if path.name != "test_benchmark_soak.py" and "NEEDFUL_SOAK" in path.read_text("utf-8"):
            yield path.relative_to(repository).as_posix()


def _run(repository: Path, chosen: Iterable[str], *options: str, long: bool = True) -> list[Case]:
    """Run pytest; what it says goes to standard error. Tests that cannot be collected are failed cases."""
    environment = {**os.environ, "NEEDFUL_SOAK": "1"}
    if not long:
        del environment["NEEDFUL_SOAK"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # The form that has room for what a test records with `record_property`.
        form = ("-o", "junit_family=xunit1", f"--junitxml={report}")
        command = [sys.executable, "-m", "pytest", "-q", *form, *options, *chosen]
        subprocess.run(command, cwd=repository, env=environment, stdout=sys.stderr, check=False)  # noqa: S603
        return cases(report.read_text("utf-8"))
