"""Policy files as text: read within bounds, without characters that hide something from a reviewer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path

from needful.errors import PolicyError, Problem

__all__ = ["BLANK", "MAX_BYTES", "checked", "glued", "look_alike", "quoted", "read_file", "refusal"]

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 50

# What makes a reviewer see another policy than the loader: text that shows in another order than it is read, and line
# breaks that editors do not show (PyYAML breaks lines there, so that a comment would go on as a rule).
_REFUSED = re.compile(
    "(?P<order>[\u202a-\u202e\u2066-\u2069])"
    "|(?P<line>\r(?!\n)|[\x85\u2028\u2029])"
    "|(?P<nul>\0)"
    # YAML 1.2 §5.1: what a stream may hold unescaped.
    "|(?P<control>[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff])"
)
_WHY: Mapping[str, tuple[str, str]] = {
    "order": ("a character that changes the reading order", "remove it: reviewers would see another text"),
    "line": ("a line break that editors do not show", "put an ordinary one in its place"),
    # Text in UTF-16 has one in every character.
    "nul": ("this is not UTF-8 text", "save the file as UTF-8"),
    "control": ("a control character", "remove it"),
}

# What word processors and input methods type for quotation marks, blanks, colons and commas.
_LOOK_ALIKES = re.compile("[\u00a0\u00ab\u00bb\u2007\u200b\u2018-\u201f\u202f\u3000\ufeff\uff0c\uff1a]")
# In a name or word also dashes and what does not show at all; sentences have them rightly.
_IN_WORDS = re.compile(_LOOK_ALIKES.pattern[:-1] + "\u00ad\u200c\u200d\u2010-\u2015\u2060\u2212]")
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
        # Without the byte order mark, if the file has one.
        before = error.object[: error.start]
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
    found = _refused(text, source)
    if problems := list(islice(found, MAX_PROBLEMS + 1)):
        raise refusal(problems, uncounted=sum(1 for _ in found))
    return text


def _refused(text: str, source: str) -> Iterator[Problem]:
    line, start, last = 1, 0, 0
    for found in _REFUSED.finditer(text):
        at = found.start()
        line += text.count("\n", last, at)
        start = max(start, text.rfind("\n", last, at) + 1)
        last = at
        yield Problem(source, line, at - start + 1, *_WHY[found.lastgroup or ""])
        if found.lastgroup == "nul":
            return


def refusal(problems: Sequence[Problem], *, uncounted: int = 0) -> PolicyError:
    """Make one error of many problems: sorted by position, each once, the first fifty spelled out.

    `uncounted` is how many more there are, below these.
    """
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column, problem.message))
    shown, rest = ordered[:MAX_PROBLEMS], len(ordered) - MAX_PROBLEMS + uncounted
    if rest > 0:
        first = ordered[MAX_PROBLEMS]
        shown.append(replace(first, message=f"and from here on {_more(rest)}", hint="mend those above first"))
    return PolicyError.of(shown)


def _more(count: int) -> str:
    return "one more problem" if count == 1 else f"{count} more problems"


def quoted(text: str) -> str:
    """Show a name from a policy file in a message: cut to 60 characters, without line breaks."""
    text = " ".join(text.split())
    return f'"{text if len(text) <= 60 else text[:60] + "…"}"'


def look_alike(text: str) -> str:
    """Name the first character that only looks like a plain one, and say what to do; an empty text if there is none."""
    found = (_LOOK_ALIKES if " " in text else _IN_WORDS).search(text)
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
