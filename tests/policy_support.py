"""What the tests of policies share: a small valid policy, and marks that say where a problem is expected."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from needful.errors import PolicyError
from needful.policy import Policy

MARK = "§"

HEAD = "needful: 1\nname: small\nversion: 1\n"
DETECT = "detect: {ner: none, reason: a test needs no model}\n"


def policy_text(purpose: str, *, head: str = HEAD, tail: str = "", detect: str = DETECT) -> str:
    """A policy with one purpose, `ask`, whose body is given."""
    body = indent(dedent(purpose) + ("" if "detect:" in purpose else detect), "    ")
    return f"{head}purposes:\n  ask:\n{body}{dedent(tail)}"


def small_policy(purpose: str = "fields: {page_content: scan}\n", *, tail: str = "") -> Policy:
    """Load a policy with one purpose, `ask`, whose body is given."""
    return Policy.parse(policy_text(purpose, tail=tail), "p.yaml")


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the marks out of a text; return it and the line and column of each, from 1."""
    places = []
    while MARK in text:
        before, _, after = text.partition(MARK)
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
        text = before + after
    return text, places


def refused(text: str) -> list[str]:
    """The problems of a policy that does not load, one line each."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text, "p.yaml")
    return [str(problem) for problem in caught.value.problems]


def assert_refused(text: str, *expected: str) -> None:
    """Check that a policy does not load, for exactly these reasons at exactly the marked places."""
    plain, places = marked(text)
    wanted = [f"p.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, expected, strict=True)]
    assert refused(plain) == wanted
