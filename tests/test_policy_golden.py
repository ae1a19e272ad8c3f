"""What `needful policy check` says about mistakes that people make: tests/golden/policy_mistakes.txt has it all.

Each file in tests/golden/policies is a policy with one mistake. After a change of the messages, or a new file,
`python tests/test_policy_golden.py` writes the golden file anew: read what has changed.
"""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from needful.errors import PolicyError, Problem
from needful.policy import Policy
from needful_cli import app

GOLDEN = Path(__file__).parent / "golden" / "policy_mistakes.txt"
POLICIES = GOLDEN.parent / "policies"
FILES = sorted(path.name for path in POLICIES.glob("*.yaml"))
SHOWN = 110


def problems_of(name: str) -> tuple[Problem, ...]:
    with chdir(POLICIES), pytest.raises(PolicyError) as caught:
        Policy.load(name)
    return caught.value.problems


def pointed_at(problem: Problem) -> list[str]:
    """The line of a problem, and an arrow below it; characters that do not show are escaped."""
    line = (POLICIES / problem.source).read_text("utf-8").split("\n")[problem.line - 1]
    before, after = (visible(part) for part in (line[: problem.column - 1], line[problem.column - 1 :]))
    return [f"{problem.line:>4} | {before}{after}"[:SHOWN].rstrip(), f"     | {' ' * len(before)}^"]


def visible(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def section(name: str) -> str:
    with chdir(POLICIES):
        done = CliRunner().invoke(app, ["policy", "check", name])
    assert done.exit_code == 3, name
    shown = dict.fromkeys("\n".join(pointed_at(problem)) for problem in problems_of(name))
    return "\n".join([f"## {name}", *shown, done.stdout.rstrip(), ""])


def golden() -> str:
    return "\n".join(section(name) for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_is_told_with_line_column_and_what_to_do(name: str) -> None:
    for problem in problems_of(name):
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message
        assert problem.hint


def test_what_is_said_about_mistakes_is_what_the_golden_file_has() -> None:
    assert golden() == GOLDEN.read_text("utf-8"), "python tests/test_policy_golden.py writes it anew"


def test_there_are_mistakes_of_many_kinds() -> None:
    assert len(FILES) >= 60


if __name__ == "__main__":
    GOLDEN.write_text(golden(), "utf-8")
