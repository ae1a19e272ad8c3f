"""What happens with a value: actions with their parameters, and the rules of fields and entities.

action  →  Rule (of an entity)  →  ValueRule (of a field's whole value) | Scan (of the PII in a field's text) | Omit

A field or an entity has one rule, or a list of them narrowed by `when`; `narrowing` says which one holds for whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from needful.policy.base import EntityName, FrozenMap, Model, Reason, Several, SomeMap, Word, empty
from needful.values import Action, Scalar

__all__ = [
    "ALONE",
    "COARSER",
    "COMMON",
    "FIELD_WORDS",
    "PARAMETERS",
    "REDACT",
    "REQUIRED",
    "Alone",
    "EntityRule",
    "EntityRules",
    "FieldRule",
    "FieldRules",
    "Omit",
    "Rule",
    "Scan",
    "Select",
    "ValueRule",
    "When",
]


def _one_or_several(given: Any) -> Any:
    return given if isinstance(given, (list, tuple)) else (given,)


Wanted = Annotated[Several[Scalar], BeforeValidator(_one_or_several, json_schema_input_type=Several[Scalar] | Scalar)]
When = SomeMap[Word, Wanted]
"""Attribute of the principal to the values that it may have; all attributes must fit. `{role: [supervisor]}`."""

To = Literal[
    "week", "month", "quarter", "year", "age-band", "range", "magnitude", "rounded", "zip3", "network", "coordinates"
]


class Rule(Model):
    """An action with its parameters. `keep` has a reason; parameters of another action are an error."""

    action: Action = Field(strict=False)
    """What happens with the value."""
    reason: Reason | None = None
    """Why: `keep` always has one, and it is printed in reviews."""
    when: When | None = None
    """For whom the rule holds: attributes of the principal and their values. Without it, for everybody."""
    keep_first: int = Field(default=0, ge=0, le=64)
    """mask: characters left readable at the start."""
    keep_last: int = Field(default=0, ge=0, le=64)
    """mask: characters left readable at the end."""
    char: str = Field(default="*", min_length=1, max_length=1)
    """mask: what stands for a hidden character."""
    keep_format: bool = False
    """mask: blanks and punctuation stay where they are, so that `DE89 3704` becomes `**** ****`."""
    to: To | None = None
    """generalize: the coarser form."""
    step: float | None = Field(default=None, gt=0, le=1e15)
    """generalize: the width of an age-band (10 without it), of a range or a rounding (which need it)."""
    decimals: int | None = Field(default=None, ge=0, le=6)
    """generalize: decimal places of coordinates (1 without it, about 11 km)."""
    lasting: bool = False
    """pseudonymize: one token for one value over all calls, kept in the vault, so that `restore` can undo it."""
    operator: Word | None = None
    """custom: a presidio-anonymizer operator by name."""
    params: FrozenMap[str, Scalar] = Field(default_factory=empty)
    """custom: the operator's parameters."""

    @model_validator(mode="after")
    def _parameters_fit_the_action(self) -> Self:
        allowed = PARAMETERS.get(self.action, frozenset()) | COMMON | self._own_parameters()
        for name in sorted(self.model_fields_set - allowed):
            raise PydanticCustomError(
                "parameter", "{name} is not a parameter of {action}", {"name": name, "action": self.action.value}
            )
        for name in REQUIRED.get(self.action, ()):
            if not getattr(self, name):
                raise PydanticCustomError(
                    "required", "{action} needs {name}", {"name": name, "action": self.action.value}
                )
        self._parameters_fit_the_form()
        return self

    def _parameters_fit_the_form(self) -> None:
        if self.to is None:
            return
        takes = COARSER[self.to]
        for name in ("decimals", "step"):
            if name in self.model_fields_set and name != takes.removesuffix("!"):
                raise PydanticCustomError(
                    "parameter", "{name} is not a parameter of {action}", {"name": name, "action": f"to: {self.to}"}
                )
        if takes.endswith("!") and self.step is None:
            raise PydanticCustomError("required", "{action} needs {name}", {"name": "step", "action": f"to: {self.to}"})

    def _own_parameters(self) -> frozenset[str]:
        return frozenset()

    @property
    def treatment(self) -> tuple[object, ...]:
        """Action and parameters: two rules with the same treatment do the same to a value."""
        of_mask = (self.keep_first, self.keep_last, self.char, self.keep_format)
        of_generalize = (self.to, self.step, self.decimals)
        of_custom = (self.operator, tuple(sorted(self.params.items())))
        return (self.action, *of_mask, *of_generalize, self.lasting, *of_custom)


