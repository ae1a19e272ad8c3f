"""Where `needful index` takes documents from, each with its place: what is not written is named by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needful.paths import FieldPath
from needful_cli.factories import loader_of
from needful_cli.failures import UsageProblems, usage_error
from needful_cli.opening import opened
from needful_cli.sources import (
    ENDINGS,
    Bad,
    Item,
    Keys,
    Places,
    documents,
    files_of,
    items_of,
    passed_over,
    points_of,
)

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.policy import Policy

__all__ = ["SHOWN", "Collection", "Placed", "Source", "from_collection", "from_files", "from_loader"]

SHOWN = 20
"""Places that are named; of more, it is said how many."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A document and where it was read. Raw but for the place."""

    item: Item = field(repr=False)
    place: str

    @property
    def id(self) -> str:
        """The document's UUID."""
        return self.item.id

    @property
    def text(self) -> str:
        """The whole text."""
        return self.item.text

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The other fields."""
        return self.item.metadata

    def over(self, metadata: Mapping[str, Any]) -> Placed:
        """The same document, with `metadata` in place of its own of the same names."""
        return Placed(self.item.over(metadata), self.place) if metadata else self


@dataclass(frozen=True, slots=True)
class Source:
    """Documents, and what cannot be read, in order. `total` is None where only reading them would tell."""

    opened: Callable[[QdrantClient], AbstractContextManager[Iterator[Placed | Bad]]] = field(repr=False)
    """Opens it, given the client of the collection that is written."""
    total: int | None = None
    left: Mapping[str, int] = field(default_factory=dict)
    """Ending to how many files of a folder are passed over."""


def from_files(source: Path, keys: Keys) -> Source:
    """A file or a folder, read once before anything is written. Raises `UsageProblems` if a line of it is bad."""
    if not source.exists():
        raise usage_error("there is no such SOURCE")
    count, bad = 0, []
    for found in _of_files(source, keys):
        if isinstance(found, Bad):
            bad.append(str(found))
        else:
            count += 1
    if len(bad) > SHOWN:
        bad = [*bad[:SHOWN], f"and {len(bad) - SHOWN} more lines that cannot be read"]
    if bad:
        raise UsageProblems(*bad)
    if not count:
        raise usage_error("SOURCE has no documents", f"it may be a file or a folder of {', '.join(ENDINGS)}")
    return Source(lambda client: nullcontext(_of_files(source, keys)), count, passed_over(source))


def _of_files(source: Path, keys: Keys) -> Iterator[Placed | Bad]:
    seen: Places = {}
    for file in files_of(source):
        for found in items_of(file, source, keys, seen):
            yield found if isinstance(found, Bad) else Placed(found, seen.get(found.id, str(file)))


def from_loader(given: str) -> Source:
    """A LangChain loader, by its factory. Raises `UsageProblems` where it cannot be made."""
    loader = loader_of(given)
    return Source(lambda client: nullcontext(_of_loader(loader, given)))


def _of_loader(loader: Any, name: str) -> Iterator[Placed | Bad]:
    for number, found in enumerate(documents(loader, name=name), start=1):
        yield found if isinstance(found, Bad) else Placed(found, f"{name}:{number}")


@dataclass(frozen=True, slots=True)
class Collection:
    """An existing collection, and where it has texts and the object of their other fields."""

    name: str
    qdrant: str | None = None
    """A URL or a directory; None is where the new collection will be."""
    text_key: str | None = None
    metadata_key: str | None = None

    @property
    def object_key(self) -> str | None:
        """The object with the fields: LangChain's where no key is given at all."""
        return self.metadata_key or (None if self.text_key else "metadata")

    def fields(self, policy: Policy | None, *, all_fields: bool) -> list[str] | None:
        """The paths to fetch beside the text: what the policy may need, or None for all below the object.

        Raises `UsageProblems` where all fields are wanted and they are in no object, or where a key is no path.
        """
        for flag, path in (("--text-key", self.text_key), ("--metadata-key", self.metadata_key)):
            _check_path(flag, path)
        within = None if policy is None or all_fields else _needed(policy)
        key = self.object_key
        if within is None or "" in within:
            if key is None:
                raise usage_error(
                    "which fields to read cannot be told", "name the object that has them with --metadata-key"
                )
            return None
        return within if key is None else [f"{key}.{path}" for path in within]


def from_collection(asked: Collection, policy: Policy | None, *, all_fields: bool) -> Source:
    """A collection that is there already, read as it is written. Raises `UsageProblems`."""
    fields = asked.fields(policy, all_fields=all_fields)

    @contextmanager
    def reads(client: QdrantClient) -> Iterator[Iterator[Placed | Bad]]:
        with nullcontext(client) if asked.qdrant is None else opened(asked.qdrant) as there:
            yield _of_collection(there, asked, fields)

    return Source(reads)


def _of_collection(client: QdrantClient, asked: Collection, fields: list[str] | None) -> Iterator[Placed | Bad]:
    text, metadata = asked.text_key or "page_content", asked.object_key
    for point, found in points_of(client, asked.name, text_key=text, metadata_key=metadata, fields=fields):
        yield found if isinstance(found, Bad) else Placed(found, f"{asked.name}, point {point}")


def _check_path(flag: str, path: str | None) -> None:
    try:
        if path is None or FieldPath.parse(path).wildcard is None:
            return
    except ValueError:
        pass
    raise usage_error(f"{flag} is no path of a payload", "keys joined by dots: metadata.text")


def _needed(policy: Policy) -> list[str]:
    """What the policy may need of a document's fields, as paths within its metadata; an empty one is all of them."""
    from needful.annotation import needed_fields

    text = FieldPath.parse(policy.layout.text).steps
    metadata = policy.layout.metadata
    paths = [path.text for path in needed_fields(policy) if path.steps != text]
    if metadata is None:
        return paths
    return [path.removeprefix(metadata).removeprefix(".") for path in paths if _is_below(path, metadata)]


def _is_below(path: str, key: str) -> bool:
    return path == key or path.startswith(f"{key}.")
