"""Detectors that workers on Ray can find by name."""

from __future__ import annotations

from annotating_support import Failing

from needful.policy import Policy


def failing_for(policy: Policy, purpose: str) -> Failing:
    """What fails at texts with the word "poison", with an error that quotes them."""
    return Failing()
