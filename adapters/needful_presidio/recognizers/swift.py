"""Codes of banks (ISO 9362): four letters, a country, two characters, and three more for a branch."""

from __future__ import annotations

import re2
from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.checks import COUNTRIES
from needful_presidio.recognizers.wording import ALONE, BEHIND, announced
from needful_presidio.traits import Traits

__all__ = ["SwiftCodes"]

_CODE = r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"
_NUMBERED = r"[A-Z]{6}(?:[A-Z][0-9]|[0-9][A-Z0-9])(?:[A-Z0-9]{3})?"
_HEAD_OFFICE = r"[A-Z]{6}[A-Z0-9]{2}XXX"
_SHAPE = re2.compile(
    rf"[A-Z]{{4}}(?:{'|'.join(sorted(COUNTRIES))})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?:[^A-Za-z0-9]|$)".encode()
)
_CHINESE = r"(?:(?:[银銀]行)?(?:[代号號编編][码碼号號]|[识識][别別][码碼号號]|[识識][别別]代[码碼]|号|號|[码碼]))"
_WORD = rf"(?:\s?(?:codes?|numbers?|no\.?|nr\.?|address|id)(?![A-Za-z])|{_CHINESE})?"
_LABEL = (
    rf"(?<![A-Za-z])(?:SWIFT|BIC)(?:\s?[/\-(]?\s?(?:BIC|SWIFT)\)?)?[\s\-]?{_WORD}"
    rf"|[银銀]行(?:[国國][际際])?{_CHINESE}"
)


class SwiftCodes(PatternRecognizer):
    """Codes in capitals behind a label, of a head office (`…XXX`), or with a digit where a word for them is near.

    A word in capitals may look like one (`DOCUMENT` would be of Montenegro), so that letters alone are none.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="SWIFT_CODE",
            name="SwiftCodes",
            supported_language=supported_language,
            patterns=[
                Pattern("announced", announced(_LABEL, rf"(?-i:{_CODE}){BEHIND}"), 0.8),
                Pattern("head-office", rf"{ALONE}(?-i:{_HEAD_OFFICE}){BEHIND}", 0.5),
                Pattern("numbered", rf"{ALONE}(?-i:{_NUMBERED}){BEHIND}", 0.2),
            ],
            context=["swift", "bic", "iban", "wire", "beneficiary", "remittance"],
        )

    @staticmethod
    def condition(traits: Traits) -> object:
        """Say whether there is a word in capitals with a country at its place."""
        return _SHAPE.search(traits.text.encode("ascii", "replace"))

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse a country that there is not; None keeps the score."""
        return None if pattern_text[4:6] in COUNTRIES else False
