"""A probe that plants canaries and looks for them in whatever came out of a door."""

from __future__ import annotations

import base64
import json
import pickle
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["LeakProbe"]


@dataclass(slots=True)
class LeakProbe:
    """Plants canaries, is given what came out of every door, and says at which doors one was seen.

    Canaries are random words that occur nowhere else. A door is looked at as text: strings and bytes as they are, anything
    else by its repr, its JSON where it has one, and its pickle where it can be pickled. Reports name doors and counts, never a
    canary.
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
        """Take a value of yours as a canary: a card number, say."""
        self.canaries.append(value)
        return value

    def tap(self, door: str, *things: Any) -> None:
        """Look for canaries in what came out of a door."""
        text = "\n".join(form for thing in things for form in _forms(thing)).casefold()
        seen = sum(any(form in text for form in _disguises(canary)) for canary in self.canaries)
        self.doors[door] = self.doors.get(door, 0) + seen

    def tap_files(self, door: str, folder: Path) -> None:
        """Look at the bytes of every file under a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.tap(door, path.read_bytes(), path.name)

    def tap_exception(self, door: str, error: BaseException) -> None:
        """Look at an exception: text, arguments, its whole chain, and the locals of the frames of ours that it carries."""
        pending: list[BaseException | None] = [error]
        while pending:
            current = pending.pop()
            if current is None:
                continue
            self.tap(door, str(current), repr(current), current.args)
            self.tap(f"{door} frames", *_locals(current))
            pending += [current.__cause__, current.__context__]

    def assert_no_leak(self) -> None:
        """Raise `AssertionError` naming the doors at which canaries were seen."""
        leaky = {door: count for door, count in self.doors.items() if count}
        if leaky:
            raise AssertionError(f"canaries were seen at: {leaky}")


def _disguises(canary: str) -> Iterator[str]:
    """How a value may look inside other formats: as it is, escaped as in JSON, and in base64 (of which only the middle is sure)."""
    yield canary.casefold()
    yield json.dumps(canary).strip('"').casefold()
    yield base64.b64encode(canary.encode()).decode().rstrip("=")[:-1].casefold()


def _locals(error: BaseException) -> Iterator[str]:
    """Yield the reprs of the locals of our own frames; a caller's frame holds its own question."""
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_globals.get("__name__", "").startswith("needful"):
            yield from (repr(value) for value in frame.tb_frame.f_locals.values())
        frame = frame.tb_next


def _forms(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, bytes):
        yield thing.decode("utf-8", "replace")
        yield thing.decode("utf-16-le", "replace")
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
    except Exception:  # noqa: BLE001, S110 - what cannot be pickled leaks nothing by its pickle
        pass
