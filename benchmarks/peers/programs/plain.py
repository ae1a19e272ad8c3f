"""The plain retriever of langchain-qdrant: the baseline."""

from __future__ import annotations

from peers.programs.langchain_parts import asker, collection, versions
from peers.serving import Built, Setup, serve


def build(setup: Setup) -> Built:
    """`store.as_retriever`."""
    retriever = collection(setup).as_retriever(search_kwargs={"k": setup.k})
    return {"versions": versions("langchain-qdrant", "langchain-core"), "ner": "none"}, asker(retriever)


if __name__ == "__main__":
    serve(build)
