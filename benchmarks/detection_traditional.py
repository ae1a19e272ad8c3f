"""Simplified Chinese to traditional characters with OpenCC, length for length, so that annotations stay in place.

It runs in the environment of `detection_presidio_evaluator.py`. In: a JSON list of texts. Out: the same, converted. A
text whose length would change by words is converted character by character.

    python benchmarks/detection_traditional.py GIVEN.json ANSWER.json
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def converted(converter: Any, text: str) -> str:
    """One text in traditional characters."""
    by_words: str = converter.convert(text)
    if len(by_words) == len(text):
        return by_words
    by_letters = [converter.convert(letter) for letter in text]
    return "".join(new if len(new) == 1 else old for old, new in zip(text, by_letters, strict=True))


def main(given: str, answer: str) -> None:
    """Read, convert, write."""
    converter = import_module("opencc").OpenCC("s2t")
    texts = json.loads(Path(given).read_text("utf-8"))
    Path(answer).write_text(json.dumps([converted(converter, text) for text in texts]), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
