"""Runs the test suite of a policy through the real pipeline, over a store, a ledger, a vault and a key in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from needful.errors import AccessDenied
from needful.filters import from_test
from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.policy.suites.comparing import Outcome, RestoredOutcome, difference, restored_difference
from needful.policy.suites.suite import Case, Suite
from needful.policy.walking import needs_of
from needful.ports import Detector, Operators, Surrogates
from needful.restoring import Restorer
from needful.testing.fakes import MemoryLedger, MemoryVault, PlainOperators
from needful.testing.observing import (
    MarkedSurrogates,
    Observation,
    SuiteStore,
    WatchedDetector,
    WordEmbedder,
    payload_of,
)
from needful.testing.replaying import replayed
from needful.testing.surrogates import PlainSurrogates
from needful.transforms import merged_counts
from needful.values import Document, Filter, Principal, Release, Request

__all__ = ["CaseResult", "SuiteResult", "run_suite"]

DetectorFor = Callable[[Policy, str], Detector]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one test went: `problem` says the first difference, None that there is none. `line` counts from 1."""

    name: str
    line: int
    problem: str | None
    case: Case = field(repr=False)
    outcome: Outcome | None = field(default=None, repr=False)
    """What came out; None where the request could not be made."""
    seen: Observation | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """How the tests of one policy went."""

    policy: Policy
    results: tuple[CaseResult, ...]
    suite: Suite = field(repr=False)

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The tests that did not go as expected."""
        return tuple(result for result in self.results if result.problem is not None)


def run_suite(
    path: str | PathLike[str] | Suite,
    *,
    detector_for: DetectorFor,
    operators: Operators | None = None,
    surrogates: Surrogates | None = None,
    named: str = "",
) -> SuiteResult:
    """Run the suite at a path. `detector_for` makes the detector of a policy's purpose: needful_presidio has one.

    Only tests run whose name has `named` in it, in upper or lower case. Raises `PolicyError` where the suite or its
    policy does not load, and what the pipeline raises, refusals aside.
    """
    suite = path if isinstance(path, Suite) else Suite.load(Path(path))
    policy = Policy.load(suite.policy)
    workbench = _Workbench(policy, detector_for, operators or PlainOperators(), surrogates or PlainSurrogates())
    chosen = (case for case in suite.cases if named.casefold() in case.name.casefold())
    return SuiteResult(policy, tuple(workbench.run(case) for case in chosen), suite)


@dataclass(frozen=True, slots=True)
class _Workbench:
    policy: Policy
    detector_for: DetectorFor
    operators: Operators
    surrogates: Surrogates

    def run(self, case: Case) -> CaseResult:
        """Run one test in surroundings of its own."""
        result = CaseResult(case.name, case.line, None, case)
        try:
            asked = _request(case)
        except ValueError as error:  # Principal.of has static texts
            return replace(result, problem=f"principal: {error}")
        detectors: list[WatchedDetector] = []
        pipeline, store = self._pipeline(case, detectors)
        outcome, documents = _asked(pipeline, asked)
        problem = difference(case.expect, outcome)
        restored = _restored(pipeline, case, asked, documents) if case.restore else None
        ledger: MemoryLedger = pipeline.ledger  # type: ignore[assignment]  # _pipeline made it
        recognizers = frozenset(name for detector in detectors for name in detector.recognizers)
        seen = Observation(pipeline, store, asked, tuple(ledger.entries), documents, recognizers)
        if problem and case.text is not None:
            problem += _why_cut(seen)
        return replace(result, problem=problem or restored, outcome=outcome, seen=seen)

    def _pipeline(self, case: Case, detectors: list[WatchedDetector]) -> tuple[Pipeline, SuiteStore]:
        def watched(purpose: str) -> WatchedDetector:
            detectors.append(WatchedDetector(self.detector_for(self.policy, purpose)))
            return detectors[-1]

        payloads = case.records if case.text is None else (payload_of(case.text, self.policy.layout),)
        store = SuiteStore(payloads, unfiltered=case.text is not None)
        needs = needs_of(self.policy.document)
        pipeline = Pipeline(
            policy=self.policy,
            store=store,
            detector_for=watched,
            operators=self.operators,
            ledger=MemoryLedger(),
            keys=Keys.random(),
            vault=MemoryVault() if needs.vault else None,
            surrogates=MarkedSurrogates(self.surrogates) if needs.surrogates else None,
            embedder=WordEmbedder(),
        )
        return pipeline, store


def _why_cut(seen: Observation) -> str:
    """What to say where a text has more sentences than the purpose shows: that is easily forgotten."""
    again = replayed(seen)
    if again.plan is None or not again.is_cut:
        return ""
    most = again.plan.purpose.limits.passages
    return f" (the purpose shows at most {most} sentence{'' if most == 1 else 's'} of a record)"


def _request(case: Case) -> Request:
    conditions = (condition for key, test in case.filter.items() for condition in from_test(key, test))
    return Request(
        query=case.query,
        purpose=case.purpose,
        principal=Principal.of(case.principal) if case.principal else None,
        k=case.k,
        filter=Filter(must=tuple(conditions)) if case.filter else None,
    )


def _asked(pipeline: Pipeline, asked: Request) -> tuple[Outcome, tuple[Document, ...]]:
    try:
        release = pipeline.release(asked)
        return _outcome(release), tuple(release.documents)
    except AccessDenied as refusal:
        return Outcome(refused=refusal.code), ()


def _outcome(release: Release) -> Outcome:
    documents = [{"page_content": document.text, "metadata": document.fields} for document in release.documents]
    counts = merged_counts(document.counts for document in release.documents)
    return Outcome(documents, release.withheld, None, release.query, counts)


def _restored(pipeline: Pipeline, case: Case, asked: Request, documents: tuple[Document, ...]) -> str | None:
    """Restore the first document's text; return the first difference, or None."""
    wanted = case.restore
    if wanted is None:
        return None
    if not documents:
        return "restore: there is no document to restore"
    try:
        principal = Principal.of(wanted.principal) if wanted.principal else asked.principal
    except ValueError as error:
        return f"restore.principal: {error}"
    restorer = Restorer(pipeline.policy, pipeline.keys, pipeline.ledger, pipeline.vault)
    request = replace(asked, purpose=wanted.purpose or asked.purpose, principal=principal)
    try:
        done = restorer.restore(documents[0].text, request)
        outcome = RestoredOutcome(done.text, done.restored)
    except AccessDenied as refusal:
        outcome = RestoredOutcome(refused=refusal.code)
    return restored_difference(wanted.expect, outcome)
