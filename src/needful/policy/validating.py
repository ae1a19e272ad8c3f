"""Plain YAML as the models of a policy, or every problem with its file, line and column."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import ValidationError

from needful.errors import Problem
from needful.policy.document import (
    Detect,
    Filterable,
    FilterTest,
    Known,
    Layout,
    Limits,
    Omit,
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
from needful.policy.messages import problems_of
from needful.policy.plain import Location, Tree
from needful.policy.suggestions import ANY, Shapes
from needful.policy.text import BLANK, glued, refusal

__all__ = ["document_of"]

_PURPOSE = ("purposes", ANY)
_FIELD = (*_PURPOSE, "fields", ANY)
_OF_SEVERAL = (*_FIELD, ANY)

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
        (*_FIELD, "action=omit"): Omit,
        _FIELD: ValueRule,
        (*_FIELD, "select"): Select,
        (*_OF_SEVERAL, "action=scan"): Scan,
        (*_OF_SEVERAL, "action=omit"): Omit,
        _OF_SEVERAL: ValueRule,
        (*_OF_SEVERAL, "select"): Select,
        (*_PURPOSE, "entities", ANY): Rule,
        (*_PURPOSE, "entities", ANY, ANY): Rule,
        (*_PURPOSE, "detect"): Detect,
        (*_PURPOSE, "detect", "known", ANY): Known,
        (*_PURPOSE, "limits"): Limits,
        (*_PURPOSE, "query"): QueryRule,
    }
)


def document_of(tree: Tree) -> PolicyDocument:
    """Return the document that a tree holds. Raises `PolicyError` with every problem, each with line and column."""
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
