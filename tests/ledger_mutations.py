"""A ledger with everything that a ledger can have, and what can be done to each stored column of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ledger_entries import make_entry
from needful.errors import ChainBroken
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.chain import Chain
from needful.ledger.merkle import Frontier
from needful.ledger.notes import Signer
from needful.ledger.parts import End, Part
from needful.ledger.reading import parts
from needful.ledger.sqlite import Rotation, Schedule
from needful.ledger.verifying import Verifier

KEYS = Keys(bytes(range(32)))
KEY = Signer(KEYS.signing_seed()).key
ENTRIES = 64


def make_whole(path: Path) -> SqliteLedger:
    """Make a closed ledger of 64 entries: several segments, checkpoints, three erased entries and one that says so."""
    schedule, rotation = Schedule(entries=7, seconds=3600), Rotation(bytes=44 << 10)
    ledger = SqliteLedger(path, keys=KEYS, schedule=schedule, rotation=rotation)
    for number in range(1, ENTRIES):
        ledger.append(make_entry(records_fetched=number, fields=(), counts={}))
    ledger.erase(sequences=[5, 6, 40], reason="request")
    ledger.close()
    return ledger


def parts_of_file(path: Path) -> list[Part]:
    with SqliteLedger(path) as ledger:
        return list(parts(ledger._storage))


def copy_of(verifier: Verifier) -> Verifier:
    """A verifier that has come as far, and goes its own way."""
    twin = object.__new__(Verifier)
    twin.__dict__.update(verifier.__dict__)
    chain = twin._chain = Chain(verifier._chain.sequence, verifier._chain.link)
    chain.erasures._found = [list(each) for each in verifier._chain.erasures._found]
    chain.erasures._said = list(verifier._chain.erasures._said)
    twin._tree = Frontier(verifier._tree.size, verifier._tree.roots)
    return twin


@dataclass
class Checked:
    """A list of parts that verifies, and the state of the verifier before each: a change costs only what follows it."""

    parts: list[Part]
    before: list[Verifier]

    @classmethod
    def of(cls, whole: list[Part]) -> Checked:
        verifier, before = Verifier([KEY]), []
        for part in whole:
            before.append(copy_of(verifier))
            verifier.take(part)
        verifier.finish()
        return cls(whole, before)

    def finds(self, at: int, rest: Iterator[Part]) -> bool:
        """Whether a ledger that is the same up to part `at`, and then `rest`, is refused."""
        verifier = copy_of(self.before[at])
        try:
            for part in rest:
                verifier.take(part)
            verifier.finish()
        except ChainBroken:
            return True
        return False


def columns(part: Part) -> Iterator[tuple[str, Any]]:
    """The stored columns of a part."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(part, End) and field.name == "closing":
            if value is not None:
                yield "closing number", value[0]
                yield "closing body", value[1]
        elif value is not None and field.name != "version":
            yield field.name, value


def with_column(part: Part, name: str, value: Any) -> Part:
    if isinstance(part, End) and name.startswith("closing"):
        assert part.closing is not None
        number, body = part.closing
        return replace(part, closing=(value, body) if name == "closing number" else (number, value))
    return replace(part, **{name: value})


def changed(value: Any, masks: tuple[int, ...]) -> Iterator[Any]:
    """Every flip, insertion, deletion and swap of neighbours of one byte; numbers as the 8 bytes that SQLite keeps."""
    if isinstance(value, int):
        for data in changed(value.to_bytes(8, "big", signed=True), masks):
            yield int.from_bytes(data[:8], "big", signed=True)
        return
    data = value.encode() if isinstance(value, str) else value
    for each in _changed(data, masks):
        yield each.decode("utf-8", "replace") if isinstance(value, str) else each


def _changed(data: bytes, masks: tuple[int, ...]) -> Iterator[bytes]:
    for at in range(len(data)):
        head, byte, tail = data[:at], data[at], data[at + 1 :]
        for mask in masks:
            yield head + bytes([byte ^ mask]) + tail
        yield head + b"\x00" + data[at:]
        yield head + tail
        if tail and tail[0] != byte:
            yield head + tail[:1] + bytes([byte]) + tail[1:]
    yield data + b"\x00"
