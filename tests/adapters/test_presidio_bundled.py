"""The model that ships: loaded from the package, the same spans whatever stands beside a text or calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.errors import DetectionError
from needful_presidio import PresidioDetector
from needful_presidio.ner import bundled, models

NAMES = ("LOCATION", "NRP", "ORGANIZATION", "PERSON")

TEXTS = (
    "Maria Keller called about her claim. The adjuster, Mr. Jan de Vries of Harbor Mutual, met her in Leeds.",
    "my name is arjun mehta and i live in pune",
    "THE BORROWER, ANNA SCHMIDT, LIVES IN HAMBURG.",
    "Dear Ms. Okafor,\nWe wrote to you at 12 High Street, Leeds LS1 4AP.\nRegards,\nJ.P. O'Neill",
)


@pytest.fixture(scope="module")
def model() -> bundled.Bundled:
    return bundled.load()


def values(text: str, found: list[tuple[int, int, str, float]], entity: str) -> list[str]:
    return [text[start:end] for start, end, name, _ in found if name == entity]


@pytest.mark.parametrize("setting", ["bundled", "fast"])
def test_names_are_found_in_any_case(setting: str) -> None:
    found = bundled.load(setting).find_batch(TEXTS)
    persons = [values(text, of_text, "PERSON") for text, of_text in zip(TEXTS, found, strict=True)]
    assert persons[0][0] == "Maria Keller"
    assert "Mr. Jan de Vries" in persons[0]
    assert persons[1] == ["arjun mehta"]
    assert persons[2] == ["ANNA SCHMIDT"]
    assert "Ms. Okafor" in persons[3]


@pytest.mark.parametrize("word", ["kitchen", "garage", "cellar", "deductible", "windscreen"])
def test_a_noun_in_a_search_box_is_no_name(word: str, model: bundled.Bundled) -> None:
    assert model.find(word) == []


@pytest.mark.parametrize("word", ["keller", "schmidt", "okafor", "leeds", "hamburg", "siemens"])
def test_a_name_in_a_search_box_is_one(word: str, model: bundled.Bundled) -> None:
    assert [(start, end) for start, end, *_ in model.find(word)] == [(0, len(word))]


def test_places_and_organisations_are_found(model: bundled.Bundled) -> None:
    found = model.find(TEXTS[0])
    assert values(TEXTS[0], found, "LOCATION") == ["Leeds"]
    assert values(TEXTS[0], found, "ORGANIZATION") == ["Harbor Mutual"]


def test_scores_say_how_far_a_span_is_from_being_left_out(model: bundled.Bundled) -> None:
    assert all(0.5 < score <= 1 for found in model.find_batch(TEXTS) for *_, score in found)


def test_a_text_has_the_same_spans_alone_and_in_a_batch(model: bundled.Bundled) -> None:
    assert [model.find(text) for text in TEXTS] == model.find_batch(TEXTS)


def test_a_detector_lets_the_model_read_the_texts_of_a_call_together(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = PresidioDetector(["PERSON"])
    expected = [detector.detect([text])[0] for text in TEXTS]
    asked: list[int] = []
    find_batch = bundled.Bundled.find_batch

    def counted(self: bundled.Bundled, texts: Sequence[str], bias: float) -> Any:
        asked.append(len(texts))
        return find_batch(self, texts, bias)

    monkeypatch.setattr(bundled.Bundled, "find_batch", counted)
    assert PresidioDetector(["PERSON"]).detect(TEXTS) == expected
    assert max(asked) == len(TEXTS)


def test_sixty_four_threads_find_what_one_does(model: bundled.Bundled) -> None:
    expected = model.find_batch(TEXTS)
    with ThreadPoolExecutor(64) as pool:
        assert all(found == expected for found in pool.map(lambda _: model.find_batch(TEXTS), range(64)))


@pytest.mark.parametrize("text", ["", " \n ", "\ud800", "a\udfffMaria Keller", "\x00", "\u202eMaria Keller"])
def test_odd_text_is_no_fault(model: bundled.Bundled, text: str) -> None:
    for start, end, *_ in model.find(text):
        assert 0 <= start < end <= len(text)


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_spans_lie_in_the_text_and_apart(text: str) -> None:
    last = 0
    for start, end, entity, _ in bundled.load().find(text):
        assert last <= start < end <= len(text)
        assert entity in NAMES
        last = end


def test_a_name_is_found_wherever_a_window_ends(model: bundled.Bundled) -> None:
    words = "the policy was changed and the claim was paid on time as agreed "
    texts = [words * 9 + "x " * shift + "Maria Keller called. " + words * 9 for shift in range(130)]
    found = [values(text, of_text, "PERSON") for text, of_text in zip(texts, model.find_batch(texts), strict=True)]
    assert [at for at, names in enumerate(found) if "Maria Keller" not in names] == []


@pytest.mark.parametrize("pieces", [1, 125, 126, 127, 200, 1000, 12345])
def test_windows_overlap_and_cover_every_piece(pieces: int) -> None:
    windows = list(bundled._windows(pieces))
    assert windows[0][0] == 0
    assert windows[-1][1] == pieces
    assert all(end - start <= 126 for start, end in windows)
    assert all(before[1] - after[0] >= 32 for before, after in pairwise(windows))


def test_the_model_is_in_the_fingerprint() -> None:
    fingerprints = {PresidioDetector(["PERSON"], ner=ner).fingerprint for ner in ("bundled", "fast")}
    assert len(fingerprints) == 2


def test_the_operating_point_can_be_moved() -> None:
    few, many = (PresidioDetector(["PERSON"], outside_bias=bias) for bias in (-10, 8))
    text = "the kitchen of maria was painted by the old tiler"
    assert len(few.detect([text])[0]) < len(many.detect([text])[0])
    assert few.fingerprint != many.fingerprint


def test_the_weights_are_those_that_the_table_names() -> None:
    assert bundled.load.__wrapped__("fast").version.startswith("fast ")


@pytest.mark.parametrize("damaged", ["upper.onnx", "tokenizer.json"])
def test_a_file_that_is_not_the_shipped_one_is_a_fault_that_says_what_to_do(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    for source in (files("needful_presidio.ner") / "weights").iterdir():
        (weights / source.name).write_bytes(source.read_bytes() + (b"\n" if source.name == damaged else b""))
    monkeypatch.setattr(bundled, "files", lambda _: tmp_path)
    monkeypatch.setattr(bundled, "load", bundled.load.__wrapped__)
    with pytest.raises(DetectionError, match="does not load") as caught:
        models.load_model("bundled", "en")
    assert caught.value.code == "model-missing"
    assert "install needful again" in str(caught.value.hint)


def test_a_language_without_a_bundled_model_is_refused() -> None:
    with pytest.raises(DetectionError, match="no model for language de"):
        models.load_model("bundled", "de")


def test_the_files_are_within_the_limits() -> None:
    sizes = [len(path.read_bytes()) for path in (files("needful_presidio.ner") / "weights").iterdir()]
    assert max(sizes) <= 30_000_000
    assert sum(sizes) <= 40_000_000


def test_loading_needs_no_torch_and_no_network() -> None:
    script = (
        "import json, sys, socket\n"
        "socket.socket.connect = None\n"
        "from needful_presidio.ner import bundled\n"
        "found = bundled.load('fast').find('Maria Keller lives in Leeds')\n"
        "print(json.dumps([len(found), 'torch' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [2, False]
