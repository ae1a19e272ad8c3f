"""What the sections of a report share: how a chart is framed, and how numbers are said."""

from __future__ import annotations

from needful_cli.audit_charts import MOST_BARS
from needful_cli.audit_html import escaped

__all__ = ["NONE", "figure", "left_out", "many"]

NONE = "None in this period."
"""What a section without figures says."""


def figure(chart: str, note: str = "") -> str:
    """A chart with what is to be known about it. `chart` is HTML."""
    # On a narrow screen it scrolls, for who has no mouse as well.
    caption = f"<figcaption>{escaped(note)}</figcaption>" if note else ""
    return f'<figure tabindex="0">{chart}{caption}</figure>'


def left_out(count: int) -> str:
    """What is said where a chart has no room for so many bars."""
    return f"The {MOST_BARS} largest of {count}; the table has all." if count > MOST_BARS else ""


def many(count: int, one: str, several: str = "") -> str:
    """`1 record`, `2 records`."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
