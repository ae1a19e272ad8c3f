"""Fakes that work, a leak probe and the runner of policy suites: shipped for your own tests, used in ours instead of mocks."""

from needful.testing.fakes import KeywordDetector, MemoryLedger, MemoryStore, PlainOperators
from needful.testing.probe import LeakProbe

__all__ = ["KeywordDetector", "LeakProbe", "MemoryLedger", "MemoryStore", "PlainOperators"]
