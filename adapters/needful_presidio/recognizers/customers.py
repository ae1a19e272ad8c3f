"""Numbers under which banks, insurers and shops know their customers: accounts, claims, policies, customers.

Their only sign is a label (`account no. 123-456-78`, `Schadennummer`, `保单号`) or a code before them
(`CLM-2024-00123`). Only what may lie around such a word is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.wording import BEHIND, NO_MEASURE, announced
from needful_presidio.traits import Condition, Traits, around, holds

__all__ = ["AccountNumbers", "ClaimNumbers", "CustomerNumbers", "PolicyNumbers"]

# A word for number, which stands behind the noun, or before it with a word like `of`.
_NO = (
    r"(?:(?:n(?:os?|rs?|ums?|umbers?|ummern?)|ids?|codes?|ref(?:erences?)?)(?![A-Za-z])(?:\.|\(s\))?(?:\s?(?:no|nr|number)(?![A-Za-z])\.?)?"
    r"|n[°º]\.?|(?<![sS])(?<![sS]\s)#|№)"
)
_NUMBER = r"(?:编号|編號|号码|號碼|代码|代碼|单号|單號|序号|序號|号|號|ID(?![A-Za-z]))"
_OF = r"(?:n[uú]m[eé]ro|n(?:ro|o|r)?[.°º]{1,2}|codice)\s?(?:d[eiao]l?(?:la)?\s|d['’])?\s?"

_WORD = r"(?=[A-Z\-/_]{0,16}[0-9])[A-Z0-9](?:(?:[\-/_]|\.(?=[0-9]))?[A-Z0-9]){3,29}"
_PAIR = r"[0-9]{2}(?! ?(?:days?|weeks?|months?|years?|%|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
_GROUPS = rf"[0-9]{{2,6}}(?: (?:[0-9]{{3,6}}|{_PAIR})){{1,7}}"
_LETTERS_FIRST = r"(?!(?:AND|AS|AT|BY|FOR|FROM|IN|OF|ON|OR|TO)\b)(?-i:[A-Z]{1,4}) [0-9]{4,}(?: [0-9]{3,6}){0,5}"
_VALUE = rf"(?:{_LETTERS_FIRST}|{_GROUPS}|{_WORD}){BEHIND}(?!,[0-9]{{3}}(?![0-9])){NO_MEASURE}"
# Behind the noun alone there must be more to tell a number from an amount or a year.
_AMOUNT = r"(?!\s?(?:[万萬亿億€£]|(?:EUR|USD|GBP|CHF|CNY|RMB|euros?|dollars?|pounds?|yuan)(?![A-Za-z])))"
_LONG = rf"(?=(?:[A-Z\-/_]{{0,8}}[0-9]){{6}}){_VALUE}{_AMOUNT}"
_NUMBERS = r"(?:nos?|numbers?|ids?|nrs?|nummern)(?![A-Za-z])(?:\.|\(s\))?"
_SEVERAL = rf"{_VALUE}(?:(?:,?\s(?:and|or|&|und|et|y)\s|[,;/]\s){_VALUE}){{1,3}}"
_WHICH = r"(?:\s(?:file|case|reference|identification|record))?"
_WORDS = r"(?:\s[a-z'’]{1,12}){1,5}"
_CODED = (
    r"(?=(?:[A-Z\-/_]{0,10}[0-9]){4})(?!(?:19|20)[0-9]{2}(?![A-Z0-9\-/_]))(?:[A-Z0-9]{1,12}[\-/_]){0,4}[A-Z0-9]{2,20}"
)

_AFTER = 320
_BEFORE = 40
"""What a pattern takes on either side of the stem of a label."""


_DIGIT = re.compile("[0-9]")
_LOOK_AHEAD = re.compile(r"\(\?=[^)]*\)")
_SEEN_NO = r"(?:n(?:os?|rs?|ums?|umbers?|ummern?)|ids?)(?:[^a-z]|$)|n\?|code|ref|#|\?[^a-z]"


@dataclass(frozen=True)
class _Kind:
    """Words of one kind of number. `stems` are small letters, one of which is in each of the others."""

    nouns: str
    codes: str
    glued: str
    chinese: str
    stems: tuple[str, ...]

    def condition(self) -> Condition:
        """Return the condition that there is a number, and what has a label's form or, in another script, its stem."""
        foreign = tuple(stem for stem in self.stems if not stem.isascii())
        latin = holds(self._seen()).test
        return Condition(
            lambda traits: (
                latin(traits) or (not traits.text.isascii() and any(map(traits.lower.__contains__, foreign)))
            ),
            numeric=True,
        )

    def _seen(self) -> str:
        """Return what stands in the bytes of a text with a label of Latin letters."""
        noun = "".join(sign if sign.isascii() else "?" for sign in _LOOK_AHEAD.sub("", self.nouns))
        noun = f"(?:{noun})".replace(r"\s", r"[\s]").lower()
        return (
            rf"{noun}(?:[\s](?:file|case|reference|identification|record))?\.?[\s\-_/]{{0,2}}(?:{_SEEN_NO})"
            rf"|{noun}(?:[\s]?:[\s]?|[\s])[a-z\-/_]{{0,8}}\d"
            rf"|(?:n.m.ro|n(?:ro|o|r)?[.?]{{1,2}}|codice)[\s]?(?:d[eiao]l?(?:la)?[\s]|d['?])?[\s]?{noun}"
            rf"|(?:{self.codes.lower()})[\-_][a-z0-9]|(?:{self.glued.lower()}) ?\d{{5}}"
        )

    def patterns(self) -> list[Pattern]:
        noun = rf"(?<![A-Za-z0-9])(?:{self.nouns})"
        label = rf"{noun}{_WHICH}\.?[\s\-_/]{{0,2}}{_NO}|{_OF}{noun}(?![A-Za-z])|(?:{self.chinese}){_NUMBER}"
        alone = rf"{noun}(?:\s?:\s?|\s)|(?:{self.chinese})\s?:?\s?"
        coded = rf"(?:(?:{self.codes})[\-_]{_CODED}|(?-i:{self.glued}) ?[0-9]{{5,20}}){BEHIND}"
        return [
            Pattern("announced", announced(label, _VALUE), 0.75),
            Pattern("several", announced(rf"{noun}\.?\s?{_NUMBERS}", _SEVERAL), 0.75),
            Pattern("farther", rf"(?:{label}){_WORDS}\s?(?:[:=]|is|was)\s\K{_VALUE}", 0.7),
            Pattern("noun", rf"(?:{alone})\K{_LONG}", 0.7),
            Pattern("coded", rf"(?<![A-Za-z0-9\-_/]){coded}", 0.5),
        ]


