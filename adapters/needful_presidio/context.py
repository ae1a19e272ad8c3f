"""What Presidio needs to know of a text's words, so that a word before a number raises its score.

Presidio takes lemmas from spaCy, and a blank spaCy pipeline has none, so that context words silently do nothing. It
also walks through all tokens once a result, and logs the words at DEBUG. Here words are cut by a regex: the same in
every language, linear, and nothing of a text stays behind in a vocabulary.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

__all__ = ["ContextWords", "Words", "stop_words"]

_WORD = re.compile(r"\w+")
_MANY = 30
"""With more results all words are read."""
_REACH = 120
"""So far back words are looked for at first, in code points."""


def _in_words(character: str) -> bool:
    return character.isalnum() or character == "_"


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

    def before(self, text: str, place: int, most: int) -> list[str]:
        """Return the last words, in order, that are not skipped and begin no later than at this place."""
        # The word that stands at the place is read to its end.
        ends = match.end() if (match := _WORD.match(text, place)) else place
        reach = _REACH
        while True:
            first = max(0, ends - reach)
            # A word that is cut would be another word.
            while first > 0 and _in_words(text[first]) and _in_words(text[first - 1]):
                first -= 1
            read = (match[0].lower() for match in _WORD.finditer(text, first, ends))
            found = [word for word in read if word not in self._skipped]
            if first == 0 or len(found) >= most:
                return found[-most:]
            reach *= 4

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

        def before(start: int) -> list[str]:
            last = bisect_right(nlp_artifacts.tokens_indices, start)
            return nlp_artifacts.lemmas[max(0, last - self.context_prefix_count - 1) : last]

        self._enhance(raw_results, before, recognizers)
        return raw_results

    def enhance_by_words(
        self, text: str, results: list[RecognizerResult], words: Words, recognizers: list[EntityRecognizer]
    ) -> None:
        """Do the same, with only the words read that stand before a result, where results are few."""
        if len(results) > _MANY:
            self.enhance_using_context(text, results, words.process_text(text, ""), recognizers)
            return

        @cache
        def before(start: int) -> list[str]:
            return words.before(text, start, self.context_prefix_count + 1)

        self._enhance(results, before, recognizers)

    def _enhance(
        self,
        results: list[RecognizerResult],
        before: Callable[[int], list[str]],
        recognizers: list[EntityRecognizer],
    ) -> None:
        wanted = {recognizer.id: _looked_for(tuple(recognizer.context or ())) for recognizer in recognizers}
        for result in results:
            known = result.recognition_metadata or {}
            words = wanted.get(known.get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, ""))
            if words is not None and words.search(" ".join(before(result.start))):
                raised = max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity)
                result.score = min(raised, self.MAX_SCORE)


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
