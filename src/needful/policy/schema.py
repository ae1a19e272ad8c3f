"""The JSON Schema of the policy file, for editors and reviews.

It comes from the models, so it cannot drift from them, and it accepts the short forms (`PERSON: redact`). It covers
the form; names that must exist, regexes and what this version executes are the loader's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from needful.policy.document import PolicyDocument
from needful.policy.rules import COARSER, COMMON, PARAMETERS, REQUIRED
from needful.values import Action

__all__ = ["schema"]

_NULL = {"type": "null"}


def schema() -> dict[str, Any]:
    """Return the schema of a policy file, JSON Schema 2020-12."""
    generated: dict[str, Any] = _tidy(PolicyDocument.model_json_schema())
    for name, rules in _CONDITIONS.items():
        generated["$defs"][name] |= rules
    _inherited(generated)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Needful policy"}
    return head | {key: value for key, value in generated.items() if key != "title"}


def _inherited(generated: dict[str, Any]) -> None:
    """A policy that extends another may leave out what it takes from there."""
    purpose = generated["$defs"]["Purpose"]
    required = purpose.pop("required")
    generated["required"].remove("purposes")
    whole = {"properties": {"purposes": {"additionalProperties": {"required": required}}}, "required": ["purposes"]}
    generated |= {"if": {"not": {"required": ["extends"]}}, "then": whole}


def _tidy(node: Any) -> Any:
    """Remove what a policy file has not: nulls; and what no reader needs: generated titles."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidy(value) for key, value in node.items() if not _is_noise(key, value)}
    if _NULL in tidied.get("anyOf", ()):
        branches = [branch for branch in tidied.pop("anyOf") if branch != _NULL]
        tidied |= branches[0] if len(branches) == 1 else {"anyOf": branches}
    if "patternProperties" in tidied:
        tidied.setdefault("additionalProperties", False)
    return tidied


def _is_noise(key: str, value: Any) -> bool:
    is_generated_title = key == "title" and isinstance(value, str)
    return is_generated_title or (key == "default" and (value is None or isinstance(value, dict)))


def _rule(own: frozenset[str]) -> dict[str, Any]:
    """Which parameters each action has and needs."""
    return {
        "allOf": [
            {
                "if": {"properties": {"action": {"const": action.value}}, "required": ["action"]},
                "then": {
                    "propertyNames": {"enum": sorted(PARAMETERS.get(action, frozenset()) | COMMON | own)},
                    "required": list(REQUIRED.get(action, ())),
                },
            }
            for action in Action
        ]
        + [_form(name, takes) for name, takes in COARSER.items()]
    }


def _form(name: str, takes: str) -> dict[str, Any]:
    """Which parameter a form of `generalize` takes, and whether it needs it."""
    others = {"step", "decimals"} - {takes.removesuffix("!")}
    needed = ["step"] if takes.endswith("!") else []
    return {
        "if": {"properties": {"to": {"const": name}}, "required": ["to"]},
        "then": {"properties": dict.fromkeys(sorted(others), False), "required": needed},
    }


_CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    "Detect": {"if": {"properties": {"ner": {"const": "none"}}, "required": ["ner"]}, "then": {"required": ["reason"]}},
    "FilterTest": {"minProperties": 1, "maxProperties": 1},
    "Range": {"minProperties": 1},
    "Rule": _rule(frozenset()),
    "ValueRule": _rule(frozenset({"entity", "select"})),
}
