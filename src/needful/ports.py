"""What the core needs from outside: protocols of one to three methods.

An implementation turns every foreign error into one of `needful.errors`, with static text, and raises it after its
`except` block has ended, so that no foreign exception (whose text may quote data) stays in the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from needful.values import Entry, Fetch, Fetched, Receipt, Scalar, Span

__all__ = ["Detector", "Embedder", "Ledger", "Operators", "Store", "Surrogates", "Vault"]


class Store(Protocol):
    """Where records lie."""

    def fetch(self, fetch: Fetch) -> Fetched:
        """Return at most `fetch.limit` records, best first, with no field beyond `fetch.include`.

        Raises `StoreError`.
        """

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Like `fetch`, without blocking the event loop."""


class Detector(Protocol):
    """What finds PII."""

    @property
    def fingerprint(self) -> str:
        """A digest of everything that decides the spans: recognizers, models, versions, settings."""

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return the spans of each text, in the order of the texts.

        Deterministic and safe from several threads. Raises `DetectionError` if any part of the detection of any text
        failed: an empty tuple means that the text was searched and nothing was found.
        """


class Operators(Protocol):
    """Replacements by name, such as presidio-anonymizer's operators."""

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        """Return what replaces `value`. Raises `DetectionError` if the operator fails."""


class Embedder(Protocol):
    """The application's embedding model, with LangChain's method names. Vectors are lists of floats."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text."""

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""


class Ledger(Protocol):
    """Where disclosures are recorded."""

    def append(self, entry: Entry) -> Receipt:
        """Make the entry durable, then return its receipt. Raises `LedgerWriteError`; then nothing may be returned."""


class Surrogates(Protocol):
    """Made-up values."""

    @property
    def fingerprint(self) -> str:
        """Library and version: what decides the fakes."""

    def fake(self, entity: str, value: str, language: str, draw: Callable[[str], bytes]) -> str:
        """Return a made-up value of the same kind, never the value itself.

        `draw` gives 32 keyed bytes for a label: the same bytes for the same label within a scope, and nothing that
        tells the label. Raises `DetectionError`; with code `no-surrogate` where there is nothing to make up.
        """


class Vault(Protocol):
    """Where reversible tokens meet their originals, sealed."""

    def put(self, originals: Mapping[str, str]) -> None:
        """Make token -> original durable, all or none. A token that is there keeps its first original.

        Raises `VaultError`; then nothing that needs them may be released.
        """

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        """Return the originals of those tokens that are there. Raises `VaultError`."""

    def has(self, token: str) -> bool:
        """Whether a token is there. Raises `VaultError`."""
