"""Which kind of variants a known value has: by its entity, else by what it looks like."""

from __future__ import annotations

from enum import Enum, auto

from needful.mentions.codes import is_code

__all__ = ["Kind", "kind_of"]


class Kind(Enum):
    """How people write a value in other ways."""

    NAME = auto()
    PLACE = auto()
    CODE = auto()
    DATE = auto()
    MAIL = auto()
    EXACT = auto()


_BY_ENTITY = {
    "PERSON": Kind.NAME,
    "LOCATION": Kind.PLACE,
    "DATE_TIME": Kind.DATE,
    "EMAIL_ADDRESS": Kind.MAIL,
    "ORGANIZATION": Kind.EXACT,
    "NRP": Kind.EXACT,
    "AGE": Kind.EXACT,
    "URL": Kind.EXACT,
    "IP_ADDRESS": Kind.EXACT,
    "MAC_ADDRESS": Kind.EXACT,
    "UUID": Kind.EXACT,
    "CRYPTO": Kind.EXACT,
}
_BY_WORD = {
    word: kind
    for kind, words in {
        Kind.NAME: "PERSON NAME SURNAME CUSTOMER CLIENT PATIENT EMPLOYEE AGENT OWNER CONTACT TENANT INSURED HOLDER",
        Kind.PLACE: "ADDRESS LOCATION STREET CITY",
        Kind.DATE: "DATE BIRTH BIRTHDAY BIRTHDATE DOB",
    }.items()
    for word in words.split()
}


def kind_of(entity: str, value: str) -> Kind:
    """The kind of a known value: `ACCOUNT` with fifteen digits is a code, `CUSTOMER` without any a name."""
    kind = _BY_ENTITY.get(entity)
    if kind:
        return kind
    if "@" in value:
        return Kind.MAIL
    named = next((of_word for word in entity.split("_") if (of_word := _BY_WORD.get(word))), None)
    if named is Kind.NAME and any(map(str.isdigit, value)):
        named = None
    if named:
        return named
    return Kind.CODE if is_code(value) else Kind.EXACT
