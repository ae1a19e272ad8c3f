"""Six identifiers in twenty disguises: as many as docs/disguises.md says are found, and those that it says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "benchmarks"))

from disguising.matrix import EXAMPLES, Example, examples, matrix, ours, plain  # noqa: E402  # not installed
from disguising.page import page  # noqa: E402
from disguising.samples import SENTENCES, VALUES  # noqa: E402
from disguising.ways import WAYS, Way  # noqa: E402

LEAST = 108
OVERRIDE = "\u202e\u202c"


def hidden() -> Iterator[Example]:
    for entity in VALUES:
        for way in WAYS:
            yield from examples(entity, way.write)


def test_there_are_six_identifiers_in_twenty_disguises_with_five_values_each() -> None:
    assert (len(VALUES), len(WAYS)) == (6, 20)
    assert {len(values) for values in (*VALUES.values(), *SENTENCES.values())} == {EXAMPLES}
    assert len({way.name for way in WAYS}) == 20
    assert sum(1 for _ in hidden()) == 600


def test_every_value_is_found_as_it_is() -> None:
    assert plain(ours) == dict.fromkeys(VALUES, EXAMPLES)


def test_a_disguise_changes_every_value() -> None:
    values = {value for entity in VALUES for value in VALUES[entity]}
    assert not any(example.text[example.start : example.end] in values for example in hidden())


def test_nothing_that_is_not_found_counts_as_covered() -> None:
    assert not any(example.found_by(lambda _text: []) for example in hidden())


def test_at_least_108_of_120_cells_are_covered() -> None:
    assert sum(cell.covered for cell in matrix(ours)) >= LEAST


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_is_found_is_exactly_what_was_disguised(way: Way) -> None:
    for entity in VALUES:
        for example in examples(entity, way.write):
            found = ours()(example.text)
            disguised = example.text[example.start : example.end]
            if example.found_by(ours()):
                first, last = min(start for start, _ in found), max(end for _, end in found)
                # The override itself need not be covered where the value stands in order.
                assert example.text[first:last].strip(OVERRIDE) == disguised.strip(OVERRIDE)
            assert all(example.start <= start < end <= example.end for start, end in found)


def test_the_page_says_what_is_measured() -> None:
    assert (REPOSITORY / "docs" / "disguises.md").read_text("utf-8") == page()
