"""What is mutated, which tests must notice, and how many of the mutants at least."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AREAS", "Area"]

# In memory, none of them with a file: some hundred mutants a minute.
_VERIFYING = ("test_ledger_verifying_mutants.py", "test_ledger_anchors_mutants.py", "test_ledger_chain_mutants.py")
_PIPELINE = ("test_pipeline.py", "test_pipeline_fields.py")


@dataclass(frozen=True, slots=True)
class Area:
    """Modules under src/needful, test files under tests/, and the share of mutants that must be noticed."""

    name: str
    title: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    floor: float = 0.85
    deselected: tuple[str, ...] = ()
    """Tests of time: a loaded machine would fail them, and count for a mutant that was noticed."""


AREAS = (
    Area(
        "overlaps",
        "span resolution",
        ("overlaps.py",),
        ("test_overlaps.py", "test_overlaps_edges.py", "test_transforms.py", "test_transforms_edits.py"),
        deselected=("tests/test_overlaps.py::test_a_hundred_thousand_overlapping_spans_are_settled_in_seconds",),
    ),
    Area(
        "transforms",
        "transforms",
        ("transforms.py",),
        ("test_transforms.py", "test_transforms_edits.py", "test_overlaps.py", *_PIPELINE),
        deselected=("tests/test_overlaps.py::test_a_hundred_thousand_overlapping_spans_are_settled_in_seconds",),
    ),
    Area(
        "planning",
        "planning",
        ("planning.py",),
        ("test_planning.py", "test_planning_refusals.py", *_PIPELINE),
    ),
    Area(
        "verify",
        "the ledger's verify",
        ("ledger/verifying.py", "ledger/chain.py", "ledger/anchors.py", "ledger/erasures.py"),
        ("test_ledger_chain.py", *_VERIFYING),
        floor=1.0,
    ),
)
