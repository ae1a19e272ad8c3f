"""Detectors as one kind of function: a text in, spans with scores out.

Needful's detector with every `ner:` choice that is on this machine, and stock Presidio: `AnalyzerEngine` with its own
English registry and Needful's threshold. Stock Presidio gets the largest spaCy model that is installed; with none, a
blank pipeline whose lemmas are the lower-cased words, because otherwise its context words would silently do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from needful.errors import NeedfulError
from needful.policy import Policy
from needful.policy.entities import default_entities

__all__ = [
    "COURT",
    "STOCK",
    "Finder",
    "Found",
    "at_biases",
    "court",
    "default_bias",
    "default_finder",
    "model_choices",
    "model_version",
    "names_finder",
    "present",
    "spacy_model",
    "stock",
]

Found = tuple[int, int, str, float]
"""Start, end (code points), entity, score."""

Finder = Callable[[str], list[Found]]

STOCK = "stock Presidio"
COURT = ("court-decisions.yaml", "find-precedents")
"""The policy and the purpose that ECHR judgments are detected under."""

LOCALES = ("us",)
THRESHOLD = 0.4

_SPACY_MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")


def default_finder(choice: str, language: str = "en") -> Finder:
    """A detector of everything that a policy's `default` covers, or stock Presidio with all that it finds."""
    if choice == STOCK:
        return stock(None)
    return _needful(default_entities(language, LOCALES, choice), choice, language)


def names_finder(choice: str, names: Iterable[str], language: str = "en") -> Finder:
    """A detector of names only. Raises `DetectionError` where nothing in the set-up finds them."""
    return stock(list(names)) if choice == STOCK else _needful(names, choice, language)


def _needful(entities: Iterable[str], choice: str, language: str) -> Finder:
    from needful_presidio import PresidioDetector

    detector = PresidioDetector(entities, language=language, ner=choice, min_score=THRESHOLD, locales=LOCALES)
    return _of_detector(detector)


def _of_detector(detector: Any) -> Finder:
    # One text a call: `timeout` is for a call, and a benchmark has more texts than a request.
    return lambda text: [(span.start, span.end, span.entity, span.score) for span in detector.detect([text])[0]]


def court(choice: str, policies: Path) -> Finder:
    """The detector that the court policy asks for, with this `ner:`, and without known values: there is no metadata."""
    if choice == STOCK:
        return stock(None)
    from needful_presidio import detector_for

    name, purpose = COURT
    document = Policy.load(policies / name).document
    chosen = document.purposes[purpose]
    detect = chosen.detect.model_copy(update={"ner": choice})
    purposes = {**document.purposes, purpose: chosen.model_copy(update={"detect": detect})}
    return _of_detector(detector_for(document.model_copy(update={"purposes": purposes}), purpose))


def stock(entities: Sequence[str] | None) -> Finder:
    """Stock Presidio; None for all that its registry finds."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        """A spaCy engine without a model. It is loaded here, so that nothing is downloaded."""

        def load(self) -> None:
            vars(self)["nlp"] = {"en": spacy.blank("en")}

        def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:
            at, lemmas = [token.idx for token in doc], [token.lower_ for token in doc]
            return NlpArtifacts([], doc, at, lemmas, self, language, scores=[])

    # Its recognizer of e-mail addresses would fetch a list of domain endings.
    vars(tldextract)["extract"] = tldextract.TLDExtract(suffix_list_urls=())
    model = spacy_model()
    named = [{"lang_code": "en", "model_name": model or "blank"}]
    engine = AnalyzerEngine(nlp_engine=(SpacyNlpEngine if model else Blank)(models=named), supported_languages=["en"])
    known = set(engine.get_supported_entities("en"))
    asked = sorted(known if entities is None else known.intersection(entities))

    def find(text: str) -> list[Found]:
        results = engine.analyze(text, language="en", entities=asked, score_threshold=THRESHOLD)
        return sorted((one.start, one.end, one.entity_type, float(one.score)) for one in results)

    return find


def spacy_model() -> str | None:
    """The largest of spaCy's English models that is installed."""
    return next((name for name in _SPACY_MODELS if find_spec(name)), None)


def present(wanted: Sequence[str] | None = None) -> tuple[list[str], dict[str, str]]:
    """The `ner:` choices that are on this machine, and of the others why not.

    Without `wanted`: the shipped models, none, and the spaCy models that are installed.
    """
    installed = [f"spacy:{name}" for name in reversed(_SPACY_MODELS) if find_spec(name)]
    there, missing = [], {}
    for choice in wanted or ["bundled", "fast", "none", *installed]:
        try:
            default_finder(choice)
            there.append(choice)
        except NeedfulError as error:
            missing[choice] = str(error)
    return there, missing


def model_choices(choices: Iterable[str]) -> list[str]:
    """The choices that find names at all: without a model there are none, stock Presidio's included."""
    return [one for one in choices if one != "none" and (one != STOCK or spacy_model())]


def at_biases(setting: str, texts: Sequence[str], biases: Sequence[float]) -> list[list[list[Found]]]:
    """What the shipped model by itself finds at each outside bias; empty where no model is shipped.

    The network runs once: a bias only changes how its scores are read.
    """
    try:
        model = import_module("needful_presidio.ner.bundled").load(setting)
        decoded = import_module("needful_presidio.ner.decoding").decoded
    except (ImportError, OSError, ValueError, NeedfulError):
        return []
    found: list[list[list[Found]]] = [[] for _ in biases]
    for text in texts:
        [(tokens, scores)] = model.scores([text])
        for spans, bias in zip(found, biases, strict=True):
            spans.append(list(decoded(text, tokens, scores, model.labels, bias)))
    return found


def model_version() -> str | None:
    """The digest of the shipped weights, so that figures say which model they are of; None where it is not there."""
    try:
        version: str = import_module("needful_presidio.ner.bundled").load("bundled").version
    except (ImportError, OSError, ValueError):
        return None
    return version


def default_bias() -> float | None:
    """The operating point that the shipped model has by itself; None where it is not there."""
    try:
        bias: float = import_module("needful_presidio.ner.bundled").BIAS
    except ImportError:
        return None
    return bias
