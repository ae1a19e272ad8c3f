"""Several who write one vault: threads, processes, forks, and writers that are killed."""

from __future__ import annotations

import base64
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
from functools import partial
from pathlib import Path

import pytest

from needful.vault import SqliteVault
from needful.vault.database import insert
from needful.vault.sealing import seal
from vault_support import ANNA, KEYS, code_of, make_vault, numbered

# Newer Pythons warn of what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

KILLS = 20
WRITERS = 2
WRITER = """
import base64, os, sys
from needful.keys import Keys
from needful.vault import SqliteVault
vault = SqliteVault(sys.argv[1], Keys(base64.b64decode(sys.argv[2])), timeout=60)
for number in range(10**6):
    vault.put({f"[PERSON:{sys.argv[3]}-{number}-{part}]": f"{number} {part}" for part in range(3)})
    os.write(1, f"{number}\\n".encode())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


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


def put_some(path: Path, name: str, threads: int, each: int) -> None:
    """Put tokens of one's own and one that all put, whose original says who was first."""
    vault = SqliteVault(path, KEYS, timeout=60)

    def work(thread: int) -> None:
        for number in range(each):
            vault.put({f"[PERSON:{name}-{thread}-{number}]": f"{name} {thread} {number}", ANNA: name})

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    vault.close()


def run_writers(path: Path, writers: int, threads: int, each: int) -> None:
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=put_some, args=(path, str(name), threads, each)) for name in range(writers)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0] * writers


def test_processes_and_threads_lose_nothing_to_each_other(path: Path) -> None:
    run_writers(path, writers=2, threads=3, each=20)
    expected = {
        f"[PERSON:{name}-{thread}-{number}]": f"{name} {thread} {number}"
        for name in range(2)
        for thread in range(3)
        for number in range(20)
    }
    with make_vault(path) as vault:
        assert vault.originals(expected) == expected


def test_of_processes_that_make_the_vault_and_put_one_token_at_once_one_is_first_for_all(path: Path) -> None:
    run_writers(path, writers=6, threads=1, each=1)
    with make_vault(path) as vault:
        assert vault.originals([ANNA])[ANNA] in {str(name) for name in range(6)}
        assert all(vault.has(f"[PERSON:{name}-0-0]") for name in range(6))
    assert [file.name for file in path.parent.iterdir()] == ["vault.db"]


def test_a_token_that_another_process_put_first_keeps_its_original(path: Path) -> None:
    with make_vault(path, 1) as vault:
        assert in_child(lambda: vault.put({ANNA: "the child's"})) == 0
        vault.put({ANNA: "the parent's"})
        assert vault.originals([ANNA]) == {ANNA: "the child's"}


def test_a_token_that_came_between_the_look_and_the_write_keeps_its_original(path: Path) -> None:
    with make_vault(path, 1) as vault:
        vault.put({ANNA: "the first"})
        assert vault._connection is not None
        insert([(ANNA, seal(KEYS, ANNA, "the second"))], vault._connection)
        assert vault.originals([ANNA]) == {ANNA: "the first"}


# forks


def test_a_child_and_its_parent_both_go_on_after_a_fork(path: Path) -> None:
    with make_vault(path, 1) as vault:
        assert in_child(lambda: vault.put(numbered(2))) == 0
        vault.put(numbered(3))
        assert vault.originals(numbered(4)) == numbered(3)


def test_what_a_child_put_outlives_its_parents_closing_and_its_own_death(path: Path) -> None:
    # A new connection beside the inherited one loses it: the parent's close deletes the child's log.
    vault = make_vault(path, 1)
    told, tell = os.pipe()
    done, finish = os.pipe()

    def work() -> None:
        vault.put(numbered(2))
        os.read(told, 1)
        vault.put(numbered(7))
        os.write(finish, b"!")
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        os.close(tell)
        try:
            work()
        finally:
            os._exit(1)
    os.close(finish)
    vault.close()
    os.write(tell, b"!")
    assert os.read(done, 1) == b"!", "the child ended by itself"
    os.waitpid(child, 0)
    with make_vault(path) as after:
        assert after.originals(numbered(8)) == numbered(7)


def test_a_fork_waits_for_what_another_thread_is_writing(path: Path) -> None:
    with make_vault(path) as vault:
        stop = threading.Event()

        def write() -> None:
            number = 100
            while not stop.is_set():
                vault.put(numbered(1, number))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        results = [in_child(partial(vault.put, numbered(1, number))) for number in range(8)]
        stop.set()
        writer.join()
        assert results == [0] * 8
        assert vault.originals(numbered(8)) == numbered(8)


def test_a_connection_is_not_used_after_a_fork_that_python_did_not_see(path: Path) -> None:
    with make_vault(path, 1) as vault:

        def work() -> None:
            assert code_of(lambda: vault.put(numbered(1))) == "vault-forked"
            assert code_of(lambda: vault.originals([ANNA])) == "vault-forked"

        assert in_child(work, fork=PyDLL(None).fork) == 0
        vault.put(numbered(2))


# writers that are killed


class Writer:
    """A process that puts without end and writes what was acknowledged into a file of its own."""

    def __init__(self, path: Path, name: int) -> None:
        self.name = name
        self.said = path.with_name(f"said-{name}")
        command = [sys.executable, "-c", WRITER, str(path), base64.b64encode(bytes(range(32))).decode(), str(name)]
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output)

    def kill_while_it_writes(self, moment: float) -> None:
        deadline = time.monotonic() + 60
        while self.said.stat().st_size == 0:
            assert self.process.poll() is None, "a writer ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(moment)
        self.process.kill()
        assert self.process.wait(timeout=30) == -signal.SIGKILL

    def acknowledged(self) -> dict[str, str]:
        numbers = [int(line) for line in self.said.read_text().splitlines()]
        return {f"[PERSON:{self.name}-{number}-{part}]": f"{number} {part}" for number in numbers for part in range(3)}


def test_nothing_acknowledged_is_lost_and_no_put_is_half_done_when_writers_are_killed(path: Path) -> None:
    moments = random.Random(7)
    writers = [Writer(path, name) for name in range(WRITERS)]
    for name in range(KILLS):
        writers[name].kill_while_it_writes(moments.uniform(0, 0.02))
        if len(writers) < KILLS:
            writers.append(Writer(path, len(writers)))
    with make_vault(path) as vault:
        for writer in writers:
            acknowledged = writer.acknowledged()
            assert vault.originals(acknowledged) == acknowledged
            following = len(acknowledged) // 3
            parts = [vault.has(f"[PERSON:{writer.name}-{following}-{part}]") for part in range(3)]
            assert all(parts) or not any(parts)
