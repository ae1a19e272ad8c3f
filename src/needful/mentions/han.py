"""Chinese, Japanese and Korean names, written without spaces: the given name, the surname with a form of address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from needful.folding import skeleton
from needful.mentions.exact import Exact
from needful.mentions.reading import Reading
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["HanNames"]

_WRITTEN = re.compile("[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,8}")
_SURNAMES_OF_TWO = frozenset(
    """
欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 夏侯 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 端木 东方 東方 南宫 南宮 独孤
""".split()
)
_TITLES = """
先生 女士 小姐 太太 夫人 经理 經理 总经理 总监 总 總 主任 主管 医生 醫生 大夫 老师 老師 教授 博士
律师 律師 同学 师傅 阿姨 叔叔 大姐 大哥 姐 哥 董 处长 科长 局长 部长 书记 工 客户 顾问
さん さま 様 氏 君 くん ちゃん 先輩 部長 課長 社長 씨 님 선생 과장 부장 대리 사장
""".split()
_FOLDED = {re.escape(skeleton(title).text) for title in _TITLES}
_ADDRESSED = re.compile("|".join(sorted(_FOLDED, key=lambda title: (-len(title), title))))
_FAMILIAR = "小老阿"
_NOT_FAMILIAR = "子伙朋孩学姐"


class HanNames:
    """Names to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._surnames: dict[str, dict[Source, None]] = {}
        self._given = Exact()

    def __bool__(self) -> bool:
        return bool(self._surnames or self._given)

    def add(self, value: str, source: Source) -> None:
        """Look for the parts of a name; what is not written in these scripts has none."""
        surname, given = _parts(value)
        if surname:
            self._surnames.setdefault(skeleton(surname).text, {})[source] = None
        if given:
            self._given.add(f"{surname} {given}", source)
            self._given.add(f"{surname}{given}", source)
        if len(given) > 1:
            self._given.add(given, source)

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the spans of a text, in no order."""
        if not self._surnames or reading.text.isascii():
            return
        yield from self._given.spans(reading)
        folded = reading.folded
        lengths = sorted({len(surname) for surname in self._surnames})
        for title in _ADDRESSED.finditer(folded):
            end = title.start() - (folded[title.start() - 1 : title.start()] == " ")
            for length in lengths:
                for source in self._surnames.get(folded[max(0, end - length) : end], ()):
                    yield source.span(reading, end - length, end)
        for at, one in enumerate(folded):
            if one in _FAMILIAR:
                for length in lengths:
                    end = at + 1 + length
                    if folded[end : end + 1] not in _NOT_FAMILIAR or end == len(folded):
                        for source in self._surnames.get(folded[at + 1 : end], ()):
                            yield source.span(reading, at + 1, end)


def _parts(value: str) -> tuple[str, str]:
    """Surname and given name; "" for both where the value is no such name."""
    words = value.split()
    if not 1 <= len(words) <= 2 or not all(map(_WRITTEN_OR_ONE.fullmatch, words)):
        return "", ""
    if len(words) == 2:
        return words[0], words[1]
    name = words[0]
    if not 2 <= len(name) <= 5:
        return "", ""
    of_two = name[:2] in _SURNAMES_OF_TWO or (len(name) > 3 and not _HANGUL.match(name))
    cut = 2 if of_two and len(name) > 2 else 1
    return name[:cut], name[cut:]


_WRITTEN_OR_ONE = re.compile(_WRITTEN.pattern.replace("{2,8}", "{1,8}"))
_HANGUL = re.compile("[\uac00-\ud7a3]")
