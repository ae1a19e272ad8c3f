"""Policy tests: what a policy must let through and what not, in YAML beside the policy (`customer-service_test.yaml`).

A suite gives payloads, or only texts, and a request, and says what must come out. This module reads suites; `comparing`
compares, and running them is `needful.testing`'s business.

    policy: customer-service.yaml
    purpose: answer-ticket
    principal: {id: agent-7, tenant: acme}
    tests:
      - name: an agent sees the claim without the customer's name
        query: Why was the claim reduced?
        records:
          - {page_content: Maria Keller asks about POL-12345678., metadata: {name: Maria Keller, tenant: acme}}
        expect:
          documents: [{page_content: "[PERSON:*] asks about [POLICY_NUMBER]."}]
          absent: [Maria Keller]
      - name: account numbers
        texts:
          Pay to DE89370400440532013000.: Pay to [IBAN_CODE].
          Pay to nobody.: Pay to nobody.

`purpose` and `principal` above the tests hold for those that give none; `principal: null` in a test is nobody.

A `text` is a record that has this text and nothing else. The purpose's filter does not keep it out: it has no field to
filter by. Without a `query` it is asked "?", which has no word, so that all its sentences are as good as each other;
`limits.passages` holds all the same, and of more sentences the ones that expose least are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from needful.errors import Problem
from needful.policy.document import FilterTest
from needful.policy.messages import problems_of
from needful.policy.plain import Location, Tree, read
from needful.policy.suggestions import choice
from needful.policy.suites.document import SHAPES, SuiteDocument, WrittenCase
from needful.policy.suites.expectations import Expectation, Restoring
from needful.policy.text import quoted, read_file, refusal
from needful.values import Action, Scalar

__all__ = ["NEUTRAL_QUERY", "Case", "Suite", "suite_path"]

NEUTRAL_QUERY = "?"
"""The question of a text that is given none."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test: records in the store, one request, and what must come out. A row of `texts` is a test of its own."""

    name: str
    line: int
    """Where it stands in the suite, from 1."""
    place: Location
    """Where its expectation stands."""
    expect: Expectation
    query: str = field(repr=False)
    purpose: str | None = None
    principal: Mapping[str, Scalar] | None = field(default=None, repr=False)
    k: int | None = None
    filter: Mapping[str, FilterTest] = field(default_factory=dict, repr=False)
    """What the caller filters by."""
    records: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """Payloads, best first. `$id` gives the point's id and `$score` its score; they are not part of the payload."""
    text: str | None = field(default=None, repr=False)
    """In place of records: the text of the one record."""
    restore: Restoring | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one policy. `policy` is the policy file's path, `lines` where each test stands (from 1)."""

    source: str
    policy: Path
    cases: tuple[Case, ...]
    tree: Tree = field(repr=False, compare=False)

    @classmethod
    def load(cls, path: str | Path) -> Suite:
        """Read a suite. Raises `PolicyError` with every problem, each with file, line and column."""
        return cls.parse(read_file(path, str(path)), Path(path))

    @classmethod
    def parse(cls, text: str, path: Path = Path("<string>")) -> Suite:
        """Read a suite from text; the policy is looked for in the directory of `path`. Raises like `load`."""
        tree = read(text, str(path))
        document = _document(tree)
        return cls(str(path), path.parent / document.policy, tuple(_cases(document, tree)), tree)

    @property
    def lines(self) -> Mapping[str, int]:
        """Where each test stands, by its name."""
        return MappingProxyType({case.name: case.line for case in self.cases})


def suite_path(policy: str | Path) -> Path:
    """Where the suite of a policy lies: `customer-service_test.yaml` beside `customer-service.yaml`."""
    path = Path(policy)
    return path.with_name(f"{path.stem}_test{path.suffix}")


