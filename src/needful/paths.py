"""Payload paths, in Qdrant's notation: `metadata.title`, `metadata.people[].name`, `"a.b".c`.

A path names leaves of a payload. `[]` goes through every element of an array, `*` through every key of an object; a
key with dots or an asterisk in it stands in double quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

__all__ = ["ANY", "OWN", "FieldPath", "Location", "assemble"]

Location = tuple[str | int, ...]
"""Where one leaf lies in one payload: object keys and array indexes."""

EACH = "[]"
ANY = "*"
"""The step that stands for every key of an object."""

OWN = "needful"
"""The payload key under which Needful keeps what is its own; see `needful.annotations`."""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A parsed path. `steps` are object keys, `[]` for every element of an array, or `*` for every key of an object."""

    text: str
    steps: tuple[str, ...]
    wildcard: int | None = field(init=False)
    """The index of the step `*`, if there is one."""
    is_plain: bool = field(init=False)
    """Whether all steps are object keys."""

    def __post_init__(self) -> None:
        # Asked for every value of every record.
        object.__setattr__(self, "wildcard", self.steps.index(ANY) if ANY in self.steps else None)
        object.__setattr__(self, "is_plain", not {ANY, EACH}.intersection(self.steps))

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read Qdrant's notation. Raises `ValueError` with static text on anything else."""
        return _parsed(text)

    @property
    def before_wildcard(self) -> FieldPath:
        """The path of the object whose keys `*` stands for; without a wildcard, this path."""
        at = self.wildcard
        if at is None:
            return self
        steps = self.steps[:at]
        while steps and steps[-1] == EACH:
            steps = steps[:-1]
        return FieldPath.parse(_written(steps))

    def leaves(self, payload: Mapping[str, Any], excluding: Collection[str] = ()) -> Iterator[tuple[Location, Any]]:
        """Yield where this path leads in a payload, and the raw value there. Missing keys yield nothing.

        `excluding` are the keys that `*` leaves out, because other paths name them.
        """
        if self.is_plain:
            value: Any = payload
            for step in self.steps:
                if not isinstance(value, (dict, Mapping)) or step not in value:
                    return
                value = value[step]
            yield self.steps, value
        else:
            yield from _walk(payload, self.steps, (), excluding)


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
        if text[position + 1 : end] in (EACH, ANY):
            raise ValueError("a key cannot be [] or *, quoted or not")
        return text[position + 1 : end], end + 1
    end = position
    while end < len(text) and text[end] not in '.["]':
        end += 1
    if end == position:
        raise ValueError("a key cannot be empty")
    if ANY in text[position:end] and text[position:end] != ANY:
        raise ValueError("an asterisk stands alone for every key, or in a quoted key")
    return text[position:end], end


def _written(steps: Sequence[str]) -> str:
    keys = (step if step == EACH else f".{_quoted(step)}" for step in steps)
    return "".join(keys).removeprefix(".")


def _quoted(key: str) -> str:
    return f'"{key}"' if set(key) & set('.["]*') else key


def _walk(
    value: Any, steps: Sequence[str], location: Location, excluding: Collection[str]
) -> Iterator[tuple[Location, Any]]:
    if not steps:
        yield location, value
    elif steps[0] == EACH:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _walk(item, steps[1:], (*location, index), excluding)
    elif isinstance(value, (dict, Mapping)):
        keys = [key for key in value if key not in excluding] if steps[0] == ANY else [steps[0]]
        for key in keys:
            if key in value:
                yield from _walk(value[key], steps[1:], (*location, key), excluding)


def assemble(leaves: Iterable[tuple[Location, Any]]) -> dict[str, Any]:
    """Build the tree that has these leaves. Array elements without a leaf are left out, order is kept.

    Where one leaf lies in another, the outer one holds. No value is changed in place.
    """
    placed = dict(leaves)
    if len(placed) == 1 and len(location := next(iter(placed))) == 1:
        return {str(location[0]): placed[location]}
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
