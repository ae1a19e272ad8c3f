"""Postal addresses of many countries."""

from __future__ import annotations

import re

from gazetteer import gazetteer
from people import People
from places import Places
from word_lists import STREET_WORDS, STREETS

__all__ = ["Addresses"]


class Addresses(People, Places):
    """Draws streets and addresses; many streets are called after people."""

    def street(self) -> str:
        """A house number and a street, of many countries."""
        n = str(self.rng.randint(1, 250) if self.chance(0.7) else self.rng.randint(250, 19999))
        x = self.rng.random()
        if x < 0.55:
            return self.english_street(n)
        if x < 0.6:
            return f"{n} {self.one('W|E|West|East|N')} {self.rng.randint(2, 190)}th {self.one('St|Street|Ave|Avenue')}"
        if x < 0.7:
            return self.northern_street()
        if x < 0.8:
            return self.southern_street(n)
        return self.pools.choose(self.rng, self.locale(), "street_address").replace("\n", ", ")

    def english_street(self, n: str) -> str:
        """221B Baker Street."""
        name = self.one(STREET_WORDS) if self.chance(0.5) else self.family()
        way = f"{self.one('N|S|E|W|N.|West|East|SW|NE')} " if self.chance(0.1) else ""
        return f"{n}{self.one('||||A|b')} {way}{name} {self.one(STREETS)}"

    def northern_street(self) -> str:
        """Goethestraße 7, of German, Dutch and Scandinavian towns."""
        kind = "straße|strasse|str.|weg|gasse|allee|straat|laan|gatan|vägen|vej"
        return f"{self.family()}{self.one(kind)} {self.rng.randint(1, 200)}{self.one('|||a|b')}"

    def southern_street(self, n: str) -> str:
        """12, rue Hugo or Via Rossi 12, where the kind of street comes first."""
        kind = self.one(
            "rue|rue de|avenue|boulevard|Calle|Via|Rua|ul.|Avenida|Plaza|Viale|rue du|Jalan|C/|Piazza|Carrer de"
        )
        if kind[0].islower() and kind != "ul.":
            return f"{n}, {kind} {self.family()}"
        return f"{kind} {self.family()}{self.one(' |, ')}{n}"

    def postcode(self, code: str) -> str:
        """A postal code in the form of a country."""
        d, letters = self.digits, self.letters
        match code:
            case "GB":
                area = self.one("SW|E|M|LS|B|G|EH|BS|NE|CF|L|SE|OX")
                return f"{area}{self.rng.randint(1, 29)} {d(1)}{letters(2)}"
            case "CA":
                return f"{self.one('M|V|K|H|T')}{d(1)}{letters(1)} {d(1)}{letters(1)}{d(1)}"
            case "NL":
                return f"{d(4)} {letters(2)}"
            case "IE":
                return f"D{d(2)} {letters(2)}{d(2)}"
            case "PL":
                return f"{d(2)}-{d(3)}"
            case "JP":
                return f"{d(3)}-{d(4)}"
        return d({"AU": 4, "IN": 6}.get(code, 5))

    def unit(self) -> str:
        """A flat, suite or floor, with the comma before it."""
        n = str(self.rng.randint(1, 60))
        forms = ", Apt N|, Apt. NB|, Suite N00| #N|, Unit N|, Flat N|, Ste. N0|, Nth Floor"
        return self.one(forms).replace("N", n)

    def address(self) -> str:
        """A postal address on one line: one span with number, city and code."""
        street = self.street() + (self.unit() if self.chance(0.15) else "")
        if self.chance(0.06):
            street = f"{self.one('P.O. Box|PO Box|P.O.Box|Box')} {self.digits(self.rng.randint(2, 5))}"
        x = self.rng.random()
        if x < 0.12:
            return self.pools.choose(self.rng, self.locale(), "address").replace("\n", ", ")
        if x < 0.42:
            return f"{street}, {self.american_town()}"
        if x < 0.55:
            return f"{street}, {self.city()}"
        return f"{street}, {self.town()}"

    def american_town(self) -> str:
        """A city with its state and ZIP code."""
        name, _, code = self.rng.choice(gazetteer().by_country["US"])
        zip_code = self.digits(5) + (f"-{self.digits(4)}" if self.chance(0.1) else "")
        return f"{name}, {code} {zip_code}{self.one('|||, USA|, United States')}"

    def town(self) -> str:
        """A city with its postal code, of one of many countries."""
        g = gazetteer()
        code = self.one("GB|GB|GB|CA|NL|AU|IN|IE|PL|JP|DE|FR|ES|IT|ZA|NG|BR|SG|CH|SE")
        name = self.rng.choice(g.by_country[code])[0]
        post = self.postcode(code)
        town = f"{name} {post}" if code in "GB CA AU IN IE JP SG ZA" else f"{post} {name}"
        if code == "GB" and self.chance(0.5):
            town = f"{name}, {post}"
        return town + (f", {g.countries[code]}" if self.chance(0.3) else "")

    def address_lines(self) -> str:
        """A postal address over several lines: still one span."""
        return re.sub(r", (?![A-Z]{2} \d)", "\n", self.address())

    def address_any(self) -> str:
        """A full address, or only a street."""
        return self.street() if self.chance(0.25) else self.address()
