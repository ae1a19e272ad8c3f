"""What happens between the plan and the ledger entry: fetch, detect, select, disclose.

`Enforcer.steps` is a generator: it yields what to fetch and receives what came. It does no I/O of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from needful.annotations import KEY, Annotations
from needful.caching import TextCache
from needful.choosing import chosen_passages
from needful.consistency import Searched, mentions_of
from needful.detection import Allowance, SpanCache, find_spans, own_tokens_untouched
from needful.disclosing import Discloser
from needful.errors import AccessDenied, DetectionError
from needful.examined import Examined
from needful.mentions import Mentions, Reading, Signs
from needful.overlaps import Piece, Resolution, resolve
from needful.planning import Plan
from needful.policy.document import REDACT, Rule
from needful.ports import Detector, Embedder
from needful.records import Opened, Withheld, open_record
from needful.relevance import Analysis
from needful.tally import Tally
from needful.transforms import Transformer, merged_counts
from needful.values import (
    UNLISTED,
    Action,
    Condition,
    Counts,
    Disclosure,
    Document,
    Fetch,
    Fetched,
    Filter,
    Passage,
    PointId,
    Record,
    Span,
)

__all__ = ["MAX_ROUNDS", "Enforcer"]

MAX_ROUNDS = 5
"""Fetches of one call: withheld records are made up for, but not without end."""

BATCH = 2 / 3
"""How much of the time that is left all records together may take; the rest is for one by one after a fault."""


@dataclass(frozen=True, slots=True)
class Enforcer:
    """One call's set-up: the plan, the detector, and what turns text into a disclosure."""

    plan: Plan
    detector: Detector
    annotations: Annotations
    """What the store may keep of the detector's spans."""
    cache: SpanCache
    analyses: TextCache[Analysis]
    signs: TextCache[Signs]
    transformer: Transformer
    embedder: Embedder | None
    tally: Tally
    allowance: Allowance
    document_id: Callable[[str], str]
    """Point id to document id: a keyed hash."""

    def screen(self, query: str) -> Disclosure:
        """Redact the question. Raises `AccessDenied` where a rule denies what it holds, `DetectionError` on a fault."""
        return self._screened(query, ())

    def _screened(self, query: str, mentioned: Iterable[Span]) -> Disclosure:
        found = (*self._asked(query), *mentioned)
        resolution = resolve(own_tokens_untouched(query, found, self._is_own), self._rule_for_query)
        if resolution.verdict:
            raise self._denied("the query", [resolution.verdict])
        return self.transformer.disclose(query, resolution)

    def _asked(self, query: str) -> tuple[Span, ...]:
        with self.allowance.spending():
            return find_spans([query], self.detector, self.cache, seconds=self.allowance.left)[0]

    def _rescreened(self, query: str, shown: str, mentions: Mentions) -> str:
        mentioned = tuple(mentions.spans(query))
        if not mentioned:
            return shown
        screened = self._screened(query, mentioned)
        self.tally.query_counts = self.listed(screened.counts)
        return screened.text

    def _rule_for_query(self, entity: str) -> Rule:
        """A question has no passage and no record to drop: what a rule would drop there is redacted here."""
        rule = self.plan.rule_for(entity)
        return REDACT if rule.action in (Action.DROP_PASSAGE, Action.DROP_RECORD) else rule

    def _is_own(self, token: str) -> bool:
        return self.transformer.tokens.is_own(token)

    def steps(self, query: str, shown: str) -> Generator[Fetch, Fetched, tuple[list[Document], str]]:
        """Yield fetches until enough records may be disclosed.

        Returns the documents, in the order they came, and the question with what their records name redacted too:
        a model that reads `[PERSON:7K3QF2MB]` in a document shall not read the name in the question.
        """
        searched: list[Searched] = []
        examined: list[Examined] = []
        withheld: Counter[str] = Counter()
        seen: list[PointId] = []
        embedded = query if self.plan.purpose.query.embed == "raw" else shown
        asked = own_tokens_untouched(query, self._asked(query), self._is_own)
        for _ in range(MAX_ROUNDS):
            fetch = self._fetch(embedded, len(examined), seen)
            fetched = yield fetch
            self.tally.fetched(fetched)
            seen += (record.id for record in fetched.records)
            with self.tally.stage("detect"):
                searched += self._searched(fetched.records)
                # What a later round names stands in earlier records too, so all are examined anew.
                if withheld:
                    self.tally.withheld -= withheld
                mentions = self._mentions(searched, query, asked)
                examined, withheld = self._examined(searched, mentions)
                if withheld:
                    self.tally.withheld += withheld
            if len(fetched.records) < fetch.limit or len(examined) >= self.plan.k:
                break
        with self.tally.stage("select"):
            chosen = chosen_passages(self.plan, query, embedded, examined, self.embedder)
        with self.tally.stage("transform"):
            documents = list(self._documents(examined, iter(chosen)))
            if len(examined) < len(searched):
                # Of disclosed records only: a caller could guess names to see in the question who is in a withheld one.
                disclosed = {id(item.opened) for item in examined}
                mentions = self._mentions([one for one in searched if id(one.opened) in disclosed], query, asked)
            question = self._rescreened(query, shown, mentions)
        self.tally.counts = self.listed(merged_counts(document.counts for document in documents))
        self.tally.records_disclosed = len(documents)
        return documents, question

    def _fetch(self, text: str, have: int, seen: Sequence[PointId]) -> Fetch:
        return Fetch(
            text=text,
            include=(*self.plan.include, self.annotations.path),
            filter=self._filter(),
            limit=self.plan.k - have,
            score_threshold=self.plan.score_threshold,
            min_score=self.plan.purpose.limits.score,
            exclude=tuple(seen),
            neighbours=self.plan.neighbours,
        )

    def _filter(self) -> Filter:
        """The plan's filter. Passages that a rule would drop by their annotations stay in the store too."""
        if not self.plan.in_passages:
            return self.plan.filter
        own, dropped = self.plan.filter, tuple(self._dropped())
        return Filter(own.must, own.should, (*own.must_not, *dropped), own.min_should) if dropped else own

    def _dropped(self) -> Iterator[Condition]:
        for action, key in ((Action.DROP_PASSAGE, "entities"), (Action.DROP_RECORD, "document")):
            names = tuple(f"{self.annotations.name}:{name}" for name in self.plan.dropped[action])
            if len(names) == 1:
                yield Condition(f"{KEY}.{key}", "equals", names[0])  # the engine takes it ten times as fast
            elif names:
                yield Condition(f"{KEY}.{key}", "any", names)

    # detect

    def _searched(self, records: Sequence[Record]) -> Iterator[Searched]:
        """Open records and search their texts; what cannot be opened has none."""
        opened = [(item, held) for record in records for item, held in self._opened(record)]
        items = [item for item, _ in opened]
        for (item, held), spans in zip(opened, self._found(items), strict=True):
            if spans is None and not held:
                self.tally.withheld["detection-fault"] += 1
            yield Searched(item, spans or (), is_withheld=held or spans is None)

    def _mentions(self, records: Iterable[Searched], query: str, asked: Sequence[Span]) -> Mentions:
        return mentions_of(records, query, asked, self.plan.purpose.detect.min_score)

    def _examined(self, searched: Sequence[Searched], mentions: Mentions) -> tuple[list[Examined], Counter[str]]:
        """Apply the rules to what was found and mentioned: the records that pass, and why others do not."""
        passed = []
        withheld: Counter[str] = Counter()
        for record in searched:
            if record.is_withheld:
                continue
            examined = Examined.of(record.opened, self._resolved(record, mentions), self.analyses)
            if reason := self._against(examined):
                withheld[reason] += 1
            else:
                passed.append(examined)
        return passed, withheld

    def _opened(self, record: Record) -> Iterator[tuple[Opened, bool]]:
        """Yield the record opened, and whether a rule of one of its fields withholds it; nothing if it has no shape."""
        opened = open_record(record, self.plan, self.annotations.stored(record.payload))
        if isinstance(opened, Withheld):
            self.tally.withheld[opened.reason] += 1
            if opened.opened:
                yield opened.opened, True
            return
        self.tally.characters_fetched += sum(len(leaf.value) for leaf in opened.leaves if leaf.planned.is_text)
        if denied := [leaf for leaf in opened.leaves if leaf.value is not None and leaf.planned.rule.action == "deny"]:
            raise self._denied("a record", [Piece(0, 0, leaf.planned.path.text, REDACT) for leaf in denied])
        yield opened, False

    def _found(self, opened: Sequence[Opened]) -> list[Sequence[tuple[Span, ...]] | None]:
        """Search all records in one batch; after a fault, one by one, so that it withholds only its own record.

        One by one, each may take an equal share of the time that is left.
        """
        seconds = self.allowance.left * (BATCH if len(opened) > 1 else 1)
        batch = self._search(opened, seconds)
        if batch is None and len(opened) == 1:
            return [None]
        if batch is None:
            rest = range(len(opened), 0, -1)
            return [self._search([one], self.allowance.left / n) for n, one in zip(rest, opened, strict=True)]
        spans = iter(batch)
        return [[next(spans) for _ in item.texts] for item in opened]

    def _search(self, opened: Sequence[Opened], seconds: float) -> list[tuple[Span, ...]] | None:
        longest = self.plan.purpose.detect.max_characters
        try:
            with self.allowance.spending():
                texts = [text for item in opened for text in item.texts]
                kept = [self.annotations.spans(item.annotations, text) for item in opened for text in item.texts]
                return find_spans(texts, self.detector, self.cache, longest=longest, seconds=seconds, kept=kept)
        except DetectionError:
            if self.plan.purpose.on_fault == "fail":
                raise
        return None

    def _resolved(self, record: Searched, mentions: Mentions) -> list[Resolution]:
        resolved = []
        for text, spans in zip(record.opened.texts, record.spans, strict=True):
            found = (*spans, *self._mentioned(text, mentions, id(record.opened)))
            resolved.append(resolve(own_tokens_untouched(text, found, _nobody_made), self.plan.rule_for))
        return resolved

    def _mentioned(self, text: str, mentions: Mentions, owner: object) -> Iterable[Span]:
        """Where values are mentioned in a text. What is remembered of one mostly says that none is."""
        if not mentions:
            return ()
        key = self.signs.key("signs", text)
        signs = self.signs.get(key)
        if signs is not None:
            return mentions.spans(text, owner) if mentions.may_stand_in(text, signs, owner) else ()
        reading = Reading(text)
        self.signs.put(key, Signs.of(reading))
        return mentions.spans_in(reading, owner)

    def _against(self, examined: Examined) -> str | None:
        """What keeps a record from being disclosed, if anything."""
        if denied := [piece for piece in examined.verdicts if piece.action is Action.DENY]:
            raise self._denied("a record", denied)
        if examined.verdicts:
            return Action.DROP_RECORD.value
        return Action.DROP_PASSAGE.value if examined.has_nothing_to_show else None

    def _denied(self, where: str, pieces: Sequence[Piece]) -> AccessDenied:
        self.tally.counts = self.listed({piece.entity: {Action.DENY.value: 1} for piece in pieces})
        return AccessDenied(
            f"{where} holds something that the policy denies", code="denied", hint="the ledger entry says which entity"
        )

    def listed(self, counts: Counts) -> Counts:
        """Counts for the ledger: a name that a detector of the application's made up is not the policy's to print."""
        return merged_counts({n if n in self.plan.names else UNLISTED: actions} for n, actions in counts.items())

    # transform

    def _documents(self, examined: Sequence[Examined], chosen: Iterator[tuple[Passage, ...]]) -> Iterator[Document]:
        discloser = Discloser(self.plan, self.transformer, self.document_id)
        for item in examined:
            picks = [next(chosen) for _ in item.contents]
            if any(content.passages for content in item.contents) and not any(picks):
                self.tally.withheld["characters"] += 1
                continue
            document = discloser.document(item, picks)
            self.tally.passages += sum(map(len, picks))
            self.tally.characters_disclosed += len(document.text)
            yield document


def _nobody_made(token: str) -> bool:
    """A token in a document is nobody's, even one that we made: whoever wrote it there has seen it in an answer."""
    return False
