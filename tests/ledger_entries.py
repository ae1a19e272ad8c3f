"""Made-up ledger entries, and what the ledger's tests do with a ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from needful.errors import ChainBroken, LedgerError, LedgerWriteError
from needful.ledger import SqliteLedger
from needful.ports import Ledger
from needful.values import Entry, Identity

HASH = "0123456789abcdef" * 4


def make_entry(**changes: Any) -> Entry:
    """Return an entry such as a call makes, with changes."""
    given: dict[str, Any] = {
        "time": "2026-11-22T10:11:12.000013Z",
        "outcome": "released",
        "purpose": "answer-ticket",
        "principal": HASH,
        "policy": Identity("customer-service", 3, HASH),
        "query": HASH,
        "detector": HASH,
        "ner": "none",
        "fields": ("page_content", "metadata.title"),
        "counts": {"PERSON": {"pseudonymize": 2}, "metadata.title": {"keep": 1}},
        "withheld": {"drop-record": 1},
        "rounds": 1,
        "records_fetched": 5,
        "records_disclosed": 4,
        "timings": {"plan": 0.125, "fetch": 2.25},
    }
    return Entry(**given | changes)


def make_ledger(path: Path, entries: int = 0, **settings: Any) -> SqliteLedger:
    """Return a ledger of so many entries; the nth says that n records were fetched."""
    ledger = SqliteLedger(path, **settings)
    for number in range(1, entries + 1):
        ledger.append(make_entry(records_fetched=number))
    return ledger


def tamper(path: Path, *statements: str) -> None:
    """Change a ledger file behind the ledger's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def code_of(kind: type[LedgerError], call: Callable[[], object]) -> str:
    """Return the code of the error that a call raises; nothing foreign may hang on it."""
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value.code


def broken_at(call: Callable[[], object]) -> tuple[str, int | None]:
    """Return the code and the sequence of the broken chain that a call finds."""
    with pytest.raises(ChainBroken) as caught:
        call()
    return caught.value.code, caught.value.sequence


def refusal(ledger: Ledger) -> str:
    """Return the code with which a ledger refuses an entry."""
    return code_of(LedgerWriteError, lambda: ledger.append(make_entry()))
