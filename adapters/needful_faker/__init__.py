"""Made-up values from Faker's lists, chosen by keyed bytes.

The name below is imported on first use, and Faker itself with the first fake: `import needful_faker` costs nothing.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from needful_faker.surrogates import FakerSurrogates

__all__ = ["FakerSurrogates"]

logging.getLogger("needful_faker").addHandler(logging.NullHandler())

_HOMES = {"FakerSurrogates": "surrogates"}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted(__all__)
