"""A ledger entry as bytes: what is hashed, and the only form in which an entry is stored.

The bytes are RFC 8785 canonical JSON with the keys of `values.Entry` and `v`, the version of this format. Version 1 has
all keys but `erased`, always. Version 2 is that of an entry which says that others were erased: it has `erased` too.
Two keys differ from the value: `time` always ends in `Z` and has six digits after the second, and `timings_us` has
whole microseconds where `Entry.timings` has milliseconds, so that no number depends on how a language prints floats.
One entry therefore has one form, and `parse` takes no other.

What goes in is checked, because this is the last gate before disk: hashes are 64 hex digits, codes are words without
spaces, names are bounded, actions are those of `values.Action`. A query handed over in place of its hash is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import rfc8785

from needful.ledger.fields import ENCODERS, MAX_INTEGER, STORED, Encoded, count, identity_of, mapping, refuse
from needful.values import Counts, Entry

__all__ = ["ERASING", "MAX_BYTES", "VERSION", "canonical", "checked", "parse"]

VERSION, ERASING = 1, 2
"""Format versions: of all entries, and of those that say that others were erased."""
MAX_BYTES = 1 << 20
"""No entry is longer than this."""
MOST_KNOWN = 256


def canonical(entry: Entry) -> bytes:
    """Return the bytes that stand for this entry.

    Raises `ValueError`, whose text names the field and never what was in it, for anything that is not of its type.
    """
    document: dict[str, Any] = {key: encode(key, getattr(entry, name)) for name, (key, encode) in _FIELDS.items()}
    document["v"] = ERASING if document["erased"] else VERSION
    if document["v"] == VERSION:
        del document["erased"]
    _require_reason_to_erase(document)
    data = _dumps(document)
    if len(data) > MAX_BYTES:
        refuse("the whole", f"at most {MAX_BYTES} bytes")
    return data


def parse(data: bytes) -> Entry:
    """Read what `canonical` wrote. Raises `ValueError` with static text on any other bytes."""
    document = checked(data)
    given = {name: _DECODERS.get(key, _same)(document.get(key, ())) for name, (key, _) in _FIELDS.items()}
    return Entry(**given)


def checked(data: bytes) -> dict[str, Any]:
    """Check the bytes of an entry as `parse` does, and return the JSON. Raises `ValueError` with static text.

    It is half the work of `parse`, for who reads a million entries and wants to know only that they are entries.
    """
    document = _loaded(data)
    version = document.get("v")
    if type(version) is not int or document.keys() != _KEYS.get(version):
        refuse("the whole", f"an object of format version {VERSION} or {ERASING}, with its keys and no others")
    for key, value in document.items():
        # Numbers and repeated words are most of an entry, and this is most of the time that a verification takes.
        if type(value) is int and key in _COUNTS and 0 <= value <= MAX_INTEGER:
            continue
        if type(value) is not str:
            _require(key, value)
        elif value not in (known := _KNOWN[key]):
            _require(key, value)
            if len(known) < MOST_KNOWN:
                known.add(value)
    _require_reason_to_erase(document)
    # Writing it again finds every other way in which bytes can differ: order, spaces, escapes, duplicate keys.
    if _dumps(document) != data:
        refuse("the whole", "in canonical form")
    return document


def _require(key: str, value: object) -> None:
    if _CHECKS[key](key, value) != value:
        refuse(key, "in canonical form")


def _require_reason_to_erase(document: Mapping[str, Any]) -> None:
    if (document["outcome"] == "erased") != (document["v"] == ERASING):
        refuse("erased", "there where the outcome is erased, and nowhere else")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _dumps(document: dict[str, Any]) -> bytes:
    # With strings and integers only, and no character beyond U+FFFF, the standard library writes the same bytes in a
    # tenth of the time (a test compares): RFC 8785 §3.2.3 sorts keys by UTF-16 units, which then are code points.
    text = _ENCODER.encode(document)
    return text.encode() if text.isascii() or max(text) <= "\uffff" else rfc8785.dumps(document)


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        refuse("the whole", f"a JSON object of at most {MAX_BYTES} bytes")
    return document


_FIELDS: Mapping[str, tuple[str, Callable[[str, object], Encoded]]] = MappingProxyType(
    {field.name: ENCODERS.get(field.name, (field.name, count)) for field in fields(Entry)}
)
"""Attribute of `Entry` to its key and its check. What has no check of its own must be a count."""

_CHECKS: Mapping[str, Callable[[str, object], Encoded]] = MappingProxyType(
    {key: STORED.get(key, encode) for key, encode in [*_FIELDS.values(), ("v", count)]}
)
"""Key to the check of what stands there as JSON."""
_COUNTS = frozenset(key for key, check in _CHECKS.items() if check is count)
_KNOWN: Mapping[str, set[str]] = MappingProxyType({key: set() for key in _CHECKS})
"""Key to words that were found good there."""
_KEYS: Mapping[int, frozenset[str]] = MappingProxyType(
    {VERSION: frozenset(_CHECKS) - {"erased"}, ERASING: frozenset(_CHECKS)}
)


def _same(given: Any) -> Any:
    return given


def _decoded_counts(given: Any) -> Counts:
    return MappingProxyType({entity: _decoded_mapping(actions) for entity, actions in _decoded_mapping(given).items()})


def _decoded_mapping(given: Any) -> Mapping[str, Any]:
    return MappingProxyType(mapping("the whole", given))  # type: ignore[arg-type]  # JSON keys are strings


def _decoded_timings(given: Any) -> Mapping[str, float]:
    return MappingProxyType(
        {stage: count("timings_us", spent) / 1000 for stage, spent in _decoded_mapping(given).items()}
    )


_DECODERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "policy": identity_of,
        "fields": lambda given: tuple(given) if isinstance(given, list) else given,
        "counts": _decoded_counts,
        "query_counts": _decoded_counts,
        "withheld": _decoded_mapping,
        "timings_us": _decoded_timings,
        "erased": lambda given: tuple(map(tuple, given)),
    }
)
