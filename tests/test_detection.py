"""Detection: the cache, what a detector may answer, and our own tokens."""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.detection import MAX_TEXT, SpanCache, find_spans, own_tokens_untouched
from needful.errors import DetectionError, PolicyError
from needful.keys import Keys
from needful.testing import KeywordDetector, LeakProbe
from needful.tokens import Tokens
from needful.values import Span

PERSON = KeywordDetector({"PERSON": "Maria|Tom"})


def span(start: int, end: int, entity: str = "PERSON") -> Span:
    return Span(start, end, entity, 0.9, "test")


# the cache


def test_the_cache_gives_back_what_it_was_given_and_forgets_the_oldest() -> None:
    cache = SpanCache(2)
    keys = [cache.key("detector", text) for text in ("one", "two", "three")]
    cache.put(keys[0], (span(0, 1),))
    cache.put(keys[1], ())
    assert cache.get(keys[0]) == (span(0, 1),)
    cache.put(keys[2], ())
    assert cache.get(keys[1]) is None
    assert cache.get(keys[0]) == (span(0, 1),)
    assert cache.get(keys[2]) == ()


def test_a_cache_of_no_entries_remembers_nothing() -> None:
    cache = SpanCache(0)
    cache.put(cache.key("detector", "text"), ())
    assert cache.get(cache.key("detector", "text")) is None


def test_keys_tell_texts_and_detectors_apart_and_hold_neither() -> None:
    cache = SpanCache()
    probe = LeakProbe()
    text = probe.plant()
    keys = {cache.key("a", text), cache.key("b", text), cache.key("a", text + " "), SpanCache().key("a", text)}
    assert len(keys) == 4
    cache.put(cache.key("a", text), (span(0, 3),))
    probe.tap("cache", repr(cache), vars(cache), *keys)
    probe.assert_no_leak()


def test_many_threads_share_a_cache_that_stays_within_its_bounds() -> None:
    cache = SpanCache(50)
    wrong: list[int] = []

    def work(seed: int) -> None:
        for at in range(400):
            number = (seed * 31 + at) % 97
            key = cache.key("detector", str(number))
            spans = cache.get(key)
            if spans is not None and spans != (span(0, number + 1),):
                wrong.append(number)
            cache.put(key, (span(0, number + 1),))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sum(cache.get(cache.key("detector", str(number))) is not None for number in range(97)) == 50


# finding spans


@dataclass
class Counting:
    """A detector that remembers what it was asked."""

    asked: list[list[str]] = field(default_factory=list)
    fingerprint: str = "counting-1"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self.asked.append(list(texts))
        return PERSON.detect(texts)


def test_spans_come_in_the_order_of_the_texts_and_each_text_is_searched_once() -> None:
    detector, cache = Counting(), SpanCache()
    assert find_spans(["Tom", "no one", "Maria", "Tom"], detector, cache) == [
        (Span(0, 3, "PERSON", 0.9, "keyword"),),
        (),
        (Span(0, 5, "PERSON", 0.9, "keyword"),),
        (Span(0, 3, "PERSON", 0.9, "keyword"),),
    ]
    find_spans(["Maria", "new", "no one"], detector, cache)
    assert detector.asked == [["Tom", "no one", "Maria"], ["new"]]


@given(st.lists(st.sampled_from(["Tom", "Maria and Tom", "", "x Tom"]), max_size=8), st.integers(0, 3))
def test_a_cache_of_any_size_changes_no_answer(texts: list[str], entries: int) -> None:
    cache = SpanCache(entries)
    find_spans(texts[:2], PERSON, cache)
    assert find_spans(texts, PERSON, cache) == [tuple(spans) for spans in PERSON.detect(texts)]


def test_another_detector_does_not_get_the_first_ones_spans() -> None:
    cache = SpanCache()
    find_spans(["Tom"], PERSON, cache)
    assert find_spans(["Tom"], KeywordDetector({"URL": "http"}), cache) == [()]


def test_no_text_asks_no_detector() -> None:
    detector = Counting()
    assert find_spans([], detector, SpanCache()) == []
    assert detector.asked == []


@dataclass
class Misbehaving:
    """A detector that does one thing wrong, with the text in hand."""

    answer: Callable[[Sequence[str]], Any]
    fingerprint: str = "misbehaving"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        return self.answer(texts)  # type: ignore[no-any-return]


