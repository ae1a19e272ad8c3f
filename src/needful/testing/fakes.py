"""A store, a detector, operators, a ledger and a vault in memory. They keep the promises of their ports."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from needful.errors import DetectionError, LedgerWriteError, VaultError
from needful.paths import FieldPath, assemble
from needful.values import (
    Clause,
    Condition,
    Entry,
    Fetch,
    Fetched,
    Filter,
    Nested,
    PointId,
    Receipt,
    Record,
    Scalar,
    Span,
)

__all__ = ["KeywordDetector", "MemoryLedger", "MemoryStore", "MemoryVault", "PlainOperators"]


@dataclass(slots=True)
class MemoryStore:
    """Payloads in a list, ranked by how many words of the question their text shares, then by position.

    Points have the ids 1, 2, …, or what the key `$id` of a payload gives. With `in_order` the list is the ranking.
    `fault` is raised by every fetch.
    """

    payloads: Iterable[Mapping[str, Any]] = field(repr=False)
    text_key: str = "page_content"
    in_order: bool = False
    fault: Exception | None = field(default=None, repr=False)
    fetches: list[Fetch] = field(default_factory=list, repr=False)
    """What was asked for, for assertions."""
    _points: list[tuple[PointId, Mapping[str, Any]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._points = [(payload.get("$id", at), payload) for at, payload in enumerate(self.payloads, start=1)]

    def fetch(self, fetch: Fetch) -> Fetched:
        """Answer like a vector store would: filtered, ranked, projected."""
        self.fetches.append(fetch)
        if self.fault is not None:
            raise self.fault
        excluded = set(fetch.exclude)
        found = [
            (self._score(fetch.text, payload), identifier, payload)
            for identifier, payload in self._points
            if identifier not in excluded and _holds(fetch.filter, payload)
        ]
        floor = max((bound for bound in (fetch.min_score, fetch.score_threshold) if bound is not None), default=None)
        ranked = sorted((item for item in found if floor is None or item[0] >= floor), key=lambda item: -item[0])
        records = tuple(
            Record(identifier, score, _projected(payload, fetch.include))
            for score, identifier, payload in ranked[: fetch.limit]
        )
        return Fetched(records, sum(_size(record.payload) for record in records))

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Like `fetch`."""
        return self.fetch(fetch)

    def _score(self, query: str, payload: Mapping[str, Any]) -> float:
        if self.in_order:
            return 1.0
        words = set(re.findall(r"\w+", str(payload.get(self.text_key, "")).casefold()))
        return float(sum(word in words for word in set(re.findall(r"\w+", query.casefold()))))


def _size(payload: Mapping[str, Any]) -> int:
    try:
        return len(json.dumps(payload, default=str))
    except (TypeError, ValueError, RecursionError):
        return 0


def _projected(payload: Mapping[str, Any], include: Iterable[str]) -> dict[str, Any]:
    leaves = [leaf for path in include for leaf in FieldPath.parse(path).leaves(payload)]
    return assemble(leaves)


def _holds(clause: Clause, payload: Mapping[str, Any]) -> bool:
    if isinstance(clause, Filter):
        least = 1 if clause.min_should is None else clause.min_should
        enough = sum(_holds(part, payload) for part in clause.should) >= least
        return (
            all(_holds(part, payload) for part in clause.must)
            and not any(_holds(part, payload) for part in clause.must_not)
            and (enough or not clause.should)
        )
    values = [value for _, value in FieldPath.parse(clause.key).leaves(payload)]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    if isinstance(clause, Nested):
        return any(_holds(clause.filter, item) for item in flat if isinstance(item, Mapping))
    return _meets(clause, flat)


def _meets(condition: Condition, values: Sequence[Any]) -> bool:
    wanted: Any = condition.value
    match condition.operator:
        case "equals":
            return any(_same(value, wanted) for value in values)
        case "any":
            return any(_same(value, one) for value in values for one in wanted)
        case "except":
            return any(not any(_same(value, one) for one in wanted) for value in values)
        case "range":
            return any(all(_within(value, bound, limit) for bound, limit in wanted.items()) for value in values)
        case "is_empty":
            return bool(wanted) != any(value is not None for value in values)
        case "is_null":
            return bool(wanted) == any(value is None for value in values)
        case _:
            return any(_TEXTS[condition.operator](str(value).casefold(), str(wanted).casefold()) for value in values)


