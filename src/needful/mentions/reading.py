"""A text made ready for the search: folded once, cut to words once, and only as far as somebody looks for them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import NamedTuple, overload

from needful.folding import skeleton
from needful.mentions.words import COMMON, NOUNS

__all__ = ["FIRST_UNSPACED", "NU", "SOFT_HYPHEN", "Reading", "Word", "Words", "is_common", "plain"]

SOFT_HYPHEN = "\u00ad"
NU = "\u03bd"
FIRST_UNSPACED = 0x0E00
"""Thai; from here on, most scripts do not set words apart by spaces."""

_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_RUN = re.compile(r"[a-z0-9]+")
# An apostrophe lies inside a name where little stands before it and more than an ending after it: O'Brien, N'Golo.
_ASCII_WORD = re.compile(r"[a-z0-9]{1,3}'(?!(?:ll|re|ve)\b)[a-z0-9]{2,}|[a-z0-9]+")
_AT = re.compile("@")
_LOCAL = re.compile(r"[\w.+\-']{1,64}\Z")
_HOST = re.compile(r"[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}")
_LETTER = "[^\\W_][\u0300-\u036f]*"
_ANY_WORD = re.compile(rf"(?:{_LETTER}){{1,3}}'(?!(?:ll|re|ve)\b)(?:{_LETTER}){{2,}}|(?:{_LETTER})+")
_ENDS_SENTENCE = re.compile(r"(?:^|[.!?…]|\n[ \t]*\n|(?:^|\n)[ \t]*(?:[-*•>]|\d{1,3}[.)]))[\s\"'“”„«»()\[\]]*\Z")


class Word(NamedTuple):
    """A word of a folded text: where it stands there, and how it is compared."""

    start: int
    end: int
    form: str


def plain(folded: str) -> str:
    """Take accents and apostrophes off a folded word."""
    if folded.isascii():
        return folded.replace("'", "") if "'" in folded else folded
    return _MARKS.sub("", folded).replace("'", "").translate(_LETTERS)


def forms_of(folded: str) -> list[str]:
    """The words of a folded text, in order, as they are compared: what hyphens part is two."""
    if not folded.isascii():
        return list(map(plain, _ANY_WORD.findall(folded)))
    if "'" not in folded:
        return _RUN.findall(folded)
    return [word.replace("'", "") if "'" in word else word for word in _ASCII_WORD.findall(folded)]


class Words(Sequence[Word]):
    """The words of a folded text with their places. A text has many, and few are looked at: each is made when it is."""

    def __init__(self, folded: str, forms: Sequence[str] | None = None) -> None:
        """Cut the text; `forms` are its words as they are compared, where they are known."""
        pattern = _ANY_WORD if not folded.isascii() else _ASCII_WORD if "'" in folded else _RUN
        self._places = [match.span() for match in pattern.finditer(folded)]
        self._forms = forms_of(folded) if forms is None else forms
        self._made: list[Word | None] = [None] * len(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Word: ...

    @overload
    def __getitem__(self, at: slice) -> list[Word]: ...

    def __getitem__(self, at: int | slice) -> Word | list[Word]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        word = self._made[at]
        if word is None:
            word = self._made[at] = Word(*self._places[at], self._forms[at])
        return word


class Reading:
    """One text under search. Raw. What is asked for is worked out once."""

    def __init__(self, text: str) -> None:
        """Fold the text."""
        self.text = text
        self._folded = skeleton(text)
        self.folded = self._folded.text
        self.is_plain = text.isascii()

    @cached_property
    def words(self) -> Words:
        """The words of the folded text, in order."""
        return Words(self.folded, self.in_order)

    @cached_property
    def in_order(self) -> list[str]:
        """The words of the text as they are compared, in order."""
        return forms_of(self.folded)

    @cached_property
    def forms(self) -> frozenset[str]:
        """The words of the text as they are compared."""
        return frozenset(self.in_order)

    @cached_property
    def runs(self) -> frozenset[str]:
        """Every stretch of ASCII letters and digits of the folded text."""
        if self.is_plain and "'" not in self.folded:
            return self.forms
        return frozenset(_RUN.findall(self.folded))

    @cached_property
    def places(self) -> Mapping[str, list[int]]:
        """Where each of the `runs` begins, in order."""
        places: dict[str, list[int]] = {}
        for match in _RUN.finditer(self.folded):
            places.setdefault(match[0], []).append(match.start())
        return places

    @cached_property
    def _mail(self) -> list[tuple[int, int]]:
        """Where e-mail addresses stand: within one, a name is part of the address."""
        found = []
        for sign in _AT.finditer(self.folded):
            local = _LOCAL.search(self.folded[max(0, sign.start() - 64) : sign.start()])
            host = _HOST.match(self.folded[sign.end() : sign.end() + 255])
            if local and host:
                found.append((sign.start() - len(local[0]), sign.end() + host.end()))
        return found

    def is_in_mail(self, start: int) -> bool:
        """Whether an offset of the folded text lies in an e-mail address."""
        if "@" not in self.folded:
            return False
        at = bisect_right(self._mail, start, key=itemgetter(1))
        return at < len(self._mail) and self._mail[at][0] <= start

    @cached_property
    def stream(self) -> tuple[str, list[int]]:
        """The folded text's ASCII letters and digits without what stands between them, and where each one stands."""
        places = [at for run in _RUN.finditer(self.folded) for at in range(*run.span())]
        return "".join(_RUN.findall(self.folded)), places

    @cached_property
    def is_odd(self) -> bool:
        """Whether `runs` misses words: signs fold to letters, or to nothing between two words, or look like others."""
        if self.is_plain:
            return False
        return NU in self.folded or any(one > "\x7f" and _is_odd(one) for one in set(self.text))

    @property
    def needs_patterns(self) -> bool:
        """Whether a plain search misses values: a soft hyphen may be a hyphen or nothing, a nu an n or a v."""
        return not self.is_plain and (NU in self.folded or SOFT_HYPHEN in self.text)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Take a non-empty stretch of the folded text to the text's own code points."""
        return self._folded.original(start, end)

    def cuts(self, start: int, end: int) -> bool:
        """Whether a stretch of the folded text begins or ends within a longer word, or within one character."""
        if self.is_plain:
            text = self.text
            before, after = text[start - 1 : start] if start else "", text[end : end + 1]
            return (before.isalnum() and text[start].isalnum()) or (after.isalnum() and text[end - 1].isalnum())
        if self._folded.splits(start) or self._folded.splits(end):
            return True
        left, right = self.original(start, end)
        return goes_on(self.text, left) or goes_on(self.text, right)

    def written(self, start: int, end: int) -> str:
        """What really stands at a stretch of the folded text."""
        left, right = self.original(start, end)
        return self.text[left:right]

    def is_capital(self, word: Word) -> bool:
        """Whether a word begins with a capital, as names do."""
        return self.text[self.original(word.start, word.start + 1)[0]].isupper()

    def is_named(self, word: Word) -> bool:
        """Whether a word is written like a name, where a sentence would have it in lower case."""
        written = self.written(word.start, word.end)
        if not written[:1].isupper() or (len(written) > 1 and written.isupper()):
            return False
        return not _ENDS_SENTENCE.search(self.folded[max(0, word.start - 40) : word.start], self._edge(word.start))

    def _edge(self, start: int) -> int:
        # "^" is the beginning of the text: where more stands before the window, it must not match.
        return 0 if start <= 40 else 1

    def is_all(self, start: int, end: int) -> bool:
        """Whether nothing but space and punctuation stands around a stretch of the folded text."""
        return not any(map(str.isalnum, self.folded[:start])) and not any(map(str.isalnum, self.folded[end:]))


def goes_on(text: str, border: int) -> bool:
    """Whether one word of letters or digits goes on across a border. Scripts without spaces have no such words."""
    if not 0 < border < len(text):
        return False
    return all(_in_word(text[at]) for at in (border - 1, border))


def _in_word(character: str) -> bool:
    if not character.isalnum() or ord(character) >= FIRST_UNSPACED:
        return False
    # By its category the apostrophe U+02BC is a letter; before an "s" it ends a name all the same.
    return character.isascii() or any(map(str.isalnum, skeleton(character).text))


@lru_cache(maxsize=4096)  # of single characters
def _is_odd(character: str) -> bool:
    if _in_word(character):
        return False
    folded = skeleton(character).text
    return not folded or unicodedata.category(character) in ("Mn", "Me") or _RUN.search(folded) is not None


def is_common(form: str) -> bool:
    """Whether a word is no sign of a name."""
    return form in COMMON or form in NOUNS
