"""Models of names: a real spaCy pipeline from a folder, and clear words where a model or its library is missing."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import spacy

from needful.errors import DetectionError
from needful_presidio import PresidioDetector

PATTERNS = {
    "PERSON": "Ada Lovelace",
    "GPE": "London",
    "ORG": "Analytical Engines",
    "NORP": "British",
    "DATE": "last spring",
    "WORK_OF_ART": "Notes",
}
NAMES = ["PERSON", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME"]
TEXT = "😀 Ada Lovelace of Analytical Engines, British, left London last spring with her Notes."

MakeModel = Callable[..., str]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    def make(name: str = "model", **patterns: str) -> str:
        nlp = spacy.blank("en")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": label, "pattern": text} for label, text in (patterns or PATTERNS).items()])  # type: ignore[attr-defined]
        nlp.to_disk(tmp_path / name)
        return f"spacy:{tmp_path / name}"

    return make


def found(detector: PresidioDetector, text: str) -> list[tuple[str, str]]:
    return [(span.entity, text[span.start : span.end]) for span in detector.detect([text])[0]]


def test_a_models_labels_become_presidios_entities(make_model: MakeModel) -> None:
    detector = PresidioDetector(NAMES, ner=make_model())

    assert found(detector, TEXT) == [
        ("PERSON", "Ada Lovelace"),
        ("ORGANIZATION", "Analytical Engines"),
        ("NRP", "British"),
        ("LOCATION", "London"),
        ("DATE_TIME", "last spring"),
    ]


def test_a_model_answers_only_what_was_asked_for(make_model: MakeModel) -> None:
    assert found(PresidioDetector(["LOCATION"], ner=make_model()), TEXT) == [("LOCATION", "London")]


def test_a_model_and_patterns_both_find_dates(make_model: MakeModel) -> None:
    detector = PresidioDetector(["DATE_TIME"], ner=make_model())

    assert found(detector, "last spring, and 3 May 1980") == [
        ("DATE_TIME", "last spring"),
        ("DATE_TIME", "3 May 1980"),
    ]


def test_a_name_with_an_invisible_character_is_found(make_model: MakeModel) -> None:
    text = "Ada Love\u200blace was here"

    assert found(PresidioDetector(["PERSON"], ner=make_model()), text) == [("PERSON", "Ada Love\u200blace")]


def test_threads_share_a_model(make_model: MakeModel) -> None:
    detector = PresidioDetector(NAMES, ner=make_model())
    alone = detector.detect([TEXT])

    with ThreadPoolExecutor(16) as pool:
        assert all(answer == alone for answer in pool.map(detector.detect, [[TEXT]] * 64))


def test_another_model_in_the_same_place_has_another_fingerprint(make_model: MakeModel) -> None:
    before = PresidioDetector(["PERSON"], ner=make_model()).fingerprint
    same = PresidioDetector(["PERSON"], ner=make_model()).fingerprint
    after = PresidioDetector(["PERSON"], ner=make_model(PERSON="Charles Babbage")).fingerprint

    assert before == same
    assert before != after


def test_a_model_that_cannot_find_persons_is_refused(make_model: MakeModel) -> None:
    with pytest.raises(DetectionError, match="PERSON"):
        PresidioDetector(["PERSON"], ner=make_model(GPE="London"))


def test_a_model_without_the_rarer_labels_is_no_error(make_model: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    PresidioDetector(["PERSON", "NRP"], ner=make_model(PERSON="Ada Lovelace"))

    assert "NRP" in caplog.text


@pytest.mark.parametrize(
    ("ner", "hint"),
    [
        ("spacy:en_no_such_model", "spacy download"),
        ("transformers:no-such/model", "pip install transformers"),
        ("gliner:no-such/model", "pip install gliner"),
        ("stanza:xx-no-such", "pip install stanza"),
    ],
)
def test_a_missing_model_is_an_error_with_a_hint_and_never_a_download(
    ner: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **settings: reached.append(arguments))

    with pytest.raises(DetectionError, match=hint) as caught:
        PresidioDetector(["PERSON"], ner=ner)

    assert caught.value.code == "model-missing"
    assert caught.value.__context__ is None
    assert reached == []


STANZA = """
class Pipeline:
    def __init__(self, lang, processors, package, download_method, verbose):
        assert (processors, download_method) == ("tokenize,ner", None)
        if (lang, package["ner"]) not in [("de", "default"), ("de", "germeval2014")]:
            raise ValueError("canary")
        self.processors = {"ner": self}

    def get_known_tags(self):
        return ["PER", "LOC", "ORG"]

    def __call__(self, text):
        self.entities = [Found(text.index("Ada"), text.index("Ada") + 3, "PER")]
        return self


class Found:
    def __init__(self, *answer):
        self.start_char, self.end_char, self.type = answer
"""


@pytest.fixture
def stanza_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stanza needs torch and downloaded models: this stands in for it, with German models only."""
    (tmp_path / "stanza.py").write_text(STANZA)
    (tmp_path / "stanza-1.0.dist-info").mkdir()
    (tmp_path / "stanza-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: stanza\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("stanza", None)


@pytest.mark.usefixtures("stanza_stand_in")
@pytest.mark.parametrize("name", ["de", "default", "germeval2014"])
def test_stanza_gets_the_policys_language_and_the_named_package(name: str) -> None:
    detector = PresidioDetector(["PERSON"], language="de", ner=f"stanza:{name}")

    assert found(detector, "Frau Ada kam") == [("PERSON", "Ada")]


@pytest.mark.usefixtures("stanza_stand_in")
def test_another_languages_stanza_model_is_not_there_for_a_policy() -> None:
    with pytest.raises(DetectionError, match=r"stanza\.download\('en', .*package=\{'ner': 'de'\}\)") as caught:
        PresidioDetector(["PERSON"], language="en", ner="stanza:de")
    assert caught.value.code == "model-missing"


def test_a_kind_of_model_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DetectionError, match="no kind of model"):
        PresidioDetector(["PERSON"], ner="oracle:delphi")
