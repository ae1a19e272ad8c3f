"""What happens with a value: actions with their parameters, and the rules of fields and entities.

action  →  Rule (of an entity)  →  ValueRule (of a field's whole value) | Scan (of the PII in a field's text)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from needful.policy.base import EntityName, FrozenMap, Model, Reason, Word, empty
from needful.values import Action, Scalar

__all__ = [
    "PARAMETERS",
    "REDACT",
    "REQUIRED",
    "Alone",
    "EntityRule",
    "FieldRule",
    "Rule",
    "Scan",
    "Select",
    "ValueRule",
]


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
    params: FrozenMap[str, Scalar] = Field(default_factory=empty)
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
"""What an action takes beside `action` and `reason`. An action that is not here takes nothing else."""
REQUIRED: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {Action.KEEP: ("reason",), Action.GENERALIZE: ("to",), Action.CUSTOM: ("operator",)}
)
"""What an action cannot do without."""


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


REDACT = Rule(action=Action.REDACT)
"""The rule of whatever has none."""
