"""A probe that plants canaries and looks for them in whatever came out of a door."""

from __future__ import annotations

import json
import pickle
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from needful.testing.disguises import Searched, forms_of

__all__ = ["LeakProbe"]

RAW = frozenset({"needful.values", "needful.conditions", "needful.records", "needful.examined"})
MAX_DEPTH = 6


@dataclass(slots=True)
class LeakProbe:
    """Plants canaries, is given what came out of every door, and says at which doors one was seen.

    Canaries are random words that occur nowhere else. A door is looked at as text: strings and bytes as they are,
    anything else by its repr, its JSON where it has one, and its pickle where it can be pickled. A canary is seen in
    any case, reversed, escaped, in NFKC, encoded (UTF-8, UTF-16, hexadecimal, base64, percent) and by unkeyed hashes.
    Reports name doors and counts, never a canary.
    """

    canaries: list[str] = field(default_factory=list, repr=False)
    doors: dict[str, int] = field(default_factory=dict)
    """Door to how many canaries were seen there."""

    def plant(self, shape: str = "canary{}") -> str:
        """Make a canary: `{}` in the shape becomes random letters and digits."""
        canary = shape.format(secrets.token_hex(8))
        self.canaries.append(canary)
        return canary

    def adopt(self, value: str) -> str:
        """Take a value of yours as a canary: a card number, say. Raises `ValueError` on an empty one."""
        if not value:
            raise ValueError("an empty value is everywhere")
        self.canaries.append(value)
        return value

    def tap(self, door: str, *things: Any) -> None:
        """Look for canaries in what came out of a door."""
        searched = Searched("\n".join(form for thing in things for form in _forms(thing)))
        seen = sum(searched.has(forms_of(canary)) for canary in self.canaries)
        self.doors[door] = self.doors.get(door, 0) + seen

    def tap_files(self, door: str, folder: Path) -> None:
        """Look at the name and the bytes of everything under a folder."""
        for path in sorted(folder.rglob("*")):
            self.tap(door, path.name, path.read_bytes() if path.is_file() else b"")

    def tap_exception(self, door: str, error: BaseException) -> None:
        """Look at an exception, its whole chain and its group: text, arguments, notes, and locals of frames of ours."""
        pending: list[BaseException | None] = [error]
        looked_at: set[int] = set()
        while pending:
            current = pending.pop()
            if current is None or id(current) in looked_at:
                continue
            looked_at.add(id(current))
            self.tap(door, str(current), repr(current), current.args, vars(current))
            self.tap(f"{door} frames", *_locals(current))
            pending += [current.__cause__, current.__context__]
            if isinstance(current, BaseExceptionGroup):
                pending += current.exceptions

    def assert_no_leak(self) -> None:
        """Raise `AssertionError` naming the doors at which canaries were seen."""
        leaky = {door: count for door, count in self.doors.items() if count}
        if leaky:
            raise AssertionError(f"canaries were seen at: {leaky}")


def _locals(error: BaseException) -> Iterator[str]:
    """Yield the reprs of the locals of our own frames; a caller's frame holds its own question."""
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_globals.get("__name__", "").startswith("needful"):
            yield from (form for value in frame.tb_frame.f_locals.values() for form in _inside(value, 0))
        frame = frame.tb_next


def _inside(value: Any, depth: int) -> Iterator[str]:
    """Yield the repr of a value and, where it is raw data of ours whose repr hides it, those of what is in it."""
    yield repr(value)
    if depth > MAX_DEPTH:
        return
    if isinstance(value, (list, tuple)):
        yield from (form for item in value for form in _inside(item, depth + 1))
    elif is_dataclass(value) and type(value).__module__ in RAW:
        yield from (form for one in fields(value) for form in _inside(getattr(value, one.name), depth + 1))


def _forms(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, (bytes, bytearray, memoryview)):
        yield bytes(thing).decode("utf-8", "replace")
        yield bytes(thing).decode("latin-1")
    else:
        yield repr(thing)
        yield from _serialised(thing)


def _serialised(thing: Any) -> Iterator[str]:
    try:
        yield json.dumps(thing, default=str, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        yield pickle.dumps(thing).decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - what cannot be pickled leaks nothing by its pickle
        pass
