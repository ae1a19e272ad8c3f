"""The generated records of `benchmarks/known_values.py`: words, ways of writing values, records with mentions."""
