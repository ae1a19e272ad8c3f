"""The recognizers that some entities need, and no others, run as Presidio's AnalyzerEngine runs them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from inspect import signature

from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult

from needful.errors import DetectionError
from needful.policy.document import Recognizer
from needful_presidio import catalogue, guarding
from needful_presidio.context import ContextWords, Words, stop_words
from needful_presidio.ner.model import Model, ModelRecognizer, read_together
from needful_presidio.ner.models import ENTITIES, load_model
from needful_presidio.policy_patterns import PolicyPattern
from needful_presidio.steps import Step, distinct, needs_a_digit, step_for
from needful_presidio.traits import Traits

__all__ = ["Engine", "Settings"]

logger = logging.getLogger("needful_presidio")

# Recognizer and pattern: what fires on ordinary words as soon as a context word is near ("pan" is in "company").
_LEFT_OUT = frozenset({("InPanRecognizer", "PAN (Low)")})

# What every model of names finds; the rest only some do.
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the spans: everything that goes into the fingerprint."""

    entities: tuple[str, ...]
    language: str
    ner: str
    recognizers: tuple[Recognizer, ...]
    min_score: float
    locales: tuple[str, ...]
    outside_bias: float | None = None


class Engine:
    """The recognizers of some settings. Raises `DetectionError` where an entity cannot be found with these settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = _model(settings)
        self.recognizers: list[EntityRecognizer] = []
        self._steps: list[Step] = []
        self._without_digits: list[Step] = []
        self._context = ContextWords()
        for recognizer in _recognizers(settings, self.model):
            self.add(recognizer)

    def add(self, recognizer: EntityRecognizer) -> None:
        """Ask one more recognizer, after the others."""
        self.recognizers.append(recognizer)
        step = step_for(recognizer, self.settings.entities, self.settings.min_score)
        self._steps.append(step)
        if not needs_a_digit(recognizer):
            self._without_digits.append(step)
        phrases = [phrase.lower() for one in self.recognizers for phrase in one.context or ()]
        # A word that some recognizer looks for is not skipped.
        skipped = stop_words(self.settings.language).difference(*(phrase.split() for phrase in phrases))
        self.words = Words(self.settings.language, skipped)

    def reading(self, texts: Iterable[str]) -> AbstractContextManager[None]:
        """Let the model read all texts of a call at once: inside, `analyze` takes what it found from there."""
        return read_together(self.model, texts)

    def analyze(self, text: str) -> list[RecognizerResult]:
        """Return what Presidio's `AnalyzerEngine` finds with these recognizers, unsorted.

        Any exception of a recognizer comes out, `OutOfTime` included.
        """
        traits = Traits(text)
        steps = self._steps if traits.numbers else self._without_digits
        found = [result for step in steps for result in step(traits)]
        if not found:
            return []
        self._raise(text, found)
        least = self.settings.min_score
        return distinct([result for result in found if result.score >= least])

    def _raise(self, text: str, found: list[RecognizerResult]) -> None:
        """Raise the scores of what stands behind a context word."""
        identifier = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
        sources = {(result.recognition_metadata or {}).get(identifier) for result in found if result.score < 1}
        asked = [one for one in self.recognizers if one.id in sources and one.context]
        if asked:
            self._context.enhance_by_words(text, found, self.words, asked)


def _model(settings: Settings) -> Model | None:
    return None if settings.ner == "none" else load_model(settings.ner, settings.language, settings.outside_bias)


def _recognizers(settings: Settings, model: Model | None) -> list[EntityRecognizer]:
    own = [PolicyPattern(recognizer, settings.language) for recognizer in settings.recognizers]
    by_policy = {recognizer.entity for recognizer in settings.recognizers}
    by_model = model.entities if model else frozenset[str]()
    found: list[EntityRecognizer] = []
    for entity in settings.entities:
        built = [_built(home, settings) for home in _homes(entity, settings)]
        if not built and entity not in by_policy | by_model:
            _report_missing(entity, model)
        found += built
    if model and by_model.intersection(settings.entities):
        found.append(ModelRecognizer(model, settings.entities, settings.language))
    return [*own, *found]


def _homes(entity: str, settings: Settings) -> tuple[str, ...]:
    country = catalogue.country_of(entity)
    if country is not None and country not in settings.locales:
        return ()
    return catalogue.CLASSES.get(entity) or catalogue.LANGUAGES.get(settings.language, {}).get(entity, ())


def _report_missing(entity: str, model: Model | None) -> None:
    """Raise, but for what only some models find: a policy's default covers it, so a model without it is no error."""
    if model and entity in ENTITIES - _NAMES:
        logger.warning("the model finds no %s", entity, extra={"needful": {"code": "model-misses", "entity": entity}})
        return
    country = catalogue.country_of(entity)
    if country is not None:
        hint = f"add {country} to locales"
    elif entity in ENTITIES:
        hint = "only a model finds it: set ner to one that does"
    else:
        hint = "no recognizer has this name"
    raise DetectionError(f"nothing in this set-up finds {entity}", code="unsupported-entity", hint=hint)


def _built(home: str, settings: Settings) -> EntityRecognizer:
    # One module at a time: the package of all recognizers pulls in torch where that is installed.
    module, _, name = home.partition(":")
    kind = getattr(import_module(module), name)
    arguments: dict[str, object] = {"supported_language": settings.language}
    if "locales" in signature(kind).parameters:
        arguments["locales"] = settings.locales
    recognizer: EntityRecognizer = kind(**arguments)
    if isinstance(recognizer, PatternRecognizer):
        left_out = [pattern for kind_name, pattern in _LEFT_OUT if kind_name == name]
        guarding.guard(recognizer, left_out, ascii_words="EMAIL_ADDRESS" not in recognizer.supported_entities)
    return recognizer
