"""A ledger that cannot take the entry: no documents, and after doubt nothing until it is reopened and verified."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from faults_support import DOORS, Bench, made_bench

from needful.errors import LedgerError, LedgerWriteError, NeedfulError
from needful.ledger import SqliteLedger, open_ledger
from needful.values import Entry, Receipt

CALLS_BEFORE = 3


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    ledger = SqliteLedger(tmp_path / "ledger.db", timeout=0.2)
    yield from made_bench(request.param, caplog, tmp_path, ledger)
    ledger.close()


@contextmanager
def failing_writes(bench: Bench) -> Iterator[None]:
    """No file may grow: writing at its end is a true error of the file system."""
    largest = max(file.stat().st_size for file in bench.folder.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(largest, 4096), hard))
    try:
        fill(bench)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(bench: Bench) -> None:
    """Append until the limit is met, so that the next call meets it too."""
    entry = bench.entries[-1]
    try:
        for _ in range(10_000):
            bench.ledger.append(entry)
    except LedgerWriteError:
        return
    raise AssertionError("the limit holds nobody up")


@contextmanager
def someone_writing(bench: Bench) -> Iterator[None]:
    with closing(sqlite3.connect(bench.folder / "ledger.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def deleted(bench: Bench) -> Iterator[None]:
    for file in bench.folder.glob("ledger.db*"):
        file.unlink()
    yield


@contextmanager
def replaced(bench: Bench) -> Iterator[None]:
    """Another ledger, as old as the first entry, in the file's place."""
    other = bench.folder / "other.db"
    with SqliteLedger(other) as ledger:
        ledger.append(bench.entries[0])
    for file in bench.folder.glob("ledger.db*"):
        file.unlink()
    other.replace(bench.folder / "ledger.db")
    yield


@contextmanager
def garbage(bench: Bench) -> Iterator[None]:
    draft = bench.folder / "garbage"
    draft.write_bytes(b"\xaa" * 20_000)
    draft.replace(bench.folder / "ledger.db")
    yield


@contextmanager
def closed(bench: Bench) -> Iterator[None]:
    bench.ledger.close()
    yield


FAULTS: dict[str, Callable[[Bench], AbstractContextManager[None]]] = {
    "no space": failing_writes,
    "a lock held past the deadline": someone_writing,
    "deleted": deleted,
    "replaced": replaced,
    "garbage in its place": garbage,
    "closed": closed,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_no_document_comes_where_the_entry_cannot_be_made_durable(bench: Bench, kind: str) -> None:
    for _ in range(CALLS_BEFORE):
        bench.ask()
    with FAULTS[kind](bench):
        for _ in range(2):
            assert bench.fails(LedgerWriteError).code.startswith("ledger-")
        refused = bench.fails(NeedfulError, k=99)
        assert isinstance(refused, LedgerWriteError), "a refusal that cannot be recorded is one of the ledger"
    bench.ledger = open_ledger(bench.folder / "aside.db")


@pytest.mark.parametrize("kind", ["a lock held past the deadline"])
def test_after_a_fault_that_leaves_no_doubt_the_next_call_goes_on(bench: Bench, kind: str) -> None:
    bench.ask()
    with FAULTS[kind](bench):
        bench.fails(LedgerWriteError)
    bench.ask()
    assert bench.ledger.verify().count == 2


def test_after_a_write_error_the_ledger_refuses_until_it_is_reopened_and_verified(bench: Bench) -> None:
    for _ in range(CALLS_BEFORE):
        bench.ask()
    with failing_writes(bench):
        bench.fails(LedgerWriteError)
    before = bench.ledger.reopen().count
    bench.ask()
    assert bench.ledger.verify().count == before + 1


def test_a_ledger_that_was_tampered_with_does_not_open_again(bench: Bench) -> None:
    for _ in range(CALLS_BEFORE):
        bench.ask()
    with failing_writes(bench):
        bench.fails(LedgerWriteError)
    shutil.copytree(bench.folder, bench.folder / "kept")
    bench.ledger.close()
    damage(bench.folder / "ledger.db")
    with pytest.raises(LedgerError):
        bench.ledger.reopen()
    bench.fails(LedgerWriteError)
    bench.ledger = open_ledger(bench.folder / "aside.db")


def damage(path: Path) -> None:
    """Overwrite what stands in the middle of the file."""
    data = bytearray(path.read_bytes())
    start = len(data) // 2
    data[start : start + 2_000] = b"\x55" * 2_000
    path.write_bytes(data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_ledger_in_a_folder_that_may_not_be_written_gives_no_documents(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        os.seteuid(65534)
        try:
            with pytest.raises(LedgerError) as refusal:
                open_ledger(folder / "ledger.db").append(entry_of(bench))
            assert not isinstance(refusal.value, OSError)
        finally:
            os.seteuid(0)


def entry_of(bench: Bench) -> Entry:
    bench.ask()
    return bench.entries[-1]


class Odd:
    """A ledger of the application's that fails in its own way, quoting what it can."""

    def __init__(self, error: type[BaseException], canary: str) -> None:
        self._error = error
        self._canary = canary

    def append(self, entry: Entry) -> Receipt:
        raise self._error(f"cannot write {self._canary}")


@pytest.mark.parametrize("error", [OSError, ValueError, MemoryError, RecursionError, StopIteration, GeneratorExit])
def test_whatever_a_ledger_of_the_applications_raises_no_document_comes(
    bench: Bench, error: type[BaseException]
) -> None:
    kept = bench.ledger
    bench.make(ledger=Odd(error, bench.probe.canaries[0]))
    assert bench.fails(LedgerWriteError).code == "ledger-fault"
    bench.ledger = kept


SHIM = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>
static int broken(void) { return access("BROKEN", F_OK) == 0; }
int fsync(int fd) { (void)fd; if (broken()) { errno = EIO; return -1; } return 0; }
int fdatasync(int fd) { (void)fd; if (broken()) { errno = EIO; return -1; } return 0; }
"""

PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from faults_support import Bench, DOORS
from needful.errors import LedgerWriteError
from needful.ledger import SqliteLedger

class Logs:
    text, records = "", ()

bench = Bench(DOORS[sys.argv[3]], Logs(), Path("."), ledger=SqliteLedger("ledger.db"))
bench.ask()
Path("BROKEN").touch()
for _ in range(2):
    print(bench.fails(LedgerWriteError).code)
Path("BROKEN").unlink()
print(bench.fails(LedgerWriteError).code)
count = bench.ledger.reopen().count
bench.ask()
print(bench.ledger.verify().count - count)
bench.assert_no_leak()
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler for the shim")
@pytest.mark.parametrize("door", DOORS)
def test_after_a_failed_fsync_nothing_is_released_until_the_ledger_is_reopened(tmp_path: Path, door: str) -> None:
    (tmp_path / "shim.c").write_text(SHIM.replace("BROKEN", str(tmp_path / "BROKEN")), "utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "shim.so", "shim.c"], cwd=tmp_path, check=True)
    here = Path(__file__).parent
    arguments: list[Any] = [sys.executable, "-c", PROGRAM, here, here.parent, door]
    surroundings = {**os.environ, "LD_PRELOAD": str(tmp_path / "shim.so")}
    done = subprocess.run(arguments, cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2_000:]
    first, second, third, appended = done.stdout.split()
    assert {first, second, third} <= {"ledger-io", "ledger-doubtful"}
    assert third == "ledger-doubtful"
    assert appended == "1"
