"""What two policies make of the same records, counted: no value leaves here, only names of the policies and numbers.

Every record is looked at as if it came alone, to a question that names nobody, and before passages are chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from needful.policy.changes.differing_rules import entity_verdict, field_verdict
from needful.policy.changes.orders import Order
from needful.policy.document import FieldRule, Scan
from needful.values import Action, Record, Span
from needful_cli.diff_seen import KEY, Cell, Seen, Side

__all__ = ["Change", "Counted", "Sampled"]

Sampled = tuple[Record, tuple[bool, bool]]
"""A record, and whether each policy's filter lets it pass."""

FILTERED = "filter"
"""Why a record is not disclosed that the filter leaves out."""
REFUSED = "refused"
"""Why no record is: the purpose is not there, or not for this principal."""


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: a field, the entity of what is found in it (empty for the whole value), and what becomes."""

    field: str
    entity: str
    order: Order
    old: str
    new: str


@dataclass(slots=True)
class Counted:
    """Counts over records. Pairs are old and new."""

    records: int = 0
    disclosed: list[int] = field(default_factory=lambda: [0, 0])
    withheld: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    """Reason to records."""
    records_more: int = 0
    records_less: int = 0
    characters: list[int] = field(default_factory=lambda: [0, 0])
    """Of the records, shown as they are: neither hidden nor replaced."""
    characters_more: int = 0
    characters_less: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    """Values or spans, in records that both policies disclose."""

    def add(self, batch: Sequence[Sampled], sides: tuple[Side | None, Side | None]) -> None:
        """Count a batch. A side is None where the policy refuses the purpose to the principal, or has none."""
        records = [record for record, _ in batch]
        seen = [side.seen(records) if side else [Seen(REFUSED)] * len(records) for side in sides]
        for (_, passes), old, new in zip(batch, *seen, strict=True):
            self._add(*(_filtered(one, passed) for one, passed in zip((old, new), passes, strict=True)))

    def _add(self, old: Seen, new: Seen) -> None:
        self.records += 1
        for at, one in enumerate((old, new)):
            self.disclosed[at] += not one.reason
            self.withheld[at].update([one.reason] if one.reason else [])
            self.characters[at] += sum(cell.shown for cell in one.cells.values())
        self.records_more += bool(old.reason and not new.reason)
        self.records_less += bool(new.reason and not old.reason)
        for place in dict.fromkeys((*old.cells, *new.cells)):
            before, after = old.cells.get(place), new.cells.get(place)
            grown = (after.shown if after else 0) - (before.shown if before else 0)
            self.characters_more += max(grown, 0)
            self.characters_less += max(-grown, 0)
            if not (old.reason or new.reason):
                self.changes.update(_changes(before, after, is_key=place[-1] == KEY))

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints: the most frequent changes first."""
        changes = sorted(self.changes.items(), key=lambda item: (-item[1], item[0].field, item[0].entity))
        return {
            "looked_at": self.records,
            "disclosed": {"old": self.disclosed[0], "new": self.disclosed[1]},
            "withheld": {"old": dict(self.withheld[0]), "new": dict(self.withheld[1])},
            "records_more": self.records_more,
            "records_less": self.records_less,
            "characters": {"old": self.characters[0], "new": self.characters[1]},
            "characters_more": self.characters_more,
            "characters_less": self.characters_less,
            "changes": [
                {
                    "field": change.field,
                    "entity": change.entity,
                    "old": change.old,
                    "new": change.new,
                    "kind": change.order,
                    "times": times,
                }
                for change, times in changes
            ],
        }


def _filtered(seen: Seen, passes: bool) -> Seen:
    return seen if passes or seen.reason == REFUSED else Seen(FILTERED)


def _changes(old: Cell | None, new: Cell | None, *, is_key: bool) -> Iterator[Change]:
    """Yield what changes of one value: its own rule, and that of each span where its text is readable in both."""
    there = new or old
    if there is None:
        return
    rules = [cell.rule if cell else None for cell in (old, new)]
    verdict = field_verdict(*rules)
    if verdict.order != "same" and not is_key:
        yield Change(there.field, "", verdict.order, verdict.old, verdict.new)
    if old is None or new is None or not all(_is_readable(rule) for rule in rules):
        return
    for span in _merged((*old.spans, *new.spans)):
        verdict = entity_verdict(old.rule_at(span), new.rule_at(span))
        if verdict.order != "same":
            yield Change(there.field, span.entity, verdict.order, verdict.old, verdict.new)


def _is_readable(rule: FieldRule | None) -> bool:
    return isinstance(rule, Scan) or (rule is not None and rule.action == Action.KEEP)


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Unite spans of one entity that overlap: two set-ups may find one value with different borders."""
    last: Span | None = None
    for span in sorted(set(spans), key=lambda one: (one.entity, one.start, one.end)):
        if last is not None and last.entity == span.entity and span.start < last.end:
            last = Span(last.start, max(last.end, span.end), last.entity, last.score, last.recognizer)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
