"""Remarks about the fields of a purpose: what they show, and what can be found out though they do not show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from needful.paths import ANY, FieldPath
from needful.policy.document import FieldRule, Omit, Purpose, Scan
from needful.policy.finding import Finding
from needful.policy.linting.subject import Subject
from needful.policy.linting.whens import effective, implies
from needful.policy.suggestions import close
from needful.policy.text import quoted
from needful.policy.walking import field_rules
from needful.values import Action

__all__ = ["fetched_though_omitted", "idle_rules", "kept_by_wildcard", "side_channels", "without_text"]

# Operators with which a caller finds out a value step by step (prefix filters alone recover a whole number).
_PROBING = frozenset({"prefix", "text", "phrase", "range"})
_EACH = "[]"


def side_channels(subject: Subject) -> Iterator[Finding]:
    """Find what callers may probe though they are not shown all of it."""
    for index, filterable in enumerate(subject.purpose.filterable):
        probing = [operator for operator in filterable.operators if operator in _PROBING]
        if not probing:
            continue
        rules = _rules_of(filterable.key, subject)
        at = (*subject.at, "filterable", index)
        by = ", ".join(probing)
        if any(isinstance(rule, Scan) for rule in rules):
            message = f"a caller can find out what is redacted in {quoted(filterable.key)} step by step by {by}"
            yield Finding(at, message, "allow equals and any only: a filter sees the text before it is redacted")
        elif not _is_shown_to_all(rules, subject.purpose):
            message = f"a caller can find out {quoted(filterable.key)} step by step by {by}"
            yield Finding(at, message, "allow equals and any only, or disclose the field")


def _is_shown_to_all(rules: Sequence[FieldRule], purpose: Purpose) -> bool:
    everybody = effective(purpose.when, None)
    always = [rule for rule in rules if implies(everybody, rule.when)]
    return bool(always) and all(rule.action == Action.KEEP for rule in rules)


def _rules_of(key: str, subject: Subject) -> Sequence[FieldRule]:
    """The rules that decide about a payload key: its own, those of an object that it lies in, or a wildcard's."""
    wanted = _bare(FieldPath.parse(key).steps)
    fields = {path: _bare(FieldPath.parse(path).steps) for path in subject.purpose.fields}
    for path, steps in fields.items():
        if wanted[: len(steps)] == steps:
            return subject.purpose.fields[path]
    named = [*fields.values(), _bare(FieldPath.parse(subject.document.layout.text).steps)]
    for path, steps in fields.items():
        if ANY in steps and _stands_for(steps, wanted) and not _is_named(steps.index(ANY), steps, wanted, named):
            return subject.purpose.fields[path]
    return ()


def _bare(steps: Sequence[str]) -> tuple[str, ...]:
    # Qdrant filters an array by its elements, with or without brackets.
    return tuple(step for step in steps if step != _EACH)


def _stands_for(wildcard: Sequence[str], steps: Sequence[str]) -> bool:
    pairs = zip(wildcard, steps, strict=False)
    return len(wildcard) <= len(steps) and all(one in (ANY, other) for one, other in pairs)


def _is_named(at: int, wildcard: Sequence[str], steps: Sequence[str], named: Sequence[Sequence[str]]) -> bool:
    """Whether a wildcard leaves a key out because another path of the purpose names it."""
    return any(other != wildcard and tuple(other[: at + 1]) == tuple(steps[: at + 1]) for other in named)


def without_text(subject: Subject) -> Iterator[Finding]:
    """Find that no rule is the text field's: what was meant to be one is disclosed as metadata, or not there at all."""
    text, at = subject.document.layout.text, (*subject.at, "fields")
    wanted = FieldPath.parse(text).steps
    steps = {path: FieldPath.parse(path).steps for path in subject.purpose.fields}
    if wanted in steps.values():
        return
    outer = next((path for path, outer in steps.items() if wanted[: len(outer)] == outer), None)
    if outer is not None:
        message = f"documents of this purpose have no text: {quoted(text)} is only a part of {quoted(outer)}"
        yield Finding((*at, outer), message, "give the parts rules of their own", "key")
        return
    message = f"documents of this purpose have no text: {quoted(text)}, the layout's text field, has no rule"
    similar = next((path for path in steps if close(path, [text])), None)
    if similar is not None:
        yield Finding((*at, similar), message, close(similar, [text]), "key")
    else:
        yield Finding(at, message, f"add {text}: scan, or name the text field in layout", "key")


def idle_rules(subject: Subject) -> Iterator[Finding]:
    """Find entity rules and known fields of a purpose that scans nothing."""
    purpose, at = subject.purpose, subject.at
    if any(isinstance(rule, Scan) for _, rule in field_rules(purpose, at)):
        return
    if purpose.entities:
        message = "no field is scanned, so these rules act on the question only"
        yield Finding((*at, "entities"), message, "scan a text field, or remove them", "key")
    if purpose.detect.known:
        message = "no field is scanned, so known values are looked for only in the question, after it was embedded"
        yield Finding((*at, "detect", "known"), message, "scan a text field, or remove them", "key")


def kept_by_wildcard(subject: Subject) -> Iterator[Finding]:
    """Find wildcards that keep what nobody has seen yet."""
    for place, rule in field_rules(subject.purpose, subject.at):
        path = str(place[3])
        if rule.action == Action.KEEP and FieldPath.parse(path).wildcard is not None:
            message = f"{quoted(path)} keeps every field there, those that are added to the data later too"
            yield Finding(place, message, "name the fields that may be shown, or scan instead of keep", "key")


def fetched_though_omitted(subject: Subject) -> Iterator[Finding]:
    """Find omitted fields that leave the database with the object whose keys a wildcard stands for."""
    parsed = {path: FieldPath.parse(path) for path in subject.purpose.fields}
    wildcards = {path: found for path, found in parsed.items() if found.wildcard is not None}
    for place, rule in field_rules(subject.purpose, subject.at):
        omitted = parsed[str(place[3])]
        if not isinstance(rule, Omit) or place[4] != 0 or omitted.wildcard is not None:
            continue
        for path, wildcard in wildcards.items():
            whole = wildcard.before_wildcard.steps
            if omitted.steps[: len(whole)] == whole:
                message = f"{quoted(omitted.text)} still leaves the database, because {quoted(path)} is fetched whole"
                hint = "nobody is shown it; to leave it in the database, name the other fields one by one"
                yield Finding(place, message, hint, "key")
                break
