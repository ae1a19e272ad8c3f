"""What a text says about itself: names written with blanks, and names that come again without what gave them away."""

from __future__ import annotations

import re
from collections.abc import Iterator, KeysView, Sequence

from needful_presidio.chinese import words as lists
from needful_presidio.chinese.spans import Span

__all__ = ["again", "spaced"]

_SIZES = (4, 3, 2)
_GIVEN, _SPACED_NAME = 0.5, 0.65
_CHINESE = re.compile(r"[㐀-䶿一-鿿]{2,4}")
_SPACED = re.compile(
    rf"(?:(?<=[:：,，、;；。()（）|])|(?<=\s)|^)(?P<surname>{'|'.join(sorted(lists.COMPOUND_SURNAMES))}|[一-鿿])"
    r"(?P<gap>[ \u3000]{1,4})[一-鿿](?:(?P=gap)?[一-鿿])?(?=[\s,，、;；。()（）|]|$)",
    re.MULTILINE,
)


def spaced(text: str, words: KeysView[str]) -> Iterator[Span]:
    """Yield names that a form sets with blanks between surname and given name, as it does with "姓 名" itself."""
    for match in _SPACED.finditer(text):
        surname = match["surname"]
        whole = re.sub(r"\s", "", match[0])
        known = surname in lists.SURNAMES - lists.FUNCTION_SURNAMES or surname in lists.COMPOUND_SURNAMES
        # Headings are set like that too: "时 间", "单 位 名 称".
        if known and words.isdisjoint(whole[:size] for size in range(2, len(whole) + 1)):
            yield match.start(), match.end(), "PERSON", _SPACED_NAME


def again(text: str, found: Sequence[Span], words: KeysView[str]) -> Iterator[Span]:
    """Yield further places of the full names that were found, and of their given names where these are no words."""
    names: dict[str, float] = {}
    for start, end, entity, score in found:
        name = text[start:end]
        if entity == "PERSON" and len(name) > 2 and _CHINESE.fullmatch(name):
            names[name] = score
            if len(name) == 3 and name[0] in lists.SURNAMES and name[1:] not in words:
                names.setdefault(name[1:], _GIVEN)
    position = 0 if names else len(text)
    while position < len(text):
        size = next((size for size in _SIZES if text[position : position + size] in names), 0)
        if size:
            yield position, position + size, "PERSON", names[text[position : position + size]]
        position += size or 1
