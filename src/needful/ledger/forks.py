"""Forks: what holds a connection is told before one, and let go on after it, in the parent and in the child."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol

__all__ = ["Forkable", "watch"]


class Forkable(Protocol):
    """What must put something away before a fork. Compared and kept by identity."""

    def before_fork(self) -> None:
        """Put it away, and keep other threads from taking it up again."""

    def after_fork(self) -> None:
        """Let them."""


_watched: weakref.WeakSet[Forkable] = weakref.WeakSet()
_waiting: list[Forkable] = []
_forking = threading.Lock()


def watch(one: Forkable) -> None:
    """Tell this object of every fork for as long as it lives."""
    _watched.add(one)


def _before() -> None:
    _forking.acquire()
    for one in list(_watched):
        _waiting.append(one)
        one.before_fork()


def _after() -> None:
    while _waiting:
        _waiting.pop().after_fork()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
