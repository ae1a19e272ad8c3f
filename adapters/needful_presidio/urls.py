"""Web addresses: Presidio's list of top-level domains, but to the end of the address."""

from __future__ import annotations

from collections.abc import Iterator

import regex
from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers.generic.url_recognizer import UrlRecognizer

from needful_presidio.addresses import URL
from needful_presidio.traits import Traits

__all__ = ["Urls"]

_PATH = """(?:/[^\\s()<>\\"']*)?)"""
_PORT_AND_PATH = "(?::\\d{2,5}\\b)?(?:[/?#][^\\s()<>\"']*)?)"
_WORD = regex.compile(r"\S++", regex.ASCII)
_DOTTED = regex.compile(r"[a-z0-9.\-]\.[a-z]{2}", regex.IGNORECASE)
_SCHEME = regex.compile("://")

# Without it "com" ends the match in `example.community`, and "reference.The" holds an address.
_HOST = UrlRecognizer.BASE_URL_REGEX.removesuffix(_PATH) + r"(?![a-z0-9\-]*[a-z0-9])" + _PORT_AND_PATH


def _patterns() -> list[Pattern]:
    return [
        Pattern("with-scheme", "(?i)\\b(?:https?|ftp)://[^\\s<>\"'()]*[^\\s<>\"'().,;:!?]", 0.6),
        Pattern("without-scheme", "(?i)" + _HOST, 0.5),
    ]


class Urls(UrlRecognizer):
    """Presidio's recognizer, asked only about words with a dot inside, and never ending inside a word.

    What has a scheme is an address whatever its host: `http://localhost:8080/reset?key=1` is one.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(patterns=_patterns(), supported_language=supported_language, name="Urls")

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield where the words lie that may have an address in them. No address has white space."""
        for word in _WORD.finditer(traits.text):
            if _DOTTED.search(word[0]) or _SCHEME.search(word[0]):
                yield word.span()

    condition = URL
    """A dot before two letters, or a scheme."""
