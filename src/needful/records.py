"""A fetched record taken apart into planned leaves, and put together again from what may be shown.

Under a scanned field every string is searched: nested values, object keys and numbers as they are written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from needful.detection import MAX_KNOWN, MAX_VALUES
from needful.mentions import KnownValue
from needful.paths import FieldPath, Location, assemble
from needful.planning import Plan, PlannedField
from needful.policy.document import Scan
from needful.values import Action, Found, PointId, Record

__all__ = ["JSON", "Leaf", "Opened", "ShownKeys", "Withheld", "open_record", "rebuilt", "shape", "strings", "text_in"]

JSON = 4
"""How much longer than a text the JSON may be in which a layout keeps it."""

MAX_DEPTH = 100
"""Objects and arrays in one another; Qdrant itself takes little more."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record that is not disclosed, and why: a code for the ledger."""

    reason: str
    opened: Opened | None = field(default=None, repr=False)
    """What a field's own rule withholds; what it holds is looked for in the other records all the same. Raw."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One planned value of one record. Raw."""

    planned: PlannedField
    location: Location
    value: Any = field(repr=False)

    @property
    def scanned(self) -> bool:
        """Whether its text is searched."""
        return isinstance(self.planned.rule, Scan)

    @property
    def key(self) -> str | None:
        """The object key that a wildcard stands for here: the payload's own word, so it is searched like a text."""
        at = self.planned.path.wildcard
        return None if at is None else str(self.location[at])

    @property
    def searched(self) -> list[str]:
        """Every text of the leaf that is searched: the wildcard's key first, then its strings where it is scanned."""
        if type(self.value) is str and self.planned.path.wildcard is None:
            return [self.value] if self.scanned else []
        key = [] if self.key is None else [self.key]
        return [*key, *strings(self.value)] if self.scanned else key


@dataclass(frozen=True, slots=True)
class Opened:
    """A record whose shape is as planned. Raw."""

    id: PointId = field(repr=False)
    score: float
    leaves: tuple[Leaf, ...] = field(repr=False)
    known: tuple[KnownValue, ...] = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    """Every text to search, leaf by leaf, in the order of `strings`."""
    annotations: Any = field(default=None, repr=False)
    """What the database keeps of the spans of these texts; see `needful.annotations`."""
    passages: tuple[Found, ...] = ()
    """Where each of the record's contents stands in its document, if the store keeps passages."""


def open_record(record: Record, plan: Plan, annotations: Any = None) -> Opened | Withheld:
    """Take a record apart; `annotations` are what the store keeps of its spans.

    A text that is missing or is no text, or one too long to search, withholds the record. So does a known value too
    long to be searched for, and whatever cannot be read: nested without end, a number of thousands of digits, an object
    that fails when it is written out.
    """
    try:
        return _opened(record, plan, annotations)
    except Exception:  # noqa: BLE001 - a value's own methods may run, and their exceptions may quote it
        return Withheld("record-malformed")


def _opened(record: Record, plan: Plan, annotations: Any) -> Opened | Withheld:
    longest = plan.purpose.detect.max_characters
    leaves = tuple(
        Leaf(planned, location, text_in(value, plan.json_key, longest * JSON) if planned.is_text else value)
        for planned in plan.fields
        for location, value in _values(planned, record, plan)
    )
    contents = [leaf.value for leaf in leaves if leaf.planned.is_text]
    if any(planned.is_text for planned in plan.fields):
        if not contents or None in contents:
            return Withheld("text-missing")
        if not all(isinstance(value, str) for value in contents):
            return Withheld("text-not-a-string")
    if excess := _excess(leaves, longest):
        return Withheld(excess)
    known = tuple(islice(_known(record, plan), MAX_VALUES + 1))
    if len(leaves) > MAX_VALUES or len(known) > MAX_VALUES:
        return Withheld("too-many-values")
    if any(len(value.value) > MAX_KNOWN for value in known):
        return Withheld("known-too-long")
    searched = tuple(text for leaf in leaves for text in leaf.searched)
    own = _id(record, plan.id_path)
    return _by_field_rules(Opened(own, record.score, leaves, known, searched, annotations, record.passages))


def _values(planned: PlannedField, record: Record, plan: Plan) -> Iterator[tuple[Location, Any]]:
    """What a field has in a record. In a layout of passages the text is an array of them."""
    for location, value in planned.path.leaves(record.payload, planned.excluding):
        if planned.is_text and plan.in_passages and isinstance(value, list):
            yield from (((*location, at), part) for at, part in enumerate(value))
        else:
            yield location, value


