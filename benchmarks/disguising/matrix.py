"""Who finds what: each identifier in each disguise, in five running sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from disguising.samples import SENTENCES, VALUES
from disguising.ways import WAYS

__all__ = ["EXAMPLES", "Cell", "Example", "examples", "matrix", "ours", "plain", "stock"]

EXAMPLES = 5

Finder = Callable[[str], Sequence[tuple[int, int]]]
"""From a text to where something was found in it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, and where the disguised value is in it."""

    text: str
    start: int
    end: int

    def shown(self) -> set[int]:
        """Places that must be covered: letters, digits, and tag characters, which stand for them."""
        return {at for at in range(self.start, self.end) if self.text[at].isalnum() or self.text[at] > "\U000e0000"}

    def found_by(self, find: Finder) -> bool:
        """Say whether a finder covers the whole value."""
        return self.shown() <= {place for start, end in find(self.text) for place in range(start, end)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One identifier in one disguise, and how many of its examples were found."""

    entity: str
    way: str
    found: int

    @property
    def covered(self) -> bool:
        """Whether all were."""
        return self.found == EXAMPLES


def examples(entity: str, write: Callable[[str, str, int], str]) -> Iterator[Example]:
    """Yield the five sentences with a disguised value."""
    for number, (value, sentence) in enumerate(zip(VALUES[entity], SENTENCES[entity], strict=True)):
        before, behind = sentence.split("{}")
        disguised = write(value, entity, number)
        yield Example(before + disguised + behind, len(before), len(before) + len(disguised))


def matrix(finder: Callable[[str], Finder]) -> list[Cell]:
    """Return every cell; `finder` gives, for an entity, what finds it."""
    return [
        Cell(entity, way.name, sum(example.found_by(finder(entity)) for example in examples(entity, way.write)))
        for entity in VALUES
        for way in WAYS
    ]


def plain(finder: Callable[[str], Finder]) -> Mapping[str, int]:
    """Return how many of each identifier's values are found as they are: the matrix would say nothing without."""
    return {
        entity: sum(one.found_by(finder(entity)) for one in examples(entity, lambda value, _entity, _number: value))
        for entity in VALUES
    }


@cache
def ours(_entity: str = "") -> Finder:
    """Needful with the six entities, scores from 0.4, no model of names."""
    from needful_presidio import PresidioDetector

    detector = PresidioDetector(VALUES, ner="none")
    return lambda text: [(span.start, span.end) for span in detector.detect([text])[0]]


@cache
def stock(_entity: str = "") -> Finder:
    """Presidio's `AnalyzerEngine` as it comes, with the same entities and every score that it gives."""
    from tldextract.tldextract import TLD_EXTRACTOR

    from patterns import stock as analyzer_engine

    # Presidio asks the network which domains there are; the list that comes with the library says the same each time.
    TLD_EXTRACTOR.suffix_list_urls = ()
    analyzer = analyzer_engine(lemmas=True)
    return lambda text: [(one.start, one.end) for one in analyzer.analyze(text, "en", entities=list(VALUES))]
