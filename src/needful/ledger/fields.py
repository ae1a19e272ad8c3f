"""What may stand in a ledger entry: one check for each kind of field, of values and of the JSON they are stored as.

Each returns what stands for the value in JSON, or raises `ValueError`, whose text names the field and never what was
in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

from needful.values import Action, Identity

__all__ = ["ENCODERS", "MAX_INTEGER", "STORED", "Encoded", "count", "identity_of", "mapping", "moment", "refuse"]

Encoded = str | int | list[str] | list[list[int]] | dict[str, Any]

MAX_WORD = 200
MAX_PATH = 1000
MAX_INTEGER = 2**53 - 1
"""RFC 8785 §3.2.2.3: numbers are IEEE 754 doubles."""
MAX_MILLISECONDS = 1e12

_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z0-9<][A-Za-z0-9<>_.:-]{0,99}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_OUTCOMES = ("released", "refused", "failed", "restored", "erased")
_ACTIONS = frozenset(Action)


def refuse(name: str, wanted: str) -> NoReturn:
    """Raise the error that says what a field must be."""
    raise ValueError(f"ledger entry: {name} must be {wanted}")


def _text(name: str, given: object, longest: int) -> str:
    if not isinstance(given, str) or len(given) > longest or not (given.isascii() or not _SURROGATE.search(given)):
        refuse(name, f"text of at most {longest} characters")
    return str(given)


def _word(name: str, given: object) -> str:
    return _text(name, given, MAX_WORD)


def _code(name: str, given: object) -> str:
    if not isinstance(given, str) or not _CODE.fullmatch(given):
        refuse(name, "a code: letters, digits and _.:- without spaces, at most 100")
    return str(given)


def _code_if_any(name: str, given: object) -> str:
    return "" if given == "" else _code(name, given)


def _hash(name: str, given: object) -> str:
    if not isinstance(given, str) or not _HASH.fullmatch(given):
        refuse(name, "a hash of 64 lower-case hex digits")
    return given


def _hash_if_any(name: str, given: object) -> str:
    return "" if given == "" else _hash(name, given)


def count(name: str, given: object) -> int:
    """A whole number that JSON can hold, 0 or more."""
    if type(given) is not int or not 0 <= given <= MAX_INTEGER:
        refuse(name, "a count, 0 or more")
    return given


def _outcome(name: str, given: object) -> str:
    if given not in _OUTCOMES:
        refuse(name, "released, refused, failed, restored or erased")
    return str(given)


def moment(text: str) -> str:
    """The one form of an RFC 3339 time in UTC: microseconds, and `Z`."""
    return _time("time", text)


def _time(name: str, given: object) -> str:
    if isinstance(given, str) and _STORED_TIME.fullmatch(given):
        return _stored_time_of(given)
    found = None
    if isinstance(given, str) and _TIME.fullmatch(given):
        with suppress(ValueError):  # the 31st of February
            found = datetime.fromisoformat(given)
    if found is None or found.utcoffset() != timedelta(0):
        refuse(name, "an RFC 3339 time in UTC")
    return found.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _names(name: str, given: object) -> list[str]:
    if not isinstance(given, tuple):
        refuse(name, "a tuple of names")
    return [_text(name, item, MAX_PATH) for item in given]


def _ranges(name: str, given: object) -> list[list[int]]:
    stretches = [_range(name, each) for each in given] if isinstance(given, tuple) else [[0, 0]]
    # In order, and two that touch are one, so that what was erased is said in one way.
    ends = [0, *(last for _, last in stretches)]
    if any(first <= before + (before > 0) for before, (first, _) in zip(ends, stretches, strict=False)):
        refuse(name, "stretches of sequences, first and last, in order and apart")
    return stretches


def _range(name: str, given: object) -> list[int]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return [0, 0]
    first, last = (count(name, number) for number in given)
    return [first, last] if first <= last else [0, 0]


def mapping(name: str, given: object) -> Mapping[object, object]:
    """A mapping."""
    if not isinstance(given, Mapping):
        refuse(name, "a mapping")
    return given


def _tally(name: str, given: object) -> dict[str, Any]:
    return {_code(name, code): count(name, number) for code, number in mapping(name, given).items()}


def _action(name: str, given: object) -> str:
    if not isinstance(given, str) or given not in _ACTIONS:
        refuse(name, "counted by action")
    return str(given)


def _counts(name: str, given: object) -> dict[str, Any]:
    return {
        _text(name, entity, MAX_PATH): {
            _action(name, action): count(name, number) for action, number in mapping(name, actions).items()
        }
        for entity, actions in mapping(name, given).items()
    }


def _timings(name: str, given: object) -> dict[str, Any]:
    return {_code(name, stage): _microseconds(name, spent) for stage, spent in mapping(name, given).items()}


def _microseconds(name: str, given: object) -> int:
    # The comparison is false for NaN as well.
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= MAX_MILLISECONDS:
        refuse(name, "milliseconds, 0 or more")
    return round(given * 1000)


def _identity(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, Identity):
        refuse(name, "the identity of a policy")
    return {
        "digest": _hash(f"{name}.digest", given.digest),
        "name": _word(f"{name}.name", given.name),
        "version": count(f"{name}.version", given.version),
    }


def _stored_time(name: str, given: object) -> str:
    if not isinstance(given, str) or not _STORED_TIME.fullmatch(given):
        refuse(name, "a time to the microsecond that ends in Z")
    return _stored_time_of(given)


@lru_cache(maxsize=64)
def _date(given: str) -> str:
    return _time("time", f"{given}T00:00:00Z")[:10]


def _stored_time_of(given: str) -> str:
    # Dates repeat, so that only hours, minutes and seconds are left to look at.
    if not (given[11:13] < "24" and given[14:16] < "60" and given[17:19] < "60"):
        refuse("time", "an RFC 3339 time in UTC")
    return _date(given[:10]) + given[10:]


def _stored_identity(name: str, given: object) -> dict[str, Any]:
    return _identity(name, identity_of(given))


def _stored_names(name: str, given: object) -> list[str]:
    return _names(name, tuple(given) if isinstance(given, list) else given)


def _stored_timings(name: str, given: object) -> dict[str, Any]:
    return _tally(name, given)


def _stored_ranges(name: str, given: object) -> list[list[int]]:
    return _ranges(name, tuple(given) if isinstance(given, list) and given else None)


def identity_of(given: Any) -> Identity:
    """Read the identity of a policy from JSON."""
    if not isinstance(given, dict) or set(given) != {"name", "version", "digest"}:
        refuse("policy", "the identity of a policy")
    return Identity(**given)


ENCODERS: Mapping[str, tuple[str, Callable[[str, object], Encoded]]] = {
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
    "erased": ("erased", _ranges),
}
STORED: Mapping[str, Callable[[str, object], Encoded]] = {
    "time": _stored_time,
    "policy": _stored_identity,
    "fields": _stored_names,
    "timings_us": _stored_timings,
    "erased": _stored_ranges,
}
