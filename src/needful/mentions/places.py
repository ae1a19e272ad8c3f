"""Addresses, whole and in parts, in the orders and abbreviations in which people write them.

Of "12 Main Street, Apt 4B, Springfield, IL 62704": "12 Main St.", "Main Street 12", "12 Main", "Main St", "62704",
"Apt. 4B, 12 Main Street". A street, a postcode or a city is looked up in the text; it takes in what stands beside it
and belongs to the same address. A number, a state or a country alone is no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from needful.folding import skeleton
from needful.mentions.reading import Reading, Word, forms_of, is_common
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Places"]

REACH = 12
"""Words that an address takes in on either side."""

LONGEST = 6
"""Words of a street or a city."""

_SHORT = {
    "st": "street str strasse straat",
    "ave": "avenue av aven avenu avda avenida",
    "rd": "road",
    "dr": "drive drv",
    "ln": "lane",
    "blvd": "boulevard boul bd bvd",
    "ct": "court",
    "pl": "place platz plaza pza piazza",
    "sq": "square",
    "ter": "terrace terr",
    "hwy": "highway",
    "pkwy": "parkway pky",
    "cl": "close",
    "cres": "crescent crs cresc",
    "gdns": "gardens gdn garden",
    "gr": "grove grv",
    "cir": "circle circ",
    "trl": "trail",
    "c": "calle",
    "v": "via",
    "r": "rue rua",
    "apt": "apartment flat unit suite ste app appt apto room rm",
    "fl": "floor og etage stock",
    "bldg": "building",
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "ne": "northeast",
    "nw": "northwest",
    "se": "southeast",
    "sw": "southwest",
    "mt": "mount",
    "ft": "fort",
    "1st": "first",
    "2nd": "second",
    "3rd": "third",
    "4th": "fourth",
    "5th": "fifth",
    "6th": "sixth",
    "7th": "seventh",
    "8th": "eighth",
    "9th": "ninth",
    "10th": "tenth",
}
_CANONICAL = {word: short for short, words in _SHORT.items() for word in words.split()}
_TYPES = frozenset(
    """
st ave rd dr ln blvd ct pl sq ter hwy pkwy cl cres gdns gr cir trl c v r way weg allee gasse ring ufer damm chaussee row
walk hill mews quay path laan plein viale corso paseo camino quai chemin impasse jalan
""".split()
)
_GLUED = re.compile(r"(.{3,})(?:strasse|straat|str)\Z")
_GLUED_SQUARE = re.compile(r"(.{3,})(?:platz)\Z")
_FILLERS = frozenset("apt fl bldg no nr number".split())
_BOXES = frozenset(["pobox", "box", "postfach"])
_COUNTRIES = frozenset(
    """
usa us uk unitedkingdom unitedstates greatbritain england scotland wales ireland germany deutschland austria oesterreich
osterreich switzerland schweiz suisse france italy italia spain espana portugal netherlands nederland belgium belgique
denmark sweden norway finland poland china japan india canada australia brazil brasil mexico turkey turkiye singapore
""".split()
)
_UMLAUT = re.compile("([aou])e")
_PARTS = re.compile(r"[,;\n|]+")
_BETWEEN = re.compile(r"[\s,.;:#/()|\-']{1,5}")
_NUMBER = re.compile(r"\d{1,5}[a-z]?")
_DIGIT = re.compile(r"\d")


@dataclass(slots=True)
class _Beside:
    """What a street, postcode or city needs beside it, where it is looked for, and what may stand beside it."""

    needs_number: bool
    everywhere: bool
    owners: set[object] = field(default_factory=set)
    of_address: set[str] = field(default_factory=set, repr=False)


class Places:
    """Addresses to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._places: dict[str, dict[Source, _Beside]] = {}
        self._beginnings: set[str] = set()

    def add(self, value: str, source: Source, owner: object = None) -> None:
        """Look for an address. Its city alone is looked for in the owner's texts only."""
        whole = [list(map(_short, forms_of(part))) for part in _PARTS.split(skeleton(value).text)]
        parts = [half for part in whole for half in _halves(part)]
        beside = {form for part in parts for form in part}
        beside |= {form.rstrip("abcdefgh") for form in beside if _NUMBER.fullmatch(form)}
        for part in parts:
            for place, needs_number, everywhere in _places(part):
                self._learn(place, source, _Beside(needs_number, everywhere, {owner}, beside))

    def _learn(self, place: str, source: Source, beside: _Beside) -> None:
        known = self._places.setdefault(place, {}).setdefault(source, beside)
        known.needs_number &= beside.needs_number
        known.everywhere |= beside.everywhere
        known.owners |= beside.owners
        known.of_address = known.of_address | beside.of_address
        self._beginnings.add(place[:2])

    def spans(self, reading: Reading, owner: object = None) -> Iterator[Span]:
        """Yield the spans of a text, in no order. `owner` is the record that the text is of."""
        if not self._places:
            return
        forms = list(map(_short, reading.in_order))
        for at, form in enumerate(forms):
            if form[:2] in self._beginnings or len(form) == 1:
                yield from self._at(reading, forms, at, owner)

    def _at(self, reading: Reading, forms: Sequence[str], at: int, owner: object) -> Iterator[Span]:
        glued = ""
        for last in range(at, min(at + LONGEST, len(forms))):
            if last > at and not _joined(reading, last - 1):
                return
            glued += forms[last]
            for source, beside in self._places.get(glued, {}).items():
                first, end = _reach(reading, forms, at, last, beside.of_address)
                if not _fits(reading, forms, (at, last), (first, end), beside, owner):
                    continue
                place = reading.words[first].start, reading.words[end].end
                if not reading.cuts(*place):
                    yield source.span(reading, *place)


