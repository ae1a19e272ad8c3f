"""A detector that raises, hangs, answers nonsense or is not there: withheld or failed, recorded, and never raw."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from faults_support import DETECTOR, DOORS, FAIL, POLICY, Bench, Trapped, made_bench, raising, shown
from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult

from needful.deadlines import left
from needful.errors import DetectionError
from needful.values import Span
from needful_presidio import PresidioDetector, guarding
from needful_presidio.phones import Phones

OTHERS = {"kitchen", "roof"}
HANGS = 30.0
IN_TIME = 10.0
"""Seconds: far more than a deadline here and far less than what hangs, for a busy machine."""


class Panic(BaseException):
    """As a Rust library raises through pyo3."""


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    yield from made_bench(request.param, caplog, tmp_path)


def hang(texts: Sequence[str]) -> Any:
    """Take no notice of any deadline."""
    time.sleep(HANGS)


def until_told(texts: Sequence[str]) -> Any:
    """Work for as long as whoever waits still does."""
    while left() > 0:
        time.sleep(0.01)
    raise TimeoutError


def answer(*spans: Any) -> Callable[[Sequence[str]], Any]:
    """Answer these spans for every text."""
    return lambda texts: [spans for _ in texts]


def own_error(texts: Sequence[str]) -> Any:
    """Fail as a port may."""
    raise DetectionError("the model is asleep", code="model-asleep")


FAULTS: dict[str, Callable[[Sequence[str]], Any]] = {
    **{error.__name__: raising(error) for error in (ValueError, TimeoutError, MemoryError, RecursionError, Panic)},
    "StopIteration": raising(StopIteration),
    "an error of ours": own_error,
    "no list": lambda texts: None,
    "one text too few": lambda texts: DETECTOR.detect(texts)[:-1],
    "beyond the end": answer(Span(0, 10_000, "PERSON", 0.9, "x")),
    "before the start": answer(Span(-1, 3, "PERSON", 0.9, "x")),
    "backwards": answer(Span(5, 2, "PERSON", 0.9, "x")),
    "empty": answer(Span(2, 2, "PERSON", 0.9, "x")),
    "a score above one": answer(Span(0, 2, "PERSON", 1.5, "x")),
    "a score that is none": answer(Span(0, 2, "PERSON", float("nan"), "x")),
    "a name that is none": answer(Span(0, 2, "not a name", 0.9, "x")),
    "no span": answer((0, 2, "PERSON")),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_withholds_its_own_record_only_and_is_recorded(bench: Bench, kind: str) -> None:
    bench.make(detector=Trapped(FAULTS[kind]))
    assert shown(bench.ask()) == OTHERS
    assert bench.last == ("released", "")
    assert bench.entries[-1].withheld == {"detection-fault": 1}


@pytest.mark.parametrize("kind", FAULTS)
def test_under_on_fault_fail_the_call_ends_and_is_recorded(bench: Bench, kind: str) -> None:
    bench.make(FAIL, detector=Trapped(FAULTS[kind]))
    error = bench.fails(DetectionError)
    assert bench.last == ("failed", error.code)
    assert bench.entries[-1].records_disclosed == 0


@pytest.mark.parametrize("kind", FAULTS)
def test_a_question_that_cannot_be_checked_is_never_asked(bench: Bench, kind: str) -> None:
    bench.make(detector=Trapped(FAULTS[kind], word="reduced?"))
    error = bench.fails(DetectionError)
    assert bench.last == ("failed", error.code)
    assert bench.entries[-1].records_fetched == 0


@pytest.mark.parametrize("trap", [hang, until_told])
def test_a_detector_that_hangs_is_given_up_and_the_other_records_come(bench: Bench, trap: Any) -> None:
    bench.make(POLICY.replace("timeout: 2", "timeout: 0.9"), detector=Trapped(trap))
    began = time.monotonic()
    assert shown(bench.ask()) == OTHERS
    assert time.monotonic() - began < IN_TIME
    assert bench.entries[-1].withheld == {"detection-fault": 1}


@pytest.mark.parametrize("word", ["boom", "reduced?"])
def test_a_detector_that_hangs_fails_the_call_in_time(bench: Bench, word: str) -> None:
    bench.make(FAIL.replace("timeout: 2", "timeout: 0.5"), detector=Trapped(hang, word))
    began = time.monotonic()
    assert bench.fails(DetectionError).code == "detection-timeout"
    assert time.monotonic() - began < IN_TIME
    assert bench.last == ("failed", "detection-timeout")


def test_all_the_detection_of_a_call_has_one_deadline(bench: Bench) -> None:
    bench.make(POLICY.replace("timeout: 2", "timeout: 0.9"), detector=Trapped(hang, word="The "))
    began = time.monotonic()
    assert bench.ask() == []
    assert time.monotonic() - began < IN_TIME
    assert bench.entries[-1].withheld == {"detection-fault": 3}


def test_a_detector_that_was_given_up_does_no_harm_when_it_answers_at_last(bench: Bench) -> None:
    released = threading.Event()

    def late(texts: Sequence[str]) -> Any:
        released.wait(HANGS)
        return DETECTOR.detect(texts)

    bench.make(POLICY.replace("timeout: 2", "timeout: 0.3"), detector=Trapped(late))
    assert shown(bench.ask()) == OTHERS
    released.set()
    time.sleep(0.05)
    assert shown(bench.ask()) == {*OTHERS, "boom"}


class Nameless:
    """A detector whose fingerprint cannot be had."""

    def __init__(self, error: type[BaseException]) -> None:
        self._error = error

    @property
    def fingerprint(self) -> str:
        raise self._error("a text, mail-canary")

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        raise AssertionError("nothing is asked of it")


@pytest.mark.parametrize("error", [ValueError, MemoryError, RecursionError, Panic])
def test_a_detector_without_a_fingerprint_detects_nothing(bench: Bench, error: type[BaseException]) -> None:
    bench.probe.adopt("mail-canary")
    bench.make(detector=Nameless(error))
    failure = bench.fails(Exception)
    assert bench.last == ("failed", failure.code)


# the models and patterns of Presidio


MODEL = POLICY.replace("ner: none, reason: a test", "ner: §")


@pytest.mark.parametrize(
    "ner", ["spacy:no_such_model", "transformers:./no/such/folder", "gliner:./no/such/folder", "stanza:no-such-package"]
)
def test_a_model_that_is_not_there_fails_every_call_and_is_recorded(bench: Bench, ner: str) -> None:
    bench.make(MODEL.replace("§", ner), detector=None)
    assert bench.fails(DetectionError).code == "model-missing"
    assert bench.last == ("failed", "model-missing")


@pytest.mark.parametrize("damage", ["missing", "flipped", "cut", "empty"])
def test_a_bundled_model_that_is_damaged_fails_every_call(
    bench: Bench, damage: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from needful_presidio import detector
    from needful_presidio.ner import bundled

    folder = tmp_path_factory.mktemp("model")
    copied(folder / "weights", damage)
    monkeypatch.setattr(bundled, "files", lambda package: folder)
    bundled.load.cache_clear()
    detector._built.cache_clear()
    bench.make(MODEL.replace("§", "fast"), detector=None)
    assert bench.fails(DetectionError).code == "model-missing"
    assert bench.last == ("failed", "model-missing")
    monkeypatch.undo()
    bundled.load.cache_clear()
    detector._built.cache_clear()


def copied(folder: Path, damage: str) -> None:
    """Copy the shipped model with the weights of its first file damaged."""
    folder.mkdir()
    for file in (Path(str(resources.files("needful_presidio.ner"))) / "weights").iterdir():
        data = file.read_bytes()
        if file.name == "lower.onnx":
            if damage == "missing":
                continue
            middle = len(data) // 2
            flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            data = {"flipped": flipped, "cut": data[:middle], "empty": b""}[damage]
        (folder / file.name).write_bytes(data)


class Slow(LocalRecognizer):
    """A recognizer that sleeps where it reads a word."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["EMAIL_ADDRESS"], name="Slow")

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        if "boom" in text:
            time.sleep(HANGS)
        return []


