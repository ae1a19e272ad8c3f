"""`needful index`: documents into a collection that LangChain and `needful retrieve` can read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from needful_cli.common import CollectionFlag, JsonFlag, QdrantFlag, examples, object_of, policy_at
from needful_cli.failures import usage_error
from needful_cli.index_sources import Collection, Source, from_collection, from_files, from_loader
from needful_cli.index_writing import How, Missed, Search, write
from needful_cli.opening import opened, ours
from needful_cli.output import print_json, say
from needful_cli.sources import ENDINGS, Keys, encodes

__all__ = ["register", "write"]

TYPES = ("keyword", "integer", "float", "bool", "datetime", "uuid", "text")


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful index tickets.jsonl --qdrant ./qdrant --collection tickets --policy passages.yaml",
        "needful index tickets.jsonl --qdrant ./qdrant --collection tickets --index metadata.tenant",
        """needful index notes/ --qdrant http://localhost:6333 --collection notes --metadata '{"tenant": "acme"}'""",
        "needful index posts.jsonl --text-key body --id-key number --qdrant ./qdrant --collection posts",
        "needful index --loader my_app.wiki:pages --qdrant ./qdrant --collection wiki --policy passages.yaml",
        "needful index --from-collection old --qdrant ./qdrant --collection new --policy passages.yaml",
    )
    app.command("index", epilog=epilog)(_index)


def _index(
    qdrant: QdrantFlag,
    collection: CollectionFlag,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="SOURCE", help=f"A file, {', '.join(ENDINGS)}, or a folder of them."),
    ] = None,
    loader: Annotated[
        str | None,
        typer.Option(metavar="MODULE:FACTORY", help="In place of SOURCE: a function that returns a LangChain loader."),
    ] = None,
    from_collection_: Annotated[
        str | None, typer.Option("--from-collection", metavar="NAME", help="In place of SOURCE: a collection.")
    ] = None,
    from_qdrant: Annotated[
        str | None, typer.Option(metavar="URL|DIR", help="Where that collection is. Default: --qdrant.")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A policy file, or a starter policy's name: search by it, write its layout and fields."
        ),
    ] = None,
    all_fields: Annotated[
        bool, typer.Option("--all-fields", help="With --policy: write fields that no purpose needs too.")
    ] = False,
    sentences: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Layout passages: most sentences of a passage. Default: 3."),
    ] = None,
    search: Annotated[
        Search | None,
        typer.Option(help="Which vectors to make. Default: sparse, which is BM25; with --embeddings, hybrid."),
    ] = None,
    embeddings: Annotated[
        str | None,
        typer.Option(metavar="MODULE:FACTORY", help="A function that returns LangChain Embeddings: dense vectors."),
    ] = None,
    text_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="JSONL, collection: the key of the text; the rest of a line is metadata."),
    ] = None,
    id_key: Annotated[str | None, typer.Option(metavar="KEY", help="JSONL: the key of the document's own id.")] = None,
    metadata_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Collection: the key of the object with the other fields.")
    ] = None,
    metadata: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="Metadata for every document, over its own: what the policy filters by."),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option("--index", metavar="KEY[=TYPE]", help=f"Make a payload index; {', '.join(TYPES)}. Repeatable."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="The language of the texts. Default: the policy's, else en.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put documents into a Qdrant collection.

    Without --policy, whole texts in LangChain's layout, {"page_content", "metadata"}, with everything that a document
    has. With --policy, every text is searched once, and what was found is kept beside it, sealed by the policy's key;
    of the fields, only those are written that some purpose discloses, looks for or filters by; every key to filter by
    gets its payload index. Under layout: passages, each point is a passage, and no question fetches a whole text.

    A line of JSONL has LangChain's two keys and may have an id, or has any keys, with --text-key. What is indexed again
    replaces what was there. Nothing is written if a line is bad; of a loader and a collection, which are read once,
    what cannot be read is left out and named. A document whose detection fails is not written, and named. Exit code 9
    says that a document was left out. Files of a folder with another ending are passed over, and counted.
    """
    how = How(
        policy=None if policy is None else policy_at(policy),
        language=language,
        search=search,
        embeddings=embeddings,
        all_fields=all_fields,
        sentences=sentences,
        indexes=dict(map(_index_of, index or ())),
    )
    taken = Collection(from_collection_ or "", from_qdrant if from_qdrant != qdrant else None, text_key, metadata_key)
    if taken.name == collection and taken.qdrant is None:
        raise usage_error("--from-collection is the collection to write", "give another --collection")
    given = _metadata_of(metadata)
    documents = _one_of(
        {
            "SOURCE": source and (lambda: from_files(source, Keys(text_key, id_key))),
            "--loader": loader and (lambda: from_loader(loader)),
            "--from-collection": from_collection_
            and (lambda: from_collection(taken, how.policy, all_fields=all_fields)),
        }
    )
    missed, vectors = Missed(), how.vectors()
    with (
        opened(qdrant, make=True) as client,
        documents.opened(client) as read,
        _progress(documents.total) as advance,
    ):
        items = (item.over(given) for item in missed.reading(read))
        done = how.write(client, collection, items, vectors, advance, missed.fault)
        with ours():
            points = client.count(collection, exact=True).count
    found = {"collection": collection, "indexed": done.documents, "points": points, "passed_over": documents.left}
    if how.policy is not None or source is None:
        found |= {"passages": done.passages, "unread": missed.unread, "unsearched": missed.unsearched}
    _report(found, as_json=as_json)
    missed.end(done.documents)


def _one_of(sources: Mapping[str, Any]) -> Source:
    """Open the one source that is given. Raises `UsageProblems`."""
    given = [opens for opens in sources.values() if opens]
    if len(given) != 1:
        raise usage_error(f"give one of {', '.join(sources)}")
    source: Source = given[0]()
    return source


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


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("indexing", total=total)
        yield lambda count: progress.advance(task, count)


def _report(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Say what was done: `found` is what --json prints."""
    if as_json:
        print_json(found)
        return
    passages, left = found.get("passages"), found["passed_over"]
    cut = f" as {passages} passages" if passages else ""
    say(f"indexed {found['indexed']} documents{cut}; {found['collection']} has {found['points']}")
    if left:
        endings = ", ".join(f"{count} {ending}" for ending, count in left.items())
        say(f"passed over {sum(left.values())} files, whose ending is none of {', '.join(ENDINGS)}: {endings}")
