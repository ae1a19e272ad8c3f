"""Values pulled apart in writing: a space between any two digits, a line break, underscores, brackets round dots.

Numbers in tables and code stand like that too, so each form is asked for a shape that values have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from needful.decoding.stretches import Stretch, glance

__all__ = ["SIGNS", "pulled_apart", "turned_round"]

_BREAK = r"[ \t]*\r?\n[ \t]*"
_SPACED_NUMBER = re.compile(r"(?<!\S)[+(]?(?: ?\d)(?: {1,3}[\d.\-()/:]){6,}(?!\S)")
_SPACED_ADDRESS = re.compile(r"(?<!\S)[\w.+\-](?: [\w.+\-]){0,80} @(?: [\w.\-]){3,80}(?!\S)")
_SPACED_ACCOUNT = re.compile(r"(?<!\S)[A-Za-z] [A-Za-z] \d \d(?: [A-Za-z0-9]){8,30}(?!\S)")
_GAP = re.compile(r" {1,3}")
_SPACED_FOUR = re.compile(r"(?<![\w.])\d{1,3}(?: ?\. ?\d{1,3}){3}(?!\w|\.\d)")
_LONGEST_SPACED = 160
"""In code points. What is longer is a table of digits."""
_MOST_IN_FOUR = 255
_LEAST_DIGITS = 7
"""With fewer, four numbers with dots and spaces are as likely the beginnings of list items."""

_BROKEN_NUMBER = re.compile(
    rf"(?<![\w.\-])([+0-9](?:[0-9.\-]| (?=\d)){{0,17}})({_BREAK})((?:[0-9.\-]|(?<=\d) ){{0,17}}[0-9])(?![\w\-])"
)
_NUMBER_SHAPE = re.compile(
    r"\d{3}-\d{2}-\d{4}|\d{3}\.\d{2}\.\d{4}|(?:\d{1,3}\.){3}\d{1,3}|(?:\+?1[.\-])?\d{3}[.\-]\d{3}[.\-]\d{4}"
    r"|(?:\d{4}[ .\-]){3}\d{4}|\d{4}[ .\-]\d{6}[ .\-]\d{5}"
)
# Both lines have words, so that it is no column of numbers.
_WRAPPED = re.compile(rf"(?<=[A-Za-z:#] )\d{{2,17}}({_BREAK})\d{{2,17}}(?=[.,;)]? [A-Za-z])")
_LOCAL = r"[A-Za-z0-9][A-Za-z0-9._+\-]{0,63}"
_BROKEN_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9._+\-])(?:"
    rf"{_LOCAL}@(?:[A-Za-z0-9\-]{{1,63}}(?:\.[A-Za-z0-9\-]{{1,63}}){{0,5}}[.\-]|)({_BREAK})(?=[a-z0-9])"
    rf"|{_LOCAL}@[A-Za-z0-9\-]{{1,63}}({_BREAK})(?=[a-z0-9\-]{{0,63}}\.[a-z])"
    rf"|{_LOCAL}(?<=[._+\-])({_BREAK})(?=[A-Za-z0-9._+\-]{{1,64}}@[A-Za-z0-9])"
    rf"|{_LOCAL}({_BREAK})(?=@[A-Za-z0-9]))"
)
_UNDERSCORED = re.compile(r"(?<![A-Za-z0-9_])\+?[A-Za-z0-9]{1,4}(?:_[A-Za-z0-9]{1,7}){2,9}(?![A-Za-z0-9_])")
_GROUPS = frozenset({(3, 2, 4), (3, 3, 4), (1, 3, 3, 4), (4, 4, 4, 4), (4, 6, 5), (4, 4, 4, 4, 3)})
_ACCOUNT = re.compile(r"[A-Za-z]{2}[0-9]{2}(?:_[A-Za-z0-9]{1,4}){2,8}")
_FOUR = re.compile(r"[0-9]{1,3}(?:_[0-9]{1,3}){3}")
_WRITTEN_OUT = re.compile(
    r"(?<![A-Za-z0-9])[\w.\-]{1,64}?(_at_)[A-Za-z0-9\-]{1,63}((?:(?:_dot_|\.)[A-Za-z0-9\-]{1,63}){1,5})"
)
_DOT_WORD = re.compile("_dot_")
# Safe to click, the custom among those who write of attacks: 192[.]0[.]2[.]1.
_DEFANGED = re.compile(r"(?<=[A-Za-z0-9]) ?[\[({] ?(?:\.|dot|:) ?[\])}] ?(?=[A-Za-z0-9])", re.IGNORECASE)

_OVERRIDE = "\u202e"
# Unicode Standard Annex 9: until it is popped, or the paragraph ends.
_OVERRIDDEN = re.compile("\u202e([^\u202c\r\n\u2029]{2,400})\u202c?")

SIGNS = (
    r"[0-9](?: {1,3}[0-9.\-()/:]){6}|[A-Za-z] [A-Za-z] [0-9] [0-9] [A-Za-z0-9]| @ |_"
    r"|[0-9](?: ?\. ?[0-9]{1,3}){3}|[\[({] ?(?:\.|:|[Dd][Oo][Tt]) ?[\])}]"
    r"|[0-9.\-+][ \t]*\r?\n[ \t]*[0-9.\-]"
    r"|@[A-Za-z0-9.\-]*[ \t]*\r?\n|[A-Za-z0-9.\-+][ \t]*\r?\n[ \t]*[A-Za-z0-9._+\-]*@|\x{202e}"
)
"""What a text with values pulled apart or turned round has somewhere (RE2)."""
_holds_any = glance(SIGNS)


def pulled_apart(text: str) -> list[Stretch]:
    """Return the gaps within values that are written with gaps, in order."""
    if not _holds_any(text):
        return []
    found = [gap for form in (_SPACED_NUMBER, _SPACED_ACCOUNT, _SPACED_ADDRESS) for gap in _spaced(text, form)]
    found += _spaced_four(text)
    if "\n" in text:
        found += _broken(text)
    if "_" in text:
        found += _underscored(text)
    found += (Stretch(*match.span(), ":" if ":" in match[0] else ".") for match in _DEFANGED.finditer(text))
    return _apart(found)


def turned_round(text: str) -> list[Stretch]:
    """Return what an override shows from right to left, as it is read."""
    if _OVERRIDE not in text:
        return []
    return [Stretch(*match.span(), match[1][::-1]) for match in _OVERRIDDEN.finditer(text)]


def _apart(found: list[Stretch]) -> list[Stretch]:
    """Leave out what overlaps something before it."""
    kept: list[Stretch] = []
    for stretch in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or kept[-1].end <= stretch.start:
            kept.append(stretch)
    return kept


def _spaced(text: str, form: re.Pattern[str]) -> Iterator[Stretch]:
    for match in form.finditer(text):
        if match.end() - match.start() > _LONGEST_SPACED:
            continue
        for gap in _GAP.finditer(text, *match.span()):
            # A wider gap parts the groups.
            yield Stretch(*gap.span(), "" if len(gap[0]) == 1 else " ")


def _spaced_four(text: str) -> Iterator[Stretch]:
    for match in _SPACED_FOUR.finditer(text):
        numbers = re.findall(r"\d+", match[0])
        if sum(map(len, numbers)) >= _LEAST_DIGITS and max(map(int, numbers)) <= _MOST_IN_FOUR:
            yield from (Stretch(*gap.span(), "") for gap in _GAP.finditer(text, *match.span()))


def _broken(text: str) -> Iterator[Stretch]:
    for match in _BROKEN_NUMBER.finditer(text):
        if _NUMBER_SHAPE.fullmatch(match[1] + match[3]):
            yield Stretch(*match.span(2), "")
    for match in _WRAPPED.finditer(text):
        yield Stretch(*match.span(1), "")
    for match in _BROKEN_ADDRESS.finditer(text):
        group = match.lastindex or 0
        yield Stretch(*match.span(group), "")


def _underscored(text: str) -> Iterator[Stretch]:
    for match in _UNDERSCORED.finditer(text):
        if instead := _instead_of_underscores(match[0]):
            for place in range(*match.span()):
                if text[place] == "_":
                    yield Stretch(place, place + 1, instead)
    if "_at_" in text:
        for match in _WRITTEN_OUT.finditer(text):
            yield Stretch(*match.span(1), "@")
            yield from (Stretch(*dot.span(), ".") for dot in _DOT_WORD.finditer(text, *match.span(2)))


def _instead_of_underscores(word: str) -> str:
    if _ACCOUNT.fullmatch(word):
        return " "
    if _FOUR.fullmatch(word):
        return "."
    groups = word.removeprefix("+").split("_")
    digits = all(map(str.isdecimal, groups))
    return "-" if digits and (word[0] == "+" or tuple(map(len, groups)) in _GROUPS) else ""
