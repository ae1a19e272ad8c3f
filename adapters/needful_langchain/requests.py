"""A LangChain call becomes a request: call-time arguments, `config["configurable"]["needful"]`, and what is bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from needful.errors import AccessDenied
from needful.filters import from_mapping
from needful.values import Filter, Principal, Request

__all__ = ["ARGUMENTS", "Binding", "read_filter", "read_principal"]

ARGUMENTS = frozenset({"purpose", "principal", "k", "filter", "score_threshold", "scope"})
"""What a call may give. It can narrow the plan, never widen it."""

QDRANT_CLAUSES = frozenset({"must", "should", "must_not", "min_should"})


@dataclass(frozen=True, slots=True)
class Binding:
    """What was given when the retriever was made. A bound purpose or principal cannot be overridden by a call."""

    purpose: str | None = None
    principal: Principal | None = field(default=None, repr=False)
    k: int | None = None

    def request(self, query: str, configured: Mapping[str, Any], arguments: Mapping[str, Any]) -> Request:
        """Read one call. What cannot be read becomes its `refusal`: planning raises it, the ledger keeps it."""
        refusal = AccessDenied("the call cannot be read", code="argument-malformed")
        try:
            given = {**configured, **arguments}
            unlisted = tuple(sorted(str(name) for name in given.keys() - ARGUMENTS))
            return self._request(query, given, _disagreements(configured, arguments), unlisted)
        except AccessDenied as error:
            refusal = AccessDenied(error.message, code=error.code, hint=error.hint)
        except Exception:  # noqa: BLE001 - a caller's objects may raise anything, and quote what they hold
            pass
        asked = self.purpose or arguments.get("purpose") or configured.get("purpose")
        named = asked if isinstance(asked, str) else None
        return Request(query="", purpose=named, principal=self.principal, refusal=refusal)

    def _request(
        self, query: str, given: Mapping[str, Any], disagreeing: tuple[str, ...], unlisted: tuple[str, ...]
    ) -> Request:
        purpose = _typed(given.get("purpose"), str, "purpose", "a string")
        principal = read_principal(given.get("principal"))
        return Request(
            query=_typed(query, str, "query", "a string") or "",
            purpose=self.purpose or purpose,
            principal=self.principal or principal,
            k=self.k if given.get("k") is None else _typed(given["k"], int, "k", "a whole number"),
            filter=read_filter(given.get("filter")),
            score_threshold=_typed(given.get("score_threshold"), (int, float), "score_threshold", "a number"),
            scope=_typed(given.get("scope"), str, "scope", "a string"),
            conflicts=(*self._conflicts(purpose, principal), *disagreeing),
            unlisted=unlisted,
        )

    def _conflicts(self, purpose: str | None, principal: Principal | None) -> tuple[str, ...]:
        given = {"purpose": (self.purpose, purpose), "principal": (self.principal, principal)}
        return tuple(name for name, (bound, asked) in given.items() if None not in (bound, asked) and bound != asked)


def _disagreements(configured: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Purpose and principal are the application's to say, once: config and arguments that differ are refused."""
    both = ("purpose", "principal")
    return tuple(n for n in both if n in configured and n in arguments and configured[n] != arguments[n])


def read_principal(given: Any) -> Principal | None:
    """Read `{"id": …, …}` or a Principal. Raises `AccessDenied`."""
    if given is None:
        return None
    if isinstance(given, Principal):
        given = {**given.attributes, "id": given.id}
    if isinstance(given, Mapping):
        try:
            return Principal.of(given)
        except ValueError as error:
            reason = str(error)
    else:
        reason = 'a principal is a mapping such as {"id": "agent-7"}'
    raise AccessDenied(reason, code="principal-malformed")


def read_filter(given: Any) -> Filter | None:
    """Read a Qdrant filter (model or JSON) or the policy's own form. Raises `AccessDenied`."""
    if given is None or isinstance(given, Filter):
        return given
    if isinstance(given, Mapping) and not QDRANT_CLAUSES & set(given):
        return from_mapping(given)
    from needful_qdrant.filters import parse

    return parse(given)


def _typed(given: Any, kind: Any, name: str, wanted: str) -> Any:
    if given is None or (isinstance(given, kind) and not isinstance(given, bool)):
        return given
    raise AccessDenied(f"{name} must be {wanted}", code="argument-malformed")
