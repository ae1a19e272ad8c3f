"""Numbers of applications, cases, dockets and files."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.traits import OTHER, holds

__all__ = ["CaseNumbers"]

# What a court, an authority or a company files people's matters under.
_LABEL = (
    r"(?:applications?|appeals?|cases?|causes?|claims?|complaints?|dockets?|files?|index|investigations?|matters?"
    r"|petitions?|proceedings|references?|ref\.?|registration|suits?|tickets?|warrants?|records?|incidents?)"
)
_NO = r"(?:nos?\b\.?|numbers?\b|nr\b\.?|#|№|id\b)"
_VALUE = (
    r"(?:(?-i:[A-Z]{1,5}(?:[ \-/.][A-Z]{1,4}){0,2})[ \-/.]?)?\d[A-Z0-9]*"
    r"(?:[\-/:.–](?: ?(?=\w*\d)|(?=[A-Z]{1,4}\b))[A-Z0-9]+)*"
)
_AND = r"(?:,?\s(?:and|or|&)\s|[,;]\s)"
_SLASHED = r"\d{1,6}/\d{2}(?:\d{2})?(?![\d/])"
_FEDERAL = r"\d{1,2}:\d{2}-(?:cv|cr|mc|md|mj|bk|ap|po|sw|gj)-\d{3,6}(?:-[A-Z]{2,4}){0,3}"


class CaseNumbers(PatternRecognizer):
    """`application no. 28045/02`, `nos. 26480/95, 28291/95 and 29280/95`, `Case No. 1:20-cv-01234-ABC`."""

    def __init__(self, supported_language: str = "en") -> None:
        several = rf"{_VALUE}(?:{_AND}{_VALUE}){{0,60}}"
        super().__init__(
            supported_entity="CASE_NUMBER",
            name="CaseNumbers",
            supported_language=supported_language,
            patterns=[
                Pattern("labelled", rf"\b{_LABEL}[\s(]{{0,2}}{_NO}\s?:?\s?\K{several}\b", 0.6),
                Pattern("slashed", rf"\bnos?\.?\s?\K(?<![\d/]){_SLASHED}(?:{_AND}{_SLASHED}){{0,60}}", 0.6),
                Pattern("colon", rf"\b(?:case|docket|ref|file)\s?[:#]\s?\K{several}\b", 0.5),
                Pattern("federal", rf"(?<![\w:]){_FEDERAL}\b", 0.7),
            ],
        )

    condition = holds(
        rf"{_LABEL}[\s(]{{0,2}}(?:nos?|numbers?|nr|#|{OTHER}|id).{{0,24}}\d"
        r"|\bnos?\.?[\s]?\d{1,6}/\d{2}|\b(?:case|docket|ref|file)[\s]?[:#][\s]?.{0,20}\d|\d:\d{2}-[a-z]{2}-\d",
        numeric=True,
    )
    """A word for a case, one for a number and a number, or one with a stroke or a colon where courts have it."""
