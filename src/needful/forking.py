"""Locks that outlive a fork: a forked process has none of the threads that may have held one."""

from __future__ import annotations

import os
import threading
from weakref import WeakSet

__all__ = ["fork_safe_lock"]

# The interpreter's own locks and no class around them: its `with` cannot be interrupted between taking and giving back.
_locks: WeakSet[threading.Lock] = WeakSet()


def fork_safe_lock() -> threading.Lock:
    """Make a lock for a few instructions that leave nothing half done. In a forked process nobody holds it."""
    lock = threading.Lock()
    _locks.add(lock)
    return lock


def _in_child() -> None:
    for lock in list(_locks):
        lock._at_fork_reinit()  # type: ignore[attr-defined]  # what logging and threading do with theirs


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
