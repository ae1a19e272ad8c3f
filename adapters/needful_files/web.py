"""HTML to visible text: blocks as lines, the title as metadata. Needs the extra `files` (lxml).

Nothing is fetched and nothing is run. What a page repeats (navigation, footers) stays: guessing what is content is not
done here. Which elements are blocks follows the HTML standard, §15.3 (what user agents are expected to render).
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from needful_files.content import Content, Unreadable

__all__ = ["content"]

_BLOCKS = frozenset(
    "address article aside blockquote body center details dialog dd dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend main menu nav ol p pre search section summary table ul".split()
)
_LINES = frozenset("br caption li option optgroup tr".split())
_CELLS = frozenset(("td", "th"))
_UNSEEN = frozenset("script style template noscript noframes noembed iframe object svg math".split())
_KEPT = frozenset(("pre", "textarea", "listing"))
_BLANKS = re.compile(r"[ \t\n\r\f]+")
"""ASCII whitespace (Infra standard); a no-break space stays one."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(rb"""<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_SEARCHED = 1024  # bytes, as browsers do (HTML standard, §13.2.3.2)
_WEB_ENCODINGS = re.compile(
    r"cp125\d|cp866|cp874|iso8859-\d+|koi8-[ru]|gb\w+|big5\w*|euc\w+|shift_jis|iso2022_jp|mac-roman"
)


def content(data: bytes) -> Content:
    """Read HTML; metadata `title` where it has one. Raises `Unreadable`, and any error."""
    from lxml import etree

    parser = etree.HTMLParser(target=_Page(), no_network=True, remove_comments=True, remove_pis=True)
    parser.feed(_decoded(data))
    page: _Page = parser.close()
    title = page.title
    return Content(page.text, {"title": title} if title else {})


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding)
    named = _CHARSET.search(data[:_SEARCHED])
    return _strictly(data, _encoding(named[1].decode("ascii", "replace")) if named else "utf-8")


def _encoding(label: str) -> str:
    """Python's name of an encoding that the web knows. Raises `Unreadable`."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        name = ""
    if name in ("ascii", "iso8859-1"):
        return "cp1252"  # Encoding standard, §4.2
    if name.startswith("utf-"):
        return "utf-8"  # a UTF-16 file could not say so in ASCII (HTML standard, §13.2.3.2)
    if _WEB_ENCODINGS.fullmatch(name):
        return "gb18030" if name.startswith("gb") else name
    raise Unreadable("it names an encoding that is not known (save it as UTF-8)")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        pass
    raise Unreadable("this is not UTF-8 text" if encoding == "utf-8" else "it is not in the encoding that it names")


class _Page:
    """Takes a parser's events, in the order of the page, and keeps the text. Needs no tree, so depth costs nothing."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._title: list[str] = []
        self._gap = ""
        """What stands between the text so far and what comes next."""
        self._unseen = self._kept = 0
        self._in_title = False
        self._first_cell = self._empty_cell = False

    @property
    def text(self) -> str:
        """What was seen."""
        return "".join(self._parts).strip()

    @property
    def title(self) -> str:
        """The first title, in one line."""
        return _BLANKS.sub(" ", "".join(self._title)).strip()

    def start(self, tag: str, attributes: Any) -> None:
        """Take the begin of an element."""
        self._unseen += tag in _UNSEEN
        self._kept += tag in _KEPT
        self._in_title = tag == "title" and not self._unseen and not self._title
        if tag in _CELLS:
            before = self._gap if self._empty_cell else ""
            self._gap = "\n" if self._first_cell else f"{before}\t"
            self._first_cell, self._empty_cell = False, True
            return
        self._break(tag)
        if tag == "tr":
            self._first_cell, self._empty_cell = True, False

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        self._unseen -= tag in _UNSEEN
        self._kept -= tag in _KEPT
        self._in_title = False
        if tag in ("tr", "table"):
            self._empty_cell = False
        self._break(tag)

    def data(self, data: str) -> None:
        """Take a piece of text."""
        if self._in_title:
            self._title.append(data)
        elif not self._unseen:
            self._add(data if self._kept else _BLANKS.sub(" ", data))

    def close(self) -> _Page:
        """Take the end of the page."""
        return self

    def _break(self, tag: str) -> None:
        gap = "\n\n" if tag in _BLOCKS else "\n" if tag in _LINES else ""
        # The first paragraph of a cell begins no line: the cell does.
        if len(gap) > len(self._gap.strip("\t")) and not self._empty_cell:
            self._gap = gap

    def _add(self, piece: str) -> None:
        begins = self._gap or not self._parts
        if not self._kept and (begins or self._parts[-1].endswith((" ", "\n"))):
            piece = piece.removeprefix(" ")
        if not piece or (begins and not piece.strip()):
            return
        if self._gap and self._parts:
            self._parts[-1] = self._parts[-1].removesuffix(" ")
            self._parts.append(self._gap)
        self._gap, self._empty_cell = "", False
        self._parts.append(piece)
