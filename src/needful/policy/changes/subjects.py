"""One thing of two policies that is compared, and what the comparison says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from needful.policy.changes.orders import Order
from needful.policy.document import When
from needful.policy.narrowing import Attribute

__all__ = ["Kind", "Part", "Subject", "Verdict"]

Kind = Literal["more", "less", "differs"]
Part = Literal["policy", "purpose", "field", "entity", "filter", "limit", "detection", "question", "restore"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the new policy discloses, compared with the old one, and what each says, in words."""

    order: Order
    old: str
    new: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that both policies decide about, perhaps otherwise for one principal than for another."""

    part: Part
    name: str
    judge: Callable[[Attribute], Verdict]
    whens: tuple[When | None, ...] = ()
    """Of the rules that decide: their attributes tell apart for whom the verdict may differ."""

    @classmethod
    def fixed(cls, part: Part, name: str, verdict: Verdict) -> Subject:
        """Make a subject that is the same for everybody."""
        return cls(part, name, lambda attribute: verdict)
