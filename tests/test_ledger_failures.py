"""What the ledger does when it cannot write, and what it does not take for a ledger."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger_entries import code_of, make_entry, make_ledger, refusal, tamper
from needful.errors import ChainBroken, LedgerError, LedgerWriteError
from needful.keys import Keys
from needful.ledger import SqliteLedger, failures
from needful.ledger.database import SCHEMA_VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@contextmanager
def someone_writing(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_a_lock_held_past_the_timeout_is_refused_and_harms_nothing(path: Path) -> None:
    with make_ledger(path, 1, timeout=0.05) as ledger:
        with someone_writing(path):
            assert refusal(ledger) == "ledger-locked"
        assert ledger.append(make_entry()).sequence == 2


def test_a_thread_does_not_wait_for_another_past_the_timeout(path: Path) -> None:
    with make_ledger(path, 1, timeout=0.3) as ledger, someone_writing(path):
        codes: list[str] = []
        threads = [threading.Thread(target=lambda: codes.append(refusal(ledger))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == ["ledger-locked"] * 4


def test_a_full_disk_is_refused_and_writing_goes_on_when_there_is_space(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        limit_pages(ledger, 3)
        codes = {refusal(ledger) for _ in range(3) if fill(ledger)}
        assert codes == {"ledger-full"}
        limit_pages(ledger, 1000)
        count = ledger.verify().count
        assert ledger.append(make_entry()).sequence == count + 1


def limit_pages(ledger: SqliteLedger, pages: int) -> None:
    assert ledger._storage.connection is not None
    ledger._storage.connection.execute(f"PRAGMA max_page_count={pages}")


def fill(ledger: SqliteLedger) -> bool:
    """Append until the ledger takes no more."""
    try:
        for _ in range(100):
            ledger.append(make_entry())
    except LedgerWriteError:
        return True
    return False


@contextmanager
def failing_writes(path: Path) -> Iterator[None]:
    """No file may grow beyond its size: writing at its end is a true I/O error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(f"{path.name}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_after_a_failed_commit_the_ledger_refuses_until_it_has_been_verified(path: Path) -> None:
    with make_ledger(path, 3) as ledger:
        with failing_writes(path):
            assert refusal(ledger) == "ledger-io"
        assert refusal(ledger) == "ledger-doubtful"
        assert ledger.verify().count == 3
        assert refusal(ledger) == "ledger-doubtful"
        assert ledger.reopen().count == 3
        assert ledger.append(make_entry()).sequence == 4


IOERR_FSYNC = sqlite3.SQLITE_IOERR | (4 << 8)
JOURNAL_POINTER = 28
"""SQLITE_FCNTL_JOURNAL_POINTER: the open write-ahead log (sqlite3.h)."""
METHODS, SYNC = 19, 5
"""Members of struct sqlite3_io_methods, and which one is xSync."""


@contextmanager
def failing_fsync(connection: sqlite3.Connection) -> Iterator[list[int]]:
    """Every fsync of the connection's log fails: its file gets other methods, the same but for xSync."""
    library, pointer = sqlite_library(), ctypes.c_void_p
    # CPython: the database handle is the first member behind the object's head.
    handle = pointer.from_address(id(connection) + object.__basicsize__)
    file = ctypes.POINTER(pointer)()
    assert library.sqlite3_file_control(handle, b"main", JOURNAL_POINTER, ctypes.byref(file)) == 0
    calls: list[int] = []

    def fail(_: int, flags: int) -> int:
        calls.append(flags)
        return IOERR_FSYNC

    function = ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.c_int)(fail)
    own = file[0]
    assert own is not None
    methods = (pointer * METHODS).from_buffer_copy(ctypes.string_at(own, ctypes.sizeof(pointer) * METHODS))
    methods[SYNC] = ctypes.cast(function, pointer)
    file[0] = ctypes.addressof(methods)
    try:
        yield calls
    finally:
        file[0] = own


def sqlite_library() -> ctypes.CDLL:
    """The library that Python's own module has loaded; skips where it is built in."""
    import _sqlite3

    try:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_file_control.restype = ctypes.c_int
    except (OSError, AttributeError):
        pytest.skip("SQLite is built into Python here, and its fsync cannot be made to fail")
    return library


@pytest.mark.parametrize("keys", [None, Keys(bytes(32))], ids=["without keys", "with keys"])
def test_after_a_failed_fsync_the_ledger_refuses_until_it_has_been_verified(path: Path, keys: Keys | None) -> None:
    with make_ledger(path, 3, keys=keys) as ledger:
        ledger.close()
        ledger.reopen()
        ledger.append(make_entry())
        assert ledger._storage.connection is not None
        with failing_fsync(ledger._storage.connection) as calls:
            assert refusal(ledger) == "ledger-io"
            assert calls
        # The entry may be there or not: nobody was told that it is.
        assert refusal(ledger) == "ledger-doubtful"
        found = ledger.reopen().count
        assert found in {4, 5}
        assert ledger.append(make_entry()).sequence == found + 1
        assert ledger.verify().count == found + 1


def test_a_ledger_that_does_not_verify_goes_on_refusing(path: Path) -> None:
    with make_ledger(path, 3) as ledger:
        tamper(path, "UPDATE entry SET salt = randomblob(16) WHERE sequence = 2")
        assert code_of(ChainBroken, ledger.reopen) == "entry-changed"
        assert refusal(ledger) == "ledger-doubtful"


