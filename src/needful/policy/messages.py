"""What is wrong with a document, in words for the person who wrote it.

pydantic says which rule was broken and where in its own terms; this module says it in the policy's words, at a line
and column, with what to do next. pydantic's own text never gets out: it may quote what it read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from needful.errors import Problem
from needful.policy import hints
from needful.policy.entities import LOCALES
from needful.policy.hints import MAPPING
from needful.policy.plain import Location, Tree, number
from needful.policy.rules import FIELD_WORDS
from needful.policy.suggestions import ANY, Shapes, choice, known_keys
from needful.policy.text import BLANK, glued, look_alike, quoted
from needful.values import Action

__all__ = ["problems_of"]

_FOREIGN = frozenset(get_args(ErrorType))

_KINDS: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
    "dict_type": MAPPING,
    "mapping_type": MAPPING,
    "tuple_type": "a list",
}


def problems_of(error: ValidationError, tree: Tree, shapes: Shapes) -> list[Problem]:
    """Translate what pydantic found. A place that several branches of a union refused is one problem."""
    grouped: dict[Location, list[ErrorDetails]] = {}
    for detail in error.errors(include_input=False, include_url=False):
        location = _location(detail, tree)
        if not (detail["type"] == "too_short" and _is_miscounted(detail, tree.node(location))):
            grouped.setdefault(location, []).append(detail)
    settings = _settings_as_purposes(grouped, tree, shapes)
    rest = {location: details for location, details in grouped.items() if location[:2] not in settings}
    return [
        *(_setting(location, tree) for location in settings),
        *(_problem(location, details, tree, shapes) for location, details in rest.items()),
    ]


def _needed(kind: str, context: Mapping[str, Any], location: Location, tree: Tree) -> Problem:
    if kind == "ner":
        return tree.problem((*location, "ner"), "ner: none needs a reason", hints.WITHOUT_A_MODEL)
    # `generalize needs to` reads as if more was to come.
    name = quoted(context["name"]) if context["name"] == "to" else context["name"]
    message, hint = f"{context['action']} needs {name}", hints.NEEDS[context["name"]]
    return tree.problem(location, message, hint, side="key")


def _settings_as_purposes(wrong: Iterable[Location], tree: Tree, shapes: Shapes) -> set[Location]:
    """Where a key of a purpose, such as `limits`, stands where purposes have their names."""
    words = shapes.get(("purposes", ANY))
    keys = {field.alias or name for name, field in words.model_fields.items()} if words else set()
    found = {at[:2] for at in wrong if at[:1] == ("purposes",) and len(at) > 1 and at[1] in keys}
    return {at for at in found if "fields" not in (tree.node(at) or ())}


def _setting(location: Location, tree: Tree) -> Problem:
    message, hint = f"{quoted(_name(location))} stands where a purpose should", "indent it: it belongs under a purpose"
    return tree.problem(location, message, hint, side="key")


def _is_miscounted(detail: ErrorDetails, node: Any) -> bool:
    """Pydantic counts the items that are valid: a list of wrong items, or one wrong rule, would be called empty."""
    is_one_item = detail.get("ctx", {}).get("field_type") == "Tuple" and not isinstance(node, list)
    return bool(node) or is_one_item


def _location(detail: ErrorDetails, tree: Tree) -> Location:
    """Where the file has it: pydantic's location without the names of union branches and shorthands."""
    location: Location = ()
    for index, step in enumerate(detail["loc"]):
        # After the field's name comes the index of its rule, and then the branch of the union.
        is_branch = len(location) in (4, 5) and location[2] == "fields" and index == 5
        if not is_branch and (*location, step) in tree.values:
            location = (*location, step)
    return (*location, detail["loc"][-1]) if detail["type"] == "missing" else location


def _problem(location: Location, details: Sequence[ErrorDetails], tree: Tree, shapes: Shapes) -> Problem:
    detail = details[0]
    kind, context = detail["type"], detail.get("ctx", {})
    node, name = tree.node(location), _name(location)
    if kind == "missing":
        return tree.problem(location, f"{quoted(str(location[-1]))} is missing", hints.missing(location))
    if kind == "extra_forbidden":
        return tree.problem(location, f"unknown key {quoted(name)}", known_keys(location, tree, shapes), side="key")
    if kind in {"required", "ner"}:
        return _needed(kind, context, location, tree)
    if kind == "parameter":
        return _misplaced_parameter(location, context, tree)
    if kind == "too_short":
        hint = hints.EMPTY.get(name) or _whose(location) or "give at least one, or leave the key out"
        return tree.problem(location, f"{name} is empty", hint)
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
        message, hint = _value(kind, context, location, node) or _otherwise(detail)
    written = name if is_key else str(node)
    return tree.problem(location, message, look_alike(written) or hint, side="key" if is_key else "value")


def _otherwise(detail: ErrorDetails) -> tuple[str, str]:
    """Message and hint where nothing better is known. A message of the models is ours; one of pydantic's is not."""
    hint = "compare it with docs/policies/reference.md"
    return ("this value is not allowed here", hint) if detail["type"] in _FOREIGN else (detail["msg"], hint)


