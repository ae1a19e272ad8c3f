"""Names of people, and the forms in which a text mentions them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from choosing import Chooser
from word_lists import LETTERS, PARTICLES, SUFFIXES, SYLLABLES, sections, without_diacritics

__all__ = ["People", "Person", "family_first"]


@cache
def family_first() -> frozenset[str]:
    """Family names that are often written before the given name."""
    found = sections("family_names")
    return frozenset(found["chinese"] + found["korean"] + found["vietnamese"])


@dataclass
class Person:
    """A person of a text: the parts from which its mentions are made."""

    first: str
    last: str
    middle: str


@dataclass
class People(Chooser):
    """Draws people; `cast` holds those that the text has named already."""

    cast: list[Person] = field(default_factory=list)

    def culture(self) -> tuple[str, str]:
        """A first and a last name that go together, sometimes from two cultures."""
        if self.chance(0.42):
            title = self.rng.choice(list(sections("given_names")))
            other = title if self.chance(0.9) else self.rng.choice(list(sections("family_names")))
            family = other if other in sections("family_names") else "words"
            return self.entry("given_names", title), self.entry("family_names", family)
        locale = self.locale()
        other = locale if self.chance(0.9) else self.locale()
        return self.pools.choose(self.rng, locale, "first_name"), self.pools.choose(self.rng, other, "last_name")

    def family(self) -> str:
        """A last name of nobody in the cast."""
        return self.culture()[1]

    def new_person(self) -> Person:
        """A new person, added to the cast."""
        first, last = self.culture()
        middle = self.culture()[0] if self.chance(0.5) else self.one(LETTERS) + "."
        if self.chance(0.04):
            particle = self.one(PARTICLES)
            last = particle + ("" if particle[-1] in "-'’" or particle in ("Mc", "Mac") else " ") + last
        if self.chance(0.04):
            last = f"{last}-{self.family()}"
        if self.chance(0.02):
            first = f"{first}-{self.culture()[0]}"
        if self.chance(0.25):
            first, last = without_diacritics(first), without_diacritics(last)
        person = Person(first, last, middle)
        self.cast.append(person)
        return person

    def known(self) -> Person:
        """The latest person of the cast, or a new one."""
        return self.rng.choice(self.cast[-2:]) if self.cast else self.new_person()

    def maybe_known(self, share: float = 0.3) -> Person:
        """Sometimes a person of the cast, else a new one."""
        return self.known() if self.cast and self.chance(share) else self.new_person()

    def full(self, p: Person | None = None) -> str:
        """A first and last name, often with a middle name or an initial."""
        p = p or self.new_person()
        i = p.middle[0]
        if p.last in family_first() and self.chance(0.4):
            return f"{p.last} {p.first}"
        return self.weighted(
            (70, lambda: f"{p.first} {p.last}"),
            (9, lambda: f"{p.first} {i}. {p.last}"),
            (3, lambda: f"{p.first} {i} {p.last}"),
            (6, lambda: f"{p.first} {p.middle} {p.last}"),
            (3, lambda: f"{p.first} {p.last} {self.family()}"),
            (2, lambda: f"{p.first} {p.last}{self.suffix()}"),
            (1, lambda: f"{p.first} {i}. {p.last}{self.suffix()}"),
            (1.5, lambda: f"{p.first} {self.nick()} {p.last}"),
        )

    def suffix(self) -> str:
        """A suffix of a name, with what joins it to the name."""
        chosen = self.one(SUFFIXES)
        return chosen if chosen.startswith(",") else " " + chosen

    def nick(self) -> str:
        """A nickname in quotes."""
        before, after = ('"', '"') if self.chance(0.7) else ("(", ")")
        return before + self.entry("given_names", "nicknames") + after

    def initials(self, p: Person | None = None) -> str:
        """J. Smith, J.P. Smith, J P Smith."""
        p = p or self.new_person()
        a, i = p.first[0], p.middle[0]
        return self.one([f"{a}.", f"{a}.", f"{a}.{i}.", f"{a}. {i}.", a, f"{a}{i}"]) + f" {p.last}"

    def reverse(self, p: Person | None = None) -> str:
        """Smith, John, as in registers."""
        p = p or self.new_person()
        i = p.middle[0]
        forms = [
            f"{p.last}, {p.first}",
            f"{p.last}, {p.first}",
            f"{p.last}, {p.first} {i}.",
            f"{p.last}, {p.first[0]}.",
            f"{p.last.upper()}, {p.first}",
            f"{p.last.upper()} {p.first}",
            f"{p.last} {p.first}",
            f"{p.last.upper()}, {p.first.upper()}",
        ]
        return self.one(forms)

    def anyone(self) -> str:
        """A person in any form."""
        if self.cast and self.chance(0.12):
            p = self.known()
            return self.one([p.first, p.last, f"{p.first} {p.last}"])
        return self.weighted(
            (74, self.full),
            (7, self.initials),
            (3, self.reverse),
            (11, lambda: self.new_person().first),
            (3, lambda: self.new_person().last),
            (2, lambda: self.full().upper()),
            (1.5, self.famous),
        )

    def famous(self) -> str:
        """A person whom everybody knows."""
        return self.entry("given_names", "famous")

    def alias(self) -> str:
        """A name that somebody has given themselves online."""
        word = "".join(self.one(SYLLABLES) for _ in range(self.rng.randint(2, 3)))
        return self.weighted(
            (3, lambda: word),
            (3, word.capitalize),
            (2, lambda: word + self.one("tube|gaming|tv|zz|xd|bot")),
            (2, lambda: self.first().lower()),
            (1, lambda: f"{self.first()} {word}"),
            (1, lambda: f"{word.capitalize()} {self.rng.randint(2, 99)}"),
        )

    def first(self) -> str:
        """A first name or a nickname."""
        if self.chance(0.12):
            return self.entry("given_names", "nicknames", "words")
        return self.maybe_known(0.25).first

    def both(self) -> str:
        """A plain first and last name."""
        p = self.new_person()
        return f"{p.first} {p.last}"

    def two_firsts(self) -> str:
        """Two given names of one person."""
        return f"{self.first()} {self.culture()[0]}"

    def first_initial(self) -> str:
        """Maria K., as in reviews."""
        p = self.new_person()
        return f"{p.first} {p.last[0].upper()}."

    def last_initial(self) -> str:
        """Smith, J., as in references."""
        p = self.new_person()
        return f"{p.last}, {p.first[0]}."

    def last(self) -> str:
        """A last name."""
        return self.maybe_known(0.3).last

    def plural(self) -> str:
        """A family: the Kellers."""
        last = self.maybe_known(0.3).last
        return last + ("es" if last[-1] in "sxz" else "s")
