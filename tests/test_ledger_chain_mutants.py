"""The chain by itself: times, erased entries, and where it begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from ledger_building import Builder
from ledger_entries import make_entry
from needful.errors import ChainBroken
from needful.ledger.chain import GENESIS, Chain, Row, broken, extend, read, verify
from needful.ledger.entry import canonical
from needful.ledger.erasures import Erasures, stretches

# the chain by itself


def rows(count: int) -> list[Row]:
    return [part for part in Builder().head().rows(count).parts if isinstance(part, Row)]


def chained(entries: Iterable[bytes]) -> Iterator[Row]:
    link = GENESIS
    for sequence, entry in enumerate(entries, start=1):
        row = extend(link, sequence, bytes(16), entry)
        yield row
        link = row.link


def erased(row: Row) -> Row:
    return replace(row, salt=b"", entry=b"")


def test_times_are_those_of_the_first_and_the_last_entry_that_can_be_read() -> None:
    times = [f"2026-11-22T10:11:1{at}.000000Z" for at in range(3)]
    one, two, three = chained(canonical(make_entry(time=time)) for time in times)
    found = verify([one, two, three])
    assert (found.first_time, found.last_time) == (times[0], times[2])
    assert (found.count, found.head, found.erased, found.overdue) == (3, three.link.hex(), 0, 0)


def test_an_erased_entry_needs_an_entry_after_it_that_says_so() -> None:
    says = canonical(make_entry(outcome="erased", erased=((2, 3),)))
    first = canonical(make_entry())
    one, two, three, four = chained([first, first, first, says])
    found = verify([one, erased(two), erased(three), four])
    assert (found.erased, found.overdue) == (2, 0)
    assert (verify([one, erased(two), three, four]).erased, verify([one, erased(two), three, four]).overdue) == (1, 1)
    for parts, sequence in (([one, erased(two), three], 2), ([erased(one), erased(two), three, four], 1)):
        with pytest.raises(ChainBroken) as caught:
            verify(parts)
        assert (caught.value.code, caught.value.sequence) == ("erased-unsaid", sequence)
    itself = list(chained([first, canonical(make_entry(outcome="erased", erased=((2, 2),)))]))
    with pytest.raises(ChainBroken) as caught:
        verify(itself)
    assert (caught.value.code, caught.value.sequence) == ("erasure-order", 2)


def test_the_hashes_of_an_erased_entry_are_held_against_the_chain() -> None:
    says = canonical(make_entry(outcome="erased", erased=((2, 2),)))
    one, two, three = chained([canonical(make_entry()), canonical(make_entry()), says])
    assert verify([one, erased(two), three]).erased == 1
    changes = [replace(two, leaf=value) for value in (bytes(32), three.leaf, b"")]
    changes += [replace(two, link=value) for value in (bytes(32), one.link, b"")]
    for changed in changes:
        with pytest.raises(ChainBroken) as caught:
            verify([one, erased(changed), three])
        assert (caught.value.code, caught.value.sequence) == ("link-broken", 2)


def test_a_chain_that_goes_on_counts_from_where_it_began() -> None:
    every = rows(4)
    chain = Chain(2, every[1].link)
    for row in every[2:]:
        chain.add(row)
    chain.finish()
    assert chain.verification().count == 4
    with pytest.raises(ChainBroken):
        Chain(2, every[0].link).add(every[2])


def test_the_error_of_an_entry_has_its_code_its_number_and_a_text() -> None:
    error = broken(7, "link-broken")
    assert (error.code, error.sequence) == ("link-broken", 7)
    assert error.message == (
        "the ledger does not verify at entry 7: its link was changed, or does not follow from the entry before it"
    )


def test_bytes_that_are_no_entry_are_refused_with_the_rows_number() -> None:
    entry = make_entry()
    assert read(extend(GENESIS, 3, bytes(16), canonical(entry))) == entry
    for data in (b"{}", b"\xff", b"[]", b""):
        with pytest.raises(ChainBroken) as caught:
            read(extend(GENESIS, 3, bytes(16), data))
        assert (caught.value.code, caught.value.sequence) == ("entry-unreadable", 3)
        assert caught.value.__context__ is None


# stretches of erased entries


@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        ((), []),
        ((3,), [(3, 3)]),
        ((1, 2), [(1, 2)]),
        ((1, 3), [(1, 1), (3, 3)]),
        ((1, 2, 4, 5, 9), [(1, 2), (4, 5), (9, 9)]),
    ],
)
def test_sequences_that_follow_each_other_are_one_stretch(
    sequences: tuple[int, ...], expected: list[tuple[int, int]]
) -> None:
    assert list(stretches(sequences)) == expected


def kept(found: Iterable[int], said: Iterable[tuple[int, int]], since: int = 0) -> Erasures:
    erasures = Erasures(since)
    for sequence in found:
        erasures.found(sequence)
    for each in said:
        assert erasures.said(100, [each]) == ""
    return erasures


@pytest.mark.parametrize(
    ("found", "said", "unsaid", "counts"),
    [
        ((), (), 0, (0, 0)),
        ((2,), ((2, 2),), 0, (1, 0)),
        ((2, 4), ((2, 2), (4, 4)), 0, (2, 0)),
        ((2, 5), ((5, 5), (2, 2)), 0, (2, 0)),
        ((2, 3, 4), ((4, 4), (2, 3)), 0, (3, 0)),
        ((2, 3, 4), ((2, 2), (4, 4)), 3, (3, 0)),
        ((2, 3, 4), ((2, 3),), 4, (3, 0)),
        ((2, 3, 4), ((3, 4),), 2, (3, 0)),
        ((2, 3), ((1, 9),), 0, (2, 7)),
        ((2, 3, 8), ((1, 4), (3, 9)), 0, (3, 6)),
        ((2, 3, 8), ((1, 9), (3, 4)), 0, (3, 6)),
        ((1, 5, 6, 20), ((1, 1), (3, 3), (5, 6), (30, 31)), 20, (4, 2)),
        ((9,), ((1, 8), (10, 11)), 9, (1, 9)),
        ((9,), ((1, 1), (3, 3), (5, 5), (9, 9)), 0, (1, 3)),
        ((7, 9), ((7, 7), (8, 8)), 9, (2, 0)),
        ((3,), ((1, 3), (3, 5)), 0, (1, 4)),
        ((3,), ((1, 2), (3, 5)), 0, (1, 4)),
    ],
)
def test_what_is_erased_is_held_against_what_is_said(
    found: tuple[int, ...], said: tuple[tuple[int, int], ...], unsaid: int, counts: tuple[int, int]
) -> None:
    erasures = kept(found, said)
    assert erasures.unsaid() == unsaid
    assert erasures.counts() == counts


def test_what_is_said_of_entries_that_were_not_looked_at_is_passed_over() -> None:
    assert kept((7,), ((2, 3), (6, 8)), since=5).counts() == (1, 2)
    assert kept((7,), ((4, 7),), since=5).counts() == (1, 1)
    assert kept((7,), ((4, 6), (7, 7)), since=6).counts() == (1, 0)


def test_without_a_beginning_every_entry_was_looked_at() -> None:
    erasures = Erasures()
    assert erasures.said(9, [(1, 1)]) == ""
    assert erasures.counts() == (0, 1)


def test_an_entry_speaks_only_of_entries_before_it() -> None:
    assert Erasures().said(9, [(1, 2), (7, 8)]) == ""
    assert Erasures().said(9, [(1, 2), (7, 9)]) == "erasure-order"
    assert Erasures().said(9, [(1, 2), (10, 12)]) == "erasure-order"


def test_erased_entries_in_a_row_are_one_stretch_in_memory() -> None:
    assert kept(range(1, 1001), [])._found == [[1, 1000]]
