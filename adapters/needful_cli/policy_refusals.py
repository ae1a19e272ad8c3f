"""Why a request is refused, by code. A test compares the codes of this table with those in the source."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["REFUSALS"]

REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "argument-malformed": ("a call's argument has the wrong type, or is no usable number", "mend the call"),
        "argument-not-allowed": (
            "a call gave an argument that only the policy decides",
            "give purpose, principal, k, filter, score_threshold and scope only",
        ),
        "attribute-missing": (
            "the purpose filters by an attribute that the principal does not have",
            "give it in the principal; `policy explain` shows which",
        ),
        "bound": (
            "purpose or principal is bound to the retriever, and the call gave another one",
            "leave it out of the call, or make a retriever without it",
        ),
        "denied": (
            "question, document or text holds what a rule denies",
            "the ledger says which entity; ask without it, or change the rule",
        ),
        "filter-malformed": (
            "the caller's filter cannot be read",
            "write `{key: {equals: value}}`, or any, except, range",
        ),
        "filter-operator": (
            "a Qdrant filter has a condition that is never allowed",
            "use equals, any, except or range",
        ),
        "k-above-limit": ("more records were asked for than `limits.records` allows", "ask for fewer"),
        "k-below-one": ("no record was asked for", "ask for at least one"),
        "not-filterable": (
            "the caller filters by a key that is not in `filterable`",
            "filter by a listed key, or list it",
        ),
        "not-for-principal": (
            "the purpose's `when` does not fit the principal",
            "another purpose, or other attributes",
        ),
        "nothing-for-principal": (
            "no field rule holds for this principal",
            "`policy explain --principal` shows the rules that do; add one without `when`",
        ),
        "operator-not-allowed": ("the key is filterable, but not by this operator", "use one that `filterable` lists"),
        "policy-rejected": (
            "another policy was to take this one's place, and does not load or does not fit",
            "mend it: the error of `with_policy` says what is wrong; this one is still in use",
        ),
        "principal-malformed": (
            "the principal has no id, or an attribute that is no plain value",
            "mend the principal",
        ),
        "principal-missing": ("nobody was named", "say who asks: the ledger records it"),
        "purpose-missing": ("no purpose was named", "name one of the policy's"),
        "purpose-unknown": ("the policy has no such purpose", "name one that it has"),
        "query-empty": ("the question has no visible character", "ask a question"),
        "query-too-long": ("the question has more than 20,000 characters", "shorten it"),
        "restore-not-allowed": ("`restore` gives this principal nothing", "who may restore is the policy's to say"),
        "text-too-long": ("a text to restore or redact has more than 1,000,000 characters", "split it"),
    }
)
"""Code of a refusal to what it means and what to do."""
