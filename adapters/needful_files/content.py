"""What the reader of a format gives, when it gives up, and how much it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ENCRYPTED", "MAX_BYTES", "MAX_CHARACTERS", "MAX_UNPACKED", "Content", "Unreadable", "utf8"]

MAX_BYTES = 50_000_000
"""Of a file, save for JSON Lines, which are read line by line."""

MAX_UNPACKED = 100_000_000
"""Bytes of everything in a DOCX, which is an archive."""

MAX_CHARACTERS = 10_000_000
"""Of a document. Qdrant refuses requests above 32 MiB."""

ENCRYPTED = "the file is encrypted (save it without a password)"


class Unreadable(Exception):
    """A file cannot be read. Its text is ours and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a file, and what the format knows about it. Raw."""

    text: str = field(repr=False)
    metadata: Mapping[str, str | int] = field(default_factory=dict, repr=False)


def utf8(data: bytes) -> Content:
    """Read text or Markdown as it is; a byte order mark is no content. Raises `Unreadable`."""
    try:
        return Content(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    raise Unreadable("this is not UTF-8 text")