def _document(tree: Tree) -> SuiteDocument:
    if not isinstance(tree.data, dict):
        raise refusal([tree.problem((), "this is not a policy test suite", "it has the keys policy and tests")])
    document, problems = None, []
    try:
        document = SuiteDocument.model_validate(tree.data)
    except ValidationError as error:
        problems = problems_of(error, tree, SHAPES)
    if document is None:
        raise refusal(problems)
    problems += _same_names(document, tree)
    for index, case in enumerate(document.tests):
        problems += _mistakes(case, ("tests", index), tree)
    if problems:
        raise refusal(problems)
    return document


def _same_names(document: SuiteDocument, tree: Tree) -> Iterator[Problem]:
    names: set[str] = set()
    for index, case in enumerate(document.tests):
        if case.name in names:
            at = ("tests", index, "name")
            yield tree.problem(at, f"a second test {quoted(case.name)}", "give each test its own name")
        names.add(case.name)


EXPECT = "what must come out: text, documents, counts, withheld, refused or absent"


def _mistakes(case: WrittenCase, at: Location, tree: Tree) -> Iterator[Problem]:
    """Find what is missing in a test, and what does not go together."""
    given = [name for name in ("records", "text", "texts") if getattr(case, name) is not None]
    for second in given[1:]:
        hint = "a test has records, a text, or texts"
        yield tree.problem((*at, second), f"both {given[0]} and {second}", hint, side="key")
    if case.query is None and not {"text", "texts"} & set(given):
        yield tree.problem((*at, "query"), '"query" is missing', "what is asked; only a text can do without")
    if case.texts is None and case.expect is None:
        yield tree.problem((*at, "expect"), '"expect" is missing', EXPECT)
    for only_once in ("expect", "restore") if case.texts is not None else ():
        if getattr(case, only_once) is not None:
            message, hint = f"{only_once} beside texts", "each text has its own expect"
            yield tree.problem((*at, only_once), message, hint, side="key")
    for part in _parts(case, at):
        yield from _actions(part.expect, (*part.place, "counts"), tree)
    for index, record in enumerate(case.records or ()):
        if type(record.get("$score", 1.0)) not in (int, float):
            yield tree.problem((*at, "records", index, "$score"), "$score is not a number", "the score of the record")


def _actions(expected: Expectation, at: Location, tree: Tree) -> Iterator[Problem]:
    for entity, counted in (expected.counts or {}).items():
        for action in counted if isinstance(counted, Mapping) else ():
            if action not in set(Action):
                hint = choice(action, list(Action))
                yield tree.problem((*at, entity, action), f"unknown action {quoted(action)}", hint, side="key")


@dataclass(frozen=True, slots=True)
class _Part:
    """What one test of the file has once, and a table in each row."""

    name: str
    text: str | None
    expect: Expectation
    place: Location

    def line(self, tree: Tree) -> int:
        """Where it stands: a row of a mapping at its key."""
        is_key = len(self.place) == len(("tests", 0, "texts", "a text"))
        return (tree.keys[self.place] if is_key else tree.values[self.place[:-1]])[0]


def _parts(case: WrittenCase, at: Location) -> Iterator[_Part]:
    if case.texts is None:
        if case.expect is not None:
            yield _Part(case.name, case.text, case.expect, (*at, "expect"))
    elif isinstance(case.texts, Mapping):
        for number, (text, expected) in enumerate(case.texts.items(), start=1):
            yield _Part(f"{case.name}, row {number}", text, expected, (*at, "texts", text))
    else:
        for index, row in enumerate(case.texts):
            place = (*at, "texts", index, "expect")
            yield _Part(f"{case.name}, row {index + 1}", row.text, row.expect, place)


def _cases(document: SuiteDocument, tree: Tree) -> Iterator[Case]:
    for index, written in enumerate(document.tests):
        given = written.model_fields_set
        for part in _parts(written, ("tests", index)):
            yield Case(
                name=part.name,
                line=part.line(tree),
                place=part.place,
                expect=part.expect,
                query=NEUTRAL_QUERY if written.query is None else written.query,
                purpose=written.purpose if "purpose" in given else document.purpose,
                principal=written.principal if "principal" in given else document.principal,
                k=written.k,
                filter=written.filter,
                records=written.records or (),
                text=part.text,
                restore=written.restore,
            )
