"""What `needful index` reads: text, Markdown and JSON Lines, or a folder of them.

A line that cannot be read is named by file and line, with what is wrong with it; what it holds is in no message.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

__all__ = ["ENDINGS", "Bad", "Item", "Keys", "Places", "encodes", "files_of", "identity", "items_of", "passed_over"]

ENDINGS = (".txt", ".md", ".jsonl")

# Version 5 UUIDs of sources and ids (RFC 9562 §5.5) in a namespace of our own: indexing again replaces.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://needful.invalid/documents")


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys of a JSON object hold the text and the id. None stands for `page_content`, `metadata` and `id`."""

    text: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One document: the point's id, and the payload in LangChain's layout. Raw."""

    id: str = field(repr=False)
    text: str = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def payload(self) -> dict[str, Any]:
        """The payload as langchain-qdrant writes it."""
        return {"page_content": self.text, "metadata": dict(self.metadata)}

    def over(self, metadata: Mapping[str, Any]) -> Item:
        """The same document, with `metadata` in place of its own of the same names."""
        return replace(self, metadata={**self.metadata, **metadata}) if metadata else self


@dataclass(frozen=True, slots=True)
class Bad:
    """A place in a source that cannot be indexed, and why. Lines count from 1; 0 means the whole file."""

    source: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.message}" if self.line else f"{self.source}: {self.message}"


def files_of(source: Path) -> list[Path]:
    """The files of a source, sorted: itself, or what lies in the folder and below it with a known ending."""
    if source.is_dir():
        return sorted(path for path in source.rglob("*") if path.is_file() and path.suffix.lower() in ENDINGS)
    return [source] if source.is_file() else []


def passed_over(source: Path) -> dict[str, int]:
    """Ending to how many files of a folder have it and are not read, the most frequent first."""
    others = set(source.rglob("*")) - set(files_of(source)) if source.is_dir() else set()
    endings = Counter(path.suffix.lower() or "no ending" for path in sorted(others) if path.is_file())
    return dict(endings.most_common())


Places = dict[str, str]
"""Point id to where it was first seen, as file:line."""


def items_of(file: Path, root: Path, keys: Keys, seen: Places) -> Iterator[Item | Bad]:
    """Yield the documents of a file and what is bad in it, in order.

    `root` is what was asked to be indexed; `seen` has the ids of the files before this one, and gets this one's.
    """
    try:
        if file.suffix.lower() == ".jsonl":
            yield from _lines(file, keys, seen)
        elif file.suffix.lower() in ENDINGS:
            yield _whole(file, root)
        else:
            yield Bad(file, 0, f"the ending is none of {', '.join(ENDINGS)}")
    except UnicodeDecodeError:
        yield Bad(file, 0, "this is not UTF-8 text")
    except OSError:
        yield Bad(file, 0, "the file cannot be read")


def _whole(file: Path, root: Path) -> Item | Bad:
    text = file.read_text("utf-8-sig")
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    if not text.strip():
        return Bad(file, 0, "the file has no text")
    return Item(identity("file", str(file.resolve())), text, {"source": name})


def _lines(file: Path, keys: Keys, seen: Places) -> Iterator[Item | Bad]:
    with file.open(encoding="utf-8-sig", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
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
    return "" if encodes(found) else "it has half of a surrogate pair, which no UTF-8 text can hold"


def encodes(found: Mapping[str, Any]) -> bool:
    """Whether an object can be written as JSON in UTF-8: no half of a surrogate pair, no depth without end."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def identity(*parts: str) -> str:
    """The point id of a document: a version 5 UUID, the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts)))
