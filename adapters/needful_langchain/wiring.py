"""Puts the parts together that a retriever needs: policy, store, detectors, operators, ledger, keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from os import PathLike
from typing import Any, TypedDict

from needful.detection import SpanCache
from needful.errors import AccessDenied, PolicyError
from needful.keys import Keys
from needful.ledger import open_ledger
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.policy.walking import needs_of
from needful.ports import Detector, Embedder, Operators, Store, Surrogates, Vault
from needful.vault import open_vault
from needful_langchain.requests import Binding, read_principal

__all__ = ["Parts", "Wiring", "mode_of", "rewire", "wire"]


class Parts(TypedDict, total=False):
    """What an application seldom sets."""

    operators: Operators
    """In place of presidio-anonymizer's."""
    surrogates: Surrogates
    """In place of Faker's."""
    keys: Keys
    """In place of the environment variable that the policy names."""
    cache: SpanCache


@dataclass(frozen=True, slots=True)
class Given:
    """What of a set-up another policy has to fit, or may need for the first time."""

    layout: tuple[str, str] | None
    detector: Detector | None
    vault: str | PathLike[str] | Vault | None
    surrogates: Surrogates | None


@dataclass(frozen=True, slots=True)
class Wiring:
    """A pipeline, what is bound, and the names of the providers that tracers show."""

    pipeline: Pipeline
    binding: Binding
    providers: Mapping[str, str]
    given: Given = field(repr=False)


def wire(
    store: Store,
    policy: str | PathLike[str] | Policy,
    *,
    binding: tuple[str | None, Any, int | None] = (None, None, None),
    layout: tuple[str, str] | None = None,
    embedder: Embedder | None = None,
    detector: Detector | None = None,
    operators: Operators | None = None,
    ledger: Any = None,
    keys: Keys | None = None,
    vault: str | PathLike[str] | Vault | None = None,
    surrogates: Surrogates | None = None,
    cache: SpanCache | None = None,
) -> Wiring:
    """Wire a pipeline. `binding` is purpose, principal and k; `layout` the store's content and metadata keys.

    Raises `PolicyError`, `VaultError` (no key), `LedgerError`, or `DetectionError` (a model that is not there).
    """
    loaded = policy if isinstance(policy, Policy) else Policy.load(policy)
    given = Given(layout, detector, vault, surrogates)
    _check_layout(loaded, layout)
    purpose, principal, k = binding
    bound = Binding(_bound_purpose(loaded, purpose), _bound_principal(principal), k)
    secret = keys or Keys.load(loaded.keys.removeprefix("env:"))
    replacing = operators or _operators()
    _check_operators(loaded, replacing)
    pipeline = Pipeline(
        policy=loaded,
        store=_store(store, loaded),
        detector_for=_detectors(loaded, detector),
        operators=replacing,
        ledger=open_ledger(ledger, secret, _anchor()),
        keys=secret,
        vault=_vault(loaded, given, secret),
        surrogates=_surrogates_for(loaded, given),
        embedder=embedder,
        cache=cache or SpanCache(),
    )
    return Wiring(pipeline, bound, _providers(embedder), given)


def rewire(wiring: Wiring, policy: str | PathLike[str] | Policy) -> Wiring:
    """Put another policy in the place of a wiring's. All else is the same: store, ledger, keys, vault, what is bound.

    The detectors are built at once, so that one that cannot be built keeps the policy out. Raises `PolicyError`,
    `VaultError` or `DetectionError`.
    """
    loaded = policy if isinstance(policy, Policy) else Policy.load(policy)
    former, given = wiring.pipeline, wiring.given
    _check_layout(loaded, given.layout)
    _check_operators(loaded, former.operators)
    if loaded.layout.passages != former.policy.layout.passages:
        raise PolicyError(
            "one of the two policies has a layout of passages, the other has not",
            code="layout",
            hint="make a new retriever",
        )
    if loaded.keys != former.policy.keys:
        raise PolicyError(
            "the policy names other keys: tokens and hashes would not be those of the one that it replaces",
            code="policy-keys",
            hint="make a new retriever",
        )
    _bound_purpose(loaded, wiring.binding.purpose)
    detector_for = _detectors(loaded, given.detector)
    for purpose in loaded.purposes:
        detector_for(purpose)
    pipeline = replace(
        former,
        policy=loaded,
        detector_for=detector_for,
        vault=former.vault or _vault(loaded, given, former.keys),
        surrogates=former.surrogates or _surrogates_for(loaded, given),
    )
    return replace(wiring, pipeline=pipeline)


