"""Which rules of a policy its tests exercised: what could be changed without any test noticing is not among them.

    when         a test was refused because its principal may not ask for the purpose
    filter       a test had a record that this condition kept out
    filterable   a test's filter by this key was let through
    field        a document came out of a record with a value there, for a principal for whom the rule decided; where
                 the rule drops or denies, the record was withheld or the question refused for it
    entity       its action shows in what was found in the text of a document or in the question, left a sentence out,
                 withheld the record or refused the question; `default` by an entity that has no rule of its own
    limit        a test had more records, sentences or characters than it lets through, or a score below it
    restore      a test turned a token of the entity back
    recognizer   it found something in a test

Of several rules for one field or entity those count that decided for the principal: the strictest that apply. Of the
limits, those that the policy gives. Known fields, `query` and `on_fault` are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from needful.policy import Policy
from needful.policy.document import Purpose, Recognizer
from needful.policy.entities import DEFAULT
from needful.policy.finding import Finding
from needful.policy.plain import Location
from needful.policy.walking import entity_rules, field_rules
from needful.testing.exercised import exercised
from needful.testing.suites import SuiteResult

__all__ = ["Coverage", "CoveredRule", "coverage_of"]


@dataclass(frozen=True, slots=True)
class CoveredRule:
    """One rule, where it stands (lines and columns from 1), and whether any test exercised it."""

    kind: str
    """when, filter, filterable, field, entity, limit, restore or recognizer."""
    purpose: str
    """Empty for a recognizer."""
    name: str
    """The field, entity, key, limit or recognizer; of several rules for one, with its number from 1."""
    source: str
    line: int
    column: int
    exercised: bool

    def __str__(self) -> str:
        where = f" of {self.purpose}" if self.purpose else ""
        return f"{self.source}:{self.line}:{self.column}: no test exercises {self.kind} {self.name}{where}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rules of one policy in the order of the file, and the entities that it names."""

    policy: Policy
    rules: tuple[CoveredRule, ...]
    entities: tuple[str, ...]
    """Entities that a rule or a recognizer of the policy names and no test exercised."""

    @property
    def missing(self) -> tuple[CoveredRule, ...]:
        """The rules that no test exercised."""
        return tuple(rule for rule in self.rules if not rule.exercised)


def coverage_of(results: Iterable[SuiteResult]) -> tuple[Coverage, ...]:
    """Say what the tests exercised, once a policy: suites of one policy count together."""
    by_policy: dict[tuple[str, str], list[SuiteResult]] = {}
    for result in results:
        by_policy.setdefault((result.policy.source, result.policy.digest), []).append(result)
    return tuple(_coverage(several) for several in by_policy.values())


def _coverage(results: list[SuiteResult]) -> Coverage:
    policy = results[0].policy
    seen = (case.seen for result in results for case in result.results if case.seen is not None)
    places = frozenset(place for one in seen for place in exercised(one))
    found = [(rule, place) for rule, place in _rules(policy) if place in places]
    rules = tuple(replace(rule, exercised=place in places) for rule, place in _rules(policy))
    named = {rule.name.partition(",")[0] for rule in rules if rule.kind == "entity"} - {DEFAULT}
    reached = {rule.name.partition(",")[0] for rule, _ in found if rule.kind == "entity"}
    own = {one.entity: ("recognizers", at) in places for at, one in enumerate(policy.recognizers)}
    reached |= {entity for entity, is_found in own.items() if is_found}
    return Coverage(policy, rules, tuple(sorted((named | set(own)) - reached)))


def _rules(policy: Policy) -> Iterator[tuple[CoveredRule, Location]]:
    for name, purpose in policy.purposes.items():
        for kind, label, place in _of_purpose(purpose, ("purposes", name)):
            yield _rule(policy, kind, name, label, place), place
    for index, recognizer in enumerate(policy.recognizers):
        yield _of_recognizer(policy, recognizer, ("recognizers", index)), ("recognizers", index)


def _of_recognizer(policy: Policy, recognizer: Recognizer, at: Location) -> CoveredRule:
    return _rule(policy, "recognizer", "", recognizer.name, at)


def _rule(policy: Policy, kind: str, purpose: str, name: str, at: Location) -> CoveredRule:
    place = policy.problem(Finding(at, "", side="key"))
    return CoveredRule(kind, purpose, name, place.source, place.line, place.column, False)


def _of_purpose(purpose: Purpose, at: Location) -> Iterator[tuple[str, str, Location]]:
    """Yield kind, name and place of everything in a purpose that a test can exercise."""
    if purpose.when is not None:
        yield "when", " and ".join(purpose.when), (*at, "when")
    yield from (("filter", key, (*at, "filter", key)) for key in purpose.filter)
    for index, filterable in enumerate(purpose.filterable):
        yield "filterable", filterable.key, (*at, "filterable", index)
    for place, _ in field_rules(purpose, at):
        yield "field", _numbered(place, len(purpose.fields[str(place[3])])), place
    for place, _ in entity_rules(purpose, at):
        yield "entity", _numbered(place, len(purpose.entities[str(place[3])])), place
    given = purpose.limits.model_fields_set if "limits" in purpose.model_fields_set else ()
    for limit in type(purpose.limits).model_fields:
        if limit in given and getattr(purpose.limits, limit) is not None:
            yield "limit", limit, (*at, "limits", limit)
    yield from (("restore", entity, (*at, "restore", entity)) for entity in purpose.restore)


def _numbered(place: Location, count: int) -> str:
    return f"{place[3]}, rule {int(place[4]) + 1}" if count > 1 else str(place[3])
