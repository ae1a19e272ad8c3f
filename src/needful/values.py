"""The nouns of Needful: frozen, slotted values that the stages pass on.

What holds raw content (a query, a payload, a point id) has `repr=False`, so that a log line, a trace or a failing
test cannot show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Any, Literal

from needful.conditions import Clause, Condition, Filter, Nested, Operator
from needful.errors import AccessDenied

__all__ = [
    "UNLISTED",
    "Action",
    "Clause",
    "Condition",
    "Counts",
    "Disclosure",
    "Document",
    "Entry",
    "Fetch",
    "Fetched",
    "Filter",
    "Found",
    "Identity",
    "Nested",
    "Operator",
    "Passage",
    "PointId",
    "Principal",
    "Receipt",
    "Record",
    "Release",
    "Request",
    "Restored",
    "Scalar",
    "Span",
]

UNLISTED = "<unlisted>"
"""In place of a name that the policy does not have: it may be somebody's data."""

Scalar = str | int | float | bool
PointId = int | str
Counts = Mapping[str, Mapping[str, int]]
"""Entity (or field) name to action to how often: `{"PERSON": {"pseudonymize": 2}}`."""


class Action(StrEnum):
    """What happens with a value. `rank` orders them: on the same characters the higher rank wins."""

    KEEP = "keep"
    MASK = "mask"
    GENERALIZE = "generalize"
    CUSTOM = "custom"
    HASH = "hash"
    PSEUDONYMIZE = "pseudonymize"
    SURROGATE = "surrogate"
    REDACT = "redact"
    DROP_PASSAGE = "drop-passage"
    DROP_RECORD = "drop-record"
    DENY = "deny"

    @property
    def rank(self) -> int:
        """Strictness, 0 (`keep`) to 6 (`deny`). Different actions of one rank on the same characters become redact."""
        return _RANKS[self]


_RANKS = {
    action: rank
    for rank, actions in enumerate(
        (
            (Action.KEEP,),
            (Action.MASK, Action.GENERALIZE, Action.CUSTOM),
            (Action.HASH, Action.PSEUDONYMIZE, Action.SURROGATE),
            (Action.REDACT,),
            (Action.DROP_PASSAGE,),
            (Action.DROP_RECORD,),
            (Action.DENY,),
        )
    )
    for action in actions
}


