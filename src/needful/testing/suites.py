"""Runs the test suite of a policy through the real pipeline, over a store, a ledger and a key in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from needful.errors import AccessDenied
from needful.filters import from_test
from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.policy.suites import Case, Outcome, Suite, difference
from needful.ports import Detector, Operators
from needful.testing.fakes import MemoryLedger, MemoryStore, PlainOperators
from needful.values import Filter, Principal, Release, Request

__all__ = ["CaseResult", "SuiteResult", "run_suite"]

DetectorFor = Callable[[Policy, str], Detector]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one test went: `problem` says the first difference, None that there is none. `line` counts from 1."""

    name: str
    line: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """How the tests of one policy went."""

    policy: Policy
    results: tuple[CaseResult, ...]

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The tests that did not go as expected."""
        return tuple(result for result in self.results if result.problem is not None)


def run_suite(
    path: str | PathLike[str] | Suite, *, detector_for: DetectorFor, operators: Operators | None = None
) -> SuiteResult:
    """Run the suite at a path. `detector_for` makes the detector of a policy's purpose: needful_presidio has one.

    Raises `PolicyError` where the suite or its policy does not load, and what the pipeline raises, refusals aside.
    """
    suite = path if isinstance(path, Suite) else Suite.load(Path(path))
    policy = Policy.load(suite.policy)
    operators = operators or PlainOperators()
    results = (
        CaseResult(case.name, suite.lines.get(case.name, 0), _problem(case, policy, detector_for, operators))
        for case in suite.cases
    )
    return SuiteResult(policy, tuple(results))


def _problem(case: Case, policy: Policy, detector_for: DetectorFor, operators: Operators) -> str | None:
    pipeline = Pipeline(
        policy=policy,
        store=MemoryStore(case.records, text_key=policy.layout.text, in_order=True),
        detector_for=lambda purpose: detector_for(policy, purpose),
        operators=operators,
        ledger=MemoryLedger(),
        keys=Keys.random(),
    )
    try:
        asked = _request(case)
    except ValueError as error:  # Principal.of has static texts
        return f"principal: {error}"
    try:
        outcome = _outcome(pipeline.release(asked))
    except AccessDenied as refusal:
        outcome = Outcome(refused=refusal.code)
    return difference(case.expect, outcome)


def _request(case: Case) -> Request:
    conditions = (condition for key, test in case.filter.items() for condition in from_test(key, test))
    return Request(
        query=case.query,
        purpose=case.purpose,
        principal=Principal.of(case.principal) if case.principal else None,
        k=case.k,
        filter=Filter(must=tuple(conditions)) if case.filter else None,
    )


def _outcome(release: Release) -> Outcome:
    documents = [{"page_content": document.text, "metadata": document.fields} for document in release.documents]
    return Outcome(documents, release.withheld, None, release.query)
