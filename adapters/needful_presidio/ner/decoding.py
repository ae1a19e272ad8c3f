"""From the scores of pieces of words to spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from needful_presidio.ner.tokens import Tokens

__all__ = ["Found", "decoded"]

Found = tuple[int, int, str, float]
"""Start, end (code points), entity, score 0 to 1."""

_EDGES = " ,;:!?\n\t\r\"“”'‘’()[]{}<>|/-–—.*_#@"
"""Not part of a name at its edge, but for the full stop of an abbreviation at its end."""

_BRIDGES = frozenset(".-'’&/,")
"""Marks that may stand inside a name."""


@dataclass(slots=True)
class _Word:
    start: int
    end: int
    label: int
    begins: bool
    score: float


def decoded(text: str, tokens: Tokens, scores: NDArray[np.float32], labels: Sequence[str], bias: float) -> list[Found]:
    """Return the spans, sorted and apart.

    A word is inside where its pieces' mean probability of all labels together, raised by `bias` nats against the
    outside class, is over a half; this raised probability, averaged over its words, is a span's score.
    """
    spans: list[tuple[_Word, list[float]]] = []
    for word in _inside(text, tokens, scores, bias):
        if spans and _goes_on(text, spans[-1][0], word):
            spans[-1][0].end = word.end
            spans[-1][1].append(word.score)
        else:
            spans.append((word, [word.score]))
    found = (_trimmed(text, word, labels, sum(of_words) / len(of_words)) for word, of_words in spans)
    return _titled(text, [one for one in found if one])


_TITLES = r"(?:mr|mrs|ms|mx|miss|dr|prof|messrs|mme|mlle|sir|dame|lady|lord)\b\.?"
_TITLE_BEFORE = re.compile(rf"(?<!\w)(?:{_TITLES}\s{{1,2}})+$", re.IGNORECASE)
_TITLE_ALONE = re.compile(rf"(?:{_TITLES}\s*)+", re.IGNORECASE)
_LONGEST_TITLE = 24


def _titled(text: str, spans: Sequence[Found]) -> list[Found]:
    """Take the title before a person into the span: it tells the sex, and the sets that models learn from differ."""
    titled: list[Found] = []
    for start, end, entity, score in spans:
        if entity == "PERSON" and _TITLE_ALONE.fullmatch(text, start, end):
            continue
        earliest = max(titled[-1][1] if titled else 0, start - _LONGEST_TITLE)
        match = _TITLE_BEFORE.search(text, earliest, start) if entity == "PERSON" else None
        titled.append((match.start() if match else start, end, entity, score))
    return titled


def _inside(text: str, tokens: Tokens, scores: NDArray[np.float32], bias: float) -> Iterator[_Word]:
    """Yield the words inside a name."""
    borders = np.fromiter((piece for word in _words(text, tokens) for piece in word), dtype=np.int64).reshape(-1, 2)
    if not len(borders):
        return
    probabilities = np.exp(scores)
    means = _means(probabilities, borders)
    lift = float(np.exp(bias))
    for word in np.flatnonzero((1 - means[:, 0]) * lift > 0.9 * means[:, 0]).tolist():
        mean = means[word]
        inside = float(mean[1:].sum()) * lift
        score = inside / (inside + float(mean[0]))
        if score <= 0.5:
            continue
        first, last = borders[word].tolist()
        label = int((mean[1::2] + mean[2::2]).argmax())
        begins = bool(probabilities[first, 1 + 2 * label] > probabilities[first, 2 + 2 * label])
        yield _Word(int(tokens.starts[first]), int(tokens.ends[last - 1]), label, begins, min(score, 1.0))


def _means(probabilities: NDArray[np.float32], borders: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean of each word's rows. All words at once: one after the other takes ten times as long."""
    firsts, pieces = borders[:, 0], borders[:, 1] - borders[:, 0]
    sums: NDArray[np.float32] = probabilities[firsts]
    rest, row = np.flatnonzero(pieces > 1), 1
    # Row by row in order, so that a word's mean is to the last bit what it is by itself.
    while len(rest):
        sums[rest] += probabilities[firsts[rest] + row]
        row += 1
        rest = rest[pieces[rest] > row]
    return sums / pieces.astype(np.float32)[:, None]


def _words(text: str, tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yield which pieces make up a word: first, and one past the last."""
    starts, ends = tokens.starts.tolist(), tokens.ends.tolist()
    first = 0
    for at in range(1, len(starts) + 1):
        if at < len(starts) and starts[at] <= ends[at - 1] and _within_word(text, starts[at]):
            continue
        if ends[at - 1] > starts[first]:
            yield first, at
        first = at


def _within_word(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalnum() and text[at : at + 1].isalnum()


def _goes_on(text: str, before: _Word, word: _Word) -> bool:
    """Whether a word belongs to the name before it: nothing, blanks or one mark inside a name lie between."""
    if word.label != before.label or word.begins:
        return False
    between = text[before.end : word.start].strip(" ")
    return not between or between == "\n" or between in _BRIDGES


def _trimmed(text: str, word: _Word, labels: Sequence[str], score: float) -> Found | None:
    start, end = word.start, word.end
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and text[end - 1] in _EDGES:
        end -= 1
    if start == end:
        return None
    if text[end : end + 1] == "." and word.end > end and _is_abbreviation(text[start:end]):
        end += 1
    return start, end, labels[word.label], score


def _is_abbreviation(value: str) -> bool:
    last = value.rpartition(" ")[2]
    return "." in last or len(last) == 1 or last.lower() in {"inc", "ltd", "co", "corp", "jr", "sr", "st", "llc"}
