"""The recognizers that a policy brings: RE2, so that no pattern of a policy can hang a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import re2
from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from needful.errors import DetectionError
from needful.policy.document import Recognizer
from needful_presidio import guarding
from needful_presidio.results import result_of

__all__ = ["PolicyPattern"]


class PolicyPattern(LocalRecognizer):
    """One recognizer of a policy as Presidio runs it: no distinction of case, `.` stops at a line's end."""

    def __init__(self, recognizer: Recognizer, supported_language: str = "en") -> None:
        """Compile the pattern. Raises `DetectionError` if RE2 does not take it."""
        super().__init__(
            supported_entities=[recognizer.entity],
            name=recognizer.name,
            supported_language=supported_language,
            context=list(recognizer.context),
        )
        self._entity = recognizer.entity
        self._score = recognizer.score
        self._compiled = _compiled(recognizer)

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find every match that is not empty. Offsets are code points."""
        guarding.check()
        spans = [match.span() for match in self._compiled.finditer(text)]
        return [result_of(self, self._entity, start, end, self._score) for start, end in spans if end > start]


def _compiled(recognizer: Recognizer) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    # RE2 would print a pattern that it refuses.
    options.log_errors = False
    try:
        return re2.compile(recognizer.regex, options)
    except re2.error:
        pass
    raise DetectionError(
        f"recognizer {recognizer.name} is not a regex that RE2 takes",
        code="bad-recognizer",
        hint="no look-around, no back-references",
    )
