"""Fields and entities of two policies, compared by what their rules come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from needful.paths import ANY, FieldPath
from needful.policy.changes.orders import Order, gain, of_entity_rules, of_field_rules, of_selections
from needful.policy.changes.subjects import Subject, Verdict
from needful.policy.document import FieldRule, PolicyDocument, Purpose, Rule, Scan, ValueRule, When
from needful.policy.entities import DEFAULT, TOKEN, known_entities, requested
from needful.policy.narrowing import Attribute, narrowed
from needful.policy.wording import selection, worded
from needful.values import Action

__all__ = ["entity_verdict", "field_verdict", "rule_subjects"]

POINT_ID = "$id"

_HASHED = ValueRule(action=Action.HASH)
"""What a document's id is unless the policy keeps it."""

NOT_DISCLOSED = "not disclosed"
NOT_FOUND = "not found"

Steps = tuple[str, ...]


def rule_subjects(name: str, old: PolicyDocument, new: PolicyDocument) -> Iterator[Subject]:
    """Yield every field, the choice of passages, and every entity of a purpose that both policies have."""
    before, after = (_Side(document, document.purposes[name], name) for document in (old, new))
    for path in dict.fromkeys((*before.purpose.fields, *after.purpose.fields)):
        whens = (*before.whens_of(path), *after.whens_of(path))
        yield Subject("field", path, partial(_field, path, before, after), whens)
    text = new.layout.text
    whens = (*before.whens_of(text), *after.whens_of(text))
    yield Subject("field", f"{text}: how much of it", partial(_selected, text, before, after), whens)
    yield from _entities(before, after)


