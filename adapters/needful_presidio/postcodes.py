"""Postal codes that a word announces: `ZIP 94107`, `post code: SW1A 1AA`, `postal code K1A 0B1`."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.traits import holds

__all__ = ["Postcodes"]

_WORD = r"(?:zip(?:[\s\-]?codes?)?|post(?:al)?[\s\-]?codes?)"
_BETWEEN = r"(?:\s(?:is|was|of|for|number|here|in|my|the|new|old|changed|to|now|it['’]s)\b){0,4}\s?[:=#]?\s{0,2}"
_BRITISH = r"(?-i:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})"
_CANADIAN = r"(?-i:[A-Z]\d[A-Z]\s?\d[A-Z]\d)"
_CODE = rf"(?:\d{{5}}-\d{{4}}|{_BRITISH}|{_CANADIAN}|\d{{3}}[\s\-]\d{{2,4}}|\d{{4}}\s?[A-Z]{{2}}\b|\d{{4,7}})"


class Postcodes(PatternRecognizer):
    """Codes of any country behind a word for them. Within an address they are part of it, and the model finds that."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="ZIP_CODE",
            name="Postcodes",
            supported_language=supported_language,
            patterns=[Pattern("announced", rf"\b{_WORD}{_BETWEEN}\K{_CODE}(?![\w\-])", 0.6)],
        )

    condition = holds(r"\bzip|\bpost(?:al)?[\s\-]?code", numeric=True)
    """A number, and a word for a postal code."""
