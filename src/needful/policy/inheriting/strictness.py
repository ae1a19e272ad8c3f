"""Where a policy shows more than the one that it extends: the places that keep a child from loading.

Compared are the documents as they hold, the child's with all that it takes from its parent: for every field and entity
the rules of every kind of principal that either names, and every bound and setting that decides what is found or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from needful.paths import ANY, FieldPath
from needful.policy.document import REDACT, FieldRule, PolicyDocument, Purpose, Rule, Scan, ValueRule
from needful.policy.entities import DEFAULT, TOKEN, known_entities, requested
from needful.policy.inheriting.extending import started_from
from needful.policy.inheriting.ordering import is_no_milder, shows_no_more
from needful.policy.inheriting.principals import MOST_COMBINATIONS, Kind, kinds_of, worded_kind
from needful.policy.inheriting.settings import Difference, setting_differences
from needful.policy.narrowing import narrowed
from needful.policy.plain import Location
from needful.policy.wording import selection, worded
from needful.values import Action

__all__ = ["Loosening", "loosened", "loosened_fields"]

EACH = "[]"
POINT_ID = "$id"
# The id of a point is hashed unless a rule says otherwise.
_HASHED = (ValueRule(action=Action.HASH),)


@dataclass(frozen=True, slots=True)
class Loosening:
    """One place where a child shows more than its parent."""

    purpose: str
    """The child's purpose."""
    place: str
    """What `unsafe-allow` calls it: `fields.metadata.city`."""
    name: str
    """What a message calls it: `metadata.city`."""
    shows: str
    """What the child says there, in words."""
    says: str
    """What the parent says there: `says scan`, `has no rule for it`."""
    at: Location
    """Where it is in the child."""
    parent_at: Location
    """Where the parent says it."""
    whom: str = ""
    """For which principals, in words; empty where it is for all."""


def loosened(parent: PolicyDocument, child: PolicyDocument) -> Iterator[Loosening]:
    """Yield where a child shows more. Both have the same layout, and every purpose of the child starts from one there.

    Raises `ValueError`, with static text, where one does not.
    """
    for pair in _pairs(parent, child):
        yield from _fields(pair)
        yield from _entities(pair)
        if parent.language != child.language:
            shows, says = child.language, f"says {parent.language}"
            yield Loosening(pair.name, "language", "language", shows, says, ("language",), ("language",))
        yield from map(pair.of_setting, setting_differences(pair.before, pair.after))


def loosened_fields(parent: PolicyDocument, child: PolicyDocument) -> Iterator[Loosening]:
    """Yield the fields that the parent has too and the child shows more of, where their layouts may differ.

    A layout says where a collection has its text. It must not make text of a field that the parent hides.
    """
    for pair in _pairs(parent, child):
        yield from (found for found in _fields(pair) if len(found.parent_at) > len(("purposes", "name", "fields")))


