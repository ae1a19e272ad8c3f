"""Phone numbers: Google's libphonenumber where there are enough digits close together, and a pattern that needs a word.

libphonenumber alone is four fifths of Presidio's time, because it reads the whole text once a region.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import phonenumbers
from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers.generic.phone_recognizer import PhoneRecognizer

from needful_presidio import guarding
from needful_presidio.results import result_of
from needful_presidio.traits import Condition, holds, rows
from needful_presidio.windows import windows

__all__ = ["MIN_DIGITS", "Phones", "PhonesByContext", "PhonesByShape", "regions"]

MIN_DIGITS = 7
"""What is shorter is not taken for a phone number: in Germany any five digits may be one."""

_MAX_DIGITS = 17
_WINDOW = 500
_OVERLAP = 100
"""More than 17 digits (ITU-T E.164, and a prefix) with four separators between any two take."""

# Every gap that libphonenumber lets a number have, and more: up to four signs, or what announces an extension.
_SIGN = r"(?:[^\w,;:!?\t]|[xXｘＸー])"
_EXTENSION = (
    r"(?:[ \u00a0\t,]{0,24}(?:e?xt(?:ensi(?:o\u0301?|ó))?n?|ｅ?ｘｔｎ?|доб|anexo|int|ｉｎｔ|[xｘ#＃~～])"
    r"[:.．]?[ \u00a0\t,\-]{0,24}"
    r"|;ext=|[ \-]{5,24}(?=\d{1,6}#))"
)
_CLUSTER = re.compile(rf"\d(?:(?:{_SIGN}{{1,4}}|{_EXTENSION})?\d)+", re.IGNORECASE)
_EXTENDED = re.compile(_EXTENSION, re.IGNORECASE)
# Brackets and plus signs before a number, and what makes a time of the digits before it (`:30`).
_LEAD = 12
_TAIL = 3
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\d+")
# No number, and nothing that libphonenumber finds one in: it gives up on rows far shorter than this.
_ROW = re.compile(r"\d{40,}")


def regions(locales: Sequence[str]) -> tuple[str, ...]:
    """Return the regions whose national formats are known: Presidio's defaults, and those of the locales.

    One region a country code: which one of them a number is parsed for does not change whether it is valid.
    """
    wanted = ["GB" if locale == "uk" else locale.upper() for locale in locales]
    known = [region for region in wanted if region in phonenumbers.SUPPORTED_REGIONS]
    by_code: dict[int, str] = {}
    for region in (*PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, *known):
        by_code.setdefault(phonenumbers.country_code_for_region(region), region)
    return tuple(by_code.values())


# The gaps of a cluster as bytes: what is not ASCII, and a question mark, are `?`.
_ANY_SIGN = r"[^a-wyz0-9_,;:!\t]"
_ANY_EXTENSION = (
    r"(?:[ ?\t,]{0,24}(?:e?xt(?:ensi[o?]{1,2})?n?|\?{1,4}|anexo|int|[x#~])[:.?]?[ ?\t,\-]{0,24}|;ext=|[ \-]{5,24})"
)


class Phones(LocalRecognizer):
    """Presidio's recognizer, given only stretches of text that could hold a number and regions that could have it."""

    def __init__(self, supported_language: str = "en", locales: Sequence[str] = ()) -> None:
        super().__init__(
            supported_entities=["PHONE_NUMBER"],
            supported_language=supported_language,
            context=PhoneRecognizer.CONTEXT,
            name="Phones",
        )
        self._regions = {region: _national(region) for region in regions(locales)}

    condition = holds(
        rf"\d(?:(?:{_ANY_SIGN}{{1,4}}|{_ANY_EXTENSION})?\d){{{MIN_DIGITS - 1}}}",
        numeric=True,
    )
    """Seven digits, close together."""

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find numbers that are valid in one of the regions, or international ones.

        Raises `OutOfTime` where that takes longer than a pattern may take: thousands of short numbers, say.
        """
        check = guarding.share()
        spans: set[tuple[int, int]] = set()
        known: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for offset, part, cluster in _stretches(text):
            found = known.get((part, cluster))
            if found is None:
                found = known[part, cluster] = list(self._numbers(part, cluster, check))
            spans.update((start + offset, end + offset) for start, end in found)
        return [result_of(self, "PHONE_NUMBER", start, end, PhoneRecognizer.SCORE) for start, end in sorted(spans)]

    def _numbers(self, part: str, cluster: str, check: Callable[[], None]) -> Iterator[tuple[int, int]]:
        for region in self._possible(part, cluster):
            check()
            yield from ((match.start, match.end) for match in _matches(part, region))

    def _possible(self, part: str, cluster: str) -> Iterator[str]:
        """Yield the regions in which some part of the cluster may be a number."""
        long = len(cluster) > _WINDOW
        runs = None if long or _SURE.search(part) or _EXTENDED.search(cluster) else _runs(cluster)
        for region, national in self._regions.items():
            if runs is None or any(map(national, runs)):
                yield region


# An international prefix, or digits that are not ASCII's.
_SURE = re.compile(r"[+＋]|(?<!\d)0(?:0|11)|[^\x00-\x7f]")


_KINDS = "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail".split()


def _metadata(region: str) -> Any:
    return phonenumbers.PhoneMetadata.metadata_for_region(region)


@cache
def _national(region: str) -> Callable[[str], object]:
    """Return what says whether digits may be a region's number, with what is dialled before it or not.

    A number is valid if it is of some kind in some region of the country code.
    """
    code = phonenumbers.country_code_for_region(region)
    metadata = _metadata(region)
    neighbours = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    forms = {
        description.national_number_pattern
        for one in map(_metadata, neighbours)
        for description in (getattr(one, kind) for kind in _KINDS)
        if description is not None and description.national_number_pattern
    }
    prefix = metadata.national_prefix_for_parsing or ""
    # A rule may make other digits of the prefix's.
    before = r"\d{0,8}" if metadata.national_prefix_transform_rule else rf"(?:{code})?(?:{prefix})?(?:{prefix})?"
    return re.compile(rf"(?:{before})(?:{'|'.join(sorted(forms))})").fullmatch


def _runs(cluster: str) -> list[str] | None:
    """Return every row of neighbouring blocks that has enough digits, joined; None where they are too many."""
    blocks = _RUN.findall(cluster)
    if len(blocks) > 10:
        return None
    rows = ("".join(blocks[first:last]) for first in range(len(blocks)) for last in range(first + 1, len(blocks) + 1))
    return [row for row in rows if len(row) >= MIN_DIGITS]


def _matches(part: str, region: str) -> Iterator[phonenumbers.PhoneNumberMatch]:
    for match in phonenumbers.PhoneNumberMatcher(part, region, leniency=phonenumbers.Leniency.VALID):
        if len(_DIGIT.findall(match.raw_string)) >= MIN_DIGITS:
            yield match


def _stretches(text: str) -> Iterator[tuple[int, str, str]]:
    """Cut a text to clusters of digits with a margin for brackets and signs, long ones into windows.

    Yields offset, stretch, and the cluster in it. A number may go on after a line break.
    """
    for first, end, tail in _clusters(text):
        cluster = text[first:end]
        if len(_DIGIT.findall(cluster)) < MIN_DIGITS:
            continue
        # The last digits of a number before this one would be a number of their own.
        lead = re.split(r"\d", text[max(0, first - _LEAD) : first])[-1]
        start = first - len(lead)
        for offset, part in windows(text[start : end + tail], _WINDOW, _OVERLAP):
            yield start + offset, part, cluster
            if (joined := _BROKEN.sub(" ", part)) != part:
                yield start + offset, joined, cluster


def _clusters(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield start and end of each cluster between long rows of digits, and how much after it is looked at too."""
    for found in _CLUSTER.finditer(text):
        start = found.start()
        for row in _ROW.finditer(text, start, found.end()):
            yield start, row.start(), 0
            start = row.end()
        yield start, found.end(), _TAIL


