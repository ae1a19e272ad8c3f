"""Rules in words, for reviewers: `generalize to range of 10,000`, `mask, last 4 left`, `role: supervisor`."""

from __future__ import annotations

from collections.abc import Iterator

from needful.policy.document import FieldRule, Layout, Omit, Rule, Scan, Select, When
from needful.values import Action, Scalar

__all__ = ["DEFAULT_BAND", "DEFAULT_DECIMALS", "layout_worded", "number", "scalar", "selection", "whom", "worded"]

DEFAULT_BAND = 10.0
"""Years of an age band whose rule says none."""
DEFAULT_DECIMALS = 1
"""Decimal places of coordinates whose rule says none."""

EVERYBODY = "everybody"


def worded(rule: FieldRule | Rule) -> str:
    """Say what a rule does, parameters included; `custom` without the values of its parameters, one may be a key."""
    if isinstance(rule, (Scan, Omit)):
        return rule.action
    return ", ".join((rule.action.value + _form(rule), *_details(rule)))


def _form(rule: Rule) -> str:
    if rule.action is Action.CUSTOM:
        return f" {rule.operator}"
    return "" if rule.to is None else f" to {_coarser(rule)}"


def _coarser(rule: Rule) -> str:
    match rule.to:
        case "age-band":
            return f"age band of {number(rule.step or DEFAULT_BAND)} years"
        case "range":
            return f"range of {number(rule.step or 0)}"
        case "rounded":
            return f"a multiple of {number(rule.step or 0)}"
        case "zip3":
            return "the first 3 digits of the postcode"
        case "coordinates":
            places = DEFAULT_DECIMALS if rule.decimals is None else rule.decimals
            return f"coordinates of {places} decimal place{'' if places == 1 else 's'}"
        case _:
            return str(rule.to)


def _details(rule: Rule) -> Iterator[str]:
    if rule.action is Action.MASK:
        left = [f"{end} {count}" for end, count in (("first", rule.keep_first), ("last", rule.keep_last)) if count]
        if left:
            yield f"{' and '.join(left)} left"
        if rule.keep_format:
            yield "format left"
    if rule.lasting:
        yield "lasting"
    if rule.params:
        yield f"with {', '.join(rule.params)}"


def selection(select: Select | None) -> str:
    """Say which part of a text field is disclosed. `None` is the language's default: passages."""
    chosen = select or Select()
    if chosen.by == "whole":
        return "the whole text"
    how = "passages chosen by words" if chosen.by == "lexical" else "passages chosen by the embedder, which sees them"
    return how if not chosen.neighbours else f"{how}, with {chosen.neighbours} neighbours on each side"


def whom(when: When | None) -> str:
    """Say for whom something holds: `role: supervisor, auditor; region: eu`, or `everybody`."""
    if not when:
        return EVERYBODY
    return "; ".join(f"{name}: {', '.join(map(scalar, values))}" for name, values in when.items())


def scalar(value: Scalar) -> str:
    """Write a value of a policy as YAML would."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """Write a number with commas between thousands, and no decimal places that say nothing."""
    whole = isinstance(value, int) or float(value).is_integer()
    return f"{int(value):,}" if whole else f"{value:,g}"


def layout_worded(layout: Layout) -> str:
    """Say where a collection keeps text, metadata and ids."""
    text = f"text in {layout.text}" + (f" (JSON, key {layout.json_key})" if layout.json_key else "")
    metadata = f", metadata in {layout.metadata}" if layout.metadata else ""
    passages = ", one point a passage" if layout.passages else ""
    return text + metadata + (f", id in {layout.id}" if layout.id else "") + passages
