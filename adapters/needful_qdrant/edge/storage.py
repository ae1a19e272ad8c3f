"""Where the embedded engine keeps its collections: a directory that one process at a time has open.

- `needful.lock`, held while it is open
- `collections/NAME/collection.json`, as the collection was created; written last, so it marks a whole one
- `collections/NAME/shard/`, the engine's own files, with its write-ahead log
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import portalocker
import qdrant_edge as engine

from needful.errors import StoreError
from needful_qdrant.edge.problems import BadRequest, Refusal
from needful_qdrant.edge.schema import edge_config

__all__ = ["Collection", "Storage"]

_CONFIG = "collection.json"
_LONGEST_NAME = 255  # bytes, quoted: what common file systems take


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. The engine itself is safe from several threads (measured: 2 writers, 3 readers, no fault)."""

    shard: engine.EdgeShard
    config: Mapping[str, Any]
    """The body that it was created with."""


class Storage:
    """The collections of one directory. Safe from several threads."""

    def __init__(self, directory: str | os.PathLike[str] | None) -> None:
        """Open or make the directory; None stands for a temporary one, removed by `close`.

        Raises `StoreError`, with code `already-open` where another client or process has it open.
        """
        self._temporary = directory is None
        self._root = Path(tempfile.mkdtemp(prefix="needful-")) if directory is None else Path(directory)
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._collections: dict[str, Collection] = {}
        self._closed = False
        self._lock = _locked(self._root)
        try:
            self._load()
        except StoreError:
            self.close()
            raise

    @property
    def is_elsewhere(self) -> bool:
        """Whether this is a fork of the process that opened it: the engine's threads are not here, so it would hang."""
        return os.getpid() != self._process

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def names(self) -> list[str]:
        """The names of all collections."""
        return sorted(self._collections)

    def __contains__(self, name: str) -> bool:
        return name in self._collections

    def __getitem__(self, name: str) -> Collection:
        """The collection of this name. Raises `Refusal` with Qdrant's 404."""
        found = self._collections.get(name)
        if found is None:
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        return found

    def create(self, name: str, config: Mapping[str, Any]) -> None:
        """Make a collection from the body of `PUT /collections/NAME`. Raises `Refusal`."""
        with self._guard:
            if name in self._collections:
                raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
            folder = self._folder(name)
            settings = edge_config(config)
            # What lies there without a collection.json is left over from a crash.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            shard = engine.EdgeShard.create(str(folder / "shard"), settings)
            draft = folder / f"{_CONFIG}.new"
            draft.write_text(json.dumps(config), encoding="utf-8")
            draft.replace(folder / _CONFIG)
            self._collections[name] = Collection(shard, config)

    def delete(self, name: str) -> bool:
        """Remove a collection and its files; False where there is none."""
        with self._guard:
            found = self._collections.pop(name, None)
            if found is None:
                return False
            found.shard.close()
            (self._folder(name) / _CONFIG).unlink()
            shutil.rmtree(self._folder(name))
            return True

    def close(self) -> None:
        """Write everything to disk and let the directory go. A second call does nothing, nor does one in a fork."""
        if self.is_elsewhere:
            return
        with self._guard:
            if self._closed:
                return
            self._closed = True
            # Last in, first out; each is done though another fails.
            with ExitStack() as stack:
                if self._temporary:
                    stack.callback(shutil.rmtree, self._root, ignore_errors=True)
                stack.callback(self._lock.release)
                for collection in self._collections.values():
                    stack.callback(collection.shard.close)
                    stack.callback(collection.shard.flush)
                self._collections.clear()

    def _folder(self, name: str) -> Path:
        folder = quote(name, safe=" ")
        if not name or len(folder.encode()) > _LONGEST_NAME or name in {".", ".."}:
            raise BadRequest("a collection needs a name of at most 255 bytes")
        return self._root / "collections" / folder

    def _load(self) -> None:
        for marker in sorted(self._root.glob(f"collections/*/{_CONFIG}")):
            found = _opened(marker)
            if found is None:
                raise StoreError(
                    "a collection in the directory of the embedded Qdrant cannot be opened",
                    code="embedded-damaged",
                    hint="restore the directory from a backup, or index again into an empty one",
                )
            self._collections[unquote(marker.parent.name)] = found


def _opened(marker: Path) -> Collection | None:
    try:
        config = json.loads(marker.read_text("utf-8"))
        return Collection(engine.EdgeShard.load(str(marker.parent / "shard")), config)
    except Exception:  # noqa: BLE001 - the engine raises bare Exception
        return None


def _locked(root: Path) -> portalocker.Lock[Any]:
    """Take the lock of a directory, which is made where it is not there."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
        lock = portalocker.Lock(str(root / "needful.lock"), mode="a", timeout=0, fail_when_locked=True, flags=flags)
        lock.acquire()
    except portalocker.LockException:
        problem = ("the directory of the embedded Qdrant is already open", "already-open")
        hint = "one process and one client at a time: close the other one, or use a Qdrant server"
    except OSError:
        problem = ("the directory of the embedded Qdrant cannot be used", "embedded-directory")
        hint = "it must be a directory that this user may write to"
    else:
        return lock
    raise StoreError(problem[0], code=problem[1], hint=hint)
