"""The slow path: the same recognizers, run by Presidio's own AnalyzerEngine over the whole text."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry

from needful_presidio.context import ContextWords
from needful_presidio.engine import Engine

DATA = Path(os.environ.get("NEEDFUL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

Answers = set[tuple[str, int, int, float]]
"""Entity, start, end, score."""


class _Registry(RecognizerRegistry):
    """A registry whose answers come in a fixed order: Presidio's go through a set, so equal findings take turns."""

    def get_recognizers(
        self,
        language: str,
        entities: Sequence[str] | None = None,
        all_fields: bool = False,
        ad_hoc_recognizers: Sequence[EntityRecognizer] | None = None,
    ) -> list[EntityRecognizer]:
        wanted = frozenset(entities or ())
        return [one for one in self.recognizers if all_fields or wanted.intersection(one.supported_entities)]


class Presidio:
    """Presidio's engine with the recognizers of one of ours."""

    def __init__(self, engine: Engine) -> None:
        settings = engine.settings
        self._settings = settings
        self._analyzer = AnalyzerEngine(
            registry=_Registry(list(engine.recognizers), supported_languages=[settings.language]),
            nlp_engine=engine.words,
            supported_languages=[settings.language],
            context_aware_enhancer=ContextWords(),
        )

    def analyze(self, text: str) -> Answers:
        found = self._analyzer.analyze(
            text,
            self._settings.language,
            entities=list(self._settings.entities),
            score_threshold=self._settings.min_score,
        )
        return {(one.entity_type, one.start, one.end, one.score) for one in found}


def answers(engine: Engine, text: str) -> Answers:
    return {(one.entity_type, one.start, one.end, one.score) for one in engine.analyze(text)}


def paragraphs(name: str, length: int = 600, most: int = 600) -> list[str]:
    """Stretches of a text collection; the test is skipped where the data is not on this machine."""
    path = DATA / "tatqa" / "dev.json" if name == "tatqa" else DATA / "pii" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the data is not on this machine")
    if name == "tatqa":
        texts = [part["text"] for table in json.loads(path.read_text("utf-8")) for part in table["paragraphs"]]
    else:
        texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    return [text[start : start + length] for text in texts for start in range(0, len(text), length)][:most]
