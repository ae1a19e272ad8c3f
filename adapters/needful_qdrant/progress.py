"""How far a long run has come, in a file from which the next run goes on.

The file has the last point's id, sealed: an id may be somebody's number. It is bound to what the run does, so that
another collection or another detector cannot go on where this one stopped.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path

from needful.errors import StoreError, VaultError
from needful.keys import Keys
from needful.values import PointId

__all__ = ["Progress", "Watermark"]

LABEL = "annotation-progress"


class Progress:
    """The file of one run. `job` says what the run does."""

    def __init__(self, path: Path, keys: Keys, *job: str) -> None:
        self._path = path
        self._keys = keys
        self._job = json.dumps(job).encode()

    def load(self) -> PointId | None:
        """The id of the last point that is done; None where there is no file.

        Raises `StoreError`, code `progress-file`, where it cannot be read or is of another run.
        """
        try:
            sealed = base64.b64decode(self._path.read_bytes(), validate=True)
            found: PointId = json.loads(self._keys.unseal(LABEL, sealed, self._job))
            return found
        except FileNotFoundError:
            return None
        except (OSError, binascii.Error, VaultError):
            pass
        raise StoreError(
            "the progress file cannot be read, or is of another collection, policy or key",
            code="progress-file",
            hint="delete it to begin anew: what is annotated already is passed over",
        )

    def save(self, last: PointId) -> None:
        """Say that everything up to this point is done. Raises `StoreError`, code `progress-file`."""
        sealed = self._keys.seal(LABEL, json.dumps(last).encode(), self._job)
        try:
            self._replace(base64.b64encode(sealed))
            return
        except OSError:
            pass
        raise StoreError("the progress file cannot be written", code="progress-file", hint="its folder must be there")

    def clear(self) -> None:
        """Remove the file: everything is done."""
        self._path.unlink(missing_ok=True)

    def _replace(self, content: bytes) -> None:
        descriptor, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self._path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise


class Watermark:
    """Which batches are done, when they end in another order than they began: up to where all are."""

    def __init__(self, save: Callable[[PointId], None]) -> None:
        self._save = save
        self._open: dict[int, int] = {}
        self._order: deque[tuple[int, PointId]] = deque()
        self._next = 0

    def begin(self, last: PointId) -> int:
        """Begin a batch that ends with this point; return its number. It has one part."""
        self._next += 1
        self._open[self._next] = 1
        self._order.append((self._next, last))
        return self._next

    def more(self, batch: int, parts: int = 1) -> None:
        """Say that a batch has more parts."""
        self._open[batch] += parts

    def end(self, batch: int) -> None:
        """Say that a part of a batch is done."""
        self._open[batch] -= 1
        reached = None
        while self._order and not self._open[self._order[0][0]]:
            number, reached = self._order.popleft()
            del self._open[number]
        if reached is not None:
            self._save(reached)
