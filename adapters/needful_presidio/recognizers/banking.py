"""Numbers that Chinese banks and registers give out: bank cards and unified social credit codes."""

from __future__ import annotations

import re

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.checks import is_luhn, is_social_credit_code
from needful_presidio.recognizers.wording import ALONE, BEHIND, NUMBER, announced
from needful_presidio.traits import numbers, rows

__all__ = ["BankCards", "SocialCreditCodes"]

_GAP = r"[ \-]"
_GROUPED = (
    rf"[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}?[0-9]{{1,3}}(?![ \-]?[0-9]))?|[0-9]{{6}}{_GAP}[0-9]{{10,13}}"
    rf"|[0-9]{{5}}{_GAP}[0-9]{{4}}(?:{_GAP}[0-9]{{4,5}}){{2}}"
)
_CARD = rf"(?:[0-9]{{16,19}}|{_GROUPED})"
# UnionPay, numbers of Chinese banks from before it, and the international kinds that they issue.
_ISSUER = r"(?=6|4|5[1-5]|35|81|9[4-9])"
_LABEL = (
    rf"(?:[银銀]行|借[记記]|储蓄|儲蓄|信用|[银銀][联聯]|工[资資]|金融)?卡(?:片)?{NUMBER}?|[账帐賬帳](?:户|戶|号|號){NUMBER}?"
    r"|(?<![A-Za-z])(?:card|account|acct|unionpay)\.?(?:\s?(?:no|number|nr)(?![A-Za-z])\.?)?#?"
)


class BankCards(PatternRecognizer):
    """Cards of 16 to 19 digits that pass Luhn, in one or in groups."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_BANK_CARD",
            name="BankCards",
            supported_language=supported_language,
            patterns=[
                Pattern("issued", rf"{ALONE}{_ISSUER}{_CARD}{BEHIND}", 0.9),
                Pattern("announced", announced(_LABEL, rf"(?=[2-9]){_CARD}{BEHIND}"), 0.95),
            ],
        )

    condition = rows(r"\d(?:[ \-]?\d){15}", 16)
    """Sixteen digits, close together."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse what fails Luhn, or is one digit over and over; None keeps the score."""
        digits = re.sub("[^0-9]", "", pattern_text)
        return None if 16 <= len(digits) <= 19 and len(set(digits)) > 1 and is_luhn(digits) else False


_CREDIT_LABEL = (
    r"信用代[码碼]|(?:[统統]一)?(?:社[会會])?信用[号號]|[纳納]税人?[识識][别別][号號]|[税稅][号號]"
    r"|(?<![A-Za-z])(?:code|USCC|no)\.?"
)
_CODE = r"[1-9ANY][1-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"


class SocialCreditCodes(PatternRecognizer):
    """Unified social credit codes: 18 characters, the last a check of the others."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_SOCIAL_CREDIT_CODE",
            name="SocialCreditCodes",
            supported_language=supported_language,
            patterns=[
                Pattern("code", rf"{ALONE}{_CODE}{BEHIND}", 0.95),
                Pattern("announced", announced(_CREDIT_LABEL, _CODE + BEHIND), 0.95),
            ],
        )

    condition = numbers(r"[1-9any][1-9]\d{6}[\da-y]{10}")
    """Eighteen characters, eight of them digits at the places of a department and a division."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Refuse a wrong check character; None keeps the score."""
        return None if is_social_credit_code(pattern_text.upper()) else False
