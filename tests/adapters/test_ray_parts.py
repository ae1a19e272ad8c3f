"""What needs no Ray: ranges of ids, progress on disk, and batches that are sealed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.annotations import KEY
from needful.errors import StoreError, VaultError
from needful.keys import Keys
from needful.testing import LeakProbe
from needful.values import PointId
from needful_qdrant.layouts import Stored
from needful_ray.progress import Progress
from needful_ray.ranges import Range, bits_for, extents, ranges
from needful_ray.sealing import Sealer

NUMBERS = st.integers(0, 2**64 - 1)
UUIDS = st.integers(0, 2**128 - 1).map(lambda number: str(uuid.UUID(int=number)))
IDS = st.lists(NUMBERS | UUIDS, min_size=1, max_size=30, unique=True)
NAMES = ["0badcafe"]


def place(point: PointId) -> tuple[bool, int]:
    """Where Qdrant has an id: numbers first."""
    return (False, point) if isinstance(point, int) else (True, uuid.UUID(point).int)


def seek_in(points: list[PointId]) -> Callable[[PointId], PointId | None]:
    """What a scroll from an id answers first."""
    ordered = sorted(points, key=place)
    return lambda start: next((point for point in ordered if place(point) >= place(start)), None)


# ranges


@given(IDS)
def test_first_and_last_id_are_found(points: list[PointId]) -> None:
    found = extents(seek_in(points))
    for kind, is_uuid in (("number", False), ("uuid", True)):
        numbers = [number for of_kind, number in map(place, points) if of_kind == is_uuid]
        assert found.get(kind) == ((min(numbers), max(numbers)) if numbers else None)


@given(IDS, st.integers(1, 50), st.integers(0, 40))
def test_every_id_lies_in_exactly_one_range(points: list[PointId], parts: int, least: int) -> None:
    reach = extents(seek_in(points))
    bits = bits_for(reach, parts, least=least)
    found = [Range.named(one.name) for one in ranges(reach, bits)]
    assert len(found) <= parts * len(reach)
    assert all(sum(one.holds(point) for one in found) == 1 for point in points)


@given(IDS, st.integers(1, 50))
def test_ranges_come_in_order_and_each_begins_behind_the_id_before_it(points: list[PointId], parts: int) -> None:
    reach = extents(seek_in(points))
    for one in ranges(reach, bits_for(reach, parts)):
        inside = [place(point) for point in points if one.holds(point)]
        assert one.before is None or all(place(one.before) < point for point in inside)


@given(st.integers(0, 2**96 - 1), st.integers(1, 1000))
def test_no_document_of_passages_is_cut(document: int, parts: int) -> None:
    points: list[PointId] = [str(uuid.UUID(int=document << 32 | order)) for order in (0, 1, 2**32 - 1)]
    reach = extents(seek_in(points))
    assert len(list(ranges(reach, bits_for(reach, parts, least=32)))) == 1


@pytest.mark.parametrize("name", ["", "uuid/3", "name/3/0", "number/65/0", "number/3/-1", "number/0/10000000000000000"])
def test_what_names_no_range_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Range.named(name)


# progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress"


def begun(path: Path, names: list[str] = NAMES, bits: int = 8, keys: Keys | None = None) -> Progress:
    progress = Progress(path, keys or Keys(bytes(32)), "c")
    progress.begin(names, {"number": bits})
    return progress


def test_what_is_done_is_known_after_a_restart(path: Path) -> None:
    begun(path).done("number/8/1")
    again = begun(path)
    assert again.is_done("number/8/1")
    assert not again.is_done("number/8/2")


def test_the_sizes_of_ranges_stay_as_they_were_begun(path: Path) -> None:
    begun(path, bits=8)
    assert Progress(path, Keys(bytes(32)), "c").begin(NAMES, {"number": 9, "uuid": 100}) == {"number": 8, "uuid": 100}


def test_a_line_that_was_cut_off_counts_as_not_there_and_spoils_no_other(path: Path) -> None:
    begun(path).done("number/8/1")
    path.write_bytes(path.read_bytes()[:-5])
    again = begun(path)
    assert not again.is_done("number/8/1")
    again.done("number/8/2")
    assert begun(path).is_done("number/8/2")


@pytest.mark.parametrize("other", ["detector", "key", "garbage"])
def test_a_file_of_another_run_is_refused(path: Path, other: str) -> None:
    begun(path)
    if other == "garbage":
        path.write_text("[]\n{}")
    with pytest.raises(StoreError) as refused:
        begun(path, ["11111111"] if other == "detector" else NAMES, keys=Keys(bytes([other == "key"] * 32)))
    assert refused.value.code == "progress-file"
    assert refused.value.__context__ is None


def test_the_file_names_no_range_and_is_its_owners_alone(path: Path) -> None:
    begun(path).done("number/0/7b")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "number/0/7b" not in path.read_text()
    assert [set(json.loads(line)) for line in path.read_text().splitlines()] == [{"annotating", "bits"}, {"done"}]


# sealing


def test_a_sealed_batch_shows_nothing_and_comes_out_as_it_was() -> None:
    probe, sealer = LeakProbe(), Sealer(Keys.random(), "run")
    text = f"{probe.plant()} \ud800"
    job = sealer.job(1, [(Stored(probe.plant(), {"page_content": text, KEY: {"spans": {"d": 1}, "start": 3}}),)])
    probe.tap("job", job)
    probe.tap("answer", sealer.answer(1, [[{"entities": [probe.plant()]}], None]))
    probe.assert_no_leak()
    ((point,),) = sealer.groups(1, job)
    assert point.payload == {"page_content": text, KEY: {"start": 3}}


def test_a_batch_cannot_be_passed_off_as_another() -> None:
    keys = Keys.random()
    sealer = Sealer(keys, "run")
    answer = sealer.answer(1, [None])
    assert sealer.found(1, answer) == [None]
    for open_it in (
        lambda: sealer.found(2, answer),
        lambda: sealer.groups(1, answer),
        lambda: Sealer(keys, "other").found(1, answer),
        lambda: Sealer(Keys.random(), "run").found(1, answer),
    ):
        with pytest.raises(VaultError):
            open_it()
