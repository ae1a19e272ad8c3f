"""Ages in English: `aged 45`, `45-year-old`, `age: 45`, `42 yo`, `turned 39`, `sixty-three years of age`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.traits import OTHER, Traits, around, holds

__all__ = ["Ages"]

_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_WORDS = rf"(?:(?:{_TENS})(?:[\s\-]?(?:{_ONES}))?|{_TEENS}|{_ONES})"
_YEARS = r"(?<![\w.,$€£])(?:1[01]\d|120|[1-9]?\d)(?:\s?½|\.5)?(?![\d%]|[.,]\d)"
_AGE = rf"(?:{_YEARS}|\b{_WORDS}\b)"
_TO = r"(?:\s?[-–/]\s?|,?\s(?:and|or|to)\s(?:a\s)?)"
_UNIT = r"(?:year|yr)"
_SHORT_UNIT = r"(?:month|week|day)s?"
# What is measured otherwise, or is an age of no person.
_NO_AGE = (
    r"(?![\s\-]?(?:%|per\s?cent|days?\b|degrees?\b|hours?\b|minutes?\b|million|billion|thousand|times\b|weeks?\sago))"
)

_AT = r"(?:at|by|of|reached|reaching|under|over)\s(?:the|an?)\sage\sof"
_LABEL = rf"\b(?:aged|ages?|age\sis|(?:aged|ages?)\sbetween|{_AT}|at\s(?:the\s)?age)(?:\s?[:=]\s?|\s|-)"
_NO_SPAN = r"(?!\s(?:years?|months?)\b(?!\s(?:old|of\sage)))"
_REACHED = r"\b(?:aged|(?:reached|reaching|attained|attaining|at|by)\s(?:the|an)\sage\sof)\s"
_ENDS = r"(?=\s(?:last|this|next|on|in|years|today|yesterday|recently|and|when)\b|[.,;!?)]|\s*$)"
_BEING = r"\b(?:I['’]?m|I\sam|(?:he|she)(?:['’]s|\sis|\swas))\s"
_DECADE = r"(?:[2-9]0['’]?s\b|(?:twen|thir|for|fif|six|seven|eigh|nine)ties\b)"

_OLD = rf"[\s\-]*{_UNIT}(?:s|['’]s|s['’])?\.?[\s\-]*(?:olds?\b|of[\s\-]age\b)"

# The number is the span: `[AGE] years old` can still be read, and a band can take its place. Of months, weeks and days
# the unit is part of it: a band of months would say little, `0–9` instead of `18 months old` is an age.
_PATTERNS = [
    Pattern("old", rf"(?:{_AGE}{_TO})?{_AGE}(?={_OLD})", 0.7),
    Pattern("months-old", rf"(?:{_AGE}{_TO})?{_AGE}[\s\-]*{_SHORT_UNIT}[\s\-]*(?:olds?\b|of[\s\-]age\b)", 0.7),
    Pattern("short", rf"{_YEARS}(?=\s?(?:-\s?)?(?:y\.?/?o\b\.?|yrs?\.?\sold\b))", 0.6),
    Pattern(
        "aged",
        rf"{_LABEL}(?:only\s|about\s|just\s)?\K{_AGE}(?:{_TO}{_AGE})?{_NO_AGE}{_NO_SPAN}",
        0.6,
    ),
    Pattern("years-behind-age", rf"{_REACHED}\K(?:{_AGE}(?=\syears\b)|{_AGE}\smonths\b)", 0.6),
    Pattern("turned", rf"\bturn(?:ed|ing|s)\s\K(?:1[01]\d|[1-9]\d)\b(?![%\d'’])(?![.,:/]\d){_NO_AGE}{_ENDS}", 0.5),
    Pattern("is", rf"{_BEING}\K[1-9]\d\b(?![%\d'’:/]|[.,]\d)(?=[,.;!?]|\s(?:and|but|now)\b|\s*$)", 0.4),
    Pattern("decade", rf"\b(?:his|her|their|my|your)\s(?:early|mid|late)?[\s\-]?\K{_DECADE}", 0.5),
    Pattern("birthday", r"\b\K\d{1,3}(?:st|nd|rd|th)(?=\sbirthday\b)", 0.5),
]


_BEFORE = 60
_AFTER = 60
"""What a pattern takes on either side of the word that it goes by."""


# Looser than what ends a word in any pattern: with and without regard to scripts, in `re` and in `regex`.
_FREE, _ENDED = r"(?<!(?-i:[A-Za-z0-9_]))", r"(?!(?-i:[A-Za-z0-9_]))"
_SIGN = f"(?:'|{OTHER})"
_SEEN = (
    r"\bage[ds]?\b"
    rf"|(?:year|yr|month|week|day)(?:s|{_SIGN}s|s{_SIGN})?\.?[\s\-]*(?:olds?|of[\s\-]age)\b"
    r"|\by[./]{0,2}o\b|\dy[./]{0,2}o\b|\bturn(?:ed|ing|s)[\s]\d|\d(?:st|nd|rd|th)[\s]birthday\b"
    rf"|\b(?:his|her|their|my|your)[\s](?:early|mid|late)?[\s\-]?(?:[2-9]0{_SIGN}?s|[a-z]{{3,5}}ties)\b"
    rf"|\bi{_SIGN}?m[\s]\d|\bi[\s]am[\s]\d|\bs?he(?:[\s](?:is|was)|{_SIGN}s)[\s]\d"
)


class Ages(PatternRecognizer):
    """Ages of people, as numbers or in words."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="AGE", name="Ages", supported_language=supported_language, patterns=list(_PATTERNS)
        )

    _word = staticmethod(
        re.compile(
            rf"{_FREE}age[ds]?{_ENDED}|olds?{_ENDED}|{_FREE}y[./]{{0,2}}o{_ENDED}|\dy[./]{{0,2}}o{_ENDED}|turn(?:ed|ing|s)"
            rf"|birthday|of[\s\-]age|(?:\d0['’]?s|ties){_ENDED}|{_FREE}i['’]?m\s\d|{_FREE}i\sam\s\d"
            rf"|{_FREE}(?:he|she)(?:\s(?:is|was)|['’]s)\s\d",
            re.IGNORECASE,
        ).finditer
    )

    condition = holds(_SEEN)
    """A word that goes with an age, and what stands before or behind it."""

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield what lies around the words that go with an age: nothing else is read."""
        return around((word.span() for word in self._word(traits.text)), _BEFORE, _AFTER, len(traits.text))
