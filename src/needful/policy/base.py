"""What every model of the policy language is made of: its base, and the types of names, paths and mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from needful.paths import ANY, FieldPath

__all__ = [
    "EntityName",
    "FieldName",
    "FrozenMap",
    "Model",
    "Path",
    "Reason",
    "Several",
    "SomeMap",
    "Tuple",
    "Word",
    "empty",
]

MAX_PATH = 1000
"""Longest path, in code points: the ledger, which lists the fields, takes no longer name."""

K = TypeVar("K")
V = TypeVar("V")


class Model(BaseModel):
    """The base of every model: frozen, strict (no coercion), no unknown keys, and no input in an error's text."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


# A policy never changes: mappings are read-only views, sequences are tuples.
_FROZEN = AfterValidator(lambda given: MappingProxyType(dict(given)))
FrozenMap = Annotated[Mapping[K, V], _FROZEN]
SomeMap = Annotated[Mapping[K, V], Field(min_length=1), _FROZEN]
_FROM_LIST = BeforeValidator(lambda given: tuple(given) if isinstance(given, list) else given)
Tuple = Annotated[tuple[V, ...], _FROM_LIST]
Several = Annotated[tuple[V, ...], Field(min_length=1), _FROM_LIST]


def empty() -> Mapping[Any, Any]:
    """Return a mapping that has nothing and never will."""
    return MappingProxyType({})


_QUOTED = re.compile(r'"[^"]*"')
# Unquoted, these are a slip: blanks that do not look like what they are, and quotation marks that do not quote.
_SLIPS = "\u00a0\u202f\u201c\u201d\u201e"


def _path(text: str) -> str:
    if ANY in _steps(text):
        raise PydanticCustomError("wildcard", "a wildcard stands in fields only")
    return text


def _field_name(text: str) -> str:
    steps = _steps(text)
    if steps.count(ANY) > 1 or steps[0] == ANY:
        raise PydanticCustomError("wildcards", "one wildcard a path, and not at its start")
    return text


def _steps(text: str) -> tuple[str, ...]:
    if len(text) > MAX_PATH:
        raise PydanticCustomError("path_length", "a path of more than {most} characters", {"most": MAX_PATH})
    reason = "a quotation mark or blank that only looks like one" if set(_SLIPS) & set(_QUOTED.sub("", text)) else ""
    steps: tuple[str, ...] = ()
    try:
        steps = FieldPath.parse(text).steps
    except ValueError as error:
        reason = reason or str(error)
    if reason:
        raise PydanticCustomError("path", "{reason}", {"reason": reason})
    return steps


_KEY = rf'("(?!(\[\]|\*)")[^"]+"|[^."\[\]*{_SLIPS}]+)(\[\])*'
_PATH_SCHEMA = {"type": "string", "pattern": rf"^{_KEY}(\.{_KEY})*$", "maxLength": MAX_PATH}
_FIELD_SCHEMA = {
    "type": "string",
    "pattern": rf"^{_KEY}(\.{_KEY})*(\.\*(\[\])*(\.{_KEY})*)?$",
    "maxLength": MAX_PATH,
}

Path = Annotated[str, AfterValidator(_path), WithJsonSchema(_PATH_SCHEMA)]
FieldName = Annotated[str, AfterValidator(_field_name), WithJsonSchema(_FIELD_SCHEMA)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
# The pattern says to other readers of the schema what stripping says here: blanks alone are no reason.
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=400),
    Field(json_schema_extra={"pattern": r"\S[\s\S]+\S"}),
]
EntityName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
