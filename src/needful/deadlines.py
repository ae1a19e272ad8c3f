"""Foreign code under a deadline: it runs in a thread of its own, and is given up when its time is over.

A thread cannot be stopped, so code that wants to end in time by itself asks how much it has `left`. Threads are kept
for the next call, because libraries remember things by thread.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["left", "within"]

T = TypeVar("T")
Job = Callable[[], None]

MAX_IDLE = 16
"""Threads that wait for work; one more ends when its work is done."""

_end: ContextVar[float] = ContextVar("needful_deadline", default=math.inf)


def left() -> float:
    """Seconds that the code that asks still has, infinite outside of `within`; 0 or less where its time is over."""
    return _end.get() - time.monotonic()


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns in another thread, with the context variables of this one.

    Raises `TimeoutError` after `seconds`, and what it raised, interruptions too. What it does later is not heard.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        _end.set(time.monotonic() + seconds)
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            failure.append(error)

    _start(copy_context().run, work, done)
    done.wait(min(seconds, threading.TIMEOUT_MAX))
    if failure:
        raise failure.pop()
    if not outcome:
        raise TimeoutError
    return outcome.pop()


class _Worker(threading.Thread):
    """A thread that does one job after another. It does not hold up the end of the program."""

    def __init__(self) -> None:
        super().__init__(name="needful", daemon=True)
        self._jobs: SimpleQueue[tuple[Callable[[Job], None], Job, threading.Event]] = SimpleQueue()
        self.give = self._jobs.put

    def run(self) -> None:
        while True:
            run, work, done = self._jobs.get()
            run(work)
            stays = len(_idle) < MAX_IDLE
            del run, work  # they hold what was searched
            if stays:
                _idle.append(self)
            done.set()
            if not stays:
                return


_idle: list[_Worker] = []
"""Appending and popping are atomic."""


def _start(run: Callable[[Job], None], work: Job, done: threading.Event) -> None:
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
    worker.give((run, work, done))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a forked process has none of its parent's threads
