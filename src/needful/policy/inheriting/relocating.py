"""A parent's field paths where the child's collection has them: `metadata.city` of one is `meta.city` of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from needful.errors import Problem
from needful.paths import ANY, FieldPath
from needful.policy.document import LAYOUTS, Layout
from needful.policy.inheriting.nodes import Node, lifted, lowered
from needful.policy.plain import Tree
from needful.policy.text import quoted, refusal

__all__ = ["relocated"]

EACH = "[]"
# What cannot stand in a key without quotation marks: what separates steps, and what only looks like a blank or a quote.
_TO_BE_QUOTED = frozenset('.["]*\u00a0\u202f\u201c\u201d\u201e')

Steps = tuple[str, ...]


def relocated(parent: Tree, layout: Layout, child: Tree) -> Tree:
    """Return the parent, which has this layout, under the layout of its child.

    The parent itself where the child gives no other one. Raises `PolicyError`, which points at the child's layout,
    where a path has no place there.
    """
    given = child.data.get("layout", layout)
    new = given if isinstance(given, Layout) else _read(given)
    if new is None or new == layout:
        return parent
    move = _Move(_Places.of(layout), _Places.of(new))
    root = lifted(parent)
    purposes = root.members["purposes"]
    moved = replace(purposes, value={name: _purpose(each, move) for name, each in purposes.members.items()})
    if move.missing:
        raise refusal([_missing(path, child) for path in move.missing])
    here = lifted(child, inherited=True).members["layout"]
    return lowered(replace(root, value={**root.members, "purposes": moved, "layout": here}), parent.source)


def _read(given: Any) -> Layout | None:
    """A layout as it is written; None where it is none, which the models say better."""
    try:
        return LAYOUTS.get(given) if isinstance(given, str) else Layout.model_validate(given)
    except ValidationError:
        return None


def _missing(path: str, child: Tree) -> Problem:
    kind = "wildcard" if ANY in FieldPath.parse(path).steps else "field"
    message = f"the parent's {kind} {quoted(path)} cannot be carried over: it has no place of its own in this layout"
    return child.problem(("layout",), message, "name the key of the metadata: {text: …, metadata: …}")


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a layout has text, metadata and id; empty where it names none."""

    text: Steps
    metadata: Steps
    id: Steps

    @classmethod
    def of(cls, layout: Layout) -> _Places:
        return cls(*(FieldPath.parse(path).steps if path else () for path in (layout.text, layout.metadata, layout.id)))


@dataclass(frozen=True, slots=True)
class _Move:
    """Carries paths from one layout to another, and keeps those that have no place there."""

    old: _Places
    new: _Places
    missing: dict[str, None] = field(default_factory=dict)

    def __call__(self, path: str) -> str:
        steps = FieldPath.parse(path).steps
        moved = steps if path.startswith("$") else self._moved(steps)
        if not moved or moved[0] in (ANY, EACH):
            self.missing[path] = None
            return path
        return path if moved == steps else _written(moved)

    def _moved(self, steps: Steps) -> Steps:
        old, new = self.old, self.new
        if steps == old.text:
            return new.text
        if steps == old.id:
            return new.id or steps
        if steps[: len(old.metadata)] == old.metadata:
            return new.metadata + steps[len(old.metadata) :]
        return steps


def _written(steps: Sequence[str]) -> str:
    text = "".join(step if step == EACH else f".{_quoted(step)}" for step in steps)
    return text.removeprefix(".")


def _quoted(step: str) -> str:
    return f'"{step}"' if step != ANY and set(step) & _TO_BE_QUOTED else step


def _purpose(purpose: Node, move: _Move) -> Node:
    moved = dict(purpose.members)
    for key in ("fields", "filter"):
        if key in moved:
            moved[key] = _keys(moved[key], move)
    if "filterable" in moved:
        moved["filterable"] = _items(moved["filterable"], "key", move)
    detect = moved.get("detect")
    if detect is not None and "known" in detect.members:
        known = _items(detect.members["known"], "field", move)
        moved["detect"] = replace(detect, value={**detect.members, "known": known})
    if "unsafe-allow" in moved:
        moved["unsafe-allow"] = _keys(moved["unsafe-allow"], _of_places(move))
    return replace(purpose, value=moved)


def _keys(node: Node, move: Callable[[str], str]) -> Node:
    moved: dict[str, Node] = {}
    for path, member in node.members.items():
        where = move(path)
        # Two fields of the parent that would be one here: the second has no place of its own.
        if where in moved and isinstance(move, _Move):
            move.missing[path] = None
        moved[where] = member
    return replace(node, value=moved)


def _items(node: Node, inner: str, move: _Move) -> Node:
    """A list of paths, or of mappings that have the path under `inner`."""
    moved = []
    for item in node.items:
        if isinstance(item.value, str):
            moved.append(replace(item, value=move(item.value)))
        else:
            path = item.members[inner]
            moved.append(replace(item, value={**item.members, inner: replace(path, value=move(path.value))}))
    return replace(node, value=moved)


def _of_places(move: _Move) -> Callable[[str], str]:
    """Move what `unsafe-allow` names: `fields.metadata.city`."""

    def moved(place: str) -> str:
        kind, _, path = place.partition(".")
        return f"{kind}.{move(path)}" if kind in ("fields", "filter", "filterable") else place

    return moved
