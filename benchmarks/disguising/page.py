"""docs/disguises.md, written from what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from disguising.matrix import EXAMPLES, Cell, examples, matrix, ours, plain, stock
from disguising.samples import VALUES
from disguising.ways import WAYS

__all__ = ["page"]

_NAMES = {
    "EMAIL_ADDRESS": "e-mail",
    "PHONE_NUMBER": "phone",
    "US_SSN": "SSN",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP",
}

_ABOUT = """# Identifiers in disguise

Detection runs on a text as it stands, on the text as a reader sees it (`needful.folding`), and on what encoded
stretches of it stand for (`needful.decoding`). What any of them finds is redacted in the original. What was found in a
decoded stretch covers the escapes that it was written in, or the whole word of base64, and no more.

This page is written by `python benchmarks/disguises.py > docs/disguises.md`, and a test compares
(`tests/adapters/test_presidio_matrix.py`). Each cell has five made-up values in running sentences, and is covered when
every letter and digit of all five is. A number is how many of the five were found. Stock Presidio has the same six
entities and every score that it gives, whatever the threshold; it finds all thirty values as they are, and so does
Needful.
"""

_LIMITS = """## What is not claimed

- Two layers are taken off, no more: HTML in HTML, base64 in a percent-encoded query. A third stays on.
- Of one base64 word, 256 KiB are decoded. Base64 counts where it stands for at least seven characters of readable UTF-8
  in a row. Other encodings of bytes (hexadecimal, base32, UTF-16), compression and encryption are not opened.
- A line break in the middle of an e-mail address's name is not closed: the line before may end in any word. A number
  broken in the middle of a group is closed where its groups then have the form of such a number, or words stand on
  both lines.
- Spelled-out numbers (`nine one two`), letters for digits (`4lll` for `4111`, the Latin O for zero), pictures of text
  and words in another order are not undone.
- What is found near a decoded stretch and does not touch it does not count: it is found in the text itself, or not.
"""


def page() -> str:
    """Measure both and return the page."""
    assert {*plain(ours).values(), *plain(stock).values()} == {EXAMPLES}
    here, there = matrix(ours), matrix(stock)
    covered = [sum(cell.covered for cell in cells) for cells in (here, there)]
    return "\n".join(
        [
            _ABOUT,
            f"**Covered here: {covered[0]} of {len(here)} cells. Covered by stock Presidio: {covered[1]}.**\n",
            "## Here\n",
            *_table(here),
            "\n## Stock Presidio\n",
            *_table(there),
            "\n## Known misses here\n",
            "Characters that are not ASCII are written as escapes.\n",
            *_misses(),
            "",
            _LIMITS,
        ]
    )


def _table(cells: Sequence[Cell]) -> Iterator[str]:
    found = {(cell.entity, cell.way): cell for cell in cells}
    yield f"| disguise | how | {' | '.join(_NAMES.values())} |"
    yield f"|---|---|{'---|' * len(_NAMES)}"
    for way in WAYS:
        row = [found[entity, way.name] for entity in VALUES]
        counts = (f"**{cell.found}**" if cell.covered else str(cell.found) for cell in row)
        yield f"| {way.name} | {way.note} | {' | '.join(counts)} |"


def _misses() -> Iterator[str]:
    for way in WAYS:
        for entity in VALUES:
            for example in examples(entity, way.write):
                if not example.found_by(ours()):
                    yield f"- {_NAMES[entity]}, {way.name}: `{ascii(example.text[example.start : example.end])[1:-1]}`"
