"""Characters written as escapes: HTML, percent signs, quoted-printable, backslashes, tags; and control characters.

Every escape is a stretch of its own, so that what is found among them covers them and nothing beside.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5

from needful.decoding.stretches import Stretch, characters_of, glance

__all__ = ["SIGNS", "escapes"]

# HTML Standard, 13.5: these names are known without a semicolon too. In an attribute (13.2.5.73) not before these.
_BARE = "|".join(sorted((name for name in html5 if not name.endswith(";")), key=len, reverse=True))
_REFERENCE = re.compile(
    r"&(?:#[xX][0-9A-Fa-f]{1,10};?|#[0-9]{1,10};?|[A-Za-z][A-Za-z0-9]{1,31};|(?:" + _BARE + r")(?![A-Za-z0-9=;]))"
)
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# RFC 2045 §6.7.
_QUOTED = re.compile(r"(?:=[0-9A-Fa-f]{2})+")
_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n")
# RFC 8259 §7: what lies beyond the first plane is written as a pair.
_BACKSLASH = re.compile(
    r"\\(?:u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})|u(?![dD][89a-fA-F])([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]+")
_UNSEEN = f"{_CONTROL.pattern}|{_TAGS.pattern}"
SIGNS = rf"&[#A-Za-z]|[%=][0-9A-Fa-f]{{2}}|=[ \t]*\r?\n|\\[ux]|{_UNSEEN}"
"""What a text with escapes has somewhere (RE2)."""
_holds_unseen = glance(_UNSEEN)


def escapes(text: str) -> list[Stretch]:
    """Return the escapes of a text, in order; those that stand for themselves are none."""
    found: list[Stretch] = []
    if "&" in text:
        found += _references(text)
    if "%" in text:
        found += _octets(text, _PERCENT)
    # One alone may be anything: a query, a comparison.
    if "=" in text and (_SOFT_BREAK.search(text) or len("".join(_QUOTED.findall(text))) > len("=41")):
        found += _octets(text, _QUOTED)
        found += (Stretch(*match.span(), "") for match in _SOFT_BREAK.finditer(text))
    if "\\" in text:
        found += (Stretch(*match.span(), _of_backslash(match)) for match in _BACKSLASH.finditer(text))
    if _holds_unseen(text):
        found += (Stretch(*match.span(), chr(ord(match[0]) - 0xE0000)) for match in _TAGS.finditer(text))
        found += (Stretch(*match.span(), "") for match in _CONTROL.finditer(text))
    return sorted(found, key=lambda stretch: stretch.start)


def _references(text: str) -> Iterator[Stretch]:
    for match in _REFERENCE.finditer(text):
        character = html.unescape(match[0])
        if character != match[0] and character not in ("", "\ufffd"):
            yield Stretch(*match.span(), character)


def _octets(text: str, escape: re.Pattern[str]) -> Iterator[Stretch]:
    for run in escape.finditer(text):
        yield from characters_of(bytes.fromhex(run[0].replace(run[0][0], "")), run.start(), 3)


def _of_backslash(match: re.Match[str]) -> str:
    high, low, single, byte = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    return chr(int(single or byte, 16))
