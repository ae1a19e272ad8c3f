"""Identity cards of mainland China, Taiwan and Hong Kong, proved by their check characters."""

from __future__ import annotations

import re

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.checks import (
    is_hong_kong_id,
    is_old_resident_card,
    is_resident_card,
    is_taiwan_id,
)
from needful_presidio.recognizers.wording import ALONE, BEHIND, NUMBER, announced
from needful_presidio.traits import rows, runs

__all__ = ["HongKongIds", "ResidentCards", "TaiwanIds"]

_SEPARATORS = re.compile(r"[ \-()]")

_NEW = r"[1-9][0-9]{5}[ \-]?(?:19|20)[0-9]{2}[ \-]?[0-9]{4}[ \-]?[0-9]{3}[ \-]?[0-9X]"
_OLD = r"[1-8][0-9]{5}[ \-]?[0-9]{6}[ \-]?[0-9]{3}"
_LATIN_LABEL = r"(?<![A-Za-z])(?:ID|SFZH?|no|nr|number|card)\.?#?"
_CARD_LABEL = rf"身[份分][证證](?:件)?(?:编|編)?(?:{NUMBER}|字[号號])?|[证證]件{NUMBER}|公民身份{NUMBER}|{_LATIN_LABEL}"


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


class ResidentCards(PatternRecognizer):
    """Cards of 18 characters with a check character, and of 15 digits with a division and a date of birth."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_ID_CARD",
            name="ResidentCards",
            supported_language=supported_language,
            patterns=[
                Pattern("new", rf"{ALONE}{_NEW}{BEHIND}", 0.95),
                Pattern("announced", announced(_CARD_LABEL, rf"(?:{_NEW}|{_OLD}){BEHIND}"), 0.75),
                Pattern("old", rf"{ALONE}{_OLD}{BEHIND}", 0.4),
            ],
        )

    condition = rows(r"\d{6}[ \-]?\d{6}[ \-]?\d{2}", 14)
    """Fourteen digits in groups."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Accept a right check character, refuse a wrong one or a wrong date; None keeps the score of 15 digits."""
        number = _compact(pattern_text)
        if len(number) == 18:
            return is_resident_card(number)
        return None if is_old_resident_card(number) else False


_TAIWAN = r"[A-Z][ \-]?[A-D1289][0-9]{8}"
_TAIWAN_LABEL = (
    rf"身[分份][证證](?:[统統]一[编編][号號]|字[号號]|{NUMBER})?|[统統]一(?:[编編][号號]|[证證][号號])"
    rf"|居留[证證](?:[统統]一[证證][号號]|{NUMBER})?|(?<![A-Za-z])(?:ID|no|nr|number|card)\.?#?"
)


class TaiwanIds(PatternRecognizer):
    """National identity cards and residents' certificates of Taiwan, old and new."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="TW_ID",
            name="TaiwanIds",
            supported_language=supported_language,
            patterns=[
                Pattern("capitals", rf"{ALONE}(?-i:{_TAIWAN}){BEHIND}", 0.9),
                Pattern("announced", announced(_TAIWAN_LABEL, _TAIWAN + BEHIND), 0.95),
            ],
        )

    condition = runs(8)
    """Eight digits."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse a wrong check digit; None keeps the score."""
        return None if is_taiwan_id(_compact(pattern_text)) else False


_HONG_KONG = r"[A-Z]{1,2}(?: ?[0-9]{6} ?\([0-9A]\)|[0-9]{6}-?[0-9A](?![A-Za-z0-9]))"
_HONG_KONG_LABEL = rf"身[份分][证證]{NUMBER}?|(?<![A-Za-z])(?:HKID|ID|no|nr|number|card)\.?#?"


class HongKongIds(PatternRecognizer):
    """Hong Kong identity cards, the check character in brackets or not."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="HK_ID",
            name="HongKongIds",
            supported_language=supported_language,
            patterns=[
                Pattern("capitals", rf"{ALONE}(?-i:{_HONG_KONG})", 0.9),
                Pattern("announced", announced(_HONG_KONG_LABEL, _HONG_KONG), 0.95),
            ],
        )

    condition = runs(6)
    """Six digits."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse a wrong check character; None keeps the score."""
        return None if is_hong_kong_id(_compact(pattern_text)) else False
