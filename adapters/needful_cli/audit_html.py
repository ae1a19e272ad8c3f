"""Pieces of an HTML page. What comes from outside goes through `escaped`, and nothing else does."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from needful_cli.output import clean

__all__ = ["escaped", "paragraph", "section", "shortened", "table"]

# What HTML has no place for and `clean` leaves: lone surrogates and non-characters.
_NO_HTML = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def escaped(text: object) -> str:
    """Text as it may stand in an element or in an attribute in double quotes."""
    return html.escape(_NO_HTML.sub("\ufffd", clean(str(text))), quote=True)


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters; what is cut off is marked."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of text."""
    return f"<p{_class(kind)}>{escaped(text)}</p>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first column heads its rows. Whole numbers are set to the right, with commas.

    It scrolls where it is long or wide; on paper it is there in full.
    """
    numeric: set[int] = set()
    body = []
    for row in rows:
        numeric |= {index for index, cell in enumerate(row) if _is_number(cell)}
        body.append(f"<tr>{''.join(_cell(cell, first=index == 0) for index, cell in enumerate(row))}</tr>")
    top = "".join(
        f'<th scope="col"{_class("n" if i in numeric else "")}>{escaped(h)}</th>' for i, h in enumerate(heads)
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(caption)}"><table>'
        f"<caption>{escaped(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(cell: object, *, first: bool) -> str:
    # Long names are paths: they may break after a dot.
    text = f"{cell:,}" if isinstance(cell, int) else escaped(cell).replace(".", ".<wbr>")
    kind = _class("n" if _is_number(cell) else "")
    return f'<th scope="row"{kind}>{text}</th>' if first else f"<td{kind}>{text}</td>"


def _is_number(cell: object) -> bool:
    return isinstance(cell, int) or (isinstance(cell, str) and cell[-1:] == "%" and cell[:-1].isdecimal())


def section(anchor: str, title: str, *parts: str) -> str:
    """A section with its heading. The parts are HTML."""
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escaped(title)}</h2>{"".join(parts)}</section>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
