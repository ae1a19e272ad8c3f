"""Entries added up to figures, one at a time: what is kept grows with names and hours, not with entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from needful.reporting.declared import NOTHING_DECLARED, Declared
from needful.reporting.figures import Characters, Disclosed, FieldUse, Figures, Fired, Restored
from needful.reporting.periods import HOUR, Unit, period_of, periods_between, unit_for
from needful.values import Action, Counts, Entry, Identity

__all__ = ["gather"]

UNNAMED = "unnamed"
"""The reason of an entry that gives none."""

_Asked = tuple[str, str]
"""A policy's name, and a purpose of it."""


def gather(entries: Iterable[Entry], declared: Declared = NOTHING_DECLARED) -> Figures:
    """Add entries up, in one pass and in any order. `declared` is what the policies say that are at hand."""
    sums = _Sums()
    for entry in entries:
        sums.add(entry)
    return sums.figures(declared)


@dataclass(slots=True)
class _Sums:
    entries: int = 0
    first_time: str | None = None
    last_time: str | None = None
    principals: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    policies: Counter[Identity] = field(default_factory=Counter)
    calls: Counter[tuple[str, _Asked]] = field(default_factory=Counter)
    """By hour and purpose, like `records`."""
    records: Counter[tuple[str, _Asked]] = field(default_factory=Counter)
    treated: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By name and action, like `questions`."""
    questions: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: Counter[tuple[Identity, str, str]] = field(default_factory=Counter)
    """By policy, purpose and name."""
    fields: dict[_Asked, Counter[str]] = field(default_factory=dict)
    sizes: dict[_Asked, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)
    restored: Counter[tuple[_Asked, str]] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        self.entries += 1
        self.first_time = min(self.first_time or entry.time, entry.time)
        self.last_time = max(self.last_time or entry.time, entry.time)
        self.outcomes[entry.outcome] += 1
        if entry.principal:
            self.principals.add(entry.principal)
        if entry.outcome == "restored":
            self._add_restored(entry)
        elif entry.outcome == "erased":  # no policy decides on that, and it is no call
            self.erased[entry.reason or UNNAMED] += sum(last - first + 1 for first, last in entry.erased)
        else:
            self._add_call(entry)

    def _add_restored(self, entry: Entry) -> None:
        self.policies[entry.policy] += 1
        asked = (entry.policy.name, entry.purpose)
        for entity, actions in entry.counts.items():
            self.restored[asked, entity] += sum(actions.values())

    def _add_call(self, entry: Entry) -> None:
        self.policies[entry.policy] += 1
        asked = (entry.policy.name, entry.purpose)
        if entry.outcome == "released":
            hour = entry.time[:HOUR]
            self.calls[hour, asked] += 1
            self.records[hour, asked] += entry.records_disclosed
            self._add_treated(entry)
        else:
            self.reasons.setdefault(entry.outcome, Counter())[entry.reason or UNNAMED] += 1
        self.questions.update({(name, action): times for name, action, times in _flat(entry.query_counts)})
        self.withheld.update(entry.withheld)
        if entry.rounds:  # planned fields of a call that never reached the store were not fetched
            self.fields.setdefault(asked, Counter()).update(entry.fields)
            size = self.sizes.setdefault(asked, Counter())
            size["fetched"] += entry.characters_fetched
            size["disclosed"] += entry.characters_disclosed
            size["bytes"] += entry.bytes_fetched

    def _add_treated(self, entry: Entry) -> None:
        # Only of what was released: a call that a rule denied has counts too, and showed nothing.
        for name, action, times in _flat(entry.counts):
            self.treated[name, action] += times
            if action == Action.KEEP:
                self.kept[entry.policy, entry.purpose, name] += times

    def figures(self, declared: Declared) -> Figures:
        hours = [hour for hour, _ in self.calls]
        unit: Unit = unit_for(min(hours), max(hours)) if hours else "day"
        label = self._label()
        return Figures(
            entries=self.entries,
            first_time=self.first_time,
            last_time=self.last_time,
            principals=len(self.principals),
            outcomes=_sorted(self.outcomes),
            policies=MappingProxyType(dict(sorted(self.policies.items(), key=lambda item: _order(item[0])))),
            unit=unit,
            periods=periods_between(min(hours), max(hours), unit) if hours else (),
            disclosures=tuple(self._disclosures(unit, label)),
            treated=_nested(self.treated),
            questions=_nested(self.questions),
            fields=tuple(self._field_use(declared, label)),
            characters=tuple(
                Characters(label(asked), size["fetched"], size["disclosed"], size["bytes"])
                for asked, size in sorted(self.sizes.items())
            ),
            refusals=_sorted(self.reasons.get("refused", Counter())),
            faults=_sorted(self.reasons.get("failed", Counter())),
            withheld=_sorted(self.withheld),
            restorations=tuple(
                Restored(label(asked), entity, values) for (asked, entity), values in sorted(self.restored.items())
            ),
            erasures=_sorted(self.erased),
            keeps=tuple(self._fired(declared)),
        )

    def _label(self) -> Callable[[_Asked], str]:
        several = len({policy.name for policy in self.policies}) > 1
        return lambda asked: f"{asked[1]} ({asked[0]})" if several else asked[1]

    def _disclosures(self, unit: Unit, label: Callable[[_Asked], str]) -> Iterator[Disclosed]:
        calls: Counter[tuple[str, str]] = Counter()
        records: Counter[tuple[str, str]] = Counter()
        for (hour, asked), count in self.calls.items():
            place = label(asked), period_of(hour, unit)
            calls[place] += count
            records[place] += self.records[hour, asked]
        for purpose, period in sorted(calls):
            yield Disclosed(period, purpose, calls[purpose, period], records[purpose, period])

    def _field_use(self, declared: Declared, label: Callable[[_Asked], str]) -> Iterator[FieldUse]:
        for asked, fetched in sorted(self.fields.items()):
            named = declared.fields.get(asked[0])
            available = None if named is None else named | frozenset(fetched)
            yield FieldUse(label(asked), _sorted(fetched), available)

    def _fired(self, declared: Declared) -> Iterator[Fired]:
        for rule in declared.keeps:
            fired = [
                (policy == rule.policy, rule.fired({name: {Action.KEEP: count}}))
                for (policy, purpose, name), count in self.kept.items()
                if (policy.name, purpose) == (rule.policy.name, rule.purpose)
            ]
            yield Fired(
                rule, sum(times for same, times in fired if same), sum(times for same, times in fired if not same)
            )


def _flat(counts: Counts) -> Iterator[tuple[str, str, int]]:
    for name, actions in counts.items():
        for action, times in actions.items():
            yield name, action, times


def _nested(flat: Counter[tuple[str, str]]) -> Counts:
    nested: dict[str, dict[str, int]] = {}
    for (name, action), times in sorted(flat.items()):
        nested.setdefault(name, {})[action] = times
    return MappingProxyType(nested)


def _sorted(counted: Counter[str]) -> Mapping[str, int]:
    """The most frequent first; by name where two are as frequent."""
    return MappingProxyType(dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))))


def _order(policy: Identity) -> tuple[str, int, str]:
    return policy.name, policy.version, policy.digest
