"""Names of people, in the parts and orders in which people write them.

Of "Maria Anna Keller": "Maria Keller", "Keller, Maria", "M. Keller", "MA Keller", "KELLER Maria", "Ms Keller", "Maria",
"Maria K.", "the Kellers". The words of a name are looked up in the text; a word that is found takes in those beside it
that belong to the same name: other words, initials, particles. What stands alone has to look like a name, the more so
the shorter and the more common the word is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from needful.mentions.initials import Initials
from needful.mentions.names import glued, plurals, spellings, taken_apart
from needful.mentions.reading import Reading, Word, is_common
from needful.mentions.sought import CONSISTENCY, Source
from needful.mentions.words import NOUNS
from needful.titles import TITLES
from needful.values import Span

__all__ = ["Persons"]

REACH = 6
"""Words that a name takes in on either side."""

_BETWEEN = re.compile(r"\s{0,3}[,.\-_/(']?\s{0,3}")
_SUFFIX_OF_TITLE = re.compile(r"\.?\s{1,3}\Z")


class Alone(IntEnum):
    """How a word must be written to be a name where nothing else says so. The lowest is the laxest."""

    ANY_CASE = 0
    CAPITAL = 1
    LIKE_A_NAME = 2
    NEVER = 3


@dataclass(slots=True)
class _Part:
    """A word of one or more names: how it must be written, and what may stand beside it. Raw."""

    alone: Alone
    others: set[str]
    particles: set[str]
    initials: set[str]
    before: set[str]
    after: set[str]
    owners: set[object]


@dataclass(frozen=True, slots=True)
class _Name:
    """One name that is looked for. Raw."""

    spelled: tuple[tuple[str, ...], ...]
    particles: frozenset[str]
    source: Source
    owner: object


class Persons:
    """Names to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._uses: dict[str, list[tuple[_Name, int | None, Alone]]] = {}
        self._parts: dict[str, dict[Source, _Part]] = {}
        self._initials = Initials()
        self._hashes: set[int] | None = None

    def add(self, value: str, source: Source, owner: object = None) -> None:
        """Look for the parts of a name; of a found one of a single word, which is an exact value, there are none.

        Initials alone, without dots, are looked for in the owner's texts only.
        """
        words, particles = taken_apart(value)
        strict = source.recognizer == CONSISTENCY
        if not words or (strict and len(words) < 2):
            return
        name = _Name(tuple(map(spellings, words)), particles, source, owner)
        self._parts.clear()
        self._hashes = None
        for at, forms in enumerate(name.spelled):
            is_end = at in (0, len(words) - 1)
            for form in forms:
                if len(form) < 2:
                    continue  # an initial: the words beside it take it in
                alone = _alone(form, strict=strict) if is_end or not strict else Alone.NEVER
                self._uses.setdefault(form, []).append((name, at, alone))
                for plural in plurals(form):
                    self._uses.setdefault(plural, []).append((name, at, max(alone, Alone.CAPITAL)))
        if not strict:
            for one in glued(name.spelled):
                self._uses.setdefault(one, []).append((name, None, Alone.ANY_CASE))
            self._initials.add(name.spelled, {particle[0] for particle in particles}, source, owner)

    def spans(self, reading: Reading, owner: object = None) -> Iterator[Span]:
        """Yield the spans of a text, in no order. `owner` is the record that the text is of."""
        yield from self._initials.spans(reading, owner)
        named = self._uses.keys() & reading.forms if self._uses else frozenset[str]()
        if not named:
            return
        for at in [at for at, form in enumerate(reading.in_order) if form in named]:
            for source, part in self._of(reading.in_order[at]).items():
                if place := _name_at(reading, at, part, own=owner is not None and owner in part.owners):
                    yield source.span(reading, *place)

    def may_stand_in(self, words: frozenset[int], text: str, owner: object, *, dotted: bool) -> bool:
        """Whether `spans` could yield any in a text that is not odd; see `needful.mentions.signs`."""
        if self._hashes is None:
            self._hashes = set(map(hash, self._uses))
        return not self._hashes.isdisjoint(words) or self._initials.may_stand_in(text, owner, dotted=dotted)

    def _of(self, form: str) -> dict[Source, _Part]:
        """What all names that have a word say about it together: a thousand Kellers are looked at once."""
        parts = self._parts.get(form)
        if parts is None:
            parts = self._parts[form] = {}
            for name, at, alone in self._uses[form]:
                part = parts.setdefault(name.source, _Part(alone, set(), set(), set(), set(), set(), set()))
                part.alone = min(part.alone, alone)
                if at is not None:
                    _learn(part, name, at)
        return parts


