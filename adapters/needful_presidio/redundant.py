"""Spans that say nothing new beside another one, and whose rule would overrule the rule of the more telling one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from types import MappingProxyType

from needful.values import Span

__all__ = ["without_redundant"]

_NUMBERS = frozenset({"ACCOUNT_NUMBER", "CLAIM_NUMBER", "CUSTOMER_NUMBER", "POLICY_NUMBER"})
_CHECKED = frozenset({"CN_BANK_CARD", "CREDIT_CARD", "IBAN_CODE"})

_WITHIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(("URL", "IP_ADDRESS"), frozenset({"EMAIL_ADDRESS"})),
        **dict.fromkeys(("ACCOUNT_NUMBER", "CUSTOMER_NUMBER"), _CHECKED),
        "CASE_NUMBER": frozenset({"CLAIM_NUMBER"}),
    }
)
"""Entity to those within which it says nothing new: a host in an address, a label before a number with check digits.

Otherwise `default: redact` would overrule every rule for the more telling entity.
"""

_PART_OF: Mapping[str, frozenset[str]] = MappingProxyType({"PHONE_NUMBER": _NUMBERS})
"""The same where it is only a part: the digits in `CLM-2026-004711` are no telephone number."""


_OUTER = frozenset({*_WITHIN.values(), *_PART_OF.values()})


def without_redundant(spans: Iterable[Span]) -> Iterator[Span]:
    """Drop spans within one that says more: a host in an e-mail address, an account that is an IBAN."""
    found = sorted(spans)
    kinds = {span.entity for span in found}
    extents = {
        outer: _Extents(s for s in found if s.entity in outer) for outer in _OUTER if not outer.isdisjoint(kinds)
    }
    if not extents:
        yield from found
        return
    for span in found:
        within, part_of = _WITHIN.get(span.entity), _PART_OF.get(span.entity)
        if within in extents and extents[within].cover(span.start, span.end):
            continue
        if part_of in extents and extents[part_of].exceed(span.start, span.end):
            continue
        yield span


class _Extents:
    """Where spans lie, sorted by start; with the furthest end of all that begin up to there."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found = list(spans)
        self._starts = [span.start for span in found]
        self._ends = list(accumulate((span.end for span in found), max))

    def cover(self, start: int, end: int) -> bool:
        """Whether one of them has this stretch within it: the furthest end belongs to one that begins no later."""
        at = bisect_right(self._starts, start)
        return at > 0 and self._ends[at - 1] >= end

    def exceed(self, start: int, end: int) -> bool:
        """Whether one of them has this stretch within it and more beside."""
        return self.cover(start - 1, end) or self.cover(start, end + 1)
