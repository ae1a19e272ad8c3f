"""What a policy test expects to come out of a request. What is not given is not compared."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from needful.policy.base import FrozenMap, Model, SomeMap, Tuple, Word, empty

__all__ = ["Expectation", "ExpectedCounts", "ExpectedDocument", "ExpectedRestored", "ExpectedText", "Restoring"]

Count = Annotated[int, Field(ge=0)]


def _kind_of_count(given: Any) -> str:
    return "actions" if isinstance(given, Mapping) else "times"


_Counted = Annotated[
    Annotated[Count, Tag("times")] | Annotated[FrozenMap[Word, Count], Tag("actions")], Discriminator(_kind_of_count)
]
ExpectedCounts = SomeMap[Word, _Counted]
"""Entity or field to how often it was treated: action to times, or one number for all actions together."""


class ExpectedDocument(Model):
    """One document that must come out."""

    page_content: str | None = None
    """The whole text. `[PERSON:*]` stands for any token of that entity, `[PERSON~*]` for a surrogate."""
    metadata: FrozenMap[str, Any] = Field(default_factory=lambda: MappingProxyType({}))
    """What the metadata must have; it may have more."""


class Expectation(Model):
    """What must come out of one request."""

    text: str | None = None
    """The text of the one document. Short for `documents: [{page_content: …}]`."""
    documents: Tuple[ExpectedDocument] | None = None
    """In this order, and no others."""
    counts: ExpectedCounts | None = None
    """How often the named entities and fields were treated, over all documents: exactly so."""
    withheld: Count | None = None
    """How many records were withheld."""
    refused: Literal[True] | Word | None = None
    """True, or the code of the refusal."""
    absent: Tuple[Word] = ()
    """Texts that must not occur in any document or in the redacted question, in upper or lower case."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("expectation", "a test expects something")
        shown = self.documents or self.withheld or self.counts or self.text is not None
        if self.refused is not None and shown:
            raise PydanticCustomError("refusal", "a refused question has no documents")
        if self.text is not None and self.documents is not None:
            raise PydanticCustomError("text-twice", "text is short for documents: one of them")
        return self

    @property
    def wanted(self) -> tuple[ExpectedDocument, ...] | None:
        """The documents that must come out, however they are written; None where nothing is said of them."""
        return self.documents if self.text is None else (ExpectedDocument(page_content=self.text),)


def _spelled_out(given: Any) -> Any:
    return {"text": given} if isinstance(given, str) else given


ExpectedText = Annotated[Expectation, BeforeValidator(_spelled_out)]
"""An expectation; a text alone is that of the one document."""


class ExpectedRestored(Model):
    """What must come out of restoring."""

    text: str | None = None
    """The text of the first document, with the values back in place that this principal may restore."""
    restored: Count | None = None
    """How many tokens were turned back."""
    refused: Literal[True] | Word | None = None
    """True, or the code of the refusal."""
    absent: Tuple[Word] = ()
    """Texts that must not be in the restored text."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("expectation", "a test expects something")
        return self


class Restoring(Model):
    """Turning the tokens in the text of a case's first document back into values, and what must come of it."""

    purpose: Word | None = None
    """That of the case, where it is not given."""
    principal: FrozenMap[str, str | int | float | bool] = Field(default_factory=empty)
    """Who restores. That of the case, where it is not given."""
    expect: Annotated[ExpectedRestored, BeforeValidator(_spelled_out)]
    """A text alone is the restored text."""
