"""The dictionary: words with kind and cost, what surnames, given names and foreign sounds cost, simplified characters.

`tables.bin` is made by `training/zh.py` from jieba's dictionary (MIT) and OpenCC's table of characters (Apache-2.0). A
cost is the negative natural logarithm of a share: what is one character or word in a thousand costs 6.9.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path

__all__ = ["Tables", "tables"]

_FILE = Path(__file__).with_name("tables.bin")
_COST = re.compile(r"(\D)([\d.]+)")


@dataclass(frozen=True, slots=True)
class Tables:
    """What the file holds. Words and characters are simplified ones."""

    digest: str
    words: Mapping[str, tuple[str, float]]
    """Word to its kind (P and F name, L place, O organisation, N noun, V verb, A, M, T, Q, X) and its cost."""
    longest: Mapping[str, int]
    """The first two characters of words of three or more to the length of the longest."""
    simplified: Mapping[int, int]
    """For `str.translate`: one character for one, so that offsets stay."""
    surname: Mapping[str, float]
    first: Mapping[str, float]
    last: Mapping[str, float]
    sound: Mapping[str, float]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Read the tables, once a process. Nothing is written, and nothing but the package's own file is read."""
    packed = _FILE.read_bytes()
    words: dict[str, tuple[str, float]] = {}
    notes: dict[str, str] = {}
    for line in zlib.decompress(packed).decode().split("\n"):
        head, _, body = line.partition("\t")
        if head[0] == "!":
            notes[head[1:]] = body
        else:
            words.update(zip(body.split(" "), repeat((head[0], float(head[1:])))))
    pairs = notes["simplified"]
    return Tables(
        digest=hashlib.sha256(packed).hexdigest(),
        words=words,
        longest=_longest(words),
        simplified={ord(old): ord(new) for old, new in zip(pairs[::2], pairs[1::2], strict=True)},
        surname=_costs(notes["surname"]),
        first=_costs(notes["first"]),
        last=_costs(notes["last"]),
        sound=_costs(notes["sound"]),
    )


def _longest(words: Mapping[str, object]) -> dict[str, int]:
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word[:2])
    return {start: length for length in sorted(by_length) if length > 2 for start in by_length[length]}


def _costs(body: str) -> dict[str, float]:
    return {match[1]: float(match[2]) for match in (_COST.fullmatch(part) for part in body.split(" ")) if match}
