"""Remarks about what stands for a value: lasting tokens that can or cannot be turned back, and made-up values."""

from __future__ import annotations

from collections.abc import Iterator

from needful.policy.document import Rule, ValueRule
from needful.policy.entities import DEFAULT, requested
from needful.policy.finding import Finding
from needful.policy.linting.subject import Subject
from needful.policy.plain import Location
from needful.policy.text import quoted
from needful.policy.walking import entity_rules, field_rules
from needful.values import Action

__all__ = ["FAKED", "not_restorable", "nothing_to_restore", "shape_only"]

FAKED = frozenset(
    {
        "AGE",
        "CA_POSTAL_CODE",
        "CREDIT_CARD",
        "DATE_TIME",
        "DE_PLZ",
        "EMAIL_ADDRESS",
        "IBAN_CODE",
        "IP_ADDRESS",
        "LOCATION",
        "MAC_ADDRESS",
        "MONEY",
        "NRP",
        "ORGANIZATION",
        "PERSON",
        "PHONE_NUMBER",
        "UK_POSTCODE",
        "URL",
        "US_SSN",
        "UUID",
        "ZA_MOBILE_NUMBER",
        "ZA_TELEPHONE_NUMBER",
        "ZIP_CODE",
    }
)
"""Entities with made-up values of their own kind. A test compares it with what makes them."""

_SHOWN = 3


def not_restorable(subject: Subject) -> Iterator[Finding]:
    """Find lasting tokens that no purpose lets anybody turn back."""
    restored = {entity for purpose in subject.document.purposes.values() for entity in purpose.restore}
    for place, entity in _lasting(subject):
        if entity not in restored and not (entity == DEFAULT and restored):
            who = "these tokens" if entity == DEFAULT else f"the tokens of {entity or quoted(str(place[3]))}"
            hint = f"add restore: {{{_named(entity)}: {{role: […]}}}}, or remove lasting: values then stay in no vault"
            yield Finding((*place, "lasting"), f"{who} last, and nobody may turn them back into values", hint, "key")


def _named(entity: str | None) -> str:
    return "PERSON" if entity in (None, DEFAULT) else str(entity)


def _lasting(subject: Subject) -> Iterator[tuple[Location, str | None]]:
    """Where lasting tokens are made, and of which entity: `default` for all others, None where a field has none."""
    for place, field in field_rules(subject.purpose, subject.at):
        if isinstance(field, ValueRule) and field.lasting:
            yield place, field.entity
    for place, rule in entity_rules(subject.purpose, subject.at):
        if rule.lasting:
            yield place, str(place[3])


def nothing_to_restore(subject: Subject) -> Iterator[Finding]:
    """Find restore rules for what no purpose replaces by lasting tokens."""
    everywhere = [Subject(subject.policy, name) for name in subject.policy.purposes]
    made = {entity for each in everywhere for _, entity in _lasting(each)}
    for entity in subject.purpose.restore:
        if entity not in made and not any(_by_default(entity, each) for each in everywhere):
            message = f"no rule makes lasting tokens of {entity}, so there is nothing to restore"
            hint = f"write {entity}: {{action: pseudonymize, lasting: true}}, or remove this"
            yield Finding((*subject.at, "restore", entity), message, hint, "key")


def _by_default(entity: str, subject: Subject) -> bool:
    default = subject.purpose.entities.get(DEFAULT, ())
    return entity not in subject.purpose.entities and any(rule.lasting for rule in default)


def shape_only(subject: Subject) -> Iterator[Finding]:
    """Find made-up values that only have the shape of the real ones."""
    for place, field in field_rules(subject.purpose, subject.at):
        if _is_shaped(field) and getattr(field, "entity", None) not in FAKED:
            entity = getattr(field, "entity", None)
            hint = "" if entity else "give the field an entity, such as entity: PERSON, for fakes of its kind"
            yield _shaped(quoted(str(place[3])), place, hint)
    for place, rule in entity_rules(subject.purpose, subject.at):
        entity = str(place[3])
        if not _is_shaped(rule) or entity in FAKED:
            continue
        yield _shaped(_others(subject) if entity == DEFAULT else entity, place, "")


def _is_shaped(rule: object) -> bool:
    return isinstance(rule, Rule) and rule.action is Action.SURROGATE


def _shaped(name: str, place: Location, hint: str) -> Finding:
    message = f"made-up values of {name} keep only the shape: a digit for a digit, a letter for a letter"
    return Finding(place, message, hint or "a reader may see that they are made up; pseudonymize says so openly", "key")


def _others(subject: Subject) -> str:
    ruled = subject.purpose.entities
    names = [name for name in requested(subject.document, subject.name) if name not in FAKED and name not in ruled]
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ", ".join(names)
