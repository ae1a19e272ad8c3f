"""What a durable entry costs, and how fast a ledger is verified, against named baselines measured in the same run.

Appending: entries such as a call makes, from so many processes with so many threads each, into one ledger that signs
checkpoints and rotates. Baseline: the same bytes, one INSERT and one commit a row, into a plain SQLite table (WAL,
synchronous=FULL) from as many processes: no chain, no checkpoint, no check.

Verification: a ledger of so many entries, all of what `verify` does with a key. Baseline: SHA-256 over the same rows
read from SQLite, twice a row: the least that any check of leaf and link costs.

    python benchmarks/ledger.py [--entries 1000000] [--seconds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import platform
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.entry import canonical
from needful.ledger.sqlite import Rotation
from needful.values import Entry, Identity

HASH = "0123456789abcdef" * 4
TARGET_RATE = 2000
TARGET_SECONDS = 60
MILLION = 1_000_000


def entry(number: int) -> Entry:
    """An entry such as a call makes: about 800 bytes."""
    return Entry(
        time=f"2026-11-22T10:11:12.{number % MILLION:06d}Z",
        outcome="released",
        purpose="answer-ticket",
        principal=HASH,
        policy=Identity("customer-service", 3, HASH),
        query=hashlib.sha256(str(number).encode()).hexdigest(),
        detector=HASH,
        ner="bundled",
        fields=("page_content", "metadata.title"),
        counts={"PERSON": {"pseudonymize": number % 7}, "metadata.title": {"keep": 4}},
        withheld={"drop-record": 1},
        rounds=1,
        records_fetched=5,
        records_disclosed=4,
        timings={"plan": 0.125, "fetch": 2.25, "detect": 11.5},
    )


def append_for(path: Path, seconds: float, threads: int, count: multiprocessing.Queue[int]) -> None:
    """Append to a ledger and tell how often."""
    ledger, done, until = (
        SqliteLedger(path, keys=Keys(bytes(32)), timeout=60),
        [0] * threads,
        time.monotonic() + seconds,
    )

    def work(thread: int) -> None:
        while time.monotonic() < until:
            ledger.append(entry(done[thread]))
            done[thread] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ledger.close()
    count.put(sum(done))


def insert_for(path: Path, seconds: float, _: int, count: multiprocessing.Queue[int]) -> None:
    """Insert the same bytes into a plain table and tell how often."""
    done, until = 0, time.monotonic() + seconds
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        while time.monotonic() < until:
            connection.execute("INSERT INTO entry (body) VALUES (?)", (canonical(entry(done)),))
            done += 1
    count.put(done)


def rate(
    work: Callable[[Path, float, int, multiprocessing.Queue[int]], None],
    path: Path,
    processes: int,
    threads: int,
    seconds: float,
) -> float:
    """Entries a second over all processes, from the first start to the last end."""
    context = multiprocessing.get_context("fork")
    counts: multiprocessing.Queue[int] = context.Queue()
    running = [context.Process(target=work, args=(path, seconds, threads, counts)) for _ in range(processes)]
    began = time.monotonic()
    for each in running:
        each.start()
    total = sum(counts.get() for _ in running)
    for each in running:
        each.join()
    return total / (time.monotonic() - began)


def plain(path: Path) -> None:
    """Make the baseline's table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")


def fill(path: Path, entries: int) -> None:
    """Make a long ledger, many rows a transaction, in the way of `append`."""
    with SqliteLedger(path, keys=Keys(bytes(32)), rotation=Rotation(bytes=64 << 20)) as ledger:
        writer = ledger._writer  # what 500 threads that wait would have written at once
        for start in range(0, entries, 500):
            rows = [canonical(entry(number)) for number in range(start, min(start + 500, entries))]
            writer.write(partial(list, rows))


def hashed(path: Path) -> float:
    """Processor seconds to read all rows of all segments and hash each twice."""
    began = time.process_time()
    for each in sorted(path.parent.glob(f"{path.name}*")):
        with closing(sqlite3.connect(each)) as connection:
            for sequence, salt, body, leaf, link in connection.execute("SELECT * FROM entry ORDER BY sequence"):
                hashlib.sha256(b"\x00" + salt + body).digest()
                hashlib.sha256(b"\x01" + link + leaf + sequence.to_bytes(8, "big")).digest()
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=MILLION, help="entries of the ledger that is verified")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each appending measurement runs")
    parser.add_argument("--folder", default=None, help="a folder on the disk that is to be measured")
    given = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}\n"
    )
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        appending(folder, given.seconds)
        verifying(folder, given.entries)


def appending(folder: Path, seconds: float) -> None:
    """Durable entries a second."""
    print("durable entries a second    ledger   plain INSERT   ratio")
    for processes, threads in ((1, 1), (4, 1), (4, 8)):
        label = f"{processes} processes x {threads} threads"
        plain(folder / f"plain-{processes}-{threads}.db")
        base = rate(insert_for, folder / f"plain-{processes}-{threads}.db", processes, threads, seconds)
        ours = rate(append_for, folder / f"ledger-{processes}-{threads}.db", processes, threads, seconds)
        print(f"{label:24s} {ours:9,.0f} {base:14,.0f} {ours / base:7.2f}")
    print(f"target: {TARGET_RATE:,} from 4 processes\n")


def verifying(folder: Path, entries: int) -> None:
    """Seconds to verify."""
    path = folder / "long.db"
    fill(path, entries)
    base = hashed(path)
    with SqliteLedger(path, keys=Keys(bytes(32))) as ledger:
        began, worked = time.perf_counter(), time.process_time()
        found = ledger.verify()
        spent, worked = time.perf_counter() - began, time.process_time() - worked
    assert found.count == found.signed == entries
    print(
        f"verification of {entries:,} entries, {found.segments} segments, {found.checkpoints} checkpoints:"
        f" {spent:.1f} s, {worked:.1f} s of them on the processor"
    )
    print(f"reading and hashing alone: {base:.1f} s; ratio {worked / base:.2f}")
    print(
        f"a million in {spent * MILLION / entries:.1f} s ({worked * MILLION / entries:.1f} s);"
        f" target: under {TARGET_SECONDS} s"
    )


if __name__ == "__main__":
    main()
