"""What encoded stretches of a text stand for, with the text around them and a map back to what is really there.

Detection runs on these excerpts besides the text itself. Only what touches a decoded stretch counts: the rest is found
in the text. A text without escapes, base64 or values pulled apart has no excerpts, and finding that out is quick.
Two layers are taken off, no more (`&amp;#64;`, base64 in a percent-encoded query), so the work is bounded: at most ten
excerpts lie over any character.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from needful.decoding.escapes import SIGNS as ESCAPED
from needful.decoding.escapes import escapes
from needful.decoding.radix64 import MAX_DECODED, encoded
from needful.decoding.radix64 import SIGNS as ENCODED
from needful.decoding.stretches import Stretch, glance
from needful.decoding.writing import SIGNS as WRITTEN
from needful.decoding.writing import pulled_apart, turned_round
from needful.folding import Folded, fold

__all__ = ["MARGIN", "MAX_DECODED", "Excerpt", "excerpts"]

MARGIN = 200
"""So much of the text on either side belongs to an excerpt, in code points, and up to the next blank."""
_REACH = 50

_holds_any = glance(f"{ESCAPED}|{ENCODED}|{WRITTEN}")

Reading = Callable[[str], list[Stretch]]
# What may lie under a first layer.
_UNDER: dict[Reading, tuple[Reading, ...]] = {
    escapes: (escapes, encoded, pulled_apart),
    encoded: (escapes, pulled_apart),
    pulled_apart: (),
    turned_round: (),
}


def _go_on() -> None:
    """Raise nothing."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of a text, decoded and folded. `decoded` has where the decoded stretches lie in the original, in order."""

    folded: Folded
    decoded: Sequence[tuple[int, int]] = field(repr=False)

    @property
    def text(self) -> str:
        """What detection runs on."""
        return self.folded.text

    def original(self, start: int, end: int) -> tuple[int, int] | None:
        """Take a non-empty span to the original's code points; None where it touches nothing that was decoded."""
        first, last = self.folded.original(start, end)
        at = bisect_left(self.decoded, first, key=lambda stretch: stretch[1] - 1)
        return (first, last) if at < len(self.decoded) and self.decoded[at][0] < last else None


def excerpts(text: str, folded: Folded, check: Callable[[], None] = _go_on) -> list[Excerpt]:
    """Return the excerpts of a text that has encoded stretches; `folded` is what `fold` made of it.

    Escapes are looked for in the text, because folding takes some of them away, the rest in the folded text. `check` is
    called before each reading and each excerpt, and may raise to end them.
    """
    if not (_holds_any(text) or (folded.text != text and _holds_any(folded.text))):
        return []
    whole = Folded(text)
    found: list[Excerpt] = []
    for reading, source in ((escapes, whole), (encoded, folded), (pulled_apart, folded), (turned_round, whole)):
        check()
        stretches = reading(source.text)
        if stretches:
            for excerpt in _around(source, stretches):
                check()
                found.append(excerpt)
                found += _second_layer(excerpt, _UNDER[reading])
    return found


def _second_layer(excerpt: Excerpt, readings: Sequence[Reading]) -> Iterator[Excerpt]:
    for reading in readings:
        stretches = reading(excerpt.text)
        if stretches:
            yield from _around(excerpt.folded, stretches)


def _around(source: Folded, stretches: Sequence[Stretch]) -> Iterator[Excerpt]:
    """Yield each neighbourhood of stretches, decoded and folded; those that would meet are one."""
    group = [stretches[0]]
    for stretch in stretches[1:]:
        if stretch.start - group[-1].end > 2 * (MARGIN + _REACH):
            yield _excerpt(source, group)
            group = []
        group.append(stretch)
    yield _excerpt(source, group)


def _word_start(text: str, place: int) -> int:
    place = max(0, place - MARGIN)
    blank = text.rfind(" ", max(0, place - _REACH), place)
    return place if blank < 0 else blank + 1


def _word_end(text: str, place: int) -> int:
    place = min(len(text), place + MARGIN)
    blank = text.find(" ", place, place + _REACH)
    return place if blank < 0 else blank


def _excerpt(source: Folded, stretches: Sequence[Stretch]) -> Excerpt:
    start, end = _word_start(source.text, stretches[0].start), _word_end(source.text, stretches[-1].end)
    pieces: list[str] = []
    origins, ends = array("l"), array("l")
    last = start
    for stretch in [*stretches, Stretch(end, end, "")]:
        pieces += (source.text[last : stretch.start], stretch.text)
        origins.extend(range(last, stretch.start))
        ends.extend(range(last + 1, stretch.start + 1))
        origins.extend([stretch.start] * len(stretch.text))
        ends.extend([stretch.end] * len(stretch.text))
        last = stretch.end
    decoded = [source.original(stretch.start, stretch.end) for stretch in stretches]
    text = "".join(pieces)
    return Excerpt(_through(fold(text), _through(Folded(text, origins, ends), source)), decoded)


def _through(inner: Folded, outer: Folded) -> Folded:
    """Take the map of a text that was made of another one through that one's own map."""
    if inner.origins is None:
        return Folded(inner.text, outer.origins, outer.ends)
    if outer.origins is None:
        return inner
    before = outer.origins
    behind = outer.ends if outer.ends is not None else [place + 1 for place in before]
    inner_ends = inner.ends if inner.ends is not None else [place + 1 for place in inner.origins]
    return Folded(
        inner.text,
        array("l", [before[place] for place in inner.origins]),
        array("l", [behind[place - 1] for place in inner_ends]),
    )
