"""A ledger where nothing can be written: it is read, it refuses entries, and nothing is left beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger_entries import code_of, make_entry, make_ledger, refusal
from needful.errors import LedgerError
from needful.ledger import SqliteLedger
from needful.ledger.database import Access, access_to, connect
from needful.ledger.table import page


@contextmanager
def as_nobody(*paths: Path) -> Iterator[None]:
    """Run as a user who may read these paths and write none: root may write everything."""
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        Path(name).chmod(0o700)


@pytest.mark.parametrize(
    "kept", [("ledger.db", "."), ("ledger.db",), (".",)], ids=["file and folder", "file alone", "folder alone"]
)
def test_a_ledger_that_may_not_be_written_is_read_and_nothing_is_left_beside_it(kept: tuple[str, ...]) -> None:
    with reachable_folder() as folder:
        path = folder / "ledger.db"
        make_ledger(path, 2).close()
        path.chmod(0o666)
        folder.chmod(0o777)
        with as_nobody(*(folder / name for name in kept)), SqliteLedger(path) as ledger:
            assert ledger.verify().count == ledger.head()[0] == 2
            assert [stored.entry.records_fetched for stored in ledger.entries()] == [1, 2]
            assert refusal(ledger) == "ledger-readonly"
            assert ledger.verify().count == 2
            assert [file.name for file in folder.iterdir()] == ["ledger.db"]


def test_an_immutable_ledger_is_opened_without_a_lock_and_without_a_log(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    make_ledger(path, 2).close()
    with closing(connect(path, 0.1, Access.IMMUTABLE)) as connection:
        assert len(page(1, 9, connection)) == 2
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM entry")
        assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


def test_a_ledger_is_immutable_only_where_no_log_holds_more_of_it() -> None:
    with reachable_folder() as folder:
        path, log = folder / "ledger.db", folder / "ledger.db-wal"
        make_ledger(path, 2).close()
        assert access_to(path) is Access.WRITABLE
        with as_nobody(path, folder):
            assert access_to(path) is Access.IMMUTABLE
        folder.chmod(0o700)
        log.touch()
        with as_nobody(path, folder):
            assert access_to(path) is Access.IMMUTABLE
        log.write_bytes(b"entries")
        with as_nobody(path, folder):
            assert access_to(path) is Access.READABLE


def test_a_reader_that_cannot_write_sees_what_others_write_later_and_writes_when_it_can() -> None:
    with reachable_folder() as folder:
        path = folder / "ledger.db"
        make_ledger(path, 2).close()
        with as_nobody(path, folder):
            reader = SqliteLedger(path)
            assert reader.verify().count == 2
        folder.chmod(0o700)
        path.chmod(0o600)
        make_ledger(path, 1).close()
        with as_nobody(path, folder):
            assert reader.verify().count == 3
        folder.chmod(0o700)
        path.chmod(0o600)
        with reader:
            assert reader.append(make_entry()).sequence == 4


def test_a_log_that_cannot_be_read_along_is_an_error_and_not_a_shorter_ledger() -> None:
    with reachable_folder() as folder, make_ledger(folder / "ledger.db", 2):
        copies = folder / "copies"
        copies.mkdir()
        for name in ("ledger.db", "ledger.db-wal"):
            shutil.copy(folder / name, copies / name)
        folder.chmod(0o755)
        with as_nobody(*copies.iterdir(), copies), pytest.raises(LedgerError, match="together with its -wal") as caught:
            SqliteLedger(copies / "ledger.db")
        assert caught.value.code == "ledger-unopened"
        copies.chmod(0o700)


def test_a_link_to_a_ledger_has_the_log_of_the_ledger() -> None:
    with reachable_folder() as folder, make_ledger(folder / "ledger.db", 2):
        links = folder / "links"
        links.mkdir()
        (links / "audit.db").symlink_to(folder / "ledger.db")
        folder.chmod(0o755)
        files = [folder / name for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm")]
        with as_nobody(*files, links, folder), SqliteLedger(links / "audit.db") as reader:
            assert reader.verify().count == 2
        folder.chmod(0o700)
        links.chmod(0o700)


def test_a_deleted_log_is_noticed_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "audit.db").symlink_to(tmp_path / "state" / "ledger.db")
    make_ledger(tmp_path / "state" / "ledger.db").close()
    with make_ledger(tmp_path / "audit.db", 2) as ledger:
        (tmp_path / "state" / "ledger.db-wal").unlink()
        assert refusal(ledger) == "ledger-replaced"


def test_a_ledger_that_becomes_read_only_is_read_but_not_written() -> None:
    with reachable_folder() as folder:
        path = folder / "ledger.db"
        with make_ledger(path, 2) as writer:
            with as_nobody(path, path.with_name("ledger.db-wal"), path.with_name("ledger.db-shm"), folder):
                reader = SqliteLedger(path)
                assert reader.verify().count == 2
                assert refusal(reader) == "ledger-readonly"
                reader.close()
            assert writer.append(make_entry()).sequence == 3


def test_a_directory_that_may_not_be_written_is_refused() -> None:
    with reachable_folder() as folder, as_nobody(folder):
        assert code_of(LedgerError, lambda: SqliteLedger(folder / "ledger.db")) == "ledger-readonly"
