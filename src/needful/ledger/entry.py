"""A ledger entry as bytes: what is hashed, and the only form in which an entry is stored.

The bytes are RFC 8785 canonical JSON with the keys of `values.Entry` and `v`, the version of this format (1). All keys
are always there. Two differ from the value: `time` always ends in `Z` and has six digits after the second, and
`timings_us` has whole microseconds where `Entry.timings` has milliseconds, so that no number depends on how a
language prints floats. One entry therefore has one form, and `parse` takes no other.

What goes in is checked, because this is the last gate before disk: hashes are 64 hex digits, codes are words without
spaces, names are bounded, actions are those of `values.Action`. A query handed over in place of its hash is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NoReturn

import rfc8785

from needful.values import Action, Counts, Entry, Identity

__all__ = ["MAX_BYTES", "VERSION", "canonical", "parse"]

VERSION = 1
MAX_BYTES = 1 << 20
"""No entry is longer than this."""

MAX_WORD = 200
MAX_PATH = 1000
MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: numbers are IEEE 754 doubles
MAX_MILLISECONDS = 1e12

_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z0-9<][A-Za-z0-9<>_.:-]{0,99}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_OUTCOMES = ("released", "refused", "failed", "restored")
_ACTIONS = frozenset(Action)

Encoded = str | int | list[str] | dict[str, Any]


def canonical(entry: Entry) -> bytes:
    """Return the bytes that stand for this entry.

    Raises `ValueError`, whose text names the field and never what was in it, for anything that is not of its type.
    """
    document: dict[str, Any] = {key: encode(key, getattr(entry, name)) for name, (key, encode) in _FIELDS.items()}
    data = _dumps({"v": VERSION, **document})
    if len(data) > MAX_BYTES:
        _refuse("the whole", f"at most {MAX_BYTES} bytes")
    return data


def parse(data: bytes) -> Entry:
    """Read what `canonical` wrote. Raises `ValueError` with static text on any other bytes."""
    document = _loaded(data)
    if document.get("v") != VERSION or len(document) != len(_FIELDS) + 1:
        _refuse("the whole", f"an object of format version {VERSION}, with its keys and no others")
    given = {name: _DECODERS.get(key, _same)(document.get(key)) for name, (key, _) in _FIELDS.items()}
    entry = Entry(**given)
    # Writing it again finds every other way in which bytes can differ: types, order, spaces, duplicate keys.
    if canonical(entry) != data:
        _refuse("the whole", "in canonical form")
    return entry


def _dumps(document: dict[str, Any]) -> bytes:
    # With strings and integers only, and no character beyond ASCII, the standard library writes the same bytes in a
    # tenth of the time (a test compares): RFC 8785 §3.2.3 sorts keys by UTF-16 units, which then are code points.
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() if text.isascii() else rfc8785.dumps(document)


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _refuse("the whole", f"a JSON object of at most {MAX_BYTES} bytes")
    return document


def _refuse(name: str, wanted: str) -> NoReturn:
    raise ValueError(f"ledger entry: {name} must be {wanted}")


def _text(name: str, given: object, longest: int) -> str:
    if not isinstance(given, str) or len(given) > longest or _SURROGATE.search(given):
        _refuse(name, f"text of at most {longest} characters")
    return str(given)


def _word(name: str, given: object) -> str:
    return _text(name, given, MAX_WORD)


def _code(name: str, given: object) -> str:
    if not isinstance(given, str) or not _CODE.fullmatch(given):
        _refuse(name, "a code: letters, digits and _.:- without spaces, at most 100")
    return str(given)


def _code_if_any(name: str, given: object) -> str:
    return "" if given == "" else _code(name, given)


def _hash(name: str, given: object) -> str:
    if not isinstance(given, str) or not _HASH.fullmatch(given):
        _refuse(name, "a hash of 64 lower-case hex digits")
    return given


def _hash_if_any(name: str, given: object) -> str:
    return "" if given == "" else _hash(name, given)


def _count(name: str, given: object) -> int:
    if type(given) is not int or not 0 <= given <= MAX_INTEGER:
        _refuse(name, "a count, 0 or more")
    return given


def _outcome(name: str, given: object) -> str:
    if given not in _OUTCOMES:
        _refuse(name, "released, refused, failed or restored")
    return str(given)


def _time(name: str, given: object) -> str:
    moment = None
    if isinstance(given, str) and _TIME.fullmatch(given):
        with suppress(ValueError):  # the 31st of February
            moment = datetime.fromisoformat(given)
    if moment is None or moment.utcoffset() != timedelta(0):
        _refuse(name, "an RFC 3339 time in UTC")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _names(name: str, given: object) -> list[str]:
    if not isinstance(given, tuple):
        _refuse(name, "a tuple of names")
    return [_text(name, item, MAX_PATH) for item in given]


def _mapping(name: str, given: object) -> Mapping[object, object]:
    if not isinstance(given, Mapping):
        _refuse(name, "a mapping")
    return given


def _tally(name: str, given: object) -> dict[str, Any]:
    return {_code(name, code): _count(name, number) for code, number in _mapping(name, given).items()}


def _action(name: str, given: object) -> str:
    if not isinstance(given, str) or given not in _ACTIONS:
        _refuse(name, "counted by action")
    return str(given)


def _counts(name: str, given: object) -> dict[str, Any]:
    return {
        _text(name, entity, MAX_PATH): {
            _action(name, action): _count(name, number) for action, number in _mapping(name, actions).items()
        }
        for entity, actions in _mapping(name, given).items()
    }


def _timings(name: str, given: object) -> dict[str, Any]:
    return {_code(name, stage): _microseconds(name, spent) for stage, spent in _mapping(name, given).items()}


def _microseconds(name: str, given: object) -> int:
    # The comparison is false for NaN as well.
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= MAX_MILLISECONDS:
        _refuse(name, "milliseconds, 0 or more")
    return round(given * 1000)


def _identity(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, Identity):
        _refuse(name, "the identity of a policy")
    return {
        "digest": _hash(f"{name}.digest", given.digest),
        "name": _word(f"{name}.name", given.name),
        "version": _count(f"{name}.version", given.version),
    }


_ENCODERS: dict[str, tuple[str, Callable[[str, object], Encoded]]] = {
    "time": ("time", _time),
    "outcome": ("outcome", _outcome),
    "purpose": ("purpose", _word),
    "principal": ("principal", _hash_if_any),
    "policy": ("policy", _identity),
    "query": ("query", _hash_if_any),
    "reason": ("reason", _code_if_any),
    "detector": ("detector", _word),
    "ner": ("ner", _word),
    "fields": ("fields", _names),
    "counts": ("counts", _counts),
    "query_counts": ("query_counts", _counts),
    "withheld": ("withheld", _tally),
    "timings": ("timings_us", _timings),
}
_FIELDS: Mapping[str, tuple[str, Callable[[str, object], Encoded]]] = MappingProxyType(
    {field.name: _ENCODERS.get(field.name, (field.name, _count)) for field in fields(Entry)}
)
"""Attribute of `Entry` to its key and its check. What has no check of its own must be a count."""


def _same(given: Any) -> Any:
    return given


def _decoded_counts(given: Any) -> Counts:
    return MappingProxyType({entity: _decoded_mapping(actions) for entity, actions in _decoded_mapping(given).items()})


def _decoded_mapping(given: Any) -> Mapping[str, Any]:
    return MappingProxyType(_mapping("the whole", given))  # type: ignore[arg-type]  # JSON keys are strings


def _decoded_timings(given: Any) -> Mapping[str, float]:
    return MappingProxyType(
        {stage: _count("timings_us", spent) / 1000 for stage, spent in _decoded_mapping(given).items()}
    )


def _decoded_identity(given: Any) -> Identity:
    if not isinstance(given, dict) or set(given) != {"name", "version", "digest"}:
        _refuse("policy", "the identity of a policy")
    return Identity(**given)


_DECODERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "policy": _decoded_identity,
        "fields": lambda given: tuple(given) if isinstance(given, list) else given,
        "counts": _decoded_counts,
        "query_counts": _decoded_counts,
        "withheld": _decoded_mapping,
        "timings_us": _decoded_timings,
    }
)
