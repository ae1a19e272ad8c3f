"""How the result of a check is printed: for people, as JSON, for GitHub's annotations, and as SARIF 2.1.0."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from needful.errors import Problem
from needful_cli.output import plain, print_json, say

if TYPE_CHECKING:
    from needful.policy.linting.lint import Lint
    from needful.policy.linting.rules import Level
    from needful.values import Identity

__all__ = ["PRINTERS", "Format", "Report", "Said"]

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class Format(StrEnum):
    """What `--format` takes."""

    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a check says: an id of `needful.policy.linting.rules`, its level, and where and what."""

    rule: str
    level: Level
    problem: Problem

    @property
    def text(self) -> str:
        """The message, and what to do."""
        return f"{self.problem.message} ({self.problem.hint})" if self.problem.hint else self.problem.message


@dataclass(frozen=True, slots=True)
class Report:
    """What checking one file found. `title` says what it is, if it loads.

    `policy` is there if it is a policy, `parent` if it extends one.
    """

    file: str
    title: str = ""
    policy: Identity | None = None
    parent: Identity | None = None
    problems: tuple[Problem, ...] = ()
    lints: tuple[Lint, ...] = ()

    @property
    def has_warnings(self) -> bool:
        """Whether anything was probably not meant."""
        return any(lint.severity == "warning" for lint in self.lints)

    def said(self) -> Iterator[Said]:
        """Yield everything that was found, errors first."""
        from needful.policy.linting.rules import rule_of

        yield from (Said(rule_of(problem).id, "error", problem) for problem in self.problems)
        yield from (Said(lint.rule, lint.severity, lint.problem) for lint in self.lints)


def _print_for_people(reports: Sequence[Report]) -> None:
    for report in reports:
        for found in (*report.problems, *report.lints):
            say(str(found))
        if not report.problems:
            say(f"{report.file}: ok, {report.title}")


def _print_json(reports: Sequence[Report]) -> None:
    print_json({"files": [_as_json(report) for report in reports]})


def _as_json(report: Report) -> dict[str, Any]:
    said = list(report.said())
    problems = [{"rule": each.rule, **plain(each.problem)} for each in said if each.level == "error"]
    lints = [
        {"rule": each.rule, "severity": each.level, **plain(each.problem)} for each in said if each.level != "error"
    ]
    policy = {"policy": plain(report.policy), "parent": plain(report.parent)}
    return {"file": report.file, "ok": not report.problems, **policy, "problems": problems, "lints": lints}


_COMMANDS: Mapping[str, str] = MappingProxyType({"error": "error", "warning": "warning", "note": "notice"})


def _print_for_github(reports: Sequence[Report]) -> None:
    # Workflow commands only: a line that begins with a file's name could be one, too.
    for said in (said for report in reports for said in report.said()):
        where = {"file": _relative(said.problem.source).as_posix()}
        if said.problem.line > 0:
            where |= {"line": str(said.problem.line), "col": str(said.problem.column)}
        where["title"] = f"needful {said.rule}"
        properties = ",".join(f"{name}={_property(value)}" for name, value in where.items())
        say(f"::{_COMMANDS[said.level]} {properties}::{_data(said.text)}")


def _data(text: str) -> str:
    """Escape the message of a workflow command, as GitHub's own toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command: what ends one, too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _print_sarif(reports: Sequence[Report]) -> None:
    from needful import __version__
    from needful.policy.linting.rules import RULES

    ids = list(RULES)
    rules = [
        {"id": rule.id, "shortDescription": {"text": rule.says}, "defaultConfiguration": {"level": rule.level}}
        for rule in RULES.values()
    ]
    run = {
        "tool": {"driver": {"name": "needful", "version": __version__, "rules": rules}},
        # Without it, a viewer counts UTF-16 units (SARIF 2.1.0 §3.14.17).
        "columnKind": "unicodeCodePoints",
        "results": [_result(said, ids.index(said.rule)) for report in reports for said in report.said()],
    }
    print_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(said: Said, index: int) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": _uri(said.problem.source)}}
    if said.problem.line > 0:
        # §3.30.5: lines and columns count from 1; without a region the whole file is meant.
        where["region"] = {"startLine": said.problem.line, "startColumn": said.problem.column}
    about = {"ruleId": said.rule, "ruleIndex": index, "level": said.level, "message": {"text": said.text}}
    return {**about, "locations": [{"physicalLocation": where}]}


def _uri(source: str) -> str:
    path = _relative(source)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _relative(source: str) -> Path:
    """The file as seen from the working directory; where it is not below it, its absolute path."""
    path = Path(os.path.abspath(source))  # noqa: PTH100 - resolve() would follow links, away from the repository
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


PRINTERS: Mapping[Format, Callable[[Sequence[Report]], None]] = MappingProxyType(
    {
        Format.HUMAN: _print_for_people,
        Format.JSON: _print_json,
        Format.GITHUB: _print_for_github,
        Format.SARIF: _print_sarif,
    }
)
"""How each format is printed on stdout."""
