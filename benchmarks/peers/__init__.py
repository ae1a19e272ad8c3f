"""Needful beside what a user would pick instead; `run.py` says how, docs/benchmarks.md has the figures."""
