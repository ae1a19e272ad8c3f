"""The policy decision point: policy × request → plan, or a refusal that says which key and what to do.

A pure function. Names that the policy does not have are printed as `<unlisted>`: a key that a caller made up may be
somebody's data.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from needful.errors import AccessDenied
from needful.filtering import Own, combined, own_conditions
from needful.paths import FieldPath
from needful.policy import Policy
from needful.policy.document import REDACT, Purpose, Rule, Scan, Select, ValueRule
from needful.policy.entities import TOKEN, entity_of, requested
from needful.policy.narrowing import Narrowed, applies, depends_on_the_principal, narrowed, nobody
from needful.values import UNLISTED, Action, Filter, Identity, Principal, Request

__all__ = ["ID_FIELD", "MAX_QUERY", "Plan", "PlannedField", "plan", "refuse_overrides"]

MAX_QUERY = 20_000
"""Longest question, in code points."""

DEFAULT_K = 4
MAX_K = 10_000
MAX_SCORE = 1e30
ID_FIELD = "$id"
BINDABLE = frozenset({"purpose", "principal", "k"})
KNOWN_ARGUMENTS = frozenset(
    "consistency fetch_k group_by hybrid_fusion lambda_mult limit lookup_from offset order_by prefetch query run_id"
    " search_kwargs search_params search_type shard_key_selector timeout using with_lookup with_payload with_vector"
    " with_vectors".split()
)
"""Search arguments of LangChain and Qdrant whose names may be printed; any other name is the caller's own."""


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One payload field and its rule. `select` is how a text field is cut to passages; None means whole."""

    path: FieldPath
    rule: Scan | ValueRule
    select: Select | None = None
    is_text: bool = False
    """Whether this is the layout's text field, which becomes the document's content."""
    excluding: frozenset[str] = frozenset()
    """Keys that a wildcard leaves out: other rules of the purpose name them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision for one request."""

    policy: Identity
    purpose_name: str
    purpose: Purpose
    rules: Narrowed
    """The purpose's rules as they hold for this principal."""
    principal: Principal
    fields: tuple[PlannedField, ...]
    known: tuple[tuple[FieldPath, str], ...]
    """Fields fetched for detection only, with the entity of their values."""
    include: tuple[str, ...]
    neighbours: int
    """How many passages on each side of one that was found may come with it."""
    filter: Filter = field(repr=False)
    k: int
    score_threshold: float | None
    in_passages: bool
    """Whether the store keeps passages, and a record is a document with those that were found."""
    json_key: str | None
    """Where the text field holds JSON as text: the key of the text in it."""
    metadata_key: str | None
    """The payload key whose members become the document's metadata."""
    id_path: FieldPath | None
    keeps_id: bool
    entities: frozenset[str]
    """Every entity that the purpose asks its detector for."""
    dropped: Mapping[Action, tuple[str, ...]]
    """Those of them for which a passage or a record is dropped, by what is dropped."""
    names: frozenset[str] = field(repr=False)
    """Entities and fields that the policy names or its set-up finds: what a ledger entry may print."""

    def rule_for(self, entity: str) -> Rule:
        """The rule of an entity under this purpose. A look-alike of a token is redacted unless a rule names it."""
        return _rule_for(self.rules, entity)


def _rule_for(rules: Narrowed, entity: str) -> Rule:
    return rules.entities.get(entity) or (REDACT if entity == TOKEN else rules.rule_for(entity))


