"""How much a passage has to do with the question: BM25 over its words, or the cosine of vectors. No I/O."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul

from needful.sentences import sentences
from needful.values import Passage

__all__ = ["Analysis", "analyze", "asked_words", "cosine", "lexical_scores"]

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Sentences differ little in
# length, and a long one has more of an answer, so length counts less than for documents (b is commonly 0.75).
K1 = 1.2
B = 0.25

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"(?P<number>\d+(?:[.,]\d+)*+)|(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")
_STOP = frozenset(
    "a an and are as at be been by can could did do does for from had has have how in is it its many much of on or s "
    "that the their this to was were what when where which who whom whose why will with would".split()
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text's sentences and their words, without the text.

    `bounds` are offsets in code points. `words` counts, by sentence, each word under its hash (Python keys it by a
    secret of the process); `lengths` are words a sentence.
    """

    bounds: tuple[tuple[int, int], ...]
    words: tuple[Mapping[int, int], ...]
    lengths: tuple[int, ...]


def analyze(text: str) -> Analysis:
    """Find the sentences of a text and count their words. Linear in the text."""
    bounds = tuple(sentences(text))
    words = [[hash(_stem(word)) for word in _words(text[start:end])] for start, end in bounds]
    return Analysis(bounds, tuple(Counter(of_sentence) for of_sentence in words), tuple(map(len, words)))


def asked_words(query: str) -> tuple[int, ...]:
    """The words of a question, each once, under their hashes: what `lexical_scores` looks for.

    Function words count only in a question that has no others.
    """
    words = list(_words(query))
    return tuple(dict.fromkeys(hash(_stem(word)) for word in ([w for w in words if w not in _STOP] or words)))


def lexical_scores(asked: Sequence[int], analysis: Analysis, passages: Sequence[Passage]) -> tuple[float, ...]:
    """Score each passage against the asked words by BM25, with the passages of this text as the collection.

    0 means that no word is shared. Words are compared without case, plural, -ed, -ing and final -e; numbers whole;
    Chinese, Japanese and Korean by pairs of characters. Each sentence of the analysis lies in one passage, as
    `selection.split` makes them.
    """
    counts, lengths = _by_passage(analysis, passages, asked)
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    weights = [_idf(len(counts), sum(count[at] > 0 for count in counts)) for at in range(len(asked))]
    return tuple(
        sum(weight * _saturated(times, length / mean) for weight, times in zip(weights, count, strict=True) if times)
        for count, length in zip(counts, lengths, strict=True)
    )


def _by_passage(
    analysis: Analysis, passages: Sequence[Passage], asked: Sequence[int]
) -> tuple[list[list[int]], list[int]]:
    """How often each asked word stands in each passage, and how many words a passage has."""
    counts = [[0] * len(asked) for _ in passages]
    lengths = [0] * len(passages)
    at = 0
    for (start, _), words, length in zip(analysis.bounds, analysis.words, analysis.lengths, strict=True):
        while at < len(passages) - 1 and passages[at].end <= start:
            at += 1
        lengths[at] += length
        for index, word in enumerate(asked):
            if word in words:
                counts[at][index] += words[word]
    return counts, lengths


def _idf(documents: int, having: int) -> float:
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def _saturated(count: int, length: float) -> float:
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length))


def _words(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if token["cjk"] and len(token[0]) > 1:
            yield from map("".join, pairwise(token[0]))
        else:
            yield token[0]


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for suffix in ("ing", "ed", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def cosine(query: Sequence[float], vectors: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Score each vector by its cosine with the question's, -1 to 1; 0 where either has no length or is not finite.

    Raises `ValueError` if the vectors differ in dimension.
    """
    return tuple(_cosine(query, vector) for vector in vectors)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other):
        raise ValueError("the vectors differ in dimension")
    lengths = math.hypot(*one) * math.hypot(*other)
    product = sum(map(mul, one, other))
    return product / lengths if lengths and math.isfinite(lengths) and math.isfinite(product) else 0.0
