"""Segments: when one ends, how the next goes on, and what is found when one is gone."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_entries import broken_at, code_of, make_entry, make_ledger, refusal, tamper
from needful.errors import ChainBroken, LedgerError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.notes import split
from needful.ledger.segments import Closing, Former, Header, header_digest, path_of
from needful.ledger.sqlite import Rotation
from needful.ledger.table import SCHEMA

KEYS = Keys(bytes(32))
SMALL = Rotation(bytes=40 << 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def header_of(path: Path, segment: int) -> Header:
    with closing(sqlite3.connect(path_of(path, segment))) as connection:
        ((body,),) = connection.execute("SELECT body FROM header")
    return Header.decode(body)


def test_a_full_segment_is_closed_and_the_next_goes_on(path: Path) -> None:
    with make_ledger(path, 60, rotation=SMALL, keys=KEYS) as ledger:
        found = ledger.verify()
        assert found.count == 60
        assert found.segments >= 3
        assert [stored.sequence for stored in ledger.entries()] == list(range(1, 61))
        assert [stored.sequence for stored in ledger.entries(since=35, limit=4)] == [36, 37, 38, 39]
    assert sorted(file.name for file in path.parent.iterdir()) == sorted(
        path_of(path, number).name for number in range(1, found.segments + 1)
    )
    assert max(file.stat().st_size for file in path.parent.iterdir()) < 80 << 10


def test_a_header_says_how_the_segment_before_ended(path: Path) -> None:
    with make_ledger(path, 40, rotation=SMALL, keys=KEYS):
        one, two = header_of(path, 1), header_of(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        count, last = connection.execute("SELECT count(*), max(sequence) FROM entry").fetchone()
        ((link,),) = connection.execute("SELECT link FROM entry WHERE sequence = ?", (last,))
        ((note,),) = connection.execute("SELECT note FROM checkpoint ORDER BY number DESC LIMIT 1")
        ((closed,),) = connection.execute("SELECT body FROM closing")
    final = Checkpoint.parse(split(note)[0])
    assert (one.segment, one.first, one.former) == (1, 1, None)
    assert (two.ledger, two.segment, two.first) == (one.ledger, 2, last + 1)
    assert two.former == Former(link.hex(), final.root.hex(), count)
    assert final.closed
    assert closed == Closing(one.ledger, 1, count, last, link.hex(), final.root.hex()).encode()


def make_older(path: Path) -> None:
    """Let the ledger have begun on another day."""
    body = replace(header_of(path, 1), made="2001-01-01T00:00:00.000000Z").encode()
    tamper(path, f"UPDATE header SET body = x'{body.hex()}', digest = x'{header_digest(body).hex()}'")  # noqa: S608


def test_a_segment_ends_with_the_day_where_that_is_wanted(path: Path) -> None:
    make_ledger(path, 2).close()
    with make_ledger(path, 2, rotation=Rotation(daily=True)) as ledger:
        assert ledger.verify().segments == 1
    make_older(path)
    with make_ledger(path, 2, rotation=Rotation()) as ledger:
        assert ledger.verify().segments == 1
    with make_ledger(path, 2, rotation=Rotation(daily=True)) as ledger:
        assert ledger.verify().segments == 2
        assert header_of(path, 2).first == 7


def append_rotating(path: Path, count: int) -> None:
    with SqliteLedger(path, timeout=60, rotation=SMALL, keys=KEYS) as ledger:
        for _ in range(count):
            ledger.append(make_entry())


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_several_processes_go_on_together_from_segment_to_segment(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=append_rotating, args=(path, 60)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with make_ledger(path, keys=KEYS) as ledger:
        found = ledger.verify()
        assert (found.count, found.signed) == (180, 180)
        assert found.segments > 5


def test_who_opened_the_ledger_before_it_was_rotated_goes_on_in_the_new_segment(path: Path) -> None:
    with make_ledger(path, 1) as early:
        make_ledger(path, 40, rotation=SMALL).close()
        assert early.head()[0] == 41
        assert early.append(make_entry()).sequence == 42
        assert early.head()[0] == 42
        assert early.verify().count == 42


def test_a_reader_meets_entries_of_segments_that_begin_while_it_reads(path: Path) -> None:
    with make_ledger(path, 5, rotation=SMALL) as writer, make_ledger(path) as reader:
        reading = reader.entries()
        assert next(reading).sequence == 1
        for _ in range(40):
            writer.append(make_entry())
        assert reader.verify().count == 45
        assert len(list(reader.entries())) == 45


# What a crash leaves.


def test_what_an_unfinished_rotation_left_behind_is_no_part_of_the_ledger(path: Path) -> None:
    make_ledger(path, 5).close()
    SqliteLedger(path_of(path, 2)).close()  # an empty file, where the next segment goes
    with make_ledger(path, 40, rotation=SMALL) as ledger:
        assert ledger.verify().count == 45
        assert header_of(path, 2).former is not None


def test_what_a_writer_left_that_died_while_it_closed_a_segment_is_gone_on_with(path: Path) -> None:
    make_ledger(path, 5).close()
    make_ledger(path, 1, rotation=Rotation(bytes=1)).close()
    tamper(path_of(path, 2), "DELETE FROM entry")
    tamper(path, "DELETE FROM closing")
    made = path_of(path, 2).stat().st_ino, header_of(path, 2)
    with make_ledger(path, 1, rotation=Rotation(bytes=1)) as ledger:
        assert ledger.verify().count == 6
    assert (path_of(path, 2).stat().st_ino, header_of(path, 2)) == made, "a commit that nobody saw may lead to it"


def test_a_next_segment_with_entries_is_not_gone_on_with_where_the_closing_was_taken_out(path: Path) -> None:
    make_ledger(path, 5).close()
    make_ledger(path, 1, rotation=Rotation(bytes=1)).close()
    tamper(path, "DELETE FROM closing")
    with make_ledger(path, rotation=Rotation(bytes=1)) as ledger:
        assert refusal(ledger) == "segment-stray", "to close it again would hide that somebody opened it"


def test_a_segment_that_none_leads_to_is_never_overwritten(path: Path) -> None:
    make_ledger(path, 5).close()
    make_ledger(path_of(path, 2), 1).close()
    with make_ledger(path, rotation=Rotation(bytes=1)) as ledger:
        assert refusal(ledger) == "segment-stray"
        assert broken_at(ledger.verify) == ("closing-missing", 1)
    with make_ledger(path_of(path, 2)) as other:
        assert other.verify().count == 1


# What somebody takes away.


@pytest.fixture
def rotated(path: Path) -> Path:
    make_ledger(path, 60, rotation=SMALL, keys=KEYS).close()
    return path


def test_a_last_segment_that_is_gone_is_missed(rotated: Path) -> None:
    last = header_of(rotated, 3).first
    for number in range(3, 9):
        path_of(rotated, number).unlink(missing_ok=True)
    with make_ledger(rotated) as ledger:
        assert broken_at(ledger.verify) == ("segment-missing", last)
        assert refusal(ledger) == "segment-missing"


def test_a_segment_in_the_middle_that_is_gone_is_missed(rotated: Path) -> None:
    path_of(rotated, 2).unlink()
    with make_ledger(rotated) as ledger:
        assert broken_at(ledger.verify)[0] == "segment-missing"


def test_a_closing_that_was_taken_out_is_missed(rotated: Path) -> None:
    first = header_of(rotated, 2).first
    tamper(rotated, "DELETE FROM closing")
    with make_ledger(rotated) as ledger:
        assert broken_at(ledger.verify) == ("closing-missing", first - 1)  # its last checkpoint says that it was closed
        tamper(rotated, "DELETE FROM checkpoint", "UPDATE header SET checkpoints = 0")
        assert broken_at(ledger.verify) == ("closing-missing", first)


def test_segments_of_another_ledger_do_not_go_on_from_this_one(rotated: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    make_ledger(other, 60, rotation=SMALL, keys=KEYS).close()
    path_of(other, 2).replace(path_of(rotated, 2))
    with make_ledger(rotated) as ledger:
        assert broken_at(ledger.verify)[0] in {"segment-foreign", "header-changed"}


def test_a_header_that_was_made_up_is_found_by_the_checkpoints(rotated: Path) -> None:
    make_older(rotated)
    with make_ledger(rotated) as ledger:
        assert broken_at(ledger.verify)[0] == "checkpoint-differs"


def test_a_ledger_whose_header_is_unreadable_is_not_written(path: Path) -> None:
    make_ledger(path, 1).close()
    tamper(path, "UPDATE header SET body = x'00'")
    with make_ledger(path) as ledger:
        assert refusal(ledger) == "header-unreadable"
        assert broken_at(ledger.verify) == ("header-changed", 0)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"format":2}', b"[" * 100_000])
def test_bytes_that_are_no_header_are_refused(body: bytes) -> None:
    assert code_of(LedgerError, lambda: Header.decode(body)) == "header-unreadable"


# A ledger of format 1: one file of entries.


def make_old(path: Path, count: int) -> None:
    make_ledger(path, count).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in ("header", "checkpoint", "closing"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version=1")
        assert connection.execute("SELECT sql FROM sqlite_master").fetchall() == [(SCHEMA,)]


def test_a_ledger_of_format_1_is_read_and_left_as_it_is(path: Path) -> None:
    make_old(path, 3)
    before = path.read_bytes()
    with make_ledger(path, keys=KEYS) as ledger:
        assert (ledger.verify().count, ledger.head()[0], len(list(ledger.entries()))) == (3, 3, 3)
        assert ledger.checkpoint() is None
    assert path.read_bytes() == before


def test_a_ledger_of_format_1_goes_on_in_format_2(path: Path) -> None:
    make_old(path, 3)
    with make_ledger(path, 40, keys=KEYS, rotation=SMALL) as ledger:
        assert ledger.verify().count == 43
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.verify().signed == 43
        assert header_of(path, 1).first == 1


def test_a_change_in_a_ledger_of_format_1_is_found(path: Path) -> None:
    make_old(path, 3)
    tamper(path, "UPDATE entry SET salt = randomblob(16) WHERE sequence = 2")
    with make_ledger(path) as ledger, pytest.raises(ChainBroken, match="at entry 2"):
        ledger.verify()
