"""Names of months and weekdays, with their usual short forms, in English, German, French, Spanish, Italian, Dutch."""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["ENGLISH", "MONTHS", "ORDINALS", "WEEKDAYS"]

_ENGLISH = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sept sep", "october oct", "november nov", "december dec",
)  # fmt: skip
_OTHERS = (
    (
        "januar jänner jaenner jän", "februar feber", "märz maerz mär mrz", "", "mai", "juni", "juli", "", "",
        "oktober okt", "", "dezember dez",
    ),
    (
        "janvier janv", "février fevrier févr fevr fév", "mars", "avril avr", "mai", "juin", "juillet juil",
        "août aout", "septembre", "octobre", "novembre", "décembre decembre déc",
    ),
    (
        "enero ene", "febrero", "marzo", "abril abr", "mayo", "junio", "julio", "agosto ago", "septiembre setiembre",
        "octubre", "noviembre", "diciembre dic",
    ),
    (
        "gennaio gen", "febbraio", "marzo", "aprile", "maggio mag", "giugno giu", "luglio lug", "agosto ago",
        "settembre sett set", "ottobre ott", "novembre", "dicembre dic",
    ),
    (
        "januari", "februari", "maart mrt", "", "mei", "juni", "juli", "augustus", "", "oktober", "", "",
    ),
)  # fmt: skip

MONTHS = MappingProxyType(
    {name: number for names in (*_OTHERS, _ENGLISH) for number, forms in enumerate(names, 1) for name in forms.split()}
)
"""Lower-case name to number, 1 to 12. No name stands for two months."""

ENGLISH = frozenset(name for forms in _ENGLISH for name in forms.split())
"""The names that English has, some of them with other languages."""

WEEKDAYS = (
    "monday mon tuesday tues tue wednesday wed thursday thurs thur thu friday fri saturday sat sunday sun"
    " montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so"
    " lundi lun mardi mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim"
    " lunes martes miércoles mié jueves jue viernes vie sábado sáb domingo dom"
    " lunedì martedì mercoledì giovedì gio venerdì sabato sab domenica"
    " maandag ma dinsdag woensdag wo donderdag vrijdag vr zaterdag za zondag zo"
).split()
"""Lower-case names of weekdays."""

ORDINALS = MappingProxyType(
    {
        word: number
        for number, word in enumerate(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
            " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third"
            " twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth"
            " thirty-first".split(),
            1,
        )
    }
)
"""English ordinals to the day of the month."""
