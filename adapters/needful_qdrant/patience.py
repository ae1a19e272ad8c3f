"""One call of a client, made again where that may help: what takes hours should not end with one lost connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from qdrant_client import QdrantClient

from needful.errors import StoreError
from needful_qdrant.calls import is_local
from needful_qdrant.faults import Attempts, classify

__all__ = ["patiently"]

T = TypeVar("T")

SECONDS = 300.0
RETRIES = 8
"""The pauses double from a tenth of a second, so that a server has about half a minute to come back."""


def patiently(client: QdrantClient, call: Callable[[], T], *, retries: int = RETRIES) -> T:
    """Return what `call` returns. It must do no harm done twice. Raises `StoreError`, never the client's own error."""
    attempts = Attempts(SECONDS, retries)
    while True:
        try:
            return call()
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the client raises whatever its transport does
            fault = classify(error, local=is_local(client))
        time.sleep(attempts.pause(fault))
