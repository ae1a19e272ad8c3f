"""Lasting tokens through the LangChain retriever: the same in every process's retriever, restored for whom may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_support import vectorstore

from needful import AccessDenied, Policy, VaultError
from needful.testing import KeywordDetector, MemoryLedger
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client

POLICY = """
needful: 1
name: review
version: 1
purposes:
  look:
    fields: {page_content: {action: scan, select: whole}}
    entities: {PERSON: {action: pseudonymize, lasting: true}}
    detect: {ner: none, reason: a test without a model, recognizers: [people]}
    restore: {PERSON: {role: investigator}}
recognizers: [{name: people, entity: PERSON, regex: 'Maria Keller'}]
"""
PEOPLE = KeywordDetector({"PERSON": "Maria Keller"})
INVESTIGATOR = {"id": "i-3", "role": "investigator"}


def retriever(vault: Path, **bound: object) -> NeedfulRetriever:
    client = embedded_client(None)
    store = vectorstore(client, ["Maria Keller paid."])
    options = {"detector": PEOPLE, "ledger": MemoryLedger(), "vault": vault, **bound}
    return NeedfulRetriever.from_vectorstore(store, policy=Policy.parse(POLICY), **options)  # type: ignore[arg-type]


def test_two_retrievers_over_one_vault_make_one_token_and_either_restores_it(tmp_path: Path) -> None:
    who: dict[str, Any] = {"purpose": "look", "principal": INVESTIGATOR}
    first, second = retriever(tmp_path / "v.db"), retriever(tmp_path / "v.db")
    texts = {one.invoke("who paid?", **who)[0].page_content for one in (first, second)}
    assert len(texts) == 1
    (text,) = texts
    assert text.startswith("[PERSON:")
    assert second.restore(text, **who).text == "Maria Keller paid."


async def test_restoring_works_without_blocking_the_event_loop(tmp_path: Path) -> None:
    one = retriever(tmp_path / "v.db", purpose="look", principal=INVESTIGATOR)
    (document,) = await one.ainvoke("who paid?")
    assert (await one.arestore(document.page_content)).text == "Maria Keller paid."


def test_what_is_bound_is_not_the_callers_to_choose_when_restoring_either(tmp_path: Path) -> None:
    one = retriever(tmp_path / "v.db", purpose="look", principal={"id": "a-1", "role": "agent"})
    text = one.invoke("who paid?")[0].page_content
    with pytest.raises(AccessDenied) as caught:
        one.restore(text, principal=INVESTIGATOR)
    assert caught.value.code == "bound"
    with pytest.raises(AccessDenied):
        one.restore(text)


def test_a_vault_that_cannot_be_written_releases_nothing(tmp_path: Path) -> None:
    (tmp_path / "v.db").mkdir()
    with pytest.raises(VaultError):
        retriever(tmp_path / "v.db").invoke("who paid?", purpose="look", principal=INVESTIGATOR)
