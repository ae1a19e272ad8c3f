"""The vault: where reversible tokens meet their originals, sealed."""

from __future__ import annotations

import os
from pathlib import Path

from needful.keys import Keys, state_directory
from needful.ports import Vault
from needful.vault.sqlite import SqliteVault

__all__ = ["SqliteVault", "default_path", "open_vault"]


def default_path() -> Path:
    """Where the vault lies by default: `$NEEDFUL_VAULT`, else `vault.db` in the user's state directory."""
    given = os.environ.get("NEEDFUL_VAULT")
    return Path(given).expanduser() if given else state_directory() / "vault.db"


def open_vault(vault: str | os.PathLike[str] | Vault | None, keys: Keys) -> Vault:
    """Return the vault itself, the one at this path, or the default one. No file is made or read before it is used."""
    if vault is None:
        return SqliteVault(default_path(), keys)
    return SqliteVault(vault, keys) if isinstance(vault, (str, os.PathLike)) else vault
