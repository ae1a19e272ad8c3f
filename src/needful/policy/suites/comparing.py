"""What came out of a policy test beside what was expected: the first difference, in words that show no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from needful.policy.suites.expectations import Expectation, ExpectedDocument, ExpectedRestored
from needful.policy.suites.wildcards import mismatch, shown, without_tokens
from needful.policy.text import quoted
from needful.values import Counts

__all__ = ["Outcome", "RestoredOutcome", "absent_texts", "difference", "restored_difference"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one case.

    `documents` are mappings with `page_content` and `metadata`; `counts` are added up over them; `refused` is the code
    of the refusal, if any; `query` is the redacted question.
    """

    documents: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    withheld: int = 0
    refused: str | None = None
    query: str = field(default="", repr=False)
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RestoredOutcome:
    """What came of turning tokens back: the text and how many were, or the code of the refusal."""

    text: str = field(default="", repr=False)
    restored: int = 0
    refused: str | None = None


def difference(expected: Expectation, outcome: Outcome) -> str | None:
    """Return the first difference in words, or None where the outcome is as expected.

    The words name a place and what was expected there, never what came out: that may be what should not.
    """
    return next(_differences(expected, outcome), None)


def restored_difference(expected: ExpectedRestored, outcome: RestoredOutcome) -> str | None:
    """Return the first difference of a restored text, each with `restore` before it, or None."""
    return next((f"restore.{told}" for told in _restored_differences(expected, outcome)), None)


def absent_texts(expected: Expectation, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield each text that must not be there and is, with the place where it is."""
    for text in expected.absent:
        for place, value in _everything(outcome):
            if _occurs(text.casefold(), value):
                yield text, place


def _differences(expected: Expectation, outcome: Outcome) -> Iterator[str]:
    yield from _refusals(expected.refused, outcome.refused)
    if expected.wanted is not None:
        yield from _documents(expected.wanted, outcome.documents)
    for entity, counted in (expected.counts or {}).items():
        yield from _counts(counted, outcome.counts.get(entity, {}), f"counts.{entity}")
    if expected.withheld is not None and expected.withheld != outcome.withheld:
        yield f"withheld: expected {expected.withheld}, there are {outcome.withheld}"
    for text, place in absent_texts(expected, outcome):
        yield f"{place}: has {quoted(text)}"


def _restored_differences(expected: ExpectedRestored, outcome: RestoredOutcome) -> Iterator[str]:
    yield from _refusals(expected.refused, outcome.refused)
    if expected.text is not None:
        yield from _texts(expected.text, outcome.text, "text")
    if expected.restored is not None and expected.restored != outcome.restored:
        yield f"restored: expected {expected.restored}, there are {outcome.restored}"
    for text in expected.absent:
        if _occurs(text.casefold(), outcome.text):
            yield f"text: has {quoted(text)}"


def _documents(expected: Sequence[ExpectedDocument], documents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(expected) != len(documents):
        yield f"documents: expected {len(expected)}, there are {len(documents)}"
    for index, (wanted, actual) in enumerate(zip(expected, documents, strict=False)):
        if wanted.page_content is not None:
            yield from _texts(wanted.page_content, actual.get("page_content"), f"documents[{index}].page_content")
        yield from _parts(wanted.metadata, actual.get("metadata"), f"documents[{index}].metadata")


def _counts(expected: int | Mapping[str, int], actual: Mapping[str, int], path: str) -> Iterator[str]:
    if isinstance(expected, int):
        if expected != sum(actual.values()):
            yield f"{path}: expected {expected}, there are {sum(actual.values())}"
        return
    for action in dict.fromkeys((*expected, *actual)):
        wanted, found = expected.get(action, 0), actual.get(action, 0)
        if wanted != found:
            yield f"{path}.{action}: expected {wanted}, there are {found}"


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
    if not isinstance(actual, str):
        yield f"{path}: expected {shown(expected)}"
    elif told := mismatch(expected, actual):
        yield f"{path}: {told}"


def _occurs(text: str, value: Any) -> bool:
    """Whether a case-folded text occurs in a JSON value: in texts, object keys and numbers, tokens' letters aside."""
    if isinstance(value, Mapping):
        return any(_occurs(text, str(key)) or _occurs(text, item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(_occurs(text, item) for item in value)
    return text in without_tokens(str(value)).casefold()
