"""What is wrong with a document, in words for the person who wrote it.

pydantic says which rule was broken and where in its own terms; this module says it in the policy's words, at a line
and column, with what to do next. pydantic's own text never gets out: it may quote what it read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from needful.errors import Problem
from needful.policy.entities import LOCALES
from needful.policy.not_yet import EXECUTED
from needful.policy.plain import Location, Tree, number
from needful.policy.suggestions import Shapes, choice, known_keys
from needful.policy.text import BLANK, glued, look_alike, quoted
from needful.values import Action

__all__ = ["problems_of"]

_KINDS: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "tuple_type": "a list",
}

_FORMS: Mapping[str, str] = {
    "name": "lower-case letters, digits, dots, hyphens and underscores, such as customer-service",
    "language": "two lower-case letters, such as en",
    "keys": "env: and the name of an environment variable, such as env:NEEDFUL_KEY",
    "entity": "capital letters, digits and underscores, such as POLICY_NUMBER",
    "restore": "capital letters, digits and underscores, such as POLICY_NUMBER",
    "ner": "none (with a reason), spacy:MODEL, stanza:MODEL, transformers:MODEL or gliner:MODEL",
    "policy": "the name of a policy file in the same directory",
}

_ONE_WORD: Mapping[str, tuple[str, ...]] = {"select": ("passages", "whole"), "layout": ("langchain",)}

_EMPTY: Mapping[str, str] = {
    "purposes": "a policy without purposes allows nothing; name at least one",
    "fields": "a field without a rule never leaves Qdrant; give at least one",
    "operators": "name at least one operator, or leave operators out",
    "tests": "name at least one test",
}

# What is a mapping, and how one line of it looks.
_LISTED: Mapping[str, tuple[str, str]] = {"fields": ("page_content", "scan"), "entities": ("default", "redact")}

_NEEDS: Mapping[str, str] = {
    "reason": "say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews",
    "to": "say how coarse: {action: generalize, to: month}",
    "operator": "name a presidio-anonymizer operator: {action: custom, operator: replace}",
}


_WITHOUT_A_MODEL = "say why: without a model, names are not found in text"


def problems_of(error: ValidationError, tree: Tree, shapes: Shapes) -> list[Problem]:
    """Translate what pydantic found. A place that several branches of a union refused is one problem."""
    grouped: dict[Location, list[ErrorDetails]] = {}
    for detail in error.errors(include_input=False, include_url=False):
        location = _location(detail, tree)
        # pydantic counts the items that are valid: a list of wrong items would be called empty.
        if detail["type"] != "too_short" or not tree.node(location):
            grouped.setdefault(location, []).append(detail)
    return [_problem(location, details, tree, shapes) for location, details in grouped.items()]


def _location(detail: ErrorDetails, tree: Tree) -> Location:
    """Where the file has it: pydantic's location without the names of union branches and shorthands."""
    location: Location = ()
    for index, step in enumerate(detail["loc"]):
        is_branch = len(location) == 4 and location[2] == "fields" and index == 4
        if not is_branch and (*location, step) in tree.values:
            location = (*location, step)
    return (*location, detail["loc"][-1]) if detail["type"] == "missing" else location


def _problem(location: Location, details: Sequence[ErrorDetails], tree: Tree, shapes: Shapes) -> Problem:
    detail = details[0]
    kind, context = detail["type"], detail.get("ctx", {})
    node, name = tree.node(location), _name(location)
    if kind == "missing":
        hints = _MISSING if len(location) > 1 else _MISSING_ABOVE
        return tree.problem(location, f"{quoted(str(location[-1]))} is missing", hints.get(str(location[-1]), ""))
    if kind == "extra_forbidden":
        return tree.problem(location, f"unknown key {quoted(name)}", known_keys(location, tree, shapes), side="key")
    if kind == "required":
        message, hint = f"{context['action']} needs {context['name']}", _NEEDS[context["name"]]
        return tree.problem(location, message, hint, side="key")
    if kind == "parameter":
        return _misplaced_parameter(location, context, tree)
    if kind == "too_short":
        return tree.problem(location, f"{name} is empty", _EMPTY.get(name, "give at least one, or leave the key out"))
    if kind == "enum":
        return _unknown_action(location, str(node), tree)
    if location == ("needful",):
        hint = (
            "write needful: 1, without quotation marks" if node == "1" else "this version of Needful reads needful: 1"
        )
        return tree.problem(location, "unknown language version", hint)
    if kind in _KINDS:
        return _wrong_kind(location, [each["type"] for each in details], tree)
    is_key = detail["loc"][-1:] == ("[key]",)
    if kind in {"string_too_short", "string_too_long"}:
        message, hint = _length(location, context, "a key" if is_key else name, node)
    else:
        message, hint = _value(kind, context, name, node) or (detail["msg"], "")
    written = name if is_key else str(node)
    return tree.problem(location, message, look_alike(written) or hint, side="key" if is_key else "value")


_MISSING_ABOVE: Mapping[str, str] = {
    "needful": "the language version: needful: 1",
    "name": "the policy's name, such as name: customer-service",
    "version": "the policy's revision, a whole number: version: 1",
    "purposes": "why data is asked for; a policy without purposes allows nothing",
    "policy": "the policy file in the same directory, such as policy: customer-service.yaml",
    "tests": "name at least one test",
}

