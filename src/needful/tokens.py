"""What replaces a value.

    [PERSON]                  redacted
    [PERSON:7K3QF2MB]         pseudonymized: 8 characters, one value one token within the scope
    [PERSON:7K3QF2MB9XTD]     pseudonymized, lasting: 12 characters, one value one token under the key, in the vault
    [PERSON#7K3QF2MB9XTD]     hashed: 12 characters, one value one token under the key

The characters are Crockford's base32 of an HMAC-SHA256, so a token tells nothing about its value without the key, and
no recognizer of Presidio fires on one (measured on 1,000).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from needful.folding import skeleton
from needful.forking import fork_safe_lock
from needful.keys import Keys
from needful.titles import ALSO_NAMES, OFFICES, TITLES

__all__ = [
    "Scopes",
    "Tokens",
    "canonical_value",
    "entity_of_token",
    "find_tokens",
    "is_lasting",
    "names_a_value",
]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PSEUDONYM_LENGTH = 8
HASH_LENGTH = 12
LASTING_LENGTH = 12

LASTING = re.compile(rf"\[[A-Z][A-Z0-9_]{{0,63}}:[0-9A-Z]{{{LASTING_LENGTH}}}\]")
TOKEN = re.compile(r"\[[A-Z][A-Z0-9_]{0,63}(?:[:#][0-9A-Z]{8,16})?\]")


class Tokens:
    """Makes the tokens of one scope: a call, or a conversation that the application names."""

    __slots__ = ("_issued", "_kept", "_keys", "_lasting", "_scope")

    def __init__(
        self,
        keys: Keys,
        scope: str | None = None,
        issued: set[str] | None = None,
        kept: Callable[[str], bool] | None = None,
    ) -> None:
        """Without a scope, tokens of this call match no other's.

        `issued` are those of the scope's earlier calls; `kept` says whether the vault has a lasting token.
        """
        self._keys = keys
        self._kept = kept
        self._lasting: dict[str, str] = {}
        self._scope = secrets.token_hex(16) if scope is None else f"named:{scope}"
        self._issued = set() if issued is None else issued

    def redacted(self, entity: str) -> str:
        """The token that only says what stood there."""
        return self._remember(f"[{entity}]")

    def pseudonym(self, entity: str, value: str) -> str:
        """The token of this value within the scope."""
        digest = self._keys.mac("token", self._scope, entity, _one_spelling(entity, value))
        return self._remember(f"[{entity}:{_base32(digest, PSEUDONYM_LENGTH)}]")

    def lasting(self, entity: str, value: str) -> str:
        """The token of this value under the key, the same in every scope; `originals` has what the vault must keep."""
        digest = self._keys.mac("lasting", entity, _one_spelling(entity, value))
        token = self._remember(f"[{entity}:{_base32(digest, LASTING_LENGTH)}]")
        self._lasting.setdefault(token, value)
        return token

    @property
    def originals(self) -> Mapping[str, str]:
        """Lasting tokens that were made here, and the values they stand for. Raw."""
        return self._lasting

    def draw(self, label: str) -> bytes:
        """What chooses surrogates: 32 keyed bytes for a label, the same for the same label within the scope."""
        return self._keys.mac("surrogate", self._scope, label)

    def hashed(self, entity: str, value: str) -> str:
        """The token of this value under the key, the same in every scope."""
        digest = self._keys.mac("hash", entity, _one_spelling(entity, value))
        return self._remember(f"[{entity}#{_base32(digest, HASH_LENGTH)}]")

    def is_own(self, token: str) -> bool:
        """Whether the token was made here or in an earlier call of the scope; a look-alike was not."""
        return token in self._issued or (self._kept is not None and is_lasting(token) and self._kept(token))

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
        self._lock = fork_safe_lock()

    def tokens(self, keys: Keys, scope: str | None, kept: Callable[[str], bool] | None = None) -> Tokens:
        """Return the tokens of a named scope, or of a call of its own. `kept` is as in `Tokens`."""
        if scope is None:
            return Tokens(keys, kept=kept)
        with self._lock:
            issued = self._issued.setdefault(scope, set())
            self._issued.move_to_end(scope)
            while len(self._issued) > self._limit:
                self._issued.popitem(last=False)
        return Tokens(keys, scope, issued, kept)


def find_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and text of everything that has the form of a token, ours or not."""
    for match in TOKEN.finditer(text):
        yield match.start(), match.end(), match.group()


def is_lasting(token: str) -> bool:
    """Whether a token has the form of a lasting one, which `restore` can turn back."""
    return LASTING.fullmatch(token) is not None


def entity_of_token(token: str) -> str:
    """The entity that a token names."""
    return re.split("[:#]", token.strip("[]"), maxsplit=1)[0]


def names_a_value(token: str) -> bool:
    """Whether a token stands for one value (`[PERSON:7K3QF2MB]`), not only for a kind (`[PERSON]`)."""
    return ":" in token or "#" in token


def canonical_value(value: str) -> str:
    """The form under which two spellings are one value: as known values are compared, white space collapsed."""
    return " ".join(skeleton(unicodedata.normalize("NFKC", value)).text.split())


# "Don Keller" is not "Keller": what may be a first name stays.
_BEFORE_NAMES = TITLES - ALSO_NAMES | OFFICES
_POSSESSIVE = re.compile(r"(?<=\w)['’]s?$")


# What is written in groups here and without them there, and is one number all the same.
_GROUPED = re.compile(r"(?:.*_)?(?:NUMBER|CODE|CARD|SSN|IBAN|ID)|CREDIT_CARD|IBAN_CODE")
_SEPARATORS = re.compile(r"[\s\-./]")


def _one_spelling(entity: str, value: str) -> str:
    """The canonical value; of a person, without title and possessive: `Mr Keller's` and `Keller` are one.

    Of a number that identifies, without what groups it: `DE89 3704 0044…` and `DE8937040044…` are one.
    """
    canonical = canonical_value(value)
    if _GROUPED.fullmatch(entity):
        return _SEPARATORS.sub("", canonical) or canonical
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
