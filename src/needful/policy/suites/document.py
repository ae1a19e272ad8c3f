"""A policy test suite as the file has it: pydantic models, and where in the file each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from needful.policy.base import FrozenMap, Model, Several, SomeMap, Tuple, Word, empty
from needful.policy.base import Path as PayloadPath
from needful.policy.document import FilterTest
from needful.policy.suggestions import ANY, Shapes
from needful.policy.suites.expectations import Expectation, ExpectedDocument, ExpectedRestored, ExpectedText, Restoring
from needful.values import Scalar

__all__ = ["SHAPES", "Row", "SuiteDocument", "WrittenCase"]

Attributes = FrozenMap[str, Scalar]


class Row(Model):
    """One text of a table, and what becomes of it."""

    text: str
    expect: ExpectedText


def _kind_of_table(given: Any) -> str:
    return "mapping" if isinstance(given, Mapping) else "rows"


_Texts = Annotated[
    Annotated[Several[Row], Tag("rows")] | Annotated[SomeMap[str, ExpectedText], Tag("mapping")],
    Discriminator(_kind_of_table),
]


class WrittenCase(Model):
    """One test as the file has it: payloads in `records`, one `text`, or many `texts` with what becomes of each."""

    name: Word
    purpose: Word | None = None
    principal: Attributes | None = None
    query: str | None = None
    k: Annotated[int, Field(ge=1)] | None = None
    filter: FrozenMap[PayloadPath, FilterTest] = Field(default_factory=empty)
    """What the caller filters by."""
    records: Tuple[FrozenMap[str, Any]] | None = None
    """Payloads, best first. The keys `$id` and `$score` are the point's, not the payload's."""
    text: str | None = None
    """In place of records: the text of the one record, which has nothing else."""
    texts: _Texts | None = None
    """Many tests that share everything but text and expectation."""
    expect: ExpectedText | None = None
    restore: Restoring | None = None
    """What turning tokens back makes of the first document's text."""


class SuiteDocument(Model):
    """A whole suite file."""

    policy: Annotated[str, Field(pattern=r"^[^/\\]+\.ya?ml$")]
    purpose: Word | None = None
    principal: Attributes | None = None
    tests: Several[WrittenCase]


SHAPES: Shapes = MappingProxyType(
    {
        (): SuiteDocument,
        ("tests", ANY): WrittenCase,
        ("tests", ANY, "filter", ANY): FilterTest,
        ("tests", ANY, "expect"): Expectation,
        ("tests", ANY, "expect", "documents", ANY): ExpectedDocument,
        ("tests", ANY, "texts", ANY): Row,
        ("tests", ANY, "texts", ANY, "expect"): Expectation,
        ("tests", ANY, "texts", ANY, "expect", "documents", ANY): ExpectedDocument,
        ("tests", ANY, "restore"): Restoring,
        ("tests", ANY, "restore", "expect"): ExpectedRestored,
    }
)
