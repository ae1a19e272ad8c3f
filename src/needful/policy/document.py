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

from needful.policy.base import EntityName, FrozenMap, Model, Path, Reason, Several, Tuple, Word, empty
from needful.policy.rules import PARAMETERS, REDACT, REQUIRED, EntityRule, FieldRule, Rule, Scan, Select, ValueRule
from needful.values import Operator, Scalar

__all__ = [
    "PARAMETERS",
    "REDACT",
    "REQUIRED",
    "Detect",
    "EntityRule",
    "FieldRule",
    "FilterTest",
    "Filterable",
    "Known",
    "Layout",
    "Limits",
    "PolicyDocument",
    "Purpose",
    "QueryRule",
    "Range",
    "Recognizer",
    "Rule",
    "Scan",
    "Select",
    "ValueRule",
]


class Range(Model):
    """Bounds of a number or of an RFC 3339 time, at least one. A string may be `$principal.NAME`."""

    gt: float | str | None = None
    gte: float | str | None = None
    lt: float | str | None = None
    lte: float | str | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("range", "a range needs at least one of gt, gte, lt, lte")
        return self


class FilterTest(Model):
    """One test of a filter key. A string `$principal.NAME` stands for the principal's attribute."""

    equals: Scalar | None = None
    any: Several[Scalar] | None = None
    excluding: Several[Scalar] | None = Field(default=None, alias="except")
    range: Range | None = None

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
    operators: Several[Operator] = ("equals", "any")


def _named(given: Any) -> Any:
    return {"field": given} if isinstance(given, str) else given


class Known(Model):
    """A field that is fetched for detection only; its value and its variants are spans in all records of the call."""

    field: Path
    entity: EntityName | None = None
    """Where it is not given, the field's own rule names it."""


class Detect(Model):
    """How PII is found."""

    ner: Annotated[str, Field(pattern=r"^(bundled|fast|none|(spacy|transformers|gliner|stanza):\S+)$")] = "bundled"
    reason: Reason | None = None
    """Why no model finds names: `ner: none` has one."""
    locales: Tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")]] = ("us",)
    min_score: float = Field(default=0.4, ge=0, le=1)
    outside_bias: float | None = Field(default=None, ge=-10, le=10)
    """The operating point of the bundled model, in nats: more finds more names, and more that are none."""
    known: Tuple[Annotated[Known, BeforeValidator(_named, json_schema_input_type=Known | Path)]] = ()
    recognizers: Tuple[Word] = ()
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds for the detection of one call."""

    @model_validator(mode="after")
    def _no_model_has_a_reason(self) -> Self:
        if self.ner == "none" and self.reason is None:
            raise PydanticCustomError("ner", "ner: none needs a reason: without a model, names are not found in text")
        return self


class Limits(Model):
    """Upper bounds of one call. What is not given does not bind, but for passages."""

    records: int | None = Field(default=None, ge=1, le=10_000)
    passages: int = Field(default=3, ge=1, le=10_000)
    """Sentences of one record."""
    characters: int | None = Field(default=None, ge=1)
    """Of text, over the call."""
    score: float | None = None
    """The least score, in the store's own unit."""


class QueryRule(Model):
    """What the embedder sees of the question."""

    embed: Literal["redacted", "raw"] = "redacted"


class Purpose(Model):
    """Why data is asked for, and what that purpose needs."""

    filter: FrozenMap[Path, FilterTest] = Field(default_factory=empty)
    filterable: Tuple[Annotated[Filterable, BeforeValidator(_keyed, json_schema_input_type=Filterable | Path)]] = ()
    fields: FrozenMap[Path, FieldRule] = Field(min_length=1)
    entities: FrozenMap[str, EntityRule] = Field(default_factory=empty)
    """Entity name, or `default`, to rule. Without a default, what is found is redacted."""
    detect: Detect = Detect()
    limits: Limits = Limits()
    query: QueryRule = QueryRule()
    restore: FrozenMap[EntityName, FrozenMap[str, Any]] = Field(default_factory=empty)
    on_fault: Literal["withhold", "fail"] = "withhold"

    def rule_for(self, entity: str) -> Rule:
        """The rule of an entity: its own, else the default, else redact."""
        return self.entities.get(entity) or self.entities.get("default") or REDACT


class Layout(Model):
    """Where a collection keeps text, metadata and its own document id. `metadata` is the key of an object, if any."""

    text: Path = "page_content"
    metadata: Path | None = None
    id: Path | None = None


LAYOUTS: Mapping[str, Layout] = MappingProxyType({"langchain": Layout(text="page_content", metadata="metadata")})


def _laid_out(given: Any) -> Any:
    return LAYOUTS.get(given, given) if isinstance(given, str) else given


class Recognizer(Model):
    """A recognizer of the policy's own: one regex in RE2 syntax, with words whose presence raises the score."""

    name: Word
    entity: EntityName
    regex: Annotated[str, Field(min_length=1, max_length=2000)]
    score: float = Field(default=0.8, gt=0, le=1)
    context: Tuple[Word] = ()


class PolicyDocument(Model):
    """A whole policy file."""

    needful: Annotated[int, Field(ge=1, le=1, json_schema_extra={"const": 1})]
    """The version of the language."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    version: int = Field(ge=1)
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    layout: Annotated[Layout, BeforeValidator(_laid_out, json_schema_input_type=Layout | Literal["langchain"])] = (
        LAYOUTS["langchain"]
    )
    keys: Annotated[str, Field(pattern=r"^env:[A-Z][A-Z0-9_]*$")] = "env:NEEDFUL_KEY"
    purposes: FrozenMap[Word, Purpose] = Field(min_length=1)
    recognizers: Tuple[Recognizer] = ()