def _store(store: Store, policy: Policy) -> Store:
    """What the policy's layout makes of a collection."""
    if not policy.layout.passages:
        return store
    from needful_qdrant import PassageStore, QdrantStore

    return PassageStore(store, policy.layout.text) if isinstance(store, QdrantStore) else store


def _vault(policy: Policy, given: Given, keys: Keys) -> Vault | None:
    return open_vault(given.vault, keys) if needs_of(policy.document).vault else None


def _surrogates_for(policy: Policy, given: Given) -> Surrogates | None:
    return (given.surrogates or _surrogates()) if needs_of(policy.document).surrogates else None


def _check_layout(policy: Policy, layout: tuple[str, str] | None) -> None:
    """Compare the policy's layout with the store's content and metadata keys, where the store says them."""
    if layout is not None and (policy.layout.text, policy.layout.metadata) != layout:
        content, metadata = layout
        raise PolicyError(
            f"the store keeps text in {content!r} and metadata in {metadata!r}, the policy's layout says otherwise",
            code="layout",
            hint=f"write layout: {{text: {content}, metadata: {metadata}}} into the policy",
        )


def _check_operators(policy: Policy, operators: Operators) -> None:
    """Refuse a policy whose own operators the application did not bring; of foreign `Operators` that is not known."""
    names = getattr(operators, "names", None)
    missing = [name for name in policy.document.operators if names is not None and name not in names]
    if missing:
        raise PolicyError(
            f"the policy's operator {missing[0]} is not there",
            code="operator-missing",
            hint="give operators=PresidioOperators(operators=[…]) with its class",
        )


def _anchor() -> Callable[[str], None] | None:
    """What hands signed checkpoints on to `$NEEDFUL_ANCHOR`. Raises `LedgerError` where that is no destination."""
    given = os.environ.get("NEEDFUL_ANCHOR")
    if not given:
        return None
    from needful_anchors import anchor_to

    return anchor_to(given)


def _bound_purpose(policy: Policy, purpose: str | None) -> str | None:
    if purpose is not None and purpose not in policy.purposes:
        listed = ", ".join(sorted(policy.purposes))
        raise PolicyError("the policy has no such purpose", code="purpose-unknown", hint=f"it has: {listed}")
    return purpose


def _bound_principal(given: Any) -> Any:
    try:
        return read_principal(given)
    except AccessDenied as error:
        reason = error.message
    raise PolicyError(reason, code="principal-malformed")


def _detectors(policy: Policy, detector: Detector | None) -> Any:
    if detector is not None:
        return lambda purpose: detector
    from needful_presidio import detector_for

    return cache(partial(detector_for, policy))  # asked at every question


def _operators() -> Operators:
    from needful_presidio import PresidioOperators

    operators: Operators = PresidioOperators()
    return operators


def _surrogates() -> Surrogates:
    from needful_faker import FakerSurrogates

    surrogates: Surrogates = FakerSurrogates()
    return surrogates


def _providers(embedder: Embedder | None) -> Mapping[str, str]:
    providers = {"ls_vector_store_provider": "QdrantVectorStore"}
    if embedder is not None:
        providers["ls_embedding_provider"] = type(embedder).__name__
    return providers


def mode_of(embeddings: Any, sparse_embeddings: Any) -> str:
    """Dense, sparse or hybrid, by which models are given. Raises `PolicyError` without any."""
    if embeddings is None and sparse_embeddings is None:
        raise PolicyError(
            "there is no embedding model",
            code="embedder-missing",
            hint="give embeddings=, sparse_embeddings= (needful_qdrant.Bm25Embeddings() needs no download), or both",
        )
    if embeddings is None:
        return "sparse"
    return "dense" if sparse_embeddings is None else "hybrid"
