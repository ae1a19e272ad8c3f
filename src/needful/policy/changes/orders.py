"""Which of two things discloses more: rules, selections, who, sets, numbers. What has no order differs.

Rules are ordered by `ordering`, to which a child policy is held as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from needful.policy.document import FieldRule, Omit, Rule, Scan, Select, ValueRule, When
from needful.policy.inheriting.ordering import is_no_milder, shows_no_more
from needful.policy.linting.whens import effective, implies
from needful.policy.wording import worded
from needful.values import Action

__all__ = ["Order", "gain", "of_entity_rules", "of_field_rules", "of_numbers", "of_selections", "of_sets", "of_whens"]

Order = Literal["same", "more", "less", "differs"]
"""What the second of two things discloses, compared with the first."""


def of_numbers(old: float, new: float) -> Order:
    """Compare two numbers of which the larger discloses more."""
    return "same" if old == new else "more" if new > old else "less"


def of_sets(old: frozenset[object], new: frozenset[object]) -> Order:
    """Compare two sets of which the larger discloses more."""
    return "same" if old == new else "more" if new > old else "less" if new < old else "differs"


def of_whens(old: When | None, new: When | None) -> Order:
    """Compare for whom something holds: more people, more disclosed."""
    return _of(implies(effective(None, new), old), implies(effective(None, old), new))


def of_entity_rules(old: Rule, new: Rule) -> Order:
    """Compare two rules of one entity."""
    return _of(is_no_milder(new, old), is_no_milder(old, new))


def of_field_rules(old: FieldRule | None, new: FieldRule | None) -> Order:
    """Compare two rules of one field, but for how much of a text is chosen. None is a field that is not disclosed."""
    before, after = (_withholds_records(rule) for rule in (old, new))
    if before != after:
        return "more" if before else "less"
    order = _of(_shows_no_more(new, old), _shows_no_more(old, new))
    return "differs" if order == "same" and _kind(old) != _kind(new) else order


def of_selections(old: Select | None, new: Select | None) -> Order:
    """Compare how much of the layout's text field is disclosed. An embedder that chooses passages sees them."""
    before, after = (Scan(action="scan", select=select) for select in (old, new))
    return _of(shows_no_more(after, before, is_text=True), shows_no_more(before, after, is_text=True))


def _of(no_more: bool, no_less: bool) -> Order:
    if no_more:
        return "same" if no_less else "less"
    return "more" if no_less else "differs"


def _withholds_records(rule: FieldRule | None) -> bool:
    return isinstance(rule, Rule) and rule.action is Action.DROP_RECORD


def _shows_no_more(one: FieldRule | None, other: FieldRule | None) -> bool:
    return shows_no_more(_unselected(one), _unselected(other), is_text=False)


def _unselected(rule: FieldRule | None) -> FieldRule | None:
    return rule.model_copy(update={"select": None}) if isinstance(rule, (Scan, ValueRule)) else rule


def _kind(rule: FieldRule | None) -> str | None:
    """What the token in a value's place calls it."""
    return rule.entity if isinstance(rule, ValueRule) and rule.action is not Action.KEEP else None


_GAINS: Mapping[Action, str] = MappingProxyType(
    {
        Action.KEEP: "the value itself",
        Action.MASK: "the length of the value",
        Action.CUSTOM: "what the operator leaves",
        Action.HASH: "links between calls",
        Action.PSEUDONYMIZE: "links between passages",
        Action.SURROGATE: "links between passages, and the form of the value",
        Action.REDACT: "that there is a value",
    }
)
_WITHHELD: Mapping[Action, str] = MappingProxyType(
    {
        Action.DROP_PASSAGE: "passages that have it",
        Action.DROP_RECORD: "records that have it",
        Action.DENY: "calls whose records have it",
    }
)


def gain(milder: FieldRule | Rule | None, stricter: FieldRule | Rule | None) -> str:
    """Say what the milder of two rules shows that the stricter one does not."""
    if isinstance(stricter, Rule) and stricter.action in _WITHHELD:
        return _WITHHELD[stricter.action]
    if milder is None or isinstance(milder, Omit):
        return ""
    if isinstance(milder, Scan):
        return "the text but for the PII found in it"
    if milder.lasting:
        return "links between calls, and the way back to the value"
    details = worded(milder).removeprefix(milder.action.value).lstrip(", ").removeprefix("to ")
    return details if milder.action in _BY_PARAMETERS and details else _GAINS.get(milder.action, "")


_BY_PARAMETERS = frozenset({Action.MASK, Action.GENERALIZE})
