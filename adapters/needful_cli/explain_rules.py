"""What a purpose does, as rows of words: for everybody, or for one principal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from needful.errors import AccessDenied
from needful_cli.common import principal_of
from needful_cli.output import plain

if TYPE_CHECKING:
    from needful.planning import Plan
    from needful.policy import Policy
    from needful.policy.document import FieldRule, Purpose, Rule, When

__all__ = ["explanation"]

_NOT_FOR_THEM = ("not-for-principal", "nothing-for-principal")


def explanation(policy: Policy, name: str, principal: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a purpose does, as JSON values: for a principal, or for everybody with `for` at each rule.

    Where the purpose is not for the principal, `allowed` is false and there are no rules. Raises `AccessDenied` where
    the principal lacks an attribute that the filter needs.
    """
    from needful.policy.wording import whom

    purpose = policy.purposes[name]
    head = {"for": whom(purpose.when), **({} if purpose.narrows is None else {"narrows": purpose.narrows})}
    decided = None if principal is None else _plan(policy, name, principal)
    if isinstance(decided, AccessDenied):
        return {"summary": f"{decided.message}.", "allowed": False, **head}
    fields, entities = list(_fields(policy, purpose, decided)), list(_entities(policy, name, decided))
    filters = _filter(purpose, decided)
    return {
        "summary": _summary(purpose, fields, filters, decided),
        "allowed": True,
        **head,
        "filter": filters,
        "filterable": {item.key: list(item.operators) for item in purpose.filterable},
        "fields": fields,
        "entities": entities,
        "detection": _detection(purpose),
        "limits": _limits(purpose),
        "query": f"the embedder sees the {purpose.query.embed} question",
        "on_fault": purpose.on_fault,
        "restore": {entity: whom(when) for entity, when in purpose.restore.items()},
        "unsafe_allow": dict(purpose.unsafe_allow),
    }


def _limits(purpose: Purpose) -> dict[str, Any]:
    """Return what binds, and privacy where there is any."""
    limits = purpose.limits.model_dump(exclude_none=True)
    return {name: value for name, value in limits.items() if value != 0}


def _plan(policy: Policy, name: str, principal: Mapping[str, Any]) -> Plan | AccessDenied:
    from needful.planning import plan
    from needful.values import Request

    try:
        return plan(policy, Request(query="?", purpose=name, principal=principal_of(principal)))
    except AccessDenied as refusal:
        if refusal.code not in _NOT_FOR_THEM:
            raise
        return refusal


def _filter(purpose: Purpose, decided: Plan | None) -> dict[str, Any]:
    """Key to test: as the policy writes it, or with the principal's attributes in it."""
    from needful.values import Condition

    if decided is None:
        tests = purpose.filter
        return {key: test.model_dump(exclude_none=True, by_alias=True, mode="json") for key, test in tests.items()}
    conditions = [clause for clause in decided.filter.must if isinstance(clause, Condition)]
    return {condition.key: {condition.operator: plain(condition.value)} for condition in conditions}


def _summary(purpose: Purpose, fields: list[dict[str, str]], filters: Mapping[str, Any], decided: Plan | None) -> str:
    actions: dict[str, set[str]] = {}
    for row in fields:
        actions.setdefault(row["field"], set()).add(row["rule"].partition(" ")[0])
    fetched = {field: of_field - {"omit"} for field, of_field in actions.items() if of_field != {"omit"}}
    searched = sum("scan" in of_field for of_field in fetched.values())
    kept = sum("keep" in of_field for of_field in fetched.values())
    replaced = sum(bool(of_field - {"scan", "keep", "-"}) for of_field in fetched.values())
    parts = [
        f"Fetches {_counted(len(fetched), 'field')}",
        f"{searched} searched for PII",
        f"{kept} kept",
        f"{replaced} replaced or withheld",
        f"{sum(of_field == {'-'} for of_field in fetched.values())} only to be found in the text",
    ]
    left = 0 if decided is None else len(purpose.fields) - len(decided.rules.fields)
    if left:
        parts.append(f"{_counted(left, 'field')} not for this principal")
    records = f"records filtered by {', '.join(filters)}" if filters else "records not filtered"
    return "; ".join([*parts[:1], *(part for part in parts[1:] if not part.startswith("0 ")), records]) + "."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _fields(policy: Policy, purpose: Purpose, decided: Plan | None) -> Iterator[dict[str, str]]:
    known = {item.field for item in purpose.detect.known}
    several = purpose.fields if decided is None else {path: (rule,) for path, rule in decided.rules.fields.items()}
    for path, rule in ((path, rule) for path, rules in several.items() for rule in rules):
        yield {
            "field": path,
            **_of_rule(rule, decided),
            "shown": _shown(path, rule, policy, purpose),
            "known value": "yes" if path in known else "",
            "reason": getattr(rule, "reason", None) or "",
            "stands for": _stands_for(path),
        }
    for path in sorted(known - several.keys()):
        yield {
            "field": path,
            "rule": "-",
            "in words": "looked for in the texts",
            "for": "",
            "shown": "not shown",
            "known value": "yes",
            "reason": "fetched to be found in the text",
            "stands for": "",
        }


