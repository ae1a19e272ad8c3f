"""What a soak promises, row by row: what was counted, the rule, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soaking.faults import CANCELLED, DOCUMENTS, FAULTS

__all__ = ["GROWTH", "LONG_ENOUGH", "Row", "fault_rows", "held", "load_rows"]

Figures = Mapping[str, Any]

GROWTH = 2.0
"""Percent by which the memory of a process may grow after the warm-up."""

LOCKED = "ledger locked by another program"

LONG_ENOUGH = 300
"""Seconds from which on growth is judged: in a shorter run caches are still filling."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `holds` is None where there is no rule to break."""

    what: str
    count: str
    rule: str
    result: str
    date: str
    holds: bool | None = True


def held(rows: Sequence[Row]) -> bool:
    """Whether no rule is broken."""
    return all(row.holds is not False for row in rows)


def load_rows(load: Figures) -> list[Row]:
    """The table *load held*."""
    return list(_load_rows(load))


def _load_rows(load: Figures) -> Iterator[Row]:
    date, ledger = load["date"], load["ledger"]
    who = f"{load['processes']} processes × {load['callers']} callers, threads and tasks, {load['seconds']:.0f} s"
    broken = sum(load["violations"].values())
    foreign = "every one ends in documents, in a typed error without a chain, or in the interruption that it met"
    said = ", ".join(f"{name} × {count:,}" for name, count in load["violations"].items()) or "no other end"
    yield Row(f"calls by {who}", f"{load['calls']:,}", foreign, said, date, not broken)
    yield _none(
        "receipts of answers", ledger["receipts"], "each is in the ledger, with its hash", "lost", ledger["lost"], date
    )
    documents = "none without a receipt"
    yield _none("documents", load["documents"], documents, "without", ledger["without receipt"], date)
    verdict = ledger["verdict"]
    yield Row(
        "ledger entries",
        f"{ledger['entries']:,}",
        "the chain verifies at the end",
        verdict,
        date,
        verdict == "verifies",
    )
    hits = sum(load["taps"].values())
    doors = f"not seen at {len(load['taps'])} doors: {', '.join(sorted(load['taps']))}"
    yield _none("canaries in records and questions", load["canaries"], doors, "seen", hits, date)
    kept = "each is in the vault"
    yield _none("lasting tokens that came out", load["tokens"], kept, "lost", load["tokens lost"], date)
    swaps = load["swaps"]
    done = f"{swaps['policy swaps']:,} and {swaps['policies rejected']:,}"
    one = "a call shows the fields of the policy that its receipt names; a damaged one is never put in"
    yield Row("policies swapped in use, damaged ones offered", done, one, _said(broken), date, not broken)
    yield from _latency(load)
    yield from _memory(load)


def _none(what: str, count: int, rule: str, word: str, bad: int, date: str) -> Row:
    return Row(what, f"{count:,}", rule, f"{bad:,} {word}", date, bad == 0)


def _said(broken: int) -> str:
    return "held" if not broken else "not held"


def _latency(load: Figures) -> Iterator[Row]:
    for name, of_one in load["latency"].items():
        part = "all processes" if name == "all" else f"process {int(name) + 1}"
        if of_one["plain"] and of_one["any"]:
            figures = f"{_pair(of_one['plain'])} without a fault, {_pair(of_one['any'])} over all"
            yield Row(f"p50 / p99 of calls, {part}", f"{of_one['calls']:,}", "–", figures, load["date"], None)


def _pair(one: Mapping[str, float]) -> str:
    return f"{one['p50']:.0f} / {one['p99']:.0f} ms"


def _memory(load: Figures) -> Iterator[Row]:
    judged = load["seconds"] >= LONG_ENOUGH
    rule = f"under {GROWTH:g} % after {load['warm-up']:.0f} s" + ("" if judged else f" (from {LONG_ENOUGH} s on)")
    for number, one in enumerate(load["memory"], start=1):
        if one:
            figures = f"{one['percent']:+.2f} % ({one['warm']:.0f} to {one['end']:.0f} MB)"
            fine = one["percent"] < GROWTH if judged else None
            yield Row(f"growth of resident memory, process {number}", "1", rule, figures, load["date"], fine)


def fault_rows(load: Figures) -> list[Row]:
    """What was injected at random, for the table *faults survived*."""
    named = {**load["faults"], LOCKED: load["locks"]}
    return [
        Row(
            f"{name} (at random)",
            f"{count:,}",
            _ending(name),
            _of(name, count, load),
            load["date"],
            not _bad(name, load),
        )
        for name, count in sorted(named.items())
        if count
    ]


def _ending(name: str) -> str:
    """What may come of a fault, in words."""
    ends = next((fault.ends_in for fault in FAULTS if fault.name == name), frozenset({DOCUMENTS}))
    errors = [f"`{one}`" for one in sorted(ends - {DOCUMENTS})]
    if name == CANCELLED:
        errors = ["`CancelledError`"]
    if name == LOCKED:
        errors = ["`LedgerWriteError`"]
    return " or ".join([*errors, *(["documents without the faulty"] if DOCUMENTS in ends else [])])


def _bad(name: str, load: Figures) -> int:
    return sum(count for what, count in load["violations"].items() if what.startswith(f"{name}: "))


def _of(name: str, count: int, load: Figures) -> str:
    return f"{count - _bad(name, load):,} of {count:,}"