def _pairs(parent: PolicyDocument, child: PolicyDocument) -> Iterator[_Pair]:
    for name, purpose in child.purposes.items():
        start = started_from(name, purpose.narrows, parent.purposes)
        if start is None:
            raise ValueError("a purpose of the child starts from none of the parent's")
        yield _Pair(parent, child, start, name)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A child's purpose, and the parent's that it starts from."""

    parent: PolicyDocument
    child: PolicyDocument
    start: str
    name: str

    @property
    def before(self) -> Purpose:
        return self.parent.purposes[self.start]

    @property
    def after(self) -> Purpose:
        return self.child.purposes[self.name]

    def of_setting(self, found: Difference) -> Loosening:
        at: Location = ("purposes", self.name, *found.at)
        parent_at: Location = ("purposes", self.start, *found.parent_at)
        return Loosening(self.name, found.place, found.place, found.shows, found.says, at, parent_at)

    def of_rules(self, key: str, name: str, parent_name: str | None, found: _Milder) -> Loosening:
        at: Location = ("purposes", self.name, key, name, found.index)
        parent_at: Location = ("purposes", self.start, key)
        if parent_name is not None:
            parent_at = (*parent_at, parent_name, found.parent_index)
        place = f"{key}.{name}"
        return Loosening(self.name, place, name, found.shows, found.says, at, parent_at, found.whom)


@dataclass(frozen=True, slots=True)
class _Milder:
    """What rules show that others do not, and whom."""

    shows: str
    says: str
    whom: str = ""
    index: int = 0
    parent_index: int = 0


def _fields(pair: _Pair) -> Iterator[Loosening]:
    text = FieldPath.parse(pair.child.layout.text).steps
    for path, rules in pair.after.fields.items():
        covering = _covering(FieldPath.parse(path).steps, pair.before, FieldPath.parse(pair.parent.layout.text).steps)
        before = pair.before.fields[covering] if covering else _HASHED if path == POINT_ID else ()
        holds = partial(shows_no_more, is_text=FieldPath.parse(path).steps == text)
        found = _milder(pair.after, before, rules, partial(_field_rule, path), holds)
        if found:
            yield pair.of_rules("fields", path, covering, found)


def _covering(steps: tuple[str, ...], purpose: Purpose, text: tuple[str, ...]) -> str | None:
    """The field of a purpose that discloses what a path names: the same one, or a wildcard; None where none does."""
    named = {FieldPath.parse(written).steps: written for written in purpose.fields}
    wildcards = (other for other in named if ANY in other and _is_under(steps, other, (*named, text)))
    return named.get(steps) or next((named[other] for other in wildcards), None)


def _is_under(steps: tuple[str, ...], wildcard: tuple[str, ...], named: Sequence[tuple[str, ...]]) -> bool:
    """Whether a path is one of those that a wildcard stands for, or lies in one."""
    at, length = wildcard.index(ANY), len(wildcard)
    if len(steps) < length or steps[at] == EACH or (*steps[:at], ANY, *steps[at + 1 : length]) != wildcard:
        return False
    # Keys that other rules name are left out of it.
    return not any(s[:at] == wildcard[:at] and s[at : at + 1] == steps[at : at + 1] for s in named if s != wildcard)


def _field_rule(path: str, purpose: Purpose, rules: Sequence[FieldRule], kind: Kind) -> FieldRule | None:
    alone = purpose.model_copy(update={"fields": {path: rules}, "entities": {}})
    return narrowed(alone, kind.get).fields.get(path)


def _entities(pair: _Pair) -> Iterator[Loosening]:
    sought = {*requested(pair.parent, pair.start), *known_entities(pair.before), TOKEN}
    for entity in dict.fromkeys((*pair.before.entities, *pair.after.entities, DEFAULT)):
        # What the parent would not look for is shown there as it is.
        if entity in sought or entity in pair.before.entities or entity == DEFAULT:
            before, rules = _rules_of(entity, pair.before), _rules_of(entity, pair.after)
            found = _milder(pair.after, before, rules, partial(_entity_rule, entity), is_no_milder)
            if found:
                yield pair.of_rules("entities", entity, _named(entity, pair.before), found)


def _named(entity: str, purpose: Purpose) -> str | None:
    """The name under which a purpose has the rule of an entity; None where it has none."""
    others = () if entity == TOKEN else (DEFAULT,)
    return next((name for name in (entity, *others) if name in purpose.entities), None)


def _rules_of(entity: str, purpose: Purpose) -> Sequence[Rule]:
    """The rules that decide about an entity. A look-alike of a token has no other than its own."""
    name = _named(entity, purpose)
    return (REDACT,) if name is None else purpose.entities[name]


def _entity_rule(entity: str, purpose: Purpose, rules: Sequence[Rule], kind: Kind) -> Rule:
    alone = purpose.model_copy(update={"fields": {}, "entities": {entity: rules}})
    return narrowed(alone, kind.get).rule_for(entity)


R = TypeVar("R", Rule, FieldRule)
S = TypeVar("S", bound=FieldRule | Rule | None)


def _milder(
    purpose: Purpose,
    before: Sequence[R],
    after: Sequence[R],
    rule_of: Callable[[Purpose, Sequence[R], Kind], S],
    holds: Callable[[S, S], bool],
) -> _Milder | None:
    """Find the first kind of principal whom the second rules show more than the first; None where there is none."""
    # Not ==, to which 1 and true are one.
    if repr(before) == repr(after):
        return None
    kinds = kinds_of(purpose.when, [rule.when for rule in (*before, *after) if rule.when is not None])
    if kinds is None:
        return _Milder(f"rules for more than {MOST_COMBINATIONS:,} kinds of principals", "has rules to compare with")
    for kind in kinds:
        less, more = rule_of(purpose, after, kind), rule_of(purpose, before, kind)
        if not holds(less, more):
            says = f"says {_said(more)}" if before else "has no rule for it"
            return _Milder(_said(less), says, worded_kind(kind), _index(less, after), _index(more, before))
    return None


def _said(rule: FieldRule | Rule | None) -> str:
    if rule is None:
        return "omit"
    selected = rule.select if isinstance(rule, (Scan, ValueRule)) else None
    return worded(rule) if selected is None else f"{worded(rule)}, {selection(selected)}"


def _index(rule: object, rules: Sequence[object]) -> int:
    return next((index for index, other in enumerate(rules) if other is rule), 0)
