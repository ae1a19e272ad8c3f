"""The audit ledger: what was disclosed, when, to whom and under which policy, in a chain that shows changes.

Light to import: no pydantic, no cryptography.
"""

from __future__ import annotations

import os
from pathlib import Path

from needful.ledger.chain import Verification
from needful.ledger.sqlite import SqliteLedger, Stored
from needful.ports import Ledger

__all__ = ["SqliteLedger", "Stored", "Verification", "default_path", "open_ledger"]


def default_path() -> Path:
    """Where the ledger lies by default: `$NEEDFUL_LEDGER`, else `ledger.db` in the user's state directory."""
    given = os.environ.get("NEEDFUL_LEDGER")
    if given:
        return Path(given).expanduser()
    from needful.keys import state_directory  # imports cryptography, which a writer does not need

    return state_directory() / "ledger.db"


def open_ledger(ledger: str | os.PathLike[str] | Ledger | None = None) -> Ledger:
    """Return the ledger itself, the one at this path, or the default one. Raises `LedgerError`."""
    if ledger is None:
        return SqliteLedger(default_path())
    return SqliteLedger(ledger) if isinstance(ledger, (str, os.PathLike)) else ledger
