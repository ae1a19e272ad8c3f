"""`needful index`: documents into a collection that LangChain and `needful retrieve` can read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import StoreError
from needful_cli.common import CollectionFlag, JsonFlag, QdrantFlag, examples, object_of
from needful_cli.failures import UsageProblems, usage_error
from needful_cli.opening import LANGUAGES, SPARSE_VECTOR, bm25, opened, ours
from needful_cli.output import print_json, say
from needful_cli.sources import ENDINGS, Bad, Item, Keys, Places, encodes, files_of, items_of, passed_over

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

__all__ = ["register", "write"]

BATCH = 64
BATCH_CHARACTERS = 1_000_000
"""A server refuses requests above 32 MiB."""
SHOWN = 20
TYPES = ("keyword", "integer", "float", "bool", "datetime", "uuid", "text")


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful index tickets.jsonl --qdrant ./qdrant --collection tickets --index metadata.tenant",
        """needful index notes/ --qdrant http://localhost:6333 --collection notes --metadata '{"tenant": "acme"}'""",
        "needful index posts.jsonl --text-key body --id-key number --qdrant ./qdrant --collection posts",
    )
    app.command("index", epilog=epilog)(_index)


def _index(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A .txt, .md or .jsonl file, or a folder of them.")],
    qdrant: QdrantFlag,
    collection: CollectionFlag,
    text_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="JSONL: the key of the text; the rest is metadata.")
    ] = None,
    id_key: Annotated[str | None, typer.Option(metavar="KEY", help="JSONL: the key of the document's own id.")] = None,
    metadata: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="Metadata for every document, over its own: what the policy filters by."),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option("--index", metavar="KEY[=TYPE]", help=f"Make a payload index; {', '.join(TYPES)}. Repeatable."),
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="The language of the texts, as in the policy.")] = "en",
    as_json: JsonFlag = False,
) -> None:
    """Put documents into a Qdrant collection.

    Each gets a BM25 vector, made on this machine. The layout is LangChain's: {"page_content", "metadata"}. A line of
    JSONL has these two keys and may have an id, or has any keys, with --text-key. What is indexed again replaces what
    was there. Nothing is written if a line is bad. Files of a folder with another ending are passed over, and counted.
    """
    if language not in LANGUAGES:
        raise usage_error("--language is none that BM25 knows", f"there are: {', '.join(LANGUAGES)}")
    indexes = dict(map(_index_of, index or ()))
    keys, given = Keys(text_key, id_key), _metadata_of(metadata)
    total, left = _checked(source, keys), passed_over(source)
    with opened(qdrant, make=True) as client, _progress(total) as advance:
        items = (item.over(given) for item in _items(source, keys))
        points = write(client, collection, items, language=language, indexes=indexes, advance=advance)
    if as_json:
        print_json({"collection": collection, "indexed": total, "points": points, "passed_over": left})
        return
    say(f"indexed {total} documents; {collection} has {points}")
    if left:
        endings = ", ".join(f"{count} {ending}" for ending, count in left.items())
        say(f"passed over {sum(left.values())} files, whose ending is none of {', '.join(ENDINGS)}: {endings}")


def _metadata_of(given: str | None) -> dict[str, Any]:
    metadata = object_of("--metadata", given) or {}
    if not encodes(metadata):
        raise usage_error("--metadata has half of a surrogate pair, which no UTF-8 text can hold")
    return metadata


def _index_of(given: str) -> tuple[str, str]:
    key, _, kind = given.partition("=")
    if not key or (kind or TYPES[0]) not in TYPES:
        raise usage_error("--index is not KEY or KEY=TYPE", f"types: {', '.join(TYPES)}")
    return key, kind or TYPES[0]


def _checked(source: Path, keys: Keys) -> int:
    """Read everything once before anything is written; return how many documents there are."""
    if not source.exists():
        raise usage_error("there is no such SOURCE")
    count, bad = 0, []
    for item in _read(source, keys):
        if isinstance(item, Bad):
            bad.append(str(item))
        else:
            count += 1
    if len(bad) > SHOWN:
        bad = [*bad[:SHOWN], f"and {len(bad) - SHOWN} more lines that cannot be read"]
    if bad:
        raise UsageProblems(*bad)
    if not count:
        raise usage_error("SOURCE has no documents", f"it may be a file or a folder of {', '.join(ENDINGS)}")
    return count


def _read(source: Path, keys: Keys) -> Iterator[Item | Bad]:
    seen: Places = {}
    for file in files_of(source):
        yield from items_of(file, source, keys, seen)


def _items(source: Path, keys: Keys) -> Iterator[Item]:
    return (item for item in _read(source, keys) if isinstance(item, Item))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("indexing", total=total)
        yield lambda count: progress.advance(task, count)


def write(
    client: QdrantClient,
    collection: str,
    items: Iterable[Item],
    *,
    language: str = "en",
    indexes: dict[str, str] | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> int:
    """Write documents in batches and return how many points the collection then has. Raises `StoreError`.

    `indexes` is payload key to Qdrant's name of an index type; `advance` hears of every batch how many it had.
    """
    from qdrant_client import models

    _made(client, collection)
    with ours():
        for key, kind in (indexes or {}).items():
            client.create_payload_index(collection, key, models.PayloadSchemaType(kind), wait=True)
    model = bm25(language)
    for batch in _batches(items):
        points = list(_points(batch, model.embed_documents([item.text for item in batch])))
        with ours():
            client.upsert(collection, points, wait=True)
        advance(len(batch))
    with ours():
        return client.count(collection, exact=True).count


def _made(client: QdrantClient, collection: str) -> None:
    """Make the collection, or check that it has the vectors to write."""
    from qdrant_client import models

    with ours():
        if not client.collection_exists(collection):
            sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
            client.create_collection(collection, vectors_config={}, sparse_vectors_config={SPARSE_VECTOR: sparse})
        there = client.get_collection(collection).config.params.sparse_vectors or {}
    if SPARSE_VECTOR not in there:
        raise StoreError(
            f"the collection is there and has no sparse vector {SPARSE_VECTOR}",
            code="vector-mismatch",
            hint="index into a new collection",
        )


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (len(batch) == BATCH or size + len(item.text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.text)
    if batch:
        yield batch


def _points(batch: Sequence[Item], vectors: Sequence[Any]) -> Iterator[Any]:
    from qdrant_client import models

    for item, vector in zip(batch, vectors, strict=True):
        sparse = models.SparseVector(indices=vector.indices, values=vector.values)
        yield models.PointStruct(id=item.id, vector={SPARSE_VECTOR: sparse}, payload=item.payload)
