"""Verdicts over whole ledgers: tampered, incomplete, truncated; anchors; proofs; exports; progress."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger_entries import broken_at, code_of, make_entry, make_ledger, tamper
from needful.errors import ChainBroken, LedgerError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.entry import canonical
from needful.ledger.exporting import lines_of, parts_of
from needful.ledger.notes import Signer
from needful.ledger.parts import Head
from needful.ledger.proving import Proof, verify_proof
from needful.ledger.segments import path_of
from needful.ledger.sqlite import Rotation, Schedule
from needful.ledger.verifying import Verdict, Verifier, verdict_of, verify_parts

KEYS = Keys(bytes(32))
KEY = Signer(KEYS.signing_seed()).key
OFTEN = Schedule(entries=5, seconds=3600)
SMALL = Rotation(bytes=40 << 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def anchored(path: Path, entries: int = 20, **settings: object) -> list[str]:
    """Make a ledger, and return all its checkpoints."""
    notes: list[str] = []
    make_ledger(path, entries, keys=KEYS, schedule=OFTEN, on_checkpoint=notes.append, **settings).close()
    return notes


def verdict(call: Callable[[], object]) -> tuple[Verdict | None, int | None]:
    """What is to be said of a ledger that a call verifies, and the entry that is named."""
    error: LedgerError | None = None
    try:
        call()
    except LedgerError as raised:
        error = raised
    if error is None:
        return Verdict.VERIFIED, None
    assert error.__context__ is None
    return verdict_of(error), getattr(error, "sequence", None)


def cut(path: Path, sequence: int) -> None:
    """Cut the end off as somebody does who knows the format."""
    tamper(
        path,
        f"DELETE FROM entry WHERE sequence > {sequence}",  # noqa: S608 - a number
        f"DELETE FROM checkpoint WHERE sequence > {sequence}",  # noqa: S608 - a number
        "UPDATE header SET checkpoints = (SELECT count(*) FROM checkpoint)",
    )


def test_a_ledger_that_has_what_its_anchors_have_verifies(path: Path) -> None:
    notes = anchored(path)
    make_ledger(path, 3, keys=KEYS).close()
    with make_ledger(path, keys=KEYS) as ledger:
        found = ledger.verify(anchors=notes)
        assert (found.count, found.signed, found.anchored) == (23, 23, 20)
        assert ledger.verify(anchors=notes[1:2]).anchored == 10
        assert ledger.verify(anchors=[notes[0], notes[0]]).anchored == 5


def test_an_end_that_was_cut_off_shows_against_an_anchor_and_only_so(path: Path) -> None:
    notes = anchored(path)
    cut(path, 12)
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.verify().count == 12
        assert ledger.verify(anchors=notes[:2]).anchored == 10
        assert verdict(lambda: ledger.verify(anchors=notes)) == (Verdict.TRUNCATED, 13)


def test_an_end_that_was_cut_off_below_a_checkpoint_of_the_ledger_itself_was_tampered_with(path: Path) -> None:
    anchored(path)
    tamper(path, "DELETE FROM entry WHERE sequence > 12")
    with make_ledger(path, keys=KEYS) as ledger:
        assert verdict(ledger.verify) == (Verdict.TAMPERED, 13)
        assert broken_at(ledger.verify)[0] == "checkpoint-ahead"


def test_a_whole_ledger_that_was_written_anew_shows_against_an_anchor(path: Path, tmp_path: Path) -> None:
    notes = anchored(path)
    anchored(tmp_path / "other.db")
    with make_ledger(tmp_path / "other.db", keys=KEYS) as ledger:
        assert ledger.verify().count == 20
        assert verdict(lambda: ledger.verify(anchors=notes)) == (Verdict.TAMPERED, None)
        assert broken_at(lambda: ledger.verify(anchors=notes))[0] == "anchor-foreign"


def test_an_end_that_was_written_anew_by_the_holder_of_the_key_shows_against_an_anchor(path: Path) -> None:
    notes = anchored(path)
    cut(path, 12)
    make_ledger(path, 20, keys=KEYS, schedule=OFTEN).close()
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.verify().signed == 32
        # The last anchor that holds is of entry 10; what comes after it is not vouched for.
        assert verdict(lambda: ledger.verify(anchors=notes)) == (Verdict.TAMPERED, 11)
        assert broken_at(lambda: ledger.verify(anchors=notes))[0] == "anchor-differs"


def test_segments_that_are_gone_show_against_an_anchor(path: Path) -> None:
    notes = anchored(path, 60, rotation=SMALL)
    for number in range(3, 9):
        path_of(path, number).unlink(missing_ok=True)
    with make_ledger(path, keys=KEYS) as ledger:
        found = verdict(lambda: ledger.verify(anchors=notes))
        assert found[0] is Verdict.TRUNCATED
        assert verdict(ledger.verify) == (Verdict.TAMPERED, found[1])


def test_an_anchor_of_a_segment_that_ended_before_it_differs(path: Path) -> None:
    notes = anchored(path)
    cut(path, 12)
    make_ledger(path, 10, keys=KEYS, schedule=OFTEN, rotation=Rotation(bytes=1)).close()
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.verify().segments == 11
        assert verdict(lambda: ledger.verify(anchors=notes)) == (Verdict.TAMPERED, 11)


@pytest.mark.parametrize("note", ["", "no note", "needful/ledger\n1\n\n— x AAAAAAAA\n"])
def test_an_anchor_that_is_none_blames_no_ledger(path: Path, note: str) -> None:
    anchored(path)
    with make_ledger(path, keys=KEYS) as ledger:
        assert verdict(lambda: ledger.verify(anchors=[note])) == (None, None)


def test_an_anchor_signed_with_another_key_blames_no_ledger(path: Path) -> None:
    notes = anchored(path)
    with make_ledger(path) as ledger:
        assert ledger.verify(anchors=notes).anchored == 20  # whoever gives no key trusts the anchor as it is
        other = str(Signer(b"\x01" * 32).key)
        assert code_of(LedgerError, lambda: ledger.verify(anchors=notes, keys=[other])) == "note-unsigned"


def test_anchors_of_two_ledgers_blame_neither(path: Path, tmp_path: Path) -> None:
    notes = anchored(path)[:1] + anchored(tmp_path / "other.db")[:1]
    with make_ledger(path, keys=KEYS) as ledger:
        assert code_of(LedgerError, lambda: ledger.verify(anchors=notes)) == "anchor-mixed"


def test_a_file_that_was_cut_short_is_incomplete(path: Path) -> None:
    make_ledger(path, 60, rotation=SMALL).close()
    with path_of(path, 2).open("r+b") as file:
        file.truncate(8192)
    with make_ledger(path) as ledger:
        found = verdict(ledger.verify)
        assert found[0] is Verdict.INCOMPLETE
        assert (found[1] or 0) > 1
        assert code_of(LedgerError, ledger.head) == "ledger-torn"
        assert code_of(LedgerError, lambda: list(ledger.entries())) == "ledger-torn"
    with path.open("r+b") as file:
        file.truncate(8192)
    assert verdict(lambda: SqliteLedger(path).verify())[0] is Verdict.INCOMPLETE


def test_a_copy_without_its_log_ends_early_and_shows_against_an_anchor(path: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    with make_ledger(path, 20, keys=KEYS, schedule=OFTEN, on_checkpoint=notes.append):
        shutil.copy(path, tmp_path / "copy.db")
    with make_ledger(tmp_path / "copy.db", keys=KEYS) as ledger:
        assert ledger.verify().count == 0
        assert verdict(lambda: ledger.verify(anchors=notes)) == (Verdict.TRUNCATED, 1)


def test_nothing_at_all_is_incomplete() -> None:
    assert code_of(ChainBroken, lambda: verify_parts([], Verifier())) == "incomplete"
    assert code_of(ChainBroken, lambda: verify_parts([Head(1, None, None)], Verifier())) == "incomplete"


def test_progress_is_told(path: Path) -> None:
    data, told = [canonical(make_entry())] * 500, list[int]()
    with make_ledger(path) as ledger:
        for _ in range(24):
            ledger._writer.write(lambda: data)  # what 500 threads that wait would have written
        assert ledger.verify(progress=told.append).count == 12_000
    assert told == [5_000, 10_000, 12_000]


# Proofs.


def test_an_entry_is_proved_to_who_has_no_other(path: Path) -> None:
    anchored(path, 60, rotation=SMALL)
    with make_ledger(path, keys=KEYS) as ledger:
        for stored in ledger.entries():
            proof = Proof.parse(json.dumps(ledger.prove(stored.sequence).json()))
            assert verify_proof(proof, [KEY]).sequence >= stored.sequence == proof.sequence
            assert len(proof.path) <= 6


def test_an_erased_entry_is_proved_by_its_leaf(path: Path) -> None:
    anchored(path)
    with make_ledger(path, keys=KEYS) as ledger:
        ledger.erase(sequences=[7])
        proof = ledger.prove(7)
        assert (proof.entry, proof.salt) == (None, None)
        assert verify_proof(proof, [KEY]).sequence == 20


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 8},
        {"index": 7},
        {"sequence": 8, "index": 7},
        {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"entry": "e30="},
        {"leaf": "00" * 32},
        {"path": []},
        {"salt": None},
    ],
    ids=str,
)
def test_a_changed_proof_proves_nothing(path: Path, changes: dict[str, object]) -> None:
    anchored(path)
    with make_ledger(path, keys=KEYS) as ledger:
        given = ledger.prove(7).json() | changes
    proof = Proof.parse(json.dumps(given))
    assert broken_at(lambda: verify_proof(proof, [KEY])) == ("proof-broken", given["sequence"])


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"type":"needful/ledger/proof/1"}', "[" * 100_000])
def test_a_text_that_is_no_proof_is_refused(text: str) -> None:
    assert code_of(LedgerError, lambda: Proof.parse(text)) == "proof-unreadable"


def test_what_no_checkpoint_covers_or_what_is_not_there_is_not_proved(path: Path) -> None:
    anchored(path)
    with make_ledger(path, 1, keys=KEYS, schedule=OFTEN) as ledger:
        assert code_of(LedgerError, lambda: ledger.prove(21)) == "checkpoint-none"
        assert code_of(LedgerError, lambda: ledger.prove(10**6)) == "checkpoint-none"
        assert code_of(LedgerError, lambda: ledger.prove(0)) == "checkpoint-ahead"


# Exports.


def test_an_export_verifies_against_anchors_as_the_ledger_does(path: Path, tmp_path: Path) -> None:
    notes = anchored(path, 60, rotation=SMALL)
    target = tmp_path / "export.jsonl"
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.export(target) == target.stat().st_size
        expected = ledger.verify(anchors=notes)
        assert b"".join(ledger.lines()) == target.read_bytes()
    with target.open("rb") as file:
        assert verify_parts(parts_of(file), Verifier([KEY], notes)) == expected
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_export_of_format_1_verifies(path: Path, tmp_path: Path) -> None:
    make_ledger(path, 3).close()
    tamper(path, "DROP TABLE header", "DROP TABLE checkpoint", "DROP TABLE closing", "PRAGMA user_version=1")
    with make_ledger(path) as ledger:
        ledger.export(tmp_path / "old.jsonl")
    with (tmp_path / "old.jsonl").open("rb") as file:
        assert verify_parts(parts_of(file), Verifier()).count == 3


def test_an_export_never_overwrites_a_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "there.jsonl").write_text("precious")
    with make_ledger(path, 1) as ledger:
        assert code_of(LedgerError, lambda: ledger.export(tmp_path / "there.jsonl")) == "export-io"
        assert code_of(LedgerError, lambda: ledger.export(tmp_path / "nowhere" / "export.jsonl")) == "export-io"
    assert (tmp_path / "there.jsonl").read_text() == "precious"


def test_a_row_that_no_line_can_hold_is_named(path: Path) -> None:
    make_ledger(path, 3).close()
    tamper(path, "UPDATE entry SET leaf = 'text' WHERE sequence = 2")
    with make_ledger(path) as ledger:
        assert code_of(ChainBroken, lambda: list(ledger.lines())) == "export-malformed"


@pytest.mark.parametrize(
    "line", [b"{}\n", b"[]\n", b"null\n", b'{"type":"end"}\n', b'{"type":"what"}\n', b"\xff\n", b"[" * 99 + b"\n"]
)
def test_a_line_that_is_none_is_found(path: Path, line: bytes, tmp_path: Path) -> None:
    with make_ledger(path, 2) as ledger:
        lines = list(ledger.lines())
    target = tmp_path / "changed.jsonl"
    target.write_bytes(lines[0] + line + b"".join(lines[1:]))
    with target.open("rb") as file:
        assert code_of(ChainBroken, lambda: verify_parts(parts_of(file), Verifier())) == "export-malformed"


def test_an_export_is_made_while_others_write(path: Path) -> None:
    with make_ledger(path, 1200) as ledger:
        lines = ledger.lines()
        first = [next(lines) for _ in range(10)]
        for _ in range(5):
            ledger.append(make_entry())
        target = path.with_name("live.jsonl")
        target.write_bytes(b"".join([*first, *lines]))
    with target.open("rb") as file:
        assert verify_parts(parts_of(file), Verifier()).count == 1205


def test_an_export_has_a_line_for_each_part_and_one_at_the_end() -> None:
    assert len(list(lines_of([Head(1, None, None)]))) == 2
