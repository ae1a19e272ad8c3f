"""The hash chain: what it shows, and what it cannot show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_entries import make_entry
from needful.errors import ChainBroken
from needful.ledger.chain import GENESIS, Row, extend, verify
from needful.ledger.entry import canonical

Rows = list[Row]


def make_rows(count: int, start: Row | None = None, purpose: str = "answer-ticket") -> Rows:
    """Return so many rows of a chain, after `start`."""
    rows: Rows = []
    link, before = (start.link, start.sequence) if start else (GENESIS, 0)
    for sequence in range(before + 1, count + 1):
        data = canonical(make_entry(records_fetched=sequence, purpose=purpose))
        rows.append(extend(link, sequence, sequence.to_bytes(16, "big"), data))
        link = rows[-1].link
    return rows


def fault(rows: Rows) -> tuple[str, int]:
    """Return the code of what is wrong with a chain, and the sequence that the error and its text name."""
    with pytest.raises(ChainBroken, match=r"at entry \d+: ") as caught:
        verify(rows)
    assert caught.value.sequence == int(caught.value.message.split("at entry ")[1].split(":")[0])
    return caught.value.code, caught.value.sequence


def with_column(row: Row, column: str, value: Any) -> Row:
    """Return the row as a changed file can hold it."""
    return replace(row, **{column: value})


def flipped(data: bytes, bit: int) -> bytes:
    number = bit % (8 * len(data))
    return bytes(byte ^ (1 << number % 8 if index == number // 8 else 0) for index, byte in enumerate(data))


def test_the_hashes_are_those_that_the_documentation_gives() -> None:
    rows = make_rows(3)
    link = hashlib.sha256(b"needful/ledger/1").digest()
    for number, row in enumerate(rows, start=1):
        leaf = hashlib.sha256(b"\x00" + row.salt + row.entry).digest()
        link = hashlib.sha256(b"\x01" + link + leaf + number.to_bytes(8, "big")).digest()
        assert (row.sequence, row.leaf, row.link) == (number, leaf, link)
    assert verify(rows).head == link.hex()


def test_the_formulas_are_pinned() -> None:
    row = extend(GENESIS, 1, bytes(16), b"{}")
    assert GENESIS.hex() == "bb5dd5670df18b07fb48b17e1ec5687174deec91357509f190df3622b6e63f6b"
    assert row.leaf.hex() == "d49d107d35fc788f422bc716c87a1f13c4c5ce102911cd9a4d018c4b74d7996a"
    assert row.link.hex() == "ed793c42df8ca35182f91f82c2dbb2e0abf104ffb986f4776c16d384c9aba7b1"


def test_an_empty_chain_verifies_and_its_head_is_the_genesis() -> None:
    found = verify([])
    assert (found.count, found.first_time, found.last_time, found.head) == (0, None, None, GENESIS.hex())


def test_a_chain_tells_its_length_and_its_times() -> None:
    first = extend(GENESIS, 1, bytes(16), canonical(make_entry(time="2026-01-01T00:00:00Z")))
    second = extend(first.link, 2, bytes(16), canonical(make_entry(time="2026-01-02T00:00:00Z")))
    found = verify([first, second])
    assert (found.count, found.first_time, found.last_time, found.head) == (
        2,
        "2026-01-01T00:00:00.000000Z",
        "2026-01-02T00:00:00.000000Z",
        second.link.hex(),
    )


@given(index=st.integers(0, 4), column=st.sampled_from(["salt", "entry", "leaf", "link"]), bit=st.integers(0, 10**4))
def test_one_changed_bit_shows_in_its_row(index: int, column: str, bit: int) -> None:
    rows = make_rows(5)
    rows[index] = with_column(rows[index], column, flipped(getattr(rows[index], column), bit))
    expected = {"salt": "entry-changed", "entry": "entry-changed", "leaf": "leaf-changed", "link": "link-broken"}
    assert fault(rows) == (expected[column], index + 1)


@given(index=st.integers(0, 4), column=st.sampled_from(["salt", "entry", "leaf", "link"]), data=st.binary(max_size=64))
def test_other_bytes_in_a_column_show_in_its_row(index: int, column: str, data: bytes) -> None:
    rows = make_rows(5)
    rows[index] = with_column(rows[index], column, data)
    assert fault(rows)[1] == index + 1


@pytest.mark.parametrize("column", ["sequence", "salt", "entry", "leaf", "link"])
@pytest.mark.parametrize("value", [None, "text", 1.5])
def test_a_column_of_another_type_shows_in_its_row(column: str, value: object) -> None:
    rows = make_rows(3)
    rows[1] = with_column(rows[1], column, value)
    assert fault(rows) == ("row-malformed", 2)


def test_a_row_changed_with_its_leaf_shows() -> None:
    rows = make_rows(3)
    other = extend(GENESIS, 2, bytes(16), canonical(make_entry(purpose="marketing")))
    rows[1] = replace(other, link=rows[1].link)
    assert fault(rows) == ("link-broken", 2)


def test_a_row_of_which_several_parts_were_changed_shows() -> None:
    rows = make_rows(3)
    rows[1] = replace(rows[1], leaf=bytes(32), link=bytes(32))
    assert fault(rows) == ("row-changed", 2)


def test_a_salt_of_another_length_shows() -> None:
    rows = make_rows(1)
    assert fault([extend(GENESIS, 1, b"", rows[0].entry)]) == ("salt-changed", 1)


def test_bytes_that_are_no_entry_show_though_their_hashes_fit() -> None:
    assert fault([extend(GENESIS, 1, bytes(16), b"{}")]) == ("entry-unreadable", 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows[1:], ("entry-missing", 1)),
        (lambda rows: rows[:2] + rows[3:], ("entry-missing", 3)),
        (lambda rows: [rows[1], rows[0], *rows[2:]], ("entry-missing", 1)),
        (lambda rows: [*rows[:2], rows[1], *rows[2:]], ("entry-order", 3)),
        (lambda rows: [*rows, rows[0]], ("entry-order", 6)),
        (lambda rows: [replace(rows[0], sequence=0), *rows], ("entry-order", 1)),
    ],
    ids=["first gone", "middle gone", "swapped", "twice", "again at the end", "before the first"],
)
def test_rows_taken_out_put_in_or_swapped_show(change: Callable[[Rows], Rows], expected: tuple[str, int]) -> None:
    assert fault(change(make_rows(5))) == expected


def test_rows_that_changed_places_with_their_numbers_show() -> None:
    rows = make_rows(5)
    rows[1], rows[2] = replace(rows[2], sequence=2), replace(rows[1], sequence=3)
    assert fault(rows) == ("link-broken", 2)


def test_a_gap_closed_by_new_numbers_shows() -> None:
    rows = make_rows(5)
    rest = [replace(row, sequence=row.sequence - 1) for row in rows[2:]]
    assert fault([rows[0], *rest]) == ("link-broken", 2)


def test_a_row_of_another_ledger_shows() -> None:
    rows, others = make_rows(5), make_rows(5, purpose="marketing")
    assert fault([*rows[:2], others[2], *rows[3:]]) == ("link-broken", 3)


@given(st.integers(0, 5))
def test_entries_cut_off_the_end_do_not_show_without_a_link_kept_elsewhere(kept: int) -> None:
    rows = make_rows(5)
    found = verify(rows[:kept])
    assert found.count == kept
    assert kept == 5 or found.head != verify(rows).head


def test_a_chain_written_anew_from_some_entry_on_does_not_show_without_a_link_kept_elsewhere() -> None:
    rows = make_rows(5)
    forged = rows[:2] + make_rows(5, start=rows[1], purpose="marketing")
    assert verify(forged).count == 5
    assert verify(forged).head != verify(rows).head


def test_rows_are_read_one_at_a_time() -> None:
    rows = make_rows(3)
    read: list[int] = []

    def reader() -> Iterator[Row]:
        for row in [*rows[:1], replace(rows[1], salt=bytes(15)), *rows[2:]]:
            read.append(row.sequence)
            yield row

    with pytest.raises(ChainBroken):
        verify(reader())
    assert read == [1, 2]


def test_each_link_stands_for_all_entries_before_it() -> None:
    for one, other in pairwise([make_rows(4, purpose=name) for name in ("a", "b", "c")]):
        assert {row.link for row in one}.isdisjoint(row.link for row in other)
