"""Whatever one byte, row or line of a ledger is made into shows: in its files, and in its export.

`NEEDFUL_SOAK=1` flips every bit of every byte; otherwise the lowest and the highest.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from itertools import chain as joined
from itertools import combinations
from pathlib import Path

import pytest

from ledger_mutations import ENTRIES, KEY, KEYS, Checked, changed, columns, make_whole, parts_of_file, with_column
from needful.errors import ChainBroken
from needful.ledger import SqliteLedger, exporting
from needful.ledger.chain import Row
from needful.ledger.exporting import lines_of, parts_of
from needful.ledger.parts import End, Head, Part, Signed
from needful.ledger.verifying import Verifier, verify_parts

MASKS = tuple(1 << bit for bit in range(8)) if os.environ.get("NEEDFUL_SOAK") else (0x01, 0x80)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("whole") / "ledger.db"
    make_whole(found)
    return found


@pytest.fixture(scope="module")
def whole(path: Path) -> Checked:
    return Checked.of(parts_of_file(path))


def test_the_ledger_has_everything_that_a_ledger_can_have(path: Path, whole: Checked) -> None:
    with SqliteLedger(path, keys=KEYS) as ledger:
        found = ledger.verify()
    assert (found.count, found.signed, found.erased) == (ENTRIES, ENTRIES, 3)
    assert found.segments >= 3
    kinds = [type(part) for part in whole.parts]
    assert kinds.count(Head) == kinds.count(End) == found.segments
    assert kinds.count(Signed) == found.checkpoints > found.segments


@pytest.mark.parametrize("kind", [Row, Signed, Head, End])
def test_every_byte_flipped_put_in_taken_out_or_swapped_is_found(whole: Checked, kind: type[Part]) -> None:
    tried = 0
    for at, part in enumerate(whole.parts):
        if not isinstance(part, kind):
            continue
        for name, value in columns(part):
            for new in changed(value, MASKS):
                if new == value:
                    continue
                tried += 1
                changed_part = with_column(part, name, new)
                assert whole.finds(at, joined([changed_part], whole.parts[at + 1 :])), (at, kind.__name__, name)
    assert tried > {Row: 200_000, Signed: 10_000, Head: 3_000, End: 1_500}[kind]


def test_every_part_taken_out_or_put_in_twice_is_found(whole: Checked) -> None:
    for at, part in enumerate(whole.parts):
        assert whole.finds(at, iter(whole.parts[at + 1 :])), at
        assert whole.finds(at, joined([part, part], whole.parts[at + 1 :])), at


def test_every_part_put_in_elsewhere_is_found(whole: Checked) -> None:
    for at in range(len(whole.parts)):
        for other in whole.parts:
            assert whole.finds(at, joined([other], whole.parts[at:])), at


def test_every_two_parts_that_changed_places_are_found(whole: Checked) -> None:
    tried = 0
    for one, other in combinations(range(len(whole.parts)), 2):
        if whole.parts[one] != whole.parts[other]:
            tried += 1
            rest = list(whole.parts[one:])
            rest[0], rest[other - one] = rest[other - one], rest[0]
            assert whole.finds(one, iter(rest)), (one, other)
    assert tried > 3_000


def test_every_end_that_was_cut_off_is_found_but_the_last_rows_of_an_open_segment(whole: Checked) -> None:
    # Parts, not rows: without the end of its segment the ledger is in the middle.
    for at in range(len(whole.parts)):
        assert whole.finds(at, iter([])), at


# The export.


@pytest.fixture(scope="module")
def lines(whole: Checked) -> list[bytes]:
    return list(lines_of(whole.parts))


def verified(data: bytes) -> bool:
    try:
        verify_parts(parts_of(io.BytesIO(data)), Verifier([KEY]))
    except ChainBroken:
        return False
    return True


def test_an_export_verifies_and_ends_with_a_line_of_its_own(lines: list[bytes], whole: Checked) -> None:
    assert verified(b"".join(lines))
    assert len(lines) == len(whole.parts) + 1


def line_changes(line: bytes) -> Iterator[bytes]:
    """Every change of one byte, the newline apart."""
    for new in changed(line[:-1], MASKS):
        if new != line[:-1] and b"\n" not in new:
            yield new + b"\n"


def test_every_byte_of_an_export_flipped_put_in_taken_out_or_swapped_is_found(
    lines: list[bytes], whole: Checked
) -> None:
    tried = segment = 0
    for at, line in enumerate(lines[:-1]):
        segment += b'"type":"head"' in line
        for new in line_changes(line):
            tried += 1
            given = exporting._loaded(new)
            part = None if given is None or given["type"] == "finish" else exporting._part(given, segment)
            assert part is None or whole.finds(at, joined([part], whole.parts[at + 1 :])), (at, tried)
    assert tried > 300_000


def test_every_newline_and_the_last_line_of_an_export_count(lines: list[bytes]) -> None:
    for at in range(len(lines)):
        before, line, after = b"".join(lines[:at]), lines[at], b"".join(lines[at + 1 :])
        for new in (line[:-1], line[:-1] + b"\x0b", line + b"\n", b"\n" + line, line[:-1] + b" \n", b""):
            assert not verified(before + new + after), at
    for new in line_changes(lines[-1]):
        assert not verified(b"".join(lines[:-1]) + new)


def test_lines_of_an_export_that_changed_places_are_found(lines: list[bytes]) -> None:
    # All pairs as parts are tried above; here a sample through the reader.
    chance = random.Random(5)
    for one, other in chance.sample(list(combinations(range(len(lines)), 2)), 150):
        mixed = list(lines)
        mixed[one], mixed[other] = mixed[other], mixed[one]
        assert not verified(b"".join(mixed)) or mixed == lines, (one, other)


def test_changes_of_a_whole_export_anywhere_are_found(lines: list[bytes]) -> None:
    chance, data = random.Random(6), b"".join(lines)
    for _ in range(150):
        at = chance.randrange(len(data))
        new = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        assert not verified(new), at


def test_an_export_that_was_cut_off_is_incomplete(lines: list[bytes]) -> None:
    data = b"".join(lines)
    for at in random.Random(7).sample(range(1, len(data)), 120):
        with pytest.raises(ChainBroken) as caught:
            verify_parts(parts_of(io.BytesIO(data[:at])), Verifier([KEY]))
        assert caught.value.code == "incomplete"
