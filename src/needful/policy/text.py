"""Policy files as text: read within bounds, without characters that hide something from a reviewer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from needful.errors import PolicyError, Problem

__all__ = ["BLANK", "MAX_BYTES", "checked", "glued", "look_alike", "quoted", "read_file", "refusal"]

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 50

# Text that shows in another order than it is read, so that a reviewer sees another policy than the loader.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# YAML 1.2 §5.1: what a stream may hold unescaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What word processors and input methods type for quotation marks, blanks, colons and commas.
_LOOK_ALIKES = re.compile("[\u00a0\u00ab\u00bb\u2007\u200b\u2018-\u201f\u202f\u3000\ufeff\uff0c\uff1a]")
_GLUED = re.compile(r"\s*(- +)?[A-Za-z_$][\w.$\[\]-]*:(?=[^\s:/])")

BLANK = "put a blank after the colon"
"""What to do about what `glued` finds."""


def read_file(path: str | PathLike[str], source: str) -> str:
    """Return the text of a file. Raises `PolicyError` if it is not there, too large, or not UTF-8 text."""
    data, message, hint = b"", "", ""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message, hint = "there is no such file", "check the path"
    except IsADirectoryError:
        message, hint = "this is a directory", "name the YAML file in it"
    except (OSError, ValueError):
        message, hint = "the file cannot be read", "check its permissions"
    if message:
        raise PolicyError.of([Problem(source, 0, 0, message, hint)])
    return _decoded(data, source)


def _decoded(data: bytes, source: str) -> str:
    if len(data) > MAX_BYTES:
        raise PolicyError.of([_too_large(source)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
    raise PolicyError.of([Problem(source, line, column, "this is not UTF-8 text", "save the file as UTF-8")])


def _too_large(source: str) -> Problem:
    return Problem(source, 0, 0, f"the file is larger than {MAX_BYTES // 1024} KiB", "split it by purpose")


def checked(text: str, source: str) -> str:
    """Return a text that is small enough and hides nothing, without its byte order mark. Raises `PolicyError`."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise PolicyError.of([_too_large(source)])
    text = text.removeprefix("\ufeff")
    problems = [
        Problem(source, *_mark_at(text, found.start()), message, hint)
        for pattern, message, hint in (
            (_REORDERING, "a character that changes the reading order", "remove it: reviewers would see another text"),
            (_UNPRINTABLE, "a control character", "remove it"),
        )
        for found in pattern.finditer(text)
    ]
    if problems:
        raise refusal(problems)
    return text


def _mark_at(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def refusal(problems: Sequence[Problem]) -> PolicyError:
    """Make one error of many problems: sorted by position, each once, the first fifty spelled out."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column, problem.message))
    shown, rest = ordered[:MAX_PROBLEMS], len(ordered) - MAX_PROBLEMS
    if rest > 0:
        shown.append(Problem(ordered[0].source, 0, 0, f"and {rest} more problems", "mend these first"))
    return PolicyError.of(shown)


def quoted(text: str) -> str:
    """Show a name from a policy file in a message: cut to 60 characters, without line breaks."""
    text = " ".join(text.split())
    return f'"{text if len(text) <= 60 else text[:60] + "…"}"'


def look_alike(text: str) -> str:
    """Name the first character that only looks like a plain one, and say what to do; an empty text if there is none."""
    found = _LOOK_ALIKES.search(text)
    if found is None:
        return ""
    character = found.group()
    name = unicodedata.name(character).lower()
    article = "an" if name[0] in "aeiou" else "a"
    return f"it has {article} {name}, U+{ord(character):04X}: type the plain character"


def glued(line: str) -> int:
    """Where a line has a value right after its key's colon (`default:redact`): the value's index, else 0."""
    found = _GLUED.match(line)
    return found.end() if found else 0
