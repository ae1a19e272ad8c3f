"""`needful policy test`: runs the suites that lie beside policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import PolicyError, Problem
from needful_cli.common import JsonFlag, examples
from needful_cli.failures import TESTS_FAILED, usage_error
from needful_cli.output import plain, print_json, say
from needful_cli.policy_files import SUITE, Paths, yaml_files

if TYPE_CHECKING:
    from needful.testing import Coverage, SuiteResult

__all__ = ["EXAMPLES", "run"]

EXAMPLES = examples(
    "needful policy test policies",
    "needful policy test policies/customer-service_test.yaml -k agent --watch",
    "needful policy test policies --coverage --junit report.xml",
)

NamedFlag = Annotated[
    str, typer.Option("--filter", "-k", metavar="TEXT", help="Only tests whose name has this in it, in any case.")
]
CoverageFlag = Annotated[
    bool, typer.Option("--coverage", help="Say which rules and entities of the policies no test exercised.")
]
RequireFlag = Annotated[bool, typer.Option("--require-coverage", help="The same, and end with 4 if there are any.")]
JunitFlag = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML.")]
UpdateFlag = Annotated[
    bool,
    typer.Option("--update", help="Show what failing tests would have to expect, and write it if you agree."),
]
YesFlag = Annotated[bool, typer.Option("--yes", help="With --update: write without asking.")]
WatchFlag = Annotated[
    bool, typer.Option("--watch", help="Run again whenever a suite, its policy or a parent changes, until Ctrl-C.")
]


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the command was called."""

    paths: Sequence[Path]
    named: str
    coverage: bool
    require_coverage: bool
    junit: Path | None
    update: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Ran:
    suite: Path
    result: SuiteResult