def presidio(recognizer: Any) -> PresidioDetector:
    """A Presidio detector with one more recognizer."""
    detector = PresidioDetector(["EMAIL_ADDRESS", "US_SSN", "PHONE_NUMBER"], ner="none")
    detector._engine.add(recognizer)
    return detector


def runaway() -> PatternRecognizer:
    """A pattern that backtracks without end where it reads a word."""
    evil = PatternRecognizer("EMAIL_ADDRESS", patterns=[Pattern("evil", r"boom (?:.|.)+#", 0.9)], name="evil")
    guarding.guard(evil, (), ascii_words=True)
    return evil


@pytest.mark.parametrize("recognizer", [Slow, runaway])
def test_a_recognizer_of_presidio_that_runs_away_is_a_fault_in_time(bench: Bench, recognizer: Any) -> None:
    bench.make(POLICY.replace("timeout: 2", "timeout: 1.5"), detector=presidio(recognizer()))
    began = time.monotonic()
    assert shown(bench.ask()) == OTHERS
    assert time.monotonic() - began < IN_TIME
    assert bench.entries[-1].withheld == {"detection-fault": 1}


DIGITS = 100_000
ROWS = {
    "one digit again and again": "1" * DIGITS,
    "all digits": "1234567890" * (DIGITS // 10),
    "single digits": "1 " * (DIGITS // 2),
    "numbers of three": "".join(f"{n % 1000:03} " for n in range(DIGITS // 4)),
    "made-up numbers": "".join(f"{n * n % 99_991} " for n in range(DIGITS // 6)),
    "plus signs": "+1" * (DIGITS // 2),
    "brackets": "(1)" * (DIGITS // 3),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_digits_are_searched_for_phone_numbers_or_a_fault_within_a_second(kind: str) -> None:
    began = time.thread_time()
    try:
        Phones("en", ("us", "de")).analyze(ROWS[kind], ["PHONE_NUMBER"])
    except guarding.OutOfTime:
        pass  # either end is right
    assert time.thread_time() - began < 1.3


@pytest.mark.parametrize("row", ["1" * 40, "1" * 5_000, "1234567890" * 30])
@pytest.mark.parametrize("between", [" ", "\n", ". ", ", "])
def test_a_phone_number_beside_a_long_row_of_digits_is_found(row: str, between: str) -> None:
    number = "(212) 736-5000"
    for text in (f"{row}{between}{number}", f"{number}{between}{row}", f"{row}{between}{number}{between}{row}"):
        found = Phones("en", ("us",)).analyze(text, ["PHONE_NUMBER"])
        start = text.index("212")
        assert any(one.start <= start and one.end >= start + len("212) 736-5000") for one in found)


HOSTILE = [
    "@",
    "a@",
    "@ ",
    "1-",
    "a.",
    "::",
    "ab:",
    "x1",
    "DE89 ",
    "http://",
    "Mr ",
    "May 1 ",
    "$1 ",
    "P.O. Box ",
    "(",
    "é",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_row_of_signs_is_searched_in_a_second_or_two(unit: str) -> None:
    from needful.policy.entities import default_entities

    detector = PresidioDetector(default_entities("en", ["us"], "none"), ner="none")
    began = time.thread_time()
    try:
        detector.detect([unit * (100_000 // len(unit))])
    except DetectionError as error:
        assert error.code == "detection-timeout"  # noqa: PT017 - either end is right
    assert time.thread_time() - began < 4
