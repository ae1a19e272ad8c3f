"""The detector: texts in, spans out, and nothing in between that could be taken for "nothing found"."""

from __future__ import annotations

import hashlib
import math
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import cached_property, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

import rfc8785

from needful import deadlines
from needful.decoding import Excerpt, excerpts
from needful.errors import DetectionError, PolicyError
from needful.folding import Folded, fold
from needful.policy.document import Detect, PolicyDocument, Recognizer
from needful.policy.entities import requested
from needful.values import Span
from needful_presidio import guarding
from needful_presidio.redundant import without_redundant
from needful_presidio.windows import windows

if TYPE_CHECKING:
    from presidio_analyzer import RecognizerResult

__all__ = ["MAX_CHARACTERS", "REVISION", "PresidioDetector", "detector_for"]

REVISION = 6
"""Of this adapter: goes up with every change that could change a span."""

MAX_CHARACTERS = 1_000_000
"""The longest text, in code points, unless a detector is told otherwise."""

_WINDOW = 100_000
_OVERLAP = 2_000
"""What is longer than this and lies across a window's border may be found in two pieces."""

Variant = Folded | Excerpt

_LIBRARIES = ("presidio-analyzer", "phonenumbers", "regex", "google-re2")

_MESSAGES = {
    "detection-timeout": "detection ran out of time",
    "detector-crashed": "a recognizer failed",
    "bad-span": "a recognizer answered a span that is not in the text",
    "not-texts": "the texts must be a sequence of strings, not one string",
    "text-too-long": "a text is longer than this detector takes",
}