_BROKEN = re.compile(r"(?<=[\d\-/)])\n(?=[\d(])")


_BLOCK = r"\(?\d{1,5}\)?"
_BETWEEN = r"(?:[ ./\-]{0,3}|[ \-]?\r?\n[ \t]?)"
_LIKE_ONE = rf"(?:\+|00)?{_BLOCK}(?:{_BETWEEN}{_BLOCK}){{1,6}}(?:,? ?(?:x|ext\.?) ?\d{{1,6}})?(?![\w])"
_WHOM = r"(?:\s(?:me|us|him|her|them|it|you|back|directly))?"
_ANNOUNCED = (
    r"(?<![A-Za-z])"
    r"(?:(?:tele|mobile\s|cell\s?|home\s|office\s|work\s|hand)?phone|tel|ph|cell|mobile|mob|fax|telefax|whatsapp"
    rf"|(?:call|reach|contact|text|ring|dial|phone){_WHOM}(?:\s(?:at|on|under))?)"
    r"(?:\s?(?:nos?|numbers?|nr|#)\b\.?)?(?:\sis)?\s?[:.#=]?\s{0,2}\K"
)


_CLOSE = rows(rf"\d(?:[ ./\-()\r\n\t]{{0,6}}\d){{{MIN_DIGITS - 1}}}", MIN_DIGITS)
_WITH_EXTENSION = holds(r"\d\)?,? ?(?:x|ext\.?) ?\d")


