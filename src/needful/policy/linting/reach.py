"""Rules that never decide anything, and principals for whom no rule is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from needful.policy.document import FieldRule, Omit, Rule, Scan, When
from needful.policy.finding import Finding
from needful.policy.linting.subject import Subject
from needful.policy.linting.whens import Held, effective, implies
from needful.policy.plain import Location
from needful.policy.text import quoted

__all__ = ["refused_for_others", "unreachable_rules"]

AnyRule = FieldRule | Rule


def unreachable_rules(subject: Subject) -> Iterator[Finding]:
    """Find rules that never hold, and rules that another one of their list always overrules."""
    purpose, at = subject.purpose, subject.at
    groups: tuple[tuple[str, Mapping[str, Sequence[AnyRule]]], ...] = (
        ("fields", purpose.fields),
        ("entities", purpose.entities),
    )
    for kind, group in groups:
        for name, rules in group.items():
            yield from _in_list(subject, rules, (*at, kind, name))
    for entity, when in purpose.restore.items():
        if effective(purpose.when, when) is None:
            yield _excluded(quoted(entity), "nobody can restore it", when, subject, (*at, "restore", entity))


def _in_list(subject: Subject, rules: Sequence[AnyRule], at: Location) -> Iterator[Finding]:
    outer = subject.purpose.when
    held = [effective(outer, rule.when) for rule in rules]
    for index, rule in enumerate(rules):
        place = (*at, index)
        if held[index] is None:
            yield _excluded(quoted(str(at[3])), "this rule never holds", rule.when, subject, (*place, "when"))
            continue
        other = _overruling(index, rules, held)
        if other is not None:
            yield _overruled(subject, rule, rules[other], place, (*at, other))


def _excluded(name: str, so: str, when: When | None, subject: Subject, place: Location) -> Finding:
    asked = (when or {}).items()
    attributes = [name for name, values in asked if effective(subject.purpose.when, {name: values}) is None]
    line = subject.line((*subject.at, "when"))
    message = f"{name}: {so}, because the purpose's own when asks for another {' or '.join(attributes)} ({line})"
    return Finding(place, message, "make the two agree, or remove this one", "key")


def _overruling(index: int, rules: Sequence[AnyRule], held: Sequence[Held | None]) -> int | None:
    """The rule that always holds where this one does, and is at least as strict. The first of two equals stays."""
    rule = rules[index]
    for other, rival in enumerate(rules):
        if other == index or held[other] is None or not implies(held[index], rival.when):
            continue
        if _strictness(rival) > _strictness(rule):
            return other
        is_first = index < other and implies(held[other], rule.when)
        if _strictness(rival) == _strictness(rule) and not is_first and not _may_differ(rule, rival):
            return other
    return None


def _may_differ(one: AnyRule, other: AnyRule) -> bool:
    # Of two scans, the parts that show less are put together.
    return isinstance(one, Scan) and isinstance(other, Scan) and one.select != other.select


def _strictness(rule: AnyRule) -> float:
    if isinstance(rule, Omit):
        return float("inf")
    return 0.5 if isinstance(rule, Scan) else rule.action.rank


def _overruled(subject: Subject, rule: AnyRule, other: AnyRule, place: Location, at: Location) -> Finding:
    name, line = quoted(str(place[3])), subject.line(at)
    stricter = _strictness(other) > _strictness(rule)
    if stricter:
        why, hint = f"holds whenever it does, and {other.action} is stricter", "the strictest rule that holds decides"
        hint += ": give that one a when of its own, or remove this one"
    elif _same(rule, other):
        why, hint = "does the same whenever it holds", "remove one of the two"
    else:
        why = "holds whenever it does, and two different actions of one strictness redact"
        hint = "give each a when of its own, or write redact once"
    return Finding(place, f"{name}: this rule ({rule.action}) never decides: the one on {line} {why}", hint)


def _same(one: AnyRule, other: AnyRule) -> bool:
    return isinstance(one, Rule) == isinstance(other, Rule) and getattr(one, "treatment", None) == getattr(
        other, "treatment", None
    )


def refused_for_others(subject: Subject) -> Iterator[Finding]:
    """Find that a purpose has no field for those whom none of its rules is for."""
    purpose = subject.purpose
    everybody = effective(purpose.when, None)
    shown = [rule for rules in purpose.fields.values() for rule in rules if not isinstance(rule, Omit)]
    if shown and not any(implies(everybody, rule.when) for rule in shown):
        attributes = " or ".join(dict.fromkeys(name for rule in shown for name in rule.when or ()))
        message = f"whoever fits none of these rules, by {attributes}, is refused"
        hint = "this may be meant; write it as the purpose's own when to say so, or add a rule for everybody"
        yield Finding((*subject.at, "fields"), message, hint, "key")
