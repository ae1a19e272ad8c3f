"""Names of organisations: real ones of the lexicon and of Faker, and invented ones."""

from __future__ import annotations

from people import People
from places import Places
from word_lists import EPITHETS, INDUSTRY, LEGAL, SHOPS, SYLLABLES

__all__ = ["Organizations"]


class Organizations(People, Places):
    """Draws organisations; many are called after people or places."""

    def coined(self) -> str:
        """An invented brand."""
        word = "".join(self.one(SYLLABLES) for _ in range(self.rng.randint(2, 3))).capitalize()
        return word + self.one("||||x|tech|soft|ix|io|Tech|Pay|ly|.io|.com|Soft|Works")

    def acronym(self) -> str:
        """Two to five capitals."""
        return self.letters(self.rng.randint(2, 5))

    def legal(self, name: str) -> str:
        """The name with a legal form, or without."""
        form = self.one(LEGAL)
        return name if self.chance(0.4) else name + (form if form.startswith(",") else " " + form)

    def company(self) -> str:
        """A company, real or invented."""
        last = self.family
        return self.weighted(
            (30, lambda: self.entry("organisations", "companies", "banks", "insurers")),
            (14, lambda: self.pools.choose(self.rng, self.locale(), "company")),
            (12, lambda: self.legal(f"{self.one(EPITHETS)} {self.one(INDUSTRY)}")),
            (8, lambda: self.legal(f"{last()} {self.one('&|and')} {last()}")),
            (3, lambda: f"{last()}, {last()} {self.one('&|and')} {last()}" + self.one("| LLP| PLLC| P.C.")),
            (10, lambda: self.legal(self.coined())),
            (5, lambda: self.legal(f"{self.coined()} {self.one(INDUSTRY)}")),
            (8, lambda: self.legal(f"{last()} {self.one(INDUSTRY)}")),
            (4, lambda: self.legal(f"{self.one(EPITHETS)} {self.one(EPITHETS)} {self.one(INDUSTRY)}")),
            (3, lambda: self.legal(self.acronym())),
            (4, lambda: self.legal(f"{self.city()} {self.one(INDUSTRY)}")),
            (2, lambda: f"{last()} {self.one('& Sons|& Son|Bros.|Brothers|& Daughters|and Partners|& Associates')}"),
        )

    def bank(self) -> str:
        """A bank or an insurer."""
        of_a_city = "Savings Bank|Credit Union|Building Society|National Bank|Mutual|Insurance Company"
        kinds = "Bank|Mutual|Insurance|Assurance|Federal Credit Union|Trust Company|Life"
        return self.weighted(
            (60, lambda: self.entry("organisations", "banks", "insurers")),
            (10, lambda: f"Bank of {self.city() if self.chance(0.5) else self.country()}"),
            (15, lambda: f"{self.city()} {self.one(of_a_city)}"),
            (15, lambda: f"{self.one(EPITHETS)} {self.one(kinds)}"),
        )

    def agency(self) -> str:
        """An agency, ministry, department, council or armed group."""
        what = (
            "Finance|Health|Education|Justice|Labour|the Interior|Foreign Affairs|Transport|Defence|Agriculture|"
            "Public Safety|Energy"
        )
        municipal = (
            "City Council|Police Department|Police|Fire Department|Chamber of Commerce|County Council|"
            "Housing Authority|Public Library"
        )
        national = "Revenue Authority|Red Cross|Central Bank|Football Association"
        regional = "Department of Motor Vehicles|Department of Health|State Police|Supreme Court"
        return self.weighted(
            (62, lambda: self.entry("organisations", "agencies", "agencies", "ngos", "armed groups")),
            (16, lambda: f"{self.one('Ministry of|Department of|Ministry of|Office of')} {self.one(what)}"),
            (12, lambda: f"{self.city()} {self.one(municipal)}"),
            (5, lambda: f"{self.country()} {self.one(national)}"),
            (5, lambda: f"{self.region()} {self.one(regional)}"),
        )

    def university(self) -> str:
        """A university, school or college."""
        of_a_city = "University|High School|Community College|Business School|State University"
        return self.weighted(
            (45, lambda: self.entry("organisations", "universities")),
            (15, lambda: f"University of {self.city()}"),
            (12, lambda: f"{self.city()} {self.one(of_a_city)}"),
            (18, self.named_school),
        )

    def named_school(self) -> str:
        """A school that is called after a person."""
        kinds = (
            "High School|Primary School|Elementary School|Academy|College|Middle School|Church|Institute of Technology"
        )
        name = self.one(["St. Mary", "St John", self.family(), self.one(EPITHETS)])
        return f"{name}{self.one(['', '', chr(39) + 's'])} {self.one(kinds)}"

    def hospital(self) -> str:
        """A hospital, clinic or practice."""
        of_a_city = "General Hospital|Medical Center|Clinic|Memorial Hospital|Regional Hospital|Health Centre|Surgery"
        return self.weighted(
            (35, lambda: self.entry("organisations", "hospitals")),
            (35, lambda: f"{self.city()} {self.one(of_a_city)}"),
            (30, self.named_practice),
        )

    def named_practice(self) -> str:
        """A hospital or a practice that is called after a person."""
        kinds = "Hospital|Medical Group|Clinic|Family Medicine|Physiotherapy|Dental Care|Care Home|Hospice|Orthopedics"
        name = self.one(["St. Luke", "St Anne", "Mercy", "Sacred Heart", self.family(), self.one(EPITHETS)])
        return f"{name} {self.one(kinds)}"

    def court(self) -> str:
        """A court."""
        kinds = (
            "District Court|Regional Court|Court of Appeal|County Court|Magistrates’ Court|City Court|"
            "Administrative Court|Crown Court|High Court"
        )
        return self.weighted(
            (55, lambda: self.entry("organisations", "courts")),
            (45, lambda: f"{self.city()} {self.one(kinds)}"),
        )

    def shop(self) -> str:
        """A small business, often called after its owner."""
        signs = "Lion|Horse|Swan|Crown|Fork|Spoon|Kettle|Barn|Inn|Lantern|Fox|Olive"
        return self.weighted(
            (40, lambda: f"{self.first()}{self.one([chr(39), chr(39), '’', ''])}s {self.one(SHOPS)}"),
            (12, lambda: f"{self.one([chr(39), '’']).join([self.first(), 's'])}"),
            (20, lambda: f"{self.family()} {self.one(SHOPS)}"),
            (12, lambda: f"{self.city()} {self.one(SHOPS)}"),
            (14, lambda: f"{self.one(EPITHETS)} {self.one(EPITHETS + SHOPS)} {self.one(SHOPS)}"),
            (10, lambda: f"The {self.one(EPITHETS)} {self.one(signs)}"),
            (6, lambda: f"{self.family()} {self.one('& Sons|Bros|& Co|and Sons')}"),
            (6, lambda: f"{self.one('Hotel|Restaurant|Trattoria|Pizzeria|Chez|Café|Bar|Casa|Villa')} {self.first()}"),
        )

    def team(self) -> str:
        """A sports team."""
        if self.chance(0.7):
            return self.entry("organisations", "teams")
        kinds = "United|City|FC|Rovers|Tigers|Eagles|Lions|Wanderers|Hawks|RFC|Bears|Athletic"
        return f"{self.city()} {self.one(kinds)}"

    def organization(self) -> str:
        """Any organisation."""
        return self.weighted(
            (48, self.company),
            (10, self.bank),
            (13, self.agency),
            (8, self.university),
            (5, self.hospital),
            (4, self.court),
            (5, self.shop),
            (3, self.team),
            (3, lambda: self.entry("organisations", "media")),
            (2, self.acronym),
        )
