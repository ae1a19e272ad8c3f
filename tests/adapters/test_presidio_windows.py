"""Windows: nothing that is short enough may fall between two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.policy.document import Recognizer
from needful.policy.entities import default_entities
from needful_presidio import PresidioDetector
from needful_presidio.detector import MAX_CHARACTERS
from needful_presidio.windows import windows

TEXTS = st.text(st.sampled_from("a1 \n"), max_size=3000)


@given(TEXTS, st.integers(0, 2999), st.integers(1, 50))
def test_whatever_is_no_longer_than_the_overlap_is_whole_in_a_window(text: str, start: int, length: int) -> None:
    stretch = (min(start, len(text)), min(start + length, len(text)))

    parts = [(offset, offset + len(part)) for offset, part in windows(text, 500, 50)]

    assert any(first <= stretch[0] and stretch[1] <= last for first, last in parts)


@given(TEXTS)
def test_a_window_is_a_stretch_of_the_text_and_no_longer_than_allowed(text: str) -> None:
    for offset, part in windows(text, 500, 50):
        assert text[offset : offset + len(part)] == part
        assert len(part) <= 500


def test_a_short_text_is_one_window() -> None:
    assert list(windows("short", 500, 50)) == [(0, "short")]
    assert list(windows("", 500, 50)) == [(0, "")]


OWN = Recognizer(name="number", entity="NUMBER", regex="ID-[0-9]{6}", score=0.9)
VALUES = {
    "EMAIL_ADDRESS": "jdoe@example.com",
    "IBAN_CODE": "DE89370400440532013000",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "US_SSN": "536-22-8741",
    "DATE_TIME": "3 February 1980",
    "PHONE_NUMBER": "+1 212-736-5000",
    "URL": "https://example.com/a",
}


def filled(values: list[str], gap: str, shift: int, length: int = MAX_CHARACTERS) -> tuple[str, list[tuple[int, int]]]:
    """A text with value after value around each border of windows, and where they stand."""
    text = ""
    places = []
    following = cycle(values)
    for border in range(100_000, length, 98_000):
        text += "word " * ((border - 2_250 - len(text)) // 5)
        text = text.ljust(border - 2_250 + shift)
        while len(text) < border + 60:
            value = next(following)
            places.append((len(text), len(text) + len(value)))
            text += value + gap
    return text.ljust(length, "."), places


@pytest.mark.parametrize("gap", [" ", "|"])
def test_an_identifier_at_every_offset_around_every_border_is_found(gap: str) -> None:
    detector = PresidioDetector(["NUMBER"], ner="none", recognizers=[OWN])

    for shift in range(len("ID-123456") + len(gap)):
        text, places = filled(["ID-123456"], gap, shift)
        found = {(span.start, span.end) for span in detector.detect([text])[0]}
        assert found == set(places)


@pytest.mark.parametrize(("entity", "gap"), [(entity, gap) for entity in VALUES for gap in (" , ", "|,")])
def test_every_kind_of_identifier_is_found_whole_around_every_border(entity: str, gap: str) -> None:
    detector = PresidioDetector([entity], ner="none")

    text, places = filled([VALUES[entity]], gap, shift=7, length=250_000)
    covered = {place for span in detector.detect([text])[0] for place in range(span.start, span.end)}
    assert [place for place in places if not covered.issuperset(range(*place))] == []


def test_sixty_four_threads_find_what_one_does() -> None:
    detector = PresidioDetector(default_entities("en", ["us"], "none"), ner="none", timeout=120)
    texts = [" ".join([*VALUES.values(), f"aged {20 + n}, case no. {n}/02, call 0{n:03} 496 0123"]) for n in range(8)]
    alone = detector.detect(texts)
    assert all(alone)

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(detector.detect, [texts] * 64))

    assert all(answer == alone for answer in answers)
