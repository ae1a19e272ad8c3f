"""What a model of names is to the detector, whatever its library: a kind of Presidio recognizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType

from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from needful_presidio import guarding
from needful_presidio.results import result_of

__all__ = ["Found", "Model", "ModelRecognizer", "read_together"]

Found = tuple[int, int, str, float]
"""Start, end (code points), Presidio's name of the entity, score 0 to 1."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: what it is, which entities it can find, and the function that finds them."""

    version: str
    entities: frozenset[str]
    find: Callable[[str], Iterable[Found]]
    threads: bool = False
    """Whether many threads may call it at once."""
    find_batch: Callable[[Sequence[str]], Sequence[Sequence[Found]]] | None = None
    """Finds the names of many texts in less time than one after the other, where the model can."""


_read: ContextVar[Mapping[str, Sequence[Found]]] = ContextVar("needful_presidio_read", default=MappingProxyType({}))


@contextmanager
def read_together(model: Model | None, texts: Iterable[str]) -> Iterator[None]:
    """Let the model read the texts of a call in one batch; its recognizer then answers for them from here."""
    if model is None or model.find_batch is None or len(distinct := list(dict.fromkeys(texts))) < 2:
        yield
        return
    token = _read.set(dict(zip(distinct, model.find_batch(distinct), strict=True)))
    try:
        yield
    finally:
        _read.reset(token)


class ModelRecognizer(LocalRecognizer):
    """A model as a recognizer. One text at a time, unless the model is made for threads: most share state."""

    def __init__(self, model: Model, entities: Iterable[str], supported_language: str) -> None:
        super().__init__(
            supported_entities=sorted(model.entities.intersection(entities)),
            name="Model",
            supported_language=supported_language,
        )
        self._model = model
        self._lock = Lock()

    def load(self) -> None:
        """Load nothing: the model is there."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find what was asked for. What the model raises comes out."""
        return [
            result_of(self, entity, start, end, score)
            for start, end, entity, score in self._found(text)
            if entity in entities and entity in self.supported_entities
        ]

    def _found(self, text: str) -> Iterable[Found]:
        read = _read.get().get(text)
        if read is not None:
            return read
        if self._model.threads:
            return self._model.find(text)
        with guarding.held(self._lock):
            return list(self._model.find(text))
