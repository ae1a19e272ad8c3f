"""A ledger's files read as parts, in order, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

from needful.errors import ChainBroken
from needful.ledger import table
from needful.ledger.chain import Row
from needful.ledger.parts import End, Page, Part
from needful.ledger.storage import Storage

__all__ = ["holding", "parts", "rows"]

PAGE = 500


def parts(storage: Storage, since: int = 0, number: int = table.FIRST, segment: int = 1) -> Iterator[Part]:
    """Yield the parts of a ledger; of its first segment those after entry `since`, from checkpoint `number` on.

    By pages, so that no reader holds the lock, a snapshot or a connection while its caller thinks. Raises
    `LedgerError`.
    """
    first = since + 1 if since else table.FIRST
    for each in count(segment):
        yield storage.at(each, table.head)
        end = End(None, None)
        for page in _pages(storage, each, first, number):
            yield from _mixed(page)
            end = page.end or end
        yield end
        first = number = table.FIRST
        if end.closing is None:
            _require_no_successor(storage, each)
        if end.closing is None or not storage.exists(each + 1):
            return


def _pages(storage: Storage, segment: int, first: int, number: int) -> Iterator[Page]:
    while True:
        page = storage.at(segment, partial(table.pages, first, PAGE, number))
        yield page
        if page.end is not None:
            return
        first = page.rows[-1].sequence + 1
        number = page.signed[-1].number + 1 if page.signed else number


def _mixed(page: Page) -> Iterator[Part]:
    """Rows, each followed by the checkpoints that claim to stand behind it."""
    signed = iter(page.signed)
    following = next(signed, None)
    for row in page.rows:
        yield row
        while following is not None and not _later(following.sequence, row.sequence):
            yield following
            following = next(signed, None)
    if following is not None:
        yield following
        yield from signed


def _later(claimed: object, sequence: object) -> bool:
    return not isinstance(claimed, int) or not isinstance(sequence, int) or claimed > sequence


def _require_no_successor(storage: Storage, segment: int) -> None:
    # A crash in the middle of a rotation leaves an empty one, with which the next rotation goes on.
    if not storage.exists(segment + 1):
        return
    first = storage.at(segment + 1, table.first)
    # Where it has been closed by now, the ledger went on while it was read.
    if first is not None and storage.at(segment, table.closing) is None:
        text = f"the ledger does not verify at entry {first}: a segment goes on, and the one before it is not closed"
        raise ChainBroken(text, code="closing-missing", sequence=first)


def rows(storage: Storage, since: int = 0, limit: int | None = None) -> Iterator[Row]:
    """Yield rows in order, those after sequence `since`; `limit` says how many will be taken. Raises `LedgerError`."""
    size = PAGE if limit is None else max(1, min(PAGE, limit))
    segment, first = holding(storage, since), since + 1
    while True:
        closed = storage.at(segment, table.closing) is not None  # asked first: then nothing comes after the last page
        found = storage.at(segment, partial(table.page, first, size))
        yield from found
        if len(found) == size and found[-1].sequence < table.LAST:
            first = found[-1].sequence + 1
        elif closed and storage.exists(segment + 1):
            segment += 1
        else:
            return


def holding(storage: Storage, since: int) -> int:
    """The segment in which the entry after `since` lies."""
    for segment in range(storage.last_segment(), 1, -1):
        first = storage.at(segment, table.first)
        if first is not None and first <= since + 1:
            return segment
    return 1
