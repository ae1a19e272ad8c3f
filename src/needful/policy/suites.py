"""Policy tests: what a policy must let through and what not, in YAML beside the policy (`customer-service_test.yaml`).

A suite gives payloads and a request, and says what must come out. This module reads suites and compares; running them
is `needful.testing`'s business.

    policy: customer-service.yaml
    tests:
      - name: an agent sees the claim without the customer's name
        purpose: answer-ticket
        principal: {id: agent-7, tenant: acme}
        query: Why was the claim reduced?
        records:
          - {page_content: Maria Keller asks about POL-12345678., metadata: {name: Maria Keller, tenant: acme}}
        expect:
          documents: [{page_content: "[PERSON:*] asks about [POLICY_NUMBER]."}]
          absent: [Maria Keller]

Tokens differ from run to run, so `[PERSON:*]` stands for any pseudonym and `[PERSON#*]` for any hash of that entity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from needful.policy.base import FrozenMap, Model, Several, Tuple, Word
from needful.policy.base import Path as PayloadPath
from needful.policy.document import FilterTest
from needful.policy.messages import problems_of
from needful.policy.plain import Tree, read
from needful.policy.suggestions import ANY, Shapes
from needful.policy.text import quoted, read_file, refusal
from needful.values import Scalar

__all__ = ["Case", "Expectation", "ExpectedDocument", "Outcome", "Suite", "difference", "suite_path"]

SHOWN = 60
_WILDCARD = re.compile(r"(\[[A-Z][A-Z0-9_]{0,63}[:#]\*\])")
_TOKEN_ID = "[0-9A-Z]{8,16}"  # noqa: S105  # the form of a token, not a password
_ANY_TOKEN = re.compile(rf"\[[A-Z][A-Z0-9_]{{0,63}}[:#]{_TOKEN_ID}\]")


class ExpectedDocument(Model):
    """One document that must come out."""

    page_content: str | None = None
    """The whole text. `[PERSON:*]` stands for any token of that entity."""
    metadata: FrozenMap[str, Any] = Field(default_factory=lambda: MappingProxyType({}))
    """What the metadata must have; it may have more."""


class Expectation(Model):
    """What must come out. What is not given is not compared."""

    documents: Tuple[ExpectedDocument] | None = None
    """In this order, and no others."""
    withheld: Annotated[int, Field(ge=0)] | None = None
    """How many records were withheld."""
    refused: Literal[True] | Word | None = None
    """True, or the code of the refusal."""
    absent: Tuple[Word] = ()
    """Texts that must not occur in any document or in the redacted question, in upper or lower case."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("expectation", "a test expects something")
        if self.refused is not None and (self.documents or self.withheld):
            raise PydanticCustomError("refusal", "a refused question has no documents")
        return self


class Case(Model):
    """One test: records in the store, one request, and what must come out."""

    name: Word
    purpose: Word | None = None
    principal: FrozenMap[str, Scalar] | None = None
    query: str
    k: Annotated[int, Field(ge=1)] | None = None
    filter: FrozenMap[PayloadPath, FilterTest] = Field(default_factory=lambda: MappingProxyType({}))
    """What the caller filters by."""
    records: Tuple[FrozenMap[str, Any]] = ()
    """Payloads, best first. The key `$id` gives the point's id and is not part of the payload."""
    expect: Expectation


class _SuiteDocument(Model):
    policy: Annotated[str, Field(pattern=r"^[^/\\]+\.ya?ml$")]
    tests: Several[Case]


_SHAPES: Shapes = MappingProxyType(
    {
        (): _SuiteDocument,
        ("tests", ANY): Case,
        ("tests", ANY, "filter", ANY): FilterTest,
        ("tests", ANY, "expect"): Expectation,
        ("tests", ANY, "expect", "documents", ANY): ExpectedDocument,
    }
)


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one policy. `policy` is the policy file's path, `lines` where each test stands (from 1)."""

    source: str
    policy: Path
    cases: tuple[Case, ...]
    lines: Mapping[str, int]

    @classmethod
    def load(cls, path: str | Path) -> Suite:
        """Read a suite. Raises `PolicyError` with every problem, each with file, line and column."""
        return cls.parse(read_file(path, str(path)), Path(path))

    @classmethod
    def parse(cls, text: str, path: Path = Path("<string>")) -> Suite:
        """Read a suite from text; the policy is looked for in the directory of `path`. Raises like `load`."""
        tree = read(text, str(path))
        document = _document(tree)
        lines = {case.name: tree.values["tests", index][0] for index, case in enumerate(document.tests)}
        return cls(str(path), path.parent / document.policy, document.tests, MappingProxyType(lines))


def suite_path(policy: str | Path) -> Path:
    """Where the suite of a policy lies: `customer-service_test.yaml` beside `customer-service.yaml`."""
    path = Path(policy)
    return path.with_name(f"{path.stem}_test{path.suffix}")


