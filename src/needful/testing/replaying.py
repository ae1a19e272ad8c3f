"""What the rules decided in one test, looked at again from the records that left the store. Raw.

The pipeline tells what it disclosed and counted, not which sentence held what. So the same steps run once more here:
open, search, resolve, cut to passages, choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from needful.caching import TextCache
from needful.choosing import chosen_passages
from needful.consistency import Searched, mentions_of
from needful.detection import find_spans, own_tokens_untouched
from needful.errors import AccessDenied, NeedfulError
from needful.examined import Examined
from needful.overlaps import resolve
from needful.planning import Plan, plan
from needful.records import Opened, Withheld, open_record
from needful.relevance import Analysis
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

    def chosen(
        self, *, passages: int, characters: int | None, privacy: float | None = None
    ) -> list[tuple[Passage, ...]]:
        """Which sentences the question gets of each text under these limits, else with the policy's own privacy."""
        if self.plan is None:
            return []
        shown = [item for item in self.examined if not item.verdicts and not item.has_nothing_to_show]
        query = self.seen.request.query
        changed = {"passages": passages, "characters": characters, **({} if privacy is None else {"privacy": privacy})}
        limits = self.plan.purpose.limits.model_copy(update=changed)
        return chosen_passages(self.plan, query, query, shown, WordEmbedder(), limits)


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
