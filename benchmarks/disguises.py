"""Six identifiers in twenty disguises: what is found here, and by stock Presidio.

    python benchmarks/disguises.py > docs/disguises.md

A cell counts as covered when all of its five values are covered wholly: every letter, every digit. Stock Presidio is
`AnalyzerEngine` with its default English registry, a blank spaCy pipeline, the same six entities, and every score that
it gives; ours takes scores from 0.4 on.
"""

from __future__ import annotations

import sys

from disguising.page import page

if __name__ == "__main__":
    sys.stdout.write(page())
