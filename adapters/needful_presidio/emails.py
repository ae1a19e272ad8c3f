"""E-mail addresses, without asking the network which domains exist."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers.generic.email_recognizer import EmailRecognizer

from needful_presidio.addresses import EMAIL
from needful_presidio.traits import Traits

__all__ = ["Emails"]

_COMMON = "com|org|net|edu|gov|mil|info|io|eu|de|uk|fr|it|es|nl|ch|at|pl|se|fi|in|cn|jp|kr|br|ca|au|us|ru"
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
# Chinese, Japanese and Korean are written without spaces: their letters end an address, or all of it is theirs.
_LETTER = rf"[^\W{_CJK}]"
_SIGN = r"[!#$%&'*+\-/=?^`{|}~.]"
_LABEL = rf"{_LETTER}+(?:-+{_LETTER}+)*"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"
# One start a word, and no way back into it: linear in the text.
_NAME = rf"(?<!{_LETTER}|{_SIGN}){_SIGN}*+\K{_LETTER}(?:{_LETTER}|{_SIGN})*+"
_PLAIN = [
    Pattern("address", rf"{_NAME}@{_DOMAIN}", 0.5),
    Pattern("own-script-name", rf"(?<!\w)[{_CJK}]++@[\w\-]+(?:\.[\w\-]+)+", 0.5),
    Pattern("own-script-domain", rf"{_NAME}@[{_CJK}][\w\-]*(?:\.[\w\-]+)+", 0.5),
]
_AT = r"\s?[\[({]\s?at\s?[\])}]\s?"
_DOT = r"\s?[\[({]\s?(?:dot|\.)\s?[\])}]\s?"
_TOP = r"[a-z]{2,24}\b"

_DISGUISED = [
    Pattern("spaced", rf"{_NAME} ?@\s?[\w\-]+(?: ?\. ?[\w\-]+)* ?\. ?(?:{_COMMON})\b", 0.7),
    Pattern("bracketed-at", rf"{_NAME}{_AT}[\w\-]+(?:(?:\.|{_DOT})[\w\-]+)*(?:\.|{_DOT}){_TOP}", 0.7),
    Pattern("bracketed-dot", rf"{_NAME}\s?@\s?[\w\-]+(?:\.[\w\-]+)*{_DOT}(?:[\w\-]+(?:\.|{_DOT}))*{_TOP}", 0.7),
    Pattern("spelled", rf"(?<![\w\-.])[\w\-]++(?:(?: dot |\.)[\w\-]+)* at [\w\-]+(?: dot [\w\-]+)* dot {_TOP}", 0.7),
]


class Emails(EmailRecognizer):
    """Addresses in every script, and the usual disguises (`name [at] domain [dot] org`).

    Presidio takes only domains of the public suffix list, which it fetches. Here every domain counts whose last label
    is not a number (`corp.local` is one), and every IPv4 address; `package@1.2.3` is not an address.
    """

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            patterns=[*_PLAIN, *_DISGUISED],
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

    condition = EMAIL
    """An at-sign, or a word for one or for a dot."""

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield what lies around at-signs and words for them, whole words at both ends."""
        text = traits.text
        last = start = -1
        for sign in _SIGNS.finditer(text):
            if last < 0 or sign.start() - _REACH > last:
                if last >= 0:
                    yield start, last
                start = _word_start(text, sign.start() - _REACH)
            if sign.end() + _REACH > last:  # else it is the same word's end, and looking again would be quadratic
                last = _word_end(text, sign.end() + _REACH)
        if last >= 0:
            yield start, last


_SIGNS = re.compile(r"@|\sdot\s|[\[({]\s?at", re.IGNORECASE)
_REACH = 320
"""More than an address is long (RFC 5321 §4.5.3.1: 254 characters), spelled out or not."""
_SPACE = re.compile(r"\s")


def _word_start(text: str, place: int) -> int:
    while place > 0 and not text[place - 1].isspace():
        place -= 1
    return max(0, place)


def _word_end(text: str, place: int) -> int:
    space = _SPACE.search(text, min(place, len(text)))
    return space.start() if space else len(text)
