"""Models that find names, as one kind of Presidio recognizer: the bundled ones, spaCy, Transformers, GLiNER and Stanza.

Presidio's own wrappers are not used, because each loses findings in silence: its Transformers recognizer answers a
crash with "nothing found" and cuts text that has no spaces at the model's limit, its Stanza engine drops every name of
a text whose words it cannot align and prints them in a warning, its GLiNER recognizer asks the model for card numbers
too. Nothing is ever downloaded: a model that is not on this machine is an error that says how to install it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from needful.errors import DetectionError
from needful.policy.entities import BUNDLED
from needful_presidio import guarding
from needful_presidio.results import result_of
from needful_presidio.windows import windows

__all__ = ["ENTITIES", "Model", "ModelRecognizer", "load_model", "read_together"]

# What models call things, in capitals, to Presidio's names.
_LABELS = {
    **dict.fromkeys(("PERSON", "PER", "PS", "PATIENT", "STAFF", "HCW", "PRS"), "PERSON"),
    **dict.fromkeys(("LOCATION", "LOC", "GPE", "FAC", "LC"), "LOCATION"),
    **dict.fromkeys(("ORGANIZATION", "ORG", "HOSP", "HOSPITAL", "PATORG", "OG"), "ORGANIZATION"),
    **dict.fromkeys(("NRP", "NORP"), "NRP"),
    **dict.fromkeys(("DATE_TIME", "DATE", "TIME", "DAT", "DT", "TI"), "DATE_TIME"),
    "AGE": "AGE",
    "ID": "ID",
}
ENTITIES = frozenset(_LABELS.values())
"""Every entity that a model of some kind may find."""

_DEFAULT_SCORE = 0.85
"""For models that give no score: Presidio's figure."""

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


def load_model(setting: str, language: str, outside_bias: float | None = None) -> Model:
    """Load the model of a policy's `ner`: `bundled`, `fast`, or one of another library, such as `spacy:NAME`.

    NAME is a package, a path or a name in the library's own cache; a model has a language of its own. Only with Stanza
    is it one of the packages of the policy's `language` (its code or `default`: the one that Stanza takes by itself).
    `outside_bias` moves the operating point of the bundled English model; no other has one.
    Raises `DetectionError` if the library or the model is not on this machine.
    """
    kind, _, name = setting.partition(":")
    if kind in ("bundled", "fast"):
        return _bundled(kind, language, outside_bias)
    if kind == "stanza" and name == language:
        name = "default"
    if kind not in _INSTALL or not name:
        raise DetectionError("ner names no kind of model that is known", code="model-missing")
    try:
        return _loaded(kind, name, language)
    except ImportError:
        missing = "library"
    except Exception:  # noqa: BLE001  # loaders raise anything; the text may hold paths and addresses
        missing = "model"
    raise DetectionError(
        f"the {missing} of ner: {setting} is not on this machine or does not load",
        code="model-missing",
        hint=_INSTALL[kind].format(name=name, language=language),
    )


def _bundled(kind: str, language: str, outside_bias: float | None) -> Model:
    if language not in BUNDLED:
        raise DetectionError(
            f"ner: {kind} has no model for language {language}",
            code="model-missing",
            hint="name one that is installed, such as ner: spacy:xx_ent_wiki_sm, or write ner: none with a reason",
        )
    try:
        return _chinese() if language == "zh" else _english(kind, outside_bias)
    except Exception:  # noqa: BLE001  # a missing or damaged file, or a library that does not load
        pass
    raise DetectionError(
        f"the model of ner: {kind} does not load", code="model-missing", hint="install needful again: a file is damaged"
    )


def _english(kind: str, outside_bias: float | None) -> Model:
    from needful_presidio.ner import bundled

    model = bundled.load(kind)
    find_batch = partial(model.find_batch, bias=bundled.BIAS if outside_bias is None else outside_bias)

    def find(text: str) -> Iterable[Found]:
        return find_batch([text])[0]

    return Model(model.version, frozenset(model.labels), find, threads=True, find_batch=find_batch)


def _chinese() -> Model:
    from needful_presidio import chinese

    names = chinese.load_chinese()
    return Model(names.version, frozenset(chinese.ENTITIES), names.find, threads=True)


_INSTALL = {
    "spacy": "install it before: python -m spacy download {name}",
    "transformers": "pip install transformers torch, then put the model there: hf download {name}",
    "gliner": "pip install gliner, then put the model there: hf download {name}",
    "stanza": "pip install stanza, then in Python: "
    "stanza.download('{language}', processors='tokenize,ner', package={{'ner': '{name}'}})",
}