ATTRIBUTES = "a principal's attributes must be strings, finite numbers or booleans"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: an id and scalar attributes (tenant, role, …), given by the application."""

    id: str = field(repr=False)
    attributes: Mapping[str, Scalar] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Principal:
        """Read `{"id": …, attribute: scalar, …}`.

        Raises `ValueError` with static text if the id is missing or an attribute is not a scalar: a list or an
        object in a filter would change what the filter means, and JSON has no number that is not finite.
        """
        identifier = given.get("id")
        if not isinstance(identifier, str) or not identifier:
            raise ValueError("a principal needs an id, a non-empty string")
        attributes: dict[str, Scalar] = {}
        for name, value in given.items():
            if not isinstance(value, (str, int, float, bool)) or (isinstance(value, float) and not isfinite(value)):
                raise ValueError(ATTRIBUTES)
            attributes[name] = value
        del attributes["id"]
        return cls(identifier, MappingProxyType(attributes))

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled.
        return Principal.of, ({"id": self.id, **self.attributes},)

    def attribute(self, name: str) -> Scalar | None:
        """The attribute of this name (`id` included), or None where the principal has none."""
        return self.id if name == "id" else self.attributes.get(name)


@dataclass(frozen=True, slots=True)
class Request:
    """One question as the application asked it.

    `conflicts` names what the caller tried to override though it was bound at construction; `unlisted` names
    call-time arguments that are not on the allow-list; `refusal` is why the adapter could not read the call at all.
    Planning refuses all three, so that the refusal is recorded.
    """

    query: str = field(repr=False)
    purpose: str | None = field(repr=False)
    principal: Principal | None
    k: int | None = None
    filter: Filter | None = field(default=None, repr=False)
    score_threshold: float | None = None
    scope: str | None = field(default=None, repr=False)
    conflicts: tuple[str, ...] = field(default=(), repr=False)
    unlisted: tuple[str, ...] = field(default=(), repr=False)
    refusal: AccessDenied | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """What a store is asked for: the only way in which data leaves it.

    `text` is what may be embedded. `include` lists payload paths (`metadata.title`, `sents[].text`); nothing else may
    leave the store. `score_threshold` is the caller's, in the unit of the store's search type; `min_score` is the
    policy's, in the store's own score. `exclude` are records that were seen in an earlier round.
    """

    text: str = field(repr=False)
    include: tuple[str, ...]
    filter: Filter = field(repr=False)
    limit: int
    score_threshold: float | None = None
    min_score: float | None = None
    exclude: tuple[PointId, ...] = field(default=(), repr=False)
    neighbours: int = 0
    """How many passages on each side of one that was found may come with it where it needs them."""


@dataclass(frozen=True, slots=True)
class Found:
    """One of the passages that a record is made of: which of its document, counted from 1, and how well it answers.

    `score` is the store's. One that is `near` was not found: it came because a found one needs it.
    """

    order: int
    score: float
    near: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One point as fetched: the planned fields only. Raw."""

    id: PointId = field(repr=False)
    score: float
    payload: Mapping[str, Any] = field(repr=False)
    passages: tuple[Found, ...] = ()
    """Of a document that came as passages, one for each element of its array of texts, in order; else empty."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A store's answer, best first. `bytes` is the size of the payloads as JSON."""

    records: tuple[Record, ...]
    bytes: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where a detector found something: offsets in code points of the text that it was given, never the text.

    `score` is the detector's confidence, 0 to 1.
    """

    start: int
    end: int
    entity: str
    score: float
    recognizer: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text, chosen because the question needs it: offsets in code points."""

    start: int
    end: int
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Redacted text and how often what was done to it: the only text that an adapter may render."""

    text: str
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One record as disclosed. `fields` is the payload's shape with disclosed leaves; `id` is keyed unless kept."""

    id: str
    text: str
    fields: Mapping[str, Any]
    counts: Counts = field(default_factory=dict)
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Which policy decided: name, revision and digest (SHA-256, hex) of its canonical form."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry: typed, allow-listed fields. No text of a query, a document or a value.

    `outcome` is what happened: documents were released, the request was refused, a stage failed, lasting tokens were
    restored (`counts` then has them by entity), or earlier entries were erased (`erased` says which, `reason` why);
    `reason` is the code of the refusal or fault. Names (`purpose`, `fields`, entities in `counts`) are names that the
    policy has, else `<unlisted>`. `principal` and `query` are keyed hashes (HMAC-SHA256, hex). Timings are
    milliseconds a stage; `characters_*` count code points of text fields, `bytes_fetched` the payloads as JSON.
    """

    time: str
    """RFC 3339, UTC, microseconds."""
    outcome: Literal["released", "refused", "failed", "restored", "erased"]
    purpose: str
    principal: str
    policy: Identity
    query: str = ""
    reason: str = ""
    detector: str = ""
    ner: str = ""
    fields: tuple[str, ...] = ()
    counts: Counts = field(default_factory=dict)
    query_counts: Counts = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    """Reason code to how many records."""
    rounds: int = 0
    records_fetched: int = 0
    records_disclosed: int = 0
    passages: int = 0
    bytes_fetched: int = 0
    characters_fetched: int = 0
    characters_disclosed: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)
    erased: tuple[tuple[int, int], ...] = ()
    """First and last sequence of each stretch of entries whose content this entry says was erased, in order."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a disclosure was recorded: where in the ledger, and the entry's chained hash (hex)."""

    sequence: int
    entry_hash: str
    policy: Identity
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restored:
    """A text whose lasting tokens were turned back, as far as the policy lets this principal. Raw."""

    text: str = field(repr=False)
    receipt: Receipt
    restored: int
    """How many tokens were turned back."""
    left: int
    """How many lasting tokens stay: not this principal's to restore, or not in the vault."""


@dataclass(frozen=True, slots=True)
class Release:
    """What one question gets. `withheld` counts records; why, only the ledger says."""

    documents: Sequence[Document]
    withheld: int
    receipt: Receipt
    query: str
    """The redacted question, for a model: values that the fetched records name are redacted in it too."""
