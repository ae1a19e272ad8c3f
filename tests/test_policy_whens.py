"""Which `when` holds only where another one does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from needful.policy.linting.whens import effective, implies
from needful.policy.narrowing import applies
from needful.values import Scalar

NAMES = ("role", "team")
VALUES = st.sampled_from((1, True, "1", "lead", 1.0))
WHENS = st.none() | st.dictionaries(
    st.sampled_from(NAMES), st.lists(VALUES, min_size=1, max_size=3).map(tuple), min_size=1
)
PRINCIPALS = st.dictionaries(st.sampled_from(NAMES), VALUES)


@settings(max_examples=200)
@given(WHENS, WHENS, WHENS, PRINCIPALS)
def test_whoever_fits_both_fits_what_they_imply(
    outer: dict[str, tuple[Scalar, ...]] | None,
    inner: dict[str, tuple[Scalar, ...]] | None,
    other: dict[str, tuple[Scalar, ...]] | None,
    principal: dict[str, Scalar],
) -> None:
    held = effective(outer, inner)
    fits = applies(outer, principal.get) and applies(inner, principal.get)
    if fits:
        assert held is not None
        assert applies(other, principal.get) or not implies(held, other)


def test_a_when_implies_itself_and_what_is_wider() -> None:
    narrow, wide = {"role": ("lead",), "team": ("red",)}, {"role": ("lead", "head")}
    assert implies(effective(None, narrow), wide)
    assert implies(effective(None, narrow), None)
    assert not implies(effective(None, wide), narrow)
    assert not implies(effective(None, None), wide)


def test_values_of_different_types_exclude_each_other() -> None:
    assert effective({"role": (1,)}, {"role": (True, "1", 1.0)}) is None
    assert not implies(effective(None, {"role": (1,)}), {"role": (True,)})