def _loaded(kind: str, name: str, language: str) -> Model:
    match kind:
        case "spacy":
            return _spacy(name)
        case "transformers":
            return _transformers(name)
        case "gliner":
            return _gliner(name)
        case _:
            return _stanza(name, language)


def _spacy(name: str) -> Model:
    spacy = import_module("spacy")
    # Presidio downloads what is missing; spacy.load does not.
    nlp = spacy.load(name)

    def find(text: str) -> Iterable[Found]:
        return [
            (span.start_char, span.end_char, _LABELS[span.label_.upper()], _DEFAULT_SCORE)
            for span in nlp(text).ents
            if span.label_.upper() in _LABELS
        ]

    labels = [label for pipe in nlp.pipe_labels.values() for label in pipe]
    meta = json.dumps([nlp.meta.get(key) for key in ("lang", "name", "version")])
    return Model(f"spacy {version('spacy')} {meta} {_digest(name)}", _entities(labels), find)


def _transformers(name: str) -> Model:
    transformers = import_module("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, local_files_only=True)
    network = transformers.AutoModelForTokenClassification.from_pretrained(name, local_files_only=True)
    # Some tokenizers know no limit; special tokens and RoBERTa's two reserved positions need room.
    limit = min(tokenizer.model_max_length, getattr(network.config, "max_position_embeddings", 512) - 2)
    tokenizer.model_max_length = limit
    tagger = transformers.pipeline(
        "token-classification",
        model=network,
        tokenizer=tokenizer,
        aggregation_strategy="first",
        # Long text goes through in overlapping pieces; without a stride the pipeline would cut it off.
        stride=limit // 8,
    )

    def find(text: str) -> Iterable[Found]:
        return [
            (int(one["start"]), int(one["end"]), entity, float(one["score"]))
            for one in tagger(text)
            if (entity := _entity(one["entity_group"]))
        ]

    labels = network.config.id2label.values()
    commit = getattr(network.config, "_commit_hash", None) or ""
    return Model(f"transformers {version('transformers')} {commit} {_digest(name)}", _entities(labels), find)


_GLINER_LABELS = {
    "person": "PERSON",
    "location": "LOCATION",
    "organization": "ORGANIZATION",
    "nationality, religion or political group": "NRP",
    "date": "DATE_TIME",
    "age": "AGE",
    "identification number": "ID",
}
_GLINER_THRESHOLD = 0.3
_GLINER_WINDOW = 400
_GLINER_OVERLAP = 80


def _gliner(name: str) -> Model:
    gliner = import_module("gliner")
    network = gliner.GLiNER.from_pretrained(name, local_files_only=True)

    def find(text: str) -> Iterable[Found]:
        for offset, part in windows(text, _GLINER_WINDOW, _GLINER_OVERLAP):
            guarding.check()
            for one in network.predict_entities(part, list(_GLINER_LABELS), threshold=_GLINER_THRESHOLD):
                entity = _GLINER_LABELS[one["label"]]
                yield int(one["start"]) + offset, int(one["end"]) + offset, entity, float(one["score"])

    return Model(f"gliner {version('gliner')} {_digest(name)}", frozenset(_GLINER_LABELS.values()), find)


def _stanza(name: str, language: str) -> Model:
    stanza = import_module("stanza")
    pipeline = stanza.Pipeline(
        lang=language, processors="tokenize,ner", package={"ner": name}, download_method=None, verbose=False
    )

    def find(text: str) -> Iterable[Found]:
        return [
            (one.start_char, one.end_char, entity, _DEFAULT_SCORE)
            for one in pipeline(text).entities
            if (entity := _entity(one.type))
        ]

    tagger: Any = pipeline.processors["ner"]
    return Model(f"stanza {version('stanza')} {language} {name}", _entities(tagger.get_known_tags()), find)


def _entity(label: str) -> str | None:
    """Take a model's label, with or without the `B-` of its tagging scheme, to Presidio's name."""
    bare = label[2:] if label[:2] in ("B-", "I-", "E-", "S-", "L-", "U-") else label
    return _LABELS.get(bare.upper())


def _entities(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(entity for label in labels if (entity := _entity(label)))


def _digest(name: str) -> str:
    """Digest a model that is a folder: a retrained one has another fingerprint. Empty for one known by its name."""
    folder = Path(name)
    if not folder.is_dir():
        return ""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
