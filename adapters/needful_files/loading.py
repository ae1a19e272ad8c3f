"""Documents of LangChain, from a loader or from any iterable, as `Item`s. LangChain itself is not imported."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol
from uuid import UUID

from needful.errors import NeedfulError
from needful_files.content import MAX_CHARACTERS
from needful_files.items import HALF_PAIR, Bad, Item, encodes, identity

__all__ = ["Loader", "documents"]


class Loader(Protocol):
    """What is needed of LangChain's `BaseLoader`."""

    def lazy_load(self) -> Iterable[Any]:
        """Give the documents one by one."""


class _NotJson(Exception):
    """A value that JSON has no word for. It has no text."""


def documents(source: Loader | Iterable[Any], *, name: str = "loader") -> Iterator[Item | Bad]:
    """Yield the documents of a loader, or LangChain documents as they are, one at a time and in order.

    A document with an `id` keeps its point wherever it stands; one without is known by `name` and its number. In the
    metadata, dates and times become ISO 8601, and UUIDs, paths and decimals text, tuples lists, members of an `Enum`
    their values. Anything else that JSON cannot hold makes a `Bad`, whose `line` is the document's number, from 1.

    Raises `NeedfulError`, code `loader`, where the loader raises: what came so far is not all that there is.
    """
    seen: dict[int, int] = {}
    for number, found in enumerate(_given(source), start=1):
        item = _item(found, name, number)
        first = seen.setdefault(UUID(item.id).int, number) if isinstance(item, Item) and found.id else number
        yield item if first == number else Bad(name, number, f"the id is that of {name}:{first}")


def _given(source: Loader | Iterable[Any]) -> Iterator[Any]:
    number = 0
    try:
        load: Any = getattr(source, "lazy_load", None)
        loaded: Any = source if load is None else load()
        for number, found in enumerate(loaded, start=1):  # noqa: B007 - used after
            yield found
        return
    except Exception:  # noqa: BLE001 - a loader is foreign code, and its errors quote what it loads
        pass
    after = f"after document {number}" if number else "before its first document"
    raise NeedfulError(f"the loader failed {after}", code="loader", hint="call its lazy_load() alone to see why")


def _item(found: Any, name: str, number: int) -> Item | Bad:
    text, metadata, given = (getattr(found, part, None) for part in ("page_content", "metadata", "id"))
    problem = _problem(text, metadata, given)
    if problem:
        return Bad(name, number, problem)
    try:
        plain = _plain(metadata or {})
    except (_NotJson, RecursionError):
        return Bad(name, number, "its metadata have something that JSON cannot hold (make it text, or leave it out)")
    if not encodes({"text": text, "metadata": plain}):
        return Bad(name, number, HALF_PAIR)
    own = ("id", str(given)) if given else ("document", name, str(number))
    return Item(identity(*own), str(text), plain)


def _problem(text: Any, metadata: Any, given: Any) -> str:
    if not isinstance(text, str):
        return "this is no LangChain document: it has no page_content"
    if not text.strip():
        return "its text is empty"
    if len(text) > MAX_CHARACTERS:
        return f"its text has more than {MAX_CHARACTERS // 1_000_000} million characters (split it)"
    if not isinstance(metadata or {}, Mapping):
        return "its metadata are no mapping"
    if not isinstance(given, str | None):
        return "its id is no string"
    return "" if encodes({"id": given}) else HALF_PAIR


def _plain(value: Any) -> Any:
    """A value as JSON has it. Raises `_NotJson`, and `RecursionError` for what has no end."""
    match value:
        case Enum():
            return _plain(value.value)
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case UUID() | PurePath() | Decimal():
            return str(value)
        case Mapping():
            return {_key(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return _plain(_scalar(value))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise _NotJson
    return str(key)


def _scalar(value: Any) -> bool | int | float:
    """The number in a scalar of NumPy. Raises `_NotJson`."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        found = value.item()
        if isinstance(found, bool | int | float) and (not isinstance(found, float) or math.isfinite(found)):
            return found
    raise _NotJson
