"""The verifier by itself, on parts in memory: for each thing that can be wrong, exactly which fault of which entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_building import (
    ENDS,
    FOREIGN,
    HEADS,
    NOTES,
    OTHER,
    PARTS,
    ROWS,
    SIGNER,
    TIME,
    Builder,
    built,
    fault,
    put,
    reclosed,
    reheaded,
    resigned,
    signed_at,
    with_,
)
from needful.errors import ChainBroken, LedgerError
from needful.ledger import verifying
from needful.ledger.chain import Verification, extend
from needful.ledger.parts import Head, Part, Signed
from needful.ledger.segments import FORMAT, Former, header_digest
from needful.ledger.verifying import EVERY, Verdict, Verifier, verdict_of, verify_parts

# what holds


def test_a_ledger_of_three_segments_verifies_and_says_what_it_has() -> None:
    assert verify_parts(PARTS, Verifier([SIGNER.key])) == Verification(
        count=9,
        first_time=TIME,
        last_time=TIME,
        head=PARTS[ROWS[-1]].link.hex(),  # type: ignore[union-attr]
        segments=3,
        checkpoints=4,
        signed=7,
    )
    found = verify_parts(PARTS, Verifier())
    assert (found.checkpoints, found.signed, found.unsigned, found.anchored) == (4, 0, 9, 0)


def test_an_export_has_no_frontiers_and_verifies() -> None:
    parts = [replace(part, frontier=None) if isinstance(part, Signed) else part for part in PARTS]
    assert verify_parts(parts, Verifier([SIGNER.key])).signed == 7


def test_a_segment_of_format_1_has_no_header_and_no_checkpoints() -> None:
    old = Builder().head(1).rows(3).end()
    found = verify_parts(old.parts, Verifier([SIGNER.key]))
    assert (found.count, found.segments, found.checkpoints, found.signed) == (3, 1, 0, 0)
    assert fault(Builder().head(1).rows(2).sign().end().parts) == ("checkpoint-order", 2)
    assert fault(Builder().head(1).rows(2).end(closed=True).parts) == ("closing-changed", 2)


def test_a_ledger_with_nothing_in_it_verifies() -> None:
    found = verify_parts(Builder().head().end().parts, Verifier([SIGNER.key]))
    assert (found.count, found.first_time, found.last_time, found.segments) == (0, None, None, 1)


# what does not

CHANGED: dict[str, tuple[Callable[[], list[Part]], str, int]] = {
    "a row after the closing checkpoint": (
        lambda: put(ENDS[0], extend(PARTS[ROWS[2]].link, 4, b"x" * 16, b"{}"), instead=0),  # type: ignore[union-attr]
        "segment-continued",
        4,
    ),
    "a row taken out": (lambda: put(ROWS[1]), "checkpoint-ahead", 2),
    "a row taken out with no checkpoint behind it": (lambda: put(ROWS[7]), "entry-missing", 8),
    "a row twice": (lambda: put(ROWS[1], PARTS[ROWS[1]], PARTS[ROWS[1]]), "entry-order", 3),
    "a row before the first head": (lambda: [PARTS[ROWS[0]], *PARTS], "segment-order", 0),
    "a row before a first head of format 1": (
        lambda: [PARTS[ROWS[0]], *Builder().head(1).end().parts],
        "segment-order",
        0,
    ),
    "a row after the end of all": (lambda: built().rows(1).parts, "segment-order", 9),
    "a row after the end of a closed segment": (
        lambda: Builder().head().rows(3).sign(closed=True).end(closed=True).rows(1).parts,
        "segment-order",
        3,
    ),
    "a checkpoint before the first head": (lambda: [PARTS[NOTES[0]], *PARTS], "segment-order", 0),
    "a checkpoint after the end of all": (lambda: built().sign().parts, "segment-order", 9),
    "a checkpoint after the end of a closed segment": (
        lambda: Builder().head().rows(3).end(closed=True).sign().parts,
        "segment-order",
        3,
    ),
    "a second head after a segment that was not closed": (
        lambda: [*Builder().head().rows(2).end().parts, PARTS[HEADS[1]]],
        "segment-order",
        2,
    ),
    "a head in a segment": (lambda: put(ROWS[1], PARTS[HEADS[0]], instead=0), "segment-order", 1),
    "a head after an open segment": (lambda: [*PARTS, PARTS[HEADS[1]]], "segment-order", 9),
    "a head twice": (lambda: put(HEADS[1], PARTS[HEADS[1]], PARTS[HEADS[1]]), "segment-order", 3),
    "a first head of format 1 with a body": (lambda: with_(HEADS[0], version=1), "header-changed", 0),
    "a later head of format 1": (lambda: put(HEADS[1], Head(1, None, None)), "header-changed", 3),
    "a head of a format to come": (lambda: with_(HEADS[0], version=FORMAT + 1), "header-changed", 0),
    "a head without a body": (lambda: with_(HEADS[0], body=None), "header-changed", 0),
    "a head of text": (lambda: with_(HEADS[0], body="text"), "header-changed", 0),
    "a head with another digest": (lambda: with_(HEADS[1], digest=bytes(32)), "header-changed", 3),
    "a head with another number": (lambda: with_(HEADS[1], number=1), "header-changed", 3),
    "a head without a number": (lambda: with_(HEADS[0], number=None), "header-changed", 0),
    "a head that cannot be read": (
        lambda: with_(HEADS[0], body=b"{}", digest=header_digest(b"{}")),
        "header-changed",
        0,
    ),
    "a head of another segment": (lambda: reheaded(HEADS[1], segment=3), "header-changed", 3),
    "a head with another first entry": (lambda: reheaded(HEADS[1], first=5), "header-changed", 3),
    "a head of another ledger": (lambda: reheaded(HEADS[1], ledger=FOREIGN), "segment-foreign", 3),
    "a head after another segment": (
        lambda: reheaded(HEADS[1], former=Former("0" * 64, "0" * 64, 3)),
        "segment-foreign",
        3,
    ),
    "a head made at another time": (
        lambda: reheaded(HEADS[0], made="2001-01-01T00:00:00.000000Z"),
        "checkpoint-differs",
        2,
    ),
    "a checkpoint taken out": (lambda: put(NOTES[0]), "checkpoint-order", 3),
    "the last checkpoint taken out": (lambda: put(NOTES[3]), "checkpoint-missing", 9),
    "a checkpoint twice": (lambda: put(NOTES[0], PARTS[NOTES[0]], PARTS[NOTES[0]]), "checkpoint-order", 2),
    "a checkpoint after the closing one": (
        lambda: put(ENDS[0], replace(signed_at(NOTES[1]), number=3), instead=0),
        "checkpoint-order",
        3,
    ),
    "a checkpoint with another number": (lambda: with_(NOTES[0], number=2), "checkpoint-order", 2),
    "a checkpoint with an earlier sequence": (lambda: with_(NOTES[0], sequence=1), "checkpoint-order", 2),
    "a checkpoint with a later sequence": (lambda: with_(NOTES[0], sequence=3), "checkpoint-ahead", 3),
    "a later checkpoint with a later sequence": (lambda: with_(NOTES[0], sequence=3, number=2), "checkpoint-order", 2),
    "a checkpoint with a sequence that is text": (lambda: with_(NOTES[0], sequence="2"), "checkpoint-order", 2),
    "a checkpoint with a sequence that is a float": (lambda: with_(NOTES[0], sequence=2.5), "checkpoint-order", 2),
    "a checkpoint of bytes": (lambda: with_(NOTES[0], note=b"x"), "checkpoint-changed", 2),
    "a checkpoint that is no note": (lambda: with_(NOTES[0], note="x"), "checkpoint-changed", 2),
    "a note that is no checkpoint": (lambda: with_(NOTES[0], note=SIGNER.sign("x\n")), "checkpoint-changed", 2),
    "a checkpoint of another key": (lambda: resigned(NOTES[0], OTHER), "note-unsigned", 2),
    "a checkpoint with another frontier": (lambda: with_(NOTES[1], frontier=bytes(64)), "checkpoint-changed", 3),
    "a checkpoint without a frontier that has one": (lambda: with_(NOTES[1], frontier=b""), "checkpoint-changed", 3),
    "a checkpoint of another root": (lambda: resigned(NOTES[0], root=bytes(32)), "checkpoint-differs", 2),
    "a checkpoint of another link": (lambda: resigned(NOTES[0], link=bytes(32)), "checkpoint-differs", 2),
    "a checkpoint of another header": (lambda: resigned(NOTES[0], header=bytes(32)), "checkpoint-differs", 2),
    "a checkpoint of another size": (lambda: resigned(NOTES[0], size=3), "checkpoint-differs", 2),
    "a checkpoint of another segment": (lambda: resigned(NOTES[0], segment=2), "checkpoint-differs", 2),
    "a checkpoint of another ledger": (lambda: resigned(NOTES[0], ledger=FOREIGN), "checkpoint-differs", 2),
    "a checkpoint that says less": (lambda: resigned(NOTES[0], sequence=1), "checkpoint-differs", 2),
    "a checkpoint that says more": (lambda: resigned(NOTES[0], sequence=3), "checkpoint-ahead", 3),
    "one of another ledger that says more": (
        lambda: resigned(NOTES[0], sequence=3, ledger=FOREIGN),
        "checkpoint-differs",
        2,
    ),
    "a checkpoint that closes too early": (lambda: resigned(NOTES[0], closed=True), "segment-continued", 3),
    "a last checkpoint that does not close": (
        lambda: with_(ENDS[0], closing=None),
        "closing-missing",
        3,
    ),
    "an end that counts fewer checkpoints": (lambda: with_(ENDS[0], checkpoints=1), "checkpoint-missing", 3),
    "an end that counts more checkpoints": (lambda: with_(ENDS[0], checkpoints=3), "checkpoint-missing", 3),
    "an end twice": (lambda: put(ENDS[2], PARTS[ENDS[2]], PARTS[ENDS[2]]), "checkpoint-missing", 9),
    "a closing with another number": (
        lambda: with_(ENDS[0], closing=(2, PARTS[ENDS[0]].closing[1])),  # type: ignore[union-attr,index]
        "closing-changed",
        3,
    ),
    "a closing of another ledger": (lambda: reclosed(ENDS[0], ledger=FOREIGN), "closing-changed", 3),
    "a closing of another size": (lambda: reclosed(ENDS[0], size=2), "closing-changed", 3),
    "a closing of another end": (lambda: reclosed(ENDS[0], last=2), "closing-changed", 3),
    "a closing of another root": (lambda: reclosed(ENDS[0], root="0" * 64), "closing-changed", 3),
    "a closing of another link": (lambda: reclosed(ENDS[0], link="0" * 64), "closing-changed", 3),
    "a last segment taken out": (lambda: list(PARTS[: HEADS[2]]), "segment-missing", 6),
    "the last end taken out": (lambda: list(PARTS[:-1]), "incomplete", 10),
    "everything taken out": (list, "incomplete", 1),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_wrong_is_named_with_the_entry_that_it_is_at(name: str) -> None:
    change, code, sequence = CHANGED[name]
    assert fault(change()) == (code, sequence)


def test_a_signature_that_does_not_hold_is_forged_and_without_keys_it_is_not_looked_at() -> None:
    signed = PARTS[NOTES[0]]
    assert isinstance(signed, Signed)
    forged = with_(NOTES[0], note=signed.note.replace("10:11:12", "10:11:13"))
    assert fault(forged) == ("note-forged", 2)
    assert verify_parts(forged, Verifier()).signed == 0


def test_a_line_of_somebody_else_on_a_checkpoint_is_a_change_of_it() -> None:
    signed = PARTS[NOTES[0]]
    assert isinstance(signed, Signed)
    text = signed.note.split("\n\n")[0] + "\n"
    both = with_(NOTES[0], note=signed.note + OTHER.sign(text).split("\n\n")[1])
    assert fault(both) == ("note-unsigned", 2)
    assert verify_parts(both, Verifier([SIGNER.key, OTHER.key])).signed == 7


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (lambda: with_(NOTES[0], note="x"), "after entry 2: a checkpoint there was changed"),
        (lambda: with_(NOTES[0], sequence=3), "at entry 3: it is missing, and a checkpoint has it"),
        (lambda: list(PARTS[:-1]), "at entry 10: it ends there in the middle"),
        (lambda: with_(ROWS[3], salt=b""), "at entry 4: its salt is not 16 bytes long"),
    ],
)
def test_the_text_says_whether_it_is_at_the_entry_or_after_it(parts: Callable[[], list[Part]], text: str) -> None:
    with pytest.raises(ChainBroken) as caught:
        verify_parts(parts(), Verifier([SIGNER.key]))
    assert caught.value.message == f"the ledger does not verify {text}"


def test_what_is_to_be_said_of_a_ledger_follows_from_the_code() -> None:
    assert verdict_of(ChainBroken("x", code="truncated")) is Verdict.TRUNCATED
    assert verdict_of(ChainBroken("x", code="incomplete")) is Verdict.INCOMPLETE
    assert verdict_of(LedgerError("x", code="ledger-torn")) is Verdict.INCOMPLETE
    assert verdict_of(LedgerError("x", code="ledger-damaged")) is Verdict.TAMPERED
    assert verdict_of(ChainBroken("x", code="entry-changed")) is Verdict.TAMPERED
    assert verdict_of(LedgerError("x", code="key-unreadable")) is None


# progress


def test_progress_is_told_every_so_many_entries_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(verifying, "EVERY", 2)
    verify_parts(PARTS, Verifier([SIGNER.key]), told.append)
    assert told == [2, 4, 6, 8, 9]
    assert EVERY == 5000
