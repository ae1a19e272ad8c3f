"""Names of months and weekdays, and the words that stand around them in dates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from needful_faker.asking import canonical
from needful_faker.lists import language_of

__all__ = ["MONTHS", "WEEKDAYS", "WORDS", "Tables", "named"]

Tables = Mapping[str, tuple[tuple[str, ...], ...]]
"""Language to rows of names: in full, then abbreviated."""


def _table(rows: Mapping[str, tuple[str, ...]]) -> Tables:
    return MappingProxyType({language: tuple(tuple(row.split()) for row in lines) for language, lines in rows.items()})


MONTHS = _table(
    {
        "en": (
            "January February March April May June July August September October November December",
            "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
            "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
        ),
        "de": (
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
            "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
            "Jänner Feber März April Mai Juni Juli August Sept Oktober November Dezember",
        ),
        "fr": (
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "janv févr mars avr mai juin juil août sept oct nov déc",
        ),
        "es": (
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "ene feb mar abr may jun jul ago sept oct nov dic",
        ),
        "it": (
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "gen feb mar apr mag giu lug ago set ott nov dic",
        ),
        "nl": (
            "januari februari maart april mei juni juli augustus september oktober november december",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
        ),
        "pt": (
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "jan fev mar abr mai jun jul ago set out nov dez",
        ),
        "sv": (
            "januari februari mars april maj juni juli augusti september oktober november december",
            "jan feb mar apr maj jun jul aug sep okt nov dec",
        ),
        "pl": (
            "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
            "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        ),
    }
)

WEEKDAYS = _table(
    {
        "en": ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "Mon Tue Wed Thu Fri Sat Sun"),
        "de": ("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "Mo Di Mi Do Fr Sa So"),
        "fr": ("lundi mardi mercredi jeudi vendredi samedi dimanche",),
        "es": ("lunes martes miércoles jueves viernes sábado domingo",),
        "it": ("lunedì martedì mercoledì giovedì venerdì sabato domenica",),
        "nl": ("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",),
        "pt": ("segunda terça quarta quinta sexta sábado domingo",),
        "sv": ("måndag tisdag onsdag torsdag fredag lördag söndag",),
        "pl": ("poniedziałek wtorek środa czwartek piątek sobota niedziela",),
    }
)

WORDS = frozenset(
    """
    of the day on at in from to and or until till through about around am pm a p m t z s utc gmt st nd rd th er o clock
    den der am um uhr vom bis und im le du de au et del el de la y al di il e alle van tot om kl den os as do da dnia r
    年 月 日 号 号 时 分 秒 時
    """.split()
)


def named(tables: Tables, language: str, word: str) -> tuple[tuple[str, ...], int] | None:
    """The row that a word is in and its place there, counting from 0: the language's rows first, then English ones."""
    return _INDEX.get((id(tables), _language(tables, language), canonical(word)))


def _language(tables: Tables, language: str) -> str:
    known = language_of(language)
    return known if known in tables else "en"


def _index(tables: Tables) -> dict[tuple[int, str, str], tuple[tuple[str, ...], int]]:
    found: dict[tuple[int, str, str], tuple[tuple[str, ...], int]] = {}
    for language, rows in tables.items():
        for row in (*rows, *tables["en"]):
            for at, name in enumerate(row):
                found.setdefault((id(tables), language, canonical(name)), (row, at))
    return found


_INDEX = {**_index(MONTHS), **_index(WEEKDAYS)}
