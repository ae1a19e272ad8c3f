"""Folding: what a reader cannot see must not hide a value, and every span must come back to where it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful_presidio.folding import fold

ZERO_WIDTH = "\u200b"


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded_to_itself(text: str) -> None:
    folded = fold(text)

    assert folded.text == text
    assert all(folded.original(index, index + 1) == (index, index + 1) for index in range(len(text)))


@given(st.text())
def test_the_map_never_goes_back_and_never_leaves_the_text(text: str) -> None:
    folded = fold(text)
    origins = [folded.original(index, index + 1) for index in range(len(folded.text))]

    assert origins == sorted(origins)
    assert all(0 <= start < end <= len(text) for start, end in origins)


@given(st.text(), st.data())
def test_a_folded_span_comes_back_as_a_span_that_folds_to_it(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))

    first, last = folded.original(start, end)

    assert 0 <= first < last <= len(text)
    assert len(fold(text[first:last]).text) >= end - start


@given(st.text())
def test_characters_that_folding_leaves_alone_map_to_themselves(text: str) -> None:
    folded = fold(text)
    kept = [(index, *folded.original(index, index + 1)) for index in range(len(folded.text))]

    assert all(text[start:end] == folded.text[index] for index, start, end in kept if text[start:end].isascii())


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (f"4111{ZERO_WIDTH}1111", "41111111"),
        ("４１１１", "4111"),
        ("\u0664\u0661", "41"),
        ("a\u00a0b\u3000c", "a b c"),
        ("4111–1111−1111", "4111-1111-1111"),
        ("j\u043ehn@x.com", "john@x.com"),
        ("gm\u00adail", "gmail"),
        ("one\u2028two", "one\ntwo"),
        ("ﬁle", "file"),
        ("\u202emoc", "moc"),
    ],
)
def test_disguises_come_off(given_text: str, expected: str) -> None:
    assert fold(given_text).text == expected


def test_a_russian_word_stays_russian() -> None:
    assert fold("сосна у моря").text == "сосна у моря"


def test_folded_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(fold("secret é"))
