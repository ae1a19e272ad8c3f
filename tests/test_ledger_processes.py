"""Several writers: threads, processes, forks, and writers that are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from ctypes import PyDLL
from pathlib import Path

import pytest

from ledger_entries import make_entry, make_ledger, refusal
from needful.errors import LedgerWriteError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.entry import canonical
from needful.values import Receipt

# Newer Pythons warn of what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

KILLS = 1000 if os.environ.get("NEEDFUL_SOAK") else 100
WRITERS = 3
# Imports little, so that it starts fast.
WRITER = """
import os, sys
from needful.keys import Keys
from needful.ledger.entry import parse
from needful.ledger.sqlite import Rotation, Schedule, SqliteLedger
keys = Keys(bytes(32)) if len(sys.argv) > 3 else None
rotation, schedule = Rotation(bytes=64 << 10), Schedule(entries=20)
ledger = SqliteLedger(sys.argv[1], timeout=60, rotation=rotation, schedule=schedule, keys=keys)
entry = parse(sys.argv[2].encode())
while True:
    receipt = ledger.append(entry)
    os.write(1, f"{receipt.sequence} {receipt.entry_hash}\\n".encode())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def in_child(work: Callable[[], object], fork: Callable[[], int] = os.fork) -> int:
    """Run work in a fork of this process and return its exit code."""
    child = fork()
    if child == 0:
        result = 1
        try:
            work()
            result = 0
        finally:
            os._exit(result)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def append_some(path: Path, threads: int, each: int) -> None:
    ledger = SqliteLedger(path, timeout=60)
    workers = [
        threading.Thread(target=lambda: [ledger.append(make_entry()) for _ in range(each)]) for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ledger.close()


def test_processes_and_threads_make_one_unbroken_chain(path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=append_some, args=(path, 3, 40)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with make_ledger(path) as ledger:
        assert ledger.verify().count == 2 * 3 * 40


def test_many_processes_may_make_the_same_ledger_at_once(path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=append_some, args=(path, 1, 1)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with make_ledger(path) as ledger:
        assert ledger.verify().count == 8
    assert sorted(file.name for file in path.parent.iterdir()) == ["ledger.db"]


def test_a_child_goes_on_with_its_parents_ledger(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        assert in_child(lambda: check(ledger.append(make_entry()), 2)) == 0
        assert ledger.append(make_entry()).sequence == 3
        assert ledger.verify().count == 3


def check(receipt: Receipt, sequence: int) -> None:
    assert receipt.sequence == sequence


def test_what_a_child_wrote_outlives_its_parents_closing_and_its_own_death(path: Path) -> None:
    # A new connection beside the inherited one loses these entries: the parent's close deletes the child's log.
    ledger = make_ledger(path, 1)
    told, tell = os.pipe()
    done, finish = os.pipe()

    def work() -> None:
        ledger.append(make_entry())
        os.read(told, 1)
        for _ in range(5):
            ledger.append(make_entry())
        os.write(finish, b"!")
        os.kill(os.getpid(), 9)

    def close() -> None:
        ledger.close()
        os.write(tell, b"!")

    closer = threading.Thread(target=close)
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    closer.start()
    os.read(done, 1)
    os.waitpid(child, 0)
    closer.join()
    with make_ledger(path) as after:
        assert after.verify().count == 7


def test_a_fork_waits_for_the_entry_that_another_thread_is_writing(path: Path) -> None:
    with make_ledger(path) as ledger:
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                ledger.append(make_entry())

        writer = threading.Thread(target=write)
        writer.start()
        results = [in_child(lambda: ledger.append(make_entry())) for _ in range(10)]
        stop.set()
        writer.join()
        assert results == [0] * 10
        assert ledger.verify().count >= 10


def test_a_connection_is_not_used_after_a_fork_that_python_did_not_see(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        assert in_child(lambda: expect(refusal(ledger), "ledger-forked"), fork=PyDLL(None).fork) == 0
        assert ledger.append(make_entry()).sequence == 2


def expect(found: str, wanted: str) -> None:
    assert found == wanted


def test_a_ledger_opened_before_a_fork_and_not_used_has_no_connection(path: Path) -> None:
    with make_ledger(path) as ledger:
        assert in_child(lambda: check(ledger.append(make_entry()), 1), fork=PyDLL(None).fork) == 0
        assert ledger.append(make_entry()).sequence == 2


class Writer:
    """A process that appends without end and writes what was acknowledged into a file of its own."""

    def __init__(self, ledger: Path, said: Path, *, signs: bool) -> None:
        self.said = said
        command = [sys.executable, "-c", WRITER, str(ledger), canonical(make_entry()).decode(), *["signs"] * signs]
        with said.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output)

    def is_writing(self) -> bool:
        assert self.process.poll() is None, "a writer ended by itself"
        return self.said.stat().st_size > 0

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait(timeout=30) == -signal.SIGKILL

    def acknowledged(self) -> list[tuple[int, str]]:
        lines = self.said.read_text().splitlines()
        return [(int(sequence), entry_hash) for sequence, entry_hash in map(str.split, lines)]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_nothing_acknowledged_is_lost_when_writers_are_killed_again_and_again(
    path: Path, record_property: Callable[[str, object], None]
) -> None:
    # A hundred times; a thousand with NEEDFUL_SOAK. Segments are small, so that some die while they rotate or sign.
    moments, keys = random.Random(7), Keys(bytes(32))
    said = path.parent / "said"
    said.mkdir()
    # Loading cryptography takes long: of three writers one signs.
    writers = [Writer(path, said / str(number), signs=number == 0) for number in range(WRITERS)]
    for number in range(KILLS):
        victim = writers[number]
        wait_for(victim.is_writing)
        time.sleep(moments.uniform(0, 0.03))
        victim.kill()
        if len(writers) < KILLS:
            writers.append(Writer(path, said / str(len(writers)), signs=len(writers) % WRITERS == 0))
    acknowledged = [receipt for writer in writers for receipt in writer.acknowledged()]
    with make_ledger(path, keys=keys) as ledger:
        verified = ledger.verify()
        stored = {(entry.sequence, entry.entry_hash) for entry in ledger.entries()}
    assert len(writers) == KILLS
    assert len(acknowledged) == len(set(acknowledged)) > KILLS
    assert set(acknowledged) <= stored
    # A writer that was killed between its commit and its word leaves one entry more.
    assert len(acknowledged) <= verified.count <= len(acknowledged) + KILLS
    assert verified.segments > KILLS // 20
    assert verified.checkpoints > 0
    record_property("kills", KILLS)
    record_property("acknowledged", len(acknowledged))
    record_property("found", repr(verified))


def test_a_fork_takes_no_waiting_entry_along(path: Path) -> None:
    # A child that wrote what threads of its parent still wait for would write it twice.
    with make_ledger(path) as ledger:
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                ledger.append(make_entry(purpose="parent"))

        threads = [threading.Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        results = [in_child(lambda: ledger.append(make_entry(purpose="child"))) for _ in range(15)]
        stop.set()
        for thread in threads:
            thread.join()
        assert results == [0] * 15
        purposes = [stored.entry.purpose for stored in ledger.entries()]
        assert purposes.count("child") == 15
        assert ledger.verify().count == len(purposes)


# One commit for all that wait.


def transactions(ledger: SqliteLedger) -> list[str]:
    """Every COMMIT of a ledger from now on."""
    seen: list[str] = []
    assert ledger._storage.connection is not None
    ledger._storage.connection.set_trace_callback(lambda text: seen.append(text) if text == "COMMIT" else None)
    return seen


def test_threads_that_wait_are_served_by_one_commit(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        commits, receipts = transactions(ledger), list[Receipt]()
        threads = [threading.Thread(target=lambda: receipts.append(ledger.append(make_entry()))) for _ in range(12)]
        with ledger._storage.lock:
            for thread in threads:
                thread.start()
            wait_for(lambda: len(ledger._queue._queue) == 12)
        for thread in threads:
            thread.join()
        assert len(commits) == 1
        assert sorted(receipt.sequence for receipt in receipts) == list(range(2, 14))
        assert {receipt.entry_hash for receipt in receipts} <= {stored.entry_hash for stored in ledger.entries()}
        assert ledger.verify().count == 13


def test_a_commit_that_fails_fails_for_all_that_it_served_and_each_has_an_error_of_its_own(path: Path) -> None:
    with make_ledger(path, 1, timeout=5) as ledger:
        assert ledger._storage.connection is not None
        ledger._storage.connection.execute("PRAGMA max_page_count=6")
        errors = list[LedgerWriteError]()

        def work() -> None:
            try:
                for _ in range(100):
                    ledger.append(make_entry())
            except LedgerWriteError as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {error.code for error in errors} == {"ledger-full"}
        assert len({id(error) for error in errors}) == 6
        assert all(error.__context__ is None for error in errors)
        assert not ledger._queue._queue
        ledger.verify()


def test_an_entry_that_was_given_up_is_not_written_later(path: Path) -> None:
    with make_ledger(path, 1, timeout=0.2) as ledger:
        with ledger._storage.lock:
            codes = list[str]()
            thread = threading.Thread(target=lambda: codes.append(refusal(ledger)))
            thread.start()
            thread.join()
        assert codes == ["ledger-locked"]
        assert ledger.append(make_entry()).sequence == 2
        assert ledger.verify().count == 2
