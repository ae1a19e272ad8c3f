"""Card and account numbers that prove themselves by check digits, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers.generic.iban_patterns import regex_per_country

from needful_presidio.results import result_of
from needful_presidio.traits import numbers, rows

__all__ = ["Cards", "Ibans", "is_card", "is_iban"]

# First and last prefix (ISO/IEC 7812 issuer numbers), and the lengths in use.
_ISSUERS = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", range(14, 20)),
    ("3095", "3095", range(14, 20)),
    ("36", "36", range(14, 20)),
    ("38", "39", range(14, 20)),
    ("3528", "3589", range(15, 20)),
    ("1800", "1800", (15,)),
    ("2131", "2131", (15,)),
    ("50", "50", range(12, 20)),
    ("56", "69", range(12, 20)),
    ("81", "81", range(16, 20)),
    ("9792", "9792", (16,)),
    ("2200", "2204", range(16, 20)),
)

_GAP = r"(?:[ .\-]{1,2}|-?[ \t]?\r?\n[ \t]?)"
_GROUPINGS = ((4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 4, 4), (4, 4, 5))
# Not within a longer number, not the digits behind a decimal point.
_ALONE = r"(?<![0-9])(?<![0-9][.,])", r"(?![0-9])"


def _card_patterns() -> list[Pattern]:
    grouped = [_GAP.join(f"[0-9]{{{size}}}" for size in sizes) for sizes in _GROUPINGS]
    return [Pattern(f"card-{index}", form.join(_ALONE), 0.3) for index, form in enumerate(["[0-9]{12,19}", *grouped])]


def is_card(digits: str) -> bool:
    """Say whether a string of ASCII digits has an issuer's prefix and length and passes Luhn (ISO/IEC 7812-1)."""
    known = any(len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _ISSUERS)
    return known and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


class Cards(PatternRecognizer):
    """Payment cards of 12 to 19 digits: kinds that Presidio's own pattern leaves out, and other separators."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CREDIT_CARD",
            name="Cards",
            supported_language=supported_language,
            patterns=_card_patterns(),
        )

    condition = rows(r"\d(?:[ .\-\r\n\t]{0,5}\d){11}", 12)
    """Twelve digits, close together."""

    def validate_result(self, pattern_text: str) -> bool:
        """Accept what has an issuer and passes Luhn."""
        return is_card(re.sub("[^0-9]", "", pattern_text))


# The check digits prove a number that is glued to a word (`IBANDE89…`), but not to digits.
_IBAN_START = re.compile(r"(?<![0-9])[A-Za-z]{2}[0-9]{2}")
_IBAN_LONGEST = 34
_IBAN_FORMS = {country: re.compile(form) for country, form in regex_per_country.items()}
_BETWEEN = " -.\r\n\t"
_MOST_BETWEEN = 3


def is_iban(compact: str) -> bool:
    """Say whether a string of upper-case ASCII letters and digits passes MOD 97-10 (ISO 13616, ISO/IEC 7064)."""
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


class Ibans(LocalRecognizer):
    """International bank account numbers, in capitals or not, with the usual separators, beside any script.

    It takes the place of Presidio's, which goes on after a timeout as if it had found nothing and logs text.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(supported_entities=["IBAN_CODE"], name="Ibans", supported_language=supported_language)

    condition = numbers(r"[a-z]{2}\d{2}")
    """Two letters before two digits."""

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find every number whose country, length, form and check digits are right."""
        ends = ((match.start(), _iban_end(text, match.start())) for match in _IBAN_START.finditer(text))
        return [result_of(self, "IBAN_CODE", start, end, 1.0) for start, end in ends if end is not None]


def _iban_end(text: str, start: int) -> int | None:
    """Return where the number that begins here ends, None where none does."""
    form = _IBAN_FORMS.get(text[start : start + 2].upper())
    if form is None:
        return None
    places = _places(text, start)
    compact = "".join(text[place] for place in places).upper()
    match = form.match(compact)
    if not match or not is_iban(match[0]):
        return None
    end = places[match.end() - 1] + 1
    glued = start > 0 and text[start - 1].isascii() and text[start - 1].isalpha()
    return None if glued and text[end : end + 1].isalnum() else end


def _places(text: str, start: int) -> list[int]:
    """Return where the next 34 ASCII letters and digits stand, with at most three separators between any two."""
    places: list[int] = []
    between = 0
    for place in range(start, len(text)):
        character = text[place]
        if character.isascii() and character.isalnum():
            places.append(place)
            between = 0
        elif character in _BETWEEN and between < _MOST_BETWEEN:
            between += 1
        else:
            break
        if len(places) == _IBAN_LONGEST:
            break
    return places
