"""piighost with its Presidio detector over what was retrieved, as its guide for a change to it says."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

import asyncio
from itertools import count

from peers.programs.langchain_parts import asker, collection, versions
from peers.programs.presidio_parts import analyzer, named
from peers.serving import Built, Setup, serve


def build(setup: Setup) -> Built:
    """One thread of its conversational pipeline a question, all entity types."""
    from langchain_core.documents import Document
    from langchain_core.runnables import RunnableLambda
    from piighost.components.detector.ner.presidio import PresidioDetector
    from piighost.pipeline import ThreadAnonymizationPipeline

    pipeline = ThreadAnonymizationPipeline(PresidioDetector(analyzer()))
    runner, threads = asyncio.Runner(), count()

    async def all_of(documents: list[Document], thread: str) -> list[Document]:
        return [
            Document((await pipeline.anonymize(one.page_content, thread)).text, metadata=one.metadata)
            for one in documents
        ]

    def anonymized(documents: list[Document]) -> list[Document]:
        return runner.run(all_of(documents, f"thread-{next(threads)}"))

    chain = collection(setup).as_retriever(search_kwargs={"k": setup.k}) | RunnableLambda(anonymized)
    about = versions("piighost", "langchain-qdrant", "presidio-analyzer")
    return {"versions": about, "ner": named()}, asker(chain)


if __name__ == "__main__":
    serve(build)