def _document(tree: Tree) -> _SuiteDocument:
    if not isinstance(tree.data, dict):
        raise refusal([tree.problem((), "this is not a policy test suite", "it has the keys policy and tests")])
    document, problems = None, []
    try:
        document = _SuiteDocument.model_validate(tree.data)
    except ValidationError as error:
        problems = problems_of(error, tree, _SHAPES)
    if document is None:
        raise refusal(problems)
    names: set[str] = set()
    for index, case in enumerate(document.tests):
        if case.name in names:
            at = ("tests", index, "name")
            problems.append(tree.problem(at, f"a second test {quoted(case.name)}", "give each test its own name"))
        names.add(case.name)
    if problems:
        raise refusal(problems)
    return document


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one case.

    `documents` are mappings with `page_content` and `metadata`; `refused` is the code of the refusal, if any;
    `query` is the redacted question.
    """

    documents: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    withheld: int = 0
    refused: str | None = None
    query: str = field(default="", repr=False)


def difference(expected: Expectation, outcome: Outcome) -> str | None:
    """Return the first difference in words, or None where the outcome is as expected.

    The words name a place and what was expected there, never what came out: that may be what should not.
    """
    return next(_differences(expected, outcome), None)


def _differences(expected: Expectation, outcome: Outcome) -> Iterator[str]:
    yield from _refusals(expected.refused, outcome.refused)
    if expected.documents is not None:
        if len(expected.documents) != len(outcome.documents):
            yield f"documents: expected {len(expected.documents)}, there are {len(outcome.documents)}"
        for index, (wanted, actual) in enumerate(zip(expected.documents, outcome.documents, strict=False)):
            if wanted.page_content is not None:
                yield from _texts(wanted.page_content, actual.get("page_content"), f"documents[{index}].page_content")
            yield from _parts(wanted.metadata, actual.get("metadata"), f"documents[{index}].metadata")
    if expected.withheld is not None and expected.withheld != outcome.withheld:
        yield f"withheld: expected {expected.withheld}, there are {outcome.withheld}"
    for text in expected.absent:
        yield from (
            f"{place}: has {quoted(text)}" for place, value in _everything(outcome) if _occurs(text.casefold(), value)
        )


def _everything(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    for index, document in enumerate(outcome.documents):
        yield from ((f"documents[{index}].{part}", value) for part, value in document.items())
    yield "query", outcome.query


def _refusals(expected: Literal[True] | str | None, actual: str | None) -> Iterator[str]:
    if expected is None and actual is not None:
        yield f"refused: the question was refused ({actual})"
    elif expected is not None and actual is None:
        yield "refused: the question was not refused"
    elif isinstance(expected, str) and expected != actual:
        yield f"refused: expected {expected}, it is {actual}"


def _parts(expected: Any, actual: Any, path: str) -> Iterator[str]:
    """Compare a part of a document: mappings by the keys that are expected, lists item by item."""
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            if not isinstance(actual, Mapping) or key not in actual:
                yield f"{path}.{key}: is missing"
            else:
                yield from _parts(value, actual[key], f"{path}.{key}")
    elif isinstance(expected, (list, tuple)):
        if not isinstance(actual, (list, tuple)) or len(actual) != len(expected):
            yield f"{path}: expected a list of {len(expected)}"
        else:
            for index, (wanted, item) in enumerate(zip(expected, actual, strict=True)):
                yield from _parts(wanted, item, f"{path}[{index}]")
    elif isinstance(expected, str):
        yield from _texts(expected, actual, path)
    elif type(expected) is not type(actual) or expected != actual:
        yield f"{path}: expected {expected!r}"


def _texts(expected: str, actual: Any, path: str) -> Iterator[str]:
    """Compare texts from the left; a wildcard takes one token of its entity."""
    if not isinstance(actual, str):
        yield f"{path}: expected {_shown(expected)}"
        return
    position = 0
    for piece in _WILDCARD.split(expected):
        matched = _matched(piece, actual, position)
        if matched < len(piece) and not _WILDCARD.fullmatch(piece):
            yield f"{path}: from character {position + matched + 1} on, expected {_shown(piece[matched:])}"
            return
        if matched == 0 and piece:
            yield f"{path}: at character {position + 1}, expected {piece}"
            return
        position += matched
    if position < len(actual):
        yield f"{path}: expected to end after character {position}"


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= SHOWN else text[:SHOWN] + "…", ensure_ascii=False)


def _matched(piece: str, actual: str, position: int) -> int:
    """How many characters of `actual` from `position` on are what the piece says; 0 where a wildcard finds no token."""
    if _WILDCARD.fullmatch(piece):
        token = re.compile(re.escape(piece).replace(r"\*", _TOKEN_ID)).match(actual, position)
        return token.end() - position if token else 0
    pairs = zip(piece, actual[position:], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _occurs(text: str, value: Any) -> bool:
    """Whether a case-folded text occurs in a JSON value: in texts, object keys and numbers, tokens' letters aside."""
    if isinstance(value, Mapping):
        return any(_occurs(text, str(key)) or _occurs(text, item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(_occurs(text, item) for item in value)
    return text in _ANY_TOKEN.sub("[]", str(value)).casefold()
