"""What policies say of themselves and the ledger does not: the fields that they name, and why something is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from needful.paths import FieldPath
from needful.values import Action, Counts, Identity

if TYPE_CHECKING:
    from needful.policy import Policy
    from needful.policy.document import Purpose

__all__ = ["NOTHING_DECLARED", "Declared", "KeepRule", "declared_by"]

DEFAULT = "default"
"""The entity rule for what no other names."""


@dataclass(frozen=True, slots=True)
class KeepRule:
    """A rule that shows values as they are. `name` is the field, the entity, or `default`; `reason` is the policy's."""

    policy: Identity
    purpose: str
    kind: Literal["field", "entity"]
    name: str
    reason: str
    counted: str
    """Under which name the ledger counts it: a field whose rule names an entity is counted as that."""
    others: frozenset[str] = frozenset()
    """Of a default: the names that are not its own, since other rules of the purpose have them."""
    shared: bool = False
    """Whether another rule of the purpose is counted under the same name, so that the ledger cannot tell them apart."""

    def fired(self, counts: Counts) -> int:
        """How often it kept a value, by the counts of its purpose's entries."""
        if self.counted != DEFAULT:
            return counts.get(self.counted, {}).get(Action.KEEP, 0)
        return sum(actions.get(Action.KEEP, 0) for name, actions in counts.items() if name not in self.others)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the policies of a report say: the fields that each names, by the policy's name, and all that is kept."""

    policies: tuple[Identity, ...] = ()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keeps: tuple[KeepRule, ...] = ()


NOTHING_DECLARED = Declared()
"""A report without policies."""


def declared_by(policies: Iterable[Policy]) -> Declared:
    """Read policies. The fields of two with one name, such as two versions, are taken together."""
    fields: dict[str, frozenset[str]] = {}
    identities: list[Identity] = []
    keeps: list[KeepRule] = []
    for policy in policies:
        if policy.identity in identities:
            continue
        identities.append(policy.identity)
        named = frozenset(name for purpose in policy.purposes.values() for name in _fields(purpose))
        fields[policy.name] = fields.get(policy.name, frozenset()) | named
        keeps += [rule for name, purpose in policy.purposes.items() for rule in _keeps(policy.identity, name, purpose)]
    return Declared(tuple(identities), MappingProxyType(fields), tuple(keeps))


def _fields(purpose: Purpose) -> Iterator[str]:
    """The fields of a purpose, as they are fetched: for `metadata.*` that is the whole of `metadata`."""
    for path in (*purpose.fields, *(known.field for known in purpose.detect.known)):
        yield FieldPath.parse(path).before_wildcard.text


def _keeps(policy: Identity, name: str, purpose: Purpose) -> Iterator[KeepRule]:
    ruled = [*_of_fields(purpose), *_of_entities(purpose)]
    names = frozenset(counted for _, _, counted, _, _ in ruled if counted != DEFAULT)
    times: dict[str, int] = {}
    for _, _, counted, _, _ in ruled:
        times[counted] = times.get(counted, 0) + 1
    for kind, rule_name, counted, action, reason in ruled:
        if action == Action.KEEP:
            others = names if counted == DEFAULT else frozenset[str]()
            yield KeepRule(policy, name, kind, rule_name, reason or "", counted, others, times[counted] > 1)


_Ruled = tuple[Literal["field", "entity"], str, str, str, str | None]
"""Kind, name, the name it is counted under, action and reason of one rule."""


def _of_fields(purpose: Purpose) -> Iterator[_Ruled]:
    from needful.policy.document import ValueRule

    for path, several in purpose.fields.items():
        for rule in several:
            if isinstance(rule, ValueRule):
                yield "field", path, rule.entity or FieldPath.parse(path).text, rule.action, rule.reason


def _of_entities(purpose: Purpose) -> Iterator[_Ruled]:
    for entity, several in purpose.entities.items():
        yield from (("entity", entity, entity, rule.action, rule.reason) for rule in several)
