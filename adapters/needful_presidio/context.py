"""What Presidio needs to know of a text's words, so that a word before a number raises its score.

Presidio takes lemmas from spaCy, and a blank spaCy pipeline has none, so that context words silently do nothing. It
also walks through all tokens once a result, and logs the words at DEBUG. Here words are cut by a regex: the same in
every language, linear, and nothing of a text stays behind in a vocabulary.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

__all__ = ["ContextWords", "Words", "stop_words"]

_WORD = re.compile(r"\w+")


def stop_words(language: str) -> frozenset[str]:
    """Return spaCy's words that say nothing; none for a language that has no list."""
    try:
        module = import_module(f"spacy.lang.{language}.stop_words")
    except ImportError:
        return frozenset()
    return frozenset(module.STOP_WORDS)


class Words(NlpEngine):
    """A text as lower-cased words with their offsets: no model, no vocabulary."""

    engine_name = "needful_words"
    is_available = True

    def __init__(self, language: str, skipped: frozenset[str]) -> None:
        self._language = language
        self._skipped = skipped

    def load(self) -> None:
        """Load nothing."""

    def is_loaded(self) -> bool:
        """Say yes."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Return the words that are not skipped: `tokens_indices` has where they begin, `lemmas` what they are."""
        words = [(match.start(), match[0].lower()) for match in _WORD.finditer(text)]
        kept = [word for word in words if word[1] not in self._skipped]
        return NlpArtifacts(
            entities=[],
            tokens=None,  # type: ignore[arg-type]  # a spaCy Doc, which only the parts that are replaced here read
            tokens_indices=[start for start, _ in kept],
            lemmas=[word for _, word in kept],
            nlp_engine=None,
            language=language,
        )

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: object
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Process one text after the other."""
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        """Say whether a word is skipped."""
        return word in self._skipped

    def is_punct(self, word: str, language: str) -> bool:
        """Say whether there is no letter or digit."""
        return not _WORD.search(word)

    def get_supported_entities(self) -> list[str]:
        """Return none."""
        return []

    def get_supported_languages(self) -> list[str]:
        """Return the one language."""
        return [self._language]


class ContextWords(ContextAwareEnhancer):
    """Raise a score by 0.35, to at least 0.4, where one of the five words before is a context word.

    The figures are those of Presidio's `LemmaContextAwareEnhancer`. The match's own first word counts too, because a
    number may be glued to its name; so does a context of several words.
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.35,
            min_score_with_context_similarity=0.4,
            context_prefix_count=5,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Return the results, scores raised in place."""
        wanted = {recognizer.id: _looked_for(tuple(recognizer.context or ())) for recognizer in recognizers}
        for result in raw_results:
            known = result.recognition_metadata or {}
            words = wanted.get(known.get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, ""))
            if words is not None and self._is_supported(result, words, nlp_artifacts):
                raised = max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity)
                result.score = min(raised, self.MAX_SCORE)
        return raw_results

    def _is_supported(self, result: RecognizerResult, words: re.Pattern[str], artifacts: NlpArtifacts) -> bool:
        last = bisect_right(artifacts.tokens_indices, result.start)
        before = " ".join(artifacts.lemmas[max(0, last - self.context_prefix_count - 1) : last])
        return words.search(before) is not None


_SHORT = 3


@cache
def _looked_for(context: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return the pattern of any context word; None where there is none.

    Presidio finds them inside words too: `lic` in "policy" and "application", `us` in "house". Here a word of up to
    three letters stands alone, though a number may be glued to it.
    """
    words = sorted({word.strip().lower() for word in context})
    forms = [
        rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])" if len(word) <= _SHORT and word.isascii() else re.escape(word)
        for word in words
    ]
    return re.compile("|".join(forms)) if forms else None
