"""What one policy discloses more or less than another, by purpose: for whom, of which field, entity, filter or limit.

    compare(old, new)  →  by purpose, each Difference: more | less | differs

Compared is what rules come to, not how they are written: a field that a wildcard shows, an entity under the default, a
kind of PII that is no longer found and so stands in the text as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from needful.policy.changes.combinations import MOST, Combination, Combinations
from needful.policy.changes.differing_rules import rule_subjects
from needful.policy.changes.differing_settings import document_subjects, setting_subjects
from needful.policy.changes.orders import of_whens
from needful.policy.changes.subjects import Kind, Part, Subject, Verdict
from needful.policy.document import PolicyDocument, Purpose
from needful.policy.narrowing import applies
from needful.policy.wording import whom

__all__ = ["Compared", "Comparison", "Difference", "compare"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the new policy does otherwise, in words."""

    kind: Kind
    """`more` or `less` is disclosed; what has no order `differs`."""
    part: Part
    subject: str
    """What is compared: `metadata.city`, `PERSON`, `limits.records`."""
    old: str
    new: str
    detail: str = ""
    """What is disclosed more, or less."""
    whom: str = ""
    """For whom, as attributes of the principal; empty for everybody."""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.subject}: {self.old} → {self.new}{detail}" + (f" [for {self.whom}]" if self.whom else "")


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found for one purpose, or for what no purpose says. `same` counts what was compared and is equal."""

    differences: tuple[Difference, ...] = ()
    same: int = 0

    def of_kind(self, kind: Kind) -> tuple[Difference, ...]:
        """The differences of one kind, in the order of the policy."""
        return tuple(each for each in self.differences if each.kind == kind)

    @property
    def may_disclose_more(self) -> bool:
        """Whether anything is disclosed more, or cannot be told."""
        return any(each.kind != "less" for each in self.differences)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two policies compared."""

    policy: Compared
    """What no purpose says: language, layout, keys, parent."""
    purposes: Mapping[str, Compared]

    @property
    def may_disclose_more(self) -> bool:
        """Whether anything is disclosed more, or cannot be told."""
        return any(each.may_disclose_more for each in (self.policy, *self.purposes.values()))


def compare(old: PolicyDocument, new: PolicyDocument) -> Comparison:
    """Compare two policies; the first is the one that is replaced."""
    names = dict.fromkeys((*old.purposes, *new.purposes))
    return Comparison(
        _compared(document_subjects(old, new)),
        MappingProxyType({name: _of_purpose(name, old, new) for name in names}),
    )


def _of_purpose(name: str, old: PolicyDocument, new: PolicyDocument) -> Compared:
    before, after = old.purposes.get(name), new.purposes.get(name)
    if before is None or after is None:
        return Compared((_only(before, after),))
    subjects = (_admission(before, after), *rule_subjects(name, old, new), *setting_subjects(name, old, new))
    return _compared(subjects, before, after)


def _only(before: Purpose | None, after: Purpose | None) -> Difference:
    """A purpose that one policy alone has."""
    kind: Kind = "more" if before is None else "less"
    words = ["not allowed" if each is None else f"allowed for {whom(each.when)}" for each in (before, after)]
    return Difference(kind, "purpose", "the purpose", words[0], words[1], "a whole purpose")


def _admission(before: Purpose, after: Purpose) -> Subject:
    order = of_whens(before.when, after.when)
    detail = {"more": "more people may ask", "less": "fewer people may ask"}.get(order, "")
    return Subject.fixed("purpose", "who may ask", Verdict(order, whom(before.when), whom(after.when), detail))


def _compared(subjects: Iterable[Subject], before: Purpose | None = None, after: Purpose | None = None) -> Compared:
    differences: list[Difference] = []
    same = 0
    for subject in subjects:
        found = list(_differences(subject, before, after))
        differences += found
        same += not found
    return Compared(tuple(differences), same)


def _differences(subject: Subject, before: Purpose | None, after: Purpose | None) -> Iterator[Difference]:
    """Judge a subject for everybody who may use the purpose in both policies, and gather who gets the same verdict."""
    both = [each.when for each in (before, after) if each is not None] if subject.whens else []
    combinations = Combinations.of((*subject.whens, *both))
    verdicts: dict[Verdict, list[Combination]] = {}
    admitted = []
    for one in combinations.all():
        attribute = combinations.attribute(one)
        if all(applies(when, attribute) for when in both):
            admitted.append(one)
            verdicts.setdefault(subject.judge(attribute), []).append(one)
    for verdict, chosen in verdicts.items():
        if verdict.order != "same":
            said = combinations.worded(chosen, admitted)
            yield Difference(verdict.order, subject.part, subject.name, verdict.old, verdict.new, verdict.detail, said)
    if not combinations.complete:
        yield Difference(
            "differs", subject.part, subject.name, "?", "?", f"more than {MOST:,} combinations: not all were compared"
        )
