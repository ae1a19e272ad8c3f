"""Organizations: other names, with the legal form and the kind of organization kept."""

from __future__ import annotations

import re

from needful_faker.asking import Asked, canonical, cased, nothing_to_replace
from needful_faker.han import unlike
from needful_faker.lists import han_words
from needful_faker.names import PARTS, word
from needful_faker.shapes import shaped

__all__ = ["organization"]

_FORMS = (
    r"(?:limited|ltd|incorporated|inc|corporation|corp|company|co|llc|l\.l\.c|llp|lp|plc|pty|gmbh|mbh|ggmbh|ag|kg|ohg|ug|kgaa"
    r"|e\.\s?v|eg|se|s\.?a\.?s?|s\.?a\.?r\.?l|sasu|eurl|s\.?p\.?a|s\.?r\.?l|b\.?v|n\.?v|ab|oyj?|a/s|aps|asa?|sp\.?\sz\s?o\.?\s?o|s\.?l\.?u?"
    r"|lda|ltda)"
)
_LEGAL = re.compile(rf"(?:[\s,]{{1,3}}(?:&\s?|\(haftungsbeschränkt\)\s?)?{_FORMS}\.?){{1,3}}$", re.IGNORECASE)
_SMALL = frozenset(
    """
    of the and for in at de la le les du des del della di da do dos der die das den fuer und et y e van voor het en i
    """.split()
)
# A word becomes another one of its row.
_ROWS = (
    "bank savings trust credit",
    """insurance group holding holdings consulting software systems logistics foods energy partners media
    technologies solutions services industries assurance trading motors airlines pharma textiles""",
    "versicherung versicherungen beratung logistik energie medien technik handel bau transporte",
    "university college school academy institute",
    "universität hochschule schule akademie institut",
    "hospital clinic infirmary",
    "krankenhaus klinik klinikum",
    "ministry department agency office authority council",
    "ministerium amt behörde",
    "association society union foundation federation",
    "verein verband stiftung",
)
_KINDS = {canonical(name): row for row in (tuple(row.split()) for row in _ROWS) for name in row}
_HAN_FORM = re.compile(
    "(?:股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|银行|大学|医院|学院|中学|小学|法院|检察院|委员会|研究院|研究所"
    "|基金会|协会|银行|局|厅|部|株式会社|病院|高校)+$"
)
_SHORT = 5
_LONGEST_HAN = 4


def organization(asked: Asked) -> str:
    """Fake an organization's name, word by word, so that its short form agrees with its long one."""
    legal = _LEGAL.search(asked.value)
    head, tail = (asked.value[: legal.start()], legal[0]) if legal and legal.start() else (asked.value, "")
    parts = list(PARTS.finditer(head))
    if not parts:
        raise nothing_to_replace()
    avoid = frozenset(canonical(part[0]) for part in parts)
    only_small = all(canonical(part[0]) in _SMALL for part in parts)
    fake = PARTS.sub(lambda part: _part(asked, part, avoid, only_small), head)
    return fake + tail


def _part(asked: Asked, part: re.Match[str], avoid: frozenset[str], only_small: bool) -> str:
    text = part[0]
    if part["han"]:
        return _han(asked, text)
    if part["kana"]:
        return shaped(asked, text)
    own = canonical(text)
    if own in _SMALL and not only_small and (text.islower() or own == "the"):
        return text
    if row := _KINDS.get(own):
        fake = asked.dice("kind", own).pick(row, avoid, own)
        return cased(text, fake.capitalize())
    # An abbreviation is another one.
    if part["digits"] or (
        1 < len(text) <= _SHORT and text.isupper() and not (len(avoid) > 1 and asked.value.isupper())
    ):
        return shaped(asked, text)
    return word(asked, text, avoid)


def _han(asked: Asked, text: str) -> str:
    form = _HAN_FORM.search(text)
    head, kind = (text[: form.start()], form[0]) if form and form.start() else (text, "")
    known = han_words(asked.language)
    city = next((city for city in known.cities if head.startswith(city) and len(head) > len(city)), "")
    dice = asked.dice("company", head.removeprefix(city))
    before = unlike(asked.dice("place", city), known.cities, city) if city else ""
    name = (unlike(dice, known.company, head) for _ in head.removeprefix(city)[:_LONGEST_HAN])
    return before + "".join(name) + kind
