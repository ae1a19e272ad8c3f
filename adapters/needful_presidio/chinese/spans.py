"""From tokens to spans: names of several parts, organisations and places by their endings, addresses as one."""

from __future__ import annotations

from collections.abc import Sequence

from needful_presidio.chinese.clues import DOTS
from needful_presidio.chinese.endings import Piece, organisation, place
from needful_presidio.chinese.words import words

__all__ = ["Span", "spans"]

Span = tuple[int, int, str, float]
"""Start, end (code points), entity, score."""

_PERSONS = {"P": 0.85, "F": 0.85, "p": 0.75, "f": 0.7, "j": 0.75, "e": 0.7, "g": 0.5}
_OTHER_PART, _NOBLE_NAME, _LATIN_NAME, _LATIN_WORD = 0.6, 0.55, 0.6, 0.45
_ORGANISATION, _ENDING, _PLACE = 0.8, 0.7, 0.8
_NUMBERED, _NOBLE, _NO_NOBLE = words("numbered"), words("noble"), words("no noble")
_HYPHENS = "-－=＝"
_LONGEST_LATIN = 9
_SPECIES = "学名"


def spans(pieces: Sequence[Piece]) -> list[Span]:
    """Return the spans of a text, in order and apart from each other."""
    found: list[Span] = []
    index = 0
    while index < len(pieces):
        span, index = _at(pieces, index)
        if span:
            _add(found, span)
    return found


def _at(pieces: Sequence[Piece], index: int) -> tuple[Span | None, int]:
    """Return the span that begins, or whose ending stands, at a piece, and the piece to go on with."""
    piece = pieces[index]
    by_ending = organisation(pieces, index)
    if by_ending:
        return (*by_ending, "ORGANIZATION", _ENDING), index + 1
    if piece.kind == "O":
        return (piece.start, piece.end, "ORGANIZATION", _ORGANISATION), index + 1
    where = place(pieces, index)
    if where:
        first, last = where
        score = _PLACE if first == last and piece.kind == "L" else _ENDING
        return (pieces[first].start, pieces[last].end, "LOCATION", score), last + 1
    if piece.kind in _PERSONS or (_is_dot(pieces, index + 1) and piece.kind not in "-D "):
        return _person(pieces, index)
    return _latin(pieces, index) if piece.kind == "W" else _titled(pieces, index)


def _add(found: list[Span], span: Span) -> None:
    """Add a span. What it reaches back over becomes part of it; places that touch become one."""
    start, end, entity, score = span
    while found and found[-1][1] > start:
        start = min(start, found.pop()[0])
    if found and found[-1][1] == start and found[-1][2] == entity == "LOCATION":
        start = found.pop()[0]
    found.append((start, end, entity, score))


def _is_dot(pieces: Sequence[Piece], index: int) -> bool:
    return index < len(pieces) and pieces[index].text in tuple(DOTS)


def _person(pieces: Sequence[Piece], index: int) -> tuple[Span, int]:
    last = index
    while (step := _more(pieces, last)) is not None:
        last = step
    score = _PERSONS.get(pieces[index].kind, _OTHER_PART)
    return (pieces[index].start, pieces[last].end, "PERSON", score), last + 1


def _more(pieces: Sequence[Piece], last: int) -> int | None:
    """Return the last piece of one more part of a name: after a dot or hyphen, another foreign part, a number."""
    after = pieces[last + 1 : last + 3]
    if not after:
        return None
    both = pieces[last].kind + after[0].kind
    if after[0].text in _NUMBERED or both in ("FF", "Ff", "fF", "ff", "jj"):
        return last + 1
    if len(after) < 2 or after[1].kind in "- D":
        return None
    hyphen = after[0].text in tuple(_HYPHENS) and pieces[last].kind in "Ff" and after[1].kind in "Ff"
    return last + 2 if hyphen or _is_dot(pieces, last + 1) else None


def _latin(pieces: Sequence[Piece], index: int) -> tuple[Span | None, int]:
    """Take capitalised Latin words for a name: more surely where there are two than where there is one."""
    last, count = index, 0
    for position in range(index, min(len(pieces), index + _LONGEST_LATIN)):
        piece = pieces[position]
        if piece.kind == "W" and _capitalised(piece.text):
            last, count = position, count + 1
        elif position == index or piece.text not in (" ", ".", "-", "’", "'", *DOTS):
            break
    if not count or (count == 1 and (len(pieces[index].text) < 3 or not _after_name(pieces, index))):
        return None, last + 1
    if _is_work(pieces, index):
        return None, last + 1
    score = _LATIN_NAME if count > 1 else _LATIN_WORD
    return (pieces[index].start, pieces[last].end, "PERSON", score), last + 1


def _capitalised(word: str) -> bool:
    return word[0].isupper() and (len(word) == 1 or not word.isupper())


def _after_name(pieces: Sequence[Piece], index: int) -> bool:
    """Tell whether one word may be a name: not where it explains in brackets what is none."""
    if pieces[index - 1].text not in ("（", "(") or index == 0:
        return True
    return index > 1 and pieces[index - 2].kind in "PFpfjeg"


def _is_work(pieces: Sequence[Piece], index: int) -> bool:
    """Tell whether Latin words are the title of a work or the name of a species."""
    before = [piece.text for piece in pieces[max(0, index - 3) : index]]
    return before[-1:] == ["《"] or _SPECIES in before


def _titled(pieces: Sequence[Piece], index: int) -> tuple[Span | None, int]:
    """Take the one or two short words before a title of nobility or religion for a name."""
    for last in (index, index + 1):
        if last + 1 >= len(pieces) or pieces[last].kind not in "NUAQ" or len(pieces[last].text) > 2:
            break
        title = pieces[last + 1]
        if title.text in _NOBLE and pieces[last].text not in _NO_NOBLE:
            return (pieces[index].start, title.end, "PERSON", _NOBLE_NAME), last + 2
    return None, index + 1