def _excess(leaves: Sequence[Leaf], longest: int) -> str | None:
    """What about the size of the values keeps a record from being searched, if anything."""
    # Most values are strings; what is said of those takes no walk.
    nested = [leaf for leaf in leaves if type(leaf.value) is not str]
    if nested or len(leaves) > MAX_VALUES:
        plain = sum(leaf.scanned for leaf in leaves) - sum(leaf.scanned for leaf in nested)
        if plain + _count(text for leaf in nested if leaf.scanned for text in strings(leaf.value)) > MAX_VALUES:
            return "too-many-values"
    if any(type(leaf.value) is str and len(leaf.value) > longest for leaf in leaves):
        return "text-too-long"
    if any(len(leaf.key or "") > longest for leaf in leaves if leaf.planned.path.wildcard is not None):
        return "text-too-long"
    if any(len(text) > longest for leaf in nested for text in strings(leaf.value)):
        return "text-too-long"
    return "record-malformed" if any(_depth(leaf.value) > MAX_DEPTH for leaf in nested) else None


def _count(texts: Iterable[str]) -> int:
    """How many there are; where they are too many, one more than enough."""
    return sum(1 for _ in islice(texts, MAX_VALUES + 1))


def text_in(value: Any, json_key: str | None, longest: int) -> Any:
    """Return the text of a text field that holds JSON as text; None where there is no such text in it."""
    if json_key is None or not isinstance(value, str) or len(value) > longest:
        return value if json_key is None else None
    node = json.loads(value)
    return node.get(json_key) if isinstance(node, dict) else None


def _depth(value: Any) -> int:
    if type(value) is str:
        return 0
    if isinstance(value, (dict, Mapping)):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, (list, tuple)) else 0


def _id(record: Record, path: FieldPath | None) -> PointId:
    own = next((value for _, value in path.leaves(record.payload)), None) if path else None
    return own if isinstance(own, (int, str)) else record.id


def _known(record: Record, plan: Plan) -> Iterator[KnownValue]:
    for path, entity in plan.known:
        for _, value in path.leaves(record.payload):
            yield from (KnownValue(entity, text) for text in strings(value))


def _by_field_rules(opened: Opened) -> Opened | Withheld:
    """Withhold a record for a field whose own rule drops it. `deny` is the pipeline's: it ends the call."""
    for leaf in opened.leaves:
        if leaf.value is not None and leaf.planned.rule.action == Action.DROP_RECORD:
            return Withheld(Action.DROP_RECORD.value, opened)
        if leaf.planned.is_text and leaf.planned.rule.action == Action.DROP_PASSAGE:
            return Withheld(Action.DROP_PASSAGE.value, opened)
    return opened


def strings(value: Any) -> Iterator[str]:
    """Yield every string of a value, depth first: keys before what they name, numbers as they are written.

    What is no JSON (a store in this process may hold a date or a UUID) counts as it is written too.
    """
    if type(value) is str:
        yield value
    elif isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)
    elif not (value is None or isinstance(value, bool)):
        yield str(value)


def rebuilt(value: Any, show: Callable[[str], str]) -> Any:
    """Rebuild a value as JSON with `show` over its strings, in the order of `strings`.

    A number in which nothing was found stays a number. Two keys that become equal are told apart by a suffix.
    """
    if type(value) is str:
        return show(value)
    if isinstance(value, (dict, Mapping)):
        shown: dict[str, Any] = {}
        for key, item in value.items():
            name = _unused(show(str(key)), shown)
            shown[name] = rebuilt(item, show)
        return shown
    if isinstance(value, (list, tuple)):
        return [rebuilt(item, show) for item in value]
    if value is None or isinstance(value, bool):
        return value
    written = str(value)
    text = show(written)
    return value if isinstance(value, (int, float)) and text == written else text


class ShownKeys:
    """Where the leaves of one record stand once the keys that wildcards stand for are redacted, each still its own."""

    __slots__ = ("_shown",)

    def __init__(self) -> None:
        self._shown: dict[Location, dict[str, str]] = {}

    def location(self, leaf: Leaf, shown: str) -> Location:
        """The leaf's location, with what is shown of its wildcard's key."""
        at = leaf.planned.path.wildcard or 0
        outer, key, inner = leaf.location[:at], str(leaf.location[at]), leaf.location[at + 1 :]
        names = self._shown.setdefault(outer, {})
        if key not in names:
            names[key] = _unused(shown, dict.fromkeys(names.values()))
        return (*outer, names[key], *inner)


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    count = 2
    unused = name
    while unused in taken:
        unused = f"{name} ({count})"
        count += 1
    return unused


def shape(leaves: Sequence[tuple[Location, Any]], metadata_key: str | None) -> dict[str, Any]:
    """Assemble disclosed leaves; the members of the metadata object move up, as LangChain shows them."""
    tree = assemble(leaves)
    metadata = tree.pop(metadata_key, {}) if metadata_key else {}
    return {**tree, **metadata} if isinstance(metadata, dict) else {**tree, str(metadata_key): metadata}
