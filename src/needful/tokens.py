"""What replaces a value.

    [PERSON]                  redacted
    [PERSON:7K3QF2MB]         pseudonymized: 8 characters, one value one token within the scope
    [PERSON#7K3QF2MB9XTD]     hashed: 12 characters, one value one token under the key

The characters are Crockford's base32 of an HMAC-SHA256, so a token tells nothing about its value without the key, and
no recognizer of Presidio fires on one (measured on 1,000).
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator

from needful.folding import skeleton
from needful.keys import Keys
from needful.titles import ALSO_NAMES, OFFICES, TITLES

__all__ = ["Scopes", "Tokens", "canonical_value", "find_tokens", "names_a_value"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PSEUDONYM_LENGTH = 8
HASH_LENGTH = 12

TOKEN = re.compile(r"\[[A-Z][A-Z0-9_]{0,63}(?:[:#][0-9A-Z]{8,16})?\]")


class Tokens:
    """Makes the tokens of one scope: a call, or a conversation that the application names."""

    __slots__ = ("_issued", "_keys", "_scope")

    def __init__(self, keys: Keys, scope: str | None = None, issued: set[str] | None = None) -> None:
        """Without a scope, tokens of this call match no other's. `issued` are those of the scope's earlier calls."""
        self._keys = keys
        self._scope = secrets.token_hex(16) if scope is None else f"named:{scope}"
        self._issued = set() if issued is None else issued

    def redacted(self, entity: str) -> str:
        """The token that only says what stood there."""
        return self._remember(f"[{entity}]")

    def pseudonym(self, entity: str, value: str) -> str:
        """The token of this value within the scope."""
        digest = self._keys.mac("token", self._scope, entity, _one_spelling(entity, value))
        return self._remember(f"[{entity}:{_base32(digest, PSEUDONYM_LENGTH)}]")

    def hashed(self, entity: str, value: str) -> str:
        """The token of this value under the key, the same in every scope."""
        digest = self._keys.mac("hash", entity, _one_spelling(entity, value))
        return self._remember(f"[{entity}#{_base32(digest, HASH_LENGTH)}]")

    def is_own(self, token: str) -> bool:
        """Whether the token was made here or in an earlier call of the scope; a look-alike was not."""
        return token in self._issued

    def _remember(self, token: str) -> str:
        self._issued.add(token)
        return token


class Scopes:
    """What was issued in the scopes that applications name, so that a later turn's question may use earlier tokens.

    Bounded: the scope that was not used for longest is forgotten, and its tokens are look-alikes from then on.
    """

    __slots__ = ("_issued", "_limit", "_lock")

    def __init__(self, limit: int = 1024) -> None:
        """Remember at most `limit` scopes."""
        self._limit = limit
        self._issued: OrderedDict[str, set[str]] = OrderedDict()
        self._lock = threading.Lock()

    def tokens(self, keys: Keys, scope: str | None) -> Tokens:
        """Return the tokens of a named scope, or of a call of its own."""
        if scope is None:
            return Tokens(keys)
        with self._lock:
            issued = self._issued.setdefault(scope, set())
            self._issued.move_to_end(scope)
            while len(self._issued) > self._limit:
                self._issued.popitem(last=False)
        return Tokens(keys, scope, issued)


def find_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and text of everything that has the form of a token, ours or not."""
    for match in TOKEN.finditer(text):
        yield match.start(), match.end(), match.group()


def names_a_value(token: str) -> bool:
    """Whether a token stands for one value (`[PERSON:7K3QF2MB]`), not only for a kind (`[PERSON]`)."""
    return ":" in token or "#" in token


def canonical_value(value: str) -> str:
    """The form under which two spellings are one value: as known values are compared, white space collapsed."""
    return " ".join(skeleton(unicodedata.normalize("NFKC", value)).text.split())


# "Don Keller" is not "Keller": what may be a first name stays.
_BEFORE_NAMES = TITLES - ALSO_NAMES | OFFICES
_POSSESSIVE = re.compile(r"(?<=\w)['’]s?$")


def _one_spelling(entity: str, value: str) -> str:
    """The canonical value; of a person, without title and possessive: `Mr Keller's` and `Keller` are one."""
    canonical = canonical_value(value)
    if entity != "PERSON":
        return canonical
    words = _POSSESSIVE.sub("", canonical).split()
    while len(words) > 1 and _plain(words[0]) in _BEFORE_NAMES:
        words.pop(0)
    return " ".join(words)


def _plain(word: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", word) if not unicodedata.combining(one)).rstrip(".")


def _base32(digest: bytes, length: int) -> str:
    number = int.from_bytes(digest, "big")
    return "".join(ALPHABET[(number >> (5 * position)) & 31] for position in range(length))
