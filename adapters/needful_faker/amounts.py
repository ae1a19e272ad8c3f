"""Ages and sums of money: other numbers of the same size, in the same words."""

from __future__ import annotations

import re

from needful_faker.asking import Asked, canonical, cased
from needful_faker.numbers import with_digits
from needful_faker.shapes import digits_of, shape, shaped

__all__ = ["age", "amount"]

_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties".split()
_NUMBERS = {word: words for words in (_ONES, _TEENS, _TENS, _DECADES) for word in words}

_AGE_WORDS = frozenset(
    """
    year years yr yrs month months mth mths week weeks day days old age aged ages of yo y o s th st nd rd and to or in
    his her their my about over under early mid late between almost nearly jahr jahre jahren jaehrig jaehrige jaehriger
    alt im alter von ans an mois age de anos ano meses edad anni anno mesi eta di idade jaar maanden oud ar gammal lat
    岁 歳 周岁 个月 月 天 年
    """.split()
)
_SUM_WORDS = frozenset(
    """
    eur usd gbp chf jpy cny rmb inr cad aud nzd hkd sgd sek nok dkk isk pln czk huf ron bgn try ils zar brl mxn krw thb
    us a c hk s dollar dollars cent cents euro euros pound pounds sterling pence yen yuan rupee rupees franc francs
    franken mark marks zloty zlotys zlotych kronor kroner krone peso pesos real reais
    hundred thousand million millions billion billions trillion mn bn k m mio mrd tsd tausend millionen milliarden
    and to of per or approximately about und bis et y e mille mil millones milliards milioni miljoen
    元 万 亿 万元 亿元 人民币 美元 欧元 円 圆 角 分
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")
_AGE_DIGITS = re.compile(r"\d+(?=(['’]?s\b)?)")
_SUM_DIGITS = re.compile(r"\d+(?:[.,'’ \u00a0\u202f]\d+)*")
_ADULT = 18
_ZEROS = re.compile("0{2,}$")


def age(asked: Asked) -> str:
    """Fake an age: a child stays a child, an adult an adult."""
    fake = _AGE_DIGITS.sub(lambda match: _age(asked, match), _words(asked, _AGE_WORDS))
    return shape(asked) if fake == asked.value else fake


def _words(asked: Asked, known: frozenset[str]) -> str:
    """Replace numbers in words by others, and what is no word of such a value by letters."""

    def other(match: re.Match[str]) -> str:
        word = canonical(match[0])
        if word in _NUMBERS:
            return cased(match[0], asked.dice("number", word).pick(_NUMBERS[word], own=word))
        return match[0] if word in known else shaped(asked, match[0])

    return _WORD.sub(other, asked.value)


def _age(asked: Asked, match: re.Match[str]) -> str:
    digits = digits_of(match[0])
    number = int(digits) if len(digits) <= 3 else -1
    dice = asked.dice("age", digits)
    if match[1] and len(digits) == 2:
        fake = 10 * (2 + dice.other(number // 10 - 2, 7)) if number >= 20 else 10
    elif digits.startswith("0") or number < 0:
        return shaped(asked, match[0])
    elif len(digits) == 1:
        fake = 1 + dice.other(number - 1, 9)
    elif len(digits) == 2:
        low, high = (_ADULT, 90) if number >= _ADULT else (10, _ADULT)
        fake = low + dice.other(number - low, high - low)
    else:
        fake = 100 + dice.other(number % 10, 10)
    return with_digits(match[0], [int(one) for one in str(fake)])


def amount(asked: Asked) -> str:
    """Fake a sum: as many digits, round where it is round, in the same currency."""
    fake = _SUM_DIGITS.sub(lambda match: _sum(asked, match[0]), _words(asked, _SUM_WORDS))
    return shape(asked) if fake == asked.value else fake


def _sum(asked: Asked, text: str) -> str:
    digits = digits_of(text)
    dice = asked.dice("sum", digits)
    zeros = _ZEROS.search(digits)
    changed = len(digits) - (len(zeros[0]) if zeros else 0)
    fake = [dice.below(10) for _ in digits[:changed]]
    first = re.match("0*", digits)
    ahead = first.end() if first else 0
    for at in range(min(ahead, changed)):
        fake[at] = 0
    if ahead < changed:
        fake[ahead] = 1 + dice.other(int(digits[ahead]) - 1, 9)
    return with_digits(text, [*fake, *[0] * (len(digits) - changed)])
