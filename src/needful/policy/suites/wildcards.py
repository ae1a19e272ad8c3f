"""Texts with wildcards, as a policy test expects them: `[PERSON:*]`, `[PERSON#*]` and `[PERSON~*]`.

    [PERSON:*]    any pseudonym of that entity, lasting or not
    [PERSON#*]    any hash of it
    [PERSON~*]    any made-up value of it

Tokens differ from run to run, so a wildcard takes the place of one. A made-up value has no form to be known by; the
test pipeline writes `[PERSON~*]` where it put one, so this wildcard is compared like any other text.
"""

from __future__ import annotations

import json
import re
from itertools import takewhile

__all__ = ["made_up", "mismatch", "shown", "with_wildcards", "without_tokens"]

SHOWN = 60
_WILDCARD = re.compile(r"(\[[A-Z][A-Z0-9_]{0,63}[:#]\*\])")
_TOKEN_ID = "[0-9A-Z]{8,16}"  # noqa: S105  # the form of a token, not a password
_TOKEN = re.compile(rf"(\[[A-Z][A-Z0-9_]{{0,63}}[:#]){_TOKEN_ID}\]")
_MADE_UP = re.compile(r"\[[A-Z][A-Z0-9_]{0,63}~\*\]")


def made_up(entity: str) -> str:
    """What stands for a made-up value of this entity."""
    return f"[{entity}~*]"


def with_wildcards(text: str) -> str:
    """Put a wildcard in place of every token that stands for one value."""
    return _TOKEN.sub(r"\1*]", text)


def without_tokens(text: str) -> str:
    """Take out the letters of tokens and what stands for made-up values: no original is in them."""
    return _MADE_UP.sub("[]", _TOKEN.sub("[]", text))


def mismatch(expected: str, actual: str) -> str | None:
    """Compare from the left, and say where the texts differ and what was expected there; None where they do not."""
    position = 0
    for piece in _WILDCARD.split(expected):
        matched = _matched(piece, actual, position)
        if matched < len(piece) and not _WILDCARD.fullmatch(piece):
            return f"from character {position + matched + 1} on, expected {shown(piece[matched:])}"
        if matched == 0 and piece:
            return f"at character {position + 1}, expected {piece}"
        position += matched
    return f"expected to end after character {position}" if position < len(actual) else None


def shown(text: str) -> str:
    """Quote a text for a message, cut to 60 characters."""
    return json.dumps(text if len(text) <= SHOWN else text[:SHOWN] + "…", ensure_ascii=False)


def _matched(piece: str, actual: str, position: int) -> int:
    """How many characters of `actual` from `position` on are what the piece says; 0 where a wildcard finds no token."""
    if _WILDCARD.fullmatch(piece):
        token = re.compile(re.escape(piece).replace(r"\*", _TOKEN_ID)).match(actual, position)
        return token.end() - position if token else 0
    pairs = zip(piece, actual[position:], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
