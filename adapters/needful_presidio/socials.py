"""US social security numbers that are glued to their name or go over a line break."""

from __future__ import annotations

from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers.country_specific.us.us_ssn_recognizer import UsSsnRecognizer

from needful_presidio.traits import rows

__all__ = ["SocialSecurity"]

_BREAK = r"(?:[ \t]?\r?\n[ \t]?)"
_NAME = r"(?:ssns?|ss\s?(?:#|no\b\.?)|social\s?sec(?:urity)?(?:\s?(?:numbers?|no\b\.?|nr\b\.?|#))?)"
_BEHIND_NAME = rf"(?<![A-Za-z]){_NAME}\s?(?:is\b|are\b|[:#=\-])?\s{{0,2}}\K"


class SocialSecurity(UsSsnRecognizer):
    """`SSN123-45-6789`, `ssn:123456789`, `123-45-` and `6789` on the next line."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_language=supported_language,
            name="SocialSecurity",
            patterns=[
                Pattern("named", rf"{_BEHIND_NAME}[0-9]{{3}}[- .]?[0-9]{{2}}[- .]?[0-9]{{4}}(?![0-9])", 0.6),
                Pattern(
                    "broken",
                    rf"(?<![\w\-])[0-9]{{3}}-{_BREAK}?[0-9]{{2}}-{_BREAK}?[0-9]{{4}}(?![\w\-])(?<=\n[0-9\-\s]*)",
                    0.5,
                ),
            ],
        )

    condition = rows(r"\d{3}[- .]?\s{0,4}\d{2}[- .]?\s{0,4}\d{4}", 9)
    """Nine digits in groups."""
