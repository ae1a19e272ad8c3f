"""What detection takes for one passage, cold: a sentence, and a paragraph of a hundred words.

Stock Presidio and the pattern side for the entities that both have, as in `patterns.py`, and then what is used: every
default entity, with patterns alone and with the bundled model. All four answer every passage in turn, one at a time,
so that all see the same machine; nothing is cached. With `--write`, the table of docs/patterns.md is made anew.

    python benchmarks/passages.py [--passages 200] [--write]
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from needful.policy.entities import default_entities
from needful_presidio import PresidioDetector
from patterns import THRESHOLD, corpora, stock

PAGE = Path(__file__).resolve().parents[1] / "docs" / "patterns.md"
BEGIN, END = "<!-- passages: made by benchmarks/passages.py -->", "<!-- /passages -->"
SHORTEST, LONGEST = 60, 250
"""A sentence, in code points."""

Finder = Callable[[str], object]


def sentences(parts: Sequence[str]) -> Iterator[str]:
    """Sentences of usual length."""
    return (one for part in parts for one in re.split(r"(?<=[.;])\s+", part) if SHORTEST <= len(one) <= LONGEST)


def finders() -> dict[str, Finder]:
    """What is measured, by name."""
    analyzer = stock(lemmas=True)
    usual = default_entities("en", ["us"], "none")
    shared = sorted(usual.intersection(analyzer.get_supported_entities("en")))
    alone, patterns = PresidioDetector(shared, ner="none"), PresidioDetector(usual, ner="none")
    bundled = PresidioDetector(default_entities("en", ["us"], "bundled"))
    return {
        "stock": lambda text: analyzer.analyze(text, "en", entities=shared, score_threshold=THRESHOLD),
        "ours": lambda text: alone.detect([text]),
        "none": lambda text: patterns.detect([text]),
        "bundled": lambda text: bundled.detect([text]),
    }


def milliseconds(passages: Sequence[str], asked: dict[str, Finder]) -> dict[str, list[float]]:
    """Milliseconds of each passage, by finder."""
    spent: dict[str, list[float]] = {name: [] for name in asked}
    for find in asked.values():
        for passage in passages[:10]:
            find(passage)
    for passage in passages:
        for name, find in asked.items():
            began = time.perf_counter()
            find(passage)
            spent[name].append((time.perf_counter() - began) * 1e3)
    return spent


def rows(most: int) -> Iterator[str]:
    """The table's lines."""
    yield "| passages | stock | ours, same entities | times as fast, p50 (mean) | `ner: none` | `ner: bundled` |"
    yield "|---|---|---|---|---|---|"
    asked = finders()
    for name, parts in corpora(300).items():
        for kind, passages in (("sentence", list(sentences(parts))), ("100 words", parts)):
            spent = milliseconds(passages[:: max(1, len(passages) // most)][:most], asked)
            p50 = {one: statistics.median(all_of) for one, all_of in spent.items()}
            mean = statistics.fmean(spent["stock"]) / statistics.fmean(spent["ours"])
            yield (
                f"| {name}, {kind} | {p50['stock']:.2f} | {p50['ours']:.3f} | {p50['stock'] / p50['ours']:.0f}"
                f" ({mean:.0f}) | {p50['none']:.3f} | {p50['bundled']:.1f} |"
            )


def main() -> int:
    """Print the table; put it into the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    table = "\n".join(rows(arguments.passages))
    print(table)
    if arguments.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
