"""What a source gives: a document, or a place that cannot be read and why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

__all__ = ["HALF_PAIR", "Bad", "Item", "Places", "encodes", "identity"]

# Version 5 UUIDs of sources and ids (RFC 9562 §5.5) in a namespace of our own: indexing again replaces.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://needful.invalid/documents")

HALF_PAIR = "it has half of a surrogate pair, which no UTF-8 text can hold"

Places = dict[str, str]
"""Point id to where it was first seen, as file:line."""


@dataclass(frozen=True, slots=True)
class Item:
    """One document: the point's id, and the payload in LangChain's layout. Raw."""

    id: str = field(repr=False)
    text: str = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def payload(self) -> dict[str, Any]:
        """The payload as langchain-qdrant writes it."""
        return {"page_content": self.text, "metadata": dict(self.metadata)}

    def over(self, metadata: Mapping[str, Any]) -> Item:
        """The same document, with `metadata` in place of its own of the same names."""
        return replace(self, metadata={**self.metadata, **metadata}) if metadata else self


@dataclass(frozen=True, slots=True)
class Bad:
    """A place in a source that cannot be indexed, and why.

    `line` counts lines, or a loader's documents, from 1; 0 means the whole source.
    """

    source: Path | str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.message}" if self.line else f"{self.source}: {self.message}"


def identity(*parts: str) -> str:
    """The point id of a document: a version 5 UUID, the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts)))


def encodes(found: Mapping[str, Any]) -> bool:
    """Whether an object can be written as JSON in UTF-8: no half of a surrogate pair, no depth without end."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
