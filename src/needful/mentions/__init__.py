"""Where the values of a call are mentioned: those that its records name, and those that the detector found once."""

from needful.mentions.found import found_values
from needful.mentions.index import Mentions
from needful.mentions.reading import Reading
from needful.mentions.signs import Signs
from needful.mentions.sought import CONSISTENCY, KNOWN, VARIANT, FoundValue, KnownValue

__all__ = [
    "CONSISTENCY",
    "KNOWN",
    "VARIANT",
    "FoundValue",
    "KnownValue",
    "Mentions",
    "Reading",
    "Signs",
    "found_values",
]
