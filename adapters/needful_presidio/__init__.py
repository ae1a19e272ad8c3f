"""Presidio as Needful's detector and operators.

The names below are imported on first use, so that `import needful_presidio` does not import Presidio.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from needful_presidio.detector import PresidioDetector, detector_for
    from needful_presidio.operators import PresidioOperators

__all__ = ["PresidioDetector", "PresidioOperators", "detector_for"]

logging.getLogger("needful_presidio").addHandler(logging.NullHandler())

_HOMES = {"PresidioDetector": "detector", "PresidioOperators": "operators", "detector_for": "detector"}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted(__all__)
