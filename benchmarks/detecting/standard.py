"""The measure that Presidio's own project publishes: presidio-evaluator's SpanEvaluator, run in its own environment."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detecting.finders import Found
from detecting.sets import Row

__all__ = ["PUBLISHED", "scored", "traditional"]

_HERE = Path(__file__).resolve().parents[1]
_SCORES = _HERE / "detection_presidio_evaluator.py"
_CHINESE = _HERE / "detection_traditional.py"

PUBLISHED = {"Presidio with en_core_web_lg": 0.661, "Presidio, customised, 400 MB model": 0.903}
"""F2 at IoU 0.75 that presidio-research publishes for the whole set, of which ours is one half."""


def scored(
    rows: Sequence[Row], found: Mapping[str, Sequence[Sequence[Found]]], python: Path
) -> Mapping[str, Mapping[str, Any]]:
    """Each choice's figures; empty where the other environment is not there or fails."""
    samples = [{"text": row.text, "spans": [span[:3] for span in row.spans]} for row in rows]
    result: Mapping[str, Mapping[str, Any]] = _asked(python, _SCORES, {"samples": samples, "found": found}) or {}
    return result


def traditional(texts: Sequence[str], python: Path) -> list[str] | None:
    """Simplified Chinese in traditional characters, length for length; None where the converter is not there."""
    converted: list[str] | None = _asked(python, _CHINESE, list(texts))
    return converted


def _asked(python: Path, script: Path, question: Any) -> Any:
    """Hand a script of ours JSON, take JSON from it; None where it fails."""
    if not python.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "given.json", Path(folder) / "answer.json"
        given.write_text(json.dumps(question), "utf-8")
        command = [str(python), str(script), str(given), str(answer)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own script
        if done.returncode:
            sys.stderr.write(done.stderr)
            return None
        return json.loads(answer.read_text("utf-8"))
