"""Made-up tokens and originals, and what the vault's tests do with a vault."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from needful.errors import VaultError
from needful.keys import Keys
from needful.vault import SqliteVault

KEYS = Keys(bytes(range(32)))
ANNA = "[PERSON:7K3QF2MB9XTD]"
BRUNO = "[PERSON:0A1B2C3D4E5F]"


def make_vault(path: Path, count: int = 0, **settings: Any) -> SqliteVault:
    """Return a vault that holds `numbered(count)`."""
    vault = SqliteVault(path, KEYS, **settings)
    vault.put(numbered(count))
    return vault


def numbered(count: int, first: int = 0) -> dict[str, str]:
    """Return so many tokens with their originals."""
    return {f"[PERSON:{number:012}]": f"person number {number}" for number in range(first, first + count)}


def code_of(call: Callable[[], object]) -> str:
    """Return the code of the error that a call raises; nothing foreign may hang on it."""
    with pytest.raises(VaultError) as caught:
        call()
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value.code


def refusal(vault: SqliteVault) -> str:
    """Return the code with which a vault refuses to take a new token."""
    return code_of(lambda: vault.put({"[PERSON:REFVSEDREFVS]": "Carla"}))


def tamper(path: Path, *statements: str) -> None:
    """Change a vault's file behind the vault's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        Path(name).chmod(0o700)


@contextmanager
def as_nobody(*paths: Path) -> Iterator[None]:
    """Run as a user who may read these paths and write none: root may write everything."""
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
