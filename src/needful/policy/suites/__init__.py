"""Policy tests: their form, the comparison with what came out, and writing new expectations."""
