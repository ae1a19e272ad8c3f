"""Areas instead of postcodes: the first three digits, or the part that names a district."""

from __future__ import annotations

import re

from needful.generalizing.reading import integer_of

__all__ = ["SPARSE", "zip3"]

SPARSE = frozenset("036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split())
"""Three-digit ZIP areas with 20,000 or fewer people, shown as 000.

45 CFR 164.514(b)(2)(i)(B); the list is that of the Department of Health and Human Services after the census of 2000, in
"Guidance Regarding Methods for De-identification of Protected Health Information", 26 November 2012.
"""

_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT"
    "|V[AIT]|W[AIVY]"
)
_LABEL = r"(?:zip(?:[\s\-]?code)?|post(?:al\s?)?code|postleitzahl|plz|code\spostal|cap|c\.?p\.?)(?:\s?[:.]\s?|\s)"
_COUNTRY = r"(?:DE|D|FR|F|CN)-"
_DIGITS = re.compile(
    rf"(?P<before>(?i:{_LABEL})?(?:(?:{_STATES})\s|{_COUNTRY})?)(?P<area>[0-9]{{3}})(?:[0-9]{{2}}(?:-[0-9]{{4}})?|[0-9]{{3}})?"
)
# The outward code and the forward sortation area; the second half of the code narrows it to a street.
_BRITISH = re.compile(
    r"(?P<before>(?i:post\s?code(?::\s?|\s))?)(?P<area>[A-Za-z]{1,2}[0-9][A-Za-z0-9]?)(?:\s?[0-9][A-Za-z]{2})"
)
_OUTWARD = re.compile(r"(?P<before>)(?P<area>[A-Za-z]{1,2}[0-9][A-Za-z0-9]?)")
_CANADIAN = re.compile(
    r"(?P<before>)(?P<area>[ABCEGHJ-NPRSTVXYabceghj-nprstvxy][0-9][A-Za-z])(?:\s?[0-9][A-Za-z][0-9])?"
)
_FEWEST = 100
_MOST = 999_999
_ZIP = 5


def zip3(value: object) -> str | None:
    """Return the area of a postcode: `10115-1234` → `101`, `CA 90210` → `CA 902`, `SW1A 1AA` → `SW1A`.

    Five digits (United States, Germany, France) and six (China) are cut to three, those of thinly peopled ZIP areas to
    `000`; a number of three to five digits has lost its leading zeros. An area alone stays. None for other countries.
    """
    if isinstance(value, str):
        return _area(value)
    number = integer_of(value, _FEWEST, _MOST)
    return None if number is None or isinstance(value, float) else _area(str(number).zfill(_ZIP))


def _area(text: str) -> str | None:
    forms = (_DIGITS, _CANADIAN, _BRITISH, _OUTWARD)
    match = next(filter(None, (form.fullmatch(text) for form in forms)), None)
    if match is None:
        return None
    return match["before"] + ("000" if match["area"] in SPARSE else match["area"])
