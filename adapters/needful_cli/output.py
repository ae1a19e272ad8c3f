"""How results are printed: text, tables and JSON on stdout.

What a document, a question or a ledger holds was written by others: no control sequence in it reaches the terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["clean", "console", "fields_of", "plain", "print_json", "printed_whole", "rows_of", "say"]

PIPED_WIDTH = 100
"""Columns of a table where nobody looks at it."""

# C0 but tab and line ends, DEL, C1 (ECMA-48); Unicode's Bidi_Control, which makes a text read otherwise than it is.
_CONTROLS = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Put U+FFFD in place of every control character but tabs and line ends."""
    return _CONTROLS.sub("\ufffd", text)


def say(text: str = "") -> None:
    """Print a line for people."""
    typer.echo(clean(text))


def fields_of(metadata: Mapping[str, Any]) -> list[str]:
    """The fields of a document for people, `title: Terms`: lists joined by commas, what is empty left out."""
    texts: dict[str, list[str]] = {}
    for name, value in metadata.items():
        if name != "needful":
            for path, text in _leaves(name, value):
                texts.setdefault(path, []).append(text)
    return [f"{path}: {', '.join(each)}" for path, each in texts.items()]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}", inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _leaves(path, inner)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: Any) -> Any:
    """Turn frozen values into what JSON has: data classes and mappings into dictionaries, tuples into lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, Sequence)) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2, default=str)
    # json escapes C0 by itself. Every other control character stands inside a string, where its number may stand too.
    typer.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def console() -> Console:
    """The console for tables on stdout: as wide as the terminal, 100 columns where there is none."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would end the program with 1; `failures` knows better

    # Tokens look like rich's markup: [PERSON]. Nothing printed is markup, a pattern to colour or an emoji.
    made = Ours(markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = PIPED_WIDTH
    return made


def rows_of(table: Table, rows: Iterable[Iterable[object]]) -> Table:
    """Add rows to a table; each cell is text for people."""
    for row in rows:
        table.add_row(*(clean(str(cell)) for cell in row))
    return table


def printed_whole(table: Table) -> None:
    """Print a table in which nothing is cut off."""
    for column in table.columns:
        column.overflow = "fold"
    console().print(table)
