"""YAML that cannot be read: what PyYAML found, in words for the person who wrote it.

PyYAML's own text never gets out: it quotes the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from needful.errors import Problem
from needful.policy.text import BLANK, glued, look_alike

__all__ = ["syntax_problem"]

# What PyYAML says, by its first words, and what to do about it.
_SYNTAX: Mapping[str, tuple[str, str]] = {
    "found character '\\t'": ("a tab", "indent with spaces"),
    "found character": ("a character that cannot start a value", "write the value in quotes"),
    "mapping values are not allowed": ("a colon out of place", "check the indentation, or quote the value"),
    "sequence entries are not allowed": ("a dash out of place", "check the indentation, or quote the value"),
    "expected <block end>": ("this does not line up with what is above", "check the indentation"),
    "could not find expected ':'": ("a key without a colon", "write key: value"),
    "expected ',' or ']'": ("a list is not closed", "add ] or a comma"),
    "expected ',' or '}'": ("a mapping in braces is not closed", "add } or a comma"),
    "found unexpected end of stream": ("a quote is not closed", "add the closing quote"),
    "found unknown escape": ("an unknown escape in double quotes", "use single quotes, above all for a regex"),
    "expected alphabetic or numeric character": ("a value cannot start with * or &", "write it in quotes"),
}
# YAML 1.1 §4.1.4, by which PyYAML counts lines.
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# PyYAML reads `default:redact` as text, and stumbles a few lines later.
_LINES_BACK = 3


def syntax_problem(error: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    """Say what keeps a text from being read, and where, as far as that can be told."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _problem(source, 0, 0, "something is out of place", "check the indentation")
    told, lines = error.problem or "", _LINE_BREAK.split(text)
    if told.startswith(("mapping values", "could not find")):
        for line, column in _glued_above(lines, mark.line):
            return _problem(source, line + 1, column + 1, "a colon without a blank", BLANK)
    known = (words for start, words in _SYNTAX.items() if told.startswith(start))
    message, hint = next(known, ("something is out of place", "check the indentation"))
    near = "\n".join(lines[each.line] for each in _marks(error) if each.line < len(lines))
    return _problem(source, mark.line + 1, mark.column + 1, message, look_alike(near) or hint)


def _problem(source: str, line: int, column: int, message: str, hint: str) -> Problem:
    return Problem(source, line, column, f"this is not valid YAML: {message}", hint)


def _marks(error: yaml.MarkedYAMLError) -> Iterator[Any]:
    return (mark for mark in (error.problem_mark, error.context_mark) if mark is not None)


def _glued_above(lines: Sequence[str], last: int) -> Iterator[tuple[int, int]]:
    """Yield line and column, from 0, of values that stand right after a colon, the nearest first."""
    for line in range(min(last, len(lines) - 1), max(last - _LINES_BACK, 0) - 1, -1):
        column = glued(lines[line])
        value = lines[line][column:]
        # `dc:title: scan` is a key with a colon in it.
        if column and (value[0] in "{[" or not (": " in value or value.rstrip().endswith(":"))):
            yield line, column
