"""The audit ledger: what was disclosed, when, to whom and under which policy, in a chain that shows changes.

Light to import: no pydantic, no cryptography.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from needful.ledger.chain import Verification
from needful.ledger.sqlite import SqliteLedger, Stored
from needful.ports import Ledger

if TYPE_CHECKING:
    from needful.keys import Keys

__all__ = ["SqliteLedger", "Stored", "Verification", "default_path", "open_ledger"]


def default_path() -> Path:
    """Where the ledger lies by default: `$NEEDFUL_LEDGER`, else `ledger.db` in the user's state directory."""
    given = os.environ.get("NEEDFUL_LEDGER")
    if given:
        return Path(given).expanduser()
    from needful.keys import state_directory  # imports cryptography, which a writer does not need

    return state_directory() / "ledger.db"


def open_ledger(
    ledger: str | os.PathLike[str] | Ledger | None = None,
    keys: Keys | None = None,
    on_checkpoint: Callable[[str], None] | None = None,
) -> Ledger:
    """Return the ledger itself, the one at this path, or the default one. Raises `LedgerError`.

    With `keys`, one that is opened here signs checkpoints, and `on_checkpoint` gets each.
    """
    if ledger is not None and not isinstance(ledger, (str, os.PathLike)):
        return ledger
    return SqliteLedger(default_path() if ledger is None else ledger, keys=keys, on_checkpoint=on_checkpoint)
