"""Dates written with the month's name, which Presidio's patterns leave out."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

__all__ = ["DateWords"]

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
_DAY = r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er|o|\.)?"
_YEAR = r"(?:1[5-9]|20)\d{2}(?!\d)"


def _patterns(language: str) -> list[Pattern]:
    names = [_MONTHS["en"]] + ([_MONTHS[language]] if language in _MONTHS and language != "en" else [])
    month = rf"(?<!\w)(?:{'|'.join(names)})\b\.?"
    return [
        Pattern(
            "day-month", rf"{_DAY}\s{{0,2}}(?:(?:of|de|di)\s)?[\s\-]?{month}(?:,?[\s\-](?:(?:de|del)\s)?{_YEAR})?", 0.7
        ),
        Pattern("month-day", rf"{month}\s{_DAY}(?!\d)(?:,?\s{_YEAR})?", 0.7),
        Pattern("month-year", rf"{month},?\s(?:(?:of|de|del)\s)?{_YEAR}", 0.7),
        Pattern("numbers", rf"(?<![\d./])\d{{1,2}}[./]\d{{1,2}}[./](?:{_YEAR}|\d{{2}}(?![\d./]))", 0.6),
        Pattern(
            "chinese",
            r"(?:1[5-9]|20)\d{2}\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?|(?<!\d)\d{1,2}\s?月\s?\d{1,2}\s?日",
            0.7,
        ),
        # A year alone points at nobody; who wants it found lowers min_score.
        Pattern("year", rf"\b(?:in|since|of|between|and|until|from|during|year|by)\s\K{_YEAR}", 0.3),
    ]


class DateWords(PatternRecognizer):
    """`3 February 1980`, `February 3, 1980`, `March 2024`: English months, and those of the text's language."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="DATE_TIME",
            name="DateWords",
            supported_language=supported_language,
            patterns=_patterns(supported_language),
        )