class Nameless:
    """A detector whose fingerprint fails."""

    @property
    def fingerprint(self) -> str:
        raise RuntimeError("no model at /models/canary")

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        return [() for _ in texts]


def raises(texts: Sequence[str]) -> Any:
    raise RuntimeError(f"cannot read {texts[0]}")


def chained(texts: Sequence[str]) -> Any:
    try:
        raise ValueError(texts[0])
    except ValueError as error:
        raise DetectionError("timed out", code="timeout", hint="ask for less") from error


def midway(texts: Sequence[str]) -> Iterator[tuple[Span, ...]]:
    yield ()
    raise ValueError(texts[-1])


def midway_in_a_text(texts: Sequence[str]) -> list[Iterator[Span]]:
    def spans(text: str) -> Iterator[Span]:
        yield span(0, 1)
        raise ValueError(text)

    return [spans(text) for text in texts]


def emptied(texts: Sequence[str]) -> list[tuple[Span, ...]]:
    texts.clear()  # type: ignore[attr-defined]
    return []


WRONG: dict[str, Callable[[Sequence[str]], Any]] = {
    "raises": raises,
    "raises ours over a foreign one": chained,
    "is a generator that raises midway": midway,
    "gives generators that raise midway": midway_in_a_text,
    "changes what it was given": emptied,
    "answers nothing": lambda texts: None,
    "answers too little": lambda texts: [()],
    "answers too much": lambda texts: [(), (), ()],
    "answers a number": lambda texts: 2,
    "answers None for a text": lambda texts: [None for _ in texts],
    "gives a span past the end": lambda texts: [(span(0, len(text) + 1),) for text in texts],
    "gives a span before the start": lambda texts: [(span(-3, 2),) for _ in texts],
    "gives an inverted span": lambda texts: [(span(3, 1),) for _ in texts],
    "gives an empty span": lambda texts: [(span(2, 2),) for _ in texts],
    "gives a tuple for a span": lambda texts: [((0, 2, "PERSON", 1.0, "x"),) for _ in texts],
    "gives the text for a span": list,
    "gives fractions": lambda texts: [(Span(0.0, 2.5, "PERSON", 1.0, "x"),) for _ in texts],  # type: ignore[arg-type]
    "gives words for offsets": lambda texts: [(Span("0", "2", "PERSON", 1.0, "x"),) for _ in texts],  # type: ignore[arg-type]
    "gives a score above one": lambda texts: [(Span(0, 2, "PERSON", 85.0, "x"),) for _ in texts],
    "gives no number for a score": lambda texts: [(Span(0, 2, "PERSON", math.nan, "x"),) for _ in texts],
    "gives the text for an entity": lambda texts: [(span(0, 2, text),) for text in texts],
    "gives no entity": lambda texts: [(span(0, 2, ""),) for _ in texts],
}


@pytest.mark.parametrize("how", WRONG)
def test_a_detector_that_misbehaves_is_a_fault_that_quotes_nothing(how: str) -> None:
    probe = LeakProbe()
    texts = [probe.plant("Maria {}"), probe.plant("Tom {}")]
    cache = SpanCache()
    with pytest.raises(DetectionError) as failure:
        find_spans(texts, Misbehaving(WRONG[how]), cache)
    error = failure.value.with_traceback(None)
    assert error.__context__ is None
    assert error.__cause__ is None
    probe.tap_exception("error", error)
    probe.tap("pickle", pickle.dumps(error))
    probe.assert_no_leak()
    assert all(cache.get(cache.key("misbehaving", text)) is None for text in texts), "half an answer was remembered"


def test_our_own_errors_keep_their_code_and_hint() -> None:
    with pytest.raises(DetectionError, match="timed out") as failure:
        find_spans(["Maria"], Misbehaving(chained), SpanCache())
    assert (failure.value.code, failure.value.hint) == ("timeout", "ask for less")

    def no_model(texts: Sequence[str]) -> Any:
        raise PolicyError("the model is not installed", code="model-missing")

    with pytest.raises(DetectionError, match="not installed") as failure:
        find_spans(["Maria"], Misbehaving(no_model), SpanCache())
    assert failure.value.code == "model-missing"


