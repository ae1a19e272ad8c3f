"""How the points of a layout are annotated: each alone, or the passages of a document together. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from needful.annotation import Annotator, Part
from needful.annotations import KEY
from needful.passages import document_of, order_of
from needful.paths import FieldPath
from needful.policy.document import Layout
from needful.values import PointId

__all__ = ["Alone", "Annotation", "Group", "LaidOut", "Stored", "Together", "laid_out"]

T = TypeVar("T")

Annotation = dict[str, Any]
"""What a point is to have under `needful`."""

MAX_GAP = 10_000
"""Most blanks between two passages. Where a passage begins stands in the payload, which others may have written."""

LONGEST = 100_000
"""Most passages of a document."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A point as it was read. Raw."""

    id: PointId = field(repr=False)
    payload: Mapping[str, Any] = field(repr=False)

    @property
    def own(self) -> Mapping[str, Any]:
        """What it has under `needful`; nothing about it is known."""
        own = self.payload.get(KEY)
        return own if isinstance(own, Mapping) else {}


Group = tuple[Stored, ...]
"""Points that are annotated together, in the order of their ids."""


class LaidOut(Protocol):
    """What differs from layout to layout."""

    together: bool
    """Whether the points of one document are one group."""
    needs: tuple[str, ...]
    """The payload paths to read."""

    def is_current(self, group: Group) -> bool:
        """Whether nothing is to be written."""

    def annotations(self, groups: Sequence[Group]) -> list[list[Annotation] | None]:
        """Return for each group what its points are to have; None where detection failed."""

    def holds(self, point: Stored, annotation: Annotation) -> bool:
        """Whether a point that was read back has this annotation, and the text that it was made for."""


def laid_out(annotator: Annotator, layout: Layout) -> LaidOut:
    """Return what a policy's layout asks for."""
    return Together(annotator, layout.text) if layout.passages else Alone(annotator)


class Alone:
    """Any layout but `passages`: every point has its own texts."""

    together = False

    def __init__(self, annotator: Annotator) -> None:
        self._annotator = annotator
        self.needs = annotator.needs

    def is_current(self, group: Group) -> bool:
        """Whether every point has the annotations of these detectors for its texts."""
        current = self._annotator.is_current
        # Where nothing is kept there is nothing to hold a digest against: at a first run that is every point.
        return all(bool(point.own) and _or(False, partial(current, point.payload)) for point in group)

    def annotations(self, groups: Sequence[Group]) -> list[list[Annotation] | None]:
        """Search all texts in one batch."""
        points = [point for group in groups for point in group]
        found = self._found(points)
        rest = iter(found or [self._one(point) for point in points])
        return [_all_or_none([next(rest) for _ in group]) for group in groups]

    def holds(self, point: Stored, annotation: Annotation) -> bool:
        """Whether it has this annotation, and the texts that it was made for."""
        digest = _or(None, partial(self._annotator.digest, point.payload))
        return point.payload.get(KEY) == annotation and digest == annotation["text"]

    def _one(self, point: Stored) -> Annotation | None:
        found = self._found([point])
        return None if found is None else found[0]

    def _found(self, points: Sequence[Stored]) -> list[Annotation | None] | None:
        return _or(None, partial(self._annotator.records, [point.payload for point in points]))


class Together:
    """Layout `passages`: a document is searched as a whole, and what it names is known in each of its passages."""

    together = True

    def __init__(self, annotator: Annotator, text: str) -> None:
        self._annotator = annotator
        self._text = FieldPath.parse(text)
        self._alone = Alone(annotator)
        self.needs = (*annotator.needs, text)

    def is_current(self, group: Group) -> bool:
        """Whether every point of the document was annotated with the texts that they have now."""
        if document_of(group[0].id) is None:
            return self._alone.is_current(group)
        lists = [point.own.get("document") for point in group]
        return isinstance(lists[0], list) and all(
            whole == lists[0] and self._is_current(point) for whole, point in zip(lists, group, strict=True)
        )

    def annotations(self, groups: Sequence[Group]) -> list[list[Annotation] | None]:
        """Search one document after the other."""
        return [_or(None, partial(self._of, group)) for group in groups]

    def holds(self, point: Stored, annotation: Annotation) -> bool:
        """Whether it has this annotation, and the text that it was made for."""
        if not order_of(point.id):
            return self._alone.holds(point, annotation)
        text = self._text_of(point)
        return point.payload.get(KEY) == annotation and self._digest(text) == annotation["text"]

    def _is_current(self, point: Stored) -> bool:
        order = order_of(point.id)
        if order == 0:
            return self._alone.is_current((point,))
        own, text = point.own, self._text_of(point)
        placed = own.get("parent") == document_of(point.id) and own.get("order") == order
        return placed and text is not None and self._annotator.is_part_current(text, own)

    def _of(self, group: Group) -> list[Annotation] | None:
        if document_of(group[0].id) is None:
            return self._alone.annotations([group])[0]
        texts = [self._text_of(point) for point in group if order_of(point.id)]
        if len(texts) > LONGEST or any(text is None for text in texts):
            return None
        own = [point for point in group if order_of(point.id) == 0]
        passages = [point for point in group if order_of(point.id)]
        payload = own[0].payload if own else {}
        parts = _parts(passages, [text or "" for text in texts])
        found = self._annotator.again(parts, payload)
        kept = [{**annotation, **_placed(point)} for annotation, point in zip(found, passages, strict=True)]
        whole = found[0]["document"] if found else []
        fields = [self._annotator.own(point.payload, whole) for point in own]
        return _all_or_none([*fields, *kept])

    def _text_of(self, point: Stored) -> str | None:
        value = next((value for _, value in self._text.leaves(point.payload)), None)
        return value if isinstance(value, str) else None

    def _digest(self, text: str | None) -> str | None:
        return None if text is None else self._annotator.part_digest(text)


def _placed(point: Stored) -> Annotation:
    """Where a passage stands. An upsert drops this too, and its id still says most of it."""
    known = {key: point.own[key] for key in ("start", "end") if _is_number(point.own.get(key))}
    return {"parent": document_of(point.id), "order": order_of(point.id), **known}


def _parts(passages: Sequence[Stored], texts: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    at, former = 0, None
    for point, text in zip(passages, texts, strict=True):
        start, end = point.own.get("start"), point.own.get("end")
        gap = start - former if _is_number(start) and former is not None else 1
        at += (gap if 0 < gap <= MAX_GAP else 1) if parts else 0
        parts.append(Part(text, at))
        at += len(text)
        former = end if _is_number(end) else None
    return parts


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _all_or_none(found: Sequence[Annotation | None]) -> list[Annotation] | None:
    kept = [one for one in found if one is not None]
    return kept if len(kept) == len(found) else None


def _or(otherwise: T, call: Callable[[], T]) -> T:
    """What `call` returns; `otherwise` where it raises: a payload is foreign, and what it makes fail may quote it."""
    try:
        return call()
    except Exception:  # noqa: BLE001 - as above
        return otherwise
