"""The slots of the templates, and what draws a value for each.

Slots such as {P} or {C} make a span; those in small letters, such as {date}, never do, nor do {T} (a title) and {I}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from addresses import Addresses
from values import Values
from word_lists import DAYS, LETTERS, MONTHS

__all__ = ["Draw", "Maker"]

Maker = Callable[[], str]
"""Draws a value."""


@dataclass
class Draw(Addresses, Values):
    """Draws the values of slots for one text; `cast` holds the persons already named in it."""

    @cached_property
    def named(self) -> dict[str, tuple[str, Maker]]:
        """The slots that make a span, with their labels."""
        tables = {
            "PERSON": _people(self),
            "LOCATION": _places(self),
            "ORGANIZATION": _organizations(self),
            "NRP": _groups(self),
        }
        return {name: (label, make) for label, slots in tables.items() for name, make in slots.items()}

    @cached_property
    def other(self) -> dict[str, Maker]:
        """The slots that never make a span."""
        lists = ("prod", "form", "law", "job", "head", "hol", "fin", "term", "drug", "file", "show")
        return {**_values(self), **{title: _entry(self, "products_not_orgs", title) for title in lists}}


def _entry(d: Draw, file: str, *titles: str) -> Maker:
    return lambda: d.entry(file, *titles)


def _people(d: Draw) -> dict[str, Maker]:
    return {
        "P": d.anyone,
        "PN": d.full,
        "PF": d.first,
        "PL": d.last,
        "PI": d.initials,
        "PB": d.both,
        "FF": d.two_firsts,
        "FI": d.first_initial,
        "PRI": d.last_initial,
        "PR": d.reverse,
        "PX": d.plural,
        "PU": lambda: d.full().upper(),
        "LU": lambda: d.last().upper(),
        "SL": lambda: d.known().last,
        "SF": lambda: d.known().first,
        "SP": lambda: f"{d.known().first} {d.known().last}",
        "PFAM": d.famous,
        "PALIAS": d.alias,
    }


def _places(d: Draw) -> dict[str, Maker]:
    return {
        "C": d.city,
        "CO": d.country,
        "R": d.region,
        "CS": d.city_with,
        "L": d.location,
        "A": d.address_any,
        "AF": d.address,
        "AM": d.address_lines,
        "ST": d.street,
        "PLC": d.place,
        "SC": lambda: d.state()[1],
        "NICKPLACE": _entry(d, "places", "informal", "countries"),
    }


def _organizations(d: Draw) -> dict[str, Maker]:
    return {
        "O": d.organization,
        "OC": d.company,
        "OB": d.bank,
        "OG": d.agency,
        "OU": d.university,
        "OH": d.hospital,
        "OCT": d.court,
        "OS": d.shop,
        "OT": d.team,
        "OM": _entry(d, "organisations", "media"),
        "OP": _entry(d, "organisations", "parties"),
        "OA": _entry(d, "organisations", "acronyms"),
        "OBAND": _entry(d, "organisations", "bands"),
        "OX": d.acronym,
        "OARM": _entry(d, "organisations", "armed groups"),
    }


def _groups(d: Draw) -> dict[str, Maker]:
    return {
        # Three times as often an adjective as the name of a people.
        "N": _entry(d, "demonyms", "adjectives", "adjectives", "adjectives", "ethnic"),
        "NS": _entry(d, "demonyms", "plurals"),
        "NM": _entry(d, "demonyms", "singular nouns"),
        "REL": _entry(d, "demonyms", "religious"),
        "POL": _entry(d, "demonyms", "political"),
        "RELS": _entry(d, "demonyms", "religious plurals"),
        "POLS": _entry(d, "demonyms", "political plurals"),
    }


def _values(d: Draw) -> dict[str, Maker]:
    return {
        "date": d.date,
        "amt": d.amount,
        "phone": d.phone,
        "email": d.email,
        "handle": d.handle,
        "ref": d.reference,
        "tag": d.tag,
        "day": lambda: d.one(DAYS),
        "month": lambda: d.one(MONTHS),
        "year": lambda: d.number(1900, 2026),
        "n": lambda: d.number(2, 99),
        "nn": lambda: d.number(100, 9999),
        "pct": d.percent,
        "time": d.time,
        "iban": d.iban,
        "acc": lambda: d.digits(d.rng.randint(7, 10)),
        "card": d.card,
        "ip": d.ip_address,
        "ssn": d.social_security,
        "url": d.url,
        "T": lambda: d.one("Mr|Mr.|Mrs|Mrs.|Ms|Ms.|Dr.|Dr|Miss|Prof.|Professor"),
        "mr": lambda: d.one("Mr|Mr.|Mrs|Mrs.|Ms|Ms."),
        "I": lambda: d.one(LETTERS),
        "plate": d.plate,
        "tick": d.acronym,
    }
