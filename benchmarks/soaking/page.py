"""docs/reliability.md, all of it, from the figures of the last runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from soaking.rules import Row, fault_rows, load_rows

__all__ = ["HEAD", "everything", "rendered", "table", "tables"]

Figures = Mapping[str, Any]

HEAD = ("what", "count", "pass rule", "result", "date")

_PAGE = """\
# Reliability

Written by `make soak` from what it measured; do not edit. `SECONDS`, `PROCESSES` and `CALLERS` say how long and how
much: `make soak SECONDS=60`. It exits 1 when a rule is broken.

{machines}

## Load held

Several processes, each with an embedded Qdrant of its own, write one ledger file and one vault file. Half of the
callers of a process are threads, half are tasks of one event loop. Three purposes of a policy for customer service are
asked in turn: one withholds a record that cannot be searched, one fails the call, one finds names with the bundled
model. A quarter of the calls meet a fault; meanwhile policies are swapped, tokens restored, and the ledger is locked
from outside. Every record and every question holds values that occur nowhere else, and whatever comes out is searched
for them in the disguises that `needful.testing.LeakProbe` knows: documents, errors with their chain and frames,
callbacks, logs, and at the end the bytes of ledger, vault, temporary files and output.

Times are of a machine that this load keeps busy, checking included: they show that nothing piles up, not how fast a
call is.{before} The span cache holds {cached} texts only, so that records are searched again and again. Growth
compares the medians of the first and the last tenth of the time after the warm-up.

{load}

{unasked}

## Faults survived

Rows marked *at random* were injected into the calls of the table above, at the ports: store, detector, operators, vault
and ledger. A foreign exception quotes the raw text each time, and whatever a call ends in is searched for it. In place
of the ending that is named, a call may end in `LedgerWriteError` where the ledger was locked at that moment. The other
rows are tests, sync and async where a retriever is asked; a row counts their cases. Tests that have a longer form run
in it, unless the row says *short form*.

{faults}

## Bad inputs tried

{inputs}
"""


def rendered(figures: Figures) -> str:
    """Return the page."""
    by_name = tables(figures)
    load = figures.get("load")
    return _PAGE.format(
        machines=_machines(figures),
        cached=load["cached"] if load else "a few",
        before=_before(load) if load else "",
        unasked=_unasked(load) if load else "",
        **{name: table(rows) if rows else "Not run yet." for name, rows in by_name.items()},
    )


def everything(figures: Figures) -> list[Row]:
    """Every row of the page, and what is in no table: long tests that are of none of its groups."""
    rows = [row for of_one in tables(figures).values() for row in of_one]
    return [*rows, *(_others(of_one) for of_one in figures.get("tests", {}).values())]


def tables(figures: Figures) -> dict[str, list[Row]]:
    """The rows of the tables `load`, `faults` and `inputs`."""
    load, leaks = figures.get("load"), figures.get("leaks")
    by_file = figures.get("tests", {}).values()
    rows = [(one["table"], _test_row(one, of_file)) for of_file in by_file for one in of_file["rows"]]
    return {
        "load": load_rows(load) if load else [],
        "faults": [*(fault_rows(load) if load else []), *(row for name, row in rows if name == "faults")],
        "inputs": [*([_leak_row(leaks)] if leaks else []), *(row for name, row in rows if name == "inputs")],
    }


def table(rows: Iterable[Row]) -> str:
    """Return rows as Markdown."""
    cells = ((row.what, row.count, row.rule, _result(row), row.date) for row in rows)
    lines = [HEAD, ["---"] * len(HEAD), *cells]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _result(row: Row) -> str:
    return f"**broken**: {row.result}" if row.holds is False else row.result


def _test_row(one: Figures, of_file: Figures) -> Row:
    ran = one["passed"] + one["failed"]
    skipped = f", {one['skipped']:,} skipped" if one["skipped"] else ""
    short = "" if of_file["long"] else ", short form"
    recorded = "".join(f"; {name} {number:,}" for name, number in one.get("recorded", {}).items())
    result = f"{one['passed']:,} of {ran:,}{skipped}{short}{recorded}"
    return Row(one["what"], f"{ran:,}", one["rule"], result, of_file["date"], not one["failed"])


def _others(of_file: Figures) -> Row:
    return _test_row({"what": "tests of no table", "rule": "they pass", **of_file["others"]}, of_file)


def _leak_row(leaks: Figures) -> Row:
    result = f"{leaks['hits']:,} seen" + (f", {leaks['failed']:,} cases failed" if leaks["failed"] else "")
    what = f"canaries through every door of the retriever, {leaks['rounds']} rounds over all actions"
    rule = "none comes out, in any disguise"
    return Row(what, f"{leaks['canaries']:,}", rule, result, leaks["date"], not leaks["failed"])


def _machines(figures: Figures) -> str:
    measured: dict[str, list[str]] = {}
    for part, name in (("load", "load"), ("leaks", "canaries through the doors")):
        if figures.get(part):
            measured.setdefault(figures[part]["machine"], []).append(name)
    for machine in sorted({of_file["machine"] for of_file in figures.get("tests", {}).values()}):
        measured.setdefault(machine, []).append("tests")
    return "\n".join(f"Measured on {machine}: {', '.join(parts)}." for machine, parts in measured.items())


def _before(load: Figures) -> str:
    average = load.get("load before")
    return "" if average is None else f" Before the run its load average was {average:.1f}."


def _unasked(load: Figures) -> str:
    """What calls ended in that met no fault."""
    if not load["not injected"]:
        return "Calls that met no injected fault all ended in documents."
    said = ", ".join(f"`{kind}` × {count:,}" for kind, count in load["not injected"].items())
    return (
        "Calls that met no injected fault ended in documents, but for these: refused because they ask for too much,"
        f" out of time on a busy machine, or at a ledger that was locked from outside: {said}."
    )
