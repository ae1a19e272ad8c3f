"""Annotations: what holds, and everything that was changed and does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.annotations import KEY, MAX_SPANS, UNNAMED, Annotations, detector_name, merged, texts_digest
from needful.keys import Keys
from needful.paths import FieldPath
from needful.testing import LeakProbe
from needful.values import Span

KEYS = Keys(bytes(32))
HERE = Annotations.of(KEYS, "a fingerprint")
TEXT = "Maria wrote to Tom."
SPANS = (Span(0, 5, "PERSON", 0.85, "keyword"), Span(15, 18, "PERSON", 1.0, "keyword"))

scores = st.one_of(st.integers(0, 10_000).map(lambda n: n / 10_000), st.floats(0, 1))
spans = st.lists(
    st.builds(Span, st.integers(0, 50), st.integers(0, 50), st.sampled_from(["PERSON", "IBAN_CODE"]), scores, st.text())
)


def payload(**changes: Any) -> dict[str, Any]:
    stored = HERE.all_sealed([(TEXT, SPANS)])
    return {KEY: {HERE.name: stored, **changes}}


@given(text=st.text(), found=spans)
def test_what_was_sealed_comes_back_as_it_was(text: str, found: list[Span]) -> None:
    stored = json.loads(json.dumps(HERE.all_sealed([(text, found)])))
    assert HERE.spans(stored, text) == tuple(found)


def test_no_spans_are_an_answer_too() -> None:
    assert HERE.spans(HERE.all_sealed([(TEXT, ())]), TEXT) == ()


def test_the_path_leads_to_what_is_stored() -> None:
    ((_, found),) = FieldPath.parse(HERE.path).leaves(payload())
    assert found == HERE.stored(payload())


def _emptied(sealed: list[Any]) -> None:
    del sealed[1:]


def _shortened(sealed: list[Any]) -> None:
    del sealed[2:]


def _moved(sealed: list[Any]) -> None:
    sealed[1][0] += 1


def _renamed(sealed: list[Any]) -> None:
    sealed[1][2] = "LOCATION"


def _lowered(sealed: list[Any]) -> None:
    sealed[1][3] -= 1


def _swapped(sealed: list[Any]) -> None:
    sealed[1], sealed[2] = sealed[2], sealed[1]


def _unsigned(sealed: list[Any]) -> None:
    del sealed[0]


def _signed_otherwise(sealed: list[Any]) -> None:
    sealed[0] = "A" * len(sealed[0])


def _with_a_number_for_a_mac(sealed: list[Any]) -> None:
    sealed[0] = 5


def _with_more(sealed: list[Any]) -> None:
    sealed.append([0, 1, "PERSON", 5, "x"])


def _with_what_is_no_span(sealed: list[Any]) -> None:
    sealed[1] = {"start": 0}


@pytest.mark.parametrize(
    "change",
    [
        _emptied,
        _shortened,
        _moved,
        _renamed,
        _lowered,
        _swapped,
        _unsigned,
        _signed_otherwise,
        _with_a_number_for_a_mac,
        _with_more,
        _with_what_is_no_span,
        list.clear,
    ],
)
def test_what_was_changed_does_not_hold(change: Callable[[list[Any]], None]) -> None:
    stored = copy.deepcopy(HERE.stored(payload()))
    assert HERE.spans(stored, TEXT) == SPANS
    change(stored)
    assert HERE.spans(stored, TEXT) is None
    assert HERE.spans({HERE.text_name(TEXT): stored}, TEXT) is None


def test_another_text_key_or_detector_does_not_hold() -> None:
    sealed = HERE.stored(payload())
    other = TEXT.replace("Tom", "Ada")
    assert HERE.spans(sealed, other) is None
    for name in (other, HERE.text_name(other), UNNAMED):
        assert HERE.spans({name: sealed}, other) is None
    for foreign in (Annotations.of(Keys.random(), HERE.fingerprint), Annotations.of(KEYS, "another")):
        assert foreign.spans(sealed, TEXT) is None
        assert foreign.spans({foreign.text_name(TEXT): sealed}, TEXT) is None


def test_each_of_several_texts_has_its_own() -> None:
    stored = json.loads(json.dumps(HERE.all_sealed([(TEXT, SPANS), ("nothing", ()), (TEXT, SPANS)])))
    assert HERE.spans(stored, TEXT) == SPANS
    assert HERE.spans(stored, "nothing") == ()
    assert HERE.spans(stored, "another") is None


def test_what_several_points_have_is_found_by_text() -> None:
    several = HERE.all_sealed([("a", ()), ("b", SPANS[:1])])
    both = merged([(TEXT, HERE.sealed(TEXT, SPANS)), (UNNAMED, several)])
    one = merged([(TEXT, HERE.sealed(TEXT, SPANS)), (UNNAMED, HERE.sealed("a", ()))])
    assert HERE.spans(both, TEXT) == HERE.spans(one, TEXT) == SPANS
    assert HERE.spans(both, "b") == SPANS[:1]
    assert HERE.spans(one, "a") == ()
    assert HERE.spans(one, "b") is None


@pytest.mark.parametrize(
    "broken",
    [{}, {KEY: None}, {KEY: "spans"}, {KEY: {}}, {KEY: {HERE.name: {}}}, {KEY: {HERE.name: "x"}}],
)
def test_a_payload_of_another_shape_has_none(broken: dict[str, Any]) -> None:
    assert HERE.spans(HERE.stored(broken), TEXT) is None


@given(sealed=st.recursive(st.none() | st.integers() | st.text() | st.floats(), st.lists))
def test_whatever_stands_there_is_no_exception(sealed: Any) -> None:
    assert HERE.spans({HERE.text_name(TEXT): sealed}, TEXT) is None
    assert HERE.spans(sealed, TEXT) is None


def test_too_many_spans_are_not_kept() -> None:
    many = [Span(0, 1, "PERSON", 1.0, "x")] * (MAX_SPANS + 1)
    assert HERE.sealed(TEXT, many) is None
    assert HERE.all_sealed([(TEXT, many)]) is None


def test_nothing_stored_says_what_the_text_was() -> None:
    probe = LeakProbe()
    text = f"{probe.plant()} and {probe.plant()}"
    stored = HERE.all_sealed([(text, [Span(0, 5, "PERSON", 0.5, "keyword")])])
    probe.tap("stored", json.dumps(stored), repr(HERE), texts_digest(KEYS, [text]))
    probe.assert_no_leak()


def test_names_and_digests_tell_things_apart() -> None:
    assert len({detector_name("a"), detector_name("b"), detector_name("")}) == 3
    digests = {texts_digest(KEYS, given) for given in (["ab"], ["a", "b"], ["b", "a"], [], [""])}
    assert len(digests) == 5
    assert texts_digest(Keys.random(), ["ab"]) not in digests
