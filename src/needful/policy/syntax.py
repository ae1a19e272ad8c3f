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

__all__ = ["number_problem", "syntax_problem"]

Words = tuple[str, str]
"""What is wrong, and what to do about it."""

_NO_COLON = ("a key without a colon", "write key: value")
_STAR = ("a value cannot start with * or &", "write it in quotes")
_OPEN_QUOTE = ("a quote is not closed", "add the closing quote")
# What PyYAML says, by its first words.
_SYNTAX: Mapping[str, Words] = {
    "found character '\\t'": ("a tab", "put spaces in its place"),
    "found character": ("a character that cannot start a value", "write the value in quotes"),
    "mapping values are not allowed": ("a colon out of place", "check the indentation, or put the value in quotes"),
    "sequence entries are not allowed": ("a dash out of place", "check the indentation, or put the value in quotes"),
    "expected <block end>, but found '<scalar>'": (
        "text after a value that is complete",
        "put the whole value in quotes; or is a quote open above?",
    ),
    "expected <block end>, but found ':'": ("a colon without a key", "write key: value"),
    "expected <block end>, but found ']'": ("a bracket too many", "remove it"),
    "expected <block end>, but found '}'": ("a brace too many", "remove it"),
    "expected <block end>, but found ','": ("a comma out of place", "remove it, or put the whole value in quotes"),
    "expected <block end>": ("this does not line up with what is above", "check the indentation"),
    "could not find expected ':'": _NO_COLON,
    "expected ',' or ']', but got ':'": (
        "a colon out of place",
        "put a comma before this key, or put the value in quotes",
    ),
    "expected ',' or '}', but got ':'": (
        "a colon out of place",
        "put a comma before this key, or put the value in quotes",
    ),
    "expected ',' or ']'": ("a list is not closed", "add ] or a comma"),
    "expected ',' or '}'": ("a mapping in braces is not closed", "add } or a comma"),
    "expected the node content": ("nothing stands before this", "remove it, or write it in quotes"),
    "found unexpected end of stream": _OPEN_QUOTE,
    "found unexpected document separator": _OPEN_QUOTE,
    "found unknown escape": ("an unknown escape in double quotes", "use single quotes, above all for a regex"),
    "expected escape sequence": ("an escape that is too short", "use single quotes, above all for a regex"),
    "expected alphabetic or numeric character": _STAR,
    "found undefined tag": ("a value cannot start with !", "write it in quotes"),
    "expected chomping": ("more after | or > than may stand there", "start the text on the next line"),
    "expected indentation indicator": ("more after | or > than may stand there", "start the text on the next line"),
    "expected '<document start>', but found '<block mapping start>'": (
        "this does not line up with what is above",
        "check the indentation, above all that of the first line",
    ),
    "expected '<document start>'": (
        "more after the end of the document",
        "remove what follows, or put the value in quotes",
    ),
}
# What PyYAML says that it reads when a bracket or brace stays open to a later line.
_OPEN: Mapping[str, Words] = {
    "while parsing a flow sequence": ("a list is not closed", "]"),
    "while parsing a flow mapping": ("a mapping in braces is not closed", "}"),
}
_AFTER_QUOTE: Mapping[str, Words] = {
    "'": ("text right after a closing quote", "in single quotes, an apostrophe is written twice: ''"),
    '"': ("text right after a closing quote", "put the whole value in single quotes"),
}
_A_COLON = re.compile("mapping values|expected .*got ':'")
_OTHERWISE = ("something is out of place", "check the indentation, or put the value in quotes")
_DIRECTIVE = ("a directive", "remove the line with %")
_LONG_KEY = ("a key of more than 1,024 characters", "shorten it, or close the quote or brace that is open above")
# PyYAML reads `default:redact` as text, and stumbles a few lines later.
_LINES_BACK = 3
# PyYAML takes a longer text for no key (YAML 1.1 §7.4.2).
_LONGEST_KEY = 1024
# `metadata.title {action: keep, reason: …}`: PyYAML stumbles over the second colon.
_BEFORE_BRACE = re.compile(r"\s*(- +)?[\w.$-]+(?= +[{[])")
# `page_content scan`: PyYAML takes it for the start of the next line's key.
_NO_KEY = re.compile("( *)[\\w.$-]+\uff1a?( +[\\w-]+)?\\s*")


