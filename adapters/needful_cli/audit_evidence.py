"""What a ledger is held against: public keys, and checkpoints that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from needful_cli.common import text_of

__all__ = ["AnchorFlag", "KeyFlag", "notes_of"]

SIGNATURE = "— "
"""How a line with a signature begins (C2SP signed-note)."""

KeyFlag = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="KEY", help="A public key (needful audit key) that checkpoints are signed with."),
]
AnchorFlag = Annotated[
    list[Path] | None,
    typer.Option("--anchor", metavar="FILE", help="Checkpoints that were kept elsewhere: one or several notes."),
]


def notes_of(files: Iterable[Path]) -> list[str]:
    """The notes in files, one after another. Raises `UsageProblems` where one cannot be read."""
    return [note for file in files for note in _notes(file)]


def _notes(file: Path) -> list[str]:
    """The notes in a file: each ends with the line of its last signature."""
    text = text_of(str(file))
    notes: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        is_signed = any(each.startswith(SIGNATURE) for each in lines)
        if is_signed and not line.startswith(SIGNATURE):
            notes.append("".join(f"{each}\n" for each in lines))
            lines = []
        if line or lines:
            lines.append(line)
    if lines:
        notes.append("".join(f"{each}\n" for each in lines))
    return notes
