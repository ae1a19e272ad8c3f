"""A release becomes LangChain documents: disclosed text and fields, and the receipt."""

from __future__ import annotations

from langchain_core.documents import Document

from needful.values import Counts, Release

__all__ = ["render"]


def render(release: Release) -> list[Document]:
    """Return one LangChain document a disclosed record.

    Its metadata holds the disclosed fields and `needful`: the ledger sequence number and entry hash, the policy, and
    how often what was done to which entity.
    """
    receipt = release.receipt
    proof = {
        "receipt": receipt.sequence,
        "entry": receipt.entry_hash,
        "policy": f"{receipt.policy.name}@{receipt.policy.version}",
    }
    return [
        Document(
            page_content=document.text,
            metadata={**document.fields, "needful": {**proof, "counts": _plain(document.counts)}},
            id=document.id,
        )
        for document in release.documents
    ]


def _plain(counts: Counts) -> dict[str, dict[str, int]]:
    return {name: dict(actions) for name, actions in counts.items()}
