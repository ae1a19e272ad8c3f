"""The words that may stay around a number: currencies and units. Any other could be a name."""

from __future__ import annotations

import re

__all__ = ["ABOUT", "BEFORE", "BEHIND", "is_money"]

# ISO 4217, today's larger ones and those that the euro and reforms have ended. In capitals only: TRY is also a word.
_CODE = (
    r"(?-i:EUR|USD|GBP|CHF|JPY|CNY|CNH|RMB|INR|CAD|AUD|NZD|HKD|SGD|TWD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|HRK|RUB|RUR|UAH"
    r"|TRY|TRL|ILS|ZAR|BRL|MXN|ARS|CLP|COP|PEN|KRW|THB|PHP|IDR|MYR|VND|AED|SAR|QAR|KWD|EGP|NGN|KES|PKR|ATS|DEM|DM|FRF"
    r"|ITL|ESP|NLG|BEF|LUF|IEP|PTE|GRD|FIM|SKK|SIT|CYP|MTL|EEK|LVL|LTL|GEL|MDL|AMD|AZN|RSD|ALL|BAM|MKD|KZT)"
)
_SIGN = r"(?:(?:US|CA|AU|C|A|NZ|HK|NT|S|R)?\$|[€£¥₹₺₽₩₪₫₴₦฿¢])"
_OF = (
    "US|American|Austrian|Australian|Canadian|Swiss|French|Belgian|Italian|Polish|Turkish|German|Czech|Hungarian"
    "|Romanian|Russian|Ukrainian|Cypriot|Swedish|Norwegian|Danish|Hong Kong|Singapore|new|British|Japanese|Chinese"
    "|Indian"
)
_WORD = (
    r"(?:dollars?|dólares|cents?|euros?|centimes?|pounds?(?:\ssterling)?|livres?|libras?|pence|yen|yuan|renminbi|rupees?"
    r"|francs?|franken|francos|franchi|marks?|mark|schillings?|liras?|lire|zlot(?:y|ys|ych)|kron(?:a|or|e|er)|roubles?"
    r"|rubles?|forints?|koruny|pesos?|pesetas?|guilders?|gulden|reais|hryvnias?|zł|kr)(?![^\W_])"
)
_HAN = r"(?:人民币|人民幣|元|块|圆|美元|欧元|歐元|英镑|日元|日圆|円|港元|港币|新台币|台币|韩元)"
_MONEY = rf"(?:{_SIGN}|{_CODE}(?![^\W_])|(?:(?:{_OF})\s){{0,2}}{_WORD}(?:\s\({_CODE}\))?|{_HAN}(?:人民币)?)"
_UNIT = (
    r"(?:%|per\s?cent|percent|Prozent|kg|g|mg|t|tons?|tonnes?|km|m|cm|mm|m²|km²|ha|acres?|sq(?:uare|\.)?\s?(?:ft|feet|m)\.?"
    r"|ft|feet|miles?|kWh|MWh|employees|people|persons|users|customers|shares|units|items|points|hours|Mitarbeiter"
    r"|Personen|Stück|Aktien|人|名|股)(?![^\W_])"
)
_PER = (
    r"(?:\s?(?:/|per|an|a|pro|par|al)\s?(?:year|month|week|day|hour|annum|annually|Jahr|Monat|Woche|an|mois|año|mes))"
)

# `CHF 15'300.-`: the dash stands for no centimes.
_DASH = r"(?:[.,][\-–—]{1,2})"
ABOUT = (
    r"(?:(?:about|approximately|approx\.|around|almost|nearly|over|under|some|more\sthan|less\sthan|at\sleast|up\sto"
    r"|circa|ca\.|etwa|rund|über|fast|environ|près\sde|unos|casi|quasi|ongeveer|约|約)\s?)"
)
BEFORE = rf"(?:(?:{_SIGN}|{_CODE}|Rs\.?|S?Fr\.|人民币|人民幣|港币|新台币){{1,2}}\s?|{_CODE}\s{_SIGN}\s?)"
BEHIND = rf"(?:(?:{_DASH}?\s?(?:of\s|d['’]|de\s)?{_MONEY}|{_DASH}|\s?{_UNIT}){_PER}?|{_PER})"

_MONEY_ANYWHERE = re.compile(rf"{_MONEY}|{BEFORE}", re.IGNORECASE)


def is_money(around: str) -> bool:
    """Say whether the words around a number have a currency among them."""
    return _MONEY_ANYWHERE.search(around) is not None
