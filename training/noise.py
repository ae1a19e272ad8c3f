"""What people, scanners and mail clients do to a text: case, quotes, typing errors, broken lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from composing import Piece

__all__ = ["noisy"]


def noisy(pieces: list[Piece], lower: float, rng: Random) -> list[Piece]:
    """Case, quotes, typing errors and broken lines, each in a share of the texts; `lower` is that of small letters."""
    pieces = _cased(pieces, lower, rng.random())
    if rng.random() < 0.12:
        pieces = [(_typographic(text), label) for text, label in pieces]
    if rng.random() < 0.04:
        pieces = _outside(pieces, lambda text: _typos(text, rng))
    if rng.random() < 0.03:
        pieces = _outside(pieces, lambda text: re.sub(r"[.,;:!?](?=\s|$)", "", text))
    if rng.random() < 0.01:
        pieces = _outside(pieces, lambda text: re.sub(r"([.,:]) (?=\w)", r"\1", text))
    if rng.random() < 0.05:
        pieces = [(_tokenized(text), label) for text, label in pieces]
    if rng.random() < 0.06:
        pieces = [(_broken_lines(text, rng), label) for text, label in pieces]
    return pieces


def _cased(pieces: list[Piece], lower: float, x: float) -> list[Piece]:
    if x < lower:
        return _recased(pieces, str.lower)
    if x > 0.92:
        return _recased(pieces, str.upper)
    if x > 0.905:
        return _recased(pieces, lambda text: re.sub(r"\b[a-z]", lambda match: match.group().upper(), text))
    return pieces


def _recased(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    changed = [(change(text), label) for text, label in pieces]
    # Not where it changes a length, as with ß in capitals.
    return changed if all(len(a[0]) == len(b[0]) for a, b in zip(pieces, changed, strict=True)) else pieces


def _outside(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    return [(text if label else change(text), label) for text, label in pieces]


def _typographic(text: str) -> str:
    text = re.sub(r'(^|[\s(])"', r"\1“", text).replace('"', "”").replace("'", "’")
    return text.replace(" - ", " – ").replace("--", "—")


def _typos(text: str, rng: Random) -> str:
    chars = list(text)
    for i in range(1, len(chars) - 2):
        if chars[i].islower() and chars[i + 1].islower() and rng.random() < 0.02:
            chars[i : i + 2] = [chars[i + 1], chars[i]] if rng.random() < 0.6 else [chars[i], ""]
    return "".join(chars)


def _tokenized(text: str) -> str:
    # As corpora have it: Ray 's Pizza.
    text = re.sub(r"(?<=\w)(?=['’](?:s|re|ve|ll|d|m)\b)|(?<=\w)(?=n['’]t\b)", " ", text)
    return re.sub(r"(?<=\w)(?=[,;:!?](?:\s|$))", " ", text)


def _broken_lines(text: str, rng: Random) -> str:
    # As after a scan or a mail client.
    return "".join(rng.choice(["  ", "\n", "\n", " \n"]) if c == " " and rng.random() < 0.07 else c for c in text)
