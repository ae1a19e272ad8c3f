"""Presidio's AnalyzerEngine with the recognizers that some entities need, and no others."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import signature

from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)

from needful.errors import DetectionError
from needful.policy.document import Recognizer
from needful_presidio import catalogue, guarding
from needful_presidio.context import ContextWords, Words, stop_words
from needful_presidio.ner import ENTITIES, Model, ModelRecognizer, load_model
from needful_presidio.policy_patterns import PolicyPattern

__all__ = ["Engine", "Settings"]

logger = logging.getLogger(__name__)

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


class _Registry(RecognizerRegistry):
    """A registry whose answers come in a fixed order: Presidio's go through a set, so equal findings take turns."""

    def get_recognizers(
        self,
        language: str,
        entities: Sequence[str] | None = None,
        all_fields: bool = False,  # Presidio's signature
        ad_hoc_recognizers: Sequence[EntityRecognizer] | None = None,
    ) -> list[EntityRecognizer]:
        wanted = frozenset(entities or ())
        return [one for one in self.recognizers if all_fields or wanted.intersection(one.supported_entities)]


class Engine:
    """One AnalyzerEngine. Raises `DetectionError` where an entity cannot be found with these settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = _model(settings)
        recognizers = _recognizers(settings, self.model)
        self._gates = {entity: _gate(entity, settings) for entity in settings.entities}
        # Presidio takes an empty registry for "all".
        self._analyzer = _analyzer(recognizers, settings.language) if recognizers else None

    def entities_for(self, text: str) -> list[str]:
        """Return the entities that this text can hold at all: those whose necessary condition it meets."""
        verdicts: dict[object, bool] = {None: True}
        for gate in self._gates.values():
            if gate is not None and gate not in verdicts:
                verdicts[gate] = bool(gate(text))
        return [entity for entity, gate in self._gates.items() if verdicts[gate]]

    def analyze(self, text: str, entities: Sequence[str] | None = None) -> list[RecognizerResult]:
        """Return what Presidio finds, unsorted. Any exception of a recognizer comes out, `OutOfTime` included."""
        asked = self.entities_for(text) if entities is None else list(entities)
        # It takes an empty list for "all", too.
        if not asked or self._analyzer is None:
            return []
        return self._analyzer.analyze(
            text=text, language=self.settings.language, entities=asked, score_threshold=self.settings.min_score
        )


def _analyzer(recognizers: list[EntityRecognizer], language: str) -> AnalyzerEngine:
    words = {word for one in recognizers for phrase in one.context or () for word in phrase.lower().split()}
    return AnalyzerEngine(
        registry=_Registry(recognizers, supported_languages=[language]),
        nlp_engine=Words(language, stop_words(language) - words),
        supported_languages=[language],
        context_aware_enhancer=ContextWords(),
        log_decision_process=False,
    )


def _model(settings: Settings) -> Model | None:
    return None if settings.ner == "none" else load_model(settings.ner, settings.language)


def _recognizers(settings: Settings, model: Model | None) -> list[EntityRecognizer]:
    own = [PolicyPattern(recognizer, settings.language) for recognizer in settings.recognizers]
    by_policy = {recognizer.entity for recognizer in settings.recognizers}
    by_model = model.entities if model else frozenset[str]()
    found: list[EntityRecognizer] = []
    for entity in settings.entities:
        built = [_built(home, settings) for home in _homes(entity, settings.locales)]
        if not built and entity not in by_policy | by_model:
            _report_missing(entity, model)
        found += built
    if model and by_model.intersection(settings.entities):
        found.append(ModelRecognizer(model, settings.entities, settings.language))
    return [*own, *found]


def _homes(entity: str, locales: Iterable[str]) -> tuple[str, ...]:
    country = catalogue.country_of(entity)
    return () if country is not None and country not in locales else catalogue.CLASSES.get(entity, ())


def _report_missing(entity: str, model: Model | None) -> None:
    """Raise, but for what only some models find: a policy's default covers it, so a model without it is no error."""
    if model and entity in ENTITIES - _NAMES:
        logger.warning("the model finds no %s", entity)
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


def _gate(entity: str, settings: Settings) -> catalogue.Gate | None:
    others = {recognizer.entity for recognizer in settings.recognizers}
    return catalogue.gate_for(entity, others | (ENTITIES if settings.ner != "none" else frozenset()))
