"""The model that a policy's `ner` names: a bundled one, or one of a library that is installed.

Nothing is ever downloaded: a model that is not on this machine is an error that says how to install it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from needful.errors import DetectionError
from needful.policy.entities import BUNDLED
from needful_presidio.ner import libraries
from needful_presidio.ner.libraries import ENTITIES
from needful_presidio.ner.model import Found, Model

__all__ = ["ENTITIES", "load_model"]


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
    if kind not in libraries.INSTALL or not name:
        raise DetectionError("ner names no kind of model that is known", code="model-missing")
    try:
        return libraries.load(kind, name, language)
    except ImportError:
        missing = "library"
    except Exception:  # noqa: BLE001  # loaders raise anything; the text may hold paths and addresses
        missing = "model"
    raise DetectionError(
        f"the {missing} of ner: {setting} is not on this machine or does not load",
        code="model-missing",
        hint=libraries.INSTALL[kind].format(name=name, language=language),
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
