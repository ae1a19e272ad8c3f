"""A checkpoint: what a ledger's tree was at a moment, as the text of a C2SP tlog-checkpoint. Text in, value out.

    needful/ledger/<ledger, 32 hex digits>/<segment>       origin
    <leaves of the segment's tree>
    <root, base64>
    header <SHA-256 of the segment's header, hex>          what follows are extension lines
    link <link of the last entry, hex>
    sequence <of the last entry>
    time <RFC 3339, UTC, microseconds>
    closed                                                 only in the last checkpoint of a segment that was closed

(https://c2sp.org/tlog-checkpoint; its size, root and origin are all that a monitor of other logs needs.)
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from needful.errors import LedgerError

__all__ = ["Checkpoint"]

_TEXT = re.compile(
    r"needful/ledger/(?P<ledger>[0-9a-f]{32})/(?P<segment>[1-9][0-9]{0,8})\n(?P<size>0|[1-9][0-9]{0,17})\n"
    r"(?P<root>[A-Za-z0-9+/]{43}=)\nheader (?P<header>[0-9a-f]{64})\nlink (?P<link>[0-9a-f]{64})\n"
    r"sequence (?P<sequence>0|[1-9][0-9]{0,17})\ntime (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\n"
    r"(?P<closed>closed\n)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was in a segment: `size` leaves under `root`, the last of them entry `sequence` with `link`."""

    ledger: str
    segment: int
    size: int
    root: bytes
    header: bytes
    link: bytes
    sequence: int
    time: str
    closed: bool = False

    def text(self) -> str:
        """The text to be signed."""
        return (
            f"needful/ledger/{self.ledger}/{self.segment}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
            f"header {self.header.hex()}\nlink {self.link.hex()}\nsequence {self.sequence}\ntime {self.time}\n"
            + ("closed\n" if self.closed else "")
        )

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read what `text` wrote, in its one form. Raises `LedgerError`, code `checkpoint-unreadable`."""
        match = _TEXT.fullmatch(text)
        if match:
            found = cls(
                ledger=match["ledger"],
                segment=int(match["segment"]),
                size=int(match["size"]),
                root=base64.b64decode(match["root"]),
                header=bytes.fromhex(match["header"]),
                link=bytes.fromhex(match["link"]),
                sequence=int(match["sequence"]),
                time=match["time"],
                closed=match["closed"] is not None,
            )
            if found.text() == text:  # base64 has more than one form
                return found
        raise LedgerError("a checkpoint is not one of a ledger", code="checkpoint-unreadable")
