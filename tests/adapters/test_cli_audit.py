"""`needful audit`: the ledger as a table and as JSON, and its verification."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from cli_support import fails, fine

from ledger_entries import make_entry
from needful.ledger import SqliteLedger


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Return a ledger with 25 entries."""
    path = tmp_path / "ledger.db"
    with SqliteLedger(path) as opened:
        for _ in range(25):
            opened.append(make_entry())
    return path


def test_the_last_entries_are_shown(ledger: Path) -> None:
    shown = json.loads(fine("audit", "show", "--ledger", ledger, "--limit", "2", "--json"))
    assert [each["sequence"] for each in shown] == [24, 25]
    assert shown[0].keys() == {"sequence", "entry", "entry_hash"}


def test_twenty_entries_are_shown_where_no_limit_is_given_and_all_with_0(ledger: Path) -> None:
    assert len(json.loads(fine("audit", "show", "--ledger", ledger, "--json"))) == 20
    assert len(json.loads(fine("audit", "show", "--ledger", ledger, "--limit", "0", "--json"))) == 25


def test_the_table_has_what_was_asked_done_and_withheld(ledger: Path) -> None:
    shown = fine("audit", "show", "--ledger", ledger, "--limit", "1")
    written = make_entry()
    with SqliteLedger(ledger) as opened:
        (last,) = opened.entries(since=24)
    squeezed = "".join(shown.split())
    for part in (
        written.purpose,
        f"{written.policy.name}@{written.policy.version}",
        written.outcome,
        last.entry_hash[:8],
    ):
        assert part in squeezed
    for reason, count in written.withheld.items():
        assert f"{count}{reason}" in squeezed
    assert max(map(len, shown.splitlines())) <= 100


def test_the_ledger_of_the_environment_is_read(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_LEDGER", str(ledger))
    verified = json.loads(fine("audit", "verify", "--json"))
    assert verified["verified"] is True
    assert verified["count"] == 25


def test_an_empty_ledger_is_said_to_be_empty(tmp_path: Path) -> None:
    SqliteLedger(tmp_path / "empty.db").close()
    assert fine("audit", "show", "--ledger", tmp_path / "empty.db") == "the ledger has no entries\n"
    assert "the ledger verifies: 0 entries" in fine("audit", "verify", "--ledger", tmp_path / "empty.db")


@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_ledger_that_is_not_there_ends_with_7_and_is_not_made(tmp_path: Path, command: str) -> None:
    assert "there is no ledger" in fails(7, "audit", command, "--ledger", tmp_path / "nowhere.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_ledger_ends_with_7(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database" * 100)
    fails(7, "audit", "show", "--ledger", tmp_path / "notes.txt")


@pytest.mark.parametrize(
    "change", ["UPDATE entry SET salt = zeroblob(16) WHERE sequence = 7", "DELETE FROM entry WHERE sequence = 7"]
)
def test_the_first_bad_entry_is_named(ledger: Path, change: str) -> None:
    connection = sqlite3.connect(ledger)
    with connection:
        connection.execute(change)
    connection.close()
    assert "the ledger does not verify at entry 7" in fails(7, "audit", "verify", "--ledger", ledger)
    assert "at entry 7" in fails(7, "audit", "verify", "--ledger", ledger, "--json")
