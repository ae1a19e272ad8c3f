"""Identifiers of China, Taiwan and Hong Kong in running text: what a wrong check digit or a neighbour makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful_presidio import PresidioDetector
from needful_presidio.recognizers import checks

DIGITS = "0123456789"
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BEFORE = ("我的身份证号是", "卡号", "編號：", "请核对", "（", "，代码", "證件號碼")
BEHIND = ("请核对", "。", "）已登记", "，謝謝", "号", "已過期", "")

Random = random.Random


def digits(source: Random, count: int) -> str:
    return "".join(source.choices(DIGITS, k=count))


def resident(source: Random) -> str:
    day = f"{source.randint(1930, 2015)}{source.randint(1, 12):02d}{source.randint(1, 28):02d}"
    return source.choice(sorted(checks.PROVINCES)) + digits(source, 4) + day + digits(source, 3)


def bank_card(source: Random) -> str:
    return source.choice(("62", "4367", "9558", "6013")) + digits(source, source.choice((11, 12, 13, 14)))


def credit(source: Random) -> str:
    return source.choice(("91", "51", "12", "93", "N2")) + digits(source, 6) + "".join(source.choices(CREDIT, k=9))


def taiwan(source: Random) -> str:
    return source.choice(LETTERS) + source.choice("1289ABCD") + digits(source, 7)


def hong_kong(source: Random) -> str:
    return source.choice(LETTERS) + source.choice(("", source.choice(LETTERS))) + digits(source, 6)


KINDS: dict[str, tuple[Callable[[Random], str], str, Callable[[str], bool]]] = {
    "CN_BANK_CARD": (bank_card, DIGITS, checks.is_luhn),
    "CN_ID_CARD": (resident, DIGITS + "X", checks.is_resident_card),
    "CN_SOCIAL_CREDIT_CODE": (credit, CREDIT, checks.is_social_credit_code),
    "HK_ID": (hong_kong, DIGITS + "A", checks.is_hong_kong_id),
    "TW_ID": (taiwan, DIGITS, checks.is_taiwan_id),
}
"""Entity to what makes all but its check character, what that may be, and what says whether it is right."""

DETECTORS = {
    (entity, language): PresidioDetector([entity], language=language, ner="none", locales=["cn", "hk", "tw"])
    for entity in KINDS
    for language in ("zh", "en")
}


def made(entity: str, source: Random, *, right: bool) -> str:
    """A number of the entity whose check character is right, or wrong."""
    make, characters, is_right = KINDS[entity]
    base = make(source)
    if entity == "CN_BANK_CARD":
        base = base.ljust(15, "7")[:18]
    fitting = [base + last for last in characters if is_right(base + last) == right]
    return source.choice(fitting) if fitting else made(entity, source, right=right)


def written(entity: str, number: str, source: Random) -> str:
    """The number as people write it: in brackets, in groups, in full-width characters, or as it is."""
    if entity == "HK_ID" and source.random() < 0.5:
        number = f"{number[:-1]}({number[-1]})"
    if entity in ("CN_BANK_CARD", "CN_ID_CARD") and source.random() < 0.2:
        size = 6 if entity == "CN_ID_CARD" else 4
        cuts = (0, 6, 14, 18) if size == 6 else (*range(0, 16, 4), len(number))
        parts = [number[a:b] for a, b in pairwise(cuts)]
        return source.choice((" ", "-")).join(parts)
    if source.random() < 0.1:
        return "".join(chr(ord(one) + 0xFEE0) for one in number)
    return number


def in_text(value: str, source: Random) -> str:
    return source.choice(BEFORE) + value + source.choice(BEHIND)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("entity", sorted(KINDS))
def test_no_wrong_check_digit_is_ever_found(entity: str, language: str) -> None:
    source = Random(f"near misses of {entity}")
    texts = [in_text(written(entity, made(entity, source, right=False), source), source) for _ in range(5000)]

    assert sum(bool(found) for found in DETECTORS[entity, language].detect(texts)) == 0


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("entity", sorted(KINDS))
def test_every_right_check_digit_is_found_between_chinese_characters(entity: str, language: str) -> None:
    source = Random(f"hits of {entity}")
    values = [written(entity, made(entity, source, right=True), source) for _ in range(500)]
    texts = [in_text(value, source) for value in values]
    found = DETECTORS[entity, language].detect(texts)
    wanted = [(text.index(value), text.index(value) + len(value)) for text, value in zip(texts, values, strict=True)]
    exact = [place in {(span.start, span.end) for span in spans} for place, spans in zip(wanted, found, strict=True)]

    assert exact == [True] * 500
    assert min(span.score for spans in found for span in spans) >= 0.9


@pytest.mark.parametrize("entity", sorted(KINDS))
def test_within_a_longer_run_nothing_is_found(entity: str) -> None:
    source = Random(f"runs around {entity}")
    numbers = [made(entity, source, right=True) for _ in range(300)]
    # Two letters before a card of Hong Kong could be its own.
    texts = [f"编号{before}{number}" for number in numbers for before in ("00", "7", "ABC")]
    texts += [f"编号{number}{behind}" for number in numbers for behind in ("Z", "99999")]

    assert sum(map(len, DETECTORS[entity, "zh"].detect(texts))) == 0


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(KINDS)), st.text("的是号：，。（）请\n", max_size=8))
def test_the_check_does_not_depend_on_the_text_around(source: Random, entity: str, around: str) -> None:
    number = made(entity, source, right=True)
    spans = DETECTORS[entity, "zh"].detect([f"{around}{number}{around}"])[0]

    assert [(span.start, span.end) for span in spans] == [(len(around), len(around) + len(number))]


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(KINDS)))
def test_exactly_one_check_character_of_all_is_right(source: Random, entity: str) -> None:
    make, characters, is_right = KINDS[entity]
    base = make(source)

    assert sum(is_right(base + last) for last in characters) == 1


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("990105194912310020", False),
        ("110105194902310020", False),
    ],
)
def test_the_example_of_the_standard_for_identity_cards_is_right(number: str, right: bool) -> None:
    assert checks.is_resident_card(number) is right


def test_digits_that_are_all_the_same_are_no_card() -> None:
    assert DETECTORS["CN_BANK_CARD", "zh"].detect(["卡号0000000000000000", "卡号6666666666666666"]) == [(), ()]
