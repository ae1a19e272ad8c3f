"""`needful policy explain`: what a purpose fetches, searches, shows and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.common import (
    JsonFlag,
    PrincipalFlag,
    PurposeFlag,
    examples,
    object_of,
    policy_at,
)
from needful_cli.failures import usage_error
from needful_cli.output import plain, print_json, printed_whole, rows_of, say
from needful_cli.redact import purpose_of, rule_of, search

if TYPE_CHECKING:
    from needful.overlaps import Piece
    from needful.policy import Policy
    from needful.policy.document import FieldRule, Purpose, Rule
    from needful.values import Principal

__all__ = ["EXAMPLES", "explain", "explanation"]

EXAMPLES = examples(
    "needful policy explain policies/customer-service.yaml",
    """needful policy explain customer-service --purpose answer-ticket --principal '{"id": "a-7", "tenant": "acme"}'""",
    'needful policy explain customer-service --purpose answer-ticket --text "Send it to maria@example.com"',
)


def explain(
    policy: Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or the name of a starter policy.")],
    purpose: PurposeFlag = None,
    principal: PrincipalFlag = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="A text: what would be done to it, and by which rule.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Explain a purpose: what is fetched, filtered, searched and shown, and why. Without --purpose, all of them.

    With --principal, the filter is the one of that principal. With --text, only what would be done to that text, as if
    it stood in a searched field; this alone needs Presidio.
    """
    loaded = policy_at(policy)
    names = sorted(loaded.purposes) if purpose is None and text is None else [purpose_of(loaded, purpose)[0]]
    who = object_of("--principal", principal)
    explained = {name: explanation(loaded, name, who) for name in names}
    spans = None if text is None else _decided(loaded, names[0], text)
    if json_:
        found = {"policy": plain(loaded.identity), "purposes": explained}
        print_json(found if spans is None else {**found, "spans": spans})
        return
    say(f"{loaded.name} version {loaded.version}, digest {loaded.digest}")
    if spans is None:
        for name, parts in explained.items():
            _show(name, parts)
    else:
        _table(
            "The text",
            ("from", "to", "entity", "score", "action", "decided by"),
            [list(span.values()) for span in spans],
        )


