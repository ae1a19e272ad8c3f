"""The ledger in its file: what is read back, what verification finds, and how it is opened."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger_entries import broken_at, code_of, make_entry, make_ledger, refusal, tamper
from needful.errors import ChainBroken, LedgerWriteError
from needful.ledger import SqliteLedger, default_path, open_ledger
from needful.ledger.chain import GENESIS

CANARY = "Why was the claim of Zebulon Quimby reduced?"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_an_entry_is_read_back_with_the_hash_of_its_receipt(path: Path) -> None:
    with make_ledger(path) as ledger:
        receipt = ledger.append(make_entry())
        (stored,) = ledger.entries()
    assert stored.entry == make_entry()
    assert (receipt.sequence, receipt.entry_hash) == (stored.sequence, stored.entry_hash)
    assert (receipt.policy, receipt.counts) == (make_entry().policy, make_entry().counts)


def test_entries_are_there_for_the_next_process_that_opens_the_file(path: Path) -> None:
    make_ledger(path, 3).close()
    with make_ledger(path, 2) as ledger:
        assert [stored.entry.records_fetched for stored in ledger.entries()] == [1, 2, 3, 1, 2]
        assert ledger.verify().count == 5


@pytest.fixture(scope="module")
def long_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteLedger]:
    """A ledger longer than two pages of reading."""
    with make_ledger(tmp_path_factory.mktemp("long") / "ledger.db", 1202) as ledger:
        yield ledger


@pytest.mark.parametrize(
    ("since", "limit", "expected"),
    [
        (0, None, range(1, 1203)),
        (0, 0, range(0)),
        (0, 3, range(1, 4)),
        (0, 500, range(1, 501)),
        (1200, 10, range(1201, 1203)),
        (400, 700, range(401, 1101)),
        (1202, None, range(0)),
        (10**30, None, range(0)),
    ],
)
def test_a_stretch_of_the_ledger_is_read(
    long_ledger: SqliteLedger, since: int, limit: int | None, expected: range
) -> None:
    assert [stored.sequence for stored in long_ledger.entries(since=since, limit=limit)] == list(expected)


def test_a_long_ledger_verifies(long_ledger: SqliteLedger) -> None:
    assert long_ledger.verify().count == 1202


def test_the_head_is_the_last_receipt(path: Path) -> None:
    with make_ledger(path) as ledger:
        assert ledger.head() == (0, GENESIS.hex())
        receipt = ledger.append(make_entry())
        assert ledger.head() == (receipt.sequence, receipt.entry_hash)
        assert ledger.verify().head == receipt.entry_hash


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "needful" / "ledger.db"
    mask = os.umask(0)
    try:
        ledger = make_ledger(path, 1)
    finally:
        os.umask(mask)
    with ledger:
        ledger.append(make_entry())
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


def test_the_connection_that_appends_waits_for_the_disk(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        connection = ledger._storage.connection
        assert connection is not None
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        ledger.reopen()
        assert ledger._storage.connection is not None
        assert ledger._storage.connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_reading_waits_for_others_though_an_entry_was_written_before(path: Path) -> None:
    with make_ledger(path, 1, timeout=2.5) as ledger:
        connection = ledger._storage.connection
        assert connection is not None
        ledger.head()
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (2500,)
        ledger.append(next(iter(ledger.entries())).entry)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (0,), "who writes tries again by itself"
        ledger.verify()
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (2500,)


def test_two_entries_alike_have_different_leaves(path: Path) -> None:
    with make_ledger(path) as ledger:
        ledger.append(make_entry())
        ledger.append(make_entry())
    with closing(sqlite3.connect(path)) as connection:
        ((salts, leaves),) = connection.execute("SELECT count(DISTINCT salt), count(DISTINCT leaf) FROM entry")
    assert (salts, leaves) == (2, 2)


@pytest.mark.parametrize("name", ["query", "principal"])
def test_a_raw_query_given_for_its_hash_is_refused_without_being_quoted(path: Path, name: str) -> None:
    with make_ledger(path) as ledger:
        with pytest.raises(LedgerWriteError, match=rf"{name} must be a hash") as caught:
            ledger.append(make_entry(**{name: CANARY}))
        assert "Quimby" not in repr(caught.value)
        assert caught.value.__context__ is None
        assert ledger.append(make_entry()).sequence == 1
    assert all(b"Quimby" not in file.read_bytes() for file in path.parent.iterdir())


# Tampering.

COLUMNS = {
    "sequence": ("77", "-1", "0"),
    "salt": ("x''", "randomblob(16)", "randomblob(17)", "'text'", "7", "CAST(x'ff' AS TEXT)"),
    "entry": ("x''", "x'7b7d'", "CAST(entry AS TEXT)", "replace(entry, 'answer', 'review')", "(SELECT 1.5)"),
    "leaf": ("x''", "randomblob(32)", "hex(leaf)"),
    "link": ("x''", "randomblob(32)", "hex(link)"),
}


@pytest.mark.parametrize("row", range(1, 6))
@pytest.mark.parametrize(("column", "value"), [(name, value) for name, values in COLUMNS.items() for value in values])
def test_whatever_is_changed_in_a_row_is_found_there(path: Path, row: int, column: str, value: str) -> None:
    make_ledger(path, 5).close()
    tamper(path, f"UPDATE entry SET {column} = {value} WHERE sequence = {row}")  # noqa: S608 - our own names
    with make_ledger(path) as ledger, pytest.raises(ChainBroken, match=r"at entry \d: ") as caught:
        ledger.verify()
    # A row numbered 77 leaves a gap where it was; one numbered 0 or less stands before the first.
    expected = row if column != "sequence" or (value == "77" and row < 5) else {"77": 5}.get(value, 1)
    assert f"at entry {expected}: " in str(caught.value)
    assert caught.value.sequence == expected


@pytest.mark.parametrize(
    ("statements", "row", "code"),
    [
        (["DELETE FROM entry WHERE sequence = 1"], 1, "entry-missing"),
        (["DELETE FROM entry WHERE sequence = 3"], 3, "entry-missing"),
        (
            ["DELETE FROM entry WHERE sequence = 3", "UPDATE entry SET sequence = sequence - 1 WHERE sequence > 3"],
            3,
            "link-broken",
        ),
        (["INSERT INTO entry SELECT 6, salt, entry, leaf, link FROM entry WHERE sequence = 2"], 6, "link-broken"),
        (["INSERT INTO entry SELECT -9, salt, entry, leaf, link FROM entry WHERE sequence = 2"], 1, "entry-order"),
        (
            [
                "UPDATE entry SET sequence = 99 WHERE sequence = 2",
                "UPDATE entry SET sequence = 2 WHERE sequence = 4",
                "UPDATE entry SET sequence = 4 WHERE sequence = 99",
            ],
            2,
            "link-broken",
        ),
    ],
    ids=["first deleted", "deleted", "deleted and renumbered", "inserted at the end", "inserted before", "swapped"],
)
def test_rows_deleted_inserted_or_swapped_are_found(path: Path, statements: list[str], row: int, code: str) -> None:
    make_ledger(path, 5).close()
    tamper(path, *statements)
    with make_ledger(path) as ledger, pytest.raises(ChainBroken, match=rf"at entry {row}: ") as caught:
        ledger.verify()
    assert (caught.value.code, caught.value.sequence) == (code, row)


def test_entries_cut_off_the_end_are_not_found_by_who_did_not_write_them(path: Path) -> None:
    # The documentation says so: this needs a receipt or a checkpoint kept out of the writer's reach.
    make_ledger(path, 5).close()
    tamper(path, "DELETE FROM entry WHERE sequence > 3")
    with make_ledger(path) as ledger:
        assert ledger.verify().count == 3


def test_entries_cut_off_the_end_are_found_by_who_wrote_them(path: Path) -> None:
    with make_ledger(path, 5) as ledger:
        tamper(path, "DELETE FROM entry WHERE sequence > 3")
        assert broken_at(ledger.verify) == ("entry-missing", 5)
        assert refusal(ledger) == "ledger-shortened"
        # The refusal keeps nobody else from writing.
        assert make_ledger(path, timeout=0.1).append(make_entry()).sequence == 4


@pytest.mark.parametrize("sequence", [2**63 - 1, -1])
def test_nothing_is_appended_after_a_row_that_is_not_one(path: Path, sequence: int) -> None:
    make_ledger(path, 1).close()
    tamper(path, f"UPDATE entry SET sequence = {sequence}")  # noqa: S608 - a number
    with make_ledger(path) as ledger:
        assert refusal(ledger) == "row-malformed"
        assert broken_at(ledger.head) == ("row-malformed", sequence)
        assert code_of(ChainBroken, ledger.verify) in {"entry-missing", "entry-order"}


def test_an_entry_that_cannot_be_read_is_named(path: Path) -> None:
    make_ledger(path, 2).close()
    tamper(path, "UPDATE entry SET entry = x'7b7d' WHERE sequence = 2")
    with make_ledger(path) as ledger:
        assert broken_at(lambda: list(ledger.entries())) == ("entry-unreadable", 2)


def test_the_default_path_is_the_environments_or_in_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    monkeypatch.delenv("NEEDFUL_LEDGER", raising=False)
    assert default_path() == Path("/somewhere/needful/ledger.db")
    monkeypatch.setenv("NEEDFUL_LEDGER", "audit/ledger.db")
    assert default_path() == Path("audit/ledger.db")


def test_a_ledger_is_opened_by_path_by_default_or_is_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_LEDGER", str(path))
    default = open_ledger()
    assert default.append(make_entry()).sequence == 1
    assert open_ledger(str(path)).append(make_entry()).sequence == 2
    assert open_ledger(path).append(make_entry()).sequence == 3
    assert open_ledger(default) is default


def test_a_relative_path_stays_where_it_was_when_the_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with SqliteLedger("ledger.db") as ledger:
        monkeypatch.chdir(tmp_path / "elsewhere")
        ledger.append(make_entry())
    assert [file.name for file in (tmp_path / "elsewhere").iterdir()] == []


def test_a_path_may_have_characters_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    path = tmp_path / "a ledger?mode=memory#1 %41 é.db"
    make_ledger(path, 2).close()
    with make_ledger(path) as ledger:
        assert ledger.verify().count == 2
    assert path.exists()


def test_an_error_survives_pickling(path: Path) -> None:
    with make_ledger(path) as ledger, pytest.raises(LedgerWriteError) as caught:
        ledger.append(make_entry(query=CANARY))
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (str(again), again.code) == (str(caught.value), "ledger-entry")


def test_the_ledger_is_light_to_import() -> None:
    program = "import sys, needful.ledger; print({'pydantic', 'cryptography', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_names_of_the_package_are_pinned() -> None:
    import needful.ledger

    assert needful.ledger.__all__ == ["SqliteLedger", "Stored", "Verification", "default_path", "open_ledger"]
