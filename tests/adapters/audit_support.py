"""What the tests of reports share: pages that are taken apart, and entries that give every section its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from ledger_entries import HASH, make_entry
from needful.policy import Policy
from needful.reporting import declared_by, gather
from needful.values import Entry
from needful_cli.audit_tidy import Checked, Report

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"' onload='x &amp; ]]> </style></svg>"""
VOID = {"meta", "br", "wbr", "img", "link", "input", "hr", "base"}
SHOWN = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2", "p", "strong", "code",
    "div", "dl", "dt", "dd", "figure", "figcaption", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "wbr", "svg", "rect", "line", "text",
}  # fmt: skip
"""The elements of a page. Whatever else were there would come from a name."""


class Page(HTMLParser):
    """What a page is made of. Raises where an element is not closed, or closed and not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        """What is read, the style sheet left out."""
        return "".join(data for tag, data in self.texts if tag != "style")


def every_kind(**changes: object) -> Iterator[Entry]:
    """Yield entries that give every section of a report its figures."""
    identity = Policy.parse(POLICY).identity
    sizes = {"characters_fetched": 4000, "characters_disclosed": 1000, "bytes_fetched": 9000}
    named = {"policy": identity, "query_counts": {"PERSON": {"redact": 1}}, **sizes, **changes}
    yield make_entry(**named)
    yield make_entry(time="2026-11-25T08:00:00.000000Z", **named)
    yield make_entry(outcome="refused", reason="k-above-limit", policy=identity, counts={}, rounds=0, withheld={})
    yield make_entry(outcome="failed", reason="store-timeout", policy=identity, counts={}, withheld={})
    yield make_entry(
        outcome="restored", policy=identity, counts={"IBAN_CODE": {"pseudonymize": 7}}, rounds=0, withheld={}
    )


POLICY = """
needful: 1
name: customer-service
version: 3
purposes:
  answer-ticket:
    fields:
      page_content: scan
      metadata.title: {action: keep, reason: <b>titles</b> are "harmless"}
      metadata.never: {action: keep, reason: never asked for}
    detect: {ner: none, reason: a test}
"""


def report_on(entries: Iterable[Entry], *policies: Policy) -> Report:
    """Return a report on entries that no ledger holds."""
    declared = declared_by(policies)
    made = "2026-11-26T10:00:00.000000Z"
    return Report("ledger.db", None, None, made, Checked(5, HASH), gather(entries, declared), declared.policies)
