"""The policy language as pydantic models: what a YAML policy may say, and nothing else.

The models are frozen and strict (no coercion). They are also the source of the JSON Schema. Rules are in `rules`.
Positions in the file are `loading`'s business; what is allowed but unwise is `linting`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from needful.policy.base import EntityName, FieldName, FrozenMap, Model, Path, Reason, Several, Tuple, Word, empty
from needful.policy.rules import (
    PARAMETERS,
    REDACT,
    REQUIRED,
    EntityRule,
    EntityRules,
    FieldRule,
    FieldRules,
    Omit,
    Rule,
    Scan,
    Select,
    ValueRule,
    When,
)
from needful.values import Operator, Scalar

__all__ = [
    "LAYOUTS",
    "PARAMETERS",
    "REDACT",
    "REQUIRED",
    "Detect",
    "EntityRule",
    "EntityRules",
    "FieldRule",
    "FieldRules",
    "FilterTest",
    "Filterable",
    "Known",
    "Layout",
    "Limits",
    "Omit",
    "PolicyDocument",
    "Purpose",
    "QueryRule",
    "Range",
    "Recognizer",
    "Rule",
    "Scan",
    "Select",
    "ValueRule",
    "When",
]


class Range(Model):
    """Bounds of a number or of an RFC 3339 time, at least one. A string may be `$principal.NAME`."""

    gt: float | str | None = None
    """More than, or later than."""
    gte: float | str | None = None
    """At least this much, or this time or later."""
    lt: float | str | None = None
    """Less than, or earlier than."""
    lte: float | str | None = None
    """At most this much, or this time or earlier."""

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("range", "a range needs at least one of gt, gte, lt, lte")
        return self


class FilterTest(Model):
    """One test of a filter key. A string `$principal.NAME` stands for the principal's attribute."""

    equals: Scalar | None = None
    """The field has this value; of an array, one of its elements has."""
    any: Several[Scalar] | None = None
    """The field has one of these values."""
    excluding: Several[Scalar] | None = Field(default=None, alias="except")
    """The field has a value that is none of these."""
    range: Range | None = None
    """The field lies within these bounds."""

    @model_validator(mode="after")
    def _is_one_test(self) -> Self:
        if len(self.model_fields_set) != 1 or getattr(self, next(iter(self.model_fields_set))) is None:
            raise PydanticCustomError("filter", "a filter key has exactly one of equals, any, except, range")
        return self


def _keyed(given: Any) -> Any:
    return {"key": given} if isinstance(given, str) else given


class Filterable(Model):
    """A key that a caller may filter by. The operators that are given are all that are allowed: equals is not added."""

    key: Path
    """The payload field."""
    operators: Several[Operator] = ("equals", "any")
    """How it may be compared. Those that are given are all that are allowed."""


def _named(given: Any) -> Any:
    return {"field": given} if isinstance(given, str) else given


class Known(Model):
    """A field that is fetched for detection only; its value and its variants are spans in all records of the call."""

    field: Path
    """The payload field whose values are looked for in scanned text."""
    entity: EntityName | None = None
    """What kind of value it is. Where it is not given, the field's own rule names it."""


class Detect(Model):
    """How PII is found."""

    ner: Annotated[str, Field(pattern=r"^(bundled|fast|none|(spacy|transformers|gliner|stanza):\S+)$")] = "bundled"
    """What finds names in text: the shipped model, its quicker half, a model of your own, or none."""
    reason: Reason | None = None
    """Why no model finds names: `ner: none` has one."""
    locales: Tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")]] = ("us",)
    """Countries whose identity numbers are looked for."""
    min_score: float = Field(default=0.4, ge=0, le=1)
    """The least confidence of a find. Lower finds more, and more that is nothing."""
    outside_bias: float | None = Field(default=None, ge=-10, le=10)
    """The operating point of the bundled model, in nats: more finds more names, and more that are none."""
    known: Tuple[Annotated[Known, BeforeValidator(_named, json_schema_input_type=Known | Path)]] = ()
    """Fields whose values are looked for in the scanned text of all records of the call."""
    recognizers: Tuple[Word] = ()
    """Which of the policy's own patterns this purpose uses, by name."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds for the detection of one call."""
    max_characters: int = Field(default=1_000_000, ge=1, le=10_000_000)
    """The longest text that is searched. A record with a longer one is withheld; long texts need a longer timeout."""

    @model_validator(mode="after")
    def _no_model_has_a_reason(self) -> Self:
        if self.ner == "none" and self.reason is None:
            raise PydanticCustomError("ner", "ner: none needs a reason: without a model, names are not found in text")
        return self


class Limits(Model):
    """Upper bounds of one call. What is not given does not bind, but for passages."""

    records: int | None = Field(default=None, ge=1, le=10_000)
    """Records of one call. Who asks for more is refused."""
    passages: int = Field(default=3, ge=1, le=10_000)
    """Sentences of one record."""
    characters: int | None = Field(default=None, ge=1)
    """Characters of text, over the whole call."""
    score: float | None = None
    """The least search score of a record, in the store's own unit."""
    privacy: float = Field(default=0.0, ge=0, le=1)
    """How much a passage falls behind for the PII that it would show, 0 (between equals only) to 1."""


