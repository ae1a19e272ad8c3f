"""Initials alone: with dots in any text, as signatures are written in the texts of the record that names the person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from needful.folding import skeleton
from needful.mentions.reading import Reading, plain
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Initials", "has_initials"]

_ABBREVIATIONS = frozenset(
    """
ad am bc bs ca cc co dc eg eu hr id ie it la ma md na no nr ny ok pa pc pm po pr ps tv uk un us usa vs
""".split()
)
"""Abbreviations that are initials in their owner's record at most, and the first of them nowhere."""
_NEVER = frozenset("am pm eg ie ps uk us".split())
_CAPITAL = r"[^\W\d_a-z]"
_ASCII_INITIALS = re.compile(r"[A-Z](?:\. ?[A-Z]){1,3}(?=\.)")
_INITIALS = re.compile(rf"{_CAPITAL}(?:\. ?{_CAPITAL}){{1,3}}(?=\.)")
_SIGNING = re.compile(
    r"(?:[(\[/]|\b(?:initials?|signed):? |\b(?:sgd|gez)\.? |(?:^|\s)[-\u2013\u2014] ?)\Z", re.IGNORECASE
)


class Initials:
    """Initials to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._signs: dict[str, dict[Source, set[object]]] = {}
        self._of_owner: dict[object, set[str]] = {}

    def add(self, spelled: Sequence[Sequence[str]], particles: Iterable[str], source: Source, owner: object) -> None:
        """Look for the initials of a name: of all its words, or of the first and one more."""
        letters = [forms[0][0] for forms in spelled]
        for signed in {"".join(letters), *(letters[0] + other for other in (*letters[1:], *particles))}:
            if 2 <= len(signed) <= 4 and signed not in _NEVER:
                self._signs.setdefault(signed, {}).setdefault(source, set()).add(owner)
                self._of_owner.setdefault(owner, set()).add(signed.upper())

    def spans(self, reading: Reading, owner: object) -> Iterator[Span]:
        """Yield the spans of a text, in no order. `owner` is the record that the text is of."""
        if not self._signs:
            return
        for match in _dotted(reading).finditer(reading.text):
            signed = _letters(match[0])
            if not reading.text[match.start() - 1 : match.start()].isalnum():
                for source, owners in self._signs.get(signed, {}).items():
                    if signed not in _ABBREVIATIONS or (owner is not None and owner in owners):
                        yield Span(*match.span(), source.entity, source.score, source.recognizer)
        for written in self._of_owner.get(owner, ()) if owner is not None else ():
            for start, end in _signings(reading.text, written):
                for source, owners in self._signs.get(written.lower(), {}).items():
                    if owner in owners:
                        yield Span(start, end, source.entity, source.score, source.recognizer)

    def may_stand_in(self, text: str, owner: object, *, dotted: bool) -> bool:
        """Whether `spans` could yield any; `dotted` is `has_initials` of the text."""
        if dotted and self._signs:
            return True
        return owner is not None and any(written in text for written in self._of_owner.get(owner, ()))


def has_initials(reading: Reading) -> bool:
    """Whether any initials with dots stand in a text."""
    return _dotted(reading).search(reading.text) is not None


def _dotted(reading: Reading) -> re.Pattern[str]:
    return _ASCII_INITIALS if reading.is_plain else _INITIALS


def _signings(text: str, written: str) -> Iterator[tuple[int, int]]:
    at = text.find(written)
    while at >= 0:
        end = at + len(written)
        if not text[end : end + 1].isalnum() and _SIGNING.search(text[max(0, at - 12) : at]):
            yield at, end
        at = text.find(written, end)


def _letters(dotted: str) -> str:
    return plain(skeleton("".join(filter(str.isalpha, dotted))).text)