def explanation(policy: Policy, name: str, principal: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a purpose does, as JSON values. Raises `AccessDenied` where the principal lacks an attribute."""
    purpose = policy.purposes[name]
    return {
        "filter": _filter(policy, name, principal),
        "filterable": {item.key: list(item.operators) for item in purpose.filterable},
        "fields": list(_fields(policy, purpose)),
        "entities": list(_entities(policy, name)),
        "detection": _detection(purpose),
        "limits": purpose.limits.model_dump(exclude_none=True),
        "query": f"the embedder sees the {purpose.query.embed} question",
        "on_fault": purpose.on_fault,
    }


def _filter(policy: Policy, name: str, principal: Mapping[str, Any] | None) -> dict[str, Any]:
    """Key to test: as the policy writes it, or with the principal's attributes in it."""
    if principal is None:
        tests = policy.purposes[name].filter
        return {key: test.model_dump(exclude_none=True, by_alias=True, mode="json") for key, test in tests.items()}
    from needful.planning import plan
    from needful.values import Condition, Request

    decided = plan(policy, Request(query="?", purpose=name, principal=_principal(principal)))
    conditions = [clause for clause in decided.filter.must if isinstance(clause, Condition)]
    return {condition.key: {condition.operator: plain(condition.value)} for condition in conditions}


def _principal(given: Mapping[str, Any]) -> Principal:
    from needful.values import Principal

    try:
        return Principal.of(given)
    except ValueError as error:
        reason = str(error)  # static text of `values`
    raise usage_error(f"--principal: {reason}")


def _fields(policy: Policy, purpose: Purpose) -> Iterator[dict[str, str]]:
    from needful.policy.document import Scan

    known = {item.field for item in purpose.detect.known}
    for path, rule in purpose.fields.items():
        yield {
            "field": path,
            "rule": "scan" if isinstance(rule, Scan) else _written(rule),
            "shown": _shown(path, rule, policy, purpose),
            "known value": "yes" if path in known else "",
            "reason": getattr(rule, "reason", None) or "",
        }
    for path in sorted(known - purpose.fields.keys()):
        yield {
            "field": path,
            "rule": "-",
            "shown": "not shown",
            "known value": "yes",
            "reason": "fetched to be found in the text",
        }


def _shown(path: str, rule: FieldRule, policy: Policy, purpose: Purpose) -> str:
    if rule.action.startswith(("drop", "deny")):
        return "not shown"
    if rule.action not in ("scan", "keep"):
        return "what replaces it"
    if path != policy.layout.text or (rule.select is not None and rule.select.by == "whole"):
        return "whole"
    return f"passages, at most {purpose.limits.passages} a record"


def _written(rule: Rule) -> str:
    """A rule as the policy writes it: `mask keep_last 4`."""
    parameters = rule.model_dump(mode="json", exclude_unset=True, exclude={"action", "reason", "entity", "select"})
    return " ".join((rule.action.value, *(f"{name} {value}" for name, value in parameters.items())))


def _entities(policy: Policy, name: str) -> Iterator[dict[str, str]]:
    from needful.policy.entities import DEFAULT, default_entities

    purpose = policy.purposes[name]
    for entity, rule in purpose.entities.items():
        if entity != DEFAULT:
            yield {"entity": entity, "rule": _written(rule), "reason": rule.reason or ""}
    rule = purpose.rule_for(DEFAULT)
    rest = default_entities(policy.language, purpose.detect.locales, purpose.detect.ner) - purpose.entities.keys()
    yield {"entity": f"{DEFAULT}: {', '.join(sorted(rest))}", "rule": _written(rule), "reason": rule.reason or ""}


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
    }


def _decided(policy: Policy, name: str, text: str) -> list[dict[str, Any]]:
    """What a text's spans are, what is done to each, and which rule says so."""
    purpose = policy.purposes[name]
    searched = search(policy, name, text, rule_of(purpose, drops=True))
    return [
        {**row, "rule": _deciding(piece, purpose)} for row, piece in zip(searched.rows(), searched.pieces, strict=True)
    ]


def _deciding(piece: Piece, purpose: Purpose) -> str:
    rule = rule_of(purpose, drops=True)(piece.entity)
    if rule.treatment != piece.rule.treatment:
        return "overlapping spans: the strictest rule, else redact"
    if piece.entity in purpose.entities:
        return f"entities.{piece.entity}"
    return "entities.default" if rule is purpose.entities.get("default") else "built in: redact"


def _show(name: str, parts: Mapping[str, Any]) -> None:
    say(f"\nPurpose {name}")
    filters = [f"{key} {operator} {value}" for key, test in parts["filter"].items() for operator, value in test.items()]
    say(f"  always filtered by: {'; '.join(filters) or 'nothing'}")
    open_to_callers = [f"{key} ({', '.join(operators)})" for key, operators in parts["filterable"].items()]
    say(f"  a caller may filter by: {'; '.join(open_to_callers) or 'nothing'}")
    say(f"  limits: {_listed(parts['limits'])}")
    say(f"  detection: {_listed(parts['detection'])}")
    say(f"  question: {parts['query']}; a detection fault: {parts['on_fault']}")
    for title in ("fields", "entities"):
        rows = parts[title]
        _table(title.capitalize(), tuple(rows[0]), [list(row.values()) for row in rows])
    say("  Any other field stays in Qdrant.")


def _listed(parts: Mapping[str, Any]) -> str:
    texts = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in parts.items()}
    return "; ".join(f"{key} {value}" for key, value in texts.items() if value)


def _table(title: str, columns: tuple[str, ...], rows: list[list[Any]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    printed_whole(rows_of(Table(*columns, title=title, title_justify="left", box=SIMPLE), rows))
