"""What stands around a number: what must not be its neighbour, and what lies between it and its label."""

from __future__ import annotations

__all__ = ["ALONE", "BEHIND", "BETWEEN", "NO_MEASURE", "NUMBER", "announced"]

ALONE = r"(?<![A-Za-z0-9])(?<![0-9]\.)"
"""Not within a longer number or word, not the digits behind a decimal point. Characters of Chinese may stand there."""

BEHIND = r"(?![A-Za-z0-9])"
"""The same on the other side."""

NUMBER = r"(?:号码|號碼|号|號)"
"""The Chinese word for a number, simplified and traditional."""

_VERB = (
    r"(?:is|was|are|were|ending(?:\s(?:in|with))?|ist|war|lautet|est|es|è)(?![A-Za-z])"
    r"|[:=]|就?是|[为為]|尾[号號](?:[为為])?"
)
BETWEEN = rf"(?:[\s(]{{0,2}}(?:{_VERB})){{0,2}}[\s\"'“”„«「『【\[(<*]{{0,16}}?"
"""From the end of a label to its number; a bracket that belongs to the number is left to it."""

NO_MEASURE = r"(?!\s?[年元]|[%％])"
"""No year, no amount, no share."""


def announced(label: str, value: str) -> str:
    r"""Return the pattern of a value behind a label; the value alone is the match. For `regex`, which has `\K`."""
    return rf"(?:{label}){BETWEEN}\K{value}"
