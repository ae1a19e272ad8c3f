"""LlamaIndex's PresidioPIINodePostprocessor behind its Qdrant vector store."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

from functools import partial
from typing import Any

from peers.programs.langchain_parts import versions
from peers.programs.presidio_parts import analyzer, model, named
from peers.serving import Built, Setup, Shown, serve


def build(setup: Setup) -> Built:
    """Retriever and postprocessor; the LLM gets a node's content with its metadata, which is LlamaIndex's default."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler
    from llama_index.core.schema import MetadataMode, TextNode
    from llama_index.postprocessor.presidio import PresidioPIINodePostprocessor, base
    from llama_index.vector_stores.qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient

    class Embeddings(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return setup.embedding.embed_query(query)

        _get_text_embedding = _get_query_embedding

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return setup.embedding.embed_query(query)

    seen: list[Any] = []

    class Handler(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            seen.append(event.model_dump_json())

    # It makes an AnalyzerEngine() for every text and names no model; it still makes one for every text here.
    base.AnalyzerEngine = partial(analyzer, model())
    store = QdrantVectorStore("letters", client=QdrantClient(url=setup.url))
    vectors = setup.embedding.embed_documents(list(setup.texts))
    triples = zip(setup.texts, setup.metadatas, vectors, strict=True)
    store.add([TextNode(text=text, metadata=dict(other), embedding=vector) for text, other, vector in triples])
    index = VectorStoreIndex.from_vector_store(store, embed_model=Embeddings())
    retriever = index.as_retriever(similarity_top_k=setup.k)
    dispatcher = get_dispatcher()

    def ask(question: str, trace: list[Any] | None) -> list[Shown]:
        if trace is not None:
            seen.clear()
            dispatcher.add_event_handler(Handler())
        nodes = PresidioPIINodePostprocessor().postprocess_nodes(retriever.retrieve(question), query_str=question)
        if trace is not None:
            dispatcher.event_handlers.clear()
            trace += seen
        return [(one.node.get_content(metadata_mode=MetadataMode.LLM), one.node.metadata) for one in nodes]

    about = versions("llama-index-postprocessor-presidio", "llama-index-core", "presidio-analyzer")
    return {"versions": about, "ner": named()}, ask


if __name__ == "__main__":
    serve(build)
