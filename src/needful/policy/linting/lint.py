"""What a policy may say and a reviewer should see: every `keep`, and what probably was not meant.

    Policy → checks of the whole · of each purpose · of what is around it → Lint, each with its rule's id

A lint never stops a policy from loading. `lint_rules` says what each rule means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from needful.errors import Problem
from needful.policy.finding import Finding
from needful.policy.linting.around import key_files, missing_secrets, untested_purposes
from needful.policy.linting.detection import (
    broad_regexes,
    missing_recognizers,
    names_not_found,
    unused_recognizers,
    withholding_defaults,
    without_model,
)
from needful.policy.linting.fields import (
    fetched_though_omitted,
    idle_rules,
    kept_by_wildcard,
    side_channels,
    without_text,
)
from needful.policy.linting.reach import refused_for_others, unreachable_rules
from needful.policy.linting.review import kept, loosened, raw_question, secrets_in_the_file
from needful.policy.linting.rules import RULES
from needful.policy.linting.subject import Around, Subject
from needful.policy.linting.tokens import not_restorable, nothing_to_restore, shape_only
from needful.policy.loading import Policy

__all__ = ["Around", "Lint", "lint"]

Severity = Literal["warning", "note"]

_OF_A_POLICY: Mapping[str, Callable[[Policy], Iterator[Finding]]] = MappingProxyType(
    {"broad-regex": broad_regexes, "unused-recognizer": unused_recognizers}
)
_OF_A_PURPOSE: Mapping[str, Callable[[Subject], Iterator[Finding]]] = MappingProxyType(
    {
        "default-withholds": withholding_defaults,
        "idle-rules": idle_rules,
        "keep": kept,
        "missing-recognizer": missing_recognizers,
        "names-not-found": names_not_found,
        "no-model": without_model,
        "no-restore": not_restorable,
        "no-text": without_text,
        "nothing-to-restore": nothing_to_restore,
        "omit-is-fetched": fetched_though_omitted,
        "raw-question": raw_question,
        "refused-for-others": refused_for_others,
        "secret-in-policy": secrets_in_the_file,
        "side-channel": side_channels,
        "surrogate-shape": shape_only,
        "unreachable-rule": unreachable_rules,
        "unsafe-allow": loosened,
        "wildcard-keep": kept_by_wildcard,
    }
)
_AROUND: Mapping[str, Callable[[Policy, Around], Iterator[Finding]]] = MappingProxyType(
    {"key-file": key_files, "missing-secret": missing_secrets, "untested-purpose": untested_purposes}
)


@dataclass(frozen=True, slots=True)
class Lint:
    """One remark: a `warning` is probably a mistake, a `note` is for the reviewer. `rule` is its stable id."""

    severity: Severity
    problem: Problem
    rule: str

    def __str__(self) -> str:
        at = self.problem
        hint = f" ({at.hint})" if at.hint else ""
        return f"{at.source}:{at.line}:{at.column}: {self.severity}: {at.message}{hint}"


def lint(policy: Policy, around: Around | None = None) -> tuple[Lint, ...]:
    """Return every remark, sorted by position; those about what a parent policy says come last.

    What is around the policy is remarked on where it is given.
    """
    found = [_lint(policy, rule, finding) for rule, finding in _findings(policy, around)]
    return tuple(sorted(found, key=lambda each: (each.problem.source != policy.source, *_order(each.problem))))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    return problem.source, problem.line, problem.column, problem.message


def _lint(policy: Policy, rule: str, finding: Finding) -> Lint:
    severity: Severity = "warning" if RULES[rule].level == "warning" else "note"
    return Lint(severity, policy.problem(finding), rule)


def _findings(policy: Policy, around: Around | None) -> Iterator[tuple[str, Finding]]:
    for rule, of_a_policy in _OF_A_POLICY.items():
        yield from ((rule, finding) for finding in of_a_policy(policy))
    for name in policy.purposes:
        subject = Subject(policy, name)
        for rule, of_a_purpose in _OF_A_PURPOSE.items():
            yield from ((rule, finding) for finding in of_a_purpose(subject))
    if around is not None:
        for rule, of_around in _AROUND.items():
            yield from ((rule, finding) for finding in of_around(policy, around))
