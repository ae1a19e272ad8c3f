"""One process of a soak, from its set-up to its report."""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from needful.testing import LeakProbe
from soaking.setup import Job, Log

__all__ = ["READY", "work"]

READY = "ready-{}"
"""A file that says that a process has filled its collection."""

BUFFER = 100_000
"""Characters of logs that are looked at together."""


class _Taps(logging.Handler):
    """Looks at every log record and its extras for the stem that all canaries have."""

    def __init__(self, stem: str, log: Log) -> None:
        super().__init__()
        self._probe = LeakProbe([stem])
        self._log = log
        self._held: list[str] = []
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.getMessage()}\n{record.__dict__}"
        self._held.append(text)
        self._size += len(text)
        self._log.count("log records")
        if self._size > BUFFER:
            self.look()

    def look(self) -> None:
        """Look at what is held."""
        held, self._held, self._size = self._held, [], 0
        self._probe.doors.clear()
        self._probe.tap("logs", "\n".join(held))
        self._log.count("tap: logs", self._probe.doors["logs"])


def work(job: Job, start: Path) -> None:
    """Fill a collection, wait for the start, ask until the time is over, and leave a report."""
    with (job.shown / f"output-{job.number}.txt").open("w", encoding="utf-8", buffering=1) as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        faulthandler.enable(output)  # what a signal ends leaves no traceback otherwise: files and lines, no values
        try:
            _worked(job, start)
        except BaseException:  # noqa: BLE001 - the parent sees that there is no report, and where it broke
            traceback.print_exc(file=sys.stderr)
            raise SystemExit(1) from None


def _worked(job: Job, start: Path) -> None:
    temporary = job.shown / "temporary"
    temporary.mkdir(exist_ok=True)
    tempfile.tempdir = str(temporary)
    from soaking.calling import run_callers  # LangChain and Presidio take seconds to import
    from soaking.setup import Setup

    setup = Setup.make(job)
    taps = _Taps(job.stem, setup.log)
    logging.basicConfig(level=logging.INFO, handlers=[taps], force=True)
    for name in ("needful", "needful_qdrant", "needful_presidio", "needful_langchain"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    (job.folder / READY.format(job.number)).touch()
    while not start.exists():
        time.sleep(0.05)
    run_callers(setup, time.monotonic() + job.seconds)
    taps.look()
    report = {**setup.report(), "canaries": setup.collection.canaries}
    setup.close()
    (job.folder / f"report-{job.number}.json").write_text(json.dumps(report), "utf-8")
