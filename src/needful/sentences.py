"""Where sentences end: offsets only, by rules for English, Chinese and Japanese.

One pass with bounded look-back and look-ahead, so the time is linear in the text. A wrong border costs little: too few
disclose a longer passage, too many a shorter one, and `selection.split` mends those that would cut through a span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MAX_SENTENCE", "sentences"]

MAX_SENTENCE = 1_000
"""Code points. A longer stretch without a border is cut at its last space before this, else exactly here."""

_LOOK_BACK = 16
_TITLES = frozenset(
    "mr mrs ms dr prof st hon rev gen sen rep gov capt col lt sgt messrs mme mlle v vs cf e.g i.e viz al".split()
)
# An abbreviation only where a number follows.
_NUMBERED = frozenset(
    "no nos art arts p pp par para paras sec sect fig figs ch vol eq ex app reg nr ref ca approx".split()
)
# Like initials (J., U.S.), these may end a sentence: the next word decides.
_EITHER = frozenset(
    "inc ltd corp co llc plc bros jr sr etc dept est jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu "
    "fri sat sun".split()
)
_STARTERS = frozenset(
    "a after all also although an and another any as at because before both but by during each for from further he her "
    "his how however if in it its many more no not of on once one other our she since so some such that the their then "
    "there these they this those to under until we what when where which while who why with you your".split()
)

_CLOSERS = r"[\"'”’»)\]}」』）》】〕〉］｝]"
# Every alternative eats what it starts on and cannot fail after that, so nothing is scanned twice.
_BORDER = re.compile(
    rf"(?P<wide>[。！？｡；．]++[。！？｡；．….!?]*+{_CLOSERS}*+)"
    rf"|(?P<stop>[.!?…]++{_CLOSERS}*+)"
    r"|(?P<line>[\n\r\v\f\x85\u2028\u2029]\s*+)"
)
_OPENING = re.compile(r"\s*+[\"'“‘«(\[{「『（《【¿¡$€£#]*+")
_WORD = re.compile(r"\w++")
_ONE_PERIOD = re.compile(r"\.(?![.!?…])")
_WORD_BEFORE = re.compile(r"(?:[^\W\d_]+\.)*[^\W\d_]+\Z")
_ENUMERATOR = re.compile(r"\s*[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[ivxlcdm]{1,5}|[A-Za-z])[.)\]]{1,2}", re.IGNORECASE)
_BULLET = re.compile(r"(?:[-–—*+•·▪◦●○‣⁃]|[(\[]?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)\]])\s")
_IDEOGRAPH = re.compile(
    r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every sentence, in order, without the blanks around it.

    Every non-blank character lies in exactly one. A line break ends a sentence unless the next line goes on in lower
    case and is no bullet; a blank line always does. Offsets are code points.
    """
    begin = 0
    for border in _BORDER.finditer(text):
        if _ends(text, begin, border):
            yield from _pieces(text, begin, border.end())
            begin = border.end()
    yield from _pieces(text, begin, len(text))


def _ends(text: str, begin: int, border: re.Match[str]) -> bool:
    if border["line"]:
        return _line_ends(text, border)
    if border["wide"]:
        return not _is_wide_decimal(text, border)
    following = _following(text, border.end())
    if following[:1].islower() or _is_enumerator(text, begin, border):
        return False
    if not text[border.end() : border.end() + 1].isspace():
        return _IDEOGRAPH.match(following) is not None
    return not _is_abbreviation(text, begin, border, following)


def _following(text: str, at: int) -> str:
    """The next word, past blanks, quotes, brackets and currency signs."""
    opening = _OPENING.match(text, at)
    word = _WORD.match(text, opening.end() if opening else at)
    return word[0] if word else ""


def _line_ends(text: str, border: re.Match[str]) -> bool:
    # The letters keep a break at either end countable.
    breaks = len(f"x{border[0]}x".splitlines()) - 1
    goes_on = text[border.end() : border.end() + 1].islower() and not _BULLET.match(text, border.end())
    return breaks > 1 or not goes_on


def _is_wide_decimal(text: str, border: re.Match[str]) -> bool:
    before, after = text[border.start() - 1 : border.start()], text[border.end() : border.end() + 1]
    return border[0] == "．" and before.isdigit() and after.isdigit()


def _is_enumerator(text: str, begin: int, border: re.Match[str]) -> bool:
    """Whether all that stands before is a section or list number: `1.`, `(a).`, `IV.`."""
    short = border.end() - begin <= _LOOK_BACK
    return short and _ENUMERATOR.fullmatch(text, begin, border.end()) is not None


def _is_abbreviation(text: str, begin: int, border: re.Match[str], following: str) -> bool:
    """Whether the border is one period that belongs to an abbreviation or to initials."""
    if not _ONE_PERIOD.match(border[0]):
        return False
    found = _WORD_BEFORE.search(text[max(begin, border.start() - _LOOK_BACK) : border.start()])
    if found is None:
        return False
    word = found[0].lower()
    if word in _TITLES:
        return True
    if word in _NUMBERED:
        return following[:1].isdigit()
    undecided = word in _EITHER or "." in word or (len(word) == 1 and found[0].isupper())
    return undecided and following.lower() not in _STARTERS


def _pieces(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Trim blanks, and cut what is longer than `MAX_SENTENCE`."""
    begin, end = _trimmed(text, begin, end)
    while end - begin > MAX_SENTENCE:
        cut = text.rfind(" ", begin, begin + MAX_SENTENCE + 1)
        cut = cut if cut > begin else begin + MAX_SENTENCE
        yield _trimmed(text, begin, cut)
        begin, end = _trimmed(text, cut, end)
    if begin < end:
        yield begin, end


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end
