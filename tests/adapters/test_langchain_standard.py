"""LangChain's own standard tests for retrievers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_support import KEEP_ALL, READER, vectorstore
from langchain_tests.integration_tests import RetrieversIntegrationTests

from needful.policy import Policy
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client


class TestNeedfulRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def collection(self, tmp_path: Path) -> Iterator[None]:
        with_client = embedded_client()
        self.store = vectorstore(with_client, [f"a claim about water number {n}" for n in range(8)])
        self.ledger = tmp_path / "ledger.db"
        yield
        with_client.close()

    @property
    def retriever_constructor(self) -> Callable[..., NeedfulRetriever]:  # type: ignore[override]
        return NeedfulRetriever.from_vectorstore

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"store": self.store, "policy": Policy.parse(KEEP_ALL), "ledger": self.ledger, **READER}

    @property
    def retriever_query_example(self) -> str:
        return "water"
