"""Which planted identifiers stand in a text, whatever became of their spaces, dashes and brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["Values", "answered", "seen"]

Values = Mapping[tuple[int, str], str]
"""Planted values by document and kind."""


def seen(values: Values, text: str) -> frozenset[tuple[int, str]]:
    """The planted values that can be read in a text: a last name as a word, anything else by its letters and digits.

    The text may be JSON, also JSON inside JSON.
    """
    plain = re.sub(r"\\+[nrt]", " ", text)
    words = frozenset(re.findall(r"[^\W\d_]+", plain.casefold()))
    squeezed = _squeezed(plain)
    return frozenset(
        key
        for key, value in values.items()
        if (value.casefold() in words if key[1] == "name" else _squeezed(value) in squeezed)
    )


def answered(answer: str, texts: Iterable[str]) -> bool:
    """Whether an answer stands in what the LLM gets, as it is written in the document; white space aside."""
    return " ".join(answer.split()).casefold() in " ".join(" ".join(texts).split()).casefold()


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
