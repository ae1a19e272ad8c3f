"""Needful: language models see only what a purpose needs.

The core: policy, plan, selection, redaction and ledger. It knows no LangChain, no Qdrant and no Presidio; the
packages `needful_langchain`, `needful_qdrant` and `needful_presidio` connect it to them.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from needful.errors import (
    AccessDenied,
    ChainBroken,
    DetectionError,
    LedgerError,
    LedgerWriteError,
    NeedfulError,
    PolicyError,
    StoreError,
    VaultError,
)
from needful.values import Action, Principal, Receipt, Release, Span

if TYPE_CHECKING:
    from needful.ledger import SqliteLedger
    from needful.pipeline import Pipeline
    from needful.policy import Policy

__version__ = "0.1.0"

__all__ = [
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
]

logging.getLogger("needful").addHandler(logging.NullHandler())

# Looked up on first use, because the policy models import pydantic and a ledger reader needs none.
_LAZY = {"Pipeline": "needful.pipeline", "Policy": "needful.policy", "SqliteLedger": "needful.ledger"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
