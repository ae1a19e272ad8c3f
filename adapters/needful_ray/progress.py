"""Which ranges of ids are finished: an append-only file, so that a run that was stopped goes on where it was.

The first line says of what; every later one is a range, by a keyed name, so that the file holds no id. A line counts
once it is on the disk; one that was cut off by a crash counts as not there, and its range is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from needful.errors import StoreError
from needful.keys import Keys

__all__ = ["Progress"]


class Progress:
    """Finished ranges of one collection, for one set of detectors, under one key."""

    def __init__(self, path: Path, keys: Keys, collection: str) -> None:
        self._path = path
        self._keys = keys
        self._collection = collection
        self._done: set[str] = set()

    def begin(self, names: Sequence[str], bits: Mapping[str, int]) -> dict[str, int]:
        """Open the file, or make it with these sizes of ranges; return the sizes that it was begun with.

        `names` are the detectors. Raises `StoreError`, code `progress-file`, where it is of another run or cannot be
        used.
        """
        subject = self._keys.mac("ray-progress", self._collection, *sorted(names))[:16].hex()
        lines = self._lines()
        if not lines:
            self._append({"annotating": subject, "bits": dict(bits)}, new=True)
            return dict(bits)
        head, *rest = lines
        if head.get("annotating") != subject or not _are_bits(head.get("bits")):
            raise _unusable()
        self._done = {line["done"] for line in rest if isinstance(line.get("done"), str)}
        return {**bits, **head["bits"]}

    def is_done(self, name: str) -> bool:
        """Whether the range of this name is finished."""
        return self._named(name) in self._done

    def done(self, name: str) -> None:
        """Write down, durably, that a range is finished. Raises `StoreError`, code `progress-file`."""
        named = self._named(name)
        self._append({"done": named})
        self._done.add(named)

    def clear(self) -> None:
        """Remove the file: everything is done, and the next run begins anew."""
        self._path.unlink(missing_ok=True)

    def _named(self, name: str) -> str:
        return self._keys.mac("ray-range", self._collection, name)[:8].hex()

    def _lines(self) -> list[dict[str, Any]]:
        try:
            text = self._path.read_text("ascii") if self._path.exists() else ""
        except (OSError, UnicodeDecodeError):
            text = None
        if text is None:
            raise _unusable()
        return [line for line in map(_parsed, text.split("\n")) if line is not None]

    def _append(self, line: Mapping[str, Any], *, new: bool = False) -> None:
        # A line begins with the newline before it: what a crash cut off then never joins what follows.
        data = ("" if new else "\n") + json.dumps(line, sort_keys=True)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                written = os.write(descriptor, data.encode("ascii"))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            written = -1
        if written != len(data):
            raise _unusable()


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _are_bits(bits: object) -> bool:
    return isinstance(bits, dict) and all(type(value) is int for value in bits.values())


def _unusable() -> StoreError:
    return StoreError(
        "the progress file cannot be used, or is of another collection, policy or key",
        code="progress-file",
        hint="its folder must be there; delete it to begin anew: what is annotated already is passed over",
    )
