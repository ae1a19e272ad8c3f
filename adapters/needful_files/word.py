"""DOCX to text: paragraphs, tables, text boxes, then notes. Needs the extra `files` (python-docx).

The tree is walked here, because python-docx passes over what stands in content controls and tracked insertions.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from needful_files.content import ENCRYPTED, MAX_UNPACKED, Content, Unreadable

__all__ = ["content"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a .doc begins, and a DOCX with a password ([MS-CFB] §2.2)."""

_MAX_PARTS = 10_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_PASSED_OVER = {f"{_W}moveFrom", f"{_W}del", _FALLBACK}
"""What was deleted or moved away, and the second copy of what older programs cannot show."""

_NOTES = ("/footnotes", "/endnotes")


def content(data: bytes) -> Content:
    """Read a DOCX. Headers, footers and comments are left out. Raises `Unreadable`, and any error."""
    from docx import Document

    if data.startswith(_OLE):
        raise Unreadable(f"{ENCRYPTED[:-1]}, or it is a .doc: save it as .docx)")
    _measured(data)
    part = Document(BytesIO(data)).part
    roots = [part.element, *_notes(part)]
    blocks = (block for root in roots for block in _blocks(root))
    return Content("\n\n".join(filter(None, blocks)))


def _measured(data: bytes) -> None:
    """Refuse an archive by what it says it holds: `zipfile` unpacks no more of a member than that."""
    with ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
    if len(members) > _MAX_PARTS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Unreadable(f"unpacked, the file has more than {MAX_UNPACKED // 1_000_000} MB")


def _notes(part: Any) -> Iterator[Any]:
    from docx.oxml.parser import parse_xml

    for relation in part.rels.values():
        if relation.reltype.endswith(_NOTES):
            yield parse_xml(relation.target_part.blob)


def _blocks(root: Any) -> Iterator[str]:
    """Yield paragraphs and tables in order. Raises `Unreadable`."""
    if root.getroottree().docinfo.internalDTD is not None:
        # Entities are not resolved, so its text would be incomplete; no program writes one.
        raise Unreadable("the file declares a document type, which no DOCX does")
    yield from _inside(root)


def _inside(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == f"{_W}p":
            # A list of tab stops stands before the text, and is stripped as blanks are.
            yield "".join(_pieces(child)).strip()
        elif child.tag == f"{_W}tbl":
            yield "\n".join(filter(None, _rows(child)))
        elif child.tag not in _PASSED_OVER:
            yield from _inside(child)


def _rows(table: Any) -> Iterator[str]:
    """Yield a line a row, with a tab between cells; what a cell has on several lines stands on one."""
    for row in _below(table, f"{_W}tr"):
        cells = (" ".join(filter(None, _inside(cell))) for cell in _below(row, f"{_W}tc"))
        yield "\t".join(" ".join(cell.split()) for cell in cells).rstrip()


def _below(element: Any, tag: str) -> Iterator[Any]:
    """Yield what has the tag, through content controls, and not what lies inside of one that has."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in _PASSED_OVER:
            yield from _below(child, tag)


def _pieces(element: Any) -> Iterator[str]:
    """Yield the text of a paragraph; a text box in it stands on lines of its own."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == f"{_W}txbxContent":
            yield "\n" + "\n".join(filter(None, _inside(child))) + "\n"
        elif child.tag not in _PASSED_OVER:
            yield from _pieces(child)
