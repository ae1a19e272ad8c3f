"""Loading a policy: YAML text in, a frozen, valid policy out, or every problem with its file, line and column.

    text → plain YAML (`plain`) → models (`document`) → names and sense (`checks`) → Policy

A policy never changes and nothing reloads by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from types import MappingProxyType

import rfc8785
from pydantic import ValidationError

from needful.errors import Problem
from needful.policy.checks import findings
from needful.policy.document import (
    Detect,
    Filterable,
    FilterTest,
    Known,
    Layout,
    Limits,
    PolicyDocument,
    Purpose,
    QueryRule,
    Range,
    Recognizer,
    Rule,
    Scan,
    Select,
    ValueRule,
)
from needful.policy.finding import Finding
from needful.policy.messages import problems_of
from needful.policy.plain import Location, Tree, read
from needful.policy.suggestions import ANY, Shapes
from needful.policy.text import BLANK, glued, read_file, refusal
from needful.values import Identity

__all__ = ["Policy"]

_PURPOSE = ("purposes", ANY)
_FIELD = (*_PURPOSE, "fields", ANY)

_SHAPES: Shapes = MappingProxyType(
    {
        (): PolicyDocument,
        ("layout",): Layout,
        ("recognizers", ANY): Recognizer,
        _PURPOSE: Purpose,
        (*_PURPOSE, "filter", ANY): FilterTest,
        (*_PURPOSE, "filter", ANY, "range"): Range,
        (*_PURPOSE, "filterable", ANY): Filterable,
        (*_FIELD, "action=scan"): Scan,
        _FIELD: ValueRule,
        (*_FIELD, "select"): Select,
        (*_PURPOSE, "entities", ANY): Rule,
        (*_PURPOSE, "detect"): Detect,
        (*_PURPOSE, "detect", "known", ANY): Known,
        (*_PURPOSE, "limits"): Limits,
        (*_PURPOSE, "query"): QueryRule,
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that loaded: it is valid, it can be used, and it never changes.

    `digest` is the SHA-256 (hex) of the RFC 8785 form of the file's data, as written: comments, order and layout of
    the file do not count, a default that is spelled out does. `source` is the file as it was named, for messages.
    """

    document: PolicyDocument = field(repr=False, hash=False)
    digest: str
    source: str
    _tree: Tree = field(repr=False, compare=False)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Policy:
        """Read a policy file. Raises `PolicyError` with every problem, each with file, line and column."""
        source = str(path)
        return cls.parse(read_file(path, source), source)

    @classmethod
    def parse(cls, text: str, source: str = "<string>") -> Policy:
        """Read a policy from text; `source` names it in messages. Raises `PolicyError` like `load`."""
        return _checked(read(text, source))

    def problem(self, finding: Finding) -> Problem:
        """Say where in the file a finding is."""
        return _problem(finding, self._tree)

    def __reduce__(self) -> tuple[object, ...]:
        return _checked, (self._tree,)

    def __copy__(self) -> Policy:
        """Return the policy itself: it never changes."""
        return self

    def __deepcopy__(self, memo: object) -> Policy:
        """Return the policy itself: it never changes."""
        return self

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.document.name

    @property
    def version(self) -> int:
        """The policy's revision."""
        return self.document.version

    @property
    def language(self) -> str:
        """The language of the texts, ISO 639-1."""
        return self.document.language

    @property
    def layout(self) -> Layout:
        """Where the collection keeps text and metadata."""
        return self.document.layout

    @property
    def keys(self) -> str:
        """Where the secret is, such as `env:NEEDFUL_KEY`."""
        return self.document.keys

    @property
    def purposes(self) -> Mapping[str, Purpose]:
        """What data may be asked for, by name."""
        return self.document.purposes

    @property
    def recognizers(self) -> tuple[Recognizer, ...]:
        """The policy's own recognizers."""
        return self.document.recognizers

    @property
    def identity(self) -> Identity:
        """Name, revision and digest: what the ledger records."""
        return Identity(self.name, self.version, self.digest)


def _checked(tree: Tree) -> Policy:
    document = _document(tree)
    problems = [_problem(finding, tree) for finding in findings(document)]
    if problems:
        raise refusal(problems)
    return Policy(document, hashlib.sha256(rfc8785.dumps(tree.data)).hexdigest(), tree.source, tree)


def _problem(finding: Finding, tree: Tree) -> Problem:
    return tree.problem(finding.at, finding.message, finding.hint, side=finding.side)


def _document(tree: Tree) -> PolicyDocument:
    if not isinstance(tree.data, dict) or "needful" not in tree.data:
        raise refusal([tree.problem((), "this is not a policy", "a policy is a mapping that starts with: needful: 1")])
    problems = [_nothing(at, tree) for at in tree.nulls()]
    document = None
    try:
        document = PolicyDocument.model_validate(tree.data)
    except ValidationError as error:
        problems += _translated(error, tree, problems)
    if problems or document is None:
        raise refusal(problems)
    return document


def _nothing(at: Location, tree: Tree) -> Problem:
    # In braces, `default:redact` is a key without a value.
    if at and isinstance(at[-1], str) and glued(at[-1]):
        return tree.problem(at, "nothing is given here", BLANK, side="key")
    return tree.problem(at, "nothing is given here", "give a value, or leave the key out")


def _translated(error: ValidationError, tree: Tree, known: list[Problem]) -> list[Problem]:
    """The models' problems, but for those at places that are empty, or known to be wrong."""
    places = {(problem.line, problem.column) for problem in known} | {tree.values[at] for at in tree.nulls()}
    return [each for each in problems_of(error, tree, _SHAPES) if (each.line, each.column) not in places]
