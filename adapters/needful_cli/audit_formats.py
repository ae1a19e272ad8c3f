"""How `needful audit show` prints entries: one batch, or the batches of a ledger that is followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from needful_cli.output import console, plain, print_json, printed_whole

if TYPE_CHECKING:
    from needful.ledger import Stored

__all__ = ["Format", "Linked", "Printer", "in_one_line", "milliseconds", "printer"]


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    JSONL = "jsonl"
    JSON = "json"
    OCSF = "ocsf"
    CEF = "cef"


@dataclass(frozen=True, slots=True)
class Linked:
    """An entry, and the one before it in the ledger, shown or not; None where there is none to be read."""

    stored: Stored
    previous: Stored | None


Printer = Callable[[Sequence[Linked]], None]
"""Prints a batch of entries on stdout."""


def in_one_line(value: Any) -> str:
    """JSON in one line of ASCII: no reader takes any of its characters for the end of a line."""
    return json.dumps(plain(value), ensure_ascii=True, separators=(", ", ": ")).replace("\x7f", "\\u007f")


def milliseconds(time: str) -> int:
    """Milliseconds since 1970 of a time as entries have it."""
    return (datetime.fromisoformat(time) - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def printer(form: Format, *, follows: bool, chain: str) -> Printer:
    """Return what prints entries in a form. `chain` names the ledger: its id."""
    if form is Format.JSON:
        return _print_as_array
    if form is Format.TABLE:
        return _Steady() if follows else lambda batch: printed_whole(_table(batch))
    return _in_lines(_line_maker(form, chain))


def _line_maker(form: Format, chain: str) -> Callable[[Linked], str]:
    if form is Format.OCSF:
        return _in_ocsf(chain)
    if form is Format.CEF:
        from needful_cli.audit_cef import line_of

        return lambda linked: line_of(linked.stored)
    return lambda linked: in_one_line(linked.stored)


def _in_ocsf(chain: str) -> Callable[[Linked], str]:
    from needful_cli.audit_ocsf import event_of

    known = chain

    def line(linked: Linked) -> str:
        nonlocal known
        known = known or linked.stored.entry_hash  # it has no id and was empty: this is its first
        return in_one_line(event_of(linked, known))

    return line


def _in_lines(line: Callable[[Linked], str]) -> Printer:
    def write(batch: Sequence[Linked]) -> None:
        for linked in batch:
            typer.echo(line(linked))

    return write


def _print_as_array(batch: Sequence[Linked]) -> None:
    print_json([linked.stored for linked in batch])


def _table(batch: Sequence[Linked]) -> Any:
    from needful_cli.audit_table import table_of

    return table_of([linked.stored for linked in batch])


class _Steady:
    """A table that goes on: the heading once, columns of one width."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self, batch: Sequence[Linked]) -> None:
        from needful_cli.audit_table import steady_table_of

        table = steady_table_of([linked.stored for linked in batch], heading=not self._begun)
        for column in table.columns:
            column.overflow = "fold"
        console().print(table)
        self._begun = True
