"""JSON Lines: one document a line. A line that cannot be read is named, and what it holds is in no message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needful_files.items import HALF_PAIR, Bad, Item, Places, encodes, identity

__all__ = ["Keys", "lines"]


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys of a JSON object hold the text and the id. None stands for `page_content`, `metadata` and `id`."""

    text: str | None = None
    id: str | None = None


def lines(file: Path, keys: Keys, seen: Places) -> Iterator[Item | Bad]:
    """Yield the documents of a file and its bad lines, in order; `seen` gets the ids.

    Raises `OSError` and `UnicodeDecodeError` as they come.
    """
    with file.open(encoding="utf-8-sig", newline="\n") as read:
        for number, line in enumerate(read, start=1):
            if not line.strip():
                continue
            item = _line(line, number, file, keys)
            place = f"{file}:{number}"
            if isinstance(item, Item) and seen.setdefault(item.id, place) != place:
                yield Bad(file, number, f"the id is that of {seen[item.id]}")
            else:
                yield item


def _line(line: str, number: int, file: Path, keys: Keys) -> Item | Bad:
    try:
        found = json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError):
        return Bad(file, number, "this is not JSON")
    if not isinstance(found, dict):
        return Bad(file, number, "this is not a JSON object")
    problem = _problem(found, keys)
    if problem:
        return Bad(file, number, problem)
    given = found.get(keys.id or "id")
    own = ("line", str(file.resolve()), str(number)) if given is None else ("id", str(given))
    if keys.text is None:
        return Item(identity(*own), found["page_content"], found.get("metadata") or {})
    return Item(identity(*own), found[keys.text], {key: value for key, value in found.items() if key != keys.text})


def _refused(name: str) -> float:
    raise ValueError(name)  # NaN and the infinities are no JSON, and Qdrant takes none


def _problem(found: Mapping[str, Any], keys: Keys) -> str:
    """What keeps a JSON object from being a document; empty if nothing does."""
    text_key = keys.text or "page_content"
    text = found.get(text_key)
    if text is None:
        hint = "" if keys.text else " (name the key of the text with --text-key)"
        return f'there is no "{text_key}"{hint}'
    if not isinstance(text, str) or not text.strip():
        return f'"{text_key}" is not a text, or it is empty'
    if keys.text is None and not isinstance(found.get("metadata") or {}, dict):
        return '"metadata" is not an object'
    id_key = keys.id or "id"
    if keys.id is not None and found.get(id_key) is None:
        return f'there is no "{id_key}"'
    if isinstance(found.get(id_key), (bool, float, list, dict)):
        return f'"{id_key}" is not a string or a whole number'
    return "" if encodes(found) else HALF_PAIR
