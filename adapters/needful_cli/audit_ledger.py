"""How the commands of `needful audit` come to a ledger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from needful.errors import LedgerError
from needful_cli.failures import usage_error

if TYPE_CHECKING:
    from needful.keys import Keys
    from needful.ledger import SqliteLedger

__all__ = ["existing", "keys_of", "place_of"]


def place_of(given: Path | None) -> Path:
    """Where the ledger lies: the file that was given, else the default one."""
    from needful.ledger import default_path

    return given or default_path()


def existing(given: Path | None, keys: Keys | None = None) -> SqliteLedger:
    """Open a ledger that is there: reading must not make an empty one, which would verify. Raises `LedgerError`.

    With `keys`, what is written to it is signed.
    """
    from needful.ledger import SqliteLedger

    place = place_of(given)
    if not place.exists():
        raise LedgerError("there is no ledger", code="ledger-missing", hint="name it with --ledger or NEEDFUL_LEDGER")
    return SqliteLedger(place, keys=keys)


def keys_of() -> Keys:
    """The keys of this machine. Raises `UsageProblems` where there are none: none could have signed anything."""
    from needful.keys import DEFAULT_VARIABLE, Keys, state_directory

    if not os.environ.get(DEFAULT_VARIABLE) and not (state_directory() / "key").exists():
        raise usage_error("there is no key here", f"set {DEFAULT_VARIABLE} to the key of whoever writes the ledger")
    return Keys.load()
