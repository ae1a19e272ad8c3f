"""How a value may look inside other formats: what a leak probe searches for. All forms are case-folded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

__all__ = ["Forms", "Searched", "forms_of"]

SURE = 8
"""Shortest base64 that is looked for: a shorter one stands in many texts by chance."""

HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
"""Unkeyed, so that whoever guesses the value can tell: as good as the value where values are few."""

_DIGESTS = re.compile(r"[0-9a-z+/_\-]{22,}")
"""What may hold a digest, in hexadecimal or base64 without its case: 128 bits make 22 characters."""


class Forms:
    """The forms of one value: those to look for anywhere, and digests, which stand in long rows of characters only."""

    __slots__ = ("anywhere", "digests")

    def __init__(self, value: str) -> None:
        self.anywhere = frozenset(_disguises(value))
        self.digests = frozenset(_hashes(value))


class Searched:
    """A text to search, folded once; its long rows of letters and digits apart."""

    __slots__ = ("_rows", "_texts")

    def __init__(self, text: str) -> None:
        folded = text.casefold()
        self._texts = [folded]
        if not text.isascii():
            normalized = unicodedata.normalize("NFKC", text).casefold()
            self._texts += [normalized] if normalized != folded else []
        self._rows = "\n".join(_DIGESTS.findall(folded))

    def has(self, forms: Forms) -> bool:
        """Whether any form of a value stands in the text."""
        anywhere = any(form in text for text in self._texts for form in forms.anywhere)
        return anywhere or any(digest in self._rows for digest in forms.digests)


@lru_cache(maxsize=20_000)
def forms_of(value: str) -> Forms:
    """Return the forms of a value."""
    return Forms(value)


def _disguises(value: str) -> Iterator[str]:
    """Bytes are looked at as Latin-1, one character each."""
    data = value.encode("utf-8", "surrogatepass")
    yield value.casefold()
    yield value[::-1].casefold()
    yield unicodedata.normalize("NFKC", value).casefold()
    yield json.dumps(value)[1:-1].casefold()
    yield repr(value)[1:-1].casefold()
    yield quote(value, safe="", errors="replace").casefold()
    yield data.hex()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield value.encode(encoding, "surrogatepass").decode("latin-1").casefold()
    for encoded in _base64(data):
        if len(encoded) >= SURE:
            yield encoded.casefold()
            yield encoded.replace("+", "-").replace("/", "_").casefold()


def _base64(data: bytes) -> Iterator[str]:
    """What base64 of a longer text has in it where the data begins at each of the three places in a group of bytes."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        # A character of base64 is 6 bits; those that also hold bits of a neighbour are not sure.
        yield encoded[-(-8 * before // 6) : 8 * (before + len(data)) // 6]


def _hashes(value: str) -> Iterator[str]:
    """Digests of the value as it is, in small letters, and without what groups it; in hexadecimal and base64."""
    spellings = {value, value.casefold(), value.strip(), re.sub(r"[\s\-./]", "", value)}
    for spelling in spellings:
        data = spelling.encode("utf-8", "surrogatepass")
        for name in HASHES:
            digest = hashlib.new(name, data, usedforsecurity=False).digest()
            yield digest.hex()
            encoded = base64.b64encode(digest).decode().rstrip("=")
            yield encoded.casefold()
            yield encoded.replace("+", "-").replace("/", "_").casefold()
