"""What a check or a lint says, and of which place."""

from __future__ import annotations

from dataclasses import dataclass

from needful.policy.plain import Location, Side

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong (or unwise) at one place of a policy."""

    at: Location
    message: str
    hint: str = ""
    side: Side = "value"
