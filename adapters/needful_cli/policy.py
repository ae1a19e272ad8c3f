"""`needful policy`: check, test, explain and start policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import PolicyError, Problem
from needful_cli import explain
from needful_cli.common import JsonFlag, examples
from needful_cli.failures import POLICY, TESTS_FAILED, Group, usage_error
from needful_cli.output import plain, print_json, say

if TYPE_CHECKING:
    from needful.policy.linting import Lint
    from needful.testing import SuiteResult
    from needful.values import Identity

__all__ = ["Report", "commands"]

commands = typer.Typer(cls=Group, help="Check, test and explain policies.", rich_markup_mode=None)

SUITE = "_test"
Paths = Annotated[list[Path], typer.Argument(metavar="FILE|DIR", help="YAML files, or folders of them.")]


@commands.command(
    "check",
    epilog=examples("needful policy check policies/customer-service.yaml", "needful policy check policies --json"),
)
def _check(paths: Paths, json_: JsonFlag = False) -> None:
    """Say everything that is wrong with policies and their test suites, with file, line and column.

    What loads also gets remarks: notes for the reviewer (every keep with its reason) and warnings (what was probably
    not meant). Ends with 3 if a file does not load; remarks do not count. Needs no Qdrant, no Presidio and no model.
    """
    reports = [_report(path) for path in _yaml_files(paths)]
    if json_:
        print_json({"files": [report.as_json() for report in reports]})
    else:
        for line in (line for report in reports for line in report.lines()):
            say(line)
    if any(report.problems for report in reports):
        raise typer.Exit(POLICY)


@dataclass(frozen=True, slots=True)
class Report:
    """What checking one file found. `title` says what it is, if it loads; `policy` is there if it is a policy."""

    file: str
    title: str = ""
    policy: Identity | None = None
    problems: tuple[Problem, ...] = ()
    lints: tuple[Lint, ...] = ()

    def lines(self) -> Iterator[str]:
        """What is printed for people."""
        yield from map(str, self.problems)
        yield from map(str, self.lints)
        if not self.problems:
            yield f"{self.file}: ok, {self.title}"

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        lints = [{"severity": lint.severity, **plain(lint.problem)} for lint in self.lints]
        found = {"file": self.file, "ok": not self.problems, "policy": plain(self.policy)}
        return {**found, "problems": plain(self.problems), "lints": lints}


def _report(path: Path) -> Report:
    from needful.policy import Policy
    from needful.policy.linting import lint
    from needful.policy.suites import Suite

    try:
        if path.stem.endswith(SUITE):
            return Report(str(path), f"{len(Suite.load(path).cases)} tests")
        policy = Policy.load(path)
    except PolicyError as error:
        return Report(str(path), problems=error.problems or (Problem(str(path), 0, 0, error.message, error.hint),))
    title = f"{policy.name} version {policy.version}, digest {policy.digest}"
    return Report(str(path), title, policy.identity, lints=lint(policy))


def _yaml_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the YAML files in folders. Raises `UsageProblems` where there are none."""
    found = [file for path in paths for file in (_in_folder(path) if path.is_dir() else [path])]
    if not found:
        raise usage_error("there are no YAML files in the folder", "needful policy init NAME copies a starter policy")
    return list(dict.fromkeys(found))


def _in_folder(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())


@commands.command(
    "test", epilog=examples("needful policy test policies", "needful policy test policies/customer-service_test.yaml")
)
def _test(paths: Paths, json_: JsonFlag = False) -> None:
    """Run the test suites of policies: NAME_test.yaml beside NAME.yaml.

    Each test puts its records into a store in memory and asks its question through the real pipeline, with the
    detection that the policy asks for. Ends with 4 if a test fails.
    """
    from needful.testing import run_suite
    from needful_presidio import PresidioOperators, detector_for

    suites = _suites(paths)
    operators = PresidioOperators()
    ran = [(suite, run_suite(suite, detector_for=detector_for, operators=operators)) for suite in suites]
    if json_:
        print_json({"suites": [_ran_as_json(suite, result) for suite, result in ran]})
    else:
        for line in (line for suite, result in ran for line in _ran(suite, result)):
            say(line)
    if any(result.failures for _, result in ran):
        raise typer.Exit(TESTS_FAILED)


def _suites(paths: Sequence[Path]) -> list[Path]:
    """The suites among the files; of a policy that was named, the one beside it.

    Raises `PolicyError` where a file is missing, as loading it would.
    """
    from needful.policy.suites import suite_path

    named = [path if path.is_dir() or path.stem.endswith(SUITE) else suite_path(path) for path in paths]
    for path in (*paths, *named):
        if not path.exists():
            hint = "" if path in paths else "a policy's test suite lies beside it, as NAME_test.yaml"
            raise PolicyError.of([Problem(str(path), 0, 0, "there is no such file", hint)])
    found = [file for file in _yaml_files(named) if file.stem.endswith(SUITE)]
    if not found:
        raise usage_error("there is no test suite", "it lies beside its policy, as NAME_test.yaml")
    return found


def _ran(suite: Path, result: SuiteResult) -> Iterator[str]:
    for case in result.failures:
        yield f"{suite}:{case.line}: {case.name}: {case.problem}"
    passed = len(result.results) - len(result.failures)
    yield f"{suite}: {passed} of {len(result.results)} passed"


def _ran_as_json(suite: Path, result: SuiteResult) -> dict[str, Any]:
    identity = result.policy.identity
    return {"suite": str(suite), "policy": plain(identity), "results": plain(result.results)}


@commands.command("schema", epilog=examples("needful policy schema > policy.schema.json"))
def _schema() -> None:
    """Print the JSON Schema of policy files, for editors: yaml-language-server completes and checks with it."""
    from needful.policy.schema import schema

    print_json(schema())


@commands.command(
    "init", epilog=examples("needful policy init", "needful policy init customer-service --into policies")
)
def _init(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one; without it, their names.")] = None,
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The folder to copy into; made if needed.")
    ] = Path(),
) -> None:
    """Copy a starter policy and its test suite, to be changed. Never overwrites a file."""
    from needful.resources import policy_names, policy_text, suite_text

    if name is None:
        say("\n".join(policy_names()))
        return
    if name not in policy_names():
        raise usage_error("no starter policy of this name", f"there are: {', '.join(policy_names())}")
    texts = {into / f"{name}.yaml": policy_text(name), into / f"{name}{SUITE}.yaml": suite_text(name)}
    for path in texts:
        if path.exists():
            raise usage_error(f"{path} is there already", "remove it, or copy into another folder")
    for path, text in texts.items():
        _written(path, text)
        say(str(path))


def _written(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return
    except OSError:
        pass
    raise usage_error(f"{path} cannot be written", "check the folder's permissions")


commands.command("explain", epilog=explain.EXAMPLES)(explain.explain)
