"""What stands around names, and how much it speaks for one: in the units of the costs (`tables.py`)."""

from __future__ import annotations

import re

from needful_presidio.chinese.words import LISTS, words

__all__ = ["DOTS", "ROLES", "is_title", "left", "right"]

DOTS = "·・‧•･"
"""What stands between the parts of a foreign name."""
ROLES = words("roles")
"""What people are called in forms, claims and judgments."""

_SURE, _LIKELY, _SPEECH, _WEAK, _EDGE = 6.0, 2.5, 1.5, 0.8, 1.0
_AFTER = {
    **dict.fromkeys(LISTS["after a name"], _WEAK),
    **dict.fromkeys(LISTS["right after a name"], _LIKELY),
    **dict.fromkeys(LISTS["said"], _SPEECH),
}
_BEFORE = {
    **dict.fromkeys(LISTS["before a name"], 0.5),
    **dict.fromkeys(LISTS["right before a name"], 2.0),
    **dict.fromkeys(LISTS["roles"], 3.5),
}
_TITLES: dict[str, tuple[str, ...]] = {}
for _title in LISTS["titles"]:
    _TITLES[_title[0]] = (*_TITLES.get(_title[0], ()), _title)
_LONGEST_BEFORE = max(map(len, _BEFORE))
_ANY_ROLE = "|".join(sorted(ROLES, key=lambda role: (-len(role), role)))
_LABEL = re.compile(rf"(?:{_ANY_ROLE})(?:姓名|名称)?\s*(?:[(（][^()（）]{{0,8}}[)）])?\s*[:：]\s*$")
"""A form's label right before a name."""
_OPENERS = "，。；：、！？\n（(“《 \t"


def is_title(run: str, end: int, after: str) -> bool:
    """Tell whether a title follows, as it does a surname that stands alone."""
    follows = run[end : end + 3] or after
    return any(follows.startswith(title) for title in _TITLES.get(follows[:1], ()))


def left(run: str, start: int, before: str) -> float:
    """Weigh what stands before a position of a run. `before` is the text before the run."""
    if start:
        sizes = range(1, min(start, _LONGEST_BEFORE) + 1)
        return max(_BEFORE.get(run[start - size : start], 0.0) for size in sizes)
    if before[-1:] in tuple(DOTS) or _LABEL.search(before):
        return _SURE
    return _EDGE if not before or before[-1] in _OPENERS else 0.5


def right(run: str, end: int, after: str) -> float:
    """Weigh what stands after a position of a run. `after` is the text after the run."""
    if end == len(run):
        return _SURE if after[:1] in tuple(DOTS) else _EDGE
    return max(_AFTER.get(run[end : end + size], 0.0) for size in (1, 2, 3))
