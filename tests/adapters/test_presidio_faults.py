"""A recognizer that fails is a fault, and no fault, log line or socket gives a value away."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence

import pytest
from presidio_analyzer import EntityRecognizer, LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult

from needful.errors import DetectionError
from needful.policy.entities import default_entities, detectable
from needful_presidio import PresidioDetector, guarding
from needful_presidio.traits import Traits

CANARY = "4111111111111111"
ENTITIES = sorted(default_entities("en", ["us"], "none"))


class Broken(LocalRecognizer):
    """A real recognizer with a fault of its own: raises what it is given, or answers what it is given."""

    def __init__(self, answer: Exception | Sequence[RecognizerResult]) -> None:
        super().__init__(supported_entities=["CREDIT_CARD"], name="Broken")
        self.answer = answer

    @staticmethod
    def condition(traits: Traits) -> object:
        return traits.numbers

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return list(self.answer)


def detector_with(recognizer: EntityRecognizer, timeout: float = 30.0) -> PresidioDetector:
    detector = PresidioDetector(["CREDIT_CARD"], ner="none", timeout=timeout)
    detector._engine.add(recognizer)
    return detector


def fault(detector: PresidioDetector, *texts: str) -> DetectionError:
    with pytest.raises(DetectionError) as caught:
        detector.detect(texts)
    error = caught.value
    assert error.__context__ is None
    assert error.__cause__ is None
    assert CANARY not in repr(error)
    assert CANARY not in str(error.args)
    return error


def test_a_recognizer_that_raises_is_a_fault_without_its_text() -> None:
    error = fault(detector_with(Broken(ValueError(f"cannot read {CANARY}"))), f"card {CANARY}")

    assert error.code == "detector-crashed"


def test_a_recognizers_own_timeout_is_a_fault() -> None:
    assert fault(detector_with(Broken(TimeoutError())), f"card {CANARY}").code == "detector-crashed"


def test_one_failed_text_fails_the_whole_call() -> None:
    detector = detector_with(Broken(ValueError()))

    assert detector.detect(["no digits here"]) == [()]
    assert fault(detector, "no digits here", f"card {CANARY}").code == "detector-crashed"


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 3), (-1, 4), (0, 10_000)])
def test_a_span_that_is_not_in_the_text_is_a_fault(start: int, end: int) -> None:
    broken = Broken([RecognizerResult("CREDIT_CARD", start, end, 0.9)])

    # No card here: Presidio drops a span that another one of its entity contains.
    assert fault(detector_with(broken), "twelve digits 12 34 56 78 90 12").code == "bad-span"


def test_an_entity_that_nobody_asked_for_is_a_fault() -> None:
    broken = Broken([RecognizerResult("PERSON", 0, 4, 0.9)])

    assert fault(detector_with(broken), f"card {CANARY}").code == "bad-span"


def test_the_tracebacks_frame_of_ours_holds_no_text() -> None:
    with pytest.raises(DetectionError) as caught:
        detector_with(Broken(ValueError())).detect([f"card {CANARY}"])

    assert CANARY not in repr(caught.traceback[-1].frame.f_locals)


def test_a_pattern_that_runs_away_is_a_fault_within_about_a_second() -> None:
    evil = PatternRecognizer("CREDIT_CARD", patterns=[Pattern("evil", r"(?:a|a)+b", 0.9)], name="evil")
    guarding.guard(evil, (), ascii_words=True)
    began = time.monotonic()

    error = fault(detector_with(evil), "a" * 60 + f" aab {CANARY}")

    assert error.code == "detection-timeout"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "text",
    ["1 " * 20_000, "1" * 50_000, "a." * 50_000, "@" * 20_000, "a@" + "b-" * 10_000, "a" * 200_000, "DE89 " * 20_000],
)
def test_a_hostile_text_ends_in_time_one_way_or_the_other(text: str) -> None:
    began = time.monotonic()
    try:
        PresidioDetector(ENTITIES, ner="none", timeout=2.0).detect([text])
    except DetectionError as error:
        assert error.code == "detection-timeout"  # noqa: PT017  # either end is right
    assert time.monotonic() - began < 15


def test_a_call_has_one_deadline_for_all_its_texts() -> None:
    detector = PresidioDetector(["PHONE_NUMBER"], ner="none", timeout=0.2)

    assert fault(detector, *["1 23 456 " * 2_000] * 20).code == "detection-timeout"


def test_a_text_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    detector = PresidioDetector(["CREDIT_CARD"], ner="none")

    assert fault(detector, "x" * 1_000_001).code == "text-too-long"
    assert detector.detect(["x" * 1_000_000]) == [()]


def test_no_log_line_at_debug_holds_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    everything = sorted(detectable("en", ["us", "uk", "de", "it"], "none"))
    detector = PresidioDetector(everything, ner="none", locales=["us", "uk", "de", "it"])

    detector.detect([f"zebrafish card {CANARY}, ssn 536228741, iban DE89370400440532013000, nobody@zebrafish.example"])

    assert caplog.records, "DEBUG was on"
    for value in ("zebrafish", CANARY, "536228741", "DE8937", "nobody"):
        assert value not in caplog.text


def test_emails_and_urls_are_found_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*arguments: object, **settings: object) -> None:
        raise OSError("the network is not there")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)

    spans = PresidioDetector(["EMAIL_ADDRESS", "URL"], ner="none").detect(["john@example.co.uk https://example.com/x"])

    assert {span.entity for span in spans[0]} == {"EMAIL_ADDRESS", "URL"}


def test_other_engines_in_the_process_keep_presidios_own_patterns() -> None:
    from presidio_analyzer.predefined_recognizers.generic.url_recognizer import UrlRecognizer

    PresidioDetector(["URL"], ner="none")

    assert all(pattern.compiled_with_flags != 0 for pattern in UrlRecognizer.PATTERNS)
    assert not any(type(pattern.compiled_regex).__module__.startswith("needful") for pattern in UrlRecognizer.PATTERNS)