class PhonesByContext(PatternRecognizer):
    """What looks like a phone number and stands behind a word for one, whatever the region."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="PHONE_NUMBER",
            name="PhonesByContext",
            supported_language=supported_language,
            patterns=[
                Pattern("phone-like", rf"(?<![\w.,]){_LIKE_ONE}", 0.05),
                Pattern("announced", rf"{_ANNOUNCED}{_LIKE_ONE}", 0.5),
            ],
            context=[
                "phone",
                "telefon",
                "teléfono",
                "téléphone",
                "mobile",
                "handy",
                "fax",
                "call",
                "电话",
                "手机",
                "電話",
            ],
        )

    condition = Condition(lambda traits: _CLOSE.test(traits) or _WITH_EXTENSION.test(traits), numeric=True)
    """Seven digits, close together, or a number with an extension."""

    def invalidate_result(self, pattern_text: str) -> bool:
        """Refuse what has too few or too many digits."""
        return not MIN_DIGITS <= len(_DIGIT.findall(pattern_text)) <= _MAX_DIGITS


_LEAST_ANYWHERE = 9
"""Digits with the zero."""


class PhonesByShape(PatternRecognizer):
    """National numbers of any region that are written as only phone numbers are: `(03) 5374 2319`, `0115 496 0123`.

    They begin with a zero, have at least two gaps or brackets, and are valid somewhere.
    """

    def __init__(self, supported_language: str = "en") -> None:
        last = r"\d{2,4}(?:[ \-]\d{2,4}){0,3}(?![\w/%])(?![.,\-]\d)"
        super().__init__(
            supported_entity="PHONE_NUMBER",
            name="PhonesByShape",
            supported_language=supported_language,
            patterns=[
                Pattern("bracketed", rf"(?<![\w.,/\-(])\(0\d{{1,4}}\)[ \-]?\d{{2,4}}[ \-]{last}", 0.4),
                Pattern("grouped", rf"(?<![\w.,/\-(])0\d{{1,4}}[ \-/]\d{{2,4}}[ \-]{last}", 0.4),
            ],
        )

    condition = rows(r"0\d{1,4}[ \-/)]{1,2}\d{2,4}[ \-]\d\d", _LEAST_ANYWHERE)
    """A zero, and two gaps."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse what is valid nowhere; None keeps the score."""
        return (
            None
            if _LEAST_ANYWHERE <= len(_DIGIT.findall(pattern_text)) <= 12 and _valid_somewhere(pattern_text)
            else False
        )


@cache
def _behind_zero() -> tuple[Callable[[str], object], ...]:
    """Return what says whether digits are a number of some region where a zero is dialled before it."""
    known = map(_metadata, sorted(phonenumbers.SUPPORTED_REGIONS))
    forms = {one.general_desc.national_number_pattern for one in known if one.national_prefix == "0"}
    return tuple(re.compile(form).fullmatch for form in sorted(forms))


def _valid_somewhere(text: str) -> bool:
    digits = "".join(_DIGIT.findall(text))
    return any(matches(digits.removeprefix("0")) for matches in _behind_zero())
