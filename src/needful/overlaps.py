"""Which rule holds for which characters: the strictest one.

Spans of several recognizers overlap. Presidio settles that by score before any rule is looked at, so that a kept URL
carries the e-mail address inside it to the reader. Here the rules decide, character by character:

1. Kept spans give way to any other.
2. Overlapping spans whose rules do the same become one piece, from the first start to the last end. Of a mask, that
   piece shows only what the masks of all its spans would have shown.
3. Otherwise the stricter rule wins where it stands, and what is left of a span that lost some of its characters is
   redacted: masking or hashing a fragment could show what masking the whole value hides.
4. Two different treatments of one rank on the same characters become redact.
5. What a rule drops or denies is redacted as well, should the text be shown all the same.

So a stricter rule for one entity never shows a character that was hidden before, of any entity.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from needful.policy.document import REDACT, Rule
from needful.values import Action, Span

__all__ = ["Piece", "Resolution", "readable", "resolve"]

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
    `dropped` are extents whose passage must not be disclosed, and which lie in pieces; `verdict` is deny or drop-record
    where one applies.
    """

    pieces: tuple[Piece, ...] = ()
    kept: tuple[Piece, ...] = ()
    dropped: tuple[Piece, ...] = ()
    verdict: Piece | None = None

    @property
    def extents(self) -> tuple[Piece, ...]:
        """Everything that a passage border must not cut through."""
        return (*self.pieces, *self.kept)


NOTHING = Resolution()

Ruled = tuple[Span, Rule]


def resolve(spans: Iterable[Span], rule_of: RuleOf) -> Resolution:
    """Settle overlaps. `rule_of` gives the rule of an entity. The order of the spans does not matter."""
    spans = set(spans)
    if not spans:
        return NOTHING
    ruled = [(span, rule_of(span.entity)) for span in sorted(spans)]
    grave = [_piece(item) for item in ruled if item[1].action.rank >= Action.DROP_RECORD.rank]
    edits = [(span, _edit(rule)) for span, rule in ruled if rule.action is not Action.KEEP]
    pieces = tuple(piece for cluster in _clusters(edits) for piece in _settle(cluster))
    return Resolution(
        pieces=pieces,
        kept=tuple(_piece(item) for item in ruled if item[1].action is Action.KEEP and not _touches(item[0], pieces)),
        dropped=tuple(_piece(item) for item in ruled if item[1].action is Action.DROP_PASSAGE),
        verdict=max(grave, key=lambda piece: piece.action.rank, default=None),
    )


def readable(rule: Rule, length: int) -> tuple[int, int]:
    """How many characters a mask leaves at the start and at the end of a value: never more than half of it.

    Where the rule asks for more, the end comes first. So a mask that keeps fewer characters never shows more of them.
    """
    last = min(rule.keep_last, length // 2)
    return min(rule.keep_first, length // 2 - last), last


def _edit(rule: Rule) -> Rule:
    return rule if rule.action.rank < Action.DROP_PASSAGE.rank else REDACT


def _piece(item: Ruled) -> Piece:
    span, rule = item
    return Piece(span.start, span.end, span.entity, rule)


def _touches(span: Span | Piece, pieces: Sequence[Piece]) -> bool:
    at = bisect_right(pieces, span.start, key=lambda piece: piece.end)
    return at < len(pieces) and pieces[at].start < span.end


def _clusters(items: Iterable[Ruled]) -> Iterator[list[Ruled]]:
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
    """Let the unions of one treatment that prevail whole stand, and redact the rest of the cluster."""
    if len(cluster) == 1:
        return [_piece(cluster[0])]
    treatments = _by_treatment(cluster)
    if len(treatments) == 1:
        return treatments[0][1]
    whole: list[Piece] = []
    for rank, unions in treatments:
        rivals = [others for other_rank, others in treatments if others is not unions and other_rank >= rank]
        whole += (u for u in unions if u.action is not Action.REDACT and not any(_touches(u, r) for r in rivals))
    return sorted((*whole, *_redacted(cluster, whole)), key=lambda piece: piece.start)


def _by_treatment(cluster: list[Ruled]) -> list[tuple[int, list[Piece]]]:
    """For each treatment its rank, and the unions of the spans that overlap and have it, in order."""
    items: dict[tuple[object, ...], list[Ruled]] = {}
    for item in cluster:
        items.setdefault(item[1].treatment, []).append(item)
    return [(same[0][1].action.rank, [_joined(group) for group in _clusters(same)]) for same in items.values()]


def _joined(items: list[Ruled]) -> Piece:
    spans = [span for span, _ in items]
    start, end, rule = spans[0].start, max(span.end for span in spans), items[0][1]
    if any((span.start, span.end) != (start, end) for span in spans):
        rule = _narrowed(rule, spans, start, end)
    return Piece(start, end, _label(items), rule)


def _narrowed(rule: Rule, spans: Iterable[Span], start: int, end: int) -> Rule:
    """The rule for a union of unlike spans: of a mask, what each of their masks leaves readable.

    What another operator of that rank leaves readable is not known, so it gives way to redact.
    """
    if rule.action.rank != Action.MASK.rank:
        return rule
    if rule.action is not Action.MASK:
        return REDACT
    hidden = [(span, *readable(rule, span.end - span.start)) for span in spans]
    first = min(span.start + before for span, before, _ in hidden) - start
    last = end - max(span.end - after for span, _, after in hidden)
    return rule.model_copy(update={"keep_first": first, "keep_last": last})


def _redacted(cluster: list[Ruled], whole: Iterable[Piece]) -> list[Piece]:
    """What of the cluster lies between the pieces that stand, as one redaction a stretch."""
    reach = max(span.end for span, _ in cluster)
    edges = [cluster[0][0].start]
    for piece in sorted(whole, key=lambda piece: piece.start):
        edges += piece.start, piece.end
    gaps = [gap for gap in zip(edges[::2], (*edges[1::2], reach), strict=True) if gap[0] < gap[1]]
    items: list[list[Ruled]] = [[] for _ in gaps]
    for item in cluster:
        at = bisect_right(gaps, item[0].start, key=lambda gap: gap[1])
        for index in range(at, bisect_left(gaps, item[0].end, key=lambda gap: gap[0])):
            items[index].append(item)
    return [Piece(*gap, _label(of_gap), REDACT) for gap, of_gap in zip(gaps, items, strict=True)]


def _label(items: Iterable[Ruled]) -> str:
    """The entity that names a piece: the strictest span's, then the surest's, the longest's, the alphabet's first."""

    def order(item: Ruled) -> tuple[float, float, int, str]:
        span, rule = item
        return -rule.action.rank, -span.score, span.start - span.end, span.entity

    return min(items, key=order)[0].entity
