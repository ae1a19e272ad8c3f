"""A pytest plugin: how Hypothesis looks for examples while mutants are tested.

The same examples every time, and no search for a smaller one: it costs minutes and says nothing that is asked here.
"""

from __future__ import annotations

from hypothesis import Phase, settings

__all__ = ["PROFILE"]

PROFILE = "mutation"
"""What HYPOTHESIS_PROFILE is set to."""

settings.register_profile(
    PROFILE, derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate), max_examples=100
)