def run(
    paths: Paths,
    named: NamedFlag = "",
    coverage: CoverageFlag = False,
    require_coverage: RequireFlag = False,
    junit: JunitFlag = None,
    update: UpdateFlag = False,
    yes: YesFlag = False,
    watch: WatchFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Run the test suites of policies: NAME_test.yaml beside NAME.yaml.

    Each test puts its records into a store in memory and asks its question through the real pipeline, with the
    detection that the policy asks for. Ends with 4 if a test fails. Nothing that came out is shown, except by --update.
    """
    if json_ and (update or watch):
        raise usage_error("--json goes with neither --update nor --watch", "they are for people")
    if update and watch:
        raise usage_error("--update does not go with --watch", "update once, then watch")
    if yes and not update:
        raise usage_error("--yes without --update", "nothing is asked for")
    wish = _Wish(paths, named, coverage or require_coverage, require_coverage, junit, update, yes, json_)
    if watch:
        _watched(wish)
    elif not _run(wish):
        raise typer.Exit(TESTS_FAILED)


def _watched(wish: _Wish) -> None:
    from needful_cli.watching import watch, with_policies

    _suites(wish.paths)
    watch(lambda: _run(wish), lambda: with_policies(_suites(wish.paths)))


def _run(wish: _Wish) -> bool:
    """Run the suites and say how they went; return whether all is fine."""
    ran = _results(_suites(wish.paths), wish.named)
    if not any(one.result.results for one in ran):
        raise usage_error("no test has this in its name", "--filter takes a part of a test's name")
    covered = _covered(ran) if wish.coverage else ()
    if wish.junit is not None:
        from needful_cli.junit import written

        written(wish.junit, [(one.suite, one.result) for one in ran])
    if wish.as_json:
        _print(ran, covered, wish)
    else:
        for line in (*_lines(ran), *_coverage_lines(covered)):
            say(line)
    if wish.update and _updated(ran, wish):
        ran = _results([one.suite for one in ran], wish.named)
        say(_total(ran))
    missing = wish.require_coverage and any(one.missing for one in covered)
    return not missing and not any(one.result.failures for one in ran)


def _results(suites: Iterable[Path], named: str) -> list[_Ran]:
    from needful.testing import run_suite
    from needful_faker import FakerSurrogates
    from needful_presidio import PresidioOperators, detector_for

    def result(suite: Path) -> SuiteResult:
        return run_suite(
            suite, detector_for=detector_for, operators=PresidioOperators(), surrogates=FakerSurrogates(), named=named
        )

    return [_Ran(suite, result(suite)) for suite in suites]


def _suites(paths: Sequence[Path]) -> list[Path]:
    """The suites among the files; of a policy that was named, the one beside it.

    Raises `PolicyError` where a file is missing, as loading it would.
    """
    from needful.policy.suites.suite import suite_path

    named = [path if path.is_dir() or path.stem.endswith(SUITE) else suite_path(path) for path in paths]
    for path in (*paths, *named):
        if not path.exists():
            hint = "" if path in paths else "a policy's test suite lies beside it, as NAME_test.yaml"
            raise PolicyError.of([Problem(str(path), 0, 0, "there is no such file", hint)])
    found = [file for file in yaml_files(named) if file.stem.endswith(SUITE)]
    if not found:
        raise usage_error("there is no test suite", "it lies beside its policy, as NAME_test.yaml")
    return found


def _covered(ran: Iterable[_Ran]) -> tuple[Coverage, ...]:
    from needful.testing import coverage_of

    return coverage_of(one.result for one in ran)


def _updated(ran: Iterable[_Ran], wish: _Wish) -> bool:
    from needful_cli.updating import updated

    # All, and then any: each suite is shown and asked about, whatever the answer for the others.
    written = [updated(one.suite, one.result, yes=wish.yes) for one in ran if one.result.failures]
    return any(written)


# for people


def _lines(ran: Sequence[_Ran]) -> Iterator[str]:
    yield from dict.fromkeys(note for one in ran for note in _loosened(one.result))
    for one in ran:
        for case in one.result.failures:
            yield f"{one.suite}:{case.line}: {case.name}: {case.problem}"
        yield f"{one.suite}: {_passed([one])}"
    if len(ran) > 1:
        yield _total(ran)


def _total(ran: Sequence[_Ran]) -> str:
    return f"{len(ran)} suite{'' if len(ran) == 1 else 's'}: {_passed(ran)}"


def _passed(ran: Iterable[_Ran]) -> str:
    results = [result for one in ran for result in one.result.results]
    passed = sum(result.problem is None for result in results)
    left_out = sum(len(one.result.suite.cases) for one in ran) - len(results)
    return f"{passed} of {len(results)} passed" + (f", {left_out} left out" if left_out else "")


def _loosened(result: SuiteResult) -> Iterator[str]:
    """What the policy loosens of its parent, one line each: who reads a report shall see it."""
    from needful.policy.linting.lint import lint

    return (str(remark) for remark in lint(result.policy) if remark.rule == "unsafe-allow")


def _coverage_lines(covered: Iterable[Coverage]) -> Iterator[str]:
    for one in covered:
        yield from map(str, one.missing)
        if one.entities:
            yield f"{one.policy.source}: entities that no test exercises: {', '.join(one.entities)}"
        yield f"{one.policy.source}: {len(one.rules) - len(one.missing)} of {len(one.rules)} rules exercised"


# as JSON


def _print(ran: Iterable[_Ran], covered: Iterable[Coverage], wish: _Wish) -> None:
    printed: dict[str, Any] = {"suites": [_as_json(one) for one in ran]}
    if wish.coverage:
        printed["coverage"] = [
            {"policy": one.policy.source, "rules": plain(one.rules), "entities": one.entities} for one in covered
        ]
    print_json(printed)


def _as_json(one: _Ran) -> dict[str, Any]:
    result = one.result
    results = [{"name": case.name, "line": case.line, "problem": case.problem} for case in result.results]
    allowed = plain(result.policy.allowed)
    return {
        "suite": str(one.suite),
        "policy": plain(result.policy.identity),
        "results": results,
        "unsafe_allow": allowed,
    }
