"""The verifier against anchors, and going on from a checkpoint: what is trusted, and what is blamed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    Builder,
    fault,
)
from needful.errors import ChainBroken, LedgerError
from needful.ledger.chain import extend
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.parts import Head, Signed
from needful.ledger.segments import FORMAT
from needful.ledger.verifying import Verifier, verify_parts

# going on from a checkpoint


def after(at: int, signed: Signed | None = None, head: Head | None = None) -> Verifier:
    """Go on from the checkpoint at this place, or one given, in the segment that it stands in."""
    began = max(each for each in HEADS if each < at)
    first, there = PARTS[began], PARTS[at]
    assert isinstance(first, Head)
    assert isinstance(there, Signed)
    return Verifier.after(signed or there, head or first, [SIGNER.key])


def test_a_verifier_goes_on_from_a_signed_checkpoint_as_if_it_had_seen_what_is_before() -> None:
    for at, before, segments in ((NOTES[0], 2, 1), (NOTES[3], 7, 3)):
        verifier = after(at)
        assert verifier.count == before
        parts = PARTS[at + 1 : ENDS[segments - 1] + 1]
        if segments == 1:
            parts = PARTS[at + 1 :]
        found = verify_parts(parts, verifier)
        assert (found.count, found.segments, found.signed) == (9, 3, 7)
        assert found.head == PARTS[ROWS[-1]].link.hex()  # type: ignore[union-attr]


def test_who_goes_on_from_a_closing_checkpoint_takes_no_more_rows_of_its_segment() -> None:
    verifier = after(NOTES[1])
    with pytest.raises(ChainBroken) as caught:
        verifier.take(extend(bytes(32), 4, bytes(16), b"{}"))
    assert (caught.value.code, caught.value.sequence) == ("segment-continued", 4)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"note": SIGNER.sign("x\n")}, "checkpoint-changed"),
        ({"note": OTHER.sign("x\n")}, "note-unsigned"),
        ({"frontier": b""}, None),
        ({"frontier": bytes(32)}, "checkpoint-differs"),
    ],
)
def test_who_goes_on_trusts_no_checkpoint_that_does_not_hold(changes: dict[str, Any], code: str | None) -> None:
    signed = replace(PARTS[NOTES[3]], **changes)
    assert isinstance(signed, Signed)
    with pytest.raises((ChainBroken, ValueError)) as caught:
        after(NOTES[3], signed)
    assert getattr(caught.value, "code", None) == code


@pytest.mark.parametrize("body", [None, "text", 7])
def test_who_goes_on_needs_a_header(body: object) -> None:
    with pytest.raises(ChainBroken) as caught:
        after(NOTES[3], head=Head(FORMAT, body, b"", 3))
    assert (caught.value.code, caught.value.sequence) == ("header-changed", 0)


# anchors


def anchors(*places: int, **changes: Any) -> tuple[str, ...]:
    """Anchors of the checkpoints at these places, with changes, well signed."""
    found = []
    for at in places:
        signed = PARTS[at]
        assert isinstance(signed, Signed)
        said = Checkpoint.parse(signed.note.split("\n\n")[0] + "\n")
        found.append(SIGNER.sign(replace(said, **changes).text()))
    return tuple(found)


def test_anchors_are_met_in_any_order_and_more_than_once() -> None:
    for places, last in (((0,), 2), ((3, 0, 2, 1), 7), ((1, 1, 0), 3), ((), 0)):
        given = anchors(*(NOTES[at] for at in places))
        found = verify_parts(PARTS, Verifier([SIGNER.key], given))
        assert found.anchored == last
        assert verify_parts(PARTS, Verifier([], given)).anchored == last


@pytest.mark.parametrize(
    ("at", "changes", "code", "sequence"),
    [
        (0, {"root": bytes(32)}, "anchor-differs", 1),
        (0, {"link": bytes(32)}, "anchor-differs", 1),
        (0, {"header": bytes(32)}, "anchor-differs", 1),
        (0, {"sequence": 1}, "anchor-differs", 1),
        (3, {"root": bytes(32)}, "anchor-differs", 1),
        (0, {"ledger": FOREIGN}, "anchor-foreign", None),
        (0, {"size": 4}, "anchor-differs", 1),
        (2, {"size": 3}, "anchor-differs", 1),
        (3, {"size": 5, "sequence": 10}, "truncated", 10),
        (3, {"segment": 4}, "truncated", 10),
    ],
)
def test_an_anchor_that_the_ledger_does_not_meet_is_named(
    at: int, changes: dict[str, Any], code: str, sequence: int | None
) -> None:
    assert fault(PARTS, anchors=anchors(NOTES[at], **changes)) == (code, sequence)


def test_an_anchor_that_is_not_met_blames_the_stretch_since_the_one_that_was() -> None:
    given = (*anchors(NOTES[1]), *anchors(NOTES[3], root=bytes(32)))
    with pytest.raises(ChainBroken) as caught:
        verify_parts(PARTS, Verifier([SIGNER.key], given))
    assert caught.value.message == (
        "the ledger does not verify at entry 4: between it and entry 7, it is not what it was when an anchor was taken"
    )
    assert (caught.value.code, caught.value.sequence) == ("anchor-differs", 4)


def test_a_segment_that_ended_where_an_anchor_has_more_is_blamed_on_the_entry_after_the_last_met() -> None:
    given = (*anchors(NOTES[1]), *anchors(NOTES[1], size=4, sequence=4))
    with pytest.raises(ChainBroken) as caught:
        verify_parts(PARTS, Verifier([SIGNER.key], given))
    assert caught.value.message == (
        "the ledger does not verify at entry 4: between it and entry 4, it is not what it was when an anchor was taken"
    )


def test_who_goes_on_from_a_checkpoint_of_no_entries_takes_the_first() -> None:
    early = Builder().head().sign().rows(2).sign().end()
    head, signed, *rest = early.parts
    assert isinstance(head, Head)
    assert isinstance(signed, Signed)
    for frontier in (b"", None):
        found = verify_parts(rest, Verifier.after(replace(signed, frontier=frontier), head, [SIGNER.key]))
        assert (found.count, found.signed) == (2, 2)


def test_a_ledger_cut_off_before_an_anchor_is_truncated_wherever_it_was_cut() -> None:
    given = anchors(NOTES[3])
    without_segment = fault(PARTS[: HEADS[2]], anchors=given)
    assert without_segment == ("truncated", 6)
    shorter = Builder().head().rows(2).sign().rows(1).end().parts
    with pytest.raises(ChainBroken) as caught:
        verify_parts(shorter, Verifier([SIGNER.key], (*anchors(NOTES[0]), *anchors(NOTES[1]), *given)))
    assert caught.value.message == "the ledger was truncated: it ends with entry 3, and an anchor has entry 7"


def test_anchors_of_two_ledgers_or_of_nobody_are_no_anchors_and_blame_no_ledger() -> None:
    mixed = (*anchors(NOTES[0]), *anchors(NOTES[1], ledger=FOREIGN))
    for given, code in ((mixed, "anchor-mixed"), (("x",), "note-unreadable"), ((OTHER.sign("x\n"),), "note-unsigned")):
        with pytest.raises(LedgerError) as caught:
            Verifier([SIGNER.key], given)
        assert caught.value.code == code
        assert not isinstance(caught.value, ChainBroken)
    with pytest.raises(LedgerError) as caught:
        Verifier([SIGNER.key], mixed)
    assert caught.value.message == "the anchors are of more than one ledger"


def test_anchors_of_another_ledger_blame_no_entry() -> None:
    with pytest.raises(ChainBroken) as broken:
        verify_parts(PARTS, Verifier([SIGNER.key], anchors(NOTES[0], ledger=FOREIGN)))
    assert broken.value.message == "the ledger is not the one that the anchors were taken from"
    assert (broken.value.code, broken.value.sequence) == ("anchor-foreign", None)