def syntax_problem(error: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    """Say what keeps a text from being read, and where, as far as that can be told."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _problem(source, 0, 0, _OTHERWISE)
    lines = text.split("\n")
    line, column, (message, hint) = _told(error, mark, lines)
    around = {line, *(mark.line for mark in _marks(error))}
    near = "\n".join(lines[each] for each in sorted(around) if each < len(lines))
    alike = "" if hint == BLANK else look_alike(near)
    return _problem(source, line, column, (message, alike or hint))


def _told(error: yaml.MarkedYAMLError, mark: Any, lines: Sequence[str]) -> tuple[int, int, Words]:
    """Where it is, from 0, and what to say."""
    told, line, column = error.problem or "", mark.line, mark.column
    for known in _slips(told, line, column, lines):
        return known
    start, words = error.context_mark, next((say for begins, say in _SYNTAX.items() if told.startswith(begins)), None)
    if start is None or words is None:
        return line, column, words or _OTHERWISE
    if told.startswith("could not find") or words in (_OPEN_QUOTE, _STAR):
        return start.line, start.column, words
    if start.line != line and (error.context or "") in _OPEN:
        what, end = _OPEN[error.context or ""]
        return start.line, start.column, (what, f"add {end} or a comma: nothing fits from line {line + 1} on")
    return line, column, words


def _slips(told: str, line: int, column: int, lines: Sequence[str]) -> Iterator[tuple[int, int, Words]]:
    """Yield what the lines show and PyYAML does not say."""
    at = lines[line] if line < len(lines) else ""
    if told.startswith("expected '<document start>'") or at.startswith("%"):
        yield from (
            (above, 0, _DIRECTIVE) for above in range(min(line, len(lines) - 1), -1, -1) if lines[above][:1] == "%"
        )
    if told.startswith(("mapping values", "could not find")):
        yield from ((above, end, ("a colon without a blank", BLANK)) for above, end in _glued_above(lines, line))
    if told.startswith("mapping values"):
        yield from ((above, end, _NO_COLON) for above, end in _without_colon(lines, line, column))
    if _A_COLON.match(told) and column > _LONGEST_KEY:
        yield line, column, _LONG_KEY
    if told.endswith("'<scalar>'") and (quote := at[column - 1 : column]) in _AFTER_QUOTE:
        # The quote that ends here was opened on a line above, where it should have ended.
        if at.count(quote, 0, column) % 2:
            yield from ((above, start, _OPEN_QUOTE) for above, start in _open_quote(lines, line, quote))
        yield line, column, _AFTER_QUOTE[quote]


def number_problem(position: tuple[int, int], text: str, source: str) -> Problem:
    """Say that YAML's own syntax has a number that is too large: an escape past U+10FFFF, a directive's version."""
    line, column = position[0] - 1, position[1] - 1
    if text.split("\n")[line].startswith("%"):
        return _problem(source, line, 0, _DIRECTIVE)
    return _problem(source, line, column, ("an escape of no character", "use single quotes, above all for a regex"))


def _problem(source: str, line: int, column: int, words: Words) -> Problem:
    """Make a problem of a place that counts from 0."""
    message, hint = words
    return Problem(source, line + 1, column + 1, f"this is not valid YAML: {message}", hint)


def _marks(error: yaml.MarkedYAMLError) -> Iterator[Any]:
    return (mark for mark in (error.problem_mark, error.context_mark) if mark is not None)


def _without_colon(lines: Sequence[str], last: int, column: int) -> Iterator[tuple[int, int]]:
    """Yield line and column, from 0, of a key that has no colon: on the last line, or on the one above it."""
    key = _BEFORE_BRACE.match(lines[last])
    if key is not None and key.end() < column:
        yield last, key.end()
    above = _NO_KEY.fullmatch(lines[last - 1]) if last else None
    if above is not None and len(above[1]) == len(lines[last]) - len(lines[last].lstrip(" ")):
        yield last - 1, len(above[1])


def _open_quote(lines: Sequence[str], last: int, quote: str) -> Iterator[tuple[int, int]]:
    """Yield line and column, from 0, of quotes that begin a value and do not end on their line, the nearest first."""
    begins = re.compile(rf"(?:[:,\[{{-] *|^ *)({quote})")
    for line in range(last - 1, -1, -1):
        if lines[line].count(quote) % 2:
            yield from ((line, found.start(1)) for found in reversed(list(begins.finditer(lines[line]))))


def _glued_above(lines: Sequence[str], last: int) -> Iterator[tuple[int, int]]:
    """Yield line and column, from 0, of values that stand right after a colon, the nearest first."""
    for line in range(min(last, len(lines) - 1), max(last - _LINES_BACK, 0) - 1, -1):
        column = glued(lines[line])
        value = lines[line][column:]
        # `dc:title: scan` is a key with a colon in it.
        if column and (value[0] in "{[" or not (": " in value or value.rstrip().endswith(":"))):
            yield line, column
