"""What of a text decides whether a value can stand in it at all, without the text: to be remembered between calls."""

from __future__ import annotations

from typing import NamedTuple

from needful.mentions.initials import has_initials
from needful.mentions.reading import Reading

__all__ = ["Signs"]


class Signs(NamedTuple):
    """Hashes of a text's words (Python keys them by a secret of the process), and what no word says."""

    words: frozenset[int]
    is_odd: bool
    """Whether a value may stand where no word of its own does."""
    has_initials: bool

    @classmethod
    def of(cls, reading: Reading) -> Signs:
        """Those of a text."""
        is_odd = reading.is_odd or reading.needs_patterns
        return cls(frozenset(map(hash, reading.runs | reading.forms)), is_odd, has_initials(reading))
