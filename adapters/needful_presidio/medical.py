"""DEA certificate numbers that stand alone: Presidio finds them inside account and policy numbers too."""

from __future__ import annotations

from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers.country_specific.us.medical_license_recognizer import (
    MedicalLicenseRecognizer,
)

from needful_presidio.traits import runs

__all__ = ["MedicalLicenses"]


class MedicalLicenses(MedicalLicenseRecognizer):
    """Presidio's pattern and check digit, with no letter or digit on either side."""

    def __init__(self, supported_language: str = "en") -> None:
        shared = MedicalLicenseRecognizer.PATTERNS[0]
        super().__init__(
            supported_language=supported_language,
            name="MedicalLicenses",
            patterns=[Pattern(shared.name, rf"(?<![A-Za-z0-9])(?:{shared.regex})(?![A-Za-z0-9])", shared.score)],
        )

    condition = runs(7)
    """Seven digits."""
