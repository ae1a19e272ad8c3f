"""Dates written with the month's name, in numbers, and what only a low threshold takes for a date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.traits import Condition, Traits, around, finder, holds, numbers, spelled

__all__ = ["DateGuesses", "DateNumbers", "DateWords", "DatesByWord", "YearsOfLife"]

_MONTHS = {
    "en": r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May|MAY)|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
    "de": r"januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember",
    "es": r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "fr": r"janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    "it": r"gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "nl": r"januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
    "pt": r"janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
}
_AND = {"de": "und|bis", "es": "y|al?", "fr": "et|au", "it": "e|al", "nl": "en|tot", "pt": "e|a"}

_ORDINAL = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth"
    "|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
    "|(?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
)
_GAP = r"[ \t\n]{1,2}"
_DAY = r"(?<!\d)(?<!\d[.,/:])(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th|er|o)\b)?(?!\d)"
_YEAR = r"(?:(?:1[5-9]|20)\d{2}(?!\d)|['’]\d{2}(?!\d))"
_WEEKDAY = r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\.?[ \t\n](?:the )?)"
_CLOCK = r"\d{1,2}(?:[:.]\d{2}){1,2}(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|\d{1,2}\s(?:noon|midnight|o['’]clock)"
_TIME = rf"(?:,?\s(?:at\s)?(?:about\s|around\s)?(?:{_CLOCK}))"

# The first two letters of weekdays and ordinals; those of months are added.
_INITIALS = "mo|tu|we|th|fr|sa|su|fi|se|si|ei|ni|te|el|tw"

_BEFORE = 110
_AFTER = 110
"""What a list of dates and one date's weekday, year and time of day take on either side of a month's name."""


def _month(language: str) -> str:
    names = [_MONTHS["en"]] + ([_MONTHS[language]] if language in _MONTHS and language != "en" else [])
    return rf"(?<![^\W\d_])(?:{'|'.join(names)})(?![^\W\d_])\.?"


def _beginnings(language: str) -> list[str]:
    """Return the first three letters of all months."""
    names = "|".join(_MONTHS[one] for one in {"en", language} & _MONTHS.keys()).replace("(?-i:May|MAY)", "may")
    return sorted({name[:3] for name in names.split("|")})


def _written(language: str) -> str:
    """Return the pattern of a date, or of several that share a month or a year, in words."""
    month = _month(language)
    of = r"(?:of|de|del|di)\s"
    words = "|".join(["and", "or", "to", "until", "till", "through", *filter(None, [_AND.get(language)])])
    join = rf"(?:\s?[,/–\-]\s?|,?\s(?:{words})\s)(?:(?:on|the|from)\s){{0,2}}"
    day = rf"(?:{_DAY}|\b(?:{_ORDINAL})\b)"
    year = rf"(?:,?[\s\-]?\s?(?:{of}|in\s(?:the\syear\s)?)?{_YEAR})"
    day_month = rf"{day}\.?\s{{0,2}}(?:day\s)?(?:{of})?[\s\-]?{month}"
    month_day = rf"{month}[\s\-](?:the\s)?{day}"
    # What has its own year is a date of its own.
    item = rf"(?:{day_month}|{month_day}|{month}|{day}\.?)"
    date = rf"(?:{day_month}{year}?|{month_day}(?:{join}{day}){{0,3}}{year}?|{month}{year})"
    # Only where a word begins, and only with letters that one of them begins with: most places are left at once.
    begins = "|".join(sorted({name[:2] for name in _beginnings(language)}))
    return (
        rf"(?<![A-Za-z0-9_])(?=[0-9]|{_INITIALS}|{begins}){_WEEKDAY}?(?:{item}{join}{_WEEKDAY}?){{0,4}}{date}{_TIME}?"
    )


class _MonthNames:
    """Finds the names of months: English ones, and those of a language."""

    def __init__(self, language: str) -> None:
        self._named = re.compile(_month(language), re.IGNORECASE)
        self._begins = finder(f"(?:^|[^a-z])(?:{'|'.join(map(spelled, _beginnings(language)))})")

    def __call__(self, traits: Traits) -> list[tuple[int, int]]:
        """Return where they stand, in order."""
        if not traits.ascii:
            return [one.span() for one in self._named.finditer(traits.text)]
        # Three letters are found much faster than names.
        begun = (self._named.match(traits.text, one.end() - 3) for one in self._begins(traits.ascii))
        return [one.span() for one in begun if one]


@cache
def _month_names(language: str) -> _MonthNames:
    """Return the same for the same language, so that a text is searched once."""
    return _MonthNames(language)


_FIRST_LETTERS = "mon|tue|wed|thu|fri|sat|sun|fir|sec|thi|fou|fif|six|sev|eig|nin|ten|ele|twe"
"""Of weekdays and ordinals."""


class DateWords(PatternRecognizer):
    """`the 3rd of February 1980`, `Feb. 3, '80`, `14 and 27 July 1999`, `Monday, 5 May 2003 at 5.30 p.m.`.

    English months, and those of the text's language.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="DATE_TIME",
            name="DateWords",
            supported_language=supported_language,
            patterns=[Pattern("written", _written(supported_language), 0.7)],
        )
        self.bounded = True
        self._months = _month_names(supported_language)
        begins = "|".join(map(spelled, _beginnings(supported_language)))
        self._begins = finder(rf"(?:^|[^a-z0-9_])(?:\d{{1,2}}|{_FIRST_LETTERS}|{begins})")

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield what lies around the names of months: nothing else is read."""
        return around(traits.once(self._months, self._months), _BEFORE, _AFTER, len(traits.text))

    def starts(self, traits: Traits) -> Mapping[str, Sequence[int]] | None:
        """Return where a date may begin: a word or a day's number."""
        octets = traits.ascii
        if not octets:
            return None
        found = [
            start + _is_bound(octets[start])
            for first, end in self.stretches(traits)
            for start, behind in (one.span() for one in self._begins(octets, first, end))
            if not (octets[behind - 1 : behind].isdigit() and octets[behind : behind + 1].isdigit())
        ]
        return {"written": found}


