"""What the tests of remarks share: a policy with marks in it, and what one rule says at each mark."""

from __future__ import annotations

from needful.policy import Policy
from needful.policy.linting.lint import Around, lint
from policy_support import marked, policy_text

MODEL = "detect: {ner: 'spacy:en_core_web_sm'}\n"
SCAN = "fields: {page_content: scan}\n"


def purpose(body: str, *, tail: str = "") -> str:
    """A policy with one purpose, `ask`, that has a model."""
    return policy_text(body, detect=MODEL, tail=tail)


def rules_of(text: str, around: Around | None = None) -> list[str]:
    """The ids of everything that is remarked on a policy."""
    return [each.rule for each in lint(Policy.parse(text, "p.yaml"), around)]


def assert_remarks(text: str, rule: str, *expected: str, around: Around | None = None) -> None:
    """Check what one rule says of a policy: exactly this, exactly at the marked places."""
    plain, places = marked(text)
    found = [each for each in lint(Policy.parse(plain, "p.yaml"), around) if each.rule == rule]
    wanted = [f"p.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, expected, strict=True)]
    assert [str(each) for each in found] == wanted
