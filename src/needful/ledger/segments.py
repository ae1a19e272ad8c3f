"""Segments: the files that one ledger is cut into, and the two records that hold them together. Bytes in, value out.

Each segment begins with a header and, when it is full, ends with a closing; both are RFC 8785 canonical JSON:

    header   {"first", "format", "former", "ledger", "made", "segment"}
             `former` is null in segment 1, else {"link", "root", "size"} of the segment before
    closing  {"last", "ledger", "link", "root", "segment", "size", "successor"}

Sequences and links go on from segment to segment; every segment has a Merkle tree of its own. Segment 1 lies at the
ledger's path, segment n at the same path with `.n` at its end. A header is known by SHA-256(0x02 ‖ header), which the
segment's checkpoints sign.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from needful.errors import LedgerError

__all__ = ["FORMAT", "Closing", "Former", "Header", "header_digest", "path_of"]

FORMAT = 2
"""The version of the segments' format; a ledger of format 1 is one file of entries without a header."""

_LEDGER = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_LARGEST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Former:
    """How the segment before ended: hashes in hex."""

    link: str
    root: str
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a segment: the ledger's id, its number, and the sequence of its first entry."""

    ledger: str
    segment: int
    first: int
    made: str
    former: Former | None

    def encode(self) -> bytes:
        """The bytes that are stored."""
        return _dumps({"format": FORMAT, **asdict(self)})

    @classmethod
    def decode(cls, data: object) -> Header:
        """Read what `encode` wrote. Raises `LedgerError`, code `header-unreadable`."""
        given = _loaded(data)
        former = given.get("former")
        if isinstance(former, dict):
            former = Former(former.get("link"), former.get("root"), former.get("size"))  # type: ignore[arg-type]
        if given.get("format") == FORMAT:
            found = cls(given.get("ledger"), given.get("segment"), given.get("first"), given.get("made"), former)  # type: ignore[arg-type]
            if _is_header(found) and found.encode() == data:
                return found
        raise LedgerError("the header of a segment is not one", code="header-unreadable")


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a segment: entry `last` is its last one, segment `successor` goes on."""

    ledger: str
    segment: int
    size: int
    last: int
    link: str
    root: str

    @property
    def former(self) -> Former:
        """What the successor's header must say."""
        return Former(self.link, self.root, self.size)

    def encode(self) -> bytes:
        """The bytes that are stored."""
        return _dumps({"successor": self.segment + 1, **asdict(self)})


def header_digest(header: bytes) -> bytes:
    """SHA-256(0x02 ‖ header)."""
    return hashlib.sha256(b"\x02" + header).digest()


def path_of(base: Path, segment: int) -> Path:
    """Where a segment lies: beside the file that a link leads to."""
    if segment == 1:
        return base
    base = base.resolve()
    return base.with_name(f"{base.name}.{segment}")


def _is_header(header: Header) -> bool:
    texts = (header.ledger, _LEDGER), (header.made, _TIME)
    former = header.former
    return (
        all(pattern.fullmatch(str(text)) for text, pattern in texts)
        and _counts(header.segment, header.first)
        and (former is None) == (header.segment == 1)
        and (former is None or _is_former(former))
    )


def _is_former(former: Former) -> bool:
    return all(_HASH.fullmatch(str(text)) for text in (former.link, former.root)) and _counts(former.size)


def _counts(*numbers: object) -> bool:
    return all(type(number) is int and 0 < number <= _LARGEST for number in numbers)


def _dumps(document: dict[str, Any]) -> bytes:
    # ASCII strings and integers only: the standard library writes what RFC 8785 says (see `entry`).
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _loaded(data: object) -> dict[str, Any]:
    try:
        document = json.loads(data) if isinstance(data, bytes) else None
    except (ValueError, RecursionError):
        document = None
    return document if isinstance(document, dict) else {}
