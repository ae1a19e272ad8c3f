"""What a name may look like at a place in a run of Han characters, and what it costs to take it for one.

A name competes with the words of the dictionary: the cheapest way through the run wins (`lattice.py`). The costs of
surnames, given names and foreign sounds are shares in the dictionary; the bases below are what any name of a kind
costs beside them, set by hand and looked at on development text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from needful_presidio.chinese import words as lists
from needful_presidio.chinese.clues import is_title, left, right
from needful_presidio.chinese.tables import Tables

__all__ = ["Names", "Node"]

Node = tuple[int, str, float]
"""End, kind (p surname and given name, f foreign, j Japanese, e ruler, g given name alone), cost."""

_FULL, _SHORT, _ALONE, _NICK, _FOREIGN, _JAPANESE, _RULER, _GIVEN = 2.0, 4.5, 2.0, 7.0, 5.0, 6.0, 8.0, 5.0
_COMPOUND = 4.0
"""A surname of two characters."""
_UNLISTED_SURNAME = 9.0
_RARE = 10.0
"""A character that the dictionary's given names do not have."""
_USUAL = 6.5
"""What a usual character of given names costs at most."""
_COMMON = 11.0
"""What a common word costs at most."""
_WORD_INSIDE = 3.0
"""What a name costs more if surname and first character are a common word ("cold-ness" plus "water")."""
_BETWEEN = 4.0
"""What a character costs more that mostly stands between words."""
_LONGEST_FOREIGN = 9
_NEVER, _NEVER_LAST = lists.characters("never"), lists.characters("never last")
_SELDOM, _OFFICE = lists.characters("seldom"), lists.characters("office")
_LEFT_OUT = ("某", "甲", "乙", "丙", "丁")
"""What judgments put in the place of a given name."""


class Names:
    """The names that may begin at a position. It holds no state of a text."""

    def __init__(self, data: Tables) -> None:
        self._surname = {
            character: data.surname.get(character, _UNLISTED_SURNAME) + _everyday(character)
            for character in lists.SURNAMES
        }
        self._first, self._last, self._sound = data.first, data.last, data.sound
        self._words = data.words

    def at(self, run: str, start: int, before: str, after: str) -> Iterator[Node]:
        """Yield the names that begin at `start`. `before` and `after` are the text around the run."""
        first = run[start]
        clue = left(run, start, before)
        if run[start : start + 2] in lists.COMPOUND_SURNAMES:
            yield from self._chinese(run, start, 2, _COMPOUND - clue, after)
        if first in self._surname:
            yield from self._chinese(run, start, 1, self._surname[first] - clue, after)
        if first in self._sound:
            yield from self._foreign(run, start, clue, after)
        if first in lists.PREFIXES:
            yield from self._nick(run, start, clue, after)
        if first in lists.RULER_STARTS:
            yield from self._ruler(run, start)
        if first in self._first:
            yield from self._given(run, start, clue, after)
        yield from self._japanese(run, start, clue, after)

    def _chinese(self, run: str, start: int, size: int, cost: float, after: str) -> Iterator[Node]:
        """A surname with a title, with what a judgment leaves of a name, with one and with two characters."""
        given = start + size
        if is_title(run, given, after):
            yield given, "p", _ALONE + cost + (_BETWEEN if run[start:given] in _OFFICE else 0.0)
        if given == len(run) or run[given] in _NEVER:
            return
        one = given + 1
        if run[given] == _LEFT_OUT[0]:
            yield (one + 1 if run[one : one + 1] in _LEFT_OUT else one), "p", _ALONE + cost
        if run[given] not in _NEVER_LAST:
            yield one, "p", _SHORT + cost + _part(self._last, run[given]) - right(run, one, after)
        if one < len(run) and run[one] not in _NEVER and run[one] not in _NEVER_LAST:
            price = _FULL + cost + _part(self._first, run[given]) + _part(self._last, run[one])
            yield one + 1, "p", price + self._word_inside(run[start:one]) - right(run, one + 1, after)

    def _word_inside(self, start: str) -> float:
        kind, cost = self._words.get(start, ("", _COMMON))
        return _WORD_INSIDE if cost < _COMMON and kind not in "PFL" else 0.0

    def _foreign(self, run: str, start: int, clue: float, after: str) -> Iterator[Node]:
        price, strong = _FOREIGN - clue, 0
        for end in range(start + 1, min(len(run), start + _LONGEST_FOREIGN) + 1):
            character = run[end - 1]
            cost = self._sound.get(character)
            if cost is None:
                return
            price += cost
            strong += character in lists.STRONG_SOUNDS
            worth = right(run, end, after)
            # Beside a middle dot or a form's label any sounds will do.
            likely = strong * 2 >= end - start or worth > 3 or clue > 3
            if end - start >= 2 and likely and run[start:end] not in lists.NOT_FOREIGN:
                yield end, "f", price - worth

    def _nick(self, run: str, start: int, clue: float, after: str) -> Iterator[Node]:
        """Little Wang, old Li, Ah Qiang."""
        for end in range(start + 2, min(start + 3, len(run)) + 1):
            name = run[start + 1 : end]
            cost = self._surname.get(name) or (_COMPOUND if name in lists.COMPOUND_SURNAMES else self._last.get(name))
            known = name in self._surname or (cost is not None and cost < _USUAL)
            if cost is not None and known and run[start:end] not in self._words:
                yield end, "p", _NICK + cost - clue - right(run, end, after)

    def _japanese(self, run: str, start: int, clue: float, after: str) -> Iterator[Node]:
        size = lists.japanese(run, start)
        price = _JAPANESE - clue + (3.0 * size or 8.0)
        if size:
            yield start + size, "j", price + 2.0 - right(run, start + size, after)
        elif lists.maybe_japanese(run, start):
            size = 2
        else:
            return
        for end in range(start + size + 1, min(len(run), start + size + 3) + 1):
            if run[end - 1] in _NEVER:
                return
            price += 4.0 if run[end - 1] in lists.JAPANESE_GIVEN else 8.0
            yield end, "j", price - right(run, end, after)

    def _ruler(self, run: str, start: int) -> Iterator[Node]:
        match = lists.RULERS.match(run, start)
        if match and match[0] not in self._words:
            yield match.end(), "e", _RULER + 1.5 * len(match[0])

    def _given(self, run: str, start: int, clue: float, after: str) -> Iterator[Node]:
        """A given name alone; the Japanese -rō is one of three characters."""
        second = run[start + 1 : start + 2]
        if run[start + 2 : start + 3] == "郎" and second in tuple("一二三四五六太次又健慎俊幸"):
            yield start + 3, "j", _JAPANESE + 8.0 - clue - right(run, start + 3, after)
        if second in self._last and second not in _NEVER_LAST and run[start : start + 2] not in self._words:
            twice = run[start] == second
            price = _GIVEN + self._last[second] + (0.0 if twice else self._first[run[start]])
            yield start + 2, "g", price - clue - right(run, start + 2, after)


def _everyday(surname: str) -> float:
    if surname in lists.FUNCTION_SURNAMES:
        return _BETWEEN
    return 1.0 if surname in lists.WORDY_SURNAMES else 0.0


def _part(costs: Mapping[str, float], character: str) -> float:
    return costs.get(character, _RARE) + (_BETWEEN if character in _SELDOM else 0.0)
