"""E-mail addresses, without asking the network which domains exist."""

from __future__ import annotations

import ipaddress

from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers.generic.email_recognizer import EmailRecognizer

__all__ = ["Emails"]

_COMMON = "com|org|net|edu|gov|mil|info|io|eu|de|uk|fr|it|es|nl|ch|at|pl|se|fi|in|cn|jp|kr|br|ca|au|us|ru"
# One start a word, and no way back into it: linear in the text.
_LOCAL = r"(?<![\w.+\-])[\w.+\-]++"
_AT = r"[\[({]\s?at\s?[\])}]"
_DOT = r"(?:\.|[\[({]\s?(?:dot|\.)\s?[\])}])"

_DISGUISED = [
    Pattern("spaced", rf"{_LOCAL} ?@\s?[\w\-]+(?: ?\. ?[\w\-]+)* ?\. ?(?:{_COMMON})\b", 0.7),
    Pattern("bracketed", rf"{_LOCAL}\s?(?:{_AT}|@)\s?[\w\-]+(?:\s?{_DOT}\s?[\w\-]+)*\s?{_DOT}\s?[a-z]{{2,24}}\b", 0.7),
    Pattern("spelled", r"(?<![\w\-])[\w\-]++(?: dot [\w\-]+)* at [\w\-]+(?: dot [\w\-]+)* dot [a-z]{2,24}\b", 0.7),
]


class Emails(EmailRecognizer):
    """Presidio's pattern, and the usual disguises (`name [at] domain [dot] org`).

    Presidio takes only domains of the public suffix list, which it fetches. Here every domain counts whose last label
    is not a number (`corp.local` is one), and every IPv4 address; `package@1.2.3` is not an address.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            patterns=[*EmailRecognizer.PATTERNS, *_DISGUISED],
            context=["email", "e-mail", "mail"],
            supported_language=supported_language,
            name="Emails",
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Accept by the shape of the domain; None keeps the score of a disguised form."""
        _, at, domain = pattern_text.rpartition("@")
        if not at or any(character in domain for character in " \n[({"):
            return None
        if not domain.rpartition(".")[2].isdigit():
            return True
        try:
            ipaddress.IPv4Address(domain)
        except ValueError:
            return False
        return True