def _is_bound(octet: int) -> bool:
    """Say whether a byte is no part of a word, in small letters."""
    return octet not in _IN_WORDS


_IN_WORDS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")


_YEAR_OF_LIFE = (
    rf"\b(?:born|birth|died|deceased|death)\b[^.;\d]{{0,40}}?\b(?:in|c\.|circa|about|around|of)\s\K{_YEAR}"
    rf"(?:(?:,|,?\s(?:and|or))\s(?:in\s)?{_YEAR})*"
)


_ISO_TIME = r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|\s?[+\-]\d{2}:?\d{2})?"


_IN_A_ROW = numbers(r"\d[./]\d{1,2}[./]\d|\d-\d\d-\d\d")
_CHINESE = re.compile(r"\d\s?[年月]")


class DateNumbers(PatternRecognizer):
    """Dates in numbers that Presidio leaves out, Chinese ones, times after an ISO date."""

    def __init__(self, supported_language: str = "en") -> None:
        year = r"(?:1[5-9]|20)\d{2}(?!\d)"
        super().__init__(
            supported_entity="DATE_TIME",
            name="DateNumbers",
            supported_language=supported_language,
            patterns=[
                Pattern("numbers", rf"(?<![\d./])\d{{1,2}}[./]\d{{1,2}}[./](?:{year}|\d{{2}}(?![\d./]))", 0.6),
                Pattern("iso-time", rf"\b\d{{4}}-\d{{2}}-\d{{2}}[T ]{_ISO_TIME}(?![\d:])", 0.7),
                Pattern(
                    "chinese",
                    r"(?:1[5-9]|20)\d{2}\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?"
                    r"|(?<!\d)\d{1,2}\s?月\s?\d{1,2}\s?日",
                    0.7,
                ),
            ],
        )  # fmt: skip

    condition = Condition(lambda traits: _IN_A_ROW.test(traits) or _CHINESE.search(traits.text), numeric=True)
    """Three numbers in a row, or a Chinese word for year or month behind one."""