COARSER: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(get_args(To), ""),
        "age-band": "step",
        "range": "step!",
        "rounded": "step!",
        "coordinates": "decimals",
    }
)
"""What `generalize` can make of a value, and the parameter that this form takes; with `!`, that it needs."""

COMMON = frozenset({"action", "reason", "when"})
"""What every action takes."""
PARAMETERS: Mapping[Action, frozenset[str]] = MappingProxyType(
    {
        Action.MASK: frozenset({"keep_first", "keep_last", "char", "keep_format"}),
        Action.GENERALIZE: frozenset({"to", "step", "decimals"}),
        Action.PSEUDONYMIZE: frozenset({"lasting"}),
        Action.CUSTOM: frozenset({"operator", "params"}),
    }
)
"""What an action takes beside `action`, `reason` and `when`. An action that is not here takes nothing else."""
REQUIRED: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {Action.KEEP: ("reason",), Action.GENERALIZE: ("to",), Action.CUSTOM: ("operator",)}
)
"""What an action cannot do without."""


def _spelled_out(given: Any) -> Any:
    return {"action": given} if isinstance(given, str) else given


# The actions that need no parameter may stand alone: `PERSON: redact`.
Alone = Literal["mask", "hash", "pseudonymize", "surrogate", "redact", "drop-passage", "drop-record", "deny"]
ALONE: tuple[str, ...] = get_args(Alone)
EntityRule = Annotated[Rule, BeforeValidator(_spelled_out, json_schema_input_type=Rule | Alone)]
EntityRules = Annotated[
    Several[EntityRule], BeforeValidator(_one_or_several, json_schema_input_type=EntityRule | Several[EntityRule])
]


class Select(Model):
    """Which part of a text field is disclosed: `whole`, or passages ranked lexically or by an embedder."""

    by: Literal["lexical", "embeddings", "whole"] = "lexical"
    """How passages are ranked: by words, or by words and by the application's embedder, which then sees them."""
    neighbours: int = Field(default=0, ge=0, le=5)
    """Sentences before and after a chosen one that come with it where it needs them. They count as passages."""


def _selection(given: Any) -> Any:
    return {"passages": Select(), "whole": Select(by="whole")}.get(given, given) if isinstance(given, str) else given


Selection = Annotated[Select, BeforeValidator(_selection, json_schema_input_type=Select | Literal["passages", "whole"])]


class Scan(Model):
    """A text field whose PII is found and treated by the entity rules."""

    action: Literal["scan"]
    """Find PII, and apply the entity rules to it."""
    select: Selection | None = None
    """Of the text field: `passages` (the default), `whole`, or how passages are ranked."""
    when: When | None = None
    """For whom the rule holds. Without it, for everybody."""


class Omit(Model):
    """A field that is not disclosed: what a wildcard or a parent policy would show."""

    action: Literal["omit"]
    """Leave the field out."""
    reason: Reason | None = None
    """Why, for reviewers."""
    when: When | None = None
    """For whom the rule holds. Without it, for everybody."""


class ValueRule(Rule):
    """What happens with a whole field value."""

    entity: EntityName | None = None
    """The kind of the value: names the token, and lets `known` find it in text."""
    select: Selection | None = None
    """Of a text field that is kept: `passages` (the default) or `whole`."""

    def _own_parameters(self) -> frozenset[str]:
        return frozenset({"entity", "select"})


FIELD_WORDS = ("scan", "omit")
"""What a field may have for an action beside those of `values.Action`."""


def _field_rule_kind(given: Any) -> str:
    action = given.get("action") if isinstance(given, Mapping) else getattr(given, "action", None)
    return action if action in FIELD_WORDS else "value"


FieldRule = Annotated[
    Annotated[Scan, Tag("scan")] | Annotated[Omit, Tag("omit")] | Annotated[ValueRule, Tag("value")],
    Discriminator(_field_rule_kind),
    BeforeValidator(_spelled_out, json_schema_input_type=Scan | Omit | ValueRule | Alone | Literal["scan", "omit"]),
]
FieldRules = Annotated[
    Several[FieldRule], BeforeValidator(_one_or_several, json_schema_input_type=FieldRule | Several[FieldRule])
]


REDACT = Rule(action=Action.REDACT)
"""The rule of whatever has none."""
