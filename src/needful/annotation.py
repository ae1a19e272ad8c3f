"""The ingest side: search texts once, and say what is to be kept beside them in the database.

Works out payloads and does no I/O of its own: an adapter reads and writes them. A policy says what is searched, by
which detectors, and which fields a database needs at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from needful.annotations import KEY, Annotations, texts_digest
from needful.detection import MAX_KNOWN, MAX_VALUES, SpanCache, find_spans
from needful.errors import DetectionError, PolicyError
from needful.keys import Keys
from needful.mentions import KnownValue, Mentions, found_values
from needful.passages import MAX_SENTENCES, cut, passage_id
from needful.paths import FieldPath, assemble
from needful.policy import Policy
from needful.policy.document import Purpose, Scan
from needful.policy.entities import entity_of
from needful.ports import Detector
from needful.records import JSON, strings, text_in
from needful.values import Passage, Span

__all__ = ["Annotator", "Laid", "Part", "needed_fields"]

Found = Sequence[tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Laid:
    """One point to write: its id and payload. Raw."""

    id: str = field(repr=False)
    text: str = field(repr=False)
    """What its vector is made of; empty for a document's own point, which has no vector."""
    payload: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One passage of a document that is in the database already: its text, and where it began. Raw."""

    text: str = field(repr=False)
    start: int


@dataclass(frozen=True, slots=True)
class _Search:
    """One detector, the paths that its purposes scan, and the fields whose values they know."""

    annotations: Annotations
    detector: Detector
    paths: tuple[FieldPath, ...]
    known: tuple[tuple[FieldPath, str], ...]
    least: float
    longest: int
    seconds: float


class Annotator:
    """Makes annotations by a policy: every purpose's detector searches the fields that the purpose scans.

    `detector_for` is purpose to detector; `keys` those of the policy. Safe from several threads if the detectors are.
    """

    def __init__(self, policy: Policy, keys: Keys, detector_for: Callable[[str], Detector]) -> None:
        self._layout = policy.layout
        self._keys = keys
        self._cache = SpanCache(0)
        self._text = FieldPath.parse(policy.layout.text)
        self._searches = tuple(_searches(policy, keys, detector_for))
        self._allowed = needed_fields(policy)
        self._filtered = _unique(
            FieldPath.parse(key)
            for purpose in policy.purposes.values()
            for key in (*purpose.filter, *(item.key for item in purpose.filterable))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The short names of the detectors: what `needful.detectors` of an annotated point has."""
        return tuple(search.annotations.name for search in self._searches)

    @property
    def filter_keys(self) -> tuple[str, ...]:
        """The payload keys that some purpose filters by or lets callers filter by: each wants a payload index."""
        return tuple(path.text for path in self._filtered)

    @property
    def needs(self) -> tuple[str, ...]:
        """The payload paths to read for `records`, annotations that are there included."""
        wanted = [path for search in self._searches for path in (*search.paths, *(path for path, _ in search.known))]
        return (*(path.text for path in _unique(wanted)), KEY)

    # an existing collection of any layout

    def digest(self, payload: Mapping[str, Any]) -> str:
        """A keyed digest of every text that is searched, for compare-and-set; empty if the payload cannot be read."""
        texts = self._read(payload)
        return "" if texts is None else self._digest(texts)

    def is_current(self, payload: Mapping[str, Any]) -> bool:
        """Whether a payload has the annotations of these detectors for the texts that it has."""
        texts = self._read(payload)
        return texts is not None and self._holds(payload, texts, self._digest(texts))

    def own(self, payload: Mapping[str, Any], document: Sequence[str]) -> dict[str, Any] | None:
        """What a document's own point is to have under `KEY`: as `records`, and the names in the whole document.

        It has no `entities`: a rule that drops passages is not about a document's fields.
        """
        annotated = self.records([payload])[0]
        if annotated is None:
            return None
        del annotated["entities"]
        return {**annotated, "document": list(document)}

    def records(self, payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
        """Return what each payload is to have under `KEY`; None where its texts cannot be read or searched."""
        texts = [self._read(payload) for payload in payloads]
        readable = [of for of in texts if of is not None]
        found = [self._searched(search, [of[at] for of in readable]) for at, search in enumerate(self._searches)]
        rest = iter(zip(*found, strict=True) if found else [()] * len(readable))
        return [None if of is None else self._annotation(of, next(rest)) for of in texts]

    def _annotation(self, texts: list[list[str]], found: Sequence[Found | None]) -> dict[str, Any] | None:
        pairs = [list(zip(of, spans, strict=True)) for of, spans in zip(texts, found, strict=True) if spans is not None]
        return {**self._kept(pairs), "text": self._digest(texts)} if len(pairs) == len(texts) else None

    def _digest(self, texts: Sequence[Sequence[str]]) -> str:
        return texts_digest(self._keys, (text for of in texts for text in of))

    def _read(self, payload: Mapping[str, Any]) -> list[list[str]] | None:
        """The texts that each detector searches; None where the text field should hold JSON and does not."""
        try:
            return [list(self._texts(search, payload)) for search in self._searches]
        except (ValueError, RecursionError):
            return None

    def _texts(self, search: _Search, payload: Mapping[str, Any]) -> Iterator[str]:
        for path in search.paths:
            for _, value in path.leaves(payload):
                is_text = path == self._text
                yield from strings(text_in(value, self._layout.json_key, search.longest * JSON) if is_text else value)

    # documents in layout passages

    def document(self, identity: str, payload: Mapping[str, Any], *, sentences: int = MAX_SENTENCES) -> list[Laid]:
        """Lay a document out as points: its own, with the fields that a purpose may need, and one a passage.

        `identity` is a UUID; `payload` is laid out as the policy says, with the whole text. Raises `DetectionError`
        where its text cannot be searched: passages cut through a name would show half of it.
        """
        text = next((value for _, value in self._text.leaves(payload)), None)
        if not isinstance(text, str):
            raise DetectionError("the document has no text", code="text-missing")
        found = [self._spans_of(search, text, payload) for search in self._searches]
        passages = cut(text, (span for spans in found for span in spans), sentences=sentences)
        cuts = [[_inside(spans, passage) for spans in found] for passage in passages]
        parts = [(text[passage.start : passage.end], spans) for passage, spans in zip(passages, cuts, strict=True)]
        own, whole = passage_id(identity, 0), self._names_in(found)
        filtered = [leaf for path in self._filtered for leaf in path.leaves(payload)]
        fields = assemble(leaf for path in self._allowed if path != self._text for leaf in path.leaves(payload))
        scanned = {k: v for k, v in payload.items() if k != self._text.steps[0]}
        annotated = self.own(scanned, whole)
        if annotated is None:
            raise DetectionError("a field of the document cannot be searched", code="detection-fault")
        laid = [Laid(own, "", {**fields, KEY: annotated})]
        for order, (passage, (part, spans)) in enumerate(zip(passages, parts, strict=True), start=1):
            placed = {"parent": own, "order": order, "start": passage.start, "end": passage.end}
            kept = {**self._of_part(part, spans), "document": whole, **placed}
            leaves = [*filtered, (self._text.steps, part), ((KEY,), kept)]
            laid.append(Laid(passage_id(identity, order), part, assemble(leaves)))
        return laid

    def again(self, parts: Sequence[Part], payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Annotate the passages of a document anew: what each is to have under `KEY`, but for where it stands.

        `parts` are all its passages in order, `payload` is that of its own point. The document is searched as a whole,
        with blanks where passages were cut. `own` takes the `document` of any of them. Raises `DetectionError`.
        """
        text, at = "", []
        for part in parts:
            text += " " * max(part.start - len(text), 1 if text else 0)
            at.append(Passage(len(text), len(text) + len(part.text)))
            text += part.text
        found = [self._spans_of(search, text, payload) for search in self._searches]
        whole = self._names_in(found)
        return [
            {**self._of_part(part.text, [_inside(spans, passage) for spans in found]), "document": whole}
            for part, passage in zip(parts, at, strict=True)
        ]

    def is_part_current(self, text: str, own: Mapping[str, Any]) -> bool:
        """Whether a passage, with `own` under `KEY`, has the annotations of these detectors for its text."""
        return self._holds({KEY: own}, [[text]] * len(self._searches), self.part_digest(text))

    def _holds(self, payload: Mapping[str, Any], texts: Sequence[Sequence[str]], digest: str) -> bool:
        own = payload.get(KEY)
        detectors = own.get("detectors") if isinstance(own, Mapping) else None
        if not isinstance(own, Mapping) or not isinstance(detectors, list) or own.get("text") != digest:
            return False
        if set(map(str, detectors)) != set(self.names):
            return False
        # The digest covers no spans: a list that was emptied is found by its MAC only.
        kept = [
            (search.annotations, search.annotations.stored(payload), of)
            for search, of in zip(self._searches, texts, strict=True)
        ]
        return all(annotations.spans(stored, text) is not None for annotations, stored, of in kept for text in of)

    def part_digest(self, text: str) -> str:
        """The digest of a passage's text, as its `text` has it."""
        return texts_digest(self._keys, [text])

    def _of_part(self, text: str, spans: Sequence[tuple[Span, ...]]) -> dict[str, Any]:
        return {**self._kept([[(text, of_search)] for of_search in spans]), "text": self.part_digest(text)}

    def _spans_of(self, search: _Search, text: str, payload: Mapping[str, Any]) -> tuple[Span, ...]:
        """The spans of a whole text: what the detector finds, and where that and known values are mentioned again."""
        detected = find_spans([text], search.detector, self._cache, longest=search.longest, seconds=search.seconds)[0]
        mentions = Mentions()
        for path, entity in search.known:
            for _, value in path.leaves(payload):
                for known in strings(value):
                    if len(known) <= MAX_KNOWN:
                        mentions.know(KnownValue(entity, known))
        for value in found_values(text, detected, search.least):
            mentions.find_again(value)
        # What is mentioned where it was detected adds nothing but bytes.
        best = {(span.start, span.end, span.entity): span for span in (*mentions.spans(text), *detected)}
        return tuple(sorted(best.values()))

    # both

    def _searched(self, search: _Search, texts: Sequence[Sequence[str]]) -> list[Found | None]:
        """Search the texts of several records in one batch; after a fault one by one, so that it is only one's own."""
        fits = [sum(1 for _ in of) <= MAX_VALUES and all(len(text) <= search.longest for text in of) for of in texts]
        taken = [of if fit else () for of, fit in zip(texts, fits, strict=True)]
        batch = self._attempt(search, [text for of in taken for text in of])
        if batch is None:
            found = [self._attempt(search, of) for of in taken]
        else:
            rest = iter(batch)
            found = [[next(rest) for _ in of] for of in taken]
        return [of if fit else None for of, fit in zip(found, fits, strict=True)]

    def _attempt(self, search: _Search, texts: Sequence[str]) -> Found | None:
        try:
            return find_spans(texts, search.detector, self._cache, longest=search.longest, seconds=search.seconds)
        except DetectionError:
            return None

    def _kept(self, pairs: Sequence[Sequence[tuple[str, tuple[Span, ...]]]]) -> dict[str, Any]:
        sealed = {s.annotations.name: s.annotations.all_sealed(of) for s, of in zip(self._searches, pairs, strict=True)}
        return {
            "detectors": list(self.names),
            "entities": self._names_in([[span for _, spans_of in of for span in spans_of] for of in pairs]),
            **{name: stored for name, stored in sealed.items() if stored is not None},
        }

    def _names_in(self, found: Iterable[Iterable[Span]]) -> list[str]:
        """Detector and entity of what was found, as Qdrant filters by it."""
        named = zip(self._searches, found, strict=True)
        return sorted({f"{search.annotations.name}:{span.entity}" for search, spans in named for span in spans})


def needed_fields(policy: Policy) -> tuple[FieldPath, ...]:
    """What some purpose may fetch, look for or filter by: all that a collection has to hold."""
    paths = _unique(path for purpose in policy.purposes.values() for path in _allowed(purpose, policy))
    return tuple(sorted(paths, key=lambda path: path.text))


def _searches(policy: Policy, keys: Keys, detector_for: Callable[[str], Detector]) -> Iterator[_Search]:
    by_fingerprint: dict[str, _Search] = {}
    for name, purpose in policy.purposes.items():
        detector = detector_for(name)
        known = tuple((FieldPath.parse(k.field), entity_of(k, purpose) or "KNOWN") for k in purpose.detect.known)
        former = by_fingerprint.get(detector.fingerprint)
        by_fingerprint[detector.fingerprint] = _Search(
            Annotations.of(keys, detector.fingerprint),
            detector,
            _unique((*(former.paths if former else ()), *_scanned(purpose))),
            tuple(dict.fromkeys((*(former.known if former else ()), *known))),
            purpose.detect.min_score,
            max(purpose.detect.max_characters, former.longest if former else 0),
            max(purpose.detect.timeout, former.seconds if former else 0.0),
        )
    if len({search.annotations.name for search in by_fingerprint.values()}) < len(by_fingerprint):
        raise PolicyError("two detectors of the policy have one short name", code="detector-name")
    return iter(by_fingerprint.values())


def _scanned(purpose: Purpose) -> Iterator[FieldPath]:
    """What a purpose scans for anybody. What a wildcard stands for is searched at every question."""
    for written, several in purpose.fields.items():
        path = FieldPath.parse(written)
        if path.wildcard is None and any(isinstance(rule, Scan) for rule in several):
            yield path


def _allowed(purpose: Purpose, policy: Policy) -> Iterator[FieldPath]:
    """What a purpose may fetch or filter by."""
    own = (policy.layout.id,) if policy.layout.id else ()
    known = (item.field for item in purpose.detect.known)
    filterable = (item.key for item in purpose.filterable)
    for written in (*purpose.fields, *known, *own, *purpose.filter, *filterable):
        if not written.startswith("$"):
            yield FieldPath.parse(written).before_wildcard


def _unique(paths: Iterable[FieldPath]) -> tuple[FieldPath, ...]:
    return tuple({path.steps: path for path in paths}.values())


def _inside(spans: Iterable[Span], passage: Passage) -> tuple[Span, ...]:
    return tuple(
        Span(s.start - passage.start, s.end - passage.start, s.entity, s.score, s.recognizer)
        for s in spans
        if passage.start <= s.start and s.end <= passage.end
    )
