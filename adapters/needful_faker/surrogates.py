"""A made-up value for a value: the same kind, the same form, chosen by keyed bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from needful.errors import DetectionError, NeedfulError
from needful.faults import interrupts
from needful_faker.amounts import age, amount
from needful_faker.asking import Asked, Draw, canonical, nothing_to_replace, visible
from needful_faker.companies import organization
from needful_faker.dates import date_or_time
from needful_faker.names import nationality, person
from needful_faker.numbers import card, iban, mac, phone, social_security, uuid
from needful_faker.places import location, postcode
from needful_faker.shapes import shape
from needful_faker.webs import email, ip, url

__all__ = ["FakerSurrogates"]

REVISION = 1
"""Counts the changes here that make other fakes of the same bytes."""

_ATTEMPTS = 8

Fake = Callable[[Asked], str]

_FAKES: Mapping[str, Fake] = MappingProxyType(
    {
        "AGE": age,
        "CA_POSTAL_CODE": postcode,
        "CREDIT_CARD": card,
        "DATE_TIME": date_or_time,
        "DE_PLZ": postcode,
        "EMAIL_ADDRESS": email,
        "IBAN_CODE": iban,
        "IP_ADDRESS": ip,
        "LOCATION": location,
        "MAC_ADDRESS": mac,
        "MONEY": amount,
        "NRP": nationality,
        "ORGANIZATION": organization,
        "PERSON": person,
        "PHONE_NUMBER": phone,
        "UK_POSTCODE": postcode,
        "URL": url,
        "US_SSN": social_security,
        "UUID": uuid,
        "ZA_MOBILE_NUMBER": phone,
        "ZA_TELEPHONE_NUMBER": phone,
        "ZIP_CODE": postcode,
    }
)
"""Entity to what makes its fakes; every other one keeps its shape."""


class FakerSurrogates:
    """Made-up values with Faker's names and places (`needful.ports.Surrogates`). Safe from several threads.

    A fake shows the form of its value: how many words and digits there are, capitals, titles, legal forms, kinds of
    streets, country codes, the century, the size of a sum, whether a given name is a woman's or a man's.
    """

    @cached_property
    def fingerprint(self) -> str:
        """Faker's version and the revision of what chooses from its lists."""
        return f"faker {_version()}, needful_faker {REVISION}"

    def fake(self, entity: str, value: str, language: str, draw: Draw) -> str:
        """Return a made-up value of the same kind, never the value itself.

        Raises `DetectionError`: code `no-surrogate` where nothing in the value can be replaced, `surrogate-fault` where
        Faker or `draw` failed.
        """
        fault: NeedfulError = DetectionError("a surrogate could not be made", code="surrogate-fault")
        try:
            return _fake(_FAKES.get(entity, shape), entity, value, language, draw)
        except NeedfulError as error:
            fault = DetectionError(error.message, code=error.code, hint=error.hint)
        except BaseException as error:
            if interrupts(error):
                raise
        raise fault


def _version() -> str:
    try:
        return version("faker")
    except PackageNotFoundError:
        return "missing"


def _fake(make: Fake, entity: str, value: str, language: str, draw: Draw) -> str:
    """Make fakes until one is not the value; what cannot be another one of its kind keeps its shape."""
    seen = visible(value)
    own = _compared(value)
    for attempt in range(_ATTEMPTS):
        fake = make(Asked(entity, seen, language, draw, attempt))
        if fake and _compared(fake) != own:
            return fake
    fake = shape(Asked(entity, seen, language, draw))
    if _compared(fake) == own:
        raise nothing_to_replace()
    return fake


def _compared(value: str) -> str:
    return "".join(canonical(visible(value)).split())
