"""Which rule holds for which characters: the strictest one.

Spans of several recognizers overlap. Presidio settles that by score before any rule is looked at, so that a kept URL
carries the e-mail address inside it to the reader. Here the rules decide, character by character:

1. Kept spans give way to any other.
2. Overlapping spans whose rules do the same become one piece, from the first start to the last end.
3. Otherwise the stricter rule wins where it stands, and what is left of a span that lost some of its characters is
   redacted: masking or hashing a fragment could show what masking the whole value hides.
4. Two different treatments of one rank on the same characters become redact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from needful.policy.document import REDACT, Rule
from needful.values import Action, Span

__all__ = ["Piece", "Resolution", "resolve"]

RuleOf = Callable[[str], Rule]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with the one rule that holds for it. Pieces of one text never overlap."""

    start: int
    end: int
    entity: str
    rule: Rule

    @property
    def action(self) -> Action:
        """What happens with these characters."""
        return self.rule.action


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the rules make of one text.

    `pieces` are to be edited, in order, with rules from mask to redact; `kept` are spans that a rule leaves readable;
    `dropped` are extents whose passage must not be disclosed; `verdict` is deny or drop-record where one applies.
    """

    pieces: tuple[Piece, ...] = ()
    kept: tuple[Piece, ...] = ()
    dropped: tuple[Piece, ...] = ()
    verdict: Piece | None = None

    @property
    def extents(self) -> tuple[Piece, ...]:
        """Everything that a passage border must not cut through."""
        return (*self.pieces, *self.kept, *self.dropped)


def resolve(spans: Iterable[Span], rule_of: RuleOf) -> Resolution:
    """Settle overlaps. `rule_of` gives the rule of an entity. The order of the spans does not matter."""
    ruled = [(span, rule_of(span.entity)) for span in sorted(set(spans))]
    grave = [_piece(item) for item in ruled if item[1].action.rank >= Action.DROP_RECORD.rank]
    edits = [item for item in ruled if 0 < item[1].action.rank < Action.DROP_PASSAGE.rank]
    pieces = tuple(piece for cluster in _clusters(edits) for piece in _settle(cluster))
    covered = [(piece.start, piece.end) for piece in pieces]
    return Resolution(
        pieces=pieces,
        kept=tuple(_piece(item) for item in ruled if item[1].action is Action.KEEP and not _touches(item[0], covered)),
        dropped=tuple(_piece(item) for item in ruled if item[1].action is Action.DROP_PASSAGE),
        verdict=max(grave, key=lambda piece: piece.action.rank, default=None),
    )


Ruled = tuple[Span, Rule]


def _piece(item: Ruled) -> Piece:
    span, rule = item
    return Piece(span.start, span.end, span.entity, rule)


def _touches(span: Span, extents: Sequence[tuple[int, int]]) -> bool:
    return any(start < span.end and span.start < end for start, end in extents)


def _clusters(items: Sequence[Ruled]) -> Iterable[list[Ruled]]:
    """Group spans, sorted by start, that overlap directly or through others. Touching is not overlapping."""
    cluster: list[Ruled] = []
    reach = 0
    for item in items:
        if cluster and item[0].start >= reach:
            yield cluster
            cluster = []
        cluster.append(item)
        reach = max(reach, item[0].end)
    if cluster:
        yield cluster


def _settle(cluster: list[Ruled]) -> list[Piece]:
    if len({rule.treatment for _, rule in cluster}) == 1:
        return [_joined(cluster)]
    edges = sorted({edge for span, _ in cluster for edge in (span.start, span.end)})
    pieces: list[Piece] = []
    for start, end in pairwise(edges):
        winners = _strictest([item for item in cluster if item[0].start < end and start < item[0].end])
        _extend(pieces, Piece(start, end, _label(winners), _common_rule(winners)))
    whole = {(span.start, span.end, rule.treatment) for span, rule in cluster}
    whole |= {(group.start, group.end, group.rule.treatment) for group in _same_rule_unions(cluster)}
    return _merged_redactions(
        [piece if _is_whole(piece, whole) else Piece(piece.start, piece.end, piece.entity, REDACT) for piece in pieces]
    )


def _strictest(items: list[Ruled]) -> list[Ruled]:
    rank = max(rule.action.rank for _, rule in items)
    return [item for item in items if item[1].action.rank == rank]


def _common_rule(items: list[Ruled]) -> Rule:
    return items[0][1] if len({rule.treatment for _, rule in items}) == 1 else REDACT


def _label(items: Iterable[Ruled]) -> str:
    """The entity that names a piece: the surest span's, then the longest's, then the first in the alphabet."""
    return min(items, key=lambda item: (-item[0].score, item[0].start - item[0].end, item[0].entity))[0].entity


def _joined(items: list[Ruled]) -> Piece:
    return Piece(items[0][0].start, max(span.end for span, _ in items), _label(items), items[0][1])


def _extend(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, growing the last one where the same rule goes on."""
    last = pieces[-1] if pieces else None
    if last and last.rule.treatment == piece.rule.treatment and last.end == piece.start:
        pieces[-1] = Piece(last.start, piece.end, last.entity, last.rule)
    else:
        pieces.append(piece)


def _same_rule_unions(cluster: list[Ruled]) -> Iterable[Piece]:
    for treatment in {rule.treatment for _, rule in cluster}:
        for group in _clusters([item for item in cluster if item[1].treatment == treatment]):
            yield _joined(group)


def _is_whole(piece: Piece, whole: set[tuple[int, int, tuple[object, ...]]]) -> bool:
    return piece.action is Action.REDACT or (piece.start, piece.end, piece.rule.treatment) in whole


def _merged_redactions(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        _extend(merged, piece)
    return merged
