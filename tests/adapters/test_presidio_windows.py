"""Windows: nothing that is short enough may fall between two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