def test_a_closed_ledger_refuses_and_can_be_reopened(path: Path) -> None:
    ledger = make_ledger(path, 1)
    ledger.close()
    ledger.close()
    assert refusal(ledger) == "ledger-closed"
    assert code_of(LedgerError, ledger.verify) == "ledger-closed"
    with ledger:
        assert ledger.reopen().count == 1
        assert ledger.append(make_entry()).sequence == 2


def test_a_deleted_file_is_noticed_and_not_made_anew(path: Path) -> None:
    with make_ledger(path, 2) as ledger:
        path.unlink()
        assert refusal(ledger) == "ledger-replaced"
        assert refusal(ledger) == "ledger-doubtful"
        assert code_of(LedgerError, ledger.reopen) == "ledger-unopened"
        assert not path.exists()


def test_a_deleted_write_ahead_log_is_noticed(path: Path) -> None:
    with make_ledger(path, 2) as ledger:
        path.with_name("ledger.db-wal").unlink()
        assert refusal(ledger) == "ledger-replaced"


def test_a_file_replaced_by_an_older_copy_is_noticed(path: Path, tmp_path: Path) -> None:
    make_ledger(path, 2).close()
    shutil.copy(path, tmp_path / "older.db")
    with make_ledger(path, 3) as ledger:
        path.with_name("ledger.db-wal").unlink()
        (tmp_path / "older.db").replace(path)
        assert refusal(ledger) == "ledger-replaced"
        assert code_of(ChainBroken, ledger.reopen) == "entry-missing"
        assert refusal(ledger) == "ledger-doubtful"


def test_a_log_without_its_ledger_is_not_taken_into_a_new_one(path: Path) -> None:
    with make_ledger(path, 2):
        path.unlink()
        assert code_of(LedgerError, lambda: SqliteLedger(path)) == "ledger-orphaned"


def foreign_database(path: Path) -> None:
    tamper(path, "CREATE TABLE notes (text)")


def newer_ledger(path: Path) -> None:
    make_ledger(path).close()
    tamper(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")


def ledger_with_a_trigger(path: Path) -> None:
    make_ledger(path).close()
    tamper(path, "CREATE TRIGGER forget AFTER INSERT ON entry BEGIN DELETE FROM entry; END")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (foreign_database, "ledger-foreign"),
        (newer_ledger, "ledger-version"),
        (ledger_with_a_trigger, "ledger-schema"),
        (Path.mkdir, "ledger-foreign"),
        (Path.touch, "ledger-foreign"),
        (os.mkfifo, "ledger-foreign"),
        (lambda path: path.write_text("dear diary\n" * 1000), "ledger-foreign"),
        (lambda path: path.symlink_to(path.with_name("nowhere")), "ledger-io"),
    ],
    ids=["database", "newer", "trigger", "directory", "empty", "pipe", "text", "dangling link"],
)
def test_something_else_in_the_ledgers_place_is_refused(path: Path, make: Callable[[Path], Any], code: str) -> None:
    make(path)
    assert code_of(LedgerError, lambda: SqliteLedger(path)) == code


def test_a_foreign_database_is_left_as_it_was(path: Path) -> None:
    foreign_database(path)
    before = path.read_bytes()
    assert code_of(LedgerError, lambda: SqliteLedger(path)) == "ledger-foreign"
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


def test_a_damaged_file_is_refused(path: Path) -> None:
    make_ledger(path, 20).close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xaa" * (len(data) - 4096))
    with make_ledger(path) as ledger:
        assert refusal(ledger) == "ledger-damaged"
        assert code_of(LedgerError, ledger.verify) == "ledger-damaged"
        with pytest.raises(LedgerError, match=r"restore a copy.*needful audit verify"):
            ledger.verify()


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    assert code_of(LedgerError, lambda: SqliteLedger(tmp_path / "state" / "ledger.db")) == "ledger-io"


def test_a_failed_opening_in_the_middle_of_work_is_a_write_error(path: Path) -> None:
    ledger = make_ledger(path)
    newer_ledger(path)
    with ledger:
        assert refusal(ledger) == "ledger-version"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_file_system_that_may_not_be_written_is_named_as_such(number: int) -> None:
    assert failures.explain(OSError(number, "canary")).code == "ledger-readonly"


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (sqlite3.SQLITE_CANTOPEN, "ledger-unopened", "path and the permissions"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "ledger-damaged", "restore a copy"),
        (sqlite3.SQLITE_IOERR_READ, "ledger-io", "needful audit verify"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "ledger-locked", "timeout"),
        (sqlite3.SQLITE_READONLY, "ledger-readonly", "permissions"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "ledger-replaced", "reopen"),
        (sqlite3.SQLITE_FULL, "ledger-full", "space"),
        (sqlite3.SQLITE_NOTADB, "ledger-foreign", "path"),
    ],
)
def test_a_failure_says_what_to_do_next(error: int, code: str, hint: str) -> None:
    foreign = sqlite3.OperationalError("canary")
    foreign.sqlite_errorcode = error
    found = failures.explain(foreign).error(LedgerError)
    assert found.code == code
    assert hint in found.hint
    assert "canary" not in str(found)
