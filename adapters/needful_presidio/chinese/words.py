"""The lists of `lists.txt`, and what follows from them about characters."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = [
    "COMPOUND_SURNAMES",
    "FUNCTION_SURNAMES",
    "JAPANESE_GIVEN",
    "LISTS",
    "NOT_FOREIGN",
    "PREFIXES",
    "RULERS",
    "RULER_STARTS",
    "SOUNDS",
    "STRONG_SOUNDS",
    "SURNAMES",
    "WORDY_SURNAMES",
    "characters",
    "japanese",
    "maybe_japanese",
    "sections",
    "words",
]


def sections(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a file of lists: `[name]`, then words between blanks; lines that begin with # are for the reader."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(name, []).extend(line.split(" "))
    return {name: tuple(words) for name, words in found.items()}


LISTS = sections(Path(__file__).with_name("lists.txt"))


def words(name: str) -> frozenset[str]:
    """Return a list of words."""
    return frozenset(LISTS[name])


def characters(name: str) -> frozenset[str]:
    """Return a list of characters."""
    return frozenset("".join(LISTS[name]))


SURNAMES = characters("surnames")
COMPOUND_SURNAMES = words("compound surnames")
WORDY_SURNAMES = characters("wordy surnames")
"""Surnames that are everyday characters too: taken with a little more evidence."""
FUNCTION_SURNAMES = characters("function surnames")
"""Those that hold sentences together or count: taken with much more."""
SOUNDS = characters("sounds")
"""What transliterations are written with."""
STRONG_SOUNDS = characters("strong sounds")
"""Those of them that ordinary words have seldom."""
NOT_FOREIGN = words("not foreign")
JAPANESE_GIVEN = characters("japanese given")
PREFIXES = frozenset("小老阿")
"""What stands before a surname or a given name among people who know each other."""

_STATES = "商周秦汉晋魏隋唐宋元明清齐梁陈楚燕赵韩吴越鲁蜀卫郑金辽"
_POSTHUMOUS = (
    "武文景宣元成哀平光和安顺桓灵献高太世神仁英孝章明殇冲质惠怀愍简恭穆圣玄肃代德宪敬懿僖昭真哲"
    "徽钦宁理度仪熹毅思庄襄缪共躬康闵悼厉幽桀纣炀建永崇福嘉道同咸裕弘正万"
)
RULERS = re.compile(
    rf"(?:[前后东西南北]?[{_STATES}]|新罗|高丽)?[{_POSTHUMOUS}]{{1,2}}(?:皇帝|太后|皇后|帝|宗|祖|王|公|侯|妃|后)"
)
"""Kings and emperors by their posthumous names."""
RULER_STARTS = frozenset("前后东西南北新高" + _STATES + _POSTHUMOUS)

_JAPANESE = words("japanese surnames")
_JAPANESE_FIRST, _JAPANESE_SECOND = characters("japanese first"), characters("japanese second")


def japanese(run: str, start: int) -> int:
    """Return the length of the Japanese surname that begins here, 0 if none does."""
    return next((size for size in (3, 2) if start + size <= len(run) and run[start : start + size] in _JAPANESE), 0)


def maybe_japanese(run: str, start: int) -> bool:
    """Tell whether two characters may be a Japanese surname, put together the usual way."""
    return run[start] in _JAPANESE_FIRST and run[start + 1 : start + 2] in _JAPANESE_SECOND and len(run) > start + 2
