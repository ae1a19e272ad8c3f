"""Every rule of a policy, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from needful.policy.document import FieldRule, PolicyDocument, Purpose, Rule, ValueRule
from needful.policy.plain import Location
from needful.values import Action

__all__ = ["Needs", "entity_rules", "field_rules", "needs_of", "rules"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be there to execute a policy, beside store, detector, ledger and key."""

    vault: bool
    surrogates: bool


def needs_of(document: PolicyDocument) -> Needs:
    """Return what the rules of a policy need."""
    found = [rule for _, rule in rules(document)]
    restores = any(purpose.restore for purpose in document.purposes.values())
    return Needs(
        vault=restores or any(rule.lasting for rule in found),
        surrogates=any(rule.action is Action.SURROGATE for rule in found),
    )


def rules(document: PolicyDocument) -> Iterator[tuple[Location, Rule]]:
    """Yield every rule with an action of `values.Action`, and where it stands."""
    for name, purpose in document.purposes.items():
        at = ("purposes", name)
        yield from ((place, rule) for place, rule in field_rules(purpose, at) if isinstance(rule, ValueRule))
        yield from entity_rules(purpose, at)


def field_rules(purpose: Purpose, at: Location) -> Iterator[tuple[Location, FieldRule]]:
    """Yield every rule of a field, `scan` and `omit` included. The last step of a place counts a field's rules."""
    for path, several in purpose.fields.items():
        yield from (((*at, "fields", path, index), rule) for index, rule in enumerate(several))


def entity_rules(purpose: Purpose, at: Location) -> Iterator[tuple[Location, Rule]]:
    """Yield every rule of an entity."""
    for entity, several in purpose.entities.items():
        yield from (((*at, "entities", entity, index), rule) for index, rule in enumerate(several))
