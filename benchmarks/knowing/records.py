"""Seeded records whose texts mention the values of their metadata."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from knowing.words import HOME, PEOPLE, SENTENCES
from knowing.writing import account, address, han_variants, marked, name_variants, phone

__all__ = ["KINDS", "Case", "Mention", "cases"]

KINDS = ("name", "account", "phone", "address")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a value is mentioned: offsets in the text, which kind, and in which way it is written."""

    start: int
    end: int
    kind: str
    variant: str


@dataclass(frozen=True, slots=True)
class Case:
    """One record and the mentions of its values in its text."""

    payload: dict[str, Any]
    mentions: tuple[Mention, ...]


def case(chance: random.Random) -> Case:
    """One record whose text mentions each value twice, each time in another way."""
    country = chance.choice(tuple(PEOPLE))
    home = HOME.get(country, country)
    givens, families = PEOPLE[country]
    given = chance.choice(givens.split())
    family = chance.choice(families.split("|") if "|" in families else families.split())
    if country == "han":
        name, names = family + given, han_variants(given, family)
    else:
        middle = chance.choice(givens.split()) if chance.random() < 0.3 else ""
        middle = "" if middle == given else middle
        name = " ".join(part for part in (given, middle, family) if part)
        names = name_variants(given, middle, family)
    values = {
        "name": (name, names),
        "account": account(chance),
        "phone": phone(chance, home),
        "address": address(chance, home),
    }
    written = [
        (kind, variant, values[kind][1][variant])
        for kind in KINDS
        for variant in chance.sample(sorted(values[kind][1]), 2)
    ]
    chance.shuffle(written)
    text = ""
    mentions = []
    for kind, variant, words in written:
        before, _, after = chance.choice(SENTENCES[kind]).partition("{}")
        front, value, back = marked(words)
        start = len(text) + len(before) + len(front)
        end = start + len(value)
        mentions.append(Mention(start, end, kind, variant))
        text += f"{before}{front}{value}{back}{after} "
    return Case({"page_content": text, "metadata": {kind: values[kind][0] for kind in KINDS}}, tuple(mentions))


def cases(records: int, seed: int) -> list[Case]:
    """Seeded records."""
    chance = random.Random(seed)
    return [case(chance) for _ in range(records)]
