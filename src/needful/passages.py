"""Documents as passages: how a text is cut, and how passages are known by their ids.

A passage's point has a UUID (RFC 9562 §5.8, version 8): 90 bits say which document it is of, and 32 which passage. So
what came back says by its id alone where it belongs, neighbours can be asked for by id, and points in the order of
their ids are documents in the order of their passages. Order 0 is the document itself: its fields, and no text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence

from needful.selection import Extent, split
from needful.values import Passage

__all__ = ["MAX_ORDER", "MAX_SENTENCES", "cut", "document_of", "order_of", "passage_id"]

MAX_ORDER = 2**32 - 1
"""Most passages of a document."""

MAX_SENTENCES = 3
"""Most sentences of a passage, unless a span bridges more."""

SHORT = 60
"""A sentence with fewer characters joins the one that follows: a heading alone answers nothing."""

ROOM = 240
"""Characters up to which sentences join."""


_WRITTEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""Version 8 as Qdrant writes it: the order is in the last eight digits."""
_OF_DOCUMENT = 28


def passage_id(document: str, order: int) -> str:
    """The id of a passage of a document, counted from 1; 0 gives the id of the document's own point.

    `document` is any UUID. Raises `ValueError` where the order does not fit.
    """
    if not 0 <= order <= MAX_ORDER:
        raise ValueError("a document has at most 2**32 - 1 passages")
    if _WRITTEN.fullmatch(document):
        return f"{document[:_OF_DOCUMENT]}{order:08x}"
    number = uuid.UUID(document).int
    return str(uuid.UUID(int=_versioned(number) & ~MAX_ORDER | order))


def document_of(point: int | str) -> str | None:
    """The id of the document's own point; None where the point is no passage."""
    if isinstance(point, str) and _WRITTEN.fullmatch(point):
        return f"{point[:_OF_DOCUMENT]}00000000"
    number = _number(point)
    return None if number is None else str(uuid.UUID(int=number & ~MAX_ORDER))


def order_of(point: int | str) -> int | None:
    """Which passage of its document a point is, 0 for the document itself; None where the point is no passage."""
    if isinstance(point, str) and _WRITTEN.fullmatch(point):
        return int(point[_OF_DOCUMENT:], 16)
    number = _number(point)
    return None if number is None else number & MAX_ORDER


def _number(point: int | str) -> int | None:
    try:
        number = uuid.UUID(point).int if isinstance(point, str) else -1
    except ValueError:
        return None
    return number if number >= 0 and number == _versioned(number) else None


def _versioned(number: int) -> int:
    """The number with version 8 and the variant of RFC 9562 in their places."""
    return number & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62


def cut(text: str, extents: Iterable[Extent] = (), *, sentences: int = MAX_SENTENCES) -> tuple[Passage, ...]:
    """Cut a text into passages of one to `sentences` sentences whose borders lie inside no extent.

    Sentences stand alone, but for short ones, which join what follows. Every character that is not blank lies in
    exactly one passage.
    """
    parts = split(text, extents)
    passages: list[Passage] = []
    held: list[Passage] = []
    for part in parts:
        if held and (len(held) == sentences or part.end - held[0].start > ROOM):
            passages.append(_joined(held))
            held = []
        held.append(part)
        if part.end - held[0].start >= SHORT:
            passages.append(_joined(held))
            held = []
    if held:
        passages.append(_joined(held))
    return tuple(passages)


def _joined(parts: Sequence[Passage]) -> Passage:
    return Passage(parts[0].start, parts[-1].end)
