"""Faker's lists by language, filtered to plain words. Read once, where they are first needed.

Fakes are chosen from the lists by index: a `Faker` object costs milliseconds, and threads would share its state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType

from needful.titles import OFFICES, TITLES
from needful_faker.asking import canonical

__all__ = ["HanWords", "Names", "Places", "han_words", "kana_names", "language_of", "names", "nationalities", "places"]

_LOCALES = {
    "en": ("en_US", "en_GB"),
    "da": ("da_DK",),
    "de": ("de_DE", "de_AT", "de_CH"),
    "es": ("es_ES", "es_MX"),
    "fi": ("fi_FI",),
    "fr": ("fr_FR", "fr_CH", "fr_BE"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "no": ("no_NO",),
    "pl": ("pl_PL",),
    "pt": ("pt_PT", "pt_BR"),
    "sv": ("sv_SE",),
}
# Faker has a hundred Portuguese family names: every second one of a hundred people would share its fake.
_NEIGHBOURS = {"pt": "es"}
_HAN_LOCALES = {"zh": "zh_CN", "ja": "ja_JP"}

_PLAIN = re.compile(r"[^\W\d_]{3,14}")
_HAN = re.compile("[\u3400-\u9fff]{1,3}")
# A fake must not read as a date, a form of address or a sentence's beginning.
_NO_NAMES = (
    TITLES
    | OFFICES
    | frozenset(
        "april may june august mai juni juli will mark earl prince king page young long little case law".split()
    )
)
_ENOUGH = 40
_COMMON = 200


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a language."""

    family: tuple[str, ...]
    given: Mapping[str, tuple[str, ...]]
    """Canonical given name to the given names that may stand for it: women's for a woman's, men's for a man's."""


@dataclass(frozen=True, slots=True)
class Places:
    """Places of a language."""

    cities: tuple[str, ...]
    suffixes: tuple[str, ...]
    """What makes a city's name of a family's; empty where there are cities."""
    countries: tuple[str, ...]
    states: tuple[str, ...]
    abbreviations: tuple[str, ...]
    kinds: frozenset[str]
    """Canonical words for streets and squares."""
    pools: Mapping[str, tuple[str, ...]]
    """Country, city or state to what may stand for it."""


@dataclass(frozen=True, slots=True)
class HanWords:
    """Chinese or Japanese words, without spaces between them."""

    surnames: tuple[str, ...]
    """The most common first."""
    single: tuple[str, ...]
    """Common surnames of one character."""
    given: tuple[str, ...]
    characters: str
    """Characters of given names."""
    cities: tuple[str, ...]
    districts: tuple[str, ...]
    provinces: tuple[str, ...]
    countries: tuple[str, ...]
    company: str
    """Characters that companies are named with."""


def language_of(language: str) -> str:
    """The language that has lists: `de` for `de-CH`, `en` for what is unknown."""
    base = re.split("[-_]", language.lower(), maxsplit=1)[0]
    base = {"nb": "no", "nn": "no"}.get(base, base)
    return base if base in _LOCALES or base in _HAN_LOCALES else "en"


def _latin(language: str) -> str:
    known = language_of(language)
    return known if known in _LOCALES else "en"


def names(language: str) -> Names:
    """The names of a language that is written in Latin letters, English for any other."""
    return _names(_latin(language))


def places(language: str) -> Places:
    """The places of a language that is written in Latin letters, English for any other."""
    return _places(_latin(language))


def nationalities(language: str) -> tuple[str, ...]:
    """Words such as `Danish`: Faker's names of languages."""
    return _nationalities(_latin(language))


def han_words(language: str) -> HanWords:
    """Japanese words for Japanese, Chinese ones otherwise."""
    return _han_words("ja" if language_of(language) == "ja" else "zh")


@cache
def _words(part: str, locale: str, *attributes: str) -> tuple[str, ...]:
    """The words of a provider's first attribute that is there, in Faker's order; of pairs, the last of each."""
    try:
        provider = import_module(f"faker.providers.{part}.{locale}").Provider
    except ModuleNotFoundError:
        return ()
    for attribute in attributes:
        found = getattr(provider, attribute, ())
        if len(found) > 1:
            return tuple(dict.fromkeys(word if isinstance(word, str) else word[-1] for word in found))
    return ()


