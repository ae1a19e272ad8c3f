"""Passports and licence plates of China: no check digits, so letters and labels decide."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.wording import ALONE, BEHIND, announced
from needful_presidio.traits import Traits, runs

__all__ = ["LicensePlates", "Passports"]

# Ordinary passports from 2012 on and before, and those of diplomats, officials and Hong Kong.
_PASSPORT = r"(?:[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|(?:[DSP]E|K[A-Z]|HA|M[AB])[0-9]{7})"
_ANY_PASSPORT = r"(?:[A-Z]{1,2}[ \-]?[0-9]{7,8}|1[45][0-9]{7})"
_PASSPORT_LABEL = (
    r"(?:[护護]照|通行[证證]|回[乡鄉][证證]|台胞[证證]|旅行[证證])(?:件)?(?:号码|號碼|号|號|编号|編號)?"
    r"|(?<![A-Za-z])passports?(?:\s?(?:no|number|nr|id)(?![A-Za-z]))?\.?\s?#?"
)


class Passports(PatternRecognizer):
    """Passports and travel permits: letters that a passport begins with, or any behind a label."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_PASSPORT",
            name="Passports",
            supported_language=supported_language,
            patterns=[
                Pattern("shape", rf"{ALONE}(?-i:{_PASSPORT}){BEHIND}", 0.5),
                Pattern("announced", announced(_PASSPORT_LABEL, _ANY_PASSPORT + BEHIND), 0.8),
            ],
        )

    condition = runs(7)
    """Seven digits."""


_PROVINCE = "京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊"
_ORDINARY = r"(?=[A-Z]{0,4}[0-9][A-Z]{0,3}[0-9])[A-HJ-NP-Z0-9]{5}|[A-HJ-NP-Z0-9]{4}[挂掛学學警港澳领領使试試超]"
_NEW_ENERGY = r"[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]"
_PLATE = rf"[{_PROVINCE}][ ]?[A-HJ-Z][ ·•・‧.\-]{{0,2}}(?:{_NEW_ENERGY}|{_ORDINARY})"
_PLATE_LABEL = r"(?:[车車](?:辆|輛)?[牌号號]|[号號]牌|牌照)(?:号码|號碼|照|号|號|码|碼)?"


class LicensePlates(PatternRecognizer):
    """Plates of the mainland: a province, a letter and five characters, or six of a vehicle with new energy."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_LICENSE_PLATE",
            name="LicensePlates",
            supported_language=supported_language,
            patterns=[
                Pattern("shape", rf"(?-i:{_PLATE}){BEHIND}", 0.5),
                Pattern("announced", announced(_PLATE_LABEL, _PLATE + BEHIND), 0.8),
            ],
        )

    @staticmethod
    def condition(traits: Traits) -> object:
        """Say whether there is a digit, and the character of a province."""
        return traits.numbers and not traits.text.isascii() and not _PROVINCES.isdisjoint(traits.text)


_PROVINCES = frozenset(_PROVINCE)
