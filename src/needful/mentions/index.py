"""All values of a call in one index, and where they are mentioned in a text.

The spans of a text depend on which values there are, not on their order, and more values never cover less. The time is
linear in the text and in the number of values: words and ends of numbers are looked up, not searched for.
"""

from __future__ import annotations

from collections.abc import Iterator

from needful.mentions.codes import Codes
from needful.mentions.dates import Dates
from needful.mentions.exact import Exact
from needful.mentions.found import fitting
from needful.mentions.han import HanNames
from needful.mentions.kinds import Kind, kind_of
from needful.mentions.mail import Addresses
from needful.mentions.persons import Persons
from needful.mentions.places import Places
from needful.mentions.reading import Reading
from needful.mentions.signs import Signs
from needful.mentions.sought import CONSISTENCY, KNOWN, VARIANT, FoundValue, KnownValue, Source
from needful.values import Span

__all__ = ["Mentions"]


class Mentions:
    """The values that a call looks for. Raw."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: set[object] = set()
        self._is_wide = False
        self._exact = Exact()
        self._persons = Persons()
        self._han = HanNames()
        self._places = Places()
        self._codes = Codes()
        self._dates = Dates()
        self._mail = Addresses()

    def __bool__(self) -> bool:
        return bool(self._seen)

    def know(self, value: KnownValue, owner: object = None) -> None:
        """Look for a value that a record names, and for its variants; `owner` is that record, in any form."""
        if (value, owner) in self._seen:
            return
        self._seen.add((value, owner))
        self._exact.add(value.value, Source(value.entity, 1.0, KNOWN))
        source = Source(value.entity, 1.0, VARIANT)
        match kind_of(value.entity, value.value):
            case Kind.NAME:
                self._persons.add(value.value, source, owner)
                self._han.add(value.value, source)
                self._is_wide |= bool(self._han)
            case Kind.PLACE:
                self._is_wide = True
                self._places.add(value.value, source, owner)
            case Kind.CODE:
                self._is_wide = True
                self._codes.add(value.value, source)
            case Kind.DATE:
                self._is_wide = True
                self._dates.add(value.value, source)
            case Kind.MAIL:
                self._is_wide = True
                self._mail.add(value.value, source)
            case Kind.EXACT:
                pass

    def find_again(self, value: FoundValue) -> None:
        """Look for a value that the detector found: as it is, and a person's first and last name."""
        if value in self._seen:
            return
        self._seen.add(value)
        source = Source(value.entity, value.score, CONSISTENCY)
        self._exact.add(value.value, source, fitting(value.value))
        if value.entity == "PERSON":
            self._persons.add(value.value, source)

    def spans(self, text: str, owner: object = None) -> Iterator[Span]:
        """Yield where values are mentioned, in no order. `owner` is the record that the text is of."""
        if self._seen:
            yield from self.spans_in(Reading(text), owner)

    def may_stand_in(self, text: str, signs: Signs, owner: object = None) -> bool:
        """Whether `spans` could yield any, judged by what is remembered of the text."""
        if not self._seen:
            return False
        if self._is_wide or signs.is_odd or self._exact.may_stand_in(signs.words):
            return True
        return self._persons.may_stand_in(signs.words, text, owner, dotted=signs.has_initials)

    def spans_in(self, reading: Reading, owner: object = None) -> Iterator[Span]:
        """Like `spans`, of a text that was read already."""
        yield from self._exact.spans(reading)
        yield from self._persons.spans(reading, owner)
        if not self._is_wide:
            return
        yield from self._han.spans(reading)
        yield from self._places.spans(reading, owner)
        yield from self._codes.spans(reading)
        yield from self._dates.spans(reading)
        yield from self._mail.spans(reading)