_MISSING: Mapping[str, str] = {
    "expect": "what must come out: documents, withheld, refused or absent",
    "fields": "which fields this purpose needs; a field without a rule never leaves Qdrant",
    "action": "what happens with the value, such as action: redact",
}


def _value(kind: str, context: Mapping[str, Any], name: str, node: Any) -> tuple[str, str] | None:
    """Message and hint for a value of the right kind that is not allowed."""
    if kind == "literal_error":
        return f"unknown value {quoted(str(node))}", choice(str(node), re.findall(r"'([^']*)'", context["expected"]))
    if kind == "string_pattern_mismatch" and name == "locales":
        return f"unknown locale {quoted(str(node))}", f"known here: {', '.join(LOCALES)}"
    if kind == "string_pattern_mismatch":
        return f"{name} is not written as it should be", _FORMS.get(name, "")
    bounds = {"greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt")}
    bounds |= {"less_than_equal": ("at most", "le"), "less_than": ("less than", "lt")}
    if kind in bounds:
        words, key = bounds[kind]
        return f"{name} must be {words} {context[key]:g}", ""
    return {
        "wildcard": ("wildcards are not in this version", "name each field; a key with an asterisk in it is quoted"),
        "path_length": (f"a path of more than {context.get('most')} characters", "the ledger takes no name that long"),
        "path": (f"not a path: {context.get('reason', '')}", "write it as Qdrant does: metadata.title, tags[]"),
        "filter": ("a filter key has exactly one test", "equals, any, except or range, not empty"),
        "range": ("a range without a bound", "give at least one of gt, gte, lt, lte"),
        "ner": ("ner: none needs a reason", _WITHOUT_A_MODEL),
        "expectation": ("a test expects something", "give documents, withheld, refused or absent"),
        "refusal": ("a refused question has no documents", "expect refused, or documents and withheld"),
    }.get(kind)


def _length(location: Location, context: Mapping[str, Any], name: str, node: Any) -> tuple[str, str]:
    """Message and hint for a text that is too short or too long."""
    least, most = context.get("min_length"), context.get("max_length")
    if least is None:
        return f"{name} is longer than {most} character{'' if most == 1 else 's'}", ""
    hint = "give a value"
    if name == "reason":
        hint = _WITHOUT_A_MODEL if "detect" in location else _NEEDS["reason"]
    is_blank = isinstance(node, str) and not node.strip()
    return (f"{name} is empty" if is_blank else f"{name} is shorter than {least} characters"), hint


def _unknown_action(location: Location, word: str, tree: Tree) -> Problem:
    own = ["scan"] if "fields" in location else []
    # `title:{action: mask}` is a key that ends after the second colon.
    is_glued = any(":{" in str(step) for step in location)
    hint = BLANK if is_glued else choice(word, [*Action, *own], listed=[*EXECUTED, *own])
    return tree.problem(location, f"unknown action {quoted(word)}", hint)


def _misplaced_parameter(location: Location, context: Mapping[str, Any], tree: Tree) -> Problem:
    name, action = context["name"], context["action"]
    message = f"{name} is not a parameter of {action}"
    return tree.problem((*location, name), message, "remove it, or change the action", side="key")


def _wrong_kind(location: Location, kinds: Sequence[str], tree: Tree) -> Problem:
    node, name = tree.node(location), _name(location)
    if isinstance(node, str) and name in _ONE_WORD:
        return tree.problem(location, f"unknown value {quoted(node)}", choice(node, _ONE_WORD[name]))
    expected = dict.fromkeys(_KINDS.get(kind, "another kind of value") for kind in kinds)
    if "a number" in expected:
        expected.pop("a whole number", None)
    if len(location) == 4 and location[2] in ("fields", "entities"):
        expected = {"an action": None, **expected}
    hint = _other_kind(list(expected), name, node)
    return tree.problem(location, f"expected {_either(list(expected))}, not {_described(node)}", hint)


def _other_kind(expected: Sequence[str], name: str, node: Any) -> str:
    """What to write where another kind of value was expected, if it can be told."""
    if expected == ["text"] and isinstance(node, (int, float)):
        return "write it in quotes"
    if isinstance(node, list) and name in _LISTED:
        first = node[0] if node and isinstance(node[0], str) and len(node[0]) <= 60 else _LISTED[name][0]
        return f"write each with its rule: {first}: {_LISTED[name][1]}"
    if not isinstance(node, str):
        return ""
    if "a mapping (key: value)" in expected and glued(node):
        return BLANK
    # Without quotation marks it would not have been read as text.
    is_quoted = {"a number", "a whole number"} & set(expected) and number(node) is not None
    is_quoted = is_quoted or ("true or false" in expected and node in ("true", "false"))
    return look_alike(node) or ("write it without quotation marks" if is_quoted else "")


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _described(node: Any) -> str:
    kinds = {bool: "true or false", str: "text", float: "a fraction", dict: "a mapping", list: "a list"}
    return kinds.get(type(node), "a number")


def _name(location: Location) -> str:
    """The last key on the way: what a list item is called after."""
    return next((step for step in reversed(location) if isinstance(step, str)), "the file")
