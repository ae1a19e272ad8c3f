"""Which passages of the examined records a question gets: scores, exposure and limits brought together.

`selection` chooses by numbers alone; here the numbers are made of a plan, a question and examined records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from types import MappingProxyType

from needful.candidates import Candidate, Trait
from needful.errors import StoreError
from needful.examined import Content, Examined
from needful.overlaps import Piece, Resolution
from needful.planning import Plan
from needful.policy.document import Limits
from needful.ports import Embedder
from needful.relevance import Analysis, asked_words, cosine, fused, lexical_scores
from needful.selection import covered, pick
from needful.values import Action, Found, Passage

__all__ = ["LEARNED", "chosen_passages", "exposed"]

LEARNED = MappingProxyType(
    {Action.KEEP.rank: 1.0, Action.MASK.rank: 0.5, Action.HASH.rank: 0.25, Action.REDACT.rank: 0.1}
)
"""What a reader learns of a span's characters, by the rank of what is done to it.

Kept, the value; masked, generalized or by an operator, a part of it; hashed, pseudonymized or with a surrogate, where
else it stands; redacted, that there is one.
"""


def chosen_passages(
    plan: Plan,
    query: str,
    embedded: str,
    examined: Sequence[Examined],
    embedder: Embedder | None = None,
    limits: Limits | None = None,
) -> list[tuple[Passage, ...]]:
    """Choose passages of each content of each record, in order; none where the budget of characters is spent.

    `query` is the question as it was asked, whose words are looked for; `embedded` is what the embedder may see of it.
    `limits` are the plan's unless others are given. A record whose store keeps passages is chosen from as a whole: each
    of its contents is one passage, with the score that the search gave it.

    Raises `StoreError` where the embedder fails.
    """
    limits = limits or plan.purpose.limits
    if limits.characters is None and not limits.privacy and all(len(item.opened.passages) == 1 for item in examined):
        return [_only(item) for item in examined]
    select = next((planned.select for planned in plan.fields if planned.is_text), None)
    candidates = list(
        _candidates(query, embedded, examined, embedder if select and select.by == "embeddings" else None)
    )
    picked = pick(
        candidates,
        passages=limits.passages,
        neighbours=select.neighbours if select else 0,
        characters=limits.characters,
        privacy=limits.privacy,
    )
    return list(_dealt(examined, zip(candidates, picked, strict=True)))


def _only(item: Examined) -> tuple[Passage, ...]:
    """The one passage of a record that came as one: there is nothing to choose."""
    (content,) = item.contents
    (passage,), (found,) = content.passages, item.opened.passages
    return (replace(passage, score=found.score),) if content.allowed[0] and not found.near else ()


def _candidates(
    query: str, embedded: str, examined: Sequence[Examined], embedder: Embedder | None
) -> Iterator[Candidate]:
    """Yield one candidate for each content, but one for all contents of a record that came as passages."""
    contents = [content for item in examined if not item.opened.passages for content in item.contents]
    scores = iter(_scores(query, embedded, contents, embedder) if contents else ())
    for item in examined:
        if item.opened.passages:
            yield _of_found(item.contents, item.opened.passages)
        else:
            yield from (_of_content(content, next(scores)) for content in item.contents)


def _dealt(
    examined: Sequence[Examined], picked: Iterator[tuple[Candidate, dict[int, float]]]
) -> Iterator[tuple[Passage, ...]]:
    """Deal the passages out to the contents that they are of, in text order."""
    for item in examined:
        if item.opened.passages:
            candidate, chosen = next(picked)
            whole = ((replace(p, score=chosen[at]),) if at in chosen else () for at, p in enumerate(candidate.passages))
            yield from whole
            continue
        for _ in item.contents:
            candidate, chosen = next(picked)
            yield tuple(replace(candidate.passages[at], score=chosen[at]) for at in sorted(chosen))


def _of_content(content: Content, scores: tuple[float, ...], *, is_near: bool = False) -> Candidate:
    return Candidate(
        passages=content.passages,
        scores=scores,
        exposure=exposed(content.passages, content.resolution),
        allowed=content.allowed,
        traits=tuple(_traits(content.analysis, content.passages, is_near=is_near)),
    )


def _of_found(contents: Sequence[Content], found: Sequence[Found]) -> Candidate:
    """All contents of a record as one candidate. Each of them is one passage, which the search has scored."""
    parts = [_of_content(content, (one.score,), is_near=one.near) for content, one in zip(contents, found, strict=True)]
    return Candidate(
        passages=tuple(passage for part in parts for passage in part.passages),
        scores=tuple(score for part in parts for score in part.scores),
        exposure=tuple(exposure for part in parts for exposure in part.exposure),
        allowed=tuple(allowed for part in parts for allowed in part.allowed),
        traits=tuple(trait for part in parts for trait in part.traits),
    )


def exposed(passages: Sequence[Passage], resolution: Resolution) -> tuple[float, ...]:
    """How many characters of PII a reader would learn of each passage, weighted by `LEARNED`."""
    by_rank: defaultdict[int, list[Piece]] = defaultdict(list)
    for piece in resolution.extents:
        by_rank[min(piece.action.rank, Action.REDACT.rank)].append(piece)
    amounts = [0.0] * len(passages)
    for rank, pieces in by_rank.items():
        for at, characters in enumerate(covered(passages, pieces)):
            amounts[at] += LEARNED[rank] * characters
    return tuple(amounts)


def _traits(analysis: Analysis, passages: Sequence[Passage], *, is_near: bool) -> Iterator[Trait]:
    """Yield what is known of each passage by the sentences that lie in it; nothing of a text disclosed whole."""
    first = 0
    for passage in passages:
        last = first
        while last < len(analysis.bounds) and analysis.bounds[last][0] < passage.end:
            last += 1
        if first == last:
            yield Trait(near=is_near)
            continue
        words, figures = analysis.words[first:last], analysis.figures[first:last]
        yield Trait(
            words=words[0].keys() if len(words) == 1 else frozenset().union(*words),
            figures=figures[0] if len(figures) == 1 else hash(figures),
            before=analysis.links[first][0],
            after=analysis.links[last - 1][1],
            near=is_near,
        )
        first = last


def _scores(
    query: str, embedded: str, contents: Sequence[Content], embedder: Embedder | None
) -> list[tuple[float, ...]]:
    asked = asked_words(query)
    lexical = [lexical_scores(asked, content.analysis, content.passages) for content in contents]
    return lexical if embedder is None else _by_both(lexical, _cosines(embedded, contents, embedder))


def _by_both(*scores: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Fuse the scores of all passages of the call by their ranks, content by content again."""
    rest = iter(fused(*(tuple(chain.from_iterable(of_all)) for of_all in scores)))
    return [tuple(islice(rest, len(of_content))) for of_content in scores[0]]


def _cosines(embedded: str, contents: Sequence[Content], embedder: Embedder) -> list[tuple[float, ...]]:
    """Score passages by the application's embedder, which the policy lets see them: one batch a call."""
    texts = [content.text[p.start : p.end] for content in contents for p in content.passages]
    try:
        vectors = iter(embedder.embed_documents(texts) if texts else [])
        asked = embedder.embed_query(embedded)
        return [cosine(asked, [next(vectors) for _ in content.passages]) for content in contents]
    except Exception:  # noqa: BLE001 - an embedder is foreign code, and its exception may quote the text
        pass
    raise StoreError("the embedding model failed on passages", code="embedding")
