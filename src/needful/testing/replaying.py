"""What the rules decided in one test, looked at again from the records that left the store. Raw.

The pipeline tells what it disclosed and counted, not which sentence held what. So the same steps run once more here:
open, search, resolve, cut to passages, choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from needful.caching import TextCache
from needful.consistency import Searched, mentions_of
from needful.detection import find_spans, own_tokens_untouched
from needful.errors import AccessDenied, NeedfulError
from needful.examined import Content, Examined
from needful.overlaps import resolve
from needful.planning import Plan, plan
from needful.records import Opened, Withheld, open_record
from needful.relevance import Analysis, asked_words, cosine, lexical_scores
from needful.selection import Candidate, choose, covered
from needful.testing.observing import Observation, WordEmbedder
from needful.values import Passage, Record, Span

__all__ = ["Replay", "replayed"]

NO_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Replay:
    """One test with its plan; where there is none, `refusal` is the code of why."""

    seen: Observation = field(repr=False)
    plan: Plan | None = field(repr=False)
    refusal: str | None = None
    opened: tuple[tuple[Record, Opened], ...] = field(default=(), repr=False)
    """The records that could be opened, those that a field's rule withholds included."""
    examined: tuple[Examined, ...] = field(default=(), repr=False)
    """Of them, those that only the rules of entities decide on."""

    @property
    def disclosed(self) -> list[Examined]:
        """The records of the documents that came out."""
        ids = {document.id for document in self.seen.documents}
        return [item for item in self.examined if self.document_id(item.opened) in ids]

    def document_id(self, opened: Opened) -> str:
        """The id that the document of a record has."""
        keeps = self.plan is not None and self.plan.keeps_id
        return str(opened.id) if keeps else self.seen.pipeline.document_id(str(opened.id))

    @property
    def is_cut(self) -> bool:
        """Whether `limits.passages` keeps back sentences that the question would get."""
        if self.plan is None:
            return False
        limits = self.plan.purpose.limits
        shown = self.chosen(passages=limits.passages, characters=limits.characters)
        return shown != self.chosen(passages=NO_LIMIT, characters=limits.characters)

    def chosen(self, *, passages: int, characters: int | None) -> list[tuple[Passage, ...]]:
        """Which sentences the question gets of each text under these limits."""
        if self.plan is None:
            return []
        select = next((planned.select for planned in self.plan.fields if planned.is_text), None)
        shown = [item for item in self.examined if not item.verdicts and not item.has_nothing_to_show]
        candidates = [
            Candidate(
                content.passages,
                self._scores(content, by_embeddings=select is not None and select.by == "embeddings"),
                covered(content.passages, content.resolution.pieces),
                content.allowed,
            )
            for item in shown
            for content in item.contents
        ]
        return choose(
            candidates, passages=passages, neighbours=select.neighbours if select else 0, characters=characters
        )

    def _scores(self, content: Content, *, by_embeddings: bool) -> tuple[float, ...]:
        query = self.seen.request.query
        if not by_embeddings:
            return lexical_scores(asked_words(query), content.analysis, content.passages)
        embedder = WordEmbedder()
        texts = [content.text[passage.start : passage.end] for passage in content.passages]
        return cosine(embedder.embed_query(query), embedder.embed_documents(texts))


def replayed(seen: Observation) -> Replay:
    """Look at one test again. What the detector cannot search this time either is left out."""
    try:
        decided = plan(seen.pipeline.policy, seen.request)
    except AccessDenied as refusal:
        return Replay(seen, None, refusal.code)
    opened: list[tuple[Record, Opened]] = []
    sources: list[Searched] = []
    for record in seen.records:
        found = open_record(record, decided)
        item = found.opened if isinstance(found, Withheld) else found
        if item is not None:
            opened.append((record, item))
            spans = _spans(item.texts, seen, decided)
            sources.append(Searched(item, spans or (), is_withheld=isinstance(found, Withheld) or spans is None))
    return Replay(seen, decided, None, tuple(opened), tuple(_examined(sources, seen, decided)))


def _spans(texts: Sequence[str], seen: Observation, decided: Plan) -> list[tuple[Span, ...]] | None:
    try:
        detector, longest = seen.pipeline.detector_for(decided.purpose_name), decided.purpose.detect.max_characters
        return find_spans(texts, detector, seen.pipeline.cache, longest=longest)
    except NeedfulError:
        return None


def _examined(sources: Sequence[Searched], seen: Observation, decided: Plan) -> list[Examined]:
    asked = (_spans([seen.request.query], seen, decided) or [()])[0]
    mentions = mentions_of(sources, seen.request.query, asked, decided.purpose.detect.min_score)
    analyses: TextCache[Analysis] = TextCache()
    examined = []
    for source in sources:
        if source.is_withheld:
            continue
        resolutions = []
        for text, spans in zip(source.opened.texts, source.spans, strict=True):
            found = (*spans, *mentions.spans(text, id(source.opened)))
            resolutions.append(resolve(own_tokens_untouched(text, found, _nobody_made), decided.rule_for))
        examined.append(Examined.of(source.opened, resolutions, analyses))
    return examined


def _nobody_made(token: str) -> bool:
    return False
