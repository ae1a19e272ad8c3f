"""Build the tables of `needful_presidio.chinese` from jieba's dictionary (MIT) and OpenCC's characters (Apache-2.0).

    pip download --no-deps --no-binary :all: jieba==0.42.1      # and unpack it
    pip install opencc-python-reimplemented==0.1.7              # its dictionary/ has OpenCC's file
    python training/zh.py JIEBA/dict.txt OPENCC/dictionary/TSCharacters.txt

It writes `adapters/needful_presidio/chinese/tables.bin`. No random choice, no other input: the same sources give the
same bytes. Nothing is learned from labelled text: the costs are frequencies of the dictionary, and what its tags get
wrong ("clear" and "civilisation" are people there) is put right by `zh_lists.txt`, written by hand.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger("zh")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "adapters"))

from needful_presidio.chinese import words as lists  # noqa: E402  # run from a clone, installed or not

OUT = HERE.parent / "adapters" / "needful_presidio" / "chinese" / "tables.bin"
SOURCES = {
    "dict.txt": "7197c3211ddd98962b036cdf40324d1ea2bfaa12bd028e68faa70111a88e12a8",
    "TSCharacters.txt": "6b5a0a799bea2bb22c001f635eaa3fc2904310f0c08addbff275477a80ecf09a",
}
OURS = lists.sections(HERE / "zh_lists.txt")

PERSON, FOREIGN, PLACE, ORGANISATION, NOUN, VERB, OTHER = "P", "F", "L", "O", "N", "V", "X"
LEFT_OUT = ""
"""A word that is left out: the costs of its characters decide."""
TAGS = {
    **dict.fromkeys(("n", "nz", "ng", "j", "s", "f", "an", "vn", "b"), NOUN),
    **dict.fromkeys(("v", "vg", "vd", "vi", "vq"), VERB),
    "nt": ORGANISATION,
    "m": "M",
    "t": "T",
    "a": "A",
    "q": "Q",
}
SEEN, SEEN_OFTEN, A_NAME = 3, 400, 300
"""Frequencies: what is rarer is left out; a "name" that is more frequent is a word; what our own words are given."""

_HAN = re.compile(r"[㐀-鿿]+")
_STYLED = re.compile(r".{2}天皇|.{2,3}皇帝|路易十[四五六]|.{2,3}[一二三四五六七八]世|[^大小]{2}公主|[^小]{2}太后")
_NO_PLACE_ENDS = ("人", "族", "语", "队", "军", "史", "国王")
_PLACE_ENDS = "州省市县镇区岛湾河湖城港郡堡"


@dataclass
class Counts:
    """How often surnames, the characters of given names and those of transliterations come in distinct names."""

    surname: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    last: Counter[str] = field(default_factory=Counter)
    sound: Counter[str] = field(default_factory=Counter)

    def add(self, word: str, kind: str) -> bool:
        """Count a word; tell whether it is a name of three characters, which these counts describe by themselves."""
        if kind == FOREIGN or (kind == PLACE and is_foreign(word)):
            self.sound.update(word)
        plain = kind == PERSON and len(word) == 3 and word[:2] not in lists.COMPOUND_SURNAMES
        if plain:
            for counter, character in zip((self.surname, self.first, self.last), word, strict=True):
                counter[character] += 1
        return plain


def read(path: Path, simplified: Mapping[str, str]) -> Iterable[tuple[str, int, str]]:
    """Yield word, frequency and tag: only words of Han characters, simplified."""
    fold = str.maketrans(dict(simplified))
    for line in path.read_text("utf-8").splitlines():
        word, frequency, tag = line.split(" ")
        if _HAN.fullmatch(word):
            yield word.translate(fold), int(frequency), tag


def to_simplified(path: Path) -> dict[str, str]:
    """Return one simplified character for each traditional one and each variant."""
    pairs = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line)
    table = {old: new.split(" ")[0] for old, new in pairs} | {pair[0]: pair[1] for pair in OURS["variants"]}
    final = {old: table.get(new, new) for old, new in sorted(table.items())}
    return {old: new for old, new in final.items() if old != new and len(old) == len(new) == 1}


def kind_of(word: str, frequency: int, tag: str) -> str:
    """Sort a word of the dictionary into one of our kinds."""
    by_list = next((kind for kind, name in _BY_LIST if word in OURS[name]), None)
    if by_list is not None:
        return by_list
    if _STYLED.fullmatch(word):
        return PERSON
    if tag.startswith("nr"):
        return _person(word, frequency)
    if tag == "ns":
        # Words of one character are places only as part of others ("Sino-American").
        return NOUN if len(word) == 1 or word in OURS["no places"] or word.endswith(_NO_PLACE_ENDS) else PLACE
    return TAGS.get(tag, OTHER)


_BY_LIST = (
    (LEFT_OUT, "no words"),
    (PLACE, "places"),
    (ORGANISATION, "companies"),
    (FOREIGN, "foreign"),
)


def _person(word: str, frequency: int) -> str:
    """Sort what is tagged as a person."""
    if word in OURS["no names"] or len(word) == 1:
        return NOUN
    if is_foreign(word):
        return PLACE if word[-1] in _PLACE_ENDS else FOREIGN
    if word in OURS["short names"] or lists.RULERS.fullmatch(word):
        return PERSON
    if len(word) == 2:
        nick = word[0] in lists.PREFIXES and word[1] in lists.SURNAMES - lists.WORDY_SURNAMES
        return LEFT_OUT if nick or (frequency < 10 * SEEN and word[0] in lists.SURNAMES) else NOUN
    compound = word[:2] in lists.COMPOUND_SURNAMES and len(word) <= 4
    if compound or 0 < lists.japanese(word, 0) < len(word):
        return PERSON
    if len(word) == 3 and word[0] in lists.SURNAMES:
        frequent = frequency > SEEN_OFTEN and word[0] in lists.WORDY_SURNAMES
        return LEFT_OUT if frequent or word[-1] in OURS["thing endings"][0] else PERSON
    return NOUN


def is_foreign(word: str) -> bool:
    """Tell whether a word is written with the characters that stand for foreign sounds."""
    if word in lists.NOT_FOREIGN or len(word) < 2:
        return False
    if word in OURS["foreign"]:
        return True
    strong = sum(character in lists.STRONG_SOUNDS for character in word)
    sounds = sum(character in lists.SOUNDS for character in word)
    return strong * 2 >= len(word) and (sounds == len(word) or (len(word) >= 4 and sounds == len(word) - 1))


def sort_words(entries: Iterable[tuple[str, int, str]], counts: Counts) -> dict[str, tuple[int, str]]:
    """Return each word that is kept with its frequency and kind, and count the names."""
    best: dict[str, tuple[int, str]] = {}
    for word, frequency, tag in entries:
        kind = kind_of(word, frequency, tag)
        plain = counts.add(word, kind)
        rare = frequency < (SEEN + 2 if plain else SEEN)
        if kind != LEFT_OUT and not rare and frequency > best.get(word, (0, ""))[0]:
            best[word] = (frequency, kind)
    best = dict.fromkeys(OURS["more words"], (A_NAME, VERB)) | best
    for kind, name in ((FOREIGN, "foreign"), (PERSON, "people"), (PLACE, "places"), (ORGANISATION, "companies")):
        best |= {word: (max(best.get(word, (0, ""))[0], A_NAME), kind) for word in OURS[name]}
    return best


def costs(counts: Counter[str]) -> dict[str, float]:
    """Return -log of each share, rounded: what comes once in a thousand costs 6.9."""
    total = sum(counts.values())
    return {key: round(-math.log(count / total), 1) for key, count in sorted(counts.items())}


def pack(simplified: Mapping[str, str], counts: Counts, best: Mapping[str, tuple[int, str]], total: int) -> bytes:
    """Return the file: a line a table, then a line for all words of one kind and one cost (in halves)."""
    lines = ["!simplified\t" + "".join(old + new for old, new in simplified.items())]
    for name in ("surname", "first", "last", "sound"):
        table = costs(getattr(counts, name))
        lines.append(f"!{name}\t" + " ".join(f"{key}{cost}" for key, cost in table.items()))
    groups: defaultdict[tuple[str, float], list[str]] = defaultdict(list)
    for word, (frequency, kind) in best.items():
        groups[kind, round(2 * math.log(total / frequency)) / 2].append(word)
    lines += [f"{kind}{cost}\t" + " ".join(sorted(found)) for (kind, cost), found in sorted(groups.items())]
    return zlib.compress("\n".join(lines).encode(), 9)


def main(dictionary: Path, characters: Path) -> None:
    """Write the tables."""
    for path in (dictionary, characters):
        if hashlib.sha256(path.read_bytes()).hexdigest() != SOURCES[path.name]:
            logger.warning("%s is not the file that the committed tables were made of", path.name)
    simplified, counts = to_simplified(characters), Counts()
    entries = list(read(dictionary, simplified))
    best = sort_words(entries, counts)
    OUT.write_bytes(pack(simplified, counts, best, sum(frequency for _, frequency, _ in entries)))
    kinds = sorted(Counter(kind for _, kind in best.values()).items())
    logger.info("%d words, %d bytes: %s", len(best), OUT.stat().st_size, kinds)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
