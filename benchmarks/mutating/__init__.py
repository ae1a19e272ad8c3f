"""The parts of `benchmarks/mutation.py`: what is mutated, what became of it, and the page."""
