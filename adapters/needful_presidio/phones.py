"""Phone numbers: Google's libphonenumber where there are enough digits close together, and a pattern that needs a word.

libphonenumber alone is four fifths of Presidio's time, because it reads the whole text once a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers.generic.phone_recognizer import PhoneRecognizer

from needful_presidio import guarding
from needful_presidio.windows import windows

__all__ = ["MIN_DIGITS", "Phones", "PhonesByContext", "regions"]

MIN_DIGITS = 7
"""What is shorter is not taken for a phone number: in Germany any five digits may be one."""

_MAX_DIGITS = 17
_WINDOW = 500
_OVERLAP = 100
"""More than 17 digits (ITU-T E.164, and a prefix) with four separators between any two take."""

# Digits with gaps that a number, or a number and its extension, can have.
_CLUSTER = re.compile(r"\d(?:\D{0,24}\d)*")
_MARGIN = 8
_DIGIT = re.compile(r"\d")


def regions(locales: Sequence[str]) -> tuple[str, ...]:
    """Return the regions whose national formats are known: Presidio's defaults, and those of the locales."""
    wanted = ["GB" if locale == "uk" else locale.upper() for locale in locales]
    known = [region for region in wanted if region in phonenumbers.SUPPORTED_REGIONS]
    return tuple(dict.fromkeys([*PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, *known]))


class Phones(PhoneRecognizer):
    """Presidio's recognizer, given only the stretches of text that could hold a number."""

    def __init__(self, supported_language: str = "en", locales: Sequence[str] = ()) -> None:
        super().__init__(
            supported_language=supported_language, supported_regions=regions(locales), name="Phones"
        )

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find numbers that are valid in one of the regions, or international ones."""
        found = []
        for offset, part in _stretches(text):
            guarding.check()
            for result in super().analyze(part, list(entities)):
                if len(_DIGIT.findall(part, result.start, result.end)) >= MIN_DIGITS:
                    result.start += offset
                    result.end += offset
                    found.append(result)
        return found


def _stretches(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text to clusters of digits with a margin for brackets and signs, long ones into windows."""
    for cluster in _CLUSTER.finditer(text):
        if len(_DIGIT.findall(cluster[0])) < MIN_DIGITS:
            continue
        start = max(0, cluster.start() - _MARGIN)
        for offset, part in windows(text[start : cluster.end() + _MARGIN], _WINDOW, _OVERLAP):
            yield start + offset, part


_BLOCK = r"\(?\d{1,5}\)?"


class PhonesByContext(PatternRecognizer):
    """What looks like a phone number and stands behind a word for one, whatever the region."""

    def __init__(self, supported_language: str = "en") -> None:
        form = rf"(?<![\w.,])(?:\+|00)?{_BLOCK}(?:[ ./\-]{{0,3}}{_BLOCK}){{1,6}}(?:,? ?(?:x|ext\.?) ?\d{{1,6}})?(?![\w])"
        super().__init__(
            supported_entity="PHONE_NUMBER",
            name="PhonesByContext",
            supported_language=supported_language,
            patterns=[Pattern("phone-like", form, 0.05)],
            context=["phone", "telefon", "teléfono", "téléphone", "mobile", "handy", "fax", "call", "电话", "手机", "電話"],
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Refuse what has too few or too many digits."""
        return not MIN_DIGITS <= len(_DIGIT.findall(pattern_text)) <= _MAX_DIGITS
