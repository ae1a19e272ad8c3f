"""Fills templates and joins them to a text, as pieces with and without a label."""

from __future__ import annotations

import re

from registers import SLOT, Register, registers
from slots import Draw

__all__ = ["Piece", "compose", "fill", "pick"]

Piece = tuple[str, str]
"""Text, and its label or an empty string."""

_CHOICE = re.compile(r"\[\[([^\[\]]*)\]\]")


def pick(d: Draw) -> tuple[list[Piece], float]:
    """The pieces of a new text, and the share of its register that is in small letters."""
    entities = not d.chance(0.17)
    usable = [r for r in registers() if (r.templates if entities else len(r.plain) > 2)]
    weights = [r.weight * (1 if entities else min(1.0, len(r.plain) / 15)) for r in usable]
    register = d.rng.choices(usable, weights)[0]
    return compose(register, d, entities=entities), register.lower


def compose(register: Register, d: Draw, *, entities: bool) -> list[Piece]:
    """Join one to six templates of a register up to a length drawn for this text."""
    target = min(110.0, 2 + d.rng.lognormvariate(3.62, 0.75))
    pieces: list[Piece] = []
    used: set[str] = set()
    for turn in range(register.most if d.chance(0.85) else 6):
        source = _source(register, d, entities=entities, first=turn == 0)
        if pieces:
            pieces.append((_between(pieces[-1], register, d), ""))
        template = d.rng.choice(source)
        if template in used:
            template = d.rng.choice(source)
        used.add(template)
        pieces += fill(template, d)
        if _words(pieces) >= target * 0.8:
            break
    return pieces


def _source(register: Register, d: Draw, *, entities: bool, first: bool) -> list[str]:
    if entities and register.templates and (first or d.chance(0.8) or not register.plain):
        return register.templates
    return register.plain


def _between(last: Piece, register: Register, d: Draw) -> str:
    text, label = last
    ended = not label and text.rstrip()[-1:] in ".?!,:;"
    if ended and d.chance(0.9):
        return register.join
    return d.one(["\n", " ", "\n\n"] if ended else ["\n", "\n", "\n\n", ". "])


def _words(pieces: list[Piece]) -> int:
    return sum(text.count(" ") + text.count("\n") for text, _ in pieces) + 1


def fill(template: str, d: Draw) -> list[Piece]:
    """The pieces of a template, literal text and values in turn. Raises `ValueError` for an unknown slot."""
    while _CHOICE.search(template):
        template = _CHOICE.sub(lambda match: d.rng.choice(match.group(1).split("|")), template)
    pieces: list[Piece] = []
    for index, part in enumerate(SLOT.split(template)):
        pieces += _value(part, d) if index % 2 else [(part, "")]
    return [piece for piece in pieces if piece[0]]


def _value(slot: str, d: Draw) -> list[Piece]:
    if slot in d.named:
        label, make = d.named[slot]
        return _article_outside(make().strip(), label)
    if slot in d.other:
        return [(d.other[slot](), "")]
    raise ValueError(f"unknown slot {slot!r}")


def _article_outside(value: str, label: str) -> list[Piece]:
    # "the Bronx" is a span without its article; "The Hague" keeps its own.
    return [("the ", ""), (value[4:], label)] if value.startswith("the ") else [(value, label)]