def plan(policy: Policy, request: Request) -> Plan:
    """Decide one request. Raises `AccessDenied`; its `code` goes into the ledger."""
    refuse_overrides(request)
    name, purpose = _purpose(policy, request.purpose)
    principal = _principal(request.principal)
    _check_principal(policy, name, principal)
    _check_query(request.query)
    static = _static(policy, name)
    whole = combined(static.conditions, request.filter, purpose, principal)
    shown = static.shown or _shown(policy, _narrowed(policy, name, principal), static)
    layout = policy.layout
    return Plan(
        policy=policy.identity,
        purpose_name=name,
        purpose=purpose,
        rules=shown.rules,
        principal=principal,
        fields=shown.fields,
        known=static.known,
        include=shown.include,
        neighbours=shown.neighbours,
        filter=whole,
        k=_k(request.k, purpose.limits.records),
        score_threshold=_threshold(request.score_threshold),
        in_passages=layout.passages,
        json_key=layout.json_key,
        metadata_key=layout.metadata,
        id_path=static.id_path,
        keeps_id=shown.keeps_id,
        entities=static.entities,
        dropped=shown.dropped,
        names=static.names,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What follows from the rules as they hold for somebody."""

    rules: Narrowed
    fields: tuple[PlannedField, ...]
    include: tuple[str, ...]
    neighbours: int
    keeps_id: bool
    dropped: Mapping[Action, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Static:
    """What is the same for every request under a purpose."""

    conditions: Own
    known: tuple[tuple[FieldPath, str], ...]
    named: tuple[tuple[str, ...], ...]
    """Steps of the fields that have rules of their own."""
    id_path: FieldPath | None
    entities: frozenset[str]
    names: frozenset[str]
    shown: _Shown | None = None
    """Where the rules are the same for everybody."""


@lru_cache(maxsize=256)  # of a policy, which never changes
def _static(policy: Policy, purpose_name: str) -> _Static:
    purpose, layout = policy.purposes[purpose_name], policy.layout
    entities = frozenset(requested(policy.document, purpose_name))
    found = _Static(
        conditions=own_conditions(purpose),
        known=tuple(_known(purpose)),
        # What has a rule of its own is not a wildcard's, even where that rule says omit or is somebody else's.
        named=tuple(FieldPath.parse(path).steps for path in purpose.fields),
        id_path=FieldPath.parse(layout.id) if layout.id else None,
        entities=entities,
        names=_names(policy, purpose_name, entities),
    )
    rules = None if depends_on_the_principal(purpose) else narrowed(purpose, nobody)
    # Without a field the request is refused, and what refuses looks at the principal's rules.
    return replace(found, shown=_shown(policy, rules, found)) if rules is not None and rules.fields else found


def _shown(policy: Policy, rules: Narrowed, static: _Static) -> _Shown:
    fields = _fields(static, rules, FieldPath.parse(policy.layout.text).steps)
    id_path = static.id_path
    wanted = [f.path for f in fields] + [path for path, _ in static.known] + ([id_path] if id_path else [])
    neighbours = max((f.select.neighbours for f in fields if f.is_text and f.select), default=0)
    return _Shown(rules, fields, _included(wanted), neighbours, _keeps_id(rules), _dropped(rules, static.entities))


def _dropped(rules: Narrowed, entities: Iterable[str]) -> Mapping[Action, tuple[str, ...]]:
    by_action = {entity: _rule_for(rules, entity).action for entity in sorted(entities)}
    actions = (Action.DROP_PASSAGE, Action.DROP_RECORD)
    return {action: tuple(entity for entity, of in by_action.items() if of is action) for action in actions}


def _names(policy: Policy, purpose_name: str, entities: frozenset[str]) -> frozenset[str]:
    purpose = policy.purposes[purpose_name]
    rules = (rule for several in purpose.fields.values() for rule in several)
    of_fields = {rule.entity for rule in rules if isinstance(rule, ValueRule) and rule.entity}
    found = {*entities, *(entity for _, entity in _known(purpose)), TOKEN}
    return frozenset({*found, *of_fields, *purpose.entities, *purpose.fields})


def refuse_overrides(request: Request) -> None:
    """Raise `AccessDenied` where a call could not be read, or gave what is bound or not on the allow-list."""
    if request.refusal is not None:
        raise request.refusal
    if request.conflicts:
        names = " and ".join(name if name in BINDABLE else UNLISTED for name in request.conflicts)
        raise AccessDenied(
            f"{names} bound when the retriever was made cannot be overridden by a call",
            code="bound",
            hint="leave it out of the call, or make a retriever without it",
        )
    if request.unlisted:
        names = ", ".join(sorted({name if name in KNOWN_ARGUMENTS else UNLISTED for name in request.unlisted}))
        raise AccessDenied(
            f"argument not allowed at call time: {names}",
            code="argument-not-allowed",
            hint="a call may give purpose, principal, k, filter, score_threshold and scope; the rest is the policy's",
        )


def _purpose(policy: Policy, given: str | None) -> tuple[str, Purpose]:
    listed = ", ".join(sorted(policy.purposes))
    if given is None:
        raise AccessDenied("no purpose given", code="purpose-missing", hint=f"policy {policy.name} has: {listed}")
    purpose = policy.purposes.get(given)
    if purpose is None:
        raise AccessDenied("unknown purpose", code="purpose-unknown", hint=f"policy {policy.name} has: {listed}")
    return given, purpose


def _principal(given: Principal | None) -> Principal:
    if given is None:
        raise AccessDenied(
            "no principal given",
            code="principal-missing",
            hint='give principal={"id": …}: the ledger records who asked',
        )
    return given


def _check_principal(policy: Policy, purpose: str, principal: Principal) -> None:
    when = policy.purposes[purpose].when
    if not applies(when, principal.attribute):
        raise AccessDenied(
            "this purpose is not for this principal",
            code="not-for-principal",
            hint=f"the policy asks for {' and '.join(when or ())}: give principal={{…}} with fitting attributes",
        )


def _narrowed(policy: Policy, purpose: str, principal: Principal) -> Narrowed:
    rules = narrowed(policy.purposes[purpose], principal.attribute)
    if not rules.fields:
        raise AccessDenied(
            "no field rule holds for this principal",
            code="nothing-for-principal",
            hint=f"policy explain --purpose {purpose} shows for whom the rules are",
        )
    return rules


def _check_query(query: str) -> None:
    if len(query) > MAX_QUERY:
        raise AccessDenied(f"the query is longer than {MAX_QUERY} characters", code="query-too-long")
    # Category C: control, format, surrogate, unassigned; such a query asks for nothing.
    if all(unicodedata.category(character)[0] in "CZ" for character in query):
        raise AccessDenied("the query is empty", code="query-empty", hint="ask a question with at least one letter")


def _fields(static: _Static, rules: Narrowed, text: tuple[str, ...]) -> tuple[PlannedField, ...]:
    return tuple(_field(path, rule, text, static.named) for path, rule in rules.fields.items() if path != ID_FIELD)


def _field(
    written: str, rule: Scan | ValueRule, text: tuple[str, ...], named: Sequence[tuple[str, ...]]
) -> PlannedField:
    path = FieldPath.parse(written)
    is_text = path.steps == text
    select = rule.select or (Select() if is_text else None)
    return PlannedField(
        path, rule, None if select and select.by == "whole" else select, is_text, _excluded(path, (*named, text))
    )


def _excluded(path: FieldPath, named: Sequence[tuple[str, ...]]) -> frozenset[str]:
    at = path.wildcard
    if at is None:
        return frozenset()
    return frozenset(s[at] for s in named if len(s) > at and s[:at] == path.steps[:at] and s != path.steps)


def _included(wanted: Sequence[FieldPath]) -> tuple[str, ...]:
    """What to ask the store for: it knows no wildcard, so the object is fetched whose keys one stands for."""
    paths = {path.before_wildcard.steps: path.before_wildcard.text for path in wanted}
    return tuple(
        text for steps, text in paths.items() if not any(steps[:length] in paths for length in range(1, len(steps)))
    )


def _known(purpose: Purpose) -> Iterator[tuple[FieldPath, str]]:
    for known in purpose.detect.known:
        # The loader refuses a known field without an entity.
        yield FieldPath.parse(known.field), entity_of(known, purpose) or "KNOWN"


def _k(given: int | None, limit: int | None) -> int:
    if given is None:
        return min(DEFAULT_K, limit or DEFAULT_K)
    if given < 1:
        raise AccessDenied(f"k is {given}", code="k-below-one", hint="ask for at least one record")
    if given > MAX_K:
        raise AccessDenied(f"k is above {MAX_K}", code="k-above-limit", hint=f"ask for at most {limit or MAX_K}")
    if limit is not None and given > limit:
        raise AccessDenied(
            f"k is {given}, the policy's limits.records is {limit}",
            code="k-above-limit",
            hint=f"ask for at most {limit}",
        )
    return given


def _threshold(given: float | None) -> float | None:
    # An integer may be too large for a float; a NaN compares as if it were met.
    if given is None or abs(given) <= MAX_SCORE:
        return given
    raise AccessDenied("score_threshold is not a usable number", code="argument-malformed")


def _keeps_id(rules: Narrowed) -> bool:
    rule = rules.fields.get(ID_FIELD)
    return rule is not None and rule.action == "keep"
