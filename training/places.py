"""Names of places: cities, countries, regions, and what lies in them."""

from __future__ import annotations

from choosing import Chooser
from gazetteer import gazetteer
from word_lists import without_diacritics

__all__ = ["Places"]


class Places(Chooser):
    """Draws places that are no addresses."""

    def city(self) -> str:
        """A city or town, half of the time without diacritics."""
        name = self.city_name()
        return without_diacritics(name) if self.chance(0.5) else name

    def city_name(self) -> str:
        """A city or town, mostly of English-speaking or large places."""
        g = gazetteer()
        x = self.rng.random()
        if x < 0.4:
            return self.rng.choice(g.big)[0]
        if x < 0.7:
            return self.rng.choice(g.by_country[self.one("US|US|GB|GB|CA|AU|IE|NZ|IN|ZA|DE|FR|NL")])[0]
        return self.rng.choice(g.cities)[0]

    def country(self) -> str:
        """A country, sometimes in its short form."""
        return (
            self.entry("places", "countries") if self.chance(0.35) else self.one(list(gazetteer().countries.values()))
        )

    def state(self) -> tuple[str, str]:
        """A US state and its code."""
        return self.rng.choice(gazetteer().states)

    def region(self) -> str:
        """A state, province, county or region."""
        return self.state()[0] if self.chance(0.4) else self.entry("places", "regions")

    def city_with(self) -> str:
        """A city with its state or country: one span."""
        g = gazetteer()
        if self.chance(0.6):
            name, _, code = self.rng.choice(g.by_country["US"])
            state = self.one([code, code, {short: long for long, short in g.states}.get(code, code)])
            return f"{name}, {state}"
        name, code, _ = self.rng.choice(g.big if self.chance(0.5) else g.cities)
        return f"{name}, {g.countries.get(code, 'France')}"

    def place(self) -> str:
        """A named place other than a city: a street, river, region, building, nickname."""
        return self.entry("places", "natural", "districts", "buildings", "informal", "world", "roads")

    def location(self) -> str:
        """Any location that is not an address."""
        return self.weighted(
            (45, self.city), (20, self.country), (10, self.region), (12, self.city_with), (13, self.place)
        )
