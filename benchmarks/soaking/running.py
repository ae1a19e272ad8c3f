"""A whole soak: processes, disturbances of the ledger from outside, memory, and what must hold at the end."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from needful.errors import NeedfulError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.testing import LeakProbe
from needful.vault import open_vault
from soaking.leftovers import in_digests, looked_at
from soaking.machine import load_average, machine
from soaking.measuring import Line, growth, lines, percentiles, warm_up
from soaking.setup import CACHED, Job
from soaking.working import READY, work
from soaking.world import new_stem

__all__ = ["Load", "ledger_figures", "soak"]

PATIENCE = 300
"""Seconds that the set-up of all processes may take, and what is under way at the end."""

LOCK_EVERY, LOCK_SHORT, LOCK_LONG = 20.0, 0.5, 6.0
"""Seconds between two locks of the ledger from outside; every third is longer than a writer waits."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """How much of it."""

    seconds: float = 600
    processes: int = 4
    callers: int = 8
    records: int = 400
    faulty: float = 0.25


@dataclass(slots=True)
class _Watch:
    """What is seen from outside while the processes work."""

    memory: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    locks: int = 0


def soak(load: Load) -> Figures:
    """Run it and return the figures; `broken` lists the rules that were broken."""
    folder = Path(tempfile.mkdtemp(prefix="needful-soak-"))
    try:
        return _soaked(load, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _soaked(load: Load, folder: Path) -> Figures:
    before = load_average()
    jobs = list(_jobs(load, folder))
    start = folder / "start"
    context = multiprocessing.get_context("spawn")
    working = [context.Process(target=work, args=(job, start)) for job in jobs]
    for process in working:
        process.start()
    _await_all(jobs, working, folder)
    start.touch()
    watch = _watched(load, working, folder)
    for process in working:
        process.join(PATIENCE)
    missing = [job.number for job in jobs if not (folder / f"report-{job.number}.json").is_file()]
    if missing:
        codes = {job.number: process.exitcode for job, process in zip(jobs, working, strict=True)}
        said = (f"process {one} broke (exit code {codes[one]}):\n{_output(jobs[one])}" for one in missing)
        raise SystemExit("\n".join(said))
    return {**_figures(load, jobs, watch), "load before": before}


def _jobs(load: Load, folder: Path) -> Iterator[Job]:
    stem, secret = new_stem(), secrets.token_bytes(32)
    for name in ("ledger", "vault"):
        (folder / "shown" / name).mkdir(parents=True)
    for number in range(load.processes):
        yield Job(number, folder, stem, secret, load.seconds, load.callers, load.records, load.faulty)


def _output(job: Job) -> str:
    return (job.shown / f"output-{job.number}.txt").read_text("utf-8")[-4000:]


def _await_all(jobs: Sequence[Job], working: Sequence[BaseProcess], folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not all((folder / READY.format(job.number)).exists() for job in jobs):
        broken = [job for job, process in zip(jobs, working, strict=True) if process.exitcode not in (None, 0)]
        if broken or time.monotonic() > end:
            for process in working:
                process.terminate()
            raise SystemExit("the processes did not start\n" + "\n".join(map(_output, broken)))
        time.sleep(0.1)


def _watched(load: Load, working: Sequence[BaseProcess], folder: Path) -> _Watch:
    """Sample memory twice a second and lock the ledger now and then, until the time is over."""
    watch = _Watch({number: [] for number in range(len(working))})
    begin = time.monotonic()
    next_lock = begin + min(LOCK_EVERY, load.seconds / 3)
    while (now := time.monotonic()) < begin + load.seconds:
        for number, process in enumerate(working):
            watch.memory[number].append((now - begin, _resident(process.pid)))
        if now > next_lock:
            hold = LOCK_LONG if watch.locks % 3 == 2 else LOCK_SHORT
            watch.locks += _locked(folder / "shown" / "ledger" / "ledger.db", hold)
            next_lock = now + LOCK_EVERY
        time.sleep(0.5)
    return watch


def _locked(path: Path, seconds: float) -> bool:
    """Hold the ledger's lock, as a backup program might. Says whether it was had."""
    try:
        with closing(sqlite3.connect(path, timeout=2, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return False
    return True


def _resident(pid: int | None) -> int:
    """Resident memory in bytes; 0 where it cannot be had."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    asked = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return int(asked.stdout.strip() or 0) * 1024


# what must hold at the end


def _figures(load: Load, jobs: Sequence[Job], watch: _Watch) -> Figures:
    folder = jobs[0].folder
    reports = [json.loads((folder / f"report-{job.number}.json").read_text("utf-8")) for job in jobs]
    counts, violations = (_added(report[part] for report in reports) for part in ("counts", "violations"))
    called = {job.number: list(lines(folder / f"calls-{job.number}.tsv")) for job in jobs}
    everyone = [line for of_one in called.values() for line in of_one]
    ledger = ledger_figures(folder / "shown" / "ledger" / "ledger.db", everyone)
    tokens = {token for report in reports for token in report["tokens"]}
    canaries = [one for report in reports for held in report["canaries"].values() for one in held]
    taps = _taps(counts, folder / "shown", jobs[0].stem, [*canaries, *(line.canary for line in everyone)])
    calls = [line for line in everyone if line.outcome != "restored"]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "seconds": load.seconds,
        "processes": load.processes,
        "callers": load.callers,
        "records": load.records,
        "cached": CACHED,
        "calls": len(calls),
        "documents": sum(line.documents for line in calls),
        "canaries": len(canaries) + len(calls),
        "outcomes": dict(sorted(Counter(line.outcome for line in calls).items())),
        "faults": _kinds(counts, "fault: "),
        "not injected": _kinds(counts, "error "),
        "ledger": ledger,
        "locks": watch.locks,
        "tokens": len(tokens),
        "tokens lost": _lost_tokens(folder / "shown" / "vault" / "vault.db", jobs[0].secret, tokens),
        "taps": taps,
        "violations": dict(violations),
        "swaps": {
            name: counts[name] for name in ("policy swaps", "policies rejected", "tokens restored", "log records")
        },
        "latency": _latencies(called),
        "warm-up": warm_up(load.seconds),
        "memory": [growth(samples, warm_up(load.seconds)) for samples in watch.memory.values()],
    }


def _added(several: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in several:
        total.update(one)  # and not +, which forgets what is 0: a door without a leak
    return total


def _kinds(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in sorted(counts.items()) if name.startswith(prefix)}


def ledger_figures(path: Path, called: Sequence[Line]) -> Figures:
    """Every receipt that came with an answer is looked up, and the whole ledger is verified."""
    with SqliteLedger(path) as ledger:
        try:
            ledger.verify()
            verdict = "verifies"
        except NeedfulError as error:
            verdict = error.code
        stored = {entry.sequence: entry.entry_hash for entry in ledger.entries()}
    receipts = [(line.sequence, line.digest) for line in called if line.sequence]
    lost = sum(stored.get(sequence) != digest for sequence, digest in receipts)
    bare = sum(bool(line.documents) and not line.sequence for line in called)
    return {
        "entries": len(stored),
        "receipts": len(receipts),
        "lost": lost,
        "without receipt": bare,
        "verdict": verdict,
    }


def _lost_tokens(path: Path, secret: bytes, tokens: set[str]) -> int:
    vault = open_vault(path, Keys(secret))
    return sum(not vault.has(token) for token in tokens)


def _taps(counts: Mapping[str, int], shown: Path, stem: str, canaries: Sequence[str]) -> dict[str, int]:
    taps = _kinds(counts, "tap: ")
    probe = LeakProbe([stem])
    looked_at(probe, shown)
    hashed = in_digests(shown, canaries)
    return {**taps, **probe.doors, "hashes in files": hashed}


def _latencies(called: Mapping[int, Sequence[Line]]) -> dict[str, Figures]:
    """By process and over all, of calls that met no fault and of all calls."""
    every = [line for of_one in called.values() for line in of_one]
    parts = {**{str(number): of_one for number, of_one in called.items()}, "all": every}
    return {
        name: {
            "calls": sum(line.outcome != "restored" for line in of_one),
            "plain": percentiles([line.milliseconds for line in of_one if line.is_plain]),
            "any": percentiles([line.milliseconds for line in of_one if line.outcome != "restored"]),
        }
        for name, of_one in parts.items()
    }
