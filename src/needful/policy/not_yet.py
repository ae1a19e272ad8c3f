"""What the policy language has and this version does not execute.

Such a policy is refused at load: a rule that is read and not executed would be a promise that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from needful.policy.document import PolicyDocument, Rule, ValueRule
from needful.policy.plain import Location
from needful.values import Action

__all__ = ["EXECUTED", "NOT_YET", "rules", "unsupported"]

EXECUTED = tuple(action for action in Action if action not in {Action.GENERALIZE, Action.SURROGATE})
"""The actions that this version executes, from mild to strict."""


def rules(document: PolicyDocument) -> Iterator[tuple[Location, Rule]]:
    """Yield every rule with an action, and where it stands."""
    for name, purpose in document.purposes.items():
        for path, field in purpose.fields.items():
            if isinstance(field, ValueRule):
                yield ("purposes", name, "fields", path), field
        for entity, rule in purpose.entities.items():
            yield ("purposes", name, "entities", entity), rule


def _with_action(action: Action) -> Callable[[PolicyDocument], Iterator[Location]]:
    return lambda document: ((*at, "action") for at, rule in rules(document) if rule.action is action)


def _lasting(document: PolicyDocument) -> Iterator[Location]:
    return ((*at, "lasting") for at, rule in rules(document) if rule.lasting)


def _restoring(document: PolicyDocument) -> Iterator[Location]:
    return (("purposes", name, "restore") for name, purpose in document.purposes.items() if purpose.restore)


NOT_YET: tuple[tuple[str, str, Callable[[PolicyDocument], Iterator[Location]]], ...] = (
    ("generalize", "use redact or mask", _with_action(Action.GENERALIZE)),
    ("surrogate", "use pseudonymize or redact", _with_action(Action.SURROGATE)),
    ("lasting tokens", "leave lasting out: the token then holds for one call or conversation", _lasting),
    ("restore", "leave restore out", _restoring),
)
"""What the language has and this version does not execute: the words for it, what to write instead, and where it is."""


def unsupported(document: PolicyDocument) -> Iterator[tuple[Location, str, str]]:
    """Yield where a policy uses what this version does not execute, the words for it, and what to write instead."""
    for what, instead, places in NOT_YET:
        yield from ((place, what, instead) for place in places(document))
