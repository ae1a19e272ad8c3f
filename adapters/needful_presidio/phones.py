"""Phone numbers: Google's libphonenumber where there are enough digits close together, and a pattern that needs a word.

libphonenumber alone is four fifths of Presidio's time, because it reads the whole text once a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers
from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers.generic.phone_recognizer import PhoneRecognizer

from needful_presidio import guarding
from needful_presidio.results import result_of
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
    """Return the regions whose national formats are known: Presidio's defaults, and those of the locales.

    One region a country code: which one of them a number is parsed for does not change whether it is valid.
    """
    wanted = ["GB" if locale == "uk" else locale.upper() for locale in locales]
    known = [region for region in wanted if region in phonenumbers.SUPPORTED_REGIONS]
    by_code: dict[int, str] = {}
    for region in (*PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, *known):
        by_code.setdefault(phonenumbers.country_code_for_region(region), region)
    return tuple(by_code.values())


class Phones(LocalRecognizer):
    """Presidio's recognizer, given only the stretches of text that could hold a number."""

    def __init__(self, supported_language: str = "en", locales: Sequence[str] = ()) -> None:
        super().__init__(
            supported_entities=["PHONE_NUMBER"],
            supported_language=supported_language,
            context=PhoneRecognizer.CONTEXT,
            name="Phones",
        )
        self._regions = regions(locales)

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find numbers that are valid in one of the regions, or international ones."""
        spans: set[tuple[int, int]] = set()
        for offset, part in _stretches(text):
            for region in self._regions:
                guarding.check()
                spans.update((match.start + offset, match.end + offset) for match in _matches(part, region))
        return [result_of(self, "PHONE_NUMBER", start, end, PhoneRecognizer.SCORE) for start, end in sorted(spans)]


def _matches(part: str, region: str) -> Iterator[phonenumbers.PhoneNumberMatch]:
    for match in phonenumbers.PhoneNumberMatcher(part, region, leniency=phonenumbers.Leniency.VALID):
        if len(_DIGIT.findall(match.raw_string)) >= MIN_DIGITS:
            yield match


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
        form = (
            rf"(?<![\w.,])(?:\+|00)?{_BLOCK}(?:[ ./\-]{{0,3}}{_BLOCK}){{1,6}}(?:,? ?(?:x|ext\.?) ?\d{{1,6}})?(?![\w])"
        )
        super().__init__(
            supported_entity="PHONE_NUMBER",
            name="PhonesByContext",
            supported_language=supported_language,
            patterns=[Pattern("phone-like", form, 0.05)],
            context=[
                "phone",
                "telefon",
                "teléfono",
                "téléphone",
                "mobile",
                "handy",
                "fax",
                "call",
                "电话",
                "手机",
                "電話",
            ],
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Refuse what has too few or too many digits."""
        return not MIN_DIGITS <= len(_DIGIT.findall(pattern_text)) <= _MAX_DIGITS
