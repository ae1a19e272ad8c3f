"""Time and memory of one detector in a process of its own, on one core.

    PYTHONPATH=benchmarks python -m detecting.resources CHOICE TEXTS.json

prints one JSON object. The texts are about 100 words each; each is detected three times and its fastest time counts,
which keeps the other users of the machine out. The process runs on one core where the system can bind it.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["about_100_words", "measured"]

_HERE = Path(__file__).resolve().parents[1]

WORDS = 100
ROUNDS = 3


def about_100_words(texts: Iterable[str], count: int) -> list[str]:
    """The first `count` texts of at least 100 words, joined from whole ones."""
    joined: list[str] = []
    words = 0
    part: list[str] = []
    for text in texts:
        part.append(text)
        words += len(text.split())
        if words >= WORDS:
            joined.append("\n".join(part))
            part, words = [], 0
        if len(joined) == count:
            break
    return joined


def measured(choice: str, texts: Sequence[str]) -> Mapping[str, float]:
    """Run this module on a choice; empty where it fails."""
    path = os.pathsep.join([str(_HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": path}
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "texts.json"
        given.write_text(json.dumps(list(texts)), "utf-8")
        command = [sys.executable, "-m", "detecting.resources", choice, str(given)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        sys.stderr.write(done.stderr)
        return {}
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def one_core() -> None:
    """Stay on the last core that this process may use, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def memory() -> float:
    """Resident memory of this process in MB: now where the system says it, else the most it ever was."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def seconds_of(action: Any) -> tuple[float, Any]:
    """How long a call takes, and what it returns."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def fastest(find: Any, text: str) -> float:
    """Milliseconds per 100 words of the fastest of three runs."""
    return min(seconds_of(lambda: find(text))[0] for _ in range(ROUNDS)) * 1000 * WORDS / len(text.split())


def _imported(choice: str) -> None:
    # Not compared with finders.STOCK: that module imports Needful.
    if choice.startswith("stock"):
        import presidio_analyzer  # noqa: F401
    else:
        import needful_presidio.engine  # noqa: F401


def main(choice: str, path: str) -> None:
    """Measure, print."""
    one_core()
    texts = json.loads(Path(path).read_text("utf-8"))
    imported, _ = seconds_of(lambda: _imported(choice))
    from detecting.finders import default_finder

    loaded, find = seconds_of(lambda: default_finder(choice))
    first, _ = seconds_of(lambda: find(texts[0]))
    times = sorted(fastest(find, text) for text in texts)
    figures = {
        "import_s": imported,
        "load_s": loaded,
        "first_ms": first * 1000,
        "median_ms": statistics.median(times),
        "slowest_ms": times[-1],
        "memory_mb": memory(),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
