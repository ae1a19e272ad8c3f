"""What was worked out of a text, remembered by the text's digest."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from typing import Generic, TypeVar

from needful.forking import fork_safe_lock

__all__ = ["TextCache"]

V = TypeVar("V")


class TextCache(Generic[V]):
    """Values by kind and text: bounded, least recently used goes first, safe from several threads.

    Keys are digests under a secret of this process, so that a dump of the cache holds no text and no plain hash of one.
    """

    def __init__(self, entries: int = 4096) -> None:
        """Hold the values of at most `entries` texts; 0 turns the cache off."""
        self._entries = entries
        self._secret = secrets.token_bytes(32)
        self._values: OrderedDict[bytes, V] = OrderedDict()
        self._lock = fork_safe_lock()

    def key(self, kind: str, text: str) -> bytes:
        """The key of a text; `kind` says what of it is remembered, such as a detector's fingerprint."""
        digest = hashlib.blake2b(key=self._secret, digest_size=24, person=b"needful-text")
        digest.update(kind.encode() + b"\0" + text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def get(self, key: bytes) -> V | None:
        """The value under a key, or None where there is none."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: bytes, value: V) -> None:
        """Remember a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._entries:
                self._values.popitem(last=False)
