"""What is looked for, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from needful.mentions.reading import Reading
from needful.values import Span

__all__ = ["CONSISTENCY", "KNOWN", "VARIANT", "FoundValue", "KnownValue", "Source"]

KNOWN = "known-value"
VARIANT = "known-variant"
CONSISTENCY = "consistency"


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value that a record itself names, such as the customer's name. Raw."""

    entity: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A value that the detector found somewhere in the call. Raw."""

    entity: str
    value: str = field(repr=False)
    score: float


@dataclass(frozen=True, slots=True)
class Source:
    """What the spans of a value say: the entity, how sure it is, and who found it."""

    entity: str
    score: float
    recognizer: str

    def span(self, reading: Reading, start: int, end: int) -> Span:
        """The span of a stretch of the folded text."""
        return Span(*reading.original(start, end), self.entity, self.score, self.recognizer)