def _learn(part: _Part, name: _Name, at: int) -> None:
    part.before.update(*name.spelled[:at])
    part.after.update(*name.spelled[at + 1 :])
    part.others |= part.before | part.after
    part.particles |= name.particles
    part.initials.update(forms[0][0] for forms in name.spelled)
    part.initials.update(particle[0] for particle in name.particles)
    part.owners.add(name.owner)


def _alone(form: str, *, strict: bool) -> Alone:
    if len(form) < 3 and form.isascii():
        return Alone.NEVER
    if is_common(form):
        return Alone.CAPITAL if form in NOUNS and not strict else Alone.LIKE_A_NAME
    return Alone.CAPITAL if strict and len(form) < 5 else Alone.ANY_CASE


def _name_at(reading: Reading, at: int, part: _Part, *, own: bool) -> tuple[int, int] | None:
    """The stretch of the name that a word belongs to, or None where the word is no name here."""
    words = reading.words
    word = words[at]
    if reading.is_in_mail(word.start) or reading.cuts(word.start, word.end):
        return None
    first, named = _reach(reading, at, part, -1)
    last, also_named = _reach(reading, at, part, +1)
    place = words[first].start, words[last].end
    if part.alone is Alone.ANY_CASE:
        return place
    if not reading.is_capital(word):
        return None
    if part.alone is Alone.CAPITAL or named or also_named or _has_title(reading, first) or reading.is_all(*place):
        return place
    if part.alone is Alone.LIKE_A_NAME:
        return place if reading.is_named(word) or _is_possessive(reading, word) else None
    # A surname of two letters is a word of its own only in the record that names it.
    written = reading.written(word.start, word.end)
    return place if own and len(word.form) == 2 and not is_common(word.form) and not written.isupper() else None


def _is_possessive(reading: Reading, word: Word) -> bool:
    return reading.folded.startswith("'s", word.end) and not reading.folded[word.end + 2 : word.end + 3].isalnum()


def _reach(reading: Reading, at: int, part: _Part, step: int) -> tuple[int, bool]:
    """The last word in one direction that belongs to the name, and whether one of those is more than a particle."""
    named = False
    reached = at
    for index in range(at + step, at + step * (REACH + 1), step):
        if not 0 <= index < len(reading.words):
            break
        left, right = sorted((index, index - step))
        if not _joined(reading, reading.words[left], reading.words[right]):
            break
        kind = _belongs(reading, reading.words[index], part, step)
        if kind is None:
            kind = _in_lower_case(reading, at, index, part, step)
        if kind is None:
            break
        # A particle alone ends no name: "Keller, van" is no more than "Keller".
        if kind or step < 0:
            reached = index
        named = named or kind
    return reached, named


def _joined(reading: Reading, left: Word, right: Word) -> bool:
    between = reading.folded[left.end : right.start]
    if reading.is_in_mail(left.start) or reading.is_in_mail(right.start):
        return False
    if between == " ":
        return True
    if not _BETWEEN.fullmatch(between) or between.count("\n") > 1:
        return False
    return "." not in between or len(left.form) <= 2


def _belongs(reading: Reading, word: Word, part: _Part, step: int) -> bool | None:
    """Whether a word beside one of the name is of the name too: True, False for a particle, None if it is not."""
    form = word.form
    if form in part.others and (reading.is_capital(word) or not (is_common(form) or len(form) < 3)):
        return True
    if form in part.particles:
        return False
    if len(form) == 1:
        dotted = reading.folded[word.end : word.end + 1] == "."
        alone = (step < 0 or form not in ("a", "i")) and reading.is_capital(word)
        return True if form in part.initials and (dotted or alone) else None
    written = reading.written(word.start, word.end)
    return True if len(form) <= 4 and written.isupper() and part.initials.issuperset(form) else None


def _in_lower_case(reading: Reading, at: int, index: int, part: _Part, step: int) -> bool | None:
    """A common word beside a rare one, both in lower case and in the order of the name: "robert hill"."""
    beside = part.before if step < 0 else part.after
    word = reading.words[index]
    if part.alone is not Alone.ANY_CASE or word.form not in beside:
        return None
    return True if not (reading.is_capital(reading.words[at]) or reading.is_capital(word)) else None


def _has_title(reading: Reading, first: int) -> bool:
    if first == 0:
        return False
    before, word = reading.words[first - 1], reading.words[first]
    between = reading.folded[before.end : word.start]
    return before.form in TITLES and _SUFFIX_OF_TITLE.fullmatch(between) is not None
