"""Text to the pieces of words that the bundled model reads, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from needful_presidio.ner.shapes import shapes

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Tokens", "tokenize"]

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which is not text for the tokenizer."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pieces of one text: arrays of one length. Offsets are code points."""

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    shapes: NDArray[np.int64]


def tokenize(text: str, tokenizer: Tokenizer) -> Tokens:
    """Cut a text to pieces; none for a text of blanks."""
    pieces = tokenizer.encode(_SURROGATE.sub("\ufffd", text), add_special_tokens=False)
    offsets = np.array(pieces.offsets, dtype=np.int64).reshape(-1, 2)
    of_text = np.frombuffer(bytes(shapes(text)) or b"\0", dtype=np.uint8)
    starts = offsets[:, 0]
    return Tokens(
        ids=np.array(pieces.ids, dtype=np.int64),
        starts=starts,
        ends=offsets[:, 1],
        shapes=of_text[np.minimum(starts, len(of_text) - 1)].astype(np.int64),
    )