class YearsOfLife(PatternRecognizer):
    """The years in which somebody was born or died; a year alone is a guess."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="DATE_TIME",
            name="YearsOfLife",
            supported_language=supported_language,
            patterns=[Pattern("year-of-life", _YEAR_OF_LIFE, 0.6)],
        )

    condition = holds("born|birth|died|death|deceased", numeric=True)
    """A number, and a word for birth or death."""


_NUMBER = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]\w+)?|several|few)"
)
_UNIT = r"(?:hour|day|week|fortnight|month|year|decade)"
_SPAN = rf"{_NUMBER}(?:\shundred)?(?:\sand\sa\shalf)?[\s\-]{_UNIT}(?:s|['’]s)?\b"
# A year that names a law or counts what it holds is none.
_BARE_YEAR = (
    r"(?<![\w.,/§$€£\-])(?<!\bNos?\.\s)(?<!\b(?:Act|Code|Law)\s)(?:1[6-9]|20)\d{2}"
    r"(?![\w/%:‑]|[.,]\d|-\w|\s(?:\w+\s){0,2}(?-i:Act|Convention|Code)\b)"
)
_AGO = r"(?:later|ago|earlier|before|after)"
# Words that make a number of four digits a year.
_YEARLY = (
    r"(?<=\b(?:in|by|of|to|on|FY|the)\s)|(?<=\b(?:and|mid|for)[\s\-])|(?<=\b(?:late|years?|from|till|born|died|until|since|early|after"
    r"|circa|spring|summer|autumn|winter|fiscal|during|before|around|between)\s)"
)


_LAW = r"Acts?|Codes?|Laws?|Orders?|Regulations?|Rules|Convention"
_CENTURY = r"(?:1[6-9]|20)"
_YEARS = rf"{_CENTURY}\d{{2}}(?:s|[/–-]{_CENTURY}\d{{2}})"
# `2013/14`, but not `ASU 2014-09`.
_NEXT = "|".join(f"{year:02d}[/–-]{(year + 1) % 100:02d}" for year in range(100))


_DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"


def _octets(words: str) -> frozenset[bytes]:
    return frozenset(words.encode().split())


def _confirmed(month: str) -> dict[str, str]:
    return {
        "named-year": rf"(?:{_YEARLY})(?<!\b(?:{_LAW})\sof\s){_BARE_YEAR}",
        "school-year": rf"(?<![\w.,/$€£\-])(?:{_YEARS}|{_CENTURY}(?:{_NEXT}))(?![\w/%]|[.,]\d)",
        "month": rf"\b(?:in|since|of|during|until|from|by|between|and|to|last|next|this)\s\K{month}(?=[\s,.;:?!)]|$)",
        "weekday": rf"\b(?:on|by|next|last|this|until|till|since|from|every|before|after|for|coming)\s\K{_DAYS}s?\b",
        "quarter": r"\b(?:Q[1-4]|(?:first|second|third|fourth)\squarter)(?:\sof)?\s(?:fiscal\s)?(?:1[6-9]|20)\d{2}\b",
    }


class DatesByWord(PatternRecognizer):
    """Years, months and weekdays that a word confirms (`in 1961`, `next Monday`), quarters and school years."""

    def __init__(self, supported_language: str = "en") -> None:
        named = _confirmed(_month(supported_language))
        super().__init__(
            supported_entity="DATE_TIME",
            name="DatesByWord",
            supported_language=supported_language,
            patterns=[Pattern(name, form, 0.4) for name, form in named.items()],
        )
        self.untimed = True
        self._months = _month_names(supported_language)

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield what lies around years and the names of months and weekdays: nothing else is read."""
        years = _YEAR_ANYWHERE.finditer(traits.text) if traits.numbers else ()
        days = _DAY_ANYWHERE.finditer(traits.text) if "day" in traits.lower else ()
        places = sorted((*(one.span() for one in (*years, *days)), *traits.once(self._months, self._months)))
        return around(places, _NEAR, _NEAR, len(traits.text))

    def starts(self, traits: Traits) -> Mapping[str, Sequence[int]] | None:
        """Return where each pattern may begin: at a year, at the word before one, a month or a weekday."""
        octets = traits.ascii
        if not octets:
            return None
        years = [one.start() for one in _year_starts(octets)] if traits.numbers else []
        months = [start for start, _ in traits.once(self._months, self._months)]
        days = [one.start() for one in _day_starts(octets)] if b"day" in octets else []
        if not years and not months and not days:
            return {}
        return {
            "named-year": [year for year in years if _word_before(octets, year, _BEFORE_YEARS)[1]],
            "school-year": [year for year in years if octets[year + 4 : year + 5] in _BEHIND_YEARS],
            "month": _words_before(octets, months, _BEFORE_MONTHS),
            "weekday": _words_before(octets, days, _BEFORE_DAYS),
            "quarter": [one.start() for one in _quarter_starts(octets)] if years else [],
        }


