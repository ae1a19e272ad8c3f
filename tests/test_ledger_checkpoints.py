"""Checkpoints: when one is written, what it says, who gets it, and that nobody signs over what was changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ledger_entries import broken_at, code_of, make_entry, make_ledger, refusal, tamper
from needful.errors import ChainBroken, LedgerError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.merkle import root
from needful.ledger.notes import Signer, split, verified
from needful.ledger.segments import Header, header_digest
from needful.ledger.sqlite import Rotation, Schedule

KEYS = Keys(bytes(32))
KEY = Signer(KEYS.signing_seed()).key
SELDOM = Schedule(entries=10**6, seconds=3600)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def notes_in(path: Path) -> list[Checkpoint]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT note FROM checkpoint ORDER BY number").fetchall()
    return [Checkpoint.parse(verified(note, [KEY])) for (note,) in rows]


def test_a_checkpoint_is_written_after_so_many_entries(path: Path) -> None:
    make_ledger(path, 10, keys=KEYS, schedule=Schedule(entries=4, seconds=3600)).close()
    assert [found.sequence for found in notes_in(path)] == [4, 8, 10]  # the last on closing


def test_a_checkpoint_is_written_by_the_entry_that_comes_after_so_many_seconds(path: Path) -> None:
    with make_ledger(path, 3, keys=KEYS, schedule=Schedule(seconds=0)):
        assert [found.sequence for found in notes_in(path)] == [1, 2, 3]


def test_the_defaults_are_a_thousand_entries_and_ten_seconds() -> None:
    assert (Schedule().entries, Schedule().seconds) == (1000, 10)


def test_a_checkpoint_says_what_the_ledger_has(path: Path) -> None:
    with make_ledger(path, 5, keys=KEYS) as ledger:
        head = ledger.head()
    (found,) = notes_in(path)
    with closing(sqlite3.connect(path)) as connection:
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM entry ORDER BY sequence")]
        ((body, digest),) = connection.execute("SELECT body, digest FROM header")
    header = Header.decode(body)
    assert digest == header_digest(body) == found.header
    assert (found.ledger, found.segment, header.first, header.former) == (header.ledger, 1, 1, None)
    assert (found.size, found.root, found.sequence, found.link.hex()) == (5, root(leaves), *head)
    assert found.text().startswith(f"needful/ledger/{header.ledger}/1\n5\n")
    assert not found.closed


def test_an_entry_that_began_a_segment_is_signed_on_closing(path: Path) -> None:
    rotation = Rotation(bytes=1)  # every entry begins one
    make_ledger(path, 3, keys=KEYS, schedule=SELDOM, rotation=rotation).close()
    with make_ledger(path, keys=KEYS) as ledger:
        found = ledger.verify()
    assert (found.segments, found.signed) == (3, 3)


def test_nothing_new_is_not_signed_again(path: Path) -> None:
    make_ledger(path, 2, keys=KEYS, schedule=SELDOM).close()
    SqliteLedger(path, keys=KEYS).close()
    make_ledger(path, 0, keys=KEYS).close()
    assert len(notes_in(path)) == 1


def test_without_keys_no_checkpoint_is_written_and_verification_says_so(path: Path) -> None:
    with make_ledger(path, 3) as ledger:
        found = ledger.verify()
        assert (found.checkpoints, found.signed, found.unsigned) == (0, 0, 3)
        assert (ledger.checkpoint(), ledger.verifier_key) == (None, None)
        assert code_of(LedgerError, lambda: ledger.prove(2)) == "checkpoint-none"


def test_entries_after_the_last_checkpoint_are_unsigned(path: Path) -> None:
    with make_ledger(path, 5, keys=KEYS, schedule=Schedule(entries=3, seconds=3600)) as ledger:
        found = ledger.verify()
        assert (found.checkpoints, found.signed, found.unsigned) == (1, 3, 2)
    with make_ledger(path) as reader:
        assert reader.verify().signed == 0  # nobody said which key
        assert reader.verify(keys=[str(KEY)]).signed == 5
        assert code_of(LedgerError, lambda: reader.verify(keys=["nonsense"])) == "key-unreadable"


def test_a_ledger_signed_with_another_key_does_not_verify_with_this_one(path: Path) -> None:
    make_ledger(path, 3, keys=KEYS).close()
    with make_ledger(path, keys=Keys(b"\x01" * 32)) as ledger:
        assert broken_at(ledger.verify) == ("note-unsigned", 3)


def test_two_keys_may_sign_one_after_the_other(path: Path) -> None:
    others = Keys(b"\x01" * 32)
    make_ledger(path, 3, keys=KEYS).close()
    make_ledger(path, 2, keys=others).close()
    with make_ledger(path) as ledger:
        assert ledger.verify(keys=[str(KEY), str(Signer(others.signing_seed()).key)]).signed == 5
        assert broken_at(lambda: ledger.verify(keys=[str(KEY)])) == ("note-unsigned", 5)


def test_writers_with_and_without_keys_make_one_ledger(path: Path) -> None:
    make_ledger(path, 3, keys=KEYS).close()
    make_ledger(path, 3).close()
    with make_ledger(path, 3, keys=KEYS) as ledger:
        ledger.close()
        ledger.reopen()
        assert ledger.verify().signed == 9


def test_each_note_is_handed_over_once_it_is_durable(path: Path) -> None:
    handed: list[str] = []
    with make_ledger(
        path, 5, keys=KEYS, schedule=Schedule(entries=2, seconds=3600), on_checkpoint=handed.append
    ) as ledger:
        assert len(handed) == 2
        assert handed[-1] == ledger.checkpoint()
    assert [Checkpoint.parse(split(note)[0]).sequence for note in handed] == [2, 4, 5]


def test_a_receiver_of_notes_that_fails_stops_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fails(note: str) -> None:
        raise OSError("canary")

    with make_ledger(path, 4, keys=KEYS, schedule=Schedule(entries=2, seconds=3600), on_checkpoint=fails) as ledger:
        assert ledger.verify().signed == 4
    assert "could not be handed over" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE checkpoint SET note = replace(note, 'link', 'kinl')",
        "UPDATE checkpoint SET note = replace(note, 'sequence 2', 'sequence 1')",
        "UPDATE checkpoint SET note = 7",
        "UPDATE checkpoint SET frontier = randomblob(32)",
        "UPDATE checkpoint SET frontier = x''",
        "UPDATE entry SET leaf = x'' WHERE sequence = 3",
        "UPDATE entry SET sequence = 99 WHERE sequence = 3",
    ],
)
def test_nobody_signs_over_a_checkpoint_or_leaves_that_were_changed(path: Path, change: str) -> None:
    make_ledger(path, 2, keys=KEYS).close()
    make_ledger(path, 1).close()
    tamper(path, change)
    with make_ledger(path, keys=KEYS, schedule=Schedule(seconds=0)) as ledger:
        assert refusal(ledger) == "checkpoint-broken"
    with pytest.raises(ChainBroken):
        make_ledger(path).verify(keys=[str(KEY)])


def test_a_signature_that_was_changed_is_noticed_by_who_goes_on(path: Path) -> None:
    make_ledger(path, 2, keys=KEYS).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((note,),) = connection.execute("SELECT note FROM checkpoint").fetchall()
        head, data, tail = note[:-60], note[-60:-20], note[-20:]
        connection.execute("UPDATE checkpoint SET note = ?", (head + data.swapcase() + tail,))
    with make_ledger(path, keys=KEYS, schedule=Schedule(seconds=0)) as ledger:
        assert refusal(ledger) == "checkpoint-broken"
        assert broken_at(ledger.verify) == ("note-forged", 2)


def test_a_ledger_that_cannot_sign_on_closing_closes_all_the_same(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger = make_ledger(path, 2, keys=KEYS, schedule=SELDOM, timeout=0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger.close()
    assert "no checkpoint was signed" in caplog.text
    assert refusal(ledger) == "ledger-closed"
    assert make_ledger(path).verify().count == 2


def test_reopening_verifies_from_the_last_checkpoint_on(path: Path) -> None:
    with make_ledger(path, 6, keys=KEYS, schedule=Schedule(entries=4, seconds=3600)) as ledger:
        # What lies before the checkpoint is the whole verification's business.
        tamper(path, "UPDATE entry SET salt = randomblob(16) WHERE sequence = 2")
        found = ledger.reopen()
        assert (found.count, found.signed) == (6, 4)
        assert broken_at(ledger.verify) == ("entry-changed", 2)
        tamper(path, "UPDATE entry SET salt = randomblob(16) WHERE sequence = 6")
        assert broken_at(ledger.reopen) == ("entry-changed", 6)
        assert refusal(ledger) == "ledger-doubtful"


def test_reopening_does_not_trust_a_checkpoint_that_does_not_hold(path: Path) -> None:
    with make_ledger(path, 6, keys=KEYS, schedule=Schedule(entries=4, seconds=3600)) as ledger:
        tamper(path, "UPDATE checkpoint SET note = replace(note, 'sequence 4', 'sequence 3')")
        assert broken_at(ledger.reopen)[0] == "note-forged"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "needful/ledger/" + "0" * 32 + "/1\n1\n",
        "another/ledger",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    assert code_of(LedgerError, lambda: Checkpoint.parse(text)) == "checkpoint-unreadable"


def test_a_checkpoint_has_one_form(path: Path) -> None:
    make_ledger(path, 1, keys=KEYS).close()
    (found,) = notes_in(path)
    text = found.text()
    assert Checkpoint.parse(text) == found
    root_line = text.split("\n")[2]
    last = root_line[-2]
    twin = root_line[:-2] + chr(ord(last) + 1) + "="  # the same bytes where the decoder looks away
    for other in (text + "closed\nclosed\n", text[:-1], text.replace("\n1\n", "\n01\n"), text.replace(root_line, twin)):
        assert code_of(LedgerError, partial(Checkpoint.parse, other)) == "checkpoint-unreadable"


def test_an_entry_is_appended_though_the_clock_was_put_back(path: Path) -> None:
    make_ledger(path, 1, keys=KEYS).close()
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.append(make_entry(time="1999-01-01T00:00:00Z")).sequence == 2
        assert ledger.verify().count == 2
