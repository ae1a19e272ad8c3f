"""Plain YAML: the part of YAML that a policy may use, read with positions.

One document of mappings, lists and scalars in UTF-8, at most 256 KiB and 20 levels deep. No anchors, aliases, tags,
directives or merge keys, no duplicate keys, and none of YAML 1.1's coercions: `NO`, `on`, `010`, `12:30` and
`2024-01-31` stay text. What is left is what JSON can say, so a digest over RFC 8785 covers all of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from needful.errors import PolicyError, Problem
from needful.policy.syntax import number_problem, syntax_problem
from needful.policy.text import checked, quoted, refusal

__all__ = ["MAX_DEPTH", "Location", "Side", "Tree", "number", "read"]

MAX_DEPTH = 20
# RFC 8785 §3.2.2.3: beyond this an integer is not the same number in every JSON reader.
MAX_INTEGER = 2**53 - 1

Location = tuple[str | int, ...]
"""Where something stands: mapping keys and list indexes, from the top."""

_CONSTANTS: Mapping[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_NO_KEY = "write key: value"

Mark = tuple[int, int]
Side = Literal["key", "value"]
"""Which end of a `key: value` pair is meant."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A YAML document as plain data, with the line and column (from 1) of every key and value."""

    source: str
    data: Any
    values: Mapping[Location, Mark] = field(repr=False)
    keys: Mapping[Location, Mark] = field(repr=False)
    origins: Mapping[Location, str] = field(default_factory=dict, repr=False)
    """Where something comes from another file than `source`: the name of that file."""

    def problem(self, at: Location, message: str, hint: str = "", *, side: Side = "value") -> Problem:
        """Make a problem that points at a value or its key; where that is missing, at the key that should hold it.

        A short form (`PERSON: redact`) holds its parts itself; one rule stands for a list of one.
        """
        where = at = self.written(at)
        while where not in self.values:
            where = where[:-1]
        if where != at and isinstance(self.node(where), (dict, list)):
            side = "key"
        line, column = self.keys.get(where, self.values[where]) if side == "key" else self.values[where]
        return Problem(self.origins.get(where, self.source), line, column, message, hint)

    def written(self, at: Location) -> Location:
        """A location without the indexes of lists that are written as one value."""
        where: Location = ()
        for step in at:
            if not (isinstance(step, int) and not isinstance(self.node(where), list)):
                where = (*where, step)
        return where

    def line(self, at: Location) -> str:
        """Name a place for a message: `parent.yaml:12`."""
        problem = self.problem(at, "", side="key")
        return f"{problem.source}:{problem.line}"

    def nulls(self) -> Iterator[Location]:
        """Yield where the document has an empty value."""
        return (location for location in self.values if self.node(location) is None)

    def node(self, at: Location) -> Any:
        """What stands there, or None."""
        node = self.data
        for step in at:
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int):
                node = node[step]
            else:
                return None
        return node


def read(text: str, source: str) -> Tree:
    """Read plain YAML. Raises `PolicyError` with every problem that was found, sorted by position."""
    text = checked(text, source)
    builder = _Builder(source, text)
    data = None
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        builder.problems.append(syntax_problem(error, text, source))
    except (ValueError, OverflowError):
        builder.problems.append(number_problem(builder.position, text, source))
    if builder.problems:
        raise refusal(builder.problems)
    return Tree(source, data, builder.values, builder.keys)


class _Builder:
    """Builds plain data from PyYAML's events; nothing is constructed, and no alias is followed."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.values: dict[Location, Mark] = {}
        self.keys: dict[Location, Mark] = {}
        self._text = text
        self._loader = yaml.SafeLoader(text)
        self._events = iter(self._loader.get_event, None)

    def document(self) -> Any:
        """Read the one document of the stream."""
        next(self._events)
        first: Any = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            raise PolicyError.of([Problem(self.source, 1, 1, "the file is empty", "start with: needful: 1")])
        # PyYAML passes over directives that it does not know.
        if first.version or first.tags or self._text.startswith("%", first.start_mark.index):
            self._report(first, "YAML directives are not part of the policy language", "remove the line with %")
        data = self._node(next(self._events), ())
        next(self._events)
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._second(following, next(self._events))
        return data

    @property
    def position(self) -> Mark:
        """How far the text was read."""
        return self._loader.line + 1, self._loader.column + 1

    def _second(self, start: Any, content: Any) -> None:
        is_empty = isinstance(content, yaml.ScalarEvent) and not content.value and not content.style
        hint = "remove the ---" if is_empty else "one file holds one document: remove what follows ---"
        self._report(start, "a second document", hint)

    def _report(self, event: Any, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.source, *_mark(event), message, hint))

    def _node(self, event: Any, at: Location) -> Any:
        self.values[at] = _mark(event)
        if isinstance(event, yaml.AliasEvent):
            self._report(event, "aliases (*name) are not part of the policy language", "write the value out")
            return None
        if event.anchor is not None:
            self._report(event, "anchors (&name) are not part of the policy language", "write the value out")
        if event.tag is not None:
            self._report(event, "tags (!name) are not part of the policy language", "remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(at) >= MAX_DEPTH:
            self._report(event, f"more than {MAX_DEPTH} levels deep", "remove the brackets or dashes that are too many")
            raise refusal(self.problems)
        return self._mapping(at) if isinstance(event, yaml.MappingStartEvent) else self._sequence(at)

    def _sequence(self, at: Location) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*at, len(items))))
        return items

    def _mapping(self, at: Location) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, at)
            here = (*at, key)
            if key in items:
                line, _ = self.keys[here]
                self._report(event, f"this key is there twice: {quoted(key)}", f"the first is on line {line}")
            else:
                self.keys[here] = _mark(event)
            value = self._node(next(self._events), here)
            items.setdefault(key, value)
        return items

    def _key(self, event: Any, at: Location) -> str:
        key = self._node(event, (*at, ""))
        del self.values[(*at, "")]
        if isinstance(key, str):
            if key == "<<":
                self._report(event, "merge keys (<<) are not part of the policy language", "write the keys out")
            return key
        if isinstance(event, yaml.ScalarEvent):
            message, hint = ("a key is text", "write it in quotes") if event.value else ("a key is missing", _NO_KEY)
            self._report(event, message, hint)
            return str(event.value)
        if not isinstance(event, yaml.AliasEvent):
            self._report(event, "a key is text, not a list or a mapping", "write it in quotes")
        return ""

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style:
            if _CONTROL.search(text):
                self._report(event, "a control character in a text", "remove the escape")
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _NOT_A_NUMBER.fullmatch(text):
            self._report(event, "not a finite number", "a policy has plain numbers only")
        if not _FLOAT.fullmatch(text):
            return text
        found = number(text)
        if found is None:
            self._report(event, "a number that is too large", "write it in quotes if it is an identifier")
        return found


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def number(text: str) -> int | float | None:
    """Read a plain number; None where the text is none, or one that not every JSON reader takes."""
    if not _FLOAT.fullmatch(text):
        return None
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 20 and abs(int(text)) <= MAX_INTEGER else None
    found = float(text)
    return found if math.isfinite(found) else None
