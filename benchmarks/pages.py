"""Generated parts of a page: what stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DOCS", "write_block"]

DOCS = Path(__file__).resolve().parents[1] / "docs"


def write_block(page: str, name: str, text: str) -> None:
    """Replace one part of a page of the documentation. Raises `ValueError` if the page does not have it."""
    path = DOCS / page
    begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
    before, found, rest = path.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page} has no part {name}")
    path.write_text(f"{before}{begin}{text.strip()}\n{end}{after}", "utf-8")
