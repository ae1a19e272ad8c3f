"""Names in Chinese characters and in kana: a surname for a surname, as many characters for the given name."""

from __future__ import annotations

from collections.abc import Container, Sequence

from needful_faker.asking import Asked, Dice, nothing_to_replace
from needful_faker.lists import HanWords, han_words, kana_names, language_of

__all__ = ["han_name", "kana_name", "unlike"]

_OF_TWO = """
欧阳 司马 诸葛 上官 夏侯 皇甫 尉迟 公孙 慕容 司徒 令狐 端木 东方 南宫 独孤
歐陽 司馬 諸葛 尉遲 公孫 東方 南宮
""".split()
_SIMPLIFIED_OF_TWO = _OF_TWO[:14]
_TITLES = """
总经理 先生 女士 小姐 太太 夫人 经理 經理 总监 主任 主管 医生 醫生 大夫 老师 老師 教授 博士 律师 律師 同学 师傅 阿姨
叔叔 大姐 大哥 处长 科长 局长 部长 书记 法官 院长 氏 总 總 様 君 先輩 部長 課長 社長 先生
""".split()
_FAMILIAR = "老小阿"
_COMMON = 100
_LONGEST = 4
_FAMILY_OF_TWO = 2


def han_name(asked: Asked, run: str) -> str:
    """Fake a name of Chinese characters. A form of address behind it stays."""
    title = next((title for title in _TITLES if _is_title(title, run)), "")
    name = run.removesuffix(title)
    words = han_words(asked.language)
    if language_of(asked.language) == "ja":
        return _japanese(asked, name, words) + title
    familiar = name[0] if len(name) == _FAMILY_OF_TWO and _is_familiar(name, words) else ""
    name = name.removeprefix(familiar)
    size = _surname_size(name, words)
    surname, given = name[:size], name[size:]
    return familiar + _surname(asked, surname, run, words) + _given(asked, given, run, words) + title


def _is_title(title: str, run: str) -> bool:
    """One character behind more than a surname may be the end of a given name."""
    rest = run.removesuffix(title)
    return 0 < len(rest) < len(run) and (len(title) > 1 or len(rest) == 1 or rest in _OF_TWO)


def _is_familiar(name: str, words: HanWords) -> bool:
    return name[0] in _FAMILIAR and name[1] in words.surnames[:_COMMON]


def _surname_size(name: str, words: HanWords) -> int:
    if name[:2] in _OF_TWO:
        return 2
    # A long row is a foreign name; of two characters, a rare surname is more likely a given name without one.
    if len(name) > _LONGEST:
        return 0
    known = words.surnames[: 2 * _COMMON] if len(name) == _FAMILY_OF_TWO else words.surnames
    return 1 if len(name) == 1 or name[0] in known else 0


def _surname(asked: Asked, surname: str, run: str, words: HanWords) -> str:
    if not surname:
        return ""
    pool = _SIMPLIFIED_OF_TWO if len(surname) > 1 else words.single
    return unlike(asked.dice("word", surname), pool, run)


def _given(asked: Asked, given: str, run: str, words: HanWords) -> str:
    if not given:
        return ""
    dice = asked.dice("word", given)
    return "".join(unlike(dice, words.characters, run) for _ in given)


def _japanese(asked: Asked, name: str, words: HanWords) -> str:
    if name in words.given or name in words.surnames or len(name) <= _FAMILY_OF_TWO:
        pool = words.given if name in words.given else words.surnames
        return unlike(asked.dice("word", name), pool, name)
    family, given = name[:_FAMILY_OF_TWO], name[_FAMILY_OF_TWO:]
    return unlike(asked.dice("word", family), words.surnames, name) + unlike(
        asked.dice("word", given), words.given, name
    )


def unlike(dice: Dice, pool: Sequence[str], run: str) -> str:
    """Pick what shares no character with the run; where everything does, what is no part of it."""
    start, count = dice.below(len(pool)), len(pool)
    own = set(run)
    for step in range(count):
        word = pool[(start + step) % count]
        if own.isdisjoint(word):
            return word
    for step in range(count):
        word = pool[(start + step) % count]
        if word not in run:
            return word
    raise nothing_to_replace()


def kana_name(asked: Asked, text: str, avoid: Container[str]) -> str:
    """Fake a name in kana, as a Japanese one in katakana."""
    family, given = kana_names()
    return asked.dice("word", text).pick(given if text in given else family, avoid, text)
