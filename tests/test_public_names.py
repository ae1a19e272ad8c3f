"""The public API, name by name: a change here is a change for users, and wants an entry in the CHANGELOG."""

from __future__ import annotations

from importlib import import_module

import pytest

NAMES = {
    "needful": [
        "AccessDenied",
        "Action",
        "ChainBroken",
        "DetectionError",
        "LedgerError",
        "LedgerWriteError",
        "NeedfulError",
        "Pipeline",
        "Policy",
        "PolicyError",
        "Principal",
        "Receipt",
        "Release",
        "Span",
        "SqliteLedger",
        "StoreError",
        "VaultError",
        "__version__",
    ],
    "needful.errors": [
        "AccessDenied",
        "ChainBroken",
        "DetectionError",
        "LedgerError",
        "LedgerWriteError",
        "NeedfulError",
        "PolicyError",
        "Problem",
        "StoreError",
        "VaultError",
    ],
    "needful.ledger": ["SqliteLedger", "Stored", "Verification", "default_path", "open_ledger"],
    "needful.policy": ["Policy"],
    "needful.ports": ["Detector", "Embedder", "Ledger", "Operators", "Store", "Surrogates", "Vault"],
    "needful.testing": [
        "CaseResult",
        "Coverage",
        "CoveredRule",
        "KeywordDetector",
        "LeakProbe",
        "MemoryLedger",
        "MemoryStore",
        "MemoryVault",
        "PlainOperators",
        "PlainSurrogates",
        "SuiteResult",
        "coverage_of",
        "run_suite",
    ],
    "needful.vault": ["SqliteVault", "default_path", "open_vault"],
    "needful_anchors": ["anchor_to"],
    "needful_cli": ["app", "main"],
    "needful_faker": ["FakerSurrogates"],
    "needful_langchain": ["NeedfulRetriever", "tool"],
    "needful_presidio": ["PresidioDetector", "PresidioOperators", "detector_for"],
    "needful_qdrant": ["Bm25Embeddings", "PassageStore", "QdrantStore", "embedded_client", "optimize"],
}


@pytest.mark.parametrize("module", NAMES)
def test_a_packages_public_names_are_these(module: str) -> None:
    assert sorted(import_module(module).__all__) == NAMES[module]


@pytest.mark.parametrize("module", NAMES)
def test_every_public_name_can_be_imported_and_has_a_docstring(module: str) -> None:
    package = import_module(module)
    assert package.__doc__
    for name in NAMES[module]:
        found = getattr(package, name)
        assert isinstance(found, str) or name == "app" or found.__doc__, f"{module}.{name} has no docstring"


@pytest.mark.parametrize("module", ["needful", "needful_presidio", "needful_qdrant"])
def test_a_name_that_is_not_there_is_an_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(import_module(module), "Nothing")  # noqa: B009 - a bare attribute would be a useless expression
