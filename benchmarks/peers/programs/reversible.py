"""langchain-experimental's PresidioReversibleAnonymizer over what was retrieved."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

from peers.programs.langchain_parts import asker, collection, versions
from peers.programs.presidio_parts import model, named
from peers.serving import Built, Setup, serve


def build(setup: Setup) -> Built:
    """Retriever, then anonymizer, as its guide for questions over private data composes them."""
    from langchain_core.documents import Document
    from langchain_core.runnables import RunnableLambda
    from langchain_experimental.data_anonymizer import PresidioReversibleAnonymizer

    anonymizer = PresidioReversibleAnonymizer(
        languages_config={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model()}]},
        faker_seed=6,
    )

    def anonymized(documents: list[Document]) -> list[Document]:
        return [Document(anonymizer.anonymize(one.page_content), metadata=one.metadata) for one in documents]

    chain = collection(setup).as_retriever(search_kwargs={"k": setup.k}) | RunnableLambda(anonymized)
    about = versions("langchain-experimental", "langchain-qdrant", "presidio-analyzer")
    return {"versions": about, "ner": named()}, asker(chain)


if __name__ == "__main__":
    serve(build)
