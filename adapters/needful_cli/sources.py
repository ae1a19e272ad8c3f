"""What `needful index` reads: files or a folder of them, a LangChain loader, a collection that is there already.

What cannot be read is named by its place, with what is wrong with it; what it holds is in no message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needful.paths import FieldPath
from needful_files import ENDINGS, Bad, Item, Keys, Places, documents, identity, read
from needful_files.items import encodes

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.values import PointId, Record

__all__ = [
    "ENDINGS",
    "Bad",
    "Item",
    "Keys",
    "Places",
    "documents",
    "encodes",
    "files_of",
    "identity",
    "items_of",
    "passed_over",
    "points_of",
]


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


def items_of(file: Path, root: Path, keys: Keys, seen: Places) -> Iterator[Item | Bad]:
    """Yield the documents of a file and what is bad in it, in order.

    `root` is what was asked to be indexed; `seen` has the ids of the files before this one, and gets this one's.
    """
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    return read(file, name=name, keys=keys, seen=seen)


def points_of(
    client: QdrantClient,
    collection: str,
    *,
    text_key: str = "page_content",
    metadata_key: str | None = "metadata",
    fields: Sequence[str] | None = None,
    after: PointId | None = None,
) -> Iterator[tuple[PointId, Item | Bad]]:
    """Yield a collection's documents in the order of their points' ids, each with that id.

    `text_key` is the payload path of the text. The metadata are the object at the path `metadata_key`; with None, the
    payload's other keys. `fields` are the payload paths to fetch beside the text: all below `metadata_key` where it is
    None, and none where there is no such key. `after` is the id of the last point that was dealt with.

    Raises `StoreError`, and `ValueError` for what is no payload path.
    """
    from needful_qdrant.reading import points

    text, inner = FieldPath.parse(text_key), FieldPath.parse(metadata_key) if metadata_key is not None else None
    below = (() if metadata_key is None else (metadata_key,)) if fields is None else fields
    for record in points(client, collection, (text_key, *below), after=after):
        yield record.id, _document(record, collection, text, inner)


def _document(record: Record, collection: str, text: FieldPath, inner: FieldPath | None) -> Item | Bad:
    payload, place = record.payload, f"{collection}, point {record.id}"
    found = _one(text, payload)
    if not isinstance(found, str) or not found.strip():
        return Bad(place, 0, f'"{text.text}" is not a text, or it is empty')
    others = {key: value for key, value in payload.items() if key != text.steps[0]}
    metadata = others if inner is None else _one(inner, payload) or {}
    if not isinstance(metadata, Mapping):
        return Bad(place, 0, f'"{inner.text if inner else ""}" is not an object')
    return Item(identity("point", collection, str(record.id)), found, metadata)


def _one(path: FieldPath, payload: Mapping[str, Any]) -> Any:
    """The one value that a path leads to; None where it leads to none, or to several."""
    found = [value for _, value in path.leaves(payload)]
    return found[0] if len(found) == 1 else None
