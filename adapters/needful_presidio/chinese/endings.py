"""Organisations and places by how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from needful_presidio.chinese.clues import ROLES
from needful_presidio.chinese.words import LISTS, characters, words

__all__ = ["Piece", "organisation", "place"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A token of the whole text. Kinds beside those of the tables: W a Latin word, D digits, " " blanks, - the rest."""

    start: int
    end: int
    kind: str
    text: str


_ORGANISATIONS = tuple(sorted(LISTS["organisation endings"], key=lambda ending: (-len(ending), ending)))
_PROPER_ONLY, _NAMED, _GENERIC = words("proper only"), words("named"), words("generic")
_WEAK, _MODIFIERS, _STOPS = words("weak endings"), words("modifiers"), words("stops")
_PROPER = frozenset("LPFOpfjeWUg")
"""Kinds that are, or may be, a proper name."""
_LIMITED = "有限公司"
"""What stands only after the name of a company: before it even adjectives and verbs are part of one."""
_MOST_PIECES = 10

_PLACES, _WEAK_PLACES = words("place endings"), words("weak place endings")
_STREETS, _GENERIC_PLACES = words("streets"), words("generic places")
_DOOR, _HAMLETS, _PARTS = words("door"), characters("hamlets"), words("address parts")
_FOREIGN_PLACES = frozenset("州省市县镇区岛湾河湖城港郡堡山海")


def organisation(pieces: Sequence[Piece], index: int) -> tuple[int, int] | None:
    """Return start and end, in code points, of the organisation whose ending this piece is."""
    piece = pieces[index]
    ending = next((one for one in _ORGANISATIONS if piece.text.endswith(one)), None) if piece.kind in "NOVLX" else None
    if ending is None:
        return None
    first, proper = _reach(pieces, index, loose=piece.text.endswith(_LIMITED))
    alone = first == index
    strict = ending in _PROPER_ONLY
    if ending in _WEAK and _half(pieces, first, index):
        return None
    if alone and (strict or len(piece.text) - len(ending) < 2):
        return None
    named = piece.text == ending and ending in _NAMED and pieces[index - 1].text not in _GENERIC
    if strict and not proper and not named:
        return None
    if not proper and piece.end - pieces[first].start < len(ending) + 2:
        return None
    return pieces[first].start, piece.end


def _half(pieces: Sequence[Piece], first: int, index: int) -> bool:
    """Tell whether a weak ending is the first half of a longer word: "insurance" of "insurance contract"."""
    after = pieces[index + 1].kind if index + 1 < len(pieces) else "-"
    return index - first > 2 or after in "NVOp"


def _reach(pieces: Sequence[Piece], index: int, *, loose: bool) -> tuple[int, bool]:
    """Go left over what may be part of an organisation's name; tell whether a proper name is among it."""
    first, proper = index, False
    for position in range(index - 1, max(-1, index - 1 - _MOST_PIECES), -1):
        piece = pieces[position]
        if piece.text in _STOPS or piece.text in ROLES:
            break
        invented = loose and piece.kind in "AVM"
        if piece.kind not in _PROPER and piece.kind not in "NQ" and piece.text not in _MODIFIERS and not invented:
            break
        first, proper = position, proper or piece.kind in _PROPER
    return first, proper


def place(pieces: Sequence[Piece], index: int) -> tuple[int, int] | None:
    """Return the first and the last piece of the place that begins here, its address included."""
    last = _numbered_street(pieces, index)
    if last is None:
        last = _named_place(pieces, index)
    return None if last is None else (index, _address(pieces, last))


def _named_place(pieces: Sequence[Piece], index: int) -> int | None:
    """Return the last piece of the place's name that begins here."""
    piece = pieces[index]
    if _ends_as_place(piece):
        return index
    if piece.kind in "LPFpfUjg":
        last = _ending(pieces, index + 1, _PLACES)
        return index if last is None and piece.kind == "L" else last
    if piece.kind in "NQA" and len(piece.text) <= 2 and piece.text not in _STOPS:
        return _plain(pieces, index)
    return None


def _numbered_street(pieces: Sequence[Piece], index: int) -> int | None:
    """Return the piece that ends in "street": at most the fourth from here, with a number and "No." after it."""
    for last in range(index, min(len(pieces) - 2, index + 4)):
        piece = pieces[last]
        if (piece.kind in "X-D W" or piece.text in _STOPS) and piece.text not in _PARTS:
            return None
        if piece.text[-1] in "路街巷道弄" and piece.end - pieces[index].start > 2 and pieces[last + 1].kind == "D":
            return last if pieces[last + 2].text in _DOOR else None
    return None


def _ends_as_place(piece: Piece) -> bool:
    """Tell whether what was taken for a person is a place: foreign sounds before "city", a family's village."""
    if piece.kind in "Ff":
        return len(piece.text) > 2 and piece.text[-1] in _FOREIGN_PLACES
    if piece.kind not in "pj" or len(piece.text) != 3:
        return False
    return piece.text[-1] in "镇县村街区" or (piece.text[1] == "家" and piece.text[2] in _HAMLETS)


def _ending(pieces: Sequence[Piece], index: int, endings: frozenset[str]) -> int | None:
    return index if index < len(pieces) and pieces[index].text in endings else None


def _plain(pieces: Sequence[Piece], index: int) -> int | None:
    """A word of two characters, or two that are no word, and then an ending that stands for places alone."""
    piece = pieces[index]
    if len(piece.text) == 2:
        return _ending(pieces, index + 1, _STREETS) if piece.kind == "N" and piece.text not in _GENERIC_PLACES else None
    second = pieces[index + 1] if index + 1 < len(pieces) else piece
    if second.kind not in "NQAU" or len(second.text) > 1:
        return None
    return _ending(pieces, index + 2, _PLACES - _WEAK_PLACES)


def _address(pieces: Sequence[Piece], last: int) -> int:
    """Go on over the rest of an address: district, road 5, building 2, room 301."""
    while True:
        ends = range(last + 1, min(len(pieces), last + 5))
        step = next((end for end in ends if _is_part(pieces[last + 1 : end + 1])), None)
        if step is None:
            return last
        last = step


def _is_part(parts: Sequence[Piece]) -> bool:
    """Tell whether these pieces are one more part of an address."""
    *names, ending = parts
    if names and all(part.kind in "DM" for part in names):
        return ending.text in _DOOR
    if any(part.kind not in "LPFNQAUpfjgV" or part.text in _STOPS for part in names):
        return False
    size = ending.end - parts[0].start
    if not names:
        return 3 <= size <= 6 and ending.text[-1] in _PARTS and ending.kind in "LNpj"
    return size <= 6 and ending.text in _PARTS
