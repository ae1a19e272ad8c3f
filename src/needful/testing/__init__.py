"""Fakes that work, a leak probe, the runner of policy suites: shipped for your tests, used in ours for mocks."""

from needful.testing.fakes import KeywordDetector, MemoryLedger, MemoryStore, PlainOperators
from needful.testing.probe import LeakProbe
from needful.testing.suites import CaseResult, SuiteResult, run_suite

__all__ = [
    "CaseResult",
    "KeywordDetector",
    "LeakProbe",
    "MemoryLedger",
    "MemoryStore",
    "PlainOperators",
    "SuiteResult",
    "run_suite",
]