def _of_rule(rule: FieldRule | Rule, decided: Plan | None) -> dict[str, str]:
    from needful.policy.document import Rule
    from needful.policy.wording import worded

    written = _written(rule) if isinstance(rule, Rule) else rule.action
    return {"rule": written, "in words": worded(rule), "for": _for(rule.when if decided is None else None)}


def _for(when: When | None) -> str:
    from needful.policy.wording import whom

    return "" if when is None else whom(when)


def _stands_for(path: str) -> str:
    """What a wildcard stands for, in words."""
    from needful.paths import FieldPath

    parsed = FieldPath.parse(path)
    outer = parsed.before_wildcard.text
    return (
        ""
        if parsed.wildcard is None
        else f"any other key under {outer}, which is searched too; so all of {outer} is fetched"
    )


def _shown(path: str, rule: FieldRule, policy: Policy, purpose: Purpose) -> str:
    from needful.policy.document import Omit

    if rule.action.startswith(("drop", "deny", "omit")):
        return "not shown"
    if rule.action not in ("scan", "keep") or isinstance(rule, Omit):
        return "what replaces it"
    if path != policy.layout.text or (rule.select is not None and rule.select.by == "whole"):
        return "whole"
    return f"passages, at most {purpose.limits.passages} a record"


def _written(rule: Rule) -> str:
    """A rule as the policy writes it: `mask keep_last 4`. Parameters of an operator are left out: one may be a key."""
    parameters = rule.model_dump(
        mode="json", exclude_unset=True, exclude={"action", "reason", "entity", "select", "when", "params"}
    )
    return " ".join((rule.action.value, *(f"{name} {value}" for name, value in parameters.items())))


def _entities(policy: Policy, name: str, decided: Plan | None) -> Iterator[dict[str, str]]:
    from needful.policy.document import REDACT
    from needful.policy.entities import DEFAULT, default_entities

    purpose = policy.purposes[name]
    found = default_entities(policy.language, purpose.detect.locales, purpose.detect.ner) - purpose.entities.keys()
    default = f"{DEFAULT}: {', '.join(sorted(found))}"
    several = purpose.entities
    if decided is not None:
        several = {entity: (rule,) for entity, rule in decided.rules.entities.items()}
    named = [(entity, rules) for entity, rules in several.items() if entity != DEFAULT]
    for entity, rules in (*named, (default, several.get(DEFAULT, (REDACT,)))):
        for rule in rules:
            yield {"entity": entity, **_of_rule(rule, decided), "reason": rule.reason or ""}


def _detection(purpose: Purpose) -> dict[str, Any]:
    detect = purpose.detect
    model = f"{detect.ner}: {detect.reason}" if detect.reason else detect.ner
    return {
        "ner": model,
        "locales": list(detect.locales),
        "recognizers": list(detect.recognizers),
        "min_score": detect.min_score,
        **({} if detect.outside_bias is None else {"outside_bias": detect.outside_bias}),
        "timeout": detect.timeout,
        "max_characters": detect.max_characters,
    }