def _value(kind: str, context: Mapping[str, Any], location: Location, node: Any) -> tuple[str, str] | None:
    """Message and hint for a value of the right kind that is not allowed."""
    name = _name(location)
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"]) or ["true"]
        return f"unknown value {quoted(str(node))}", choice(str(node), known)
    if kind == "string_pattern_mismatch" and name == "locales":
        return f"unknown locale {quoted(str(node))}", f"known here: {', '.join(LOCALES)}"
    if kind == "string_pattern_mismatch":
        form = hints.FORMS.get(name, "") or (hints.FORMS["restore"] if "restore" in location else "")
        return f"{name} is not written as it should be", form
    bounds = {"greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt")}
    bounds |= {"less_than_equal": ("at most", "le"), "less_than": ("less than", "lt")}
    if kind in bounds:
        words, key = bounds[kind]
        is_limit = location[-2:-1] == ("limits",)
        hint = hints.TOO_LITTLE.get(name, "") if is_limit and node == 0 else hints.bound(words, context[key])
        return f"{'limits.' if is_limit else ''}{name} must be {words} {context[key]:g}", hint
    return {
        "wildcard": ("a wildcard stands in fields only", "name the key; a key with an asterisk in it is quoted"),
        "wildcards": ("one wildcard a path, and not at its start", "name the outer key: metadata.*"),
        "path_length": (f"a path of more than {context.get('most')} characters", "the ledger takes no name that long"),
        "path": (f"not a path: {context.get('reason', '')}", "write it as Qdrant does: metadata.title, tags[]"),
        "filter": ("a filter key has exactly one test", "write one of equals, any, except and range, with a value"),
        "range": ("a range without a bound", "give at least one of gt, gte, lt, lte"),
        "expectation": ("a test expects something", "give text, documents, counts, withheld, refused or absent"),
        "text-twice": ("text is short for documents", "give one of them"),
        "refusal": ("a refused question has no documents", "expect refused, or documents and withheld"),
    }.get(kind)


def _length(location: Location, context: Mapping[str, Any], name: str, node: Any) -> tuple[str, str]:
    """Message and hint for a text that is too short or too long."""
    least, most = context.get("min_length"), context.get("max_length")
    if least is None:
        return f"{name} is longer than {most} character{'' if most == 1 else 's'}", "shorten it"
    hint = "give a value"
    if name == "reason":
        hint = hints.WITHOUT_A_MODEL if "detect" in location else hints.NEEDS["reason"]
    elif "unsafe-allow" in location:
        hint = "say why this may be looser than in the parent policy; it is printed in reviews"
    is_blank = isinstance(node, str) and not node.strip()
    return (f"{name} is empty" if is_blank else f"{name} is shorter than {least} characters"), hint


def _unknown_action(location: Location, word: str, tree: Tree) -> Problem:
    own = list(FIELD_WORDS) if "fields" in location else []
    # `title:{action: mask}` is a key that ends after the second colon.
    is_glued = any(":{" in str(step) for step in location)
    hint = BLANK if is_glued else choice(word, [*Action, *own], listed=[*Action, *own])
    if word in FIELD_WORDS and not own:
        hint = f"{word} is for fields: give an action such as redact"
    return tree.problem(location, f"unknown action {quoted(word)}", hint)


def _misplaced_parameter(location: Location, context: Mapping[str, Any], tree: Tree) -> Problem:
    name, action = context["name"], context["action"]
    message = f"{name} is not a parameter of {action}"
    return tree.problem((*location, name), message, "remove it, or change the action", side="key")


def _wrong_kind(location: Location, kinds: Sequence[str], tree: Tree) -> Problem:
    node, name = tree.node(location), _name(location)
    if isinstance(node, str) and name in hints.ONE_WORD:
        return tree.problem(location, f"unknown value {quoted(node)}", choice(node, hints.ONE_WORD[name]))
    expected = dict.fromkeys(_KINDS.get(kind, "another kind of value") for kind in kinds)
    if "a number" in expected:
        expected.pop("a whole number", None)
    if _is_rule(location):
        expected = {"an action": None, **expected}
    hint = _other_kind(list(expected), name, node) or hints.kind(list(expected), location)
    return tree.problem(location, f"expected {_either(list(expected))}, not {_described(node)}", hint)


def _is_rule(location: Location) -> bool:
    """Whether a field's or an entity's rule stands there, alone or in a list."""
    is_one = len(location) == 4 or (len(location) == 5 and isinstance(location[4], int))
    return is_one and location[2] in ("fields", "entities")


def _whose(location: Location) -> str:
    """What to write where it says for whom something holds."""
    if location[-1:] == ("when",):
        return "say for whom: when: {role: [supervisor]}"
    return "say who may: {role: [investigator]}" if location[-2:-1] == ("restore",) else ""


def _other_kind(expected: Sequence[str], name: str, node: Any) -> str:
    """What to write where another kind of value was expected, if it can be told."""
    if expected == ["text"] and isinstance(node, (int, float)):
        return "write it in quotes"
    if isinstance(node, list) and name in hints.LISTED:
        first = node[0] if node and isinstance(node[0], str) and len(node[0]) <= 60 else hints.LISTED[name][0]
        return f"write each with its rule: {first}: {hints.LISTED[name][1]}"
    if not isinstance(node, str):
        return ""
    if MAPPING in expected and glued(node):
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