def _plain(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if _PLAIN.fullmatch(word) and word[0].isupper() and word[1:].islower() and canonical(word) not in _NO_NAMES:
            yield word


def _all(language: str, part: str, *attributes: str) -> tuple[str, ...]:
    """The plain words of all locales of a language, sorted: Faker may change its order, and no fake changes with it."""
    found = (word for locale in _LOCALES[language] for word in _words(part, locale, *attributes))
    return tuple(sorted(set(_plain(found))))


@cache
def _given(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Women's and men's names."""
    female = _all(language, "person", "first_names_female", "first_names")
    return female, _all(language, "person", "first_names_male", "first_names")


@cache
def _names(language: str) -> Names:
    female, male = _given(language)
    family = _all(language, "person", "unisex_last_names", "last_names", "last_names_unisex")
    if language in _NEIGHBOURS:
        family = tuple(sorted({*family, *_names(_NEIGHBOURS[language]).family}))
    given = _by_gender("en", female, male)
    for name in family:
        given.pop(canonical(name), None)
    return Names(family, MappingProxyType({**given, **_by_gender(language, female, male)}))


def _by_gender(language: str, female: tuple[str, ...], male: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each given name of a language, and which of the names given may stand for it."""
    women, men = (set(map(canonical, names)) for names in _given(language))
    either = tuple(sorted({*female, *male}))
    return {word: female if word not in men else male if word not in women else either for word in women | men}


@cache
def _places(language: str) -> Places:
    cities = _all(language, "address", "cities")
    states = _all(language, "address", "states", "regions", "provinces", "distritos")
    if len(cities) < _ENOUGH and language == "es":
        cities = states  # provinces that are named after their capitals
    suffixes: tuple[str, ...] = ()
    if len(cities) < _ENOUGH:
        cities = ()
        with_english = (*_LOCALES[language], "en_US")
        found = (_words("address", locale, "city_suffixes") for locale in with_english)
        suffixes = next(words for words in map(_endings, found) if len(words) > 1)
    kinds = {
        canonical(word)
        for locale in _LOCALES[language]
        for attribute in ("street_suffixes", "street_prefixes", "street_suffixes_long", "street_suffixes_short")
        for word in _words("address", locale, attribute)
    }
    countries = _all(language, "address", "countries")
    return Places(
        cities,
        suffixes,
        countries,
        states,
        tuple(sorted(_words("address", "en_US", "states_abbr"))) if language == "en" else (),
        frozenset(kinds),
        MappingProxyType({word: pool for pool in (states, cities, countries) for word in pool}),
    )


def _endings(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if re.fullmatch(r"[a-z]{3,8}|-[\w-]{4,14}", word)}))


@cache
def _nationalities(language: str) -> tuple[str, ...]:
    return _all(language, "person", "language_names")


@cache
def _han_words(language: str) -> HanWords:
    locale = _HAN_LOCALES[language]

    def read(part: str, *attributes: str) -> tuple[str, ...]:
        return tuple(filter(_HAN.fullmatch, _words(part, locale, *attributes)))

    surnames = read("person", "last_names")
    given = tuple(sorted(read("person", "first_names")))
    return HanWords(
        surnames=surnames,
        single=tuple(word for word in surnames[:_COMMON] if len(word) == 1),
        given=given,
        characters="".join(sorted(set("".join(given)))),
        cities=tuple(sorted(word.rstrip("市") for word in read("address", "cities"))),
        districts=tuple(sorted(read("address", "districts", "towns"))),
        provinces=tuple(sorted(word.rstrip("省市県府都道") for word in read("address", "provinces", "prefectures"))),
        countries=tuple(sorted(_words("address", locale, "countries"))),
        company="".join(sorted(set("".join(read("company", "company_prefixes") or surnames)))),
    )


@cache
def kana_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Japanese family names and given names in katakana."""
    family, given = (_words("person", "ja_JP", name) for name in ("last_kana_names", "first_kana_names"))
    return tuple(sorted(family)), tuple(sorted(given))
