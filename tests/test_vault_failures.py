"""What the vault does when it cannot read or write, and what it does not take for a vault."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from needful.errors import VaultError
from needful.testing import LeakProbe
from needful.vault import SqliteVault
from needful.vault.database import SCHEMA_VERSION
from needful.vault.failures import UNREAD, UNWRITTEN, explain
from vault_support import ANNA, KEYS, as_nobody, code_of, make_vault, numbered, reachable_folder, refusal, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


# where nothing can be written


def test_in_a_read_only_directory_no_vault_is_made() -> None:
    with reachable_folder() as folder, as_nobody(folder):
        vault = SqliteVault(folder / "vault.db", KEYS)
        assert refusal(vault) == "vault-open"
        assert vault.originals([ANNA]) == {}
        assert list(folder.iterdir()) == []


def test_a_vault_that_may_not_be_written_is_read_and_takes_nothing_until_it_may_be() -> None:
    with reachable_folder() as folder:
        path = folder / "vault.db"
        make_vault(path, 2).close()
        with as_nobody(path, folder):
            vault = SqliteVault(path, KEYS)
            assert vault.originals(numbered(3)) == numbered(2)
            assert refusal(vault) == "vault-write"
            vault.put(numbered(2))
            assert [file.name for file in folder.iterdir()] == ["vault.db"]
        folder.chmod(0o700)
        path.chmod(0o600)
        with vault:
            vault.put(numbered(3))
            assert vault.originals(numbered(3)) == numbered(3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_directory_that_may_not_be_looked_into_is_no_empty_vault() -> None:
    with reachable_folder() as folder:
        make_vault(folder / "hidden" / "vault.db", 1).close()
        folder.chmod(0o755)
        vault = SqliteVault(folder / "hidden" / "vault.db", KEYS)
        with as_nobody():
            assert code_of(lambda: vault.originals(numbered(1))) == "vault-open"
            assert code_of(lambda: vault.has(ANNA)) == "vault-open"


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    vault = SqliteVault(tmp_path / "state" / "vault.db", KEYS)
    assert refusal(vault) == "vault-open"
    assert code_of(lambda: vault.originals([ANNA])) == "vault-open"


def test_a_full_disk_is_refused_with_all_of_the_call_and_writing_goes_on_when_there_is_space(path: Path) -> None:
    with make_vault(path, 1) as vault:
        limit_pages(vault, 5)
        assert code_of(lambda: vault.put(numbered(1000))) == "vault-disk-full"
        assert vault.originals(numbered(1000)) == numbered(1)
        limit_pages(vault, 10_000)
        vault.put(numbered(1000))
        assert vault.originals(numbered(1000)) == numbered(1000)


def limit_pages(vault: SqliteVault, pages: int) -> None:
    assert vault._connection is not None
    vault._connection.execute(f"PRAGMA max_page_count={pages}")


@contextmanager
def failing_writes(path: Path) -> Iterator[None]:
    """No file may grow beyond its size: writing at its end is a true I/O error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(f"{path.name}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_failed_commit_is_refused_and_made_good_by_the_next_put(path: Path) -> None:
    with make_vault(path, 3) as vault:
        with failing_writes(path):
            assert refusal(vault) == "vault-write"
        in_doubt = vault._connection
        vault.put(numbered(5))
        assert vault._connection is not in_doubt
        assert vault.originals(numbered(6)) == numbered(5)


def test_after_a_failed_commit_the_log_is_written_anew_before_anything_in_it_is_trusted(path: Path) -> None:
    with make_vault(path, 3) as vault, make_vault(path) as other:
        other.put(numbered(4))
        vault._doubtful = True
        assert path.with_name("vault.db-wal").stat().st_size > 0
        vault.put(numbered(4))
        assert path.with_name("vault.db-wal").stat().st_size == 0


# others who write


@contextmanager
def someone_writing(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_a_lock_held_past_the_deadline_is_refused_and_harms_nothing(path: Path) -> None:
    with make_vault(path, 1, timeout=0.05) as vault:
        with someone_writing(path):
            assert refusal(vault) == "vault-locked"
            vault.put(numbered(1))
            assert vault.originals(numbered(2)) == numbered(1)
        vault.put(numbered(2))


def test_a_thread_does_not_wait_for_another_past_the_deadline(path: Path) -> None:
    with make_vault(path, 1, timeout=0.2) as vault, someone_writing(path):
        codes: list[str] = []
        threads = [threading.Thread(target=lambda: codes.append(refusal(vault))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == ["vault-locked"] * 4


# files that went away or came


def test_a_deleted_file_is_noticed_by_every_call_and_not_made_anew(path: Path) -> None:
    with make_vault(path, 2) as vault:
        path.unlink()
        for _ in range(2):
            assert refusal(vault) == "vault-replaced"
            assert code_of(lambda: vault.put(numbered(2))) == "vault-replaced"
            assert code_of(lambda: vault.originals([ANNA])) == "vault-replaced"
            assert code_of(lambda: vault.has("[PERSON:000000000000]")) == "vault-replaced"
        assert not path.exists()


def test_a_file_that_went_away_between_two_uses_is_not_made_anew(path: Path) -> None:
    with make_vault(path, 2) as vault:
        vault.before_fork()
        vault.after_fork()
        path.unlink()
        assert refusal(vault) == "vault-replaced"
        assert not path.exists()


def test_an_older_copy_in_the_files_place_is_noticed(path: Path, tmp_path: Path) -> None:
    make_vault(path, 1).close()
    shutil.copy(path, tmp_path / "older.db")
    with make_vault(path, 2) as vault:
        (tmp_path / "older.db").replace(path)
        assert code_of(lambda: vault.put(numbered(2))) == "vault-replaced"


def test_a_log_without_its_vault_is_not_taken_into_a_new_one(path: Path) -> None:
    with make_vault(path, 2):
        path.unlink()
        assert refusal(SqliteVault(path, KEYS)) == "vault-orphaned"
        assert not path.exists()


def newer_vault(path: Path) -> None:
    make_vault(path, 1).close()
    tamper(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")


def vault_with_a_trigger(path: Path) -> None:
    make_vault(path, 1).close()
    tamper(path, "CREATE TRIGGER forget AFTER INSERT ON original BEGIN DELETE FROM original; END")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: tamper(path, "CREATE TABLE notes (text)"), "vault-format"),
        (newer_vault, "vault-format"),
        (vault_with_a_trigger, "vault-format"),
        (Path.mkdir, "vault-format"),
        (Path.touch, "vault-format"),
        (os.mkfifo, "vault-format"),
        (lambda path: path.write_text("dear diary\n" * 1000), "vault-format"),
        (lambda path: path.symlink_to(path.with_name("nowhere")), "vault-open"),
    ],
    ids=["database", "newer", "trigger", "directory", "empty", "pipe", "text", "dangling link"],
)
def test_something_else_in_the_vaults_place_is_refused(path: Path, make: Callable[[Path], Any], code: str) -> None:
    make(path)
    vault = SqliteVault(path, KEYS)
    assert refusal(vault) == code
    assert code_of(lambda: vault.originals([ANNA])) == code


def test_garbage_in_the_files_place_is_noticed_while_the_vault_is_in_use(path: Path, tmp_path: Path) -> None:
    with make_vault(path, 2) as vault:
        (tmp_path / "garbage").write_bytes(b"\xaa" * 20_000)
        (tmp_path / "garbage").replace(path)
        assert refusal(vault) == "vault-replaced"


# damage


def test_a_damaged_file_is_refused(path: Path) -> None:
    make_vault(path, 200).close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xaa" * (len(data) - 4096))
    vault = SqliteVault(path, KEYS)
    assert refusal(vault) == "vault-corrupt"
    assert code_of(lambda: vault.originals(numbered(1))) == "vault-corrupt"


def test_a_flipped_byte_in_a_sealed_row_is_found_and_the_other_rows_are_read(path: Path) -> None:
    make_vault(path, 2).close()
    first, second = numbered(2)
    for at in range(0, 60, 7):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            where = (first.encode(),)
            (sealed,) = connection.execute("SELECT sealed FROM original WHERE token = ?", where).fetchone()
            damaged = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
            connection.execute("UPDATE original SET sealed = ? WHERE token = ?", (damaged, *where))
        with make_vault(path) as vault:
            assert code_of(partial(vault.originals, [first, second])) == "vault-corrupt"
            assert vault.originals([second]) == {second: "person number 1"}
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE original SET sealed = ? WHERE token = ?", (sealed, *where))


def test_a_token_whose_original_is_damaged_is_not_taken_for_one_that_is_there(path: Path) -> None:
    make_vault(path, 1).close()
    tamper(path, "UPDATE original SET sealed = zeroblob(60)")
    with make_vault(path) as vault:
        assert code_of(lambda: vault.put(numbered(1))) == "vault-corrupt"


@pytest.mark.parametrize("value", ["'Anna'", "7", "1.5", "CAST(x'ff' AS TEXT)", "x''"])
def test_a_row_of_another_type_is_damage(path: Path, value: str) -> None:
    make_vault(path, 1).close()
    tamper(path, f"UPDATE original SET sealed = {value}")  # noqa: S608 - from the list above
    with make_vault(path) as vault:
        assert code_of(lambda: vault.originals(numbered(1))) == "vault-corrupt"


@pytest.mark.parametrize("change", ["DELETE FROM key_check", "INSERT INTO key_check VALUES (x'00')"])
def test_a_vault_whose_key_cannot_be_checked_is_refused(path: Path, change: str) -> None:
    make_vault(path, 1).close()
    tamper(path, change)
    assert refusal(SqliteVault(path, KEYS)) == "vault-key"


# what errors say


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (sqlite3.SQLITE_CANTOPEN, "vault-read"),
        (sqlite3.SQLITE_IOERR_READ, "vault-read"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "vault-corrupt"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "vault-locked"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "vault-replaced"),
        (sqlite3.SQLITE_FULL, "vault-disk-full"),
        (sqlite3.SQLITE_NOTADB, "vault-format"),
    ],
)
def test_a_failure_of_sqlite_is_told_in_our_words(error: int, code: str) -> None:
    foreign = sqlite3.OperationalError("canary")
    foreign.sqlite_errorcode = error
    found = explain(foreign, UNREAD).error()
    assert found.code == code
    assert found.hint
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "vault-disk-full"), (errno.EDQUOT, "vault-disk-full"), (errno.EROFS, "vault-write")],
)
def test_a_failure_of_the_file_system_is_told_in_our_words(number: int, code: str) -> None:
    assert explain(OSError(number, "canary"), UNWRITTEN).code == code


def test_no_error_quotes_a_token_an_original_or_a_path(path: Path) -> None:
    make_vault(path, 1).close()
    tamper(path, "UPDATE original SET sealed = zeroblob(60)")
    token, original = next(iter(numbered(1).items()))
    probe = LeakProbe([token, original, str(path)])
    with make_vault(path) as vault, pytest.raises(VaultError) as caught:
        vault.put({token: original})
    probe.tap_exception("error", caught.value.with_traceback(None))
    probe.assert_no_leak()
