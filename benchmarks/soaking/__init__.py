"""The parts of benchmarks/soak.py: a world full of canaries, faults at every port, callers, checks, and the page."""
