"""Models of other libraries: spaCy, Hugging Face Transformers, GLiNER and Stanza.

Presidio's own wrappers are not used, because each loses findings in silence: its Transformers recognizer answers a
crash with "nothing found" and cuts text that has no spaces at the model's limit, its Stanza engine drops every name of
a text whose words it cannot align and prints them in a warning, its GLiNER recognizer asks the model for card numbers
too. Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from needful_presidio import guarding
from needful_presidio.ner.model import Found, Model
from needful_presidio.windows import windows

__all__ = ["ENTITIES", "INSTALL", "load"]

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

INSTALL = {
    "spacy": "install it before: python -m spacy download {name}",
    "transformers": "pip install transformers torch, then put the model there: hf download {name}",
    "gliner": "pip install gliner, then put the model there: hf download {name}",
    "stanza": "pip install stanza, then in Python: "
    "stanza.download('{language}', processors='tokenize,ner', package={{'ner': '{name}'}})",
}
"""Kind of model to how it is installed."""


def load(kind: str, name: str, language: str) -> Model:
    """Load a model of one of the kinds in `INSTALL`. Raises what the library raises."""
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
