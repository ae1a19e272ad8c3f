"""Values of a YAML file replaced in place: comments and layout of everything else stay as they are.

What is written is read again: where the file would then say anything but what was meant, it is not written.
"""

from __future__ import annotations

import copy
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from needful.errors import PolicyError
from needful.policy.plain import Location, number, read

__all__ = ["NotWritable", "replaced"]

WIDTH = 100
INDENT = 2

_CONSTANTS = re.compile(r"true|false|null|~", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_][^\x00-\x1f\x7f-\x9f]*")
_NOT_IN_A_LINE = re.compile(r": |:$| #|\s$")
_NOT_IN_BRACES = re.compile(r"[,:\[\]{}]")


class NotWritable(ValueError):
    """A value cannot be replaced without changing more than that. The text is static."""


def replaced(text: str, place: Location, value: Any) -> str:
    """Return the text of a YAML file with another value at a place. Raises `NotWritable`."""
    old = read(text, "")
    text = text.removeprefix("\ufeff")
    changed = list(_edits(_Place(yaml.compose(text, Loader=yaml.SafeLoader)).at(place), old.node(place), value, text))
    for start, end, written in sorted(changed, reverse=True):
        text = text[:start] + written.replace("\n", _line_end(text)) + text[end:]
    if not _says(text, _with(old.data, place, value)):
        raise NotWritable("the file is written in a way that cannot be changed here")
    return text


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _says(text: str, data: Any) -> bool:
    try:
        return _same(read(text, "").data, data)
    except PolicyError:
        return False


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, `1` and `true` told apart."""
    return json.dumps(one) == json.dumps(other)


def _with(data: Any, place: Location, value: Any) -> Any:
    data = copy.deepcopy(data)
    node = data
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    return data


@dataclass(frozen=True, slots=True)
class _Place:
    """A node of the file and where it stands: the column of the block around it, and whether that is in braces."""

    node: Any
    column: int = 0
    in_braces: bool = False

    def at(self, place: Location) -> _Place:
        """What stands at a place below."""
        return self.below(place[0]).at(place[1:]) if place else self

    def below(self, step: str | int) -> _Place:
        """The value of a key, or the item of an index."""
        items = self.node.value
        inner = items[step] if isinstance(step, int) else next(value for key, value in items if key.value == step)
        return _Place(inner, self.node.start_mark.column, self.in_braces or bool(self.node.flow_style))

    @property
    def extent(self) -> tuple[int, int]:
        """First character and one past the last, without what follows on the line."""
        return self.node.start_mark.index, _end(self.node)


def _end(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


Edit = tuple[int, int, str]


def _edits(place: _Place, old: Any, new: Any, text: str) -> Iterator[Edit]:
    """Yield what to put where, as deep down as old and new have the same form."""
    if _same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and list(old) == list(new):
        for key in old:
            yield from _edits(place.below(key), old[key], new[key], text)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, both in enumerate(zip(old, new, strict=True)):
            yield from _edits(place.below(index), *both, text)
    else:
        start, end = place.extent
        # A block scalar's node ends where the next thing begins.
        yield start, start + len(text[start:end].rstrip()), _written(place, new)


def _written(place: _Place, value: Any) -> str:
    node = place.node
    if isinstance(node, yaml.ScalarNode):
        is_folded = node.style in (">", "|")
        return _line(value, place.column, in_braces=place.in_braces, is_folded=is_folded)
    if node.flow_style or not value or not isinstance(value, (dict, list)):
        return _flow(value)
    return "\n".join(_block(value, node.start_mark.column)).lstrip(" ")


def _block(value: Any, column: int) -> Iterator[str]:
    """Write a mapping or a list line by line, each begun at a column."""
    margin = " " * column
    items = value.items() if isinstance(value, Mapping) else (("-", item) for item in value)
    for key, item in items:
        head = f"{margin}- " if isinstance(value, list) else f"{margin}{_scalar(key, in_braces=True)}: "
        if isinstance(item, (Mapping, list)) and item and len(head + _flow(item)) > WIDTH:
            inner = list(_block(item, column + INDENT))
            if isinstance(value, list):
                inner[0] = head + inner[0].lstrip(" ")
            else:
                yield head.rstrip()
            yield from inner
        else:
            yield head + _line(item, column, in_braces=False, is_folded=False)


def _line(value: Any, column: int, *, in_braces: bool, is_folded: bool) -> str:
    """Write a value where a scalar stood; a long text, or one that was folded, as a folded one."""
    if isinstance(value, str) and not in_braces and (is_folded or len(value) > WIDTH) and _is_plain_prose(value):
        margin = " " * (column + INDENT)
        lines = textwrap.wrap(value, WIDTH, break_long_words=False, break_on_hyphens=False)
        return "\n".join((">-", *(margin + line for line in lines)))
    return _flow(value, in_braces=in_braces)


def _is_plain_prose(text: str) -> bool:
    return bool(text) and text == " ".join(text.split())


def _flow(value: Any, *, in_braces: bool = False) -> str:
    if isinstance(value, Mapping):
        items = (f"{_scalar(key, in_braces=True)}: {_flow(item, in_braces=True)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_flow(item, in_braces=True) for item in value)}]"
    return _scalar(value, in_braces=in_braces)


def _scalar(value: Any, *, in_braces: bool) -> str:
    """Write text without quotation marks where it is read as the same text, and everything else as JSON."""
    if isinstance(value, str):
        is_plain = _WORDS.fullmatch(value) and not _NOT_IN_A_LINE.search(value) and not _CONSTANTS.fullmatch(value)
        if is_plain and number(value) is None and not (in_braces and _NOT_IN_BRACES.search(value)):
            return value
    # JSON's strings are YAML's double-quoted ones (YAML 1.2 §1.3).
    return json.dumps(value, ensure_ascii=False)
