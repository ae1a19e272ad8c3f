"""Opening what a command works on: Qdrant, embedded or a server, and a retriever that fits the collection."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from needful.errors import StoreError
from needful_cli.failures import usage_error

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.policy import Policy
    from needful.values import Release
    from needful_langchain import NeedfulRetriever
    from needful_qdrant import Bm25Embeddings
    from needful_qdrant.vectors import Vectors

__all__ = ["LANGUAGES", "SPARSE_VECTOR", "bm25", "fitting", "opened", "ours", "retriever_over"]

TIMEOUT = 60
"""Seconds for one request; writing a batch may take a server that long."""

COLLECTIONS = "collections"
"""What the directory of an embedded Qdrant has, once a collection was made in it."""

MISMATCH = "vector-mismatch"
BY_ITS_FUNCTION = "with the function that it was indexed by"

HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d+(/.*)?")

SPARSE_VECTOR = "langchain-sparse"
"""langchain-qdrant's default name: a `QdrantVectorStore` reads what `needful index` wrote."""

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "arabic",
        "da": "danish",
        "de": "german",
        "el": "greek",
        "en": "english",
        "es": "spanish",
        "fi": "finnish",
        "fr": "french",
        "hu": "hungarian",
        "it": "italian",
        "ja": "japanese",
        "nl": "dutch",
        "no": "norwegian",
        "pt": "portuguese",
        "ro": "romanian",
        "ru": "russian",
        "sv": "swedish",
        "tr": "turkish",
        "zh": "chinese",
    }
)
"""ISO 639-1 to the names of the engine's stemmers."""


@contextmanager
def opened(where: str, *, make: bool = False) -> Iterator[QdrantClient]:
    """Open a server by its URL, or an embedded Qdrant by its directory, which `make` allows to be made.

    Raises `StoreError`.
    """
    client = _server(where) if "://" in where else _embedded(where, make=make)
    try:
        yield client
    finally:
        client.close()


def _embedded(where: str, *, make: bool) -> QdrantClient:
    there = Path(where).is_dir()
    if not where.strip():
        raise usage_error("--qdrant is empty", "write http://HOST:6333 or a directory")
    if HOST_AND_PORT.fullmatch(where) and not there:
        raise usage_error("--qdrant is neither a URL nor a directory", f"if it is a server, write http://{where}")
    if not make and not there:
        raise StoreError(
            "there is no such directory with an embedded Qdrant", code="no-store", hint="index documents first"
        )
    # Opening would leave a lock file in a directory that is somebody else's.
    if not make and not (Path(where) / COLLECTIONS).is_dir():
        raise StoreError(
            f"the directory is no embedded Qdrant: it has no {COLLECTIONS}/", code="no-store", hint="index makes one"
        )
    from needful_qdrant import embedded_client

    return embedded_client(where)


def _server(url: str) -> QdrantClient:
    if not _leads_somewhere(url):
        raise usage_error("--qdrant is not the URL of a server", "write http://HOST:6333 or a directory")
    from qdrant_client import QdrantClient

    key = os.environ.get("QDRANT_API_KEY") or None
    with ours(), warnings.catch_warnings():
        # A key over plain http is the user's choice; the client's warning would show a line of source code.
        warnings.simplefilter("ignore")
        return QdrantClient(url=url, api_key=key, check_compatibility=False, timeout=TIMEOUT)


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def bm25(language: str) -> Bm25Embeddings:
    """The sparse model of a language (ISO 639-1); of one that it does not know, the English one."""
    from needful_qdrant import Bm25Embeddings

    return Bm25Embeddings(LANGUAGES.get(language, "english"))


def retriever_over(
    client: QdrantClient,
    collection: str,
    policy: Policy,
    ledger: Any = None,
    *,
    vectors: Vectors | None = None,
    **parts: Any,
) -> NeedfulRetriever:
    """Make the retriever of a collection that `needful index` wrote; without `vectors`, one that searches by BM25.

    Raises like `NeedfulRetriever.from_qdrant`.
    """
    from needful_langchain import NeedfulRetriever
    from needful_qdrant.vectors import Vectors

    by = vectors or Vectors(None, bm25(policy.language))
    dense: Any = by.dense  # of LangChain's methods, `Vectors` asks for those alone that write
    return NeedfulRetriever.from_qdrant(
        client,
        collection,
        policy=policy,
        embeddings=dense,
        sparse_embeddings=by.sparse,
        search={"vector_name": by.dense_name, "sparse_vector_name": by.sparse_name},
        ledger=ledger,
        **parts,
    )


def fitting(ask: Callable[[], Release], client: QdrantClient, collection: str, vectors: Vectors) -> Release:
    """Ask; where the question's vectors do not fit the collection, say by which flags they would.

    Raises what `ask` raises, but of code `vector-mismatch` a `StoreError` that names flags, not arguments of Python.
    """
    try:
        return ask()
    except StoreError as error:
        if error.code != MISMATCH:
            raise
        plain = StoreError(error.message, code=error.code, hint=error.hint)
    raise _advice(client, collection, vectors) or plain


def _advice(client: QdrantClient, collection: str, vectors: Vectors) -> StoreError | None:
    """Look at which vectors the collection has. None where it cannot be told why they do not fit."""
    try:
        params = client.get_collection(collection).config.params
    except Exception:  # noqa: BLE001 - the client raises whatever its transport does; the mismatch is what is said
        return None
    # A server gives the dense vector without a name by itself, or by its name.
    named = params.vectors if isinstance(params.vectors, dict) else {"": params.vectors}
    dense, sparse = named.get(vectors.dense_name), vectors.sparse_name in (params.sparse_vectors or {})
    if dense is None and not sparse:
        return _mismatch(
            f"the collection has neither the dense vector {vectors.dense_name!r} nor the sparse {vectors.sparse_name}",
            "copy it with needful index --from-collection, or ask from Python, where vectors have any name",
        )
    if dense is None:
        return _mismatch(
            "the collection has sparse vectors alone",
            "leave out --embeddings, and write --search sparse or no --search",
        )
    if not sparse and vectors.sparse is not None:
        flags = "--search dense" if vectors.dense is not None else "--embeddings MODULE:FACTORY --search dense"
        return _mismatch("the collection has dense vectors alone", f"add {flags}, {BY_ITS_FUNCTION}")
    if vectors.dense is None:
        return None
    return _mismatch(
        f"the question's vector does not fit the collection, whose dense vectors have {dense.size} numbers",
        f"give --embeddings {BY_ITS_FUNCTION}",
    )


def _mismatch(message: str, hint: str) -> StoreError:
    return StoreError(message, code=MISMATCH, hint=hint)


@contextmanager
def ours() -> Iterator[None]:
    """Turn what qdrant-client raises into `StoreError`; its text quotes the answer's body, and is not passed on."""
    try:
        yield
        return
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the client raises whatever its transport does
        from needful_qdrant.faults import classify

        failure = classify(error).error()
    raise failure
