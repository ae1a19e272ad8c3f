"""Titles before a name in English text. Not found by default: a title alone says little."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

__all__ = ["Titles"]

_SHORT = r"mr|mrs|ms|mx|dr|prof|messrs|mme|mlle"
_LONG = (
    r"Miss|Sir|Madam|Madame|Ma['’]am|Dame|Lord|Lady|Master|Professor|Doctor|Reverend|Rev|Father|Fr|Sister|Brother|Rabbi|Imam"
    r"|Hon|Honou?rable|Judge|Justice|Captain|Capt|Colonel|Col|General|Gen|Lieutenant|Lt|Major|Maj|Sergeant|Sgt|Officer"
    r"|Detective|Inspector|Herr|Frau|Monsieur|Señora?|Sr|Sra|Signora?"
)
_LETTER = r"(?:[A-Za-z]|[^\x00-\x7f])"
_NAME = r"\p{Lu}"


class Titles(PatternRecognizer):
    """`Mr.`, `Dr`, `Prof.` before any word in capitals or not, `Sir`, `Judge`, `Miss` before a capitalised one."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="TITLE",
            name="Titles",
            supported_language=supported_language,
            patterns=[
                Pattern("short", rf"(?<![\w.])(?:{_SHORT})(?:\.(?=\s{{0,3}}{_LETTER})|(?=\s{{1,3}}{_LETTER}))", 0.6),
                Pattern("long", rf"(?<![\w.])(?-i:{_LONG})\b\.?(?=\s(?-i:{_NAME}))", 0.5),
                Pattern("address", r"\b(?:dear|thank you,?|yes,?|no,?)\s\K(?:sir|madam|ma['’]am|miss)\b", 0.5),
            ],
        )
