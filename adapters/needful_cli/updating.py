"""`needful policy test --update`: failing tests get what came out for their expectation, once somebody has agreed.

This is the one place where a test's output is shown, in the difference between the two files: suites hold invented
data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from needful_cli.failures import UsageProblems, usage_error
from needful_cli.output import say

if TYPE_CHECKING:
    from needful.testing import CaseResult, SuiteResult

__all__ = ["updated"]

BOM = b"\xef\xbb\xbf"


def updated(suite: Path, result: SuiteResult, *, yes: bool) -> bool:
    """Show what would change in a suite, ask, and write it. Returns whether it was written.

    Raises `UsageProblems` where the file cannot be written, or was changed since it was read.
    """
    from needful.policy.plain import read
    from needful.policy.text import checked, read_file

    before = checked(read_file(suite, str(suite)), str(suite))
    if read(before, str(suite)).data != result.suite.tree.data:
        raise _changed_meanwhile(suite)
    after, accepted = before, 0
    for case in result.failures:
        changed, why_not = _changed(after, result, case)
        if why_not:
            say(f"{suite}:{case.line}: {case.name}: not updated: {why_not}")
        after, accepted = changed, accepted + (not why_not)
    if after == before:
        return False
    for line in _differences(suite, before, after):
        say(line)
    if not (yes or _agreed(suite, accepted)):
        return False
    _write(suite, before, after)
    say(f"{suite}: {accepted} expectation{'' if accepted == 1 else 's'} updated")
    return True


def _changed(text: str, result: SuiteResult, case: CaseResult) -> tuple[str, str]:
    """The suite with another expectation for one test, or as it was and why."""
    from needful.policy.suites.accepting import NotAcceptable, accepted
    from needful.policy.suites.rewriting import NotWritable, replaced

    if case.outcome is None:
        return text, "the request could not be made"
    place = case.case.place
    written = result.suite.tree.node(place)
    try:
        changed = replaced(text, place, accepted(written, case.case.expect, case.outcome))
    except (NotAcceptable, NotWritable) as error:
        return text, str(error)  # static texts
    if changed == text:
        return text, "what restore expects is changed by hand"
    return changed, ""


def _differences(suite: Path, before: str, after: str) -> Iterator[str]:
    both = (before.splitlines(), after.splitlines())
    yield from difflib.unified_diff(*both, str(suite), f"{suite} (updated)", lineterm="")


def _agreed(suite: Path, count: int) -> bool:
    question = f"Write {count} expectation{'' if count == 1 else 's'} to {suite}?"
    try:
        return typer.confirm(question, default=False)
    except typer.Abort:
        typer.echo()
        return False


def _write(suite: Path, before: str, after: str) -> None:
    mark = b""
    try:
        there = suite.read_bytes()
        mark = BOM if there.startswith(BOM) else b""
        is_as_read = there == mark + before.encode()
        if is_as_read:
            suite.write_bytes(mark + after.encode())
            return
    except OSError:
        is_as_read = True
    if is_as_read:
        raise usage_error(f"{suite} cannot be written", "check its permissions")
    raise _changed_meanwhile(suite)


def _changed_meanwhile(suite: Path) -> UsageProblems:
    return usage_error(f"{suite} was changed in the meantime", "run the tests again")