def _same(value: Any, wanted: Any) -> bool:
    """Whether two JSON values are equal. To Python, true is 1."""
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _within(value: Any, bound: str, limit: Any) -> bool:
    """Whether a number, or a time in RFC 3339, keeps a bound. What cannot be compared does not."""
    try:
        return _BOUNDS[bound](_moment(value), _moment(limit))
    except (TypeError, ValueError):
        return False


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "text": lambda value, wanted: set(re.findall(r"\w+", wanted)) <= set(re.findall(r"\w+", value)),
    "phrase": lambda value, wanted: wanted in value,
    "prefix": lambda value, wanted: value.startswith(wanted),
}
_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, limit: bool(value > limit),
    "gte": lambda value, limit: bool(value >= limit),
    "lt": lambda value, limit: bool(value < limit),
    "lte": lambda value, limit: bool(value <= limit),
}


@dataclass(frozen=True, slots=True)
class KeywordDetector:
    """Finds what patterns of yours (`re` syntax) match: `KeywordDetector({"PERSON": "Maria Keller|Tom Weiss"})`."""

    patterns: Mapping[str, str]
    score: float = 0.9

    @property
    def fingerprint(self) -> str:
        """A digest of the patterns."""
        return hashlib.sha256(json.dumps([dict(self.patterns), self.score], sort_keys=True).encode()).hexdigest()

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Every match of every pattern, empty matches aside."""
        return [tuple(sorted(self._spans(text))) for text in texts]

    def _spans(self, text: str) -> Iterator[Span]:
        for entity, pattern in self.patterns.items():
            for match in re.finditer(pattern, text):
                if match.end() > match.start():
                    yield Span(match.start(), match.end(), entity, self.score, "keyword")


class PlainOperators:
    """The operators mask, replace and redact, with presidio-anonymizer's parameters, in a few lines."""

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        """Apply one. Raises `DetectionError` on any other name."""
        if name == "mask":
            count = min(int(parameters.get("chars_to_mask", 0)), len(value))
            return str(parameters.get("masking_char", "*")) * count + value[count:]
        if name == "replace":
            return str(parameters.get("new_value", f"<{entity}>"))
        if name == "redact":
            return ""
        raise DetectionError("no such operator", code="operator-unknown")


@dataclass(slots=True)
class MemoryLedger:
    """Entries in a list. Set `fault` to make it refuse, as a full disk would."""

    entries: list[Entry] = field(default_factory=list)
    fault: bool = False

    def append(self, entry: Entry) -> Receipt:
        """Keep the entry. Raises `LedgerWriteError` if `fault` is set."""
        if self.fault:
            raise LedgerWriteError("the ledger is set to refuse", code="ledger-refuses")
        self.entries.append(entry)
        digest = hashlib.sha256(repr((len(self.entries), entry)).encode()).hexdigest()
        return Receipt(len(self.entries), digest, entry.policy, entry.counts)


@dataclass(slots=True)
class MemoryVault:
    """Tokens and originals in a dictionary, not sealed. Set `fault` to make it refuse, as a full disk would."""

    held: dict[str, str] = field(default_factory=dict, repr=False)
    fault: bool = False

    def put(self, originals: Mapping[str, str]) -> None:
        """Keep the originals of tokens that are new. Raises `VaultError` if `fault` is set."""
        self._require_no_fault()
        self.held = {**originals, **self.held}

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        """The originals of those tokens that are there. Raises `VaultError` if `fault` is set."""
        self._require_no_fault()
        return {token: self.held[token] for token in tokens if token in self.held}

    def has(self, token: str) -> bool:
        """Whether a token is there. Raises `VaultError` if `fault` is set."""
        self._require_no_fault()
        return token in self.held

    def _require_no_fault(self) -> None:
        if self.fault:
            raise VaultError("the vault is set to refuse", code="vault-refuses")