class PresidioDetector:
    """Find PII with Presidio: a `needful.ports.Detector`.

    `entities` are Presidio's names; an empty sequence means none. `locales` are countries (`us`, `uk`, `de`, …) whose
    numbers are looked for, `ner` is as in a policy, `min_score` the least confidence, `outside_bias` the operating
    point of the bundled model (docs/detection.md has the curve), `timeout` the seconds that one call of `detect` may
    take, `max_characters` the longest text. Raises `DetectionError` if an entity cannot be found with these settings,
    the model is not on this machine, or `entities` is one string.
    """

    def __init__(
        self,
        entities: Iterable[str],
        *,
        language: str = "en",
        ner: str = "bundled",
        recognizers: Sequence[Recognizer] = (),
        min_score: float = 0.4,
        locales: Sequence[str] = ("us",),
        outside_bias: float | None = None,
        timeout: float = 30.0,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        if isinstance(entities, (str, bytes)):
            # Its letters would be taken for names.
            raise DetectionError("the entities must be a sequence of names, not one string", code="not-entities")
        from needful_presidio.engine import Engine, Settings

        settings = Settings(
            entities=tuple(sorted(set(entities))),
            language=language,
            ner=ner,
            recognizers=tuple(recognizers),
            min_score=min_score,
            locales=tuple(locales),
            outside_bias=outside_bias,
        )
        self._engine = Engine(settings)
        self._timeout = timeout
        self._longest = max_characters

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over versions, entities, recognizers, model and settings."""
        settings = self._engine.settings
        described: dict[str, Any] = {
            "revision": REVISION,
            "libraries": {library: version(library) for library in _LIBRARIES},
            "unicode": unicodedata.unidata_version,
            "entities": list(settings.entities),
            "language": settings.language,
            "ner": settings.ner,
            "model": self._engine.model.version if self._engine.model else "",
            "recognizers": [recognizer.model_dump(mode="json") for recognizer in settings.recognizers],
            "min_score": settings.min_score,
            "locales": list(settings.locales),
            "outside_bias": settings.outside_bias,
        }
        return hashlib.sha256(b"needful detector\0" + rfc8785.dumps(described)).hexdigest()

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return each text's spans, sorted, in code points, no two alike; see `needful.ports.Detector`.

        Raises `DetectionError` (codes detection-timeout, detector-crashed, bad-span, text-too-long, not-texts) if any
        part of the detection of any text failed.
        """
        # A generator would be empty at the second look, and nothing found in it.
        texts = texts if isinstance(texts, (str, bytes)) else tuple(texts)
        found, code = self._attempt(texts)
        if code:
            # The traceback keeps this frame.
            texts = ()
            raise DetectionError(_MESSAGES[code], code=code)
        return found

    def _attempt(self, texts: Sequence[str]) -> tuple[list[tuple[Span, ...]], str]:
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            return [], "not-texts"
        if any(len(text) > self._longest for text in texts):
            return [], "text-too-long"
        try:
            # Whoever waits may have less time: going on after that would be work that nobody takes.
            with guarding.deadline(min(self._timeout, deadlines.left())):
                variants = [_variants(text) for text in texts]
                parts = (part for of_text in variants for variant in of_text for _, part in _parts(variant))
                with self._engine.reading(parts) if self._engine.model else _NOTHING:
                    found = [self._spans(*pair) for pair in zip(texts, variants, strict=True)]
                guarding.check()
        except guarding.OutOfTime:
            return [], "detection-timeout"
        except _BadSpan:
            return [], "bad-span"
        except Exception:  # noqa: BLE001  # whatever a recognizer raises is a fault, and its text may quote the value
            return [], "detector-crashed"
        return found, ""

    def _spans(self, text: str, variants: Sequence[Variant]) -> tuple[Span, ...]:
        best: dict[tuple[int, int, str], Span] = {}
        for variant in variants:
            for span in self._of_variant(variant, len(text)):
                key = (span.start, span.end, span.entity)
                if key not in best or (span.score, span.recognizer) > (best[key].score, best[key].recognizer):
                    best[key] = span
        return tuple(sorted(without_redundant(best.values())))

    def _of_variant(self, variant: Variant, length: int) -> Iterable[Span]:
        for offset, part in _parts(variant):
            for result in self._engine.analyze(part):
                _check(result, len(part), self._engine.settings.entities)
                place = variant.original(result.start + offset, result.end + offset)
                if place is None:
                    continue
                start, end = place
                if not 0 <= start < end <= length:
                    raise _BadSpan
                name = (result.recognition_metadata or {}).get("recognizer_name", "")
                # What keeps spans keeps ten-thousandths: the score is the same before and after.
                yield Span(start, end, result.entity_type, round(float(result.score), 4), sys.intern(str(name)))


def _variants(text: str) -> tuple[Variant, ...]:
    """Return every reading of a text: as a reader sees it, as it stands, and what is encoded in it."""
    folded = fold(text, guarding.check)
    decoded = excerpts(text, folded, guarding.check)
    # What folding changes could also hide a value, so the text as it stands is searched too.
    return (folded, *decoded) if folded.text == text else (folded, Folded(text), *decoded)


_NOTHING = nullcontext()


def _parts(variant: Variant) -> Iterable[tuple[int, str]]:
    text = variant.text
    return windows(text, _WINDOW, _OVERLAP) if len(text) > _WINDOW else ((0, text),)


class _BadSpan(Exception):  # never leaves this module
    """A recognizer answered something that is not a span of the text."""


def _check(result: RecognizerResult, length: int, entities: Sequence[str]) -> None:
    offsets = type(result.start) is int and type(result.end) is int and 0 <= result.start < result.end <= length
    if not offsets or result.entity_type not in entities or not math.isfinite(result.score):
        raise _BadSpan


class _Policy(Protocol):
    """What of a `needful.policy.Policy` is read here."""

    @property
    def document(self) -> PolicyDocument: ...


def detector_for(policy: PolicyDocument | _Policy, purpose: str) -> PresidioDetector:
    """Return the detector of one purpose; the same one for the same settings.

    Raises `PolicyError` if the policy has no such purpose, `DetectionError` if the detector cannot be built.
    """
    document = policy if isinstance(policy, PolicyDocument) else policy.document
    chosen = document.purposes.get(purpose)
    if chosen is None:
        raise PolicyError("the policy has no such purpose", code="unknown-purpose")
    own = tuple(one for one in document.recognizers if one.name in chosen.detect.recognizers)
    return _built(requested(document, purpose), document.language, own, chosen.detect)


@lru_cache(maxsize=8)
def _built(
    entities: tuple[str, ...], language: str, recognizers: tuple[Recognizer, ...], detect: Detect
) -> PresidioDetector:
    return PresidioDetector(
        entities,
        language=language,
        ner=detect.ner,
        recognizers=recognizers,
        min_score=detect.min_score,
        locales=detect.locales,
        outside_bias=detect.outside_bias,
        timeout=detect.timeout,
        max_characters=detect.max_characters,
    )
