"""PDF to text: page by page, a blank line between pages. Needs the extra `files` (pypdf)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING

from needful.deadlines import left
from needful_files.content import ENCRYPTED, MAX_CHARACTERS, Content, Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

__all__ = ["content"]

_LOSSES = ("Impossible to decode", "Exceeded")
"""How pypdf's warnings begin where it goes on without a part of a page."""

_lost: ContextVar[list[str]] = ContextVar("needful_files_lost")


def content(data: bytes) -> Content:
    """Read a PDF; metadata `pages`, and `pages_without_text` where there are any. Raises `Unreadable`, and any error.

    A password that every reader knows, the empty one, opens a file here too.
    """
    from pypdf import PdfReader

    _lost.set([])
    _listen()
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(ENCRYPTED)
    texts = list(_texts(reader))
    full = [text for text in texts if text]
    if not full:
        raise Unreadable("no page has text: they may be pictures (run character recognition over it first)")
    empty = {"pages_without_text": len(texts) - len(full)} if len(full) < len(texts) else {}
    return Content("\n\n".join(full), {"pages": len(texts), **empty})


def _texts(reader: PdfReader) -> Iterator[str]:
    size = 0
    for number, page in enumerate(reader.pages, start=1):
        if left() <= 0:
            raise TimeoutError
        text = page.extract_text().strip()
        if _lost.get():
            raise Unreadable(f"a part of page {number} cannot be read (save the file anew)")
        size += len(text)
        if size > MAX_CHARACTERS:
            raise Unreadable(f"its text has more than {MAX_CHARACTERS // 1_000_000} million characters (split it)")
        yield text


class _Log(logging.Handler):
    """Takes pypdf's log, which quotes what is in the file, and keeps of it only that something was lost."""

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a message before values are put into it."""
        if str(record.msg).startswith(_LOSSES):
            _lost.get([]).append(record.name)


def _listen() -> None:
    log = logging.getLogger("pypdf")
    if not any(isinstance(handler, _Log) for handler in log.handlers):
        log.addHandler(_Log())
        log.setLevel(logging.WARNING)
        log.propagate = False
