"""The tally of a call: it adds up, and its entry can be written at any time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from needful.tally import Tally
from needful.testing import LeakProbe
from needful.values import Fetched, Identity, Record

POLICY = Identity("tickets", 1, "0" * 64)


def test_an_entry_can_be_written_before_anything_happened() -> None:
    entry = Tally(POLICY).entry("refused", "purpose-missing")
    assert (entry.outcome, entry.reason, entry.policy) == ("refused", "purpose-missing", POLICY)
    assert (entry.fields, dict(entry.counts), dict(entry.withheld), dict(entry.timings)) == ((), {}, {}, {})


def test_an_entrys_time_is_now_in_utc_with_microseconds() -> None:
    before = datetime.now(UTC)
    written = Tally(POLICY).entry("released").time
    assert written.endswith("Z")
    assert len(written) == len("2026-01-01T00:00:00.000000Z")
    assert before <= datetime.fromisoformat(written) <= datetime.now(UTC)


def test_rounds_add_up() -> None:
    tally = Tally(POLICY)
    tally.fetched(Fetched((Record(1, 0.5, {"a": 1}), Record(2, 0.4, {})), 120))
    tally.fetched(Fetched((), 2))
    entry = tally.entry("released")
    assert (entry.rounds, entry.records_fetched, entry.bytes_fetched) == (2, 2, 122)


def test_stages_are_timed_in_milliseconds_and_add_up() -> None:
    tally = Tally(POLICY)
    for _ in range(2):
        with tally.stage("fetch"):
            time.sleep(0.02)
    with tally.stage("plan"):
        pass
    timings = tally.entry("released").timings
    assert 35 < timings["fetch"] < 5000
    assert list(timings) == ["fetch", "plan"]


def test_a_stage_that_fails_is_timed_too() -> None:
    tally = Tally(POLICY)
    with pytest.raises(RuntimeError), tally.stage("detect"):
        raise RuntimeError
    assert "detect" in tally.entry("failed").timings


def test_withheld_reasons_are_sorted_and_an_entry_is_not_changed_by_what_comes_after() -> None:
    tally = Tally(POLICY)
    tally.withheld["text-missing"] += 1
    tally.withheld["drop-record"] += 2
    entry = tally.entry("released")
    tally.withheld["drop-record"] += 1
    tally.timings["late"] = 1.0
    assert list(entry.withheld.items()) == [("drop-record", 2), ("text-missing", 1)]
    assert "late" not in entry.timings


def test_a_tally_holds_no_text_of_what_was_fetched() -> None:
    probe = LeakProbe()
    tally = Tally(POLICY)
    tally.fetched(Fetched((Record(probe.plant(), 0.5, {probe.plant(): probe.plant()}),), 10))
    probe.tap("tally", repr(tally), tally.entry("released"))
    probe.assert_no_leak()
