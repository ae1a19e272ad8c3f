"""What our own recognizers answer: a Presidio result with the metadata that its context step needs."""

from __future__ import annotations

from typing import Any

from presidio_analyzer import AnalysisExplanation, RecognizerResult

__all__ = ["result_of"]


def result_of(recognizer: Any, entity: str, start: int, end: int, score: float) -> RecognizerResult:
    """Make the result of a recognizer. Offsets are code points of the text that it was given."""
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(recognizer=recognizer.name, original_score=score),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )
