"""Random choices from lists, from the lexicon and from Faker: what the values of all kinds are made with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from faker import Faker
from gazetteer import is_latin
from word_lists import LETTERS, sections, split_bars

__all__ = ["LOCALES", "Chooser", "FakerPools"]

LOCALES = (
    "en_US en_US en_US en_US en_GB en_GB en_GB en_IN en_CA en_AU en_IE en_NZ de_DE de_AT de_CH fr_FR fr_CA es_ES "
    "es_MX es_CO it_IT pl_PL nl_NL nl_BE pt_BR pt_PT sv_SE fi_FI no_NO da_DK cs_CZ sk_SK hu_HU ro_RO hr_HR tr_TR "
    "sl_SI et_EE lv_LV lt_LT id_ID fil_PH zu_ZA yo_NG ha_NG ig_NG tw_GH en_KE"
).split()

# Some of Faker's lists hold two names without a space.
_GLUED = re.compile(r"[a-z]{4}[A-Z]")


class FakerPools:
    """Values of Faker, drawn once per locale and kind and then chosen from."""

    def __init__(self, seed: int, size: int = 700) -> None:
        self._seed, self._size = seed, size
        self._pools: dict[tuple[str, str], list[str]] = {}
        self._fakers: dict[str, Faker] = {}

    def _faker(self, locale: str) -> Faker:
        if locale not in self._fakers:
            try:
                self._fakers[locale] = Faker(locale)
            except AttributeError:
                self._fakers[locale] = Faker("en_US")
            self._fakers[locale].seed_instance(self._seed * 1000 + LOCALES.index(locale))
        return self._fakers[locale]

    def choose(self, rng: Random, locale: str, kind: str) -> str:
        """One value of a kind (a method name of Faker) in a locale."""
        key = (locale, kind)
        if key not in self._pools:
            method = getattr(self._faker(locale), kind)
            values = [str(method()) for _ in range(self._size)]
            self._pools[key] = [v for v in values if is_latin(v) and not _GLUED.search(v)] or ["Smith"]
        return rng.choice(self._pools[key])


@dataclass
class Chooser:
    """Chooses with one random generator; the order of the choices decides the text, so none may be left out."""

    rng: Random
    pools: FakerPools

    def one(self, values: str | Sequence[str]) -> str:
        """One of the values; a string means its parts between bars."""
        return self.rng.choice(split_bars(values) if isinstance(values, str) else values)

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def weighted(self, *options: tuple[float, Callable[[], str]]) -> str:
        """The value of one of the options, by weight."""
        return self.rng.choices([o[1] for o in options], [o[0] for o in options])[0]()

    def entry(self, file: str, *titles: str) -> str:
        """One entry of these sections of a lexicon file, or of all of it."""
        found = sections(file)
        return self.rng.choice(found[self.rng.choice(titles or list(found))])

    def locale(self) -> str:
        """One locale of Faker."""
        return self.rng.choice(LOCALES)

    def digits(self, count: int) -> str:
        """That many digits, the first not zero."""
        return str(self.rng.randint(1, 9)) + "".join(self.one("0|1|2|3|4|5|6|7|8|9") for _ in range(count - 1))

    def letters(self, count: int) -> str:
        """That many capitals."""
        return "".join(self.one(LETTERS) for _ in range(count))
