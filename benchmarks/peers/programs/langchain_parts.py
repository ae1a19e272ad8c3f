"""What the peers that are LangChain Runnables share: the store, and how they are asked."""
# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-return"

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from peers.embedding import DIMENSIONS, Embedding
from peers.serving import Ask, Setup, Shown

__all__ = ["asker", "collection", "embedding", "versions"]

COLLECTION = "letters"


def collection(setup: Setup) -> Any:
    """A `QdrantVectorStore` with the documents, written as its documentation shows."""
    from langchain_qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient, models

    client = QdrantClient(url=setup.url)
    client.create_collection(
        COLLECTION, vectors_config=models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
    )
    store = QdrantVectorStore(client, COLLECTION, embedding=embedding(setup))
    store.add_texts(list(setup.texts), [dict(one) for one in setup.metadatas])
    return store


def embedding(setup: Setup) -> Any:
    """The embedding of all rows, as LangChain's class."""
    from langchain_core.embeddings import Embeddings

    class Same(Embedding, Embeddings):
        """langchain-qdrant asks for the class."""

    return Same(setup.embedding.weights)


def asker(runnable: Any) -> Ask:
    """Ask a Runnable that takes a question and gives `Document`s; the prompt of a chain gets their `page_content`."""
    from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

    def ask(question: str, trace: list[Any] | None) -> list[Shown]:
        if trace is None:
            return _shown(runnable.invoke(question))
        collector = RunCollectorCallbackHandler()
        documents = runnable.invoke(question, config={"callbacks": [collector]})
        for run in collector.traced_runs:
            _all_of(run, trace)
        return _shown(documents)

    return ask


def versions(*names: str) -> str:
    """The installed versions of distributions."""
    return ", ".join(f"{name} {version(name)}" for name in names)


def _shown(documents: Any) -> list[Shown]:
    return [(one.page_content, {"id": one.id, **one.metadata}) for one in documents]


def _all_of(run: Any, trace: list[Any]) -> None:
    trace.append([run.name, _plain(run.inputs), _plain(run.outputs), run.error, run.extra, run.events])
    for child in run.child_runs:
        _all_of(child, trace)


def _plain(value: Any) -> Any:
    """Documents as JSON can hold them."""
    if hasattr(value, "page_content"):
        return {"page_content": value.page_content, "metadata": value.metadata}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
