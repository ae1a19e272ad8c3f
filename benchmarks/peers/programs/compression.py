"""langchain-classic's ContextualCompressionRetriever with a document transformer that runs Presidio."""
# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peers.programs.langchain_parts import asker, collection, versions
from peers.programs.presidio_parts import analyzer, named
from peers.serving import Built, Setup, serve


def build(setup: Setup) -> Built:
    """Presidio's quick start, analyze and anonymize with defaults, over each document."""
    from langchain_classic.retrievers import ContextualCompressionRetriever
    from langchain_classic.retrievers.document_compressors import DocumentCompressorPipeline
    from langchain_core.documents import BaseDocumentTransformer, Document
    from presidio_anonymizer import AnonymizerEngine

    engine, anonymizer = analyzer(), AnonymizerEngine()

    class Presidio(BaseDocumentTransformer):
        def transform_documents(self, documents: Sequence[Document], **_: Any) -> Sequence[Document]:
            return [Document(self.changed(one.page_content), metadata=one.metadata, id=one.id) for one in documents]

        @staticmethod
        def changed(text: str) -> str:
            found = engine.analyze(text=text, language="en", entities=setup.options.get("entities"))
            return str(anonymizer.anonymize(text=text, analyzer_results=found).text)

    retriever = ContextualCompressionRetriever(
        base_compressor=DocumentCompressorPipeline(transformers=[Presidio()]),
        base_retriever=collection(setup).as_retriever(search_kwargs={"k": setup.k}),
    )
    about = versions("langchain-classic", "langchain-qdrant", "presidio-analyzer")
    return {"versions": about, "ner": named()}, asker(retriever)


if __name__ == "__main__":
    serve(build)
