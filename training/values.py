"""Values that are no names and never make a span: dates, amounts, numbers, addresses of the internet."""

from __future__ import annotations

import re

from organizations import Organizations
from people import Person
from word_lists import EPITHETS, MONTHS, STREET_WORDS, without_diacritics

__all__ = ["Values"]


class Values(Organizations):
    """Draws what stands beside names."""

    def date(self) -> str:
        """A date in one of many forms."""
        d, m, y = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1940, 2026)
        name = MONTHS[m - 1]
        return self.one(
            [
                f"{y}-{m:02}-{d:02}",
                f"{d:02}/{m:02}/{y}",
                f"{m}/{d}/{y % 100:02}",
                f"{name} {d}, {y}",
                f"{d} {name[:3]} {y}",
                f"{d:02}.{m:02}.{y}",
                f"{d} {name} {y}",
                f"{d} {name} {y}",
                f"{name} {d}",
                f"{name[:3]} {d}, {y}",
                f"{name} {y}",
                f"{d}-{name[:3].upper()}-{y}",
            ]
        )

    def amount(self) -> str:
        """An amount of money."""
        n = self.rng.choice(
            [self.rng.randint(3, 999), self.rng.randint(1000, 99999), self.rng.randint(100000, 90000000)]
        )
        return self.one(
            [
                f"${n:,}",
                f"${n:,}.{self.digits(2)}",
                f"€{n:,}",
                f"£{n:,}.{self.digits(2)}",
                f"EUR {n:,}",
                f"{n:,} euros",
                f"USD {n}",
                f"{n}.{self.digits(2)}",
                f"CHF {n:,}",
                f"${self.rng.randint(1, 90)}.{self.digits(1)} million",
                f"{self.rng.randint(2, 900)} bn",
                f"Rs. {n:,}",
                f"{n} dollars",
            ]
        )

    def phone(self) -> str:
        """A telephone number."""
        d = self.digits
        return self.one(
            [
                f"({d(3)}) {d(3)}-{d(4)}",
                f"{d(3)}-{d(3)}-{d(4)}",
                f"+44 {d(4)} {d(6)}",
                f"0{d(4)} {d(6)}",
                f"+49 {d(3)} {d(7)}",
                f"+1 {d(3)} {d(3)} {d(4)}",
                f"{d(3)}.{d(3)}.{d(4)}",
                f"+91 {d(5)} {d(5)}",
                d(10),
            ]
        )

    def email(self) -> str:
        """An e-mail address, often with the name of a person of the text."""
        p = self.known() if self.cast else Person(*self.culture(), "A")
        a, b = (re.sub(r"[^a-z]", "", without_diacritics(x).lower()) or "x" for x in (p.first, p.last))
        hosts = "gmail.com yahoo.com outlook.com example.com example.org hotmail.co.uk".split()
        host = self.one([*hosts, f"{self.domain()}.com"])
        box = self.one([f"{a}.{b}", f"{a[0]}{b}", f"{a}{self.digits(2)}", f"{a}_{b}", "info", "claims", f"{b}.{a}"])
        return f"{box}@{host}"

    def domain(self) -> str:
        """The name of a web site without its end."""
        return self.coined().lower().replace(".", "")

    def handle(self) -> str:
        """A handle of social media."""
        forms = [
            self.coined().replace(".", ""),
            self.culture()[0].lower() + self.digits(2),
            f"{self.one(EPITHETS).lower()}_{self.one(STREET_WORDS).lower()}{self.digits(2)}",
        ]
        return "@" + self.one(forms).replace(" ", "")

    def reference(self) -> str:
        """A reference, policy or claim number."""
        d = self.digits
        return self.one(
            [
                f"{self.acronym()}-{d(6)}",
                d(8),
                f"{d(4)}/{d(2)}",
                f"#{d(5)}",
                f"{self.acronym()}{d(7)}",
                f"CLM-{d(5)}",
                f"POL-{d(6)}",
                f"INV-{d(5)}",
                f"{d(3)}-{d(2)}-{d(4)}",
                f"TK{d(6)}",
            ]
        )

    def tag(self) -> str:
        """A hashtag."""
        usual = "throwback|MondayMotivation|blessed|fail|nowplaying|breaking|GameDay|tbt|FollowFriday|win"
        forms = [self.coined().replace(".", ""), self.one(EPITHETS) + self.one(STREET_WORDS), self.one(usual)]
        return "#" + self.one(forms)

    def number(self, least: int, most: int) -> str:
        """A whole number, both ends included."""
        return str(self.rng.randint(least, most))

    def percent(self) -> str:
        """A percentage."""
        return f"{self.number(1, 99)}{self.one('|.5|.25')}{self.one('%| per cent| percent')}"

    def time(self) -> str:
        """A time of day."""
        n = self.number
        forms = [
            f"{n(0, 23)}:{n(10, 59)}",
            f"{n(1, 12)} {self.one('a.m.|p.m.|pm|am')}",
            f"{n(1, 12)}:{n(10, 59)} {self.one('AM|PM')}",
        ]
        return self.one(forms)

    def fours(self) -> str:
        """Four groups of four digits."""
        return " ".join(self.digits(4) for _ in range(4))

    def iban(self) -> str:
        """An account number in the form of an IBAN; its check digits are not right."""
        return f"{self.one('DE|GB|FR|NL|ES|CH')}{self.digits(2)} {self.fours()}"

    def card(self) -> str:
        """A card number, whole or masked; its check digit is not right."""
        return self.one([self.fours(), "**** **** **** " + self.digits(4), "XXXX" + self.digits(4)])

    def ip_address(self) -> str:
        """An IPv4 address."""
        n = self.number
        return f"{n(1, 254)}.{n(0, 254)}.{n(0, 254)}.{n(1, 254)}"

    def social_security(self) -> str:
        """A number in the form of US social security."""
        return f"{self.digits(3)}-{self.digits(2)}-{self.digits(4)}"

    def url(self) -> str:
        """A web address."""
        start = self.one("https://|http://|www.|https://www.")
        host = f"{self.domain()}.{self.one('com|org|net|co.uk|de')}"
        page = "/" + self.culture()[0].lower().replace(" ", "")
        return start + host + self.one(["", "", "/login", page, "/help?id=" + self.digits(4)])

    def plate(self) -> str:
        """A number plate."""
        return f"{self.acronym()[:2]}{self.digits(2)} {self.acronym()[:3]}"
