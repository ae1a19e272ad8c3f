"""What a policy may say and a reviewer should see: every `keep`, and what probably was not meant.

A lint never stops a policy from loading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from needful.errors import Problem
from needful.paths import FieldPath
from needful.policy.document import FieldRule, PolicyDocument, Purpose, Scan
from needful.policy.finding import Finding
from needful.policy.loading import Policy
from needful.policy.not_yet import rules
from needful.policy.plain import Location
from needful.policy.suggestions import close
from needful.policy.text import quoted
from needful.values import Action

__all__ = ["Lint", "lint"]

Severity = Literal["warning", "note"]

# Operators with which a caller finds out a value step by step (prefix filters alone recover a whole number).
_PROBING = frozenset({"prefix", "text", "phrase", "range"})


@dataclass(frozen=True, slots=True)
class Lint:
    """One remark: a `warning` is probably a mistake, a `note` is for the reviewer."""

    severity: Severity
    problem: Problem

    def __str__(self) -> str:
        at = self.problem
        hint = f" ({at.hint})" if at.hint else ""
        return f"{at.source}:{at.line}:{at.column}: {self.severity}: {at.message}{hint}"


def lint(policy: Policy) -> tuple[Lint, ...]:
    """Return every remark, sorted by position."""
    found = [Lint(severity, policy.problem(finding)) for severity, finding in _lints(policy.document)]
    return tuple(sorted(found, key=lambda each: (each.problem.line, each.problem.column, each.problem.message)))


def _lints(document: PolicyDocument) -> Iterator[tuple[Severity, Finding]]:
    yield from (("note", finding) for finding in _kept(document))
    yield from (("warning", finding) for finding in _unused_recognizers(document))
    yield from (("warning", finding) for finding in _keys_in_the_file(document))
    for name, purpose in document.purposes.items():
        at: Location = ("purposes", name)
        yield from (("warning", finding) for finding in _side_channels(purpose, at))
        yield from (("warning", finding) for finding in _without_text(document.layout.text, purpose, (*at, "fields")))
        yield from (("warning", finding) for finding in _idle_rules(purpose, at))
        if purpose.detect.ner == "none":
            message = f"no model finds names in text: {purpose.detect.reason}"
            yield "note", Finding((*at, "detect", "ner"), message, "known values and recognizers have to suffice")


def _kept(document: PolicyDocument) -> Iterator[Finding]:
    for place, rule in rules(document):
        if rule.action is Action.KEEP:
            yield Finding(place, f"{quoted(str(place[-1]))} is kept: {rule.reason}", side="key")


def _unused_recognizers(document: PolicyDocument) -> Iterator[Finding]:
    used = {name for purpose in document.purposes.values() for name in purpose.detect.recognizers}
    for index, recognizer in enumerate(document.recognizers):
        if recognizer.name not in used:
            message = f"no purpose uses the recognizer {quoted(recognizer.name)}"
            yield Finding(("recognizers", index), message, "add it to detect.recognizers, or remove it")


def _keys_in_the_file(document: PolicyDocument) -> Iterator[Finding]:
    for place, rule in rules(document):
        if rule.operator == "encrypt":
            yield Finding(
                (*place, "params"), "a secret in the policy file", "use pseudonymize or hash: their key is not here"
            )


def _side_channels(purpose: Purpose, at: Location) -> Iterator[Finding]:
    for index, filterable in enumerate(purpose.filterable):
        probing = [operator for operator in filterable.operators if operator in _PROBING]
        if probing and not _is_disclosed(purpose.fields.get(filterable.key)):
            message = f"a caller can find out {quoted(filterable.key)} step by step by {', '.join(probing)}"
            yield Finding((*at, "filterable", index), message, "allow equals and any only, or disclose the field")


def _is_disclosed(rule: FieldRule | None) -> bool:
    return isinstance(rule, Scan) or (rule is not None and rule.action is Action.KEEP)


def _without_text(text: str, purpose: Purpose, at: Location) -> Iterator[Finding]:
    """Find that no rule is the text field's: what was meant to be one is disclosed as metadata, or not there at all."""
    wanted = FieldPath.parse(text).steps
    steps = {path: FieldPath.parse(path).steps for path in purpose.fields}
    if wanted in steps.values():
        return
    outer = next((path for path, outer in steps.items() if wanted[: len(outer)] == outer), None)
    if outer is not None:
        message = f"documents of this purpose have no text: {quoted(text)} is only a part of {quoted(outer)}"
        yield Finding((*at, outer), message, "give the parts rules of their own", "key")
        return
    message = f"documents of this purpose have no text: {quoted(text)}, the layout's text field, has no rule"
    similar = next((path for path in purpose.fields if close(path, [text])), None)
    if similar is not None:
        yield Finding((*at, similar), message, close(similar, [text]), "key")
    else:
        yield Finding(at, message, f"add {text}: scan, or name the text field in layout", "key")


def _idle_rules(purpose: Purpose, at: Location) -> Iterator[Finding]:
    if any(isinstance(rule, Scan) for rule in purpose.fields.values()):
        return
    if purpose.entities:
        message = "no field is scanned, so these rules act on the question only"
        yield Finding((*at, "entities"), message, "scan a text field, or remove them", "key")
    if purpose.detect.known:
        message = "no field is scanned, so known values are looked for only in the question, after it was embedded"
        yield Finding((*at, "detect", "known"), message, "scan a text field, or remove them", "key")
