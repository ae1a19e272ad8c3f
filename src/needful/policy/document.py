"""The policy language as pydantic models: what a YAML policy may say, and nothing else.

The models are frozen and strict (no coercion). They are also the source of the JSON Schema. Positions in the file
are `loading`'s business; what is allowed but unwise is `linting`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from needful.paths import FieldPath
from needful.values import Action, Operator, Scalar

__all__ = [
    "Detect",
    "EntityRule",
    "FieldRule",
    "FilterTest",
    "Known",
    "Layout",
    "Limits",
    "PolicyDocument",
    "Purpose",
    "QueryRule",
    "Recognizer",
    "Rule",
    "Scan",
    "Select",
    "ValueRule",
]

K = TypeVar("K")
V = TypeVar("V")

# A policy never changes: mappings are read-only views, sequences are tuples.
FrozenMap = Annotated[Mapping[K, V], AfterValidator(lambda given: MappingProxyType(dict(given)))]
_FROM_LIST = BeforeValidator(lambda given: tuple(given) if isinstance(given, list) else given)
Tuple = Annotated[tuple[V, ...], _FROM_LIST]
Several = Annotated[tuple[V, ...], Field(min_length=1), _FROM_LIST]


def _empty() -> Mapping[Any, Any]:
    return MappingProxyType({})


def _path(text: str) -> str:
    try:
        FieldPath.parse(text)
        return text
    except ValueError as error:
        reason = str(error)
    raise PydanticCustomError("path", "{reason}", {"reason": reason})


_KEY = r'("[^"]+"|[^."\[\]]+)(\[\])*'
Path = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": rf"^{_KEY}(\.{_KEY})*$"})]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=3, max_length=400)]
EntityName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]


class Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Rule(Model):
    """An action with its parameters. `keep` has a reason; parameters of another action are an error."""

    action: Action = Field(strict=False)
    reason: Reason | None = None
    keep_first: int = Field(default=0, ge=0, le=64)
    """mask: characters left readable at the start."""
    keep_last: int = Field(default=0, ge=0, le=64)
    """mask: characters left readable at the end."""
    char: str = Field(default="*", min_length=1, max_length=1)
    """mask: what stands for a hidden character."""
    to: Word | None = None
    """generalize: the coarser form, such as month."""
    lasting: bool = False
    """pseudonymize: one token for one value over all calls, reversible."""
    operator: Word | None = None
    """custom: a presidio-anonymizer operator by name."""
    params: FrozenMap[str, Scalar] = Field(default_factory=_empty)
    """custom: the operator's parameters."""

    @model_validator(mode="after")
    def _parameters_fit_the_action(self) -> Self:
        allowed = PARAMETERS.get(self.action, frozenset()) | {"action", "reason"} | self._own_parameters()
        for name in sorted(self.model_fields_set - allowed):
            raise PydanticCustomError(
                "parameter", "{name} is not a parameter of {action}", {"name": name, "action": self.action.value}
            )
        for name in REQUIRED.get(self.action, ()):
            if not getattr(self, name):
                raise PydanticCustomError(
                    "required", "{action} needs {name}", {"name": name, "action": self.action.value}
                )
        return self

    def _own_parameters(self) -> frozenset[str]:
        return frozenset()

    @property
    def treatment(self) -> tuple[object, ...]:
        """Action and parameters: two rules with the same treatment do the same to a value."""
        parameters = (self.keep_first, self.keep_last, self.char, self.to, self.lasting, self.operator)
        return (self.action, *parameters, tuple(sorted(self.params.items())))


PARAMETERS: Mapping[Action, frozenset[str]] = MappingProxyType(
    {
        Action.MASK: frozenset({"keep_first", "keep_last", "char"}),
        Action.GENERALIZE: frozenset({"to"}),
        Action.PSEUDONYMIZE: frozenset({"lasting"}),
        Action.CUSTOM: frozenset({"operator", "params"}),
    }
)
REQUIRED: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {Action.KEEP: ("reason",), Action.GENERALIZE: ("to",), Action.CUSTOM: ("operator",)}
)


def _spelled_out(given: Any) -> Any:
    return {"action": given} if isinstance(given, str) else given


# The actions that need no parameter may stand alone: `PERSON: redact`.
Alone = Literal["mask", "hash", "pseudonymize", "surrogate", "redact", "drop-passage", "drop-record", "deny"]
EntityRule = Annotated[Rule, BeforeValidator(_spelled_out, json_schema_input_type=Rule | Alone)]


class Select(Model):
    """Which part of a text field is disclosed: `whole`, or passages ranked lexically or by an embedder."""

    by: Literal["lexical", "embeddings", "whole"] = "lexical"
    neighbours: int = Field(default=0, ge=0, le=5)
    """Sentences before and after a chosen one that come with it. They count as passages."""


def _selection(given: Any) -> Any:
    return {"passages": Select(), "whole": Select(by="whole")}.get(given, given) if isinstance(given, str) else given


Selection = Annotated[Select, BeforeValidator(_selection, json_schema_input_type=Select | Literal["passages", "whole"])]


class Scan(Model):
    """A text field whose PII is found and treated by the entity rules."""

    action: Literal["scan"]
    select: Selection | None = None


class ValueRule(Rule):
    """What happens with a whole field value."""

    entity: EntityName | None = None
    """The kind of the value: names the token, and lets `known` find it in text."""
    select: Selection | None = None

    def _own_parameters(self) -> frozenset[str]:
        return frozenset({"entity", "select"})


def _field_rule_kind(given: Any) -> str:
    action = given.get("action") if isinstance(given, Mapping) else getattr(given, "action", None)
    return "scan" if action == "scan" else "value"


FieldRule = Annotated[
    Annotated[Scan, Tag("scan")] | Annotated[ValueRule, Tag("value")],
    Discriminator(_field_rule_kind),
    BeforeValidator(_spelled_out, json_schema_input_type=Scan | ValueRule | Alone | Literal["scan"]),
]


class Range(Model):
    """Bounds of a number or of an RFC 3339 time."""

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
    """A key that a caller may filter by, with the operators allowed beyond equals and any."""

    key: Path
    operators: Several[Operator] = ("equals", "any")


def _named(given: Any) -> Any:
    return {"field": given} if isinstance(given, str) else given


class Known(Model):
    """A field that is fetched for detection only; its value is a span wherever it stands in the record's text."""

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

    filter: FrozenMap[Path, FilterTest] = Field(default_factory=_empty)
    filterable: Tuple[Annotated[Filterable, BeforeValidator(_keyed, json_schema_input_type=Filterable | Path)]] = ()
    fields: FrozenMap[Path, FieldRule] = Field(min_length=1)
    entities: FrozenMap[str, EntityRule] = Field(default_factory=_empty)
    """Entity name, or `default`, to rule. Without a default, what is found is redacted."""
    detect: Detect = Detect()
    limits: Limits = Limits()
    query: QueryRule = QueryRule()
    restore: FrozenMap[EntityName, FrozenMap[str, Any]] = Field(default_factory=_empty)
    on_fault: Literal["withhold", "fail"] = "withhold"

    def rule_for(self, entity: str) -> Rule:
        """The rule of an entity: its own, else the default, else redact."""
        return self.entities.get(entity) or self.entities.get("default") or REDACT


REDACT = Rule(action=Action.REDACT)


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
