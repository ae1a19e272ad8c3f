"""A policy that extends another: what it takes from its parent, and what it says itself, as one document.

Merged is data, before the models read it: every value keeps its file, line and column, so that a message about the
whole points at whoever wrote the part. What the child may not loosen is `strictness`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from needful.errors import Problem
from needful.policy.document import Detect
from needful.policy.inheriting.nodes import Node, lifted, lowered
from needful.policy.plain import Tree
from needful.policy.text import quoted, refusal

__all__ = ["extended", "started_from"]

# What a policy has of its parent's where it gives none. Name, version and language version are its own.
_INHERITED = ("language", "layout", "keys", "recognizers", "operators")
_MODELS_WITH_A_BIAS = ("bundled", "fast")


def started_from(name: str, narrows: str | None, parent: Collection[str]) -> str | None:
    """The parent's purpose that a purpose starts from: the named one, else its namesake, else the only one.

    None where there is no such purpose.
    """
    if narrows is not None:
        return narrows if narrows in parent else None
    if name in parent:
        return name
    return next(iter(parent)) if len(parent) == 1 else None


def extended(child: Tree, parent: Tree) -> Tree:
    """Return the child's document with what it takes from its parent, which loaded and has the child's layout.

    Raises `PolicyError` where a purpose starts from nothing, or a recognizer is defined twice.
    """
    own, inherited = lifted(child), lifted(parent, inherited=True)
    taken = {name: node for name, node in inherited.members.items() if name in _INHERITED}
    merged = {**taken, **own.members}
    problems = [*_unstarted(own, inherited, child, parent), *_redefined(own, inherited, child, parent)]
    if problems:
        raise refusal(problems)
    merged["purposes"] = _purposes(own.members.get("purposes"), inherited.members["purposes"])
    for name in ("recognizers", "operators"):
        if name in own.members:
            merged[name] = _union(own.members[name], inherited.members.get(name), _whole)
    return lowered(replace(own, value=merged), child.source)


def _unstarted(own: Node, inherited: Node, child: Tree, parent: Tree) -> list[Problem]:
    problems, there = [], inherited.members["purposes"].members
    for name, purpose in _members(own, "purposes").items():
        narrows, place = _narrows(purpose), ("purposes", name)
        if started_from(name, narrows, there) is not None:
            continue
        listed = ", ".join(there)
        if narrows is not None:
            message, hint = f"the parent has no purpose {quoted(narrows)}", f"{parent.source} has: {listed}"
            problems.append(child.problem((*place, "narrows"), message, hint))
        else:
            message, hint = f"{quoted(name)} starts from no purpose of the parent", f"write narrows: one of {listed}"
            problems.append(child.problem(place, message, hint, side="key"))
    return problems


def _narrows(purpose: Node) -> str | None:
    node = purpose.members.get("narrows")
    return node.value if node is not None and isinstance(node.value, str) else None


def _redefined(own: Node, inherited: Node, child: Tree, parent: Tree) -> list[Problem]:
    there = {each.data["name"]: (index, each.data) for index, each in enumerate(_items(inherited, "recognizers"))}
    problems = []
    for index, recognizer in enumerate(_items(own, "recognizers")):
        name = recognizer.members["name"].value if "name" in recognizer.members else None
        if isinstance(name, str) and name in there and recognizer.data != there[name][1]:
            line = parent.line(("recognizers", there[name][0]))
            message = f"the recognizer {quoted(name)} is another one in {line}"
            problems.append(child.problem(("recognizers", index), message, "give it another name"))
    return problems


def _members(node: Node, key: str) -> Mapping[str, Node]:
    return node.members[key].members if key in node.members else {}


def _items(node: Node, key: str) -> list[Node]:
    return list(node.members[key].items) if key in node.members else []


def _purposes(own: Node | None, inherited: Node) -> Node:
    """The child's purposes where it has any, each with what it starts from; else all of the parent's."""
    if own is None:
        return replace(inherited, value={name: _as_start(purpose) for name, purpose in inherited.members.items()})
    if not isinstance(own.value, dict):
        return own
    merged = {}
    for name, purpose in own.members.items():
        start = started_from(name, _narrows(purpose), inherited.members)
        merged[name] = purpose if start is None else _purpose(purpose, _as_start(inherited.members[start]))
    return replace(own, value=merged)


def _as_start(purpose: Node) -> Node:
    """A parent's purpose without what is said of its own start."""
    return replace(purpose, value={key: node for key, node in purpose.members.items() if key != "narrows"})


def _purpose(own: Node, inherited: Node) -> Node:
    if not isinstance(own.value, dict):
        return own
    merged = {**inherited.members, **own.members}
    for key in _OVERLAID:
        if key in own.members and key in inherited.members:
            merged[key] = _overlaid(own.members[key], inherited.members[key])
    if "detect" in own.members:
        start = inherited.members.get("detect", replace(inherited, value={}))
        merged["detect"] = _detect(own.members["detect"], start)
    return replace(own, value=merged)


_OVERLAID = ("when", "filter", "fields", "entities", "limits", "query", "unsafe-allow")


def _overlaid(own: Node, inherited: Node) -> Node:
    """A mapping key by key: the child's value, else the parent's."""
    if not (isinstance(own.value, dict) and isinstance(inherited.value, dict)):
        return own
    return replace(own, value={**inherited.members, **own.members})


def _detect(own: Node, inherited: Node) -> Node:
    if not isinstance(own.value, dict):
        return own
    merged = {**inherited.members, **own.members}
    # A policy that names no locales has the default ones; a child that names its own keeps those.
    defaults = [replace(inherited, value=locale, key=None) for locale in Detect.model_fields["locales"].default]
    start = {"locales": replace(inherited, value=defaults), **inherited.members}
    for key, form in _UNITED.items():
        if key in own.members:
            merged[key] = _union(own.members[key], start.get(key), form)
    ner = own.members.get("ner")
    if ner is not None and ner.value not in _MODELS_WITH_A_BIAS and "outside_bias" not in own.members:
        # The operating point of a model that the child does without.
        merged.pop("outside_bias", None)
    return replace(own, value=merged)


def _whole(data: Any) -> Any:
    return data


def _field(data: Any) -> Any:
    return {"field": data} if isinstance(data, str) else data


_UNITED: Mapping[str, Callable[[Any], Any]] = {"locales": _whole, "known": _field, "recognizers": _whole}


def _union(own: Node, inherited: Node | None, form: Callable[[Any], Any]) -> Node:
    """A list with the parent's items first, and each item once; `form` makes two spellings of an item one."""
    if inherited is None or not isinstance(own.value, list):
        return own
    there = [form(item.data) for item in inherited.items]
    return replace(own, value=[*inherited.items, *(item for item in own.items if form(item.data) not in there)])