def test_a_detector_without_a_fingerprint_is_a_fault() -> None:
    with pytest.raises(DetectionError) as failure:
        find_spans(["Maria"], Nameless(), SpanCache())
    assert failure.value.__context__ is None
    assert "canary" not in str(failure.value)


def test_a_text_that_is_too_long_is_not_given_to_the_detector() -> None:
    detector = Counting()
    with pytest.raises(DetectionError) as failure:
        find_spans(["Tom", "x" * (MAX_TEXT + 1)], detector, SpanCache())
    assert failure.value.code == "text-too-long"
    assert detector.asked == []


# own tokens


def test_spans_in_and_on_tokens_of_our_own_are_taken_off() -> None:
    made = Tokens(Keys(bytes(32)), "one")
    token = made.pseudonym("PERSON", "Maria")
    text = f"See {token} and Tom"
    inside = span(5, 11)
    across = span(4 + len(token) - 3, len(text))
    assert own_tokens_untouched(text, [inside], made.is_own) == ()
    assert own_tokens_untouched(text, [across], made.is_own) == (span(4 + len(token), len(text)),)


@pytest.mark.parametrize("text", ["x [PERSON:7K3QF2MB] y", "x [PERSON#7K3QF2MB9XTD] y", "x [MADE_UP:00000000] y"])
def test_a_look_alike_is_a_span_of_its_own(text: str) -> None:
    (planted,) = own_tokens_untouched(text, [], lambda _: False)
    assert (planted.entity, text[planted.start], text[planted.end - 1]) == ("TOKEN", "[", "]")


def test_a_look_alike_shields_nothing_inside_it() -> None:
    text = "IBAN [IBAN:DE89370400440532]"
    inner = span(11, 27, "IBAN_CODE")
    assert inner in own_tokens_untouched(text, [inner], lambda _: False)


def test_a_bare_kind_says_nothing_and_is_left_alone() -> None:
    assert own_tokens_untouched("Dear [PERSON],", [span(6, 12)], lambda _: False) == ()


@pytest.mark.parametrize("value", ["MARIA", "KELLER_MARIA", "DE89370400440532013000", "AB123456C"])
def test_a_value_in_capitals_between_brackets_is_no_token_of_ours(value: str) -> None:
    text = f"Customer [{value}] called"
    inner = span(10, 10 + len(value))
    assert own_tokens_untouched(text, [inner], lambda _: False) == (inner,)


def test_a_span_that_reaches_beyond_a_bare_kind_stays_whole() -> None:
    wide = span(0, 20, "EMAIL_ADDRESS")
    assert own_tokens_untouched("maria[PERSON]k@x.org", [wide], lambda _: False) == (wide,)


@given(
    st.lists(st.sampled_from(["[PERSON:7K3QF2MB]", "[PERSON:00000000]", "[URL]", "[TOM]", "ab", " "]), max_size=10),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=5),
)
def test_every_character_of_a_span_stays_covered_but_for_our_own_tokens(
    words: list[str], extents: list[tuple[int, int]]
) -> None:
    text = "".join(words)
    spans = [span(start, min(start + length, len(text))) for start, length in extents if start < len(text)]
    left = own_tokens_untouched(text, spans, lambda token: token == "[PERSON:7K3QF2MB]")
    safe = {at for at in range(len(text)) if any(_at(text, at, token) for token in ("[PERSON:7K3QF2MB]", "[URL]"))}
    before = {at for s in spans for at in range(s.start, s.end)}
    after = {at for s in left for at in range(s.start, s.end)}
    assert before - safe <= after
    assert not {at for at in after if any(_at(text, at, token) for token in ("[PERSON:7K3QF2MB]",))}


def _at(text: str, at: int, token: str) -> bool:
    return any(text.startswith(token, start) for start in range(max(0, at - len(token) + 1), at + 1))


def test_a_hundred_thousand_tokens_and_spans_take_no_time() -> None:
    text = "[URL] [PERSON:7K3QF2MB] " * 50_000
    spans = [span(at, at + 4) for at in range(0, len(text) - 4, 12)]
    start = time.perf_counter()
    own_tokens_untouched(text, spans, lambda token: ":" in token)
    assert time.perf_counter() - start < 10
