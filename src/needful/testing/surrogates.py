"""Made-up values without a library: for tests that must not need one."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["PlainSurrogates"]

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class PlainSurrogates:
    """Fakes of lower-case letters, as many as the value has characters: a `needful.ports.Surrogates`."""

    fingerprint = "plain-surrogates"

    def fake(self, entity: str, value: str, language: str, draw: Callable[[str], bytes]) -> str:
        """Return letters drawn for the value, never the value itself."""
        drawn = draw(f"{entity}:{value.casefold()}")
        fake = "".join(LETTERS[drawn[index % len(drawn)] % 26] for index in range(len(value)))
        return fake if fake != value else fake[:-1] + LETTERS[(LETTERS.index(fake[-1]) + 1) % 26]
