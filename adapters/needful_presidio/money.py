"""Amounts of money in English text. Not found by default: reports and judgments are about little else."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.traits import Condition

__all__ = ["Money"]

_CODE = (
    r"(?-i:EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|NZD|HKD|SGD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|HRK|RUB|UAH|TRY|TRL|ILS"
    r"|ZAR|BRL|MXN|KRW|THB|PHP|AED|SAR|ATS|DEM|FRF|ITL|ESP|NLG|BEF|IEP|PTE|GRD|FIM|SKK|SIT|CYP|GEL|MDL|AMD|AZN|RSD)"
)
_SIGN = r"(?:(?:US|A|C|NZ|HK|S|R)?\$|[€£¥₹₺₽₩₪])"
_UNIT = (
    r"(?:(?:US|Austrian|Australian|Canadian|Swiss|French|Belgian|Italian|Polish|Turkish|German|Czech|Hungarian|Romanian"
    r"|Russian|Ukrainian|Cypriot|Swedish|Norwegian|Danish|new)\s){0,2}"
    r"(?:dollars?|cents?|euros?|pounds?(?:\ssterling)?|pence|yen|yuan|renminbi|rupees?|francs?|marks?|schillings?|lira[s]?"
    r"|lire|zlot(?:y|ys|ych)|kron(?:a|or|e|er)|roubles?|rubles?|forints?|koruny|pesos?|pesetas?|guilders?|reais|hryvnias?)\b"
)
_AMOUNT = r"\d{1,3}(?:[,.\s]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?(?!\d)"
_SCALE = r"(?:\s?(?:hundred|thousand|million|billion|trillion|mn|bn|[km])\b)"
_ONE = rf"(?:{_AMOUNT}){_SCALE}?"
_RANGE = rf"{_ONE}(?:\s?[–\-]\s?(?:{_SIGN}|{_CODE}\s?)?{_ONE}|\s(?:to|and)\s(?:{_SIGN}|{_CODE}\s?){_ONE})?"


class Money(PatternRecognizer):
    """`EUR 10,000`, `$1.2 million`, `24,952.51 pounds sterling (GBP)`, `10,000–20,000 EUR`."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="MONEY",
            name="Money",
            supported_language=supported_language,
            patterns=[
                Pattern("before", rf"(?<![\w])(?:{_SIGN}|{_CODE})\s?{_RANGE}", 0.6),
                Pattern("behind", rf"(?<![\w.,]){_RANGE}\s?(?:{_CODE}\b|[€£]|{_UNIT}(?:\s\({_CODE}\))?)", 0.6),
            ],
        )

    condition = Condition(lambda traits: traits.numbers, numeric=True)
    """A digit."""
