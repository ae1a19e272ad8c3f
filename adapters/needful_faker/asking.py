"""What a fake is asked for, and the keyed dice that it is thrown with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from needful.errors import DetectionError
from needful.folding import skeleton

__all__ = ["Asked", "Dice", "Draw", "canonical", "cased", "nothing_to_replace", "visible"]

Draw = Callable[[str], bytes]
"""Label to 32 keyed bytes, always the same ones."""

_BYTES = 4


class Dice:
    """A row of numbers that begins with 32 keyed bytes and goes on with their digests. For one fake, in one thread."""

    __slots__ = ("_at", "_row")

    def __init__(self, seed: bytes) -> None:
        self._row = seed
        self._at = 0

    def below(self, limit: int) -> int:
        """The next number from 0 up to, but not, `limit`."""
        if self._at + _BYTES > len(self._row):
            self._row = sha256(self._row).digest()
            self._at = 0
        drawn = int.from_bytes(self._row[self._at : self._at + _BYTES], "big")
        self._at += _BYTES
        return drawn % limit

    def other(self, number: int, limit: int) -> int:
        """A number below `limit` that is not `number`."""
        return (number + 1 + self.below(limit - 1)) % limit

    def pick(self, candidates: Sequence[str], avoid: Container[str] = (), own: str = "") -> str:
        """One of the candidates, whose canonical form is none to avoid; where all are, at least not `own`.

        Raises `DetectionError` if there is none.
        """
        start = self.below(len(candidates)) if candidates else 0
        turned = (candidates[(start + step) % len(candidates)] for step in range(len(candidates)))
        second: str | None = None
        for candidate in turned:
            word = canonical(candidate)
            if word != own and word not in avoid:
                return candidate
            if word != own and second is None:
                second = candidate
        if second is None:
            raise nothing_to_replace()
        return second


@dataclass(frozen=True, slots=True)
class Asked:
    """One value to fake. Raw."""

    entity: str
    value: str = field(repr=False)
    language: str
    draw: Draw = field(repr=False)
    attempt: int = 0
    """How many fakes were the value itself."""

    def dice(self, kind: str, what: str) -> Dice:
        """The dice for a canonical part of the value: the same ones wherever it stands."""
        again = f"~{self.attempt}" if self.attempt else ""
        return Dice(self.draw(f"{kind}{again}:{what}"))


def nothing_to_replace() -> DetectionError:
    """What is raised where a value has no part that a fake could differ in."""
    return DetectionError("a value has no surrogate", code="no-surrogate", hint="use redact or pseudonymize")


_MARKS = re.compile("[\u0300-\u036f]+")
# As they are written where only ASCII is at hand, in e-mail addresses above all.
_WRITTEN_OUT = re.compile("([aou])\u0308")


def canonical(word: str) -> str:
    """The form under which spellings of one word are one: no case, no accents, umlauts written out."""
    if word.isascii():
        return word.lower()
    folded = skeleton(unicodedata.normalize("NFKC", word)).text
    folded = _WRITTEN_OUT.sub(r"\1e", folded).replace("ø", "oe").replace("æ", "ae").replace("ł", "l")
    return _MARKS.sub("", folded)


def cased(model: str, fake: str) -> str:
    """Write a fake the way the model is: in capitals, in small letters, or as it is."""
    if len(model) > 1 and model.isupper():
        return fake.upper()
    return fake.lower() if model.islower() else fake


def visible(value: str) -> str:
    """Compose accents, and leave out what cannot be seen, and marks that stay alone.

    A sign in the middle would hide a word from its own draw, and a mark would stay where its letter is replaced.
    """
    if value.isascii():
        return value
    return "".join(_seen(unicodedata.normalize("NFC", value)))


def _seen(characters: Iterable[str]) -> Iterable[str]:
    for one in characters:
        category = unicodedata.category(one)
        if category[0] not in "CM" or one in "\n\r\t":
            yield one