def _short(form: str) -> str:
    if len(form) > 4:
        form = _UMLAUT.sub(r"\1", form)
    short = _CANONICAL.get(form)
    if short is not None:
        return short
    if form.endswith(("str", "strasse", "straat")) and (match := _GLUED.match(form)):
        return f"{match[1]}st"
    if form.endswith("platz") and (match := _GLUED_SQUARE.match(form)):
        return f"{match[1]}pl"
    return form


def _places(part: Sequence[str]) -> Iterator[tuple[str, bool, bool]]:
    """Yield what of a part of an address is looked for: the words as one, whether it needs a number, where."""
    words = [form for form in part if not _DIGIT.search(form) and form not in _FILLERS]
    numbers = [form for form in part if _DIGIT.search(form)]
    street = "".join(words)
    if not numbers or (len(numbers[0].rstrip("abcdefgh")) > 3 and not _is_street(words)):
        yield from _towns(words)
    elif words:
        says_enough = len(words) > 1 or _is_street(words) or (len(street) > 7 and not is_common(street))
        yield street, street in _BOXES or not says_enough, True
        core = "".join(word for word in words if word not in _TYPES)
        if len(core) > 2 and core != street:
            yield core, True, True
    if ordinal := [form for form in part if form[0].isdigit() and form.endswith(("st", "nd", "rd", "th"))]:
        yield "".join(form for form in part if form in ordinal or form in words), False, True
    yield from _postcodes(part)


def _halves(part: list[str]) -> list[list[str]]:
    """Cut an address without commas behind its street: "12 Main St Springfield"."""
    for at, form in enumerate(part):
        if form in _TYPES and any(not _DIGIT.search(before) for before in part[:at]) and not form.isdigit():
            end = at + 1
            while end < len(part) and (part[end] in _FILLERS or len(part[end]) < 3 or _NUMBER.fullmatch(part[end])):
                if re.fullmatch(r"\d{4,5}", part[end]):
                    break
                end += 1
            return [part[:end], part[end:]]
    return [part]


def _is_street(words: Sequence[str]) -> bool:
    """Whether a part of an address names a street. "CT" alone is Connecticut, and no court."""
    typed = len(words) > 1 and any(word in _TYPES for word in words)
    return typed or any(len(word) > 4 and word.endswith(("st", "pl", "weg")) for word in words)


def _towns(words: Sequence[str]) -> Iterator[tuple[str, bool, bool]]:
    while words and len(words[-1]) == 2:  # a state
        words = words[:-1]
    town = "".join(words)
    if len(town) > 2 and town not in _COUNTRIES:
        street = len(words) > 1 and words[-1] in _TYPES
        yield town, False, street or town.endswith("st")


def _postcodes(part: Sequence[str]) -> Iterator[tuple[str, bool, bool]]:
    for at, form in enumerate(part):
        if re.fullmatch(r"\d{5,7}", form):
            yield form, False, True
        pair = form + (part[at + 1] if at + 1 < len(part) else "")
        if re.fullmatch(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d|\d{4}[a-z]{2}", pair):
            yield pair, False, True


def _joined(reading: Reading, at: int) -> bool:
    """Whether a word and the next one may belong to one address."""
    between = reading.folded[reading.words[at].end : reading.words[at + 1].start]
    return between == " " or (_BETWEEN.fullmatch(between) is not None and between.count("\n") < 2)


def _reach(reading: Reading, forms: Sequence[str], at: int, last: int, of_address: set[str]) -> tuple[int, int]:
    """The first and last word around a place that belong to its address too."""
    reached = [at, last]
    for side, step in enumerate((-1, +1)):
        start = (at, last)[side]
        for index in range(start + step, start + step * (REACH + 1), step):
            if not (0 <= index < len(forms) and _joined(reading, min(index, index - step))):
                break
            if forms[index] in of_address and _belongs(reading, reading.words[index], forms[index]):
                reached[side] = index
            elif forms[index] not in _FILLERS:
                break
    return reached[0], reached[1]


def _belongs(reading: Reading, word: Word, form: str) -> bool:
    """Whether a word that an address has too is meant for it: "in" is no Indiana."""
    if _DIGIT.search(form) or form in _TYPES:
        return True
    return reading.is_capital(word) or not (len(form) < 4 or is_common(form))


def _fits(
    reading: Reading,
    forms: Sequence[str],
    place: tuple[int, int],
    whole: tuple[int, int],
    beside: _Beside,
    owner: object,
) -> bool:
    around = [forms[at] for at in range(whole[0], whole[1] + 1) if not place[0] <= at <= place[1]]
    first = reading.words[place[0]]
    if beside.needs_number:
        near = [at for at in (place[0] - 1, place[1] + 1) if whole[0] <= at <= whole[1]]
        looks_like_one = reading.is_capital(first) or not is_common(forms[place[0]])
        return looks_like_one and any(_NUMBER.fullmatch(forms[at]) for at in near)
    if any(_DIGIT.search(forms[at]) for at in range(place[0], place[1] + 1)):
        return True
    own = owner is not None and owner in beside.owners
    if not (beside.everywhere or own or around):
        return False
    if beside.everywhere or not is_common(forms[place[0]]) or reading.is_named(first):
        return True
    return bool(around) and reading.is_capital(first)
