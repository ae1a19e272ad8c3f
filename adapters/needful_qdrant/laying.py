"""What is written of a document: one point, or one of its own and one a passage. Works out payloads and does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from needful.annotation import Annotator, Laid, needed_fields
from needful.annotations import KEY
from needful.errors import DetectionError, PolicyError, StoreError
from needful.passages import MAX_SENTENCES
from needful.paths import EACH, FieldPath, assemble
from needful.policy import Policy

__all__ = ["Document", "Layer", "Passages", "Wholes", "as_it_is", "laid_out"]


class Document(Protocol):
    """What is indexed. Raw. Its id stays the same when it is indexed again."""

    @property
    def id(self) -> str:
        """The UUID, as text."""

    @property
    def text(self) -> str:
        """The whole text."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The other fields, as JSON has them."""


Layer = Callable[[Sequence[Document]], list[list[Laid] | None]]
"""Documents to the points of each; None where its detection failed."""


def as_it_is(documents: Sequence[Document]) -> list[list[Laid] | None]:
    """Lay documents out as langchain-qdrant does: one point each, with everything, and nothing searched."""
    return [[Laid(d.id, d.text, {"page_content": d.text, "metadata": dict(d.metadata)})] for d in documents]


@dataclass(frozen=True, slots=True)
class Wholes:
    """Lays each document out as one annotated point, with the fields that some purpose may need, or with all."""

    policy: Policy
    annotator: Annotator
    all_fields: bool = False

    def __call__(self, documents: Sequence[Document]) -> list[list[Laid] | None]:
        """Search all documents in one batch."""
        paths = needed_fields(self.policy)
        payloads = [laid_out(document, self.policy) for document in documents]
        if not self.all_fields:
            payloads = [assemble(leaf for path in paths for leaf in path.leaves(payload)) for payload in payloads]
        found = self.annotator.records(payloads)
        return [
            None if own is None else [Laid(document.id, document.text, {**payload, KEY: own})]
            for document, payload, own in zip(documents, payloads, found, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Passages:
    """Lays each document out as its own point, without a vector, and one a passage: `Annotator.document`."""

    policy: Policy
    annotator: Annotator
    all_fields: bool = False
    sentences: int = MAX_SENTENCES

    def __call__(self, documents: Sequence[Document]) -> list[list[Laid] | None]:
        """Search and cut the documents one by one."""
        return [self._points(document) for document in documents]

    def _points(self, document: Document) -> list[Laid] | None:
        payload = laid_out(document, self.policy)
        try:
            own, *passages = self.annotator.document(_uuid(document), payload, sentences=self.sentences)
        except DetectionError:
            return None
        if self.all_fields:
            rest = _without(payload, FieldPath.parse(self.policy.layout.text).steps)
            own = Laid(own.id, "", {**rest, KEY: own.payload[KEY]})
        return [own, *passages]


def laid_out(document: Document, policy: Policy) -> dict[str, Any]:
    """The whole payload of a document, as the policy's layout has it. Raises `PolicyError` where it cannot be written.

    A layout with an id gets the document's own, unless its fields have one there.
    """
    layout = policy.layout
    text, metadata = FieldPath.parse(layout.text).steps, layout.metadata
    within = FieldPath.parse(metadata).steps if metadata else ()
    if layout.json_key or EACH in (*text, *within):
        raise PolicyError(
            "documents cannot be written in the policy's layout",
            code="layout-write",
            hint="write them with the library whose layout it is, then: needful annotate",
        )
    given = {} if layout.id is None else {FieldPath.parse(layout.id).steps: document.id}
    fields = {(*within, name): value for name, value in document.metadata.items()}
    return assemble({**given, **fields, text: document.text}.items())


def _uuid(document: Document) -> str:
    try:
        return str(UUID(document.id))
    except (AttributeError, TypeError, ValueError):  # its text may quote the id
        pass
    raise StoreError("a document's id is no UUID", code="document-id", hint="make one: uuid.uuid5(namespace, name)")


def _without(payload: Mapping[str, Any], steps: Sequence[str]) -> dict[str, Any]:
    rest = {key: value for key, value in payload.items() if key != steps[0]}
    inner = payload.get(steps[0])
    if len(steps) > 1 and isinstance(inner, Mapping):
        rest[steps[0]] = _without(inner, steps[1:])
    return rest
