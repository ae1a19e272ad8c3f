"""Batches on their way to workers and back: sealed, because Ray spills its objects to disk as they are.

AES-256-GCM under a key of its own (needful.keys), bound to the run, the batch and the direction, so that no batch can
be passed off as another or as its own answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from needful.annotations import KEY
from needful.errors import VaultError
from needful.keys import Keys
from needful_qdrant.layouts import Annotation, Group, Stored

__all__ = ["Sealer"]

LABEL = "ray-batch"


class Sealer:
    """Seals and opens the batches of one run."""

    def __init__(self, keys: Keys, run: str) -> None:
        self._keys = keys
        self._run = run

    def job(self, number: int, groups: Sequence[Group]) -> bytes:
        """Seal what is to be searched: ids and payloads, without the spans that are there."""
        return self._sealed(["job", number], [[[point.id, _bare(point)] for point in group] for group in groups])

    def groups(self, number: int, job: bytes) -> list[Group]:
        """Open a job. Raises `VaultError`, code `unseal`."""
        return [tuple(Stored(*point) for point in group) for group in self._opened(["job", number], job)]

    def answer(self, number: int, found: Sequence[list[Annotation] | None]) -> bytes:
        """Seal what was found."""
        return self._sealed(["answer", number], found)

    def found(self, number: int, answer: bytes) -> list[list[Annotation] | None]:
        """Open an answer. Raises `VaultError`, code `unseal`."""
        found: list[list[Annotation] | None] = self._opened(["answer", number], answer)
        return found

    def _sealed(self, what: list[Any], data: Any) -> bytes:
        # Lone surrogates may be in a payload: JSON escapes them, UTF-8 would refuse them.
        return self._keys.seal(LABEL, json.dumps(data).encode("ascii"), self._bound_to(what))

    def _opened(self, what: list[Any], sealed: bytes) -> Any:
        plain = self._keys.unseal(LABEL, sealed, self._bound_to(what))
        try:
            return json.loads(plain)
        except ValueError:
            pass
        raise VaultError("what was sealed is no batch", code="unseal")

    def _bound_to(self, what: list[Any]) -> bytes:
        return json.dumps([self._run, *what]).encode()


def _bare(point: Stored) -> dict[str, Any]:
    return {**point.payload, KEY: {key: value for key, value in point.own.items() if key != "spans"}}
