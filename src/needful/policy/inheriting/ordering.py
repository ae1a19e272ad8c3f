"""Which of two rules shows less: the order that a child policy is held to.

    strict                                                                            mild
    omit · deny · drop-record · … · redact · hash, pseudonymize … · mask, generalize … · scan · keep

Within one rank, rules can be compared only where one's result follows from the other's. What cannot be compared counts
as milder: in doubt, a policy does not load.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from needful.policy.document import FieldRule, Omit, Rule, Scan, Select
from needful.policy.wording import DEFAULT_BAND, DEFAULT_DECIMALS
from needful.values import Action

__all__ = ["is_no_milder", "shows_no_more"]

# A week is in none of them: it may lie in two months, and in two years.
_CALENDAR = ("month", "quarter", "year")
_DEFAULT_STEP: Mapping[str, float | None] = MappingProxyType({"age-band": DEFAULT_BAND, "range": None, "rounded": None})


def is_no_milder(child: Rule, parent: Rule) -> bool:
    """Whether a rule shows no more of a value than another."""
    if child.action.rank != parent.action.rank:
        return child.action.rank > parent.action.rank
    if child.treatment == parent.treatment:
        return True
    if child.action is Action.PSEUDONYMIZE:
        # Hashes, surrogates and lasting tokens are the same in every call; a token of one call says less.
        return not child.lasting
    if child.action is not parent.action:
        return False
    if child.action is Action.MASK:
        return _masks_no_less(child, parent)
    return child.action is Action.GENERALIZE and _is_no_finer(child, parent)


def _masks_no_less(child: Rule, parent: Rule) -> bool:
    # Of a short value the end is shown first: showing less of the end would leave more room for the start.
    is_part = child.keep_last == parent.keep_last or (child.keep_first == 0 and child.keep_last <= parent.keep_last)
    return (
        is_part
        and child.keep_first <= parent.keep_first
        and child.char == parent.char
        and child.keep_format <= parent.keep_format
    )


def _is_no_finer(child: Rule, parent: Rule) -> bool:
    if child.to in _CALENDAR and parent.to in _CALENDAR:
        return _CALENDAR.index(child.to) >= _CALENDAR.index(parent.to)
    if child.to is None or child.to != parent.to:
        return False
    if child.to in _DEFAULT_STEP:
        return _is_multiple(child.step or _DEFAULT_STEP[child.to], parent.step or _DEFAULT_STEP[child.to])
    return _decimals(child) <= _decimals(parent)


def _is_multiple(step: float | None, of: float | None) -> bool:
    # As they are written: 0.3 is a multiple of 0.1.
    return step is not None and of is not None and (Fraction(repr(step)) / Fraction(repr(of))).denominator == 1


def _decimals(rule: Rule) -> int:
    return DEFAULT_DECIMALS if rule.decimals is None else rule.decimals


def shows_no_more(child: FieldRule | None, parent: FieldRule | None, *, is_text: bool) -> bool:
    """Whether a field's rule shows no more than another. None, like `omit`, is a field that is not disclosed.

    `is_text`: whether the field is the layout's text field, of which passages are chosen unless a rule says otherwise.
    """
    if child is None or isinstance(child, Omit):
        # A record that was withheld would be disclosed, without the field.
        return not isinstance(parent, Rule) or parent.action.rank < Action.DROP_RECORD.rank
    if parent is None or isinstance(parent, Omit):
        return False
    if _is_readable(child) and _is_readable(parent) and not _selects_no_more(child, parent, is_text=is_text):
        return False
    if isinstance(parent, Scan):
        # Above scan, but they show a part of what scanning would hide.
        return isinstance(child, Scan) or child.action.rank > Action.MASK.rank
    if isinstance(child, Scan):
        return parent.action is Action.KEEP
    return is_no_milder(child, parent)


def _is_readable(rule: FieldRule) -> bool:
    return rule.action in (Action.KEEP, "scan")


def _selects_no_more(child: FieldRule, parent: FieldRule, *, is_text: bool) -> bool:
    less, more = _selection(child, is_text=is_text), _selection(parent, is_text=is_text)
    if less.by == "whole" or more.by == "whole":
        # Where the whole text is disclosed, no embedder sees passages of it.
        return more.by == "whole" and less.by != "embeddings"
    return less.by in ("lexical", more.by) and less.neighbours <= more.neighbours


def _selection(rule: FieldRule, *, is_text: bool) -> Select:
    selected = None if isinstance(rule, Omit) else rule.select
    return selected or Select(by="lexical" if is_text else "whole")
