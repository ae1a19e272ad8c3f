"""`needful policy check`: everything that is wrong with policies and their suites, and what a reviewer should see."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import PolicyError, Problem
from needful_cli.check_formats import PRINTERS, Format, Report
from needful_cli.common import JsonFlag, examples
from needful_cli.failures import POLICY, usage_error
from needful_cli.policy_files import SUITE, Paths

if TYPE_CHECKING:
    from needful.policy import Policy
    from needful.policy.linting.lint import Around

__all__ = ["EXAMPLES", "check"]

EXAMPLES = examples(
    "needful policy check policies/customer-service.yaml",
    "needful policy check policies --strict --format github",
    "needful policy check policies --format sarif > needful.sarif",
)

FormatFlag = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="human (the default), json, github (annotations of a pull request) or sarif (2.1.0, code scanning).",
        show_choices=False,
    ),
]
StrictFlag = Annotated[bool, typer.Option("--strict", help="End with 3 where there are warnings, too.")]


def check(paths: Paths, format_: FormatFlag = None, json_: JsonFlag = False, strict: StrictFlag = False) -> None:
    """Say everything that is wrong with policies and their test suites, with file, line and column.

    What loads also gets remarks: notes for the reviewer (every keep with its reason) and warnings (what was probably
    not meant). A folder stands for the YAML files in it and below it; hidden folders are left out. Ends with 3 if a
    file does not load; remarks do not count, with --strict warnings do. Needs no Qdrant, no Presidio and no model.
    """
    if json_ and format_ not in (None, Format.JSON):
        raise usage_error("--json and --format ask for two different things", "give one of them")
    reports = [_report(path) for path in _files(paths)]
    PRINTERS[Format.JSON if json_ else format_ or Format.HUMAN](reports)
    if any(report.problems or (strict and report.has_warnings) for report in reports):
        raise typer.Exit(POLICY)


def _files(paths: Sequence[Path]) -> list[Path]:
    found = [file for path in paths for file in (_below(path) if path.is_dir() else [path])]
    if not found:
        raise usage_error("there are no YAML files in the folder", "needful policy init NAME copies a starter policy")
    return list(dict.fromkeys(found))


def _below(folder: Path) -> Iterator[Path]:
    """The YAML files in a folder and below it. Raises `UsageProblems` where one cannot be read: nothing is skipped."""
    unreadable: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files = (Path(root, name) for name in sorted(names))
        yield from (file for file in files if file.suffix in (".yaml", ".yml") and file.is_file())
    if unreadable:
        raise usage_error(f"the folder {unreadable[0].filename} cannot be read", "check its permissions")


def _report(path: Path) -> Report:
    from needful.policy import Policy
    from needful.policy.linting.lint import lint
    from needful.policy.suites.suite import Suite

    try:
        if path.stem.endswith(SUITE):
            count = len(Suite.load(path).cases)
            return Report(str(path), "1 test" if count == 1 else f"{count} tests")
        policy = Policy.load(path)
    except PolicyError as error:
        return Report(str(path), problems=error.problems or (Problem(str(path), 0, 0, error.message, error.hint),))
    return Report(str(path), _title(policy), policy.identity, policy.parent, lints=lint(policy, _around(path)))


def _title(policy: Policy) -> str:
    parent = policy.parent
    extends = f"extends {parent.name} version {parent.version}, " if parent else ""
    return f"{policy.name} version {policy.version}, {extends}digest {policy.digest}"


def _around(path: Path) -> Around:
    from needful.policy.linting.lint import Around
    from needful.policy.suites.suite import Suite, suite_path

    beside, tested = suite_path(path), None
    try:
        suite = Suite.load(beside)
        if suite.policy.name == path.name:
            tested = frozenset(case.purpose for case in suite.cases if case.purpose is not None)
    except PolicyError:
        pass
    return Around.of(beside.name, tested, os.environ)
