"""What a worker is made with, and the check that it would find what the owner would.

Keys do not travel: a worker reads its own from the environment variable that the policy names. The recipe does, and
holds nothing of the data.
"""

from __future__ import annotations

import os
import secrets
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from needful.annotation import Annotator
from needful.errors import NeedfulError, PolicyError, StoreError, VaultError
from needful.keys import Keys
from needful_qdrant.layouts import LaidOut, laid_out
from needful_qdrant.worker import Recipe

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

__all__ = ["Equipment", "Setup", "connected", "fault_of", "set_up_failed"]

TIMEOUT = 60
"""Seconds for one request."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a process searches with."""

    keys: Keys
    annotator: Annotator
    layout: LaidOut


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker of a run gets. Holds no key and no data."""

    recipe: Recipe
    run: str
    """A random name of the run."""
    check: str
    names: tuple[str, ...]

    @classmethod
    def made(cls, recipe: Recipe) -> tuple[Setup, Equipment]:
        """Set up the owner of a run, and what its workers get.

        Raises `VaultError` without a key, and what making a detector raises.
        """
        owner, run = _equipped(recipe), secrets.token_hex(8)
        return cls(recipe, run, _key_check(owner.keys, run), owner.annotator.names), owner

    def equip(self) -> Equipment:
        """Set up a worker.

        Raises `VaultError`, code `key-other`, where its key is not the owner's, and `PolicyError`, code
        `detector-other`, where its detectors are not: another version of a library or a model is installed.
        """
        worker = _equipped(self.recipe)
        if _key_check(worker.keys, self.run) != self.check:
            raise VaultError("a worker has another key than the owner", code="key-other")
        if worker.annotator.names != self.names:
            raise PolicyError("a worker has other detectors than the owner", code="detector-other")
        return worker


def connected(recipe: Recipe) -> QdrantClient:
    """Make a client of the recipe's server; the API key is in `$QDRANT_API_KEY`. Raises `StoreError`."""
    from qdrant_client import QdrantClient

    try:
        with warnings.catch_warnings():
            # A key over plain http is the user's choice; the client's warning would show a line of source code.
            warnings.simplefilter("ignore")
            key = os.environ.get("QDRANT_API_KEY") or None
            return QdrantClient(url=recipe.server, api_key=key, check_compatibility=False, timeout=TIMEOUT)
    except Exception:  # noqa: BLE001 - its text may quote what it was given
        pass
    raise StoreError("the server's URL cannot be used", code="server-url", hint="https://host:6333")


def fault_of(error: Exception) -> str:
    """What is said of an error to the owner: a code of ours. The text of a foreign error may quote data."""
    return error.code if isinstance(error, NeedfulError) else "worker-fault"


def set_up_failed(code: str) -> NeedfulError:
    """The owner's error for a worker that could not be set up."""
    hint = "every node needs the policy's key in its environment and the same versions as the owner"
    return NeedfulError("a Ray worker could not be set up", code=code, hint=hint)


def _equipped(recipe: Recipe) -> Equipment:
    annotator = recipe.annotator()
    return Equipment(recipe.keys, annotator, laid_out(annotator, recipe.policy.layout))


def _key_check(keys: Keys, run: str) -> str:
    """What says that two keys are one, and nothing of the key: 16 hex digits."""
    return keys.mac("ray-key", run)[:8].hex()
