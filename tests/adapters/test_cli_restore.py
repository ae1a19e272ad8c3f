"""`needful restore`: tokens in, values out for whom the policy says, and a ledger entry either way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_support import CANARY, fails, fine

POLICY = """
needful: 1
name: review
version: 1
purposes:
  look:
    fields: {page_content: scan}
    entities:
      EMAIL_ADDRESS: {action: pseudonymize, lasting: true}
      PHONE_NUMBER: {action: pseudonymize, lasting: true}
    detect: {ner: none, reason: a test without a model}
    restore:
      EMAIL_ADDRESS: {role: [investigator]}
"""
INVESTIGATOR = '{"id": "i-3", "role": "investigator"}'
TEXT = "Write to quill@example.com or call +1 212 555 0142."


def shown_entries(ledger: Path) -> list[dict[str, Any]]:
    """What `audit show` prints of every entry."""
    found = json.loads(fine("audit", "show", "--ledger", ledger, "--json"))
    return [each["entry"] for each in found]


@pytest.fixture
def by(tmp_path: Path) -> list[str]:
    """Flags for the policy, its purpose, and a vault of this test."""
    (tmp_path / "review.yaml").write_text(POLICY, "utf-8")
    return ["--policy", str(tmp_path / "review.yaml"), "--purpose", "look", "--vault", str(tmp_path / "v.db")]


def test_what_redact_made_lasting_restore_turns_back_as_far_as_the_policy_says(by: list[str], tmp_path: Path) -> None:
    shown = fine("redact", *by, stdin=TEXT)
    assert re.fullmatch(r"Write to \[EMAIL_ADDRESS:\w{12}\] or call \[PHONE_NUMBER:\w{12}\]\.", shown)
    assert shown == fine("redact", *by, stdin=TEXT)
    ledger = tmp_path / "ledger.db"
    flags = [*by, "--principal", INVESTIGATOR, "--ledger", str(ledger)]
    assert fine("restore", *flags, stdin=shown).startswith("Write to quill@example.com or call [PHONE_NUMBER:")
    found = json.loads(fine("restore", *flags, "--json", stdin=shown))
    assert (found["restored"], found["left"], found["receipt"]["sequence"]) == (1, 1, 2)
    assert [entry["outcome"] for entry in shown_entries(ledger)] == ["restored", "restored"]


def test_who_may_restore_nothing_gets_5_and_is_recorded(by: list[str], tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    said = fails(5, "restore", *by, "--principal", '{"id": "a-1"}', "--ledger", ledger, stdin=f"{CANARY} x")
    assert "may restore nothing" in said
    assert CANARY not in said
    assert shown_entries(ledger)[0]["reason"] == "restore-not-allowed"


def test_the_vault_holds_no_value_in_the_clear(by: list[str], tmp_path: Path) -> None:
    fine("redact", *by, stdin=TEXT)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("v.db*"))
    assert held
    assert b"quill" not in held


def test_another_key_opens_nothing(by: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = fine("redact", *by, stdin=TEXT)
    monkeypatch.setenv("NEEDFUL_KEY", "/////////////////////////////////////////w8=")
    said = fails(2, "restore", *by, "--principal", INVESTIGATOR, "--ledger", tmp_path / "l.db", stdin=shown)
    assert "key" in said
    assert "quill" not in said
