"""What one policy makes of records, value by value: the rule of each, its spans, and how much of it is shown. Raw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from needful.caching import TextCache
from needful.consistency import Searched, mentions_of
from needful.detection import SpanCache, find_spans, own_tokens_untouched
from needful.errors import DetectionError
from needful.examined import Content, Examined
from needful.overlaps import Piece, Resolution, readable, resolve
from needful.planning import Plan
from needful.policy.document import Rule, Scan, ValueRule
from needful.ports import Detector
from needful.records import Leaf, Opened, Withheld, open_record
from needful.relevance import Analysis
from needful.values import Action, Passage, Record, Span

__all__ = ["KEY", "Cell", "Place", "Seen", "Side"]

Place = tuple[str | int, ...]
"""Where a value stands in a record; a key that is searched has `KEY` at the end."""

KEY = "\0key"
"""The last step to a key, which no path of a policy has."""

_KEPT = Rule(action=Action.KEEP, reason="kept with its field")

Found = tuple[tuple[Span, ...], Resolution]


NOTHING = Resolution()


@dataclass(frozen=True, slots=True)
class Cell:
    """One scalar of a record, or one key that is searched, as a policy treats it."""

    field: str
    """As the policy names it: a wildcard's key is the record's own word."""
    rule: Scan | ValueRule
    shown: int
    """How many characters of it are shown as they are."""
    spans: tuple[Span, ...] = ()
    resolution: Resolution = NOTHING

    def rule_at(self, span: Span) -> Rule | None:
        """The strictest rule for anything that a span covers; None where nothing was found there."""
        if not isinstance(self.rule, Scan):
            return _KEPT
        found = self.resolution
        pieces = (*found.pieces, *found.kept, *found.dropped, *([found.verdict] if found.verdict else ()))
        over = [piece.rule for piece in pieces if piece.start < span.end and span.start < piece.end]
        return max(over, key=lambda rule: rule.action.rank, default=None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record under one policy: why it is not disclosed, empty where it is; then its values by place."""

    reason: str = ""
    cells: Mapping[Place, Cell] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Side:
    """One policy's plan for a purpose, with its detector."""

    plan: Plan
    detector: Detector
    cache: SpanCache
    """Shared by both sides: what the same set-up found once is not searched again."""
    analyses: TextCache[Analysis] = field(default_factory=TextCache)

    def seen(self, records: Sequence[Record]) -> list[Seen]:
        """Look at records, each as if it came alone."""
        opened = [open_record(record, self.plan) for record in records]
        texts = [text for one in opened if isinstance(one, Opened) for text in one.texts]
        batch = self._search(texts)
        spans = iter(batch or ())
        looked = []
        for one in opened:
            if isinstance(one, Withheld):
                looked.append(Seen(one.reason))
                continue
            found = self._search(one.texts) if batch is None else [next(spans) for _ in one.texts]
            looked.append(Seen("detection-fault") if found is None else self._examined(one, found))
        return looked

    def _search(self, texts: Sequence[str]) -> list[tuple[Span, ...]] | None:
        try:
            return find_spans(texts, self.detector, self.cache, longest=self.plan.purpose.detect.max_characters)
        except DetectionError:  # of one record, which is then withheld
            return None

    def _examined(self, opened: Opened, spans: Sequence[tuple[Span, ...]]) -> Seen:
        record = Searched(opened, spans)
        mentions = mentions_of([record], "", (), self.plan.purpose.detect.min_score)
        found: list[Found] = []
        for text, of_text in zip(opened.texts, spans, strict=True):
            mentioned = mentions.spans(text, id(opened))
            every = own_tokens_untouched(text, (*of_text, *mentioned), lambda token: False)
            found.append((every, resolve(every, self.plan.rule_for)))
        examined = Examined.of(opened, [resolution for _, resolution in found], self.analyses)
        reason = _against(examined)
        return Seen(reason) if reason else Seen("", dict(_cells(examined, iter(found))))


def _against(examined: Examined) -> str:
    """What keeps a record from being disclosed, as in the pipeline; a record that is denied ends the whole call."""
    denied = any(leaf.value is not None and leaf.planned.rule.action == "deny" for leaf in examined.opened.leaves)
    verdicts = {piece.action for piece in examined.verdicts}
    if denied or Action.DENY in verdicts:
        return Action.DENY.value
    if verdicts:
        return Action.DROP_RECORD.value
    return Action.DROP_PASSAGE.value if examined.has_nothing_to_show else ""


def _cells(examined: Examined, found: Iterator[Found]) -> Iterator[tuple[Place, Cell]]:
    contents = iter(examined.contents)
    for leaf in examined.opened.leaves:
        content = next(contents) if leaf.planned.is_text else None
        of_leaf = [next(found) for _ in leaf.searched]
        yield from _of_leaf(leaf, of_leaf, content)


def _of_leaf(leaf: Leaf, found: Sequence[Found], content: Content | None) -> Iterator[tuple[Place, Cell]]:
    name, rule = leaf.planned.path.text, leaf.planned.rule
    rest = iter(found)
    if leaf.key is not None:
        spans, resolution = next(rest)
        at = (leaf.planned.path.wildcard or 0) + 1
        shown = 0 if resolution.dropped else _outside(resolution, [Passage(0, len(leaf.key))])
        yield (*leaf.location[:at], KEY), Cell(name, Scan(action="scan"), shown, spans, resolution)
    is_dropped = content is None and any(resolution.dropped for _, resolution in found)
    for place, value, is_searched in _scalars(leaf.location, leaf.value):
        if not isinstance(rule, Scan):
            # Of an object that is not kept, nothing is shown.
            is_part = any(isinstance(step, str) for step in place[len(leaf.location) :])
            if place[-1] != KEY:
                is_hidden = is_dropped or (is_part and rule.action is not Action.KEEP)
                yield place, Cell(name, rule, 0 if is_hidden else _characters(value, rule))
        elif is_searched:
            spans, resolution = next(rest)
            shown = 0 if is_dropped else _outside(resolution, _windows(str(value), resolution, content))
            yield place, Cell(name, rule, shown, spans, resolution)
        else:
            yield place, Cell(name, rule, 0 if is_dropped else len(str(value)))


def _scalars(place: Place, value: Any) -> Iterator[tuple[Place, Any, bool]]:
    """Yield every scalar of a value that is not null, in the order of `records.strings`, and whether it is a string."""
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            yield (*place, str(key), KEY), str(key), True
            yield from _scalars((*place, str(key)), item)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _scalars((*place, index), item)
    elif value is not None:
        yield place, value, not isinstance(value, bool)


def _windows(text: str, resolution: Resolution, content: Content | None) -> Sequence[Passage]:
    if content is None or not resolution.dropped:
        return [Passage(0, len(text))]
    return [p for p, allowed in zip(content.passages, content.allowed, strict=True) if allowed]


def _outside(resolution: Resolution, windows: Sequence[Passage]) -> int:
    """How many characters of the windows are shown as they are. No window's border lies in a piece."""
    shown = sum(window.end - window.start for window in windows)
    within = (p for p in resolution.pieces if any(w.start <= p.start and p.end <= w.end for w in windows))
    return shown - sum(_hidden(piece) for piece in within)


def _hidden(piece: Piece) -> int:
    length = piece.end - piece.start
    return length - (sum(readable(piece.rule, length)) if piece.action is Action.MASK else 0)


def _characters(value: Any, rule: ValueRule) -> int:
    length = len(str(value))
    if rule.action is Action.KEEP:
        return length
    return sum(readable(rule, length)) if rule.action is Action.MASK else 0
