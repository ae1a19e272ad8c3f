"""Known dates, such as a date of birth, in the forms in which people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from needful.folding import skeleton
from needful.mentions.reading import Reading
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Dates"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jaenner janner enero janvier",
            "february feb februar febrero fevrier",
            "march mar maerz marz mrz marzo mars",
            "april apr abril avril",
            "may mai mayo",
            "june jun juni junio juin",
            "july jul juli julio juillet",
            "august aug agosto aout",
            "september sep sept septiembre septembre",
            "october oct oktober okt octubre octobre",
            "november nov noviembre novembre",
            "december dec dezember dez diciembre decembre",
        ),
        1,
    )
    for name in names.split()
}
_NAME = "(?:[a-z][\u0300-\u036f]*){3,10}"
_NUMERIC = re.compile(r"(?<![\d.])(\d{1,4})\s?([./\-年 ])\s?(\d{1,2})\s?[./\-月 ]\s?(\d{1,4})(?!\d)")
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s\-]{{0,2}}(?:of |de )?({_NAME})\.?"
    rf"[\s,\-]{{0,3}}(?:de )?(\d{{4}}|'?\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<![a-z])({_NAME})\.?[\s\-]{{0,2}}(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?[\s,]{{1,3}}(\d{{4}}|'?\d\d)(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)")

Date = tuple[int, int, int]


class Dates:
    """Dates to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._dates: dict[Date, dict[Source, None]] = {}

    def add(self, value: str, source: Source) -> None:
        """Look for a date; of 02/03/1980, both the day that it is in Europe and that in America."""
        for _, _, date in _dates(skeleton(value).text):
            self._dates.setdefault(date, {})[source] = None

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the spans of a text, in no order."""
        if self._dates:
            for start, end, date in _dates(reading.folded):
                yield from (source.span(reading, start, end) for source in self._dates.get(date, ()))


def _dates(folded: str) -> Iterator[tuple[int, int, Date]]:
    for match in _NUMERIC.finditer(folded):
        first, _, second, third = match.groups()
        if len(first) == 4:
            yield (*match.span(), (int(first), int(second), int(third)))
        elif len(first) < 3 and len(third) in (2, 4):
            for year in _years(third):
                yield (*match.span(), (year, int(second), int(first)))
                yield (*match.span(), (year, int(first), int(second)))
    for match in _COMPACT.finditer(folded):
        yield (*match.span(), (int(match[1]), int(match[2]), int(match[3])))
    for pattern, month, day in ((_DAY_FIRST, 2, 1), (_MONTH_FIRST, 1, 2)):
        for match in pattern.finditer(folded):
            name = re.sub("[\u0300-\u036f]", "", match[month])
            if name in _MONTHS:
                for year in _years(match[3].lstrip("'")):
                    yield (*match.span(), (year, _MONTHS[name], int(match[day])))


def _years(written: str) -> tuple[int, ...]:
    return (int(written),) if len(written) == 4 else (1900 + int(written), 2000 + int(written))
