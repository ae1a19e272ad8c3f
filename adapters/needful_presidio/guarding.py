"""A time budget that Presidio cannot swallow.

Presidio gives a pattern 60 seconds and then goes on as if it had found nothing (`PatternRecognizer`, on
`TimeoutError`). Here a pattern has at most a second and the whole call a deadline; running over either is an
exception that Presidio does not know, so it comes out. A recognizer that is no pattern has the same second of this
thread's work for one text (`share`).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from itertools import count
from threading import Lock
from typing import Any

import regex

__all__ = ["PATTERN_SECONDS", "OutOfTime", "check", "deadline", "guard", "held", "share"]

PATTERN_SECONDS = 1.0
"""What one pattern, or one recognizer that is no pattern, may take on one window of text."""

_CHECKS = 16
"""Only one check of so many reads a thread's clock; the first that does begins the share."""

_deadline: ContextVar[float] = ContextVar("needful_presidio_deadline", default=math.inf)


class OutOfTime(Exception):  # not an error of ours to show: the detector turns it into one
    """A pattern or the call ran out of time. Not a `TimeoutError`, because Presidio swallows those."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give everything inside `seconds` in all."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _remaining() -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left


def check() -> None:
    """Raise `OutOfTime` if the call's time is over."""
    _remaining()


def share(seconds: float = PATTERN_SECONDS) -> Callable[[], None]:
    """Return what checks that a recognizer has not worked for longer than its share, and that the call has time left.

    Seconds are this thread's own: on a busy machine a text must not be a fault for what others do.
    """
    checks = count(1)
    end = math.inf

    def check_share() -> None:
        nonlocal end
        check()
        # Asking for this clock takes longer than much of what it measures.
        if next(checks) % _CHECKS == 0:
            now = time.thread_time()
            end = min(end, now + seconds)
            if now > end:
                raise OutOfTime

    return check_share


@contextmanager
def held(lock: Lock) -> Iterator[None]:
    """Hold a lock, waiting for it no longer than the call has time."""
    left = _remaining()
    if not lock.acquire(timeout=-1 if math.isinf(left) else left):
        raise OutOfTime
    try:
        yield
    finally:
        lock.release()


class _GuardedRegex:
    """What Presidio takes for a compiled regex: only `finditer`, and `match` for `steps`."""

    def __init__(self, pattern: str, flags: int, seconds: float | None = PATTERN_SECONDS) -> None:
        self._compiled = regex.compile(pattern, flags)
        self._seconds = seconds

    def finditer(
        self, text: str, pos: int = 0, endpos: int | None = None, timeout: float | None = None
    ) -> Iterator[Any]:
        """Find all matches before the first is handed out: a timeout between two would lose the rest."""
        budget = self._budget(timeout)
        try:
            matches = list(self._compiled.finditer(text, pos, len(text) if endpos is None else endpos, timeout=budget))
        except TimeoutError:
            matches = None
        if matches is None:
            raise OutOfTime
        return iter(matches)

    def match(self, text: str, pos: int) -> Any:
        """Return the match that begins here, None where there is none."""
        try:
            return self._compiled.match(text, pos, timeout=self._budget())
        except TimeoutError:
            pass
        raise OutOfTime

    def _budget(self, asked: float | None = None) -> float | None:
        left = _remaining()
        return None if self._seconds is None else min(self._seconds, asked or self._seconds, left)


class _BoundedRegex:
    """The same for a pattern whose every repetition is bounded: the standard library's `re`, which is twice as fast."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._compiled = re.compile(pattern, flags)

    def finditer(
        self, text: str, pos: int = 0, endpos: int | None = None, timeout: float | None = None
    ) -> Iterator[Any]:
        """Find all matches, if the call has time left."""
        _remaining()
        return self._compiled.finditer(text, pos, len(text) if endpos is None else endpos)

    def match(self, text: str, pos: int) -> re.Match[str] | None:
        """Return the match that begins here, None where there is none, if the call has time left."""
        _remaining()
        return self._compiled.match(text, pos)


def guard(recognizer: Any, left_out: Collection[str], *, ascii_words: bool) -> None:
    r"""Put every pattern of a `PatternRecognizer` under the time budget, but for those left out.

    With `ascii_words`, `\b` and `\w` mean ASCII, so that a number beside a Chinese character stands alone; patterns
    that are not ASCII themselves are left as they are.
    A recognizer with the attribute `bounded` promises that no repetition in its patterns is without a bound; one with
    `untimed`, that at any place a pattern either has such a bound or goes over what follows once. Without a timeout a
    pattern that begins at a known place takes a tenth of the time.
    """
    flags = recognizer.global_regex_flags or 0
    bounded = getattr(recognizer, "bounded", False)
    seconds = None if getattr(recognizer, "untimed", False) else PATTERN_SECONDS
    guarded = []
    for shared in recognizer.patterns:
        if shared.name in left_out:
            continue
        # The patterns are class attributes: a copy, so that other engines in this process are left alone.
        pattern = copy(shared)
        ascii_only = ascii_words and shared.regex.isascii()
        if bounded:
            pattern.compiled_regex = _BoundedRegex(shared.regex, flags | re.ASCII if ascii_only else flags)
        else:
            pattern.compiled_regex = _GuardedRegex(shared.regex, flags | regex.ASCII if ascii_only else flags, seconds)
        pattern.compiled_with_flags = flags
        guarded.append(pattern)
    recognizer.patterns = guarded
