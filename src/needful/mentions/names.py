"""The words of a person's name, and how each may be spelled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from needful.folding import skeleton
from needful.mentions.reading import FIRST_UNSPACED, Words, plain
from needful.titles import ALSO_NAMES, TITLES

__all__ = ["bare_name", "glued", "plurals", "spellings", "taken_apart"]

SUFFIXES = frozenset("jr sr ii iii iv phd md esq mba dds".split())
PARTICLES = frozenset(
    """
van von vom der den de del della di da dos das do du la le el al bin ibn bint ben bat ter ten te zu zum zur af av san
st mac mc y e ul abu vd vdl vh vdr t
""".split()
)


def bare_name(value: str) -> str:
    """A name without the titles before and the possessive after it."""
    words = value.split()
    while len(words) > 1 and plain(skeleton(words[0]).text).strip(".,") in TITLES:
        words = words[1:]
    return re.sub(r"['\u2019]s?\Z", "", " ".join(words).strip(" .,;:()\"'\u201c\u201d"))


def taken_apart(value: str) -> tuple[list[str], frozenset[str]]:
    """The words of a name and its particles, folded, without titles and suffixes; hyphens part words."""
    folded = skeleton(value).text
    words = [folded[word.start : word.end] for word in Words(folded)]
    words = [word for word in words if not word.isdigit() and ord(word[0]) < FIRST_UNSPACED]
    while len(words) > 1 and plain(words[0]) in TITLES - ALSO_NAMES:
        words = words[1:]
    if len(words) > 2 and plain(words[-1]) in SUFFIXES:
        words = words[:-1]
    # "Ben Carter" and "Le Minh" begin with a name, "Anna van der Berg" and "van der Berg, Anna" do not.
    small = value.strip()[:1].islower()
    found = [word for word in words[0 if small else 1 : -1] if word in PARTICLES]
    short = "".join(word[0] for word in found)
    names = [word for at, word in enumerate(words) if word not in found or (at == 0 and not small)]
    return names, frozenset({*found, short} if len(short) > 1 else found)


def spellings(word: str) -> tuple[str, ...]:
    """How a word may be spelled: without accents, with two letters for an umlaut, or with one for two."""
    bare = plain(word)
    spelled = [bare]
    if not word.isascii():
        spelled.append(plain(re.sub("([aou])\u0308", r"\1e", word).replace("ø", "oe").replace("a\u030a", "aa")))
    elif len(bare) > 4:
        spelled.append(re.sub("([aou])e", r"\1", bare))
    return tuple(dict.fromkeys(spelled))


def plurals(form: str) -> list[str]:
    """What a family of that name is called; nothing for a word of two letters."""
    if len(form) < 3:
        return []
    return [f"{form}s", f"{form}es"] if form.endswith(("s", "x", "z", "ch", "sh")) else [f"{form}s"]


def glued(spelled: Sequence[Sequence[str]]) -> Iterator[str]:
    """Names written as one, as accounts are named: mariakeller, kellermaria, mkeller; Annemarie for Anne-Marie."""
    if len(spelled) < 2:
        return
    for first in spelled[0]:
        for last in spelled[-1]:
            if len(first) > 2 and len(last) > 2:
                yield from (first + last, last + first)
            if len(last) > 3:
                yield first[0] + last
    for one, other in pairwise(spelled):
        yield one[0] + other[0]
