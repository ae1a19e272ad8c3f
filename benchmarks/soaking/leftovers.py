"""What lies on disk at the end: the ledger, the vault, temporary files and what was printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from needful.testing import LeakProbe
from needful.testing.disguises import Forms

__all__ = ["in_digests", "looked_at"]

CHUNK, OVERLAP = 4 << 20, 1 << 10
ROWS = re.compile(rb"[0-9A-Za-z+/_\-]{22,}")
"""What may be a digest, in hexadecimal or base64."""


def looked_at(probe: LeakProbe, folder: Path) -> None:
    """Look at the names and bytes of all files, a few megabytes at a time. The first folder below names the door."""
    for path in _files(folder):
        door = f"{path.relative_to(folder).parts[0].split('-')[0].removesuffix('.txt')} files"
        probe.tap(door, path.name)
        for chunk in _chunks(path):
            probe.tap(door, chunk)


def in_digests(folder: Path, canaries: Iterable[str]) -> int:
    """How many canaries an unkeyed hash of which stands anywhere in the files."""
    rows = {
        row.decode().casefold() for path in _files(folder) for chunk in _chunks(path) for row in ROWS.findall(chunk)
    }
    return sum(not rows.isdisjoint(Forms(canary).digests) for canary in canaries)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _chunks(path: Path) -> Iterator[bytes]:
    """Overlapping, so that nothing is cut in two that would be found."""
    with path.open("rb") as file:
        kept = b""
        while data := file.read(CHUNK):
            yield kept + data
            kept = data[-OVERLAP:]
