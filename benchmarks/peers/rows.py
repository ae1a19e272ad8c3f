"""The rows of the table: which program, in which environment, with which options. A new row is an entry here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BASELINE", "ROWS", "Row", "needful"]

_SMALL = "with spaCy's small model: its own, en_core_web_lg, is not in the package registry"

DIRECT = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "IBAN_CODE",
    "CREDIT_CARD",
    "US_SSN",
    "US_BANK_NUMBER",
    "US_DRIVER_LICENSE",
    "US_ITIN",
    "US_PASSPORT",
    "IP_ADDRESS",
    "URL",
)
"""What a user of Presidio would list who wants dates and places to stay."""


@dataclass(frozen=True, slots=True)
class Row:
    """One tool as it is measured. Without an `environment` it runs in the one that runs the benchmark."""

    name: str
    program: str
    licence: str
    note: str
    environment: str | None = None
    model: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def needful(name: str, note: str, **options: Any) -> Row:
    """A row of this checkout; the options are those of `programs/ours.py`."""
    return Row(name, "ours", "Apache-2.0", note, options=options)


BASELINE = "plain retriever"

ROWS = (
    Row(BASELINE, "plain", "MIT", "langchain-qdrant's `store.as_retriever`", "plain"),
    Row(
        "compression + Presidio",
        "compression",
        "MIT",
        f"`ContextualCompressionRetriever`, Presidio's defaults over each document, {_SMALL}",
        "compression",
        model=True,
    ),
    Row(
        "compression + Presidio, public facts kept",
        "compression",
        "MIT",
        "the same, asked for identifiers only: years and places stay (companies do anyway)",
        "compression",
        model=True,
        options={"entities": list(DIRECT)},
    ),
    Row(
        "reversible anonymizer",
        "reversible",
        "MIT",
        f"`PresidioReversibleAnonymizer` after retrieval, defaults, {_SMALL}; upstream has ended its development",
        "reversible",
        model=True,
    ),
    Row("wardowl", "ward", "MIT", "permissions only, its default; every document may be read", "wardowl"),
    Row(
        "wardowl + patterns",
        "ward",
        "MIT",
        "with its `PatternRedactor` and four patterns that we wrote for these documents; it ships none",
        "wardowl",
        options={"patterns": True},
    ),
    Row(
        "piighost + Presidio",
        "ghost",
        "MIT",
        "`ThreadAnonymizationPipeline` with its `PresidioDetector` after retrieval, a thread a question, all entities,"
        f" {_SMALL}; its GLiNER models cannot be downloaded here",
        "piighost",
        model=True,
    ),
    Row(
        "LlamaIndex + Presidio",
        "llama",
        "MIT",
        "`PresidioPIINodePostprocessor`, a new one a question; it makes an analyzer for every text, which is kept,"
        f" {_SMALL}",
        "llamaindex",
        model=True,
    ),
    needful("Needful", "everything found is redacted, three sentences a document: the defaults"),
    needful(
        "Needful, public facts kept",
        "the same policy with years, companies and places kept",
        keep=("DATE_TIME", "ORGANIZATION", "LOCATION"),
    ),
    needful("Needful, passages", "the first policy over passages that `needful index` annotated", layout="passages"),
    needful(
        "Needful, passages, public facts kept",
        "the second policy over passages",
        layout="passages",
        keep=("DATE_TIME", "ORGANIZATION", "LOCATION"),
    ),
    needful(
        "Needful, passages, public facts kept, k = 12",
        "the same, asked for twelve: as many passages as three sentences of each of four documents",
        layout="passages",
        keep=("DATE_TIME", "ORGANIZATION", "LOCATION"),
        k=12,
    ),
)
