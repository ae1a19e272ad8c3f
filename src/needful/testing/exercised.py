"""Which places of a policy one test exercised. What each of them takes, `coverage` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from needful.examined import Examined
from needful.paths import FieldPath
from needful.planning import ID_FIELD, Plan
from needful.policy.document import FieldRule, Omit, Purpose, Rule, Scan, ValueRule
from needful.policy.entities import DEFAULT, TOKEN
from needful.policy.narrowing import Attribute, applies
from needful.policy.plain import Location
from needful.records import Leaf
from needful.testing.observing import Observation
from needful.testing.replaying import Replay, replayed
from needful.values import Action, Condition, Filter, Passage

__all__ = ["exercised"]


def exercised(seen: Observation) -> Iterator[Location]:
    """Yield the places; a place may come more than once."""
    again = replayed(seen)
    policy = seen.pipeline.policy
    if again.plan is None:
        yield from _refused(again, policy.purposes)
        return
    at: Location = ("purposes", again.plan.purpose_name)
    yield from _filters(again, again.plan, at)
    yield from _fields(again, again.plan, at)
    yield from _entities(again, again.plan, at)
    if _is_released(seen):
        yield from _limits(again, again.plan, at)
    for index, recognizer in enumerate(policy.recognizers):
        if recognizer.name in seen.recognizers and recognizer.name in again.plan.purpose.detect.recognizers:
            yield ("recognizers", index)
    for entry in seen.entries:
        if entry.outcome == "restored":
            yield from (("purposes", entry.purpose, "restore", entity) for entity in entry.counts)


def _is_released(seen: Observation) -> bool:
    return any(entry.outcome == "released" for entry in seen.entries)


def _is_denied(seen: Observation) -> bool:
    return any(entry.reason == "denied" for entry in seen.entries)


def _refused(again: Replay, purposes: Mapping[str, Purpose]) -> Iterator[Location]:
    name = again.seen.request.purpose
    if name is None or name not in purposes:
        return
    if again.refusal == "not-for-principal":
        yield ("purposes", name, "when")
    if again.refusal == "k-above-limit" and purposes[name].limits.records is not None:
        yield ("purposes", name, "limits", "records")


def _filters(again: Replay, plan: Plan, at: Location) -> Iterator[Location]:
    store = again.seen.store
    for key in plan.purpose.filter:
        own = tuple(one for one in plan.filter.must if isinstance(one, Condition) and one.key == key)
        if store.matching(Filter(must=own)) < store.matching(Filter()):
            yield (*at, "filter", key)
    asked = again.seen.request.filter
    if asked is not None and _is_released(again.seen):
        keys = {one.key for one in asked.must if isinstance(one, Condition)}
        for index, filterable in enumerate(plan.purpose.filterable):
            if filterable.key in keys:
                yield (*at, "filterable", index)


def _limits(again: Replay, plan: Plan, at: Location) -> Iterator[Location]:
    limits, store = plan.purpose.limits, again.seen.store
    passing = store.matching(plan.filter, least=limits.score)
    if limits.records is not None and limits.records == plan.k < passing:
        yield (*at, "limits", "records")
    if passing < store.matching(plan.filter):
        yield (*at, "limits", "score")
    if again.is_cut:
        yield (*at, "limits", "passages")
    shown = again.chosen(passages=limits.passages, characters=limits.characters)
    if shown != again.chosen(passages=limits.passages, characters=None):
        yield (*at, "limits", "characters")
    if _bounds(shown) != _bounds(again.chosen(passages=limits.passages, characters=limits.characters, privacy=0.0)):
        yield (*at, "limits", "privacy")


def _bounds(chosen: Sequence[Sequence[Passage]]) -> list[list[tuple[int, int]]]:
    return [[(passage.start, passage.end) for passage in of_text] for of_text in chosen]


# fields


def _fields(again: Replay, plan: Plan, at: Location) -> Iterator[Location]:
    payloads = {id(opened): again.seen.store.payload(record.id) for record, opened in again.opened}
    for item in again.disclosed:
        for path in plan.purpose.fields:
            if path == ID_FIELD or _has_value(payloads[id(item.opened)], path, tuple(plan.purpose.fields)):
                yield from _deciding_field_rules(plan, path, at)
    examined = {id(item.opened) for item in again.examined}
    for _, opened in again.opened:
        for leaf in opened.leaves:
            is_dropped = id(opened) not in examined and _drops(leaf) and _is_released(again.seen)
            is_denied = leaf.planned.rule.action == Action.DENY and _is_denied(again.seen)
            if leaf.value is not None and (is_dropped or is_denied):
                yield from _deciding_field_rules(plan, leaf.planned.path.text, at)


def _drops(leaf: Leaf) -> bool:
    action = leaf.planned.rule.action
    return action == Action.DROP_RECORD or (leaf.planned.is_text and action == Action.DROP_PASSAGE)


def _has_value(payload: Mapping[str, Any], path: str, paths: Sequence[str]) -> bool:
    parsed = FieldPath.parse(path)
    at = parsed.wildcard
    others = [steps for other in paths if (steps := FieldPath.parse(other).steps) != parsed.steps]
    taken = (
        set() if at is None else {steps[at] for steps in others if len(steps) > at and steps[:at] == parsed.steps[:at]}
    )
    return any(value is not None for _, value in parsed.leaves(payload, taken))


def _deciding_field_rules(plan: Plan, path: str, at: Location) -> Iterator[Location]:
    rules = plan.purpose.fields[path]
    for index in _deciding(rules, plan.principal.attribute):
        yield (*at, "fields", path, index)


def _deciding(rules: Sequence[FieldRule | Rule], attribute: Attribute) -> list[int]:
    """The rules that decide for a principal: of those that apply, the strictest."""
    fitting = [index for index, rule in enumerate(rules) if applies(rule.when, attribute)]
    strictest = max((_strictness(rules[index]) for index in fitting), default=0.0)
    return [index for index in fitting if _strictness(rules[index]) == strictest]


def _strictness(rule: FieldRule | Rule) -> float:
    """As in `narrowing`: omit before all, and scan between keep and what shows a part of the value."""
    if isinstance(rule, Omit):
        return float("inf")
    return 0.5 if isinstance(rule, Scan) else float(rule.action.rank)


# entities


def _entities(again: Replay, plan: Plan, at: Location) -> Iterator[Location]:
    for entity in _deciding_entities(again, plan):
        key = entity if entity in plan.purpose.entities else DEFAULT
        # A look-alike of a token is redacted whatever the default says.
        if key in plan.purpose.entities and (key != DEFAULT or entity != TOKEN):
            for index in _deciding(plan.purpose.entities[key], plan.principal.attribute):
                yield (*at, "entities", key, index)


def _deciding_entities(again: Replay, plan: Plan) -> Iterator[str]:
    """Yield the entities whose rule shows in what came out, withheld a record or refused the question."""
    for entry in again.seen.entries[:1]:
        if entry.reason == "denied":
            yield from (name for name in entry.counts if name not in plan.purpose.fields)
    if not _is_released(again.seen):
        return
    for name, actions in again.seen.entries[0].query_counts.items():
        if plan.rule_for(name).action.value in actions:
            yield name
    documents = {document.id: document for document in again.seen.documents}
    for item in again.disclosed:
        counts = documents[again.document_id(item.opened)].counts
        of_values = Counter(_counted(leaf) for leaf in item.opened.leaves if leaf.value is not None)
        for name, actions in counts.items():
            action = plan.rule_for(name).action.value
            if actions.get(action, 0) > of_values[name, action]:
                yield name
    yield from _withholding(again.examined)


def _counted(leaf: Leaf) -> tuple[str, str]:
    """What a field's own rule adds to the counts; nothing of that name where it is scanned."""
    rule = leaf.planned.rule
    if not isinstance(rule, ValueRule):
        return "", ""
    is_kept_text = leaf.planned.is_text and rule.action is Action.KEEP
    return leaf.planned.path.text if is_kept_text else rule.entity or leaf.planned.path.text, rule.action.value


def _withholding(examined: Sequence[Examined]) -> Iterator[str]:
    for item in examined:
        if item.verdicts:
            yield from (piece.entity for piece in item.verdicts)
        else:
            yield from (piece.entity for of_leaf in item.resolutions for one in of_leaf for piece in one.dropped)
