"""What `needful index` does with documents: their vectors, their layout, and what is said of those left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from needful_cli.factories import Search, VectorFlags
from needful_cli.failures import INCOMPLETE, UsageProblems, usage_error
from needful_cli.index_sources import SHOWN, Placed
from needful_cli.opening import LANGUAGES, ours
from needful_cli.sources import Bad, Item

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.annotation import Annotator
    from needful.policy import Policy
    from needful_qdrant.vectors import Vectors
    from needful_qdrant.writing import Indexed, Progress

__all__ = ["How", "Missed", "Search", "write"]


@dataclass(frozen=True, slots=True)
class How:
    """How documents are written. Raises `UsageProblems` where the flags do not fit each other."""

    policy: Policy | None = None
    language: str | None = None
    search: Search | None = None
    embeddings: str | None = None
    all_fields: bool = False
    sentences: int | None = None
    indexes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spoken = None if self.policy is None else self.policy.language
        if self.language is not None and self.language not in LANGUAGES:
            raise usage_error("--language is none that BM25 knows", f"there are: {', '.join(LANGUAGES)}")
        if spoken and self.language not in (None, spoken):
            raise usage_error("--language is not that of the policy", f"the policy says: {spoken}")
        VectorFlags(self.search, self.embeddings)
        passages = self.policy is not None and self.policy.layout.passages
        if self.policy is None and self.all_fields:
            raise usage_error("--all-fields needs --policy", "without one, all fields are written")
        if self.sentences is not None and not passages:
            raise usage_error("--sentences needs --policy with layout: passages")

    def vectors(self) -> Vectors:
        """Make the models. Raises `UsageProblems` where the embeddings cannot be made."""
        language = self.language or (self.policy.language if self.policy else "en")
        return VectorFlags(self.search, self.embeddings).vectors(language)

    def write(
        self,
        client: QdrantClient,
        collection: str,
        documents: Iterable[Placed],
        vectors: Vectors,
        advance: Callable[[int], None],
        fault: Callable[[Placed], None],
    ) -> Indexed:
        """Write the documents. Raises `StoreError`, `PolicyError`, `VaultError` (no key), `DetectionError` (no model).

        `advance` hears how many documents are done, `fault` of each whose detection failed.
        """
        from needful_qdrant.writing import Progress

        progress = Progress(advance, fault)
        if self.policy is None:
            return _as_they_are(client, collection, documents, vectors, self.indexes, progress)
        from needful.passages import MAX_SENTENCES
        from needful_qdrant.writing import index

        return index(
            client,
            collection,
            documents,
            _annotator(self.policy),
            policy=self.policy,
            embeddings=vectors.dense,
            sparse_embeddings=vectors.sparse,
            indexes=self.indexes,
            all_fields=self.all_fields,
            sentences=self.sentences or MAX_SENTENCES,
            progress=progress,
        )


def _annotator(policy: Policy) -> Annotator:
    from needful.annotation import Annotator
    from needful.keys import Keys
    from needful_presidio import detector_for

    return Annotator(policy, Keys.load(policy.keys.removeprefix("env:")), partial(detector_for, policy))


def _as_they_are(
    client: QdrantClient,
    collection: str,
    documents: Iterable[Any],
    vectors: Vectors,
    indexes: Mapping[str, str],
    progress: Progress | None,
) -> Indexed:
    from needful_qdrant.laying import as_it_is
    from needful_qdrant.preparing import check_kind, make_indexes, prepare
    from needful_qdrant.writing import write as written

    prepare(client, collection, vectors)
    check_kind(client, collection, vectors, passages=False)
    make_indexes(client, collection, {}, indexes)
    return written(client, collection, documents, as_it_is, vectors, progress)


def write(
    client: QdrantClient,
    collection: str,
    items: Iterable[Item],
    *,
    language: str = "en",
    indexes: Mapping[str, str] | None = None,
) -> int:
    """Write whole documents with BM25 vectors and return how many points there are then. Raises `StoreError`."""
    _as_they_are(client, collection, items, How(language=language).vectors(), indexes or {}, None)
    with ours():
        return client.count(collection, exact=True).count


class _Incomplete(UsageProblems):
    exit_code = INCOMPLETE


@dataclass(slots=True)
class Missed:
    """Documents that are not written, by their places: what cannot be read, and what cannot be searched."""

    unread: int = 0
    unsearched: int = 0
    said: list[str] = field(default_factory=list)

    def reading(self, found: Iterable[Placed | Bad]) -> Iterator[Placed]:
        """Pass on what could be read."""
        for each in found:
            if isinstance(each, Placed):
                yield each
            else:
                self.unread += 1
                self._say(str(each))

    def fault(self, document: Placed) -> None:
        """Take a document whose detection failed."""
        self.unsearched += 1
        self._say(f"{document.place}: detection failed")

    def end(self, written: int) -> None:
        """Raise what the command ends with, if anything was missed: every place is in it, up to a number."""
        count = self.unread + self.unsearched
        if not count:
            return
        more = [f"and {count - SHOWN} more"] if count > SHOWN else []
        lines = (*self.said, *more, f"{count} documents are not written, {written} are")
        raise _Incomplete(*lines)

    def _say(self, line: str) -> None:
        if len(self.said) < SHOWN:
            self.said.append(line)
