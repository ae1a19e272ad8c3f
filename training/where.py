"""Where things are: the repository's folders, so that training uses what ships, and the licensed data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["HERE", "ROOT", "WEIGHTS", "data_folder"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WEIGHTS = ROOT / "adapters" / "needful_presidio" / "ner" / "weights"

sys.path[:0] = [str(ROOT / folder) for folder in ("adapters", "src", "benchmarks")]


def data_folder() -> Path:
    """Where the licensed sets are: `$NEEDFUL_DATA`, else beside the repository."""
    return Path(os.environ.get("NEEDFUL_DATA") or ROOT.parent / "shared" / "data") / "pii"
