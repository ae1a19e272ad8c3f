"""What came out of a failing test as the expectation of its next run, in the form in which the old one is written.

Only what the old expectation speaks of is in the new one, but for a refusal: that is the whole of what came out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from needful.policy.suites.comparing import Outcome, absent_texts
from needful.policy.suites.expectations import Expectation
from needful.policy.suites.wildcards import mismatch, with_wildcards

__all__ = ["NotAcceptable", "accepted"]


class NotAcceptable(ValueError):
    """What came out must not become an expectation. The text is static."""


def accepted(written: Any, expected: Expectation, outcome: Outcome) -> Any:
    """Return the new expectation, plain data for YAML; `written` is the old one as the file has it.

    Tokens become wildcards. Raises `NotAcceptable` where a text came out that `absent` forbids.
    """
    if any(True for _ in absent_texts(expected, outcome)):
        raise NotAcceptable("a text came out that must be absent")
    given = {"text": written} if isinstance(written, str) else dict(written)
    if outcome.refused is not None:
        return {"refused": outcome.refused, **{key: value for key, value in given.items() if key == "absent"}}
    if not {"text", "documents"} & set(given) and "refused" in given:
        given = {"documents": [], **given}
    given.pop("refused", None)
    new = dict(item for key, value in given.items() for item in _part(key, value, outcome))
    return new["text"] if isinstance(written, str) and "text" in new else new


def _part(key: str, written: Any, outcome: Outcome) -> Iterator[tuple[str, Any]]:
    match key:
        case "text" if len(outcome.documents) == 1:
            yield "text", _text(written, outcome.documents[0]["page_content"])
        case "text":
            yield "documents", _documents([], outcome.documents)
        case "documents":
            yield "documents", _documents(written, outcome.documents)
        case "counts":
            yield "counts", {name: _counted(value, outcome.counts.get(name, {})) for name, value in written.items()}
        case "withheld":
            yield "withheld", outcome.withheld
        case _:
            yield key, written


def _counted(written: Any, actual: Mapping[str, int]) -> Any:
    return dict(actual) if isinstance(written, Mapping) and actual else sum(actual.values())


def _documents(written: Sequence[Any], documents: Sequence[Mapping[str, Any]]) -> list[Any]:
    if len(written) == len(documents):
        return [_document(old, new) for old, new in zip(written, documents, strict=True)]
    keys = dict.fromkeys(key for old in written for key in old.get("metadata", {}))
    form = {"page_content": None, **({"metadata": dict.fromkeys(keys)} if keys else {})}
    return [_document(form, new) for new in documents]


def _document(written: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(value, document[key]) for key, value in written.items()}


def _value(written: Any, actual: Any) -> Any:
    """The new value in the place of an old one: of a mapping, the keys that were written and are still there."""
    if isinstance(actual, str):
        return _text(written, actual)
    if isinstance(written, Mapping) and isinstance(actual, Mapping):
        return {key: _value(value, actual[key]) for key, value in written.items() if key in actual}
    if isinstance(actual, Mapping):
        return {str(key): _value(None, value) for key, value in actual.items()}
    if isinstance(actual, (list, tuple)):
        old = written if isinstance(written, list) and len(written) == len(actual) else [None] * len(actual)
        return [_value(*both) for both in zip(old, actual, strict=True)]
    return actual


def _text(written: Any, actual: str) -> str:
    is_as_written = isinstance(written, str) and mismatch(written, actual) is None
    return str(written) if is_as_written else with_wildcards(actual)
