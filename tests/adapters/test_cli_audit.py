"""`needful audit`: the ledger as a table and as JSON, and its verification."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path

import pytest
from cli_support import fails, fine, run

from ledger_entries import make_entry
from needful.keys import Keys
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


def head_of(path: Path) -> str:
    with SqliteLedger(path) as opened:
        return opened.head()[1]


def test_who_asked_is_shown_by_the_first_characters_of_the_hash(ledger: Path) -> None:
    shown = fine("audit", "show", "--ledger", ledger, "--limit", "1")
    assert "who" in shown
    assert make_entry().principal[:8] in shown
    assert make_entry().principal[:9] not in shown


def test_the_entries_of_one_principal_are_found_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", base64.b64encode(bytes(32)).decode())
    keys = Keys.load()
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        for name in ("maria", "victor", "maria", "maria", "victor"):
            opened.append(make_entry(principal=keys.mac("principal", name).hex()))
    asked = ("audit", "show", "--ledger", tmp_path / "ledger.db", "--json")
    assert [each["sequence"] for each in json.loads(fine(*asked, "--principal", "maria"))] == [1, 3, 4]
    assert [each["sequence"] for each in json.loads(fine(*asked, "--principal", "maria", "--limit", "2"))] == [3, 4]
    assert json.loads(fine(*asked, "--principal", "nobody")) == []
    assert fine(*asked[:-1], "--principal", "nobody") == "the ledger has no entries of this principal\n"


def test_a_search_for_a_principal_makes_no_key(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEEDFUL_KEY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    said = fails(2, "audit", "show", "--ledger", ledger, "--principal", "maria keller")
    assert "NEEDFUL_KEY" in said
    assert "maria" not in said
    assert not (tmp_path / "state").exists()


def test_a_head_that_was_kept_shows_that_entries_were_cut_off(ledger: Path) -> None:
    last = head_of(ledger)
    assert "the ledger verifies" in fine("audit", "verify", "--ledger", ledger, "--head", last)
    with SqliteLedger(ledger) as opened:
        opened.append(make_entry())
        tenth = next(opened.entries(since=9, limit=1)).entry_hash
    for kept in (last, tenth, last.upper()):
        fine("audit", "verify", "--ledger", ledger, "--head", kept)
    connection = sqlite3.connect(ledger)
    with connection:
        connection.execute("DELETE FROM entry WHERE sequence > 20")
    connection.close()
    assert "the ledger verifies" in fine("audit", "verify", "--ledger", ledger)
    assert "no entry with this hash" in fails(7, "audit", "verify", "--ledger", ledger, "--head", last)
    done = run("audit", "verify", "--ledger", ledger, "--head", last, "--json")
    assert (done.exit_code, json.loads(done.stdout)["verified"]) == (7, False)
    assert json.loads(done.stdout)["reason"] == "head-missing"
    fine("audit", "verify", "--ledger", ledger, "--head", tenth)


def test_the_head_of_an_empty_ledger_stays_a_head(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "a.db") as opened:
        genesis = opened.head()[1]
        opened.append(make_entry())
    fine("audit", "verify", "--ledger", tmp_path / "a.db", "--head", genesis)


@pytest.mark.parametrize("head", ["", "f00", "g" * 64, "0" * 63])
def test_a_head_that_is_no_hash_ends_with_2(ledger: Path, head: str) -> None:
    assert "--head is not a hash" in fails(2, "audit", "verify", "--ledger", ledger, "--head", head)


def test_a_broken_chain_is_said_as_json(ledger: Path) -> None:
    connection = sqlite3.connect(ledger)
    with connection:
        connection.execute("UPDATE entry SET salt = zeroblob(16) WHERE sequence = 7")
    connection.close()
    done = run("audit", "verify", "--ledger", ledger, "--json")
    assert done.exit_code == 7
    assert json.loads(done.stdout) == {
        "verified": False,
        "verdict": "tampered",
        "entry": 7,
        "reason": "entry-changed",
    }