class QueryRule(Model):
    """What the embedder sees of the question."""

    embed: Literal["redacted", "raw"] = "redacted"
    """The question as the entity rules leave it, or as it was asked."""


class Purpose(Model):
    """Why data is asked for, and what that purpose needs."""

    narrows: Word | None = None
    """With `extends`: the parent's purpose that this one starts from. Its own name, where the parent has that one."""
    when: When | None = None
    """Who may ask for this purpose: attributes of the principal. Without it, everybody."""
    filter: FrozenMap[Path, FilterTest] = Field(default_factory=empty)
    """Which records exist for this purpose. Added to every question, in Qdrant."""
    filterable: Tuple[Annotated[Filterable, BeforeValidator(_keyed, json_schema_input_type=Filterable | Path)]] = ()
    """What a caller may filter by."""
    fields: FrozenMap[FieldName, FieldRules] = Field(min_length=1)
    """What leaves the database, and how. A field without a rule does not."""
    entities: FrozenMap[str, EntityRules] = Field(default_factory=empty)
    """Entity name, or `default`, to rule. Without a default, what is found is redacted."""
    detect: Detect = Detect()
    """How PII is found."""
    limits: Limits = Limits()
    """Upper bounds of one call."""
    query: QueryRule = QueryRule()
    """What is done with the question."""
    restore: FrozenMap[EntityName, When] = Field(default_factory=empty)
    """Whose lasting tokens may be turned back into values: entity to attributes of the principal."""
    on_fault: Literal["withhold", "fail"] = "withhold"
    """What a failed detection does: withhold the record, or fail the call."""
    unsafe_allow: FrozenMap[Word, Reason] = Field(default_factory=empty, alias="unsafe-allow")
    """With `extends`: what this purpose loosens (`fields.metadata.city`, `limits.records`), each with the reason."""


class Layout(Model):
    """Where a collection keeps text, metadata and its own document id. `metadata` is the key of an object, if any."""

    text: Path = "page_content"
    """The field that becomes a document's content."""
    json_key: Word | None = Field(default=None, alias="json")
    """Where the text field holds a JSON object written as text: the key in it under which the text stands."""
    metadata: Path | None = None
    """The object whose members become a document's metadata. Without it, all other fields do."""
    id: Path | None = None
    """The field that holds the document's own id. Without it, the point's id."""
    passages: bool = False
    """Whether each point is a passage of a document, as `needful index --policy` writes them."""


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "langchain": Layout(text="page_content", metadata="metadata"),
        # needful index writes it: one point a passage, the document's fields once.
        "passages": Layout(text="page_content", metadata="metadata", passages=True),
        # llama-index-vector-stores-qdrant writes the node as JSON text, and its metadata beside it.
        "llamaindex": Layout(text="_node_content", json="text"),
        # qdrant-haystack writes Document.to_dict(flatten=False).
        "haystack": Layout(text="content", metadata="meta", id="id"),
    }
)
"""The layouts that other libraries write, by name."""


def _laid_out(given: Any) -> Any:
    return LAYOUTS.get(given, given) if isinstance(given, str) else given


class Recognizer(Model):
    """A recognizer of the policy's own: one regex in RE2 syntax, with words whose presence raises the score."""

    name: Word
    """Its name, for detect.recognizers."""
    entity: EntityName
    """What it finds."""
    regex: Annotated[str, Field(min_length=1, max_length=2000)]
    """RE2 syntax: no look-around, no back-references. Upper and lower case are one."""
    score: float = Field(default=0.8, gt=0, le=1)
    """How sure a match is."""
    context: Tuple[Word] = ()
    """Words near a match that raise its score."""


class PolicyDocument(Model):
    """A whole policy file, with what it takes from its parent."""

    needful: Annotated[int, Field(ge=1, le=1, json_schema_extra={"const": 1})]
    """The version of the language."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    """The policy's name. Name, version and a digest of the file go into every ledger entry."""
    version: int = Field(ge=1)
    """The policy's revision."""
    extends: Word | None = None
    """A parent policy that this one tightens: the name of a starter policy, or a path relative to this file."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """The language of the texts, ISO 639-1."""
    layout: Annotated[
        Layout,
        BeforeValidator(_laid_out, json_schema_input_type=Layout | Literal["langchain", "llamaindex", "haystack"]),
    ] = LAYOUTS["langchain"]
    """Where the collection keeps text and metadata."""
    keys: Annotated[str, Field(pattern=r"^env:[A-Z][A-Z0-9_]*$")] = "env:NEEDFUL_KEY"
    """Where the secret for tokens, hashes and the vault is."""
    purposes: FrozenMap[Word, Purpose] = Field(min_length=1)
    """Why data may be asked for. What is not listed is refused."""
    recognizers: Tuple[Recognizer] = ()
    """Patterns of the policy's own; a purpose names those that it uses."""
    operators: Tuple[Word] = ()
    """Operators that the application adds to those of presidio-anonymizer, by name, for `custom`."""
