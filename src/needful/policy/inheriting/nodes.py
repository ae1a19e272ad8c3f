"""A document as nodes, each with its place: what a `Tree` holds, so that it can be taken apart and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from needful.policy.plain import Location, Tree

__all__ = ["Node", "lifted", "lowered"]

_NO_MEMBERS: Mapping[str, Node] = {}


@dataclass(frozen=True, slots=True)
class Node:
    """One value, and where it stands."""

    value: Any
    """A scalar, a `dict[str, Node]` or a `list[Node]`."""
    mark: tuple[int, int]
    """Line and column of the value, from 1."""
    key: tuple[int, int] | None = None
    """Line and column of its key, if it has one."""
    origin: str | None = None
    """The file that it comes from; None for the document's own."""

    @property
    def members(self) -> Mapping[str, Node]:
        """The members of a mapping; of anything else, none."""
        return self.value if isinstance(self.value, dict) else _NO_MEMBERS

    @property
    def items(self) -> Sequence[Node]:
        """The items of a list; of anything else, none."""
        return self.value if isinstance(self.value, list) else ()

    @property
    def data(self) -> Any:
        """The value as plain data."""
        if isinstance(self.value, dict):
            return {key: node.data for key, node in self.value.items()}
        return [node.data for node in self.value] if isinstance(self.value, list) else self.value


def lifted(tree: Tree, *, inherited: bool = False) -> Node:
    """Read a tree as nodes. `inherited`: for a child, so that every node says which file it comes from."""

    def node(data: Any, at: Location) -> Node:
        value = data
        if isinstance(data, dict):
            value = {key: node(member, (*at, key)) for key, member in data.items()}
        elif isinstance(data, list):
            value = [node(item, (*at, index)) for index, item in enumerate(data)]
        origin = tree.origins.get(at, tree.source if inherited else None)
        return Node(value, tree.values[at], tree.keys.get(at), origin)

    return node(tree.data, ())


def lowered(root: Node, source: str) -> Tree:
    """Write nodes as the tree of the document that `source` names."""
    values: dict[Location, tuple[int, int]] = {}
    keys: dict[Location, tuple[int, int]] = {}
    origins: dict[Location, str] = {}

    def place(node: Node, at: Location) -> None:
        values[at] = node.mark
        if node.key is not None:
            keys[at] = node.key
        if node.origin is not None:
            origins[at] = node.origin
        for name, member in node.members.items():
            place(member, (*at, name))
        for index, item in enumerate(node.items):
            place(item, (*at, index))

    place(root, ())
    return Tree(source, root.data, values, keys, origins)
