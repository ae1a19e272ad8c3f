"""Which rule holds for whom: the rules of a purpose, narrowed by `when`, as they are for one principal.

Of the rules that apply to a field or an entity, the strictest wins; two different ones of one strictness redact. A
field to which none applies is not disclosed; an entity to which none applies is redacted.

    strict                                                                            mild
    deny · drop-record · drop-passage · redact · hash … · mask, generalize, custom · scan · keep
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from needful.policy.document import (
    REDACT,
    FieldRule,
    Omit,
    Purpose,
    Rule,
    Scan,
    Select,
    ValueRule,
    When,
)
from needful.policy.entities import DEFAULT
from needful.values import Action, Scalar

__all__ = ["Attribute", "Narrowed", "applies", "depends_on_the_principal", "narrowed", "nobody"]

Attribute = Callable[[str], Scalar | None]
"""The principal's attribute of a name, or None."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The rules of a purpose as they hold for one principal: at most one a field, one an entity."""

    fields: Mapping[str, Scan | ValueRule]
    """Fields that are not disclosed are left out."""
    entities: Mapping[str, Rule] = field(default_factory=dict)

    def rule_for(self, entity: str) -> Rule:
        """The rule of an entity: its own, else the default, else redact."""
        return self.entities.get(entity) or self.entities.get(DEFAULT) or REDACT


def nobody(name: str) -> None:
    """The attributes of somebody who has none."""


def applies(when: When | None, attribute: Attribute) -> bool:
    """Whether a principal's attributes fit. Values of different types are different: `1` is not `true`, nor `"1"`."""
    if when is None:
        return True
    for name, wanted in when.items():
        given = attribute(name)
        if not any(type(given) is type(value) and given == value for value in wanted):
            return False
    return True


def depends_on_the_principal(purpose: Purpose) -> bool:
    """Whether any rule of a purpose is narrowed."""
    rules = (rule for several in (*purpose.fields.values(), *purpose.entities.values()) for rule in several)
    return any(rule.when is not None for rule in rules)


def narrowed(purpose: Purpose, attribute: Attribute) -> Narrowed:
    """Return the rules that hold for the principal with these attributes."""
    fields = {path: _field_rule(rules, attribute) for path, rules in purpose.fields.items()}
    entities = {entity: _entity_rule(rules, attribute) for entity, rules in purpose.entities.items()}
    return Narrowed(
        MappingProxyType({path: rule for path, rule in fields.items() if not isinstance(rule, Omit)}),
        MappingProxyType(entities),
    )


def _entity_rule(rules: Sequence[Rule], attribute: Attribute) -> Rule:
    fitting = [rule for rule in rules if applies(rule.when, attribute)]
    strictest = max(fitting, key=lambda rule: rule.action.rank, default=REDACT)
    rivals = {rule.treatment for rule in fitting if rule.action.rank == strictest.action.rank}
    return REDACT if len(rivals) > 1 else strictest


def _field_rule(rules: Sequence[FieldRule], attribute: Attribute) -> FieldRule:
    fitting = [rule for rule in rules if applies(rule.when, attribute)]
    if not fitting or any(isinstance(rule, Omit) for rule in fitting):
        return NOTHING
    strictest = max(fitting, key=_strictness)
    rivals = [rule for rule in fitting if _strictness(rule) == _strictness(strictest)]
    if isinstance(strictest, Scan):
        return _scanned([rule for rule in rivals if isinstance(rule, Scan)])
    different = {rule.treatment for rule in rivals if isinstance(rule, ValueRule)}
    return ValueRule(action=Action.REDACT, entity=_entity(rules)) if len(different) > 1 else strictest


def _strictness(rule: FieldRule) -> float:
    # Scanned text is shown but for its PII: stricter than keep, milder than what shows a part of the value.
    return rule.action.rank if isinstance(rule, ValueRule) else 0.5


def _scanned(rules: Sequence[Scan]) -> Scan:
    """The scan that shows the least: passages rather than the whole, and no embedder where one rule has none."""
    different = {rule.select for rule in rules}
    if len(different) == 1:
        return rules[0]
    selects = [rule.select for rule in rules if rule.select is not None and rule.select.by != "whole"]
    if len(selects) < len(rules):
        selects = selects or [Select()]
    neighbours = min(select.neighbours for select in selects)
    if all(rule.select is not None and rule.select.by == "embeddings" for rule in rules):
        return Scan(action="scan", select=Select(by="embeddings", neighbours=neighbours))
    return Scan(action="scan", select=Select(neighbours=neighbours))


def _entity(rules: Sequence[FieldRule]) -> str | None:
    return next((rule.entity for rule in rules if isinstance(rule, ValueRule) and rule.entity), None)


NOTHING = Omit(action="omit")
