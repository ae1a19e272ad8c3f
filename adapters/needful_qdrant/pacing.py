"""How fast points may be written: a database that others ask at the same time is not to be flooded."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """At most `rate` points a second; None means no limit. What was not used is not saved up for later."""

    def __init__(
        self,
        rate: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises `ValueError` where the rate is not above 0."""
        if rate is not None and not rate > 0:
            raise ValueError("a rate is above 0")
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._free = clock()

    def spent(self, points: int) -> None:
        """Say that so many were written."""
        if self._rate is not None:
            self._free = max(self._free, self._clock()) + points / self._rate

    def wait(self) -> None:
        """Sleep until the next may be written."""
        left = self._free - self._clock()
        if left > 0:
            self._sleep(left)
