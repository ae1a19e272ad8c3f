"""Erasure and retention: the content goes, from every file, the chain holds, and an entry says what went."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_entries import HASH, broken_at, code_of, make_entry, make_ledger, tamper
from needful.errors import LedgerError, LedgerWriteError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.ledger.entry import canonical, parse
from needful.ledger.erasures import Erasures, stretches
from needful.ledger.sqlite import Rotation
from needful.values import Identity

KEYS = Keys(bytes(32))
CANARY = "quimby-canary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def files_with(path: Path, words: str) -> list[str]:
    return [file.name for file in path.parent.iterdir() if words.encode() in file.read_bytes()]


def test_an_erased_entry_is_gone_and_the_ledger_verifies(path: Path) -> None:
    with make_ledger(path, 3, keys=KEYS) as ledger:
        ledger.append(make_entry(purpose=CANARY))
        done = ledger.erase(sequences=[4, 2], reason="erasure-request", principal=HASH)
        found = ledger.verify()
        assert (done.count, done.statements) == (2, (5,))
        assert (found.count, found.erased, found.overdue) == (5, 2, 0)
        assert [stored.sequence for stored in ledger.entries()] == [1, 3, 5]
        said = list(ledger.entries())[-1].entry
    assert (said.outcome, said.reason, said.principal, said.erased) == (
        "erased",
        "erasure-request",
        HASH,
        ((2, 2), (4, 4)),
    )
    with make_ledger(path, keys=KEYS) as ledger:
        assert ledger.verify().signed == 5


@pytest.mark.parametrize("open_elsewhere", [False, True])
def test_what_is_erased_is_in_no_file_any_more(path: Path, open_elsewhere: bool) -> None:
    with make_ledger(path, 60, rotation=Rotation(bytes=40 << 10)) as ledger, make_ledger(path) as other:
        if open_elsewhere:
            other.head()
        for _ in range(5):
            ledger.append(make_entry(purpose=CANARY))
        assert files_with(path, CANARY)
        ledger.erase(sequences=range(61, 66))
        assert files_with(path, CANARY) == []
        assert files_with(path, "answer-ticket")
        ledger.erase(sequences=range(1, 61))
        # Old names stay in what says that they went: none.
        assert files_with(path, "answer-ticket") == []
        assert ledger.verify().erased == 65


def test_space_is_given_back(path: Path) -> None:
    make_ledger(path, 200).close()
    before = path.stat().st_size
    with make_ledger(path) as ledger:
        assert ledger.erase(sequences=range(1, 201)).count == 200
    assert path.stat().st_size < before / 2


def test_what_is_older_than_a_moment_is_erased(path: Path) -> None:
    with make_ledger(path) as ledger:
        for day in (1, 2, 3, 4):
            ledger.append(make_entry(time=f"2026-01-0{day}T00:00:00Z"))
        assert ledger.erase(before="2026-01-03T00:00:00+00:00").count == 2
        assert [stored.sequence for stored in ledger.entries()] == [3, 4, 5]
        assert ledger.erase(before="2026-01-03T00:00:00Z").count == 0
        assert ledger.head()[0] == 5  # where nothing is erased, nothing is said


def test_what_says_that_others_were_erased_stays(path: Path) -> None:
    with make_ledger(path, 3) as ledger:
        ledger.erase(sequences=[1])
        assert ledger.erase(sequences=range(1, 100), before="2999-01-01T00:00:00Z").count == 2
        assert [stored.entry.outcome for stored in ledger.entries()] == ["erased", "erased"]
        assert ledger.verify().erased == 3


def test_an_entry_erased_without_a_word_is_found(path: Path) -> None:
    make_ledger(path, 5).close()
    tamper(path, "UPDATE entry SET salt = x'', entry = x'' WHERE sequence IN (2, 4)")
    with make_ledger(path) as ledger:
        assert broken_at(ledger.verify) == ("erased-unsaid", 2)
        ledger.append(make_entry(outcome="erased", reason="retention", erased=((1, 2),)))
        assert broken_at(ledger.verify) == ("erased-unsaid", 4)


def test_an_entry_half_erased_is_found(path: Path) -> None:
    make_ledger(path, 3).close()
    tamper(path, "UPDATE entry SET entry = x'' WHERE sequence = 2")
    with make_ledger(path) as ledger:
        assert broken_at(ledger.verify) == ("entry-changed", 2)


def test_the_hashes_of_an_erased_entry_are_still_checked(path: Path) -> None:
    with make_ledger(path, 3) as ledger:
        ledger.erase(sequences=[2])
    tamper(path, "UPDATE entry SET leaf = randomblob(32) WHERE sequence = 2")
    with make_ledger(path) as ledger:
        assert broken_at(ledger.verify) == ("link-broken", 2)


def test_an_entry_cannot_say_that_later_ones_were_erased(path: Path) -> None:
    with make_ledger(path, 2) as ledger:
        ledger.append(make_entry(outcome="erased", erased=((2, 3),)))
        assert broken_at(ledger.verify) == ("erasure-order", 3)


def test_entries_that_are_said_to_be_erased_and_are_there_are_counted_and_erased_the_next_time(path: Path) -> None:
    with make_ledger(path, 5) as ledger:
        # A crash between the word and the deed.
        ledger.append(make_entry(outcome="erased", reason="retention", erased=((1, 3),)))
        assert (ledger.verify().erased, ledger.verify().overdue) == (0, 3)
        ledger.erase(sequences=[1, 2, 3])
        assert (ledger.verify().erased, ledger.verify().overdue) == (3, 0)


def test_somebody_who_reads_keeps_the_log_and_is_said(path: Path) -> None:
    with make_ledger(path, 3, timeout=0.2) as ledger, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM entry").fetchone()
        assert code_of(LedgerError, lambda: ledger.erase(sequences=[1])) in {"erase-unfinished", "ledger-locked"}
        reader.rollback()
        assert ledger.verify().erased + ledger.verify().overdue == 1


def test_a_moment_that_is_none_is_refused(path: Path) -> None:
    with make_ledger(path, 1) as ledger:
        assert code_of(LedgerError, lambda: ledger.erase(before="yesterday")) == "time-unreadable"
        assert code_of(LedgerWriteError, lambda: ledger.erase(sequences=[1], reason="not a code")) == "ledger-entry"
        assert ledger.verify().erased == 0


def test_a_reopened_ledger_passes_over_what_was_erased_before_its_checkpoint(path: Path) -> None:
    with make_ledger(path, 5, keys=KEYS) as ledger:
        ledger.close()
        ledger.reopen()
        ledger.erase(sequences=[2, 3])
        found = ledger.reopen()
        assert (found.count, found.overdue) == (6, 0)


# The entry's format.


@pytest.mark.parametrize(
    "changes",
    [
        {"erased": ((1, 2),)},
        {"outcome": "erased"},
        {"outcome": "erased", "erased": ()},
        {"outcome": "erased", "erased": [(1, 2)]},
        {"outcome": "erased", "erased": ((0, 2),)},
        {"outcome": "erased", "erased": ((2, 1),)},
        {"outcome": "erased", "erased": ((1, 2), (3, 4))},
        {"outcome": "erased", "erased": ((3, 4), (1, 1))},
        {"outcome": "erased", "erased": ((1,),)},
        {"outcome": "erased", "erased": (1, 2)},
        {"outcome": "erased", "erased": ((1, 2.0),)},
        {"outcome": "erased", "erased": ((True, 2),)},
        {"outcome": "erased", "erased": ((1, 2**53),)},
    ],
    ids=str,
)
def test_only_an_entry_that_erases_says_what_in_one_form(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^ledger entry: erased must be "):
        canonical(make_entry(**changes))


def test_an_entry_that_erases_has_format_2_and_others_keep_format_1() -> None:
    data = canonical(make_entry(outcome="erased", erased=((1, 2), (4, 9))))
    assert b'"erased":[[1,2],[4,9]]' in data
    assert b'"v":2' in data
    assert parse(data).erased == ((1, 2), (4, 9))
    assert b'"v":1' in canonical(make_entry())
    assert b"erased" not in canonical(make_entry())


@pytest.mark.parametrize(
    "new",
    [
        b'"erased":[[2,1]]',
        b'"erased":[]',
        b'"erased":[[1,2,3]]',
        b'"erased":{}',
        b'"erased":[[1,2],[3,4]]',
        b'"erased":null',
    ],
)
def test_other_bytes_are_not_an_entry_that_erases(new: bytes) -> None:
    data = canonical(make_entry(outcome="erased", erased=((1, 2),)))
    with pytest.raises(ValueError, match=r"^ledger entry: "):
        parse(data.replace(b'"erased":[[1,2]]', new))


# Stretches.


def test_the_policy_of_nobody_is_one() -> None:
    assert parse(canonical(make_entry(policy=Identity("<none>", 0, "0" * 64)))).policy.name == "<none>"


@given(st.sets(st.integers(1, 60)))
def test_sequences_are_joined_to_stretches(sequences: set[int]) -> None:
    found = list(stretches(sorted(sequences)))
    assert {number for first, last in found for number in range(first, last + 1)} == sequences
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found))


@given(st.sets(st.integers(1, 30)), st.lists(st.sets(st.integers(1, 30), min_size=1), max_size=4))
def test_the_first_one_of_which_nobody_says_so_is_named(gone: set[int], said: Iterable[set[int]]) -> None:
    erasures, words = Erasures(), set[int]()
    for number in sorted(gone):
        erasures.found(number)
    for each in said:
        assert erasures.said(31, list(stretches(sorted(each)))) == ""
        words |= each
    assert erasures.unsaid() == min(gone - words, default=0)
    if gone <= words:
        assert erasures.counts() == (len(gone), len(words - gone))


def test_a_large_erasure_is_said_in_several_entries(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        from needful.ledger.erasing import MOST, statements

        found = [(number, number) for number in range(1, 2 * MOST + 3, 2)]
        entries = statements(found, "retention", "", Identity("<none>", 0, "0" * 64))
        assert [len(entry.erased) for entry in entries] == [MOST, 1]
        assert all(canonical(entry) for entry in entries)
        assert ledger.verify().count == 0
