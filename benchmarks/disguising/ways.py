"""Twenty ways to hide an identifier from a pattern that a reader, a browser or a language model still reads.

A way is a function from a value, its entity and the number of the example (0 to 4) to what is written in its place.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from needful.folding import LOOKALIKES

__all__ = ["WAYS", "Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """A disguise: what it is called, how an example looks in the table, and what it writes."""

    name: str
    note: str
    write: Callable[[str, str, int], str]


_GROUPED = frozenset({"PHONE_NUMBER", "US_SSN", "CREDIT_CARD", "IBAN_CODE"})
_GAP = re.compile("[ -]")
_NAMES = {"@": "&commat;", ".": "&period;", "-": "&hyphen;", "_": "&lowbar;", "+": "&plus;", " ": "&nbsp;"}
_CONFUSED = {latin: letter for letter, latin in LOOKALIKES.items()} | {"0": "О", "3": "З", "4": "Ч", "6": "б"}
_SPACES = "\u00a0\u2009\u202f\u2007\u3000"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_MARKS = "\u0336\u0301\u0332\u0308\u20e3"
_ZEROS = "\u0660\u06f0\u0966\u09e6\u0e50"
_BOLD, _SANS, _MONO = (0x1D400, 0x1D41A, 0x1D7CE), (0x1D5A0, 0x1D5BA, 0x1D7E2), (0x1D670, 0x1D68A, 0x1D7F6)
_ALPHABETS = (_BOLD, _SANS, _MONO, (0x1D5D4, 0x1D5EE, 0x1D7EC), (0x1D468, 0x1D482, 0x1D7D8))


def _each(value: str, written: Callable[[str], str]) -> str:
    return "".join(map(written, value))


def _sprinkled(value: str, sign: str, every: int) -> str:
    inside = [character + sign * (index % every == 0) for index, character in enumerate(value[:-1])]
    return "".join(inside) + value[-1]


def _spaces(value: str, entity: str, example: int) -> str:
    space = _SPACES[example]
    if entity in _GROUPED:
        return _GAP.sub(space, value)
    return value.replace("@", f"{space}@{space}") if "@" in value else value.replace(".", f".{space}")


def _dashes(value: str, entity: str, example: int) -> str:
    if entity in _GROUPED:
        return _GAP.sub("\u2010\u2011\u2013\u2014\u2212"[example], value)
    return value.replace(".", "\u2024\uff0e\u3002\uff61\u00b7"[example])


def _wide(value: str, _entity: str, _example: int) -> str:
    return _each(value, lambda one: chr(ord(one) + 0xFEE0) if one > " " else "\u3000")


def _digits(value: str, _entity: str, example: int) -> str:
    return _each(value, lambda one: chr(ord(_ZEROS[example]) + int(one)) if one.isdigit() else one)


def _mathematical(value: str, _entity: str, example: int) -> str:
    capital, small, zero = _ALPHABETS[example]
    starts = ((re.compile("[A-Z]"), "A", capital), (re.compile("[a-z]"), "a", small), (re.compile("[0-9]"), "0", zero))
    return _each(
        value,
        lambda one: next((chr(start + ord(one) - ord(base)) for kind, base, start in starts if kind.match(one)), one),
    )


def _confused(value: str, entity: str, _example: int) -> str:
    if entity == "EMAIL_ADDRESS":
        return _each(value, lambda one: one if one.isdigit() else _CONFUSED.get(one, one))
    # One letter or digit in each group.
    groups = re.split(r"([ .\-])", value)
    pattern = re.compile(f"[{''.join(_CONFUSED)}]")
    return "".join(pattern.sub(lambda match: _CONFUSED[match[0]], group, count=1) for group in groups)


def _marked(value: str, _entity: str, example: int) -> str:
    return _each(value, lambda one: one + _MARKS[example] if one.isalnum() else one)


def _decimal(value: str, _entity: str, example: int) -> str:
    form = ("&#{};", "&#{:04d};", "&#{}")[example % 3]
    return _each(value, lambda one: form.format(ord(one)))


def _hexadecimal(value: str, _entity: str, example: int) -> str:
    form = ("&#x{:x};", "&#X{:04X};", "&#x{:x}")[example % 3]
    return _each(value, lambda one: form.format(ord(one)))


def _percent(value: str, _entity: str, example: int) -> str:
    return _each(value, lambda one: ("%{:02X}", "%{:02x}")[example % 2].format(ord(one)))


def _radix(value: str, example: int) -> str:
    encode = (base64.b64encode, base64.urlsafe_b64encode)[example % 2]
    text = encode(value.encode()).decode()
    return text if example < 3 else text.rstrip("=")


def _sentence(value: str, _entity: str, example: int) -> str:
    return _radix(f"Guten Tag, hier die Angaben für Sie: {value} – bitte vertraulich behandeln.", example)


def _broken(value: str, entity: str, example: int) -> str:
    """Break after a sign, another one each time; the last example breaks a group, or the name, in the middle."""
    if entity == "EMAIL_ADDRESS":
        signs = [match.end() for match in re.finditer("[@._-]", value)]
    else:
        signs = [match.end() for match in re.finditer("[ .-]", value)]
    place = signs[example % len(signs)] if example < 4 else signs[0] + 2
    return value[:place].rstrip(" ") + "\n" + value[place:]


def _spelled(value: str, entity: str, example: int) -> str:
    if entity == "EMAIL_ADDRESS":
        at = (" at ", " [at] ", " (at) ", " at ", " {at} ")[example]
        return value.replace("@", at).replace(".", at.replace("at", "dot"))
    return " ".join(value.replace(" ", ""))


def _grouped(value: str, entity: str, example: int) -> str:
    if entity == "EMAIL_ADDRESS":
        at, dot = (("[at]", "[.]"), ("_at_", "_dot_"), ("(at)", "(dot)"), ("@", "[.]"), ("@", "(dot)"))[example]
        return value.replace("@", at).replace(".", dot)
    if entity == "IP_ADDRESS":
        return value.replace(".", ("_", "[.]", "(dot)", "_", "(.)")[example])
    return _GAP.sub(".", value) if example % 2 else _GAP.sub("_", value)


def _overridden(value: str, _entity: str, example: int) -> str:
    return f"\u202e{value if example % 2 else value[::-1]}\u202c"


WAYS = (
    Way("zero-width characters", "one after each character", lambda v, _, n: _sprinkled(v, _ZERO_WIDTH[n], 1)),
    Way("soft hyphens", "after every second character", lambda v, _, n: _sprinkled(v, "\u00ad", 2)),
    Way("other spaces", "no-break, thin, figure, wide; round the at-sign, after dots", _spaces),
    Way("other dashes and dots", "hyphen, en and em dash, minus; dots of other scripts", _dashes),
    Way("full-width characters", "４１１１", _wide),
    Way("digits of other scripts", "Arabic, Persian, Devanagari, Bengali, Thai", _digits),
    Way("mathematical letters and digits", "𝟒𝟏𝟏𝟏", _mathematical),
    Way("Cyrillic and Greek look-alikes", "every letter of an address, a character of each group", _confused),
    Way("combining marks", "strokes, accents, lines, key caps on each letter and digit", _marked),
    Way("tag characters", "U+E0020 and on: nothing is to be seen", lambda v, _, n: _each(v, _tag)),
    Way("HTML, decimal", "`&#52;`, `&#0052;` and without the semicolon", _decimal),
    Way("HTML, hexadecimal", "`&#x34;`, `&#X0034;` and without the semicolon", _hexadecimal),
    Way(
        "HTML, named",
        "`&commat; &period; &hyphen; &nbsp; &plus;`",
        lambda v, _, n: _each(v, lambda o: _NAMES.get(o, o)),
    ),
    Way("percent-encoding", "every character", _percent),
    Way("base64", "both alphabets, with padding and without", lambda v, _, n: _radix(v, n)),
    Way("base64 of a sentence", "both alphabets, with padding and without", _sentence),
    Way("line break inside", "after a sign; once in the middle of a group", _broken),
    Way("spelled out", "at, dot; a space after each digit", _spelled),
    Way("other signs between groups", "underscores, dots, brackets round dots", _grouped),
    Way("right-to-left override", "in order, and turned round so that it is read in order", _overridden),
)


def _tag(character: str) -> str:
    return chr(0xE0000 + ord(character))