@dataclass(frozen=True, slots=True)
class _Side:
    """One policy's purpose."""

    document: PolicyDocument
    purpose: Purpose
    name: str

    def deciding(self, path: str) -> str | None:
        """The field whose rules decide about a path: itself, an object around it, or a wildcard that stands for it."""
        fields = self.purpose.fields
        if path in fields:
            return path
        steps = FieldPath.parse(path).steps
        return next((other for other in fields if self._covers(FieldPath.parse(other), steps)), None)

    def _covers(self, outer: FieldPath, steps: Steps) -> bool:
        length = len(outer.steps)
        if len(steps) < length or any(o not in (ANY, s) for o, s in zip(outer.steps, steps, strict=False)):
            return False
        return outer.wildcard is None or not self._excluded(outer.steps, outer.wildcard, steps)

    def _excluded(self, wildcard: Steps, at: int, steps: Steps) -> bool:
        """Whether another rule names the key that the wildcard would stand for, so that it does not."""
        text = FieldPath.parse(self.document.layout.text).steps
        named = [*(FieldPath.parse(path).steps for path in self.purpose.fields), text]
        return any(one != wildcard and one[: at + 1] == steps[: at + 1] for one in named)

    def whens_of(self, path: str) -> Iterator[When | None]:
        """For whom the rules are that decide about a field."""
        deciding = self.deciding(path)
        return (rule.when for rule in (self.purpose.fields[deciding] if deciding else ()))

    def field(self, path: str, attribute: Attribute) -> FieldRule | None:
        """The rule that holds for a field; None where it is not disclosed."""
        deciding = self.deciding(path)
        if deciding is None:
            return _HASHED if path == POINT_ID else None
        reduced = self.purpose.model_copy(update={"fields": {deciding: self.purpose.fields[deciding]}, "entities": {}})
        return narrowed(reduced, attribute).fields.get(deciding, _HASHED if path == POINT_ID else None)

    @property
    def found(self) -> frozenset[str]:
        """Every entity that is found."""
        return frozenset({*requested(self.document, self.name), *known_entities(self.purpose), TOKEN})

    def rules_of(self, entity: str) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that decide about an entity: its own, else those of the default."""
        entities = self.purpose.entities
        name = entity if entity in entities or entity == TOKEN else DEFAULT
        return {name: entities[name]} if name in entities else {}

    def entity(self, entity: str, attribute: Attribute) -> Rule:
        """The rule that holds for an entity where it is found."""
        reduced = self.purpose.model_copy(update={"fields": {}, "entities": self.rules_of(entity)})
        return narrowed(reduced, attribute).rule_for(entity)


def _field(path: str, before: _Side, after: _Side, attribute: Attribute) -> Verdict:
    return field_verdict(before.field(path, attribute), after.field(path, attribute))


def field_verdict(old: FieldRule | None, new: FieldRule | None) -> Verdict:
    """Compare two rules of one field; None is a field that is not disclosed."""
    return _ruled(of_field_rules(old, new), old, new)


def entity_verdict(old: Rule | None, new: Rule | None) -> Verdict:
    """Compare two rules of one entity; None is one that is not found."""
    if old is not None and new is not None:
        return _ruled(of_entity_rules(old, new), old, new)
    rule = new if old is None else old
    if rule is None or rule.action is Action.KEEP:
        return Verdict("same", "", "")
    order: Order = "more" if new is None else "less"
    words = [NOT_FOUND if each is None else _said(each) for each in (old, new)]
    return Verdict(order, words[0], words[1], "what is not found stands in the text as it is")


def _ruled(order: Order, old: FieldRule | Rule | None, new: FieldRule | Rule | None) -> Verdict:
    words = [_said(rule) for rule in (old, new)]
    detail = "" if order in ("same", "differs") else gain(new, old) if order == "more" else gain(old, new)
    return Verdict(order, words[0], words[1], "" if any(detail in said for said in words) else detail)


def _said(rule: FieldRule | Rule | None) -> str:
    if rule is None:
        return NOT_DISCLOSED
    named = isinstance(rule, ValueRule) and rule.entity and rule.action is not Action.KEEP
    return f"{worded(rule)} as {rule.entity}" if named and isinstance(rule, ValueRule) else worded(rule)


def _selected(path: str, before: _Side, after: _Side, attribute: Attribute) -> Verdict:
    """Compare how much of the text field is shown, where both policies show the text."""
    old, new = before.field(path, attribute), after.field(path, attribute)
    if not (_shows_text(old) and _shows_text(new)):
        return Verdict("same", "", "")
    chosen = [getattr(rule, "select", None) for rule in (old, new)]
    return Verdict(of_selections(*chosen), selection(chosen[0]), selection(chosen[1]))


def _shows_text(rule: FieldRule | None) -> bool:
    return isinstance(rule, Scan) or (rule is not None and rule.action == Action.KEEP)


def _entities(before: _Side, after: _Side) -> Iterator[Subject]:
    old, new = before.found, after.found
    named = dict.fromkeys((*before.purpose.entities, *after.purpose.entities))
    for entity in named:
        if entity == DEFAULT:
            continue
        yield _entity(entity, [entity], before, after, (entity in old, entity in new))
    # What no rule names is under the default in both, so one of them stands for all.
    rest = (old | new) - named.keys() - {TOKEN}
    yield _entity("any other PII", rest & old & new, before, after, (True, True))
    for several, found in ((rest & old - new, (True, False)), (rest & new - old, (False, True))):
        if several:
            yield _entity(", ".join(sorted(several)), several, before, after, found)


def _entity(name: str, entities: Iterable[str], before: _Side, after: _Side, found: tuple[bool, bool]) -> Subject:
    entity = next(iter(sorted(entities)), DEFAULT)
    rules = [rule for side in (before, after) for several in side.rules_of(entity).values() for rule in several]
    judge = partial(_found, entity, before, after, found)
    return Subject("entity", name, judge, tuple(rule.when for rule in rules))


def _found(entity: str, before: _Side, after: _Side, found: tuple[bool, bool], attribute: Attribute) -> Verdict:
    sides = zip((before, after), found, strict=True)
    old, new = (side.entity(entity, attribute) if there else None for side, there in sides)
    return entity_verdict(old, new)
