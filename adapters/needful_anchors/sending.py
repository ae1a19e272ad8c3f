"""Sends the latest of many notes in a thread of its own: a slow destination delays no question."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable

__all__ = ["Latest"]

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LAST_WORDS = 5.0
"""Seconds that a program waits at its end for a note that is on its way."""

logger = logging.getLogger("needful_anchors")


class Latest:
    """Hands on the latest note given, again and again until it went or a newer one came.

    A note vouches for everything before it, so an older one that did not go is not missed. A forked process starts
    with nothing to send and a thread of its own.
    """

    def __init__(self, send: Callable[[str], None], first_pause: float = FIRST_PAUSE) -> None:
        """`send` hands one note on, and raises if it did not go. `first_pause` is in seconds; it doubles each time."""
        self._send = send
        self._first_pause = first_pause
        self._begin()
        atexit.register(self.flush)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._note: str | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def __call__(self, note: str) -> None:
        """Take a note; returns at once."""
        if self._process != os.getpid():
            self._begin()
        with self._changed:
            self._note = note
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="needful-anchor", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float = LAST_WORDS) -> bool:
        """Wait, at most so many seconds, until the latest note went. Returns whether it did."""
        with self._changed:
            return self._changed.wait_for(lambda: self._note is None or self._process != os.getpid(), timeout)

    def _run(self) -> None:
        pause = self._first_pause
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._note is not None)
                note = self._note
            went = note is not None and self._went(note)
            with self._changed:
                if went and self._note == note:
                    self._note = None
                    self._changed.notify_all()
                elif not went:
                    self._changed.wait_for(lambda: self._note != note, pause)  # noqa: B023 - called before the next turn
            pause = self._first_pause if went else min(2 * pause, LONGEST_PAUSE)

    def _went(self, note: str) -> bool:
        try:
            self._send(note)
            return True
        except Exception:  # noqa: BLE001 - a destination raises whatever its library does
            pass
        logger.warning("a checkpoint could not be handed over", extra={"needful": {"code": "anchor-failed"}})
        return False
