"""What figures were measured on, without its name."""

from __future__ import annotations

import os
import platform

__all__ = ["load_average", "machine"]


def machine() -> str:
    """Processor, cores, memory and Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB of memory, "
    except (ValueError, OSError):
        memory = ""
    return f"{platform.machine()}, {cores} cores, {memory}Python {platform.python_version()}"


def load_average() -> float | None:
    """Processes that wanted a core over the last five minutes; None where the system does not say."""
    return round(os.getloadavg()[1], 1) if hasattr(os, "getloadavg") else None
