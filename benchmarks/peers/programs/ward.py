"""wardowl with its Qdrant backend and its LangChain retriever. It decides by permission; it has no detector."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

from peers.embedding import DIMENSIONS
from peers.programs.langchain_parts import asker, versions
from peers.serving import Built, Setup, serve

PATTERNS = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "account": r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
    "ssn": r"\b\d{3}-\d{2}-\d{4}\b",
    "phone": r"(?:\+1 )?\(?\b\d{3}\)?[ -]\d{3}[ -]\d{4}\b",
}
"""What somebody would write who knows these documents; wardowl ships none."""


def build(setup: Setup) -> Built:
    """Every document may be read by everybody. The option `patterns` adds its PatternRedactor."""
    from qdrant_client import QdrantClient
    from wardowl import Document, MetadataACLAuthorizer, PermissionedRetriever, Subject
    from wardowl.backends.qdrant import QdrantBackend, create_collection
    from wardowl.langchain import WardowlRetriever
    from wardowl.redaction import PatternRedactor

    client = QdrantClient(url=setup.url)
    create_collection(client, "letters", dim=DIMENSIONS)
    backend = QdrantBackend(client, "letters", embed=setup.embedding.embed_query)
    pairs = enumerate(zip(setup.texts, setup.metadatas, strict=True))
    backend.add([Document(str(number), text, {**other, "allowed_groups": ["*"]}) for number, (text, other) in pairs])
    redactor = PatternRedactor(PATTERNS) if setup.options.get("patterns") else None
    retriever = WardowlRetriever(
        retriever=PermissionedRetriever(backend, MetadataACLAuthorizer(), redactor=redactor),
        k=setup.k,
        subject=Subject("benchmark", groups=["staff"]),
    )
    ner = "none: four patterns of ours" if redactor else "none"
    return {"versions": versions("wardowl", "qdrant-client"), "ner": ner}, asker(retriever)


if __name__ == "__main__":
    serve(build)