_NEAR = 40
"""What a word that confirms a year or a month, and the rest of a school year, take on either side."""

_YEAR_ANYWHERE = re.compile(rf"{_CENTURY}\d\d")
_DAY_ANYWHERE = re.compile(_DAYS, re.IGNORECASE)
_year_starts = finder(rf"{_CENTURY}\d\d")
_day_starts = finder(_DAYS)
_quarter_starts = finder(r"q[1-4]|(?:first|second|third|fourth)[\s]quarter")

_BEFORE_YEARS = _octets(
    "in by of to on fy the and mid for late year years from till born died until since early after circa spring summer"
    " autumn winter fiscal during before around between"
)
_BEFORE_MONTHS = _octets("in since of during until from by between and to last next this")
_BEFORE_DAYS = _octets("on by next last this until till since from every before after for coming")
_BEHIND_YEARS = (b"s", b"/", b"-", b"?")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_LONGEST = 8


def _words_before(octets: bytes, places: Sequence[int], words: frozenset[bytes]) -> list[int]:
    return [start for start, known in (_word_before(octets, place, words) for place in places) if known]


def _word_before(octets: bytes, place: int, words: frozenset[bytes]) -> tuple[int, bool]:
    """Return where the word before the sign before a place begins, and whether it is one of these."""
    end = start = max(0, place - 1)
    while start > 0 and end - start <= _LONGEST and octets[start - 1] in _LETTERS:
        start -= 1
    return start, octets[start:end] in words


_GUESSES = {
    "years": rf"{_BARE_YEAR}(?:(?:\s?[–/‑-]\s?|,\s|,?\s(?:and|or|to|until)\s){_BARE_YEAR}){{0,6}}",
    "clock": rf"(?<![\d.,:])(?:{_CLOCK})(?![\d:])",
    "length": rf"\b{_SPAN}(?:(?:,|\sand)\s{_SPAN})?(?:\s{_AGO}\b)?(?![\s\-]old|\sof\sage)",
    "century": r"\b(?:(?:late|early|mid)[\s\-])?(?:\d{1,2}(?:st|nd|rd|th)|\w+teenth|twentieth)\scentur(?:y|ies)\b",
}


class DateGuesses(PatternRecognizer):
    """Years and times of day alone, lengths of time: scores below 0.4, so not found by default.

    They point at nobody, and text about money or the law cannot be read without them.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="DATE_TIME",
            name="DateGuesses",
            supported_language=supported_language,
            patterns=[Pattern(name, form, 0.3) for name, form in _GUESSES.items()],
        )
