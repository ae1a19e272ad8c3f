"""One recognizer's turn over a text: what Presidio does, without what it does for nothing.

A step answers exactly what the recognizer's own `analyze` answers, as far as it reaches the least score that is asked
for; a test holds that on real and on made-up text. It saves the work that cannot show: the recognizer is not asked
where its condition is not met, a pattern that only a context word could lift over the least score is not run where no
such word is in the text, and no explanation is written that nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

from needful_presidio import catalogue
from needful_presidio.results import result_of
from needful_presidio.traits import Condition, Traits

__all__ = ["Step", "distinct", "needs_a_digit", "step_for"]

Step = Callable[[Traits], list[RecognizerResult]]
"""A recognizer's turn."""


@runtime_checkable
class _OfStretches(Protocol):
    """A recognizer whose matches all lie whole in certain stretches of the text."""

    def stretches(self, traits: Traits) -> Iterable[tuple[int, int]]: ...


@runtime_checkable
class _OfStarts(Protocol):
    """A recognizer that knows where each of its patterns, by name, may begin; None where it does not know."""

    def starts(self, traits: Traits) -> Mapping[str, Sequence[int]] | None: ...


def distinct(results: list[RecognizerResult]) -> list[RecognizerResult]:
    """Drop what another result of the entity contains with the same or a higher score, as Presidio does."""
    if len(results) < 2:
        return [result for result in results if result.score]
    # Of equal ones the first.
    different = {(one.entity_type, one.start, -one.end, -one.score): one for one in reversed(results) if one.score}
    found = []
    open_: list[tuple[int, float]] = []
    of = ""
    for entity, start, minus_end, minus_score in sorted(different):
        if entity != of:
            open_, of = [], entity
        # What begins no later is before; what ends before this one begins can contain nothing that follows.
        open_ = [other for other in open_ if -other[0] >= start]
        if not any(end <= minus_end and score <= minus_score for end, score in open_):
            open_.append((minus_end, minus_score))
            found.append(different[entity, start, minus_end, minus_score])
    return found


def step_for(recognizer: EntityRecognizer, entities: Iterable[str], least: float) -> Step:
    """Make the step of a recognizer that is asked for these entities and for scores of at least `least`."""
    asked = [entity for entity in entities if entity in recognizer.supported_entities]
    if isinstance(recognizer, PatternRecognizer) and type(recognizer).analyze is PatternRecognizer.analyze:
        run: Step = _Patterns(recognizer, least)
    else:

        def run(traits: Traits) -> list[RecognizerResult]:
            # Presidio's recognizers return None where its types say that they return a list.
            return recognizer.analyze(traits.text, asked, None) or []  # type: ignore[arg-type]

    return _under(catalogue.condition_for(type(recognizer)), run)


def needs_a_digit(recognizer: EntityRecognizer) -> bool:
    """Say whether a recognizer finds nothing in a text without digits."""
    condition = catalogue.condition_for(type(recognizer))
    return condition is not None and condition.numeric


def _under(condition: Condition | None, run: Step) -> Step:
    if condition is None:
        return run
    test = condition.test
    return lambda traits: run(traits) if test(traits) else []


class _Patterns:
    """What `PatternRecognizer.analyze` does, pattern by pattern."""

    def __init__(self, recognizer: PatternRecognizer, least: float) -> None:
        self._recognizer = recognizer
        # Presidio's types say nothing of what stands in these attributes.
        self._all: list[Any] = list(getattr(recognizer, "patterns"))  # noqa: B009
        self._entity: str = recognizer.supported_entities[0]
        kind = type(recognizer)
        self._validate = None if kind.validate_result is PatternRecognizer.validate_result else kind.validate_result
        self._invalidate = (
            None if kind.invalidate_result is PatternRecognizer.invalidate_result else kind.invalidate_result
        )
        # What its check digits prove may have a score of 1, whatever the pattern's.
        self._weak = [one for one in self._all if self._validate is None and one.score < least]
        self._strong = [one for one in self._all if one not in self._weak]
        self._hint = _hint(recognizer.context or ())
        self._stretches = recognizer.stretches if isinstance(recognizer, _OfStretches) else None
        self._starts = recognizer.starts if isinstance(recognizer, _OfStarts) else None

    def __call__(self, traits: Traits) -> list[RecognizerResult]:
        patterns = self._strong
        if self._weak and self._hint(traits):
            patterns = self._all
        if not patterns:
            return []
        found = ((pattern, match) for pattern, match in self._matches(traits, patterns))
        return distinct([result for pattern, match in found if (result := self._result(pattern, match))])

    def _matches(self, traits: Traits, patterns: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        starts = None if self._starts is None else self._starts(traits)
        if starts is not None:
            for pattern in patterns:
                for match in _beginning(pattern.compiled_regex, traits.text, starts.get(pattern.name, ())):
                    yield pattern, match
            return
        places = ((0, len(traits.text)),) if self._stretches is None else tuple(self._stretches(traits))
        for pattern in patterns:
            for start, end in places:
                for match in pattern.compiled_regex.finditer(traits.text, start, end):
                    yield pattern, match

    def _result(self, pattern: Pattern, match: Any) -> RecognizerResult | None:
        start, end = match.span()
        if start == end:
            return None
        score = self._score(pattern.score, match[0])
        return result_of(self._recognizer, self._entity, start, end, score) if score > 0 else None

    def _score(self, score: float, value: str) -> float:
        valid = None if self._validate is None else self._validate(self._recognizer, value)
        if valid is not None:
            score = EntityRecognizer.MAX_SCORE if valid else EntityRecognizer.MIN_SCORE
        if self._invalidate is not None and self._invalidate(self._recognizer, value):
            return EntityRecognizer.MIN_SCORE
        return score


def _beginning(compiled: Any, text: str, starts: Iterable[int]) -> Iterator[Any]:
    """Yield the matches that begin at these places, which are in order; none within another, as `finditer` does."""
    last = 0
    for start in starts:
        if start >= last and (match := compiled.match(text, start)) is not None:
            last = match.end()
            yield match


def _hint(context: Iterable[str]) -> Callable[[Traits], object]:
    """Return the condition that a context word, or the first word of a context of several, may be in the text."""
    firsts = {word for phrase in context for word in re.findall(r"\w+", phrase.lower())[:1]}
    if not firsts:
        return lambda _: False
    if not all(map(str.isascii, firsts)):
        # The small letter of a capital may depend on its neighbours.
        return lambda _: True
    search = re.compile("|".join(map(re.escape, sorted(firsts)))).search
    return lambda traits: search(traits.lower)
