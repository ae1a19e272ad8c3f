"""Payload paths, in Qdrant's notation: `metadata.title`, `metadata.people[].name`, `"a.b".c`.

A path names leaves of a payload. `[]` goes through every element of an array; a dotted key stands in double quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

__all__ = ["FieldPath", "Location", "assemble"]

Location = tuple[str | int, ...]
"""Where one leaf lies in one payload: object keys and array indexes."""

EACH = "[]"


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A parsed path. `steps` are object keys, or `[]` for every element of an array."""

    text: str
    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read Qdrant's notation. Raises `ValueError` with static text on anything else."""
        return _parsed(text)

    def leaves(self, payload: Mapping[str, Any]) -> Iterator[tuple[Location, Any]]:
        """Yield where this path leads in a payload, and the raw value there. Missing keys yield nothing."""
        yield from _walk(payload, self.steps, ())


@lru_cache(maxsize=1024)  # a policy has few paths, and every question walks them
def _parsed(text: str) -> FieldPath:
    steps: list[str] = []
    position = 0
    while position < len(text):
        key, position = _key(text, position)
        steps.append(key)
        while text.startswith(EACH, position):
            steps.append(EACH)
            position += len(EACH)
        if position < len(text):
            if text[position] != "." or position + 1 == len(text):
                raise ValueError("a path is keys joined by dots, with [] after an array")
            position += 1
    if not steps:
        raise ValueError("a path cannot be empty")
    return FieldPath(text, tuple(steps))


def _key(text: str, position: int) -> tuple[str, int]:
    if text[position] == '"':
        end = text.find('"', position + 1)
        if end <= position + 1:
            raise ValueError("a quoted key must be closed and cannot be empty")
        if text[position + 1 : end] == EACH:
            raise ValueError("a key cannot be [], quoted or not")
        return text[position + 1 : end], end + 1
    end = position
    while end < len(text) and text[end] not in '.["]':
        end += 1
    if end == position:
        raise ValueError("a key cannot be empty")
    return text[position:end], end


def _walk(value: Any, steps: Sequence[str], location: Location) -> Iterator[tuple[Location, Any]]:
    if not steps:
        yield location, value
    elif steps[0] == EACH:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _walk(item, steps[1:], (*location, index))
    elif isinstance(value, (dict, Mapping)) and steps[0] in value:
        yield from _walk(value[steps[0]], steps[1:], (*location, steps[0]))


def assemble(leaves: Iterable[tuple[Location, Any]]) -> dict[str, Any]:
    """Build the tree that has these leaves. Array elements without a leaf are left out, order is kept.

    Where one leaf lies in another, the outer one holds. No value is changed in place.
    """
    placed = dict(leaves)
    root: dict[Any, Any] = {}
    for location, value in placed.items():
        if any(location[:length] in placed for length in range(1, len(location))):
            continue
        node = root
        for step, following in pairwise(location):
            node = node.setdefault(step, _Array() if isinstance(following, int) else {})
        node[location[-1]] = value
    return {key: _settled(value) for key, value in root.items()}


class _Array(dict[int, Any]):
    """Array elements by index, until all are there."""


def _settled(node: Any) -> Any:
    if isinstance(node, _Array):
        return [_settled(node[index]) for index in sorted(node)]
    if type(node) is dict:
        return {key: _settled(value) for key, value in node.items()}
    return node