class _Numbers(PatternRecognizer):
    """What the four have in common."""

    _entity: str
    _kind: _Kind
    condition: Condition

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity=self._entity,
            name=type(self).__name__,
            supported_language=supported_language,
            patterns=self._kind.patterns(),
        )
        self._stems = re.compile("|".join(map(re.escape, self._kind.stems)), re.IGNORECASE)

    def stretches(self, traits: Traits) -> Iterator[tuple[int, int]]:
        """Yield what lies around the stems and has a digit: nothing else is read."""
        text = traits.text
        places = around((stem.span() for stem in self._stems.finditer(text)), _BEFORE, _AFTER, len(text))
        return (place for place in places if _DIGIT.search(text, *place))


class AccountNumbers(_Numbers):
    """`account no. 123-456-78`, `Kontonummer 1234567`, `账号`, `ACC-1029384`."""

    _entity = "ACCOUNT_NUMBER"
    _kind = _Kind(
        nouns=(
            r"accounts?|acct|acc(?=[. \-_])|a/c|(?:bank|giro|spar|depot)?kontos?|kto|compte|cuenta|cont[oa](?=[ :])"
            r"|rekening(?:en)?"
        ),
        codes="ACCT|ACC|ACCOUNT",
        glued="ACCT|ACC",
        chinese=r"[账帐賬帳][户戶号號]?|[户戶]口|存[折摺]",
        stems=(
            *("account", "acct", "a/c", "kont", "kto", "compte", "cuenta", "rekening"),
            # `according` and `contain` are in every other paragraph.
            *("acc.", "acc ", "acc-", "acc_", "conto ", "conto:", "conta ", "conta:"),
            *(f"acc{digit}" for digit in range(10)),
            *("账", "帐", "賬", "帳", "户口", "戶口", "存折", "存摺"),
        ),
    )
    condition = _kind.condition()


class ClaimNumbers(_Numbers):
    """`claim #CL-2024-00123`, `Schadennummer 24-118-553`, `理赔号`, `CLM-2024-00123`."""

    _entity = "CLAIM_NUMBER"
    _kind = _Kind(
        nouns=r"claims?|schadens?|schadens?fall|leistungsfall|sinistre|siniestro|sinistro",
        codes="CLM|CLAIM|CL",
        glued="CLM",
        chinese=r"(?:理[赔賠]|[赔賠]案|索[赔賠償]|[报報]案|出[险險])(?:申[请請])?(?:案件?)?",
        stems=(
            *("claim", "clm", "cl-", "cl_", "schaden", "leistungsfall", "sini"),
            *("赔", "賠", "索償", "报案", "報案", "出险", "出險"),
        ),
    )
    condition = _kind.condition()


class PolicyNumbers(_Numbers):
    """`policy number: POL-12345678`, `Versicherungsschein-Nr.`, `保单号`."""

    _entity = "POLICY_NUMBER"
    _kind = _Kind(
        nouns=(
            r"polic(?:y|ies)|policen?|p[oó]liza|polizza|versicherung(?:s(?:schein|police|vertrags?)?)?"
            r"|vs(?=\.?[ \-]?nr)|insurance\scertificate"
        ),
        codes="POL|POLICY|PLCY",
        glued="POL|PLCY",
        chinese=r"保[单單]|保[险險][单單]|投保[单單]|保[险險](?:合同|契[约約])|[暂暫批]保?[单單]",
        stems=(*"保批暂暫", "pol", "pól", "plcy", "versicherung", "vs-", "vs.", "vs nr", "vsnr", "insurance"),
    )
    condition = _kind.condition()


class CustomerNumbers(_Numbers):
    """`customer id C10293`, `Kundennummer`, `客户号`, `CUST-20931`."""

    _entity = "CUSTOMER_NUMBER"
    _kind = _Kind(
        nouns=r"customers?|clients?|cust|kunden?|kd|mandanten|mitglieds?|cliente|klant(?:en)?|membership",
        codes="CUST|CUS|CUSTOMER|KD",
        glued="CUST",
        chinese=r"客[户戶]|[会會][员員]卡?|[顾顧]客|用[户戶]",
        stems=(
            *"客户戶会會",
            "cust",
            "cus-",
            "cus_",
            "client",
            "kund",
            "kd",
            "mandant",
            "mitglied",
            "klant",
            "membership",
        ),
    )
    condition = _kind.condition()
