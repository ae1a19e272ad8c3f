"""`needful audit verify|key|prove|check-proof|export|erase`: what an auditor does with a public key and an anchor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_support import fails, fine, run

from ledger_entries import make_entry
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful_anchors import anchor_to

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of five entries whose checkpoint was signed with this test's key, and kept in anchors.txt."""
    path = tmp_path / "ledger.db"
    anchor = anchor_to(f"file:{tmp_path / 'anchors.txt'}")
    with SqliteLedger(path, keys=Keys.load(), on_checkpoint=anchor) as opened:
        for _ in range(5):
            opened.append(make_entry())
    return path


def key() -> str:
    return fine("audit", "key").strip()


def test_a_public_key_and_an_anchor_are_all_that_an_auditor_needs(ledger: Path, tmp_path: Path) -> None:
    said = fine("audit", "verify", "--ledger", ledger, "--key", key(), "--anchor", tmp_path / "anchors.txt")
    assert "the ledger verifies: 5 entries" in said
    assert "signed up to entry 5" in said
    assert "anchored up to entry 5" in said


def test_the_standalone_script_says_the_same(ledger: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(REPOSITORY / "tools" / "verify_ledger.py"), str(ledger)]
    done = subprocess.run(
        [*command, "--key", key(), "--anchor", str(tmp_path / "anchors.txt")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_entries_cut_off_the_end_are_told_from_other_changes(ledger: Path, tmp_path: Path) -> None:
    before = ledger.read_bytes()
    with SqliteLedger(ledger, keys=Keys.load(), on_checkpoint=anchor_to(f"file:{tmp_path / 'anchors.txt'}")) as opened:
        opened.append(make_entry())
    ledger.write_bytes(before)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    assert "the ledger verifies: 5 entries" in fine("audit", "verify", "--ledger", ledger)
    flags: list[str | Path] = ["--ledger", ledger, "--anchor", tmp_path / "anchors.txt", "--key", key()]
    assert "truncated" in fails(10, "audit", "verify", *flags)
    found = json.loads(run("audit", "verify", *flags, "--json").stdout)
    assert (found["verified"], found["verdict"]) == (False, "truncated")


def test_another_key_vouches_for_nothing(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", "/////////////////////////////////////////w8=")
    other = key()
    fails(7, "audit", "verify", "--ledger", ledger, "--key", other)


def test_one_entry_is_proved_to_somebody_who_has_no_other(ledger: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    proof.write_text(fine("audit", "prove", "3", "--ledger", ledger), "utf-8")
    assert "entry 3 is in the ledger" in fine("audit", "check-proof", proof, "--key", key())
    hidden = json.loads(fine("audit", "prove", "3", "--hide", "--ledger", ledger))
    assert (hidden["entry"], hidden["salt"]) == (None, None)
    proof.write_text(proof.read_text("utf-8").replace('"index": 2', '"index": 1'), "utf-8")
    fails(7, "audit", "check-proof", proof, "--key", key())


def test_an_export_is_verified_by_the_standalone_script(ledger: Path, tmp_path: Path) -> None:
    fine("audit", "export", tmp_path / "out.jsonl", "--ledger", ledger)
    command = [sys.executable, "-I", str(REPOSITORY / "tools" / "verify_ledger.py"), str(tmp_path / "out.jsonl")]
    assert subprocess.run([*command, "--key", key()], capture_output=True).returncode == 0


def test_erased_entries_are_gone_and_the_ledger_verifies_and_says_so(ledger: Path) -> None:
    found: dict[str, Any] = json.loads(fine("audit", "erase", "--entry", "2", "--yes", "--json", "--ledger", ledger))
    assert found["count"] == 1
    assert "1 of them erased" in fine("audit", "verify", "--ledger", ledger)
    assert "say what to erase" in fails(2, "audit", "erase", "--ledger", ledger)
