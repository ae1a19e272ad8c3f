"""Fakes that work, a leak probe, the runner of policy suites: shipped for your tests, used in ours for mocks."""

from needful.testing.coverage import Coverage, CoveredRule, coverage_of
from needful.testing.fakes import KeywordDetector, MemoryLedger, MemoryStore, MemoryVault, PlainOperators
from needful.testing.probe import LeakProbe
from needful.testing.suites import CaseResult, SuiteResult, run_suite
from needful.testing.surrogates import PlainSurrogates

__all__ = [
    "CaseResult",
    "Coverage",
    "CoveredRule",
    "KeywordDetector",
    "LeakProbe",
    "MemoryLedger",
    "MemoryStore",
    "MemoryVault",
    "PlainOperators",
    "PlainSurrogates",
    "SuiteResult",
    "coverage_of",
    "run_suite",
]
