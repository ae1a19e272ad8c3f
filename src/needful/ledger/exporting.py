"""A ledger as JSON Lines: what somebody who checks it needs, in one file that any program can read.

A line is RFC 8785 canonical JSON and ends in a newline; bytes are base64. In this order, for each segment:

    {"body", "digest", "format", "type": "head"}             null, null in a ledger of format 1
    {"entry", "leaf", "link", "salt", "sequence", "type": "entry"}     entry and salt of an erased one are ""
    {"note", "number", "sequence", "type": "checkpoint"}     right after the entry that it covers
    {"checkpoints", "closing", "type": "end"}                closing: null in the last segment
    {"segments", "type": "finish"}                           the last line of all
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from needful.errors import ChainBroken, LedgerError
from needful.ledger.chain import Row
from needful.ledger.parts import End, Head, Part, Signed

__all__ = ["lines_of", "parts_of", "write"]

LONGEST = 4 << 20
"""No line is longer, in bytes: an entry has at most 1 MiB."""

_KEYS = {
    "head": {"body", "digest", "format"},
    "entry": {"entry", "leaf", "link", "salt", "sequence"},
    "checkpoint": {"note", "number", "sequence"},
    "end": {"checkpoints", "closing"},
    "finish": {"segments"},
}


def lines_of(parts: Iterable[Part]) -> Iterator[bytes]:
    """Yield the lines of an export. Raises `ChainBroken` at a part that no line can hold."""
    segments = sequence = 0
    for part in parts:
        if isinstance(part, Row):
            sequence = part.sequence
        segments += isinstance(part, Head)
        try:
            line = _dumps(_document(part))
        except (TypeError, ValueError, AttributeError):
            line = b""
        if not line:
            raise _malformed(sequence)
        yield line
    yield _dumps({"type": "finish", "segments": segments})


def _document(part: Part) -> dict[str, Any]:
    match part:
        case Row():
            hashes = {"leaf": _text(part.leaf), "link": _text(part.link)}
            content = {"entry": _text(part.entry), "salt": _text(part.salt)}
            return {"type": "entry", "sequence": part.sequence, **hashes, **content}
        case Signed():
            return {"type": "checkpoint", "number": part.number, "sequence": part.sequence, "note": part.note}
        case Head():
            given = {"body": _text_if_any(part.body), "digest": _text_if_any(part.digest)}
            return {"type": "head", "format": part.version, **given}
        case End():
            closing = None if part.closing is None else _text(part.closing[1])
            return {"type": "end", "checkpoints": part.checkpoints, "closing": closing}


def _text(data: object) -> str:
    if not isinstance(data, bytes):
        raise TypeError("bytes are expected")
    return base64.b64encode(data).decode()


def _text_if_any(data: object) -> str | None:
    return None if data is None else _text(data)


def _dumps(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def write(parts: Iterable[Part], path: Path) -> int:
    """Write an export into a new file, mode 0600, and return how many bytes. Raises `LedgerError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for line in lines_of(parts):
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()
    except OSError:
        pass
    raise LedgerError("the export cannot be written", code="export-io", hint="it must be a new file")


def parts_of(file: BinaryIO) -> Iterator[Part]:
    """Read an export from its beginning, a line at a time.

    Raises `ChainBroken`: code `incomplete` where it was cut off, `export-malformed` at a line that is not one.
    """
    segments = sequence = 0
    finished = False
    while line := file.readline(LONGEST):
        if not line.endswith(b"\n"):
            raise _incomplete(sequence)
        given = _loaded(line)
        if given is None or finished:
            raise _malformed(sequence)
        segments += given["type"] == "head"
        if given["type"] == "finish":
            finished = given["segments"] == segments
        part = None if given["type"] == "finish" else _part(given, segments)
        if part is None and not finished:
            raise _malformed(sequence)
        if part is not None:
            yield part
        if isinstance(part, Row):
            sequence = part.sequence
    if not finished:
        raise _incomplete(sequence)


def _loaded(line: bytes) -> dict[str, Any] | None:
    try:
        given = json.loads(line)
        if isinstance(given, dict) and given.keys() == {"type"} | _KEYS[given["type"]] and _dumps(given) == line:
            return given
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _part(given: dict[str, Any], segment: int) -> Part | None:
    try:
        match given["type"]:
            case "entry":
                columns = [_bytes(given[name]) for name in ("salt", "entry", "leaf", "link")]
                return Row(_count(given["sequence"]), *columns)
            case "checkpoint":
                return Signed(_count(given["number"]), _count(given["sequence"]), str(given["note"]), None)
            case "head":
                body, digest = (None if given[key] is None else _bytes(given[key]) for key in ("body", "digest"))
                return Head(_count(given["format"]), body, digest, segment)
            case _:
                closing = None if given["closing"] is None else (segment, _bytes(given["closing"]))
                return End(_count(given["checkpoints"]), closing)
    except (ValueError, TypeError):
        return None


def _bytes(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        data = None
    if data is None or base64.b64encode(data).decode() != text:  # base64 has more than one form
        raise ValueError("not base64")
    return data


def _count(given: object) -> int:
    if type(given) is not int:
        raise TypeError("not a number")
    return given


def _malformed(sequence: int) -> ChainBroken:
    text = (
        f"the ledger does not verify at entry {sequence + 1}: the export has something there that is not a part of one"
    )
    return ChainBroken(text, code="export-malformed", sequence=sequence + 1)


def _incomplete(sequence: int) -> ChainBroken:
    text = f"the export ends in the middle, after entry {sequence}"
    return ChainBroken(text, code="incomplete", sequence=sequence + 1)
