"""Planning: what each refusal says and what it tells the caller to do, word for word, and where the borders lie.

A refusal is all that an application gets, and its texts are what people read: a change of one is meant to show here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from needful.errors import AccessDenied
from needful.planning import MAX_K, MAX_SCORE, Plan, plan, refuse_overrides
from needful.policy import Policy
from needful.policy.document import Known
from needful.values import Condition, Filter, Nested, Principal, Request

TEXT = """
needful: 1
name: tickets
version: 2
layout: {text: body}
purposes:
  answer:
    filter:
      meta.tenant: {equals: $principal.tenant}
    filterable: [meta.product, {key: meta.price, operators: [range]}]
    fields:
      body: scan
      meta.title: {action: keep, reason: product names only}
    entities: {PERSON: pseudonymize}
    detect: {ner: none, reason: names are known, known: [{field: meta.agent, entity: PERSON}]}
    limits: {records: 3}
  handle:
    when: {role: lead, team: [red, blue]}
    fields: {body: scan}
    entities: {default: hash}
    detect: {ner: none, reason: a test needs no model}
  peek:
    filter:
      meta.tenant: {any: [x, $principal.tenant]}
      meta.opened: {range: {gte: $principal.since}}
    fields:
      body: {action: keep, reason: for leads, when: {role: lead}}
    detect: {ner: none, reason: a test needs no model}
  wide:
    fields:
      body: scan
      meta.a.*: {action: keep, reason: public numbers}
      meta.a.x: omit
      top.*: {action: keep, reason: public numbers}
      meta.b.y: {action: keep, reason: public numbers}
    detect:
      ner: none
      reason: a test needs no model
      known: [{field: top.one, entity: PERSON}, {field: meta.a.b.c, entity: NRP}]
"""
POLICY = Policy.parse(TEXT)
AGENT = Principal.of({"id": "agent-7", "tenant": "acme"})
LEAD = Principal.of({"id": "agent-8", "tenant": "acme", "role": "lead", "team": "red"})
HAS = "policy tickets has: answer, handle, peek, wide"


def planned(**given: Any) -> Plan:
    return plan(POLICY, Request(**{"query": "a question", "purpose": "answer", "principal": AGENT, **given}))


def refused(**given: Any) -> tuple[str, str, str]:
    """The code, text and hint of a refusal."""
    with pytest.raises(AccessDenied) as failure:
        planned(**given)
    return failure.value.code, failure.value.message, failure.value.hint


def filtered(value: Any, key: str = "meta.price", operator: Any = "range") -> dict[str, Any]:
    return {"filter": Filter(must=(Condition(key, operator, value),))}


@pytest.mark.parametrize(
    ("given", "code", "message", "hint"),
    [
        (
            {"conflicts": ("k", "purpose")},
            "bound",
            "k and purpose bound when the retriever was made cannot be overridden by a call",
            "leave it out of the call, or make a retriever without it",
        ),
        (
            {"unlisted": ("limit", "offset")},
            "argument-not-allowed",
            "argument not allowed at call time: limit, offset",
            "a call may give purpose, principal, k, filter, score_threshold and scope; the rest is the policy's",
        ),
        ({"purpose": None}, "purpose-missing", "no purpose given", HAS),
        ({"purpose": "sell"}, "purpose-unknown", "unknown purpose", HAS),
        (
            {"principal": None},
            "principal-missing",
            "no principal given",
            'give principal={"id": …}: the ledger records who asked',
        ),
        (
            {"purpose": "handle"},
            "not-for-principal",
            "this purpose is not for this principal",
            "the policy asks for role and team: give principal={…} with fitting attributes",
        ),
        (
            {"purpose": "peek", "principal": Principal.of({"id": "x", "tenant": "y", "since": 1})},
            "nothing-for-principal",
            "no field rule holds for this principal",
            "policy explain --purpose peek shows for whom the rules are",
        ),
        ({"query": "?" * 20_001}, "query-too-long", "the query is longer than 20000 characters", ""),
        ({"query": " \t"}, "query-empty", "the query is empty", "ask a question with at least one letter"),
        (
            {"principal": Principal.of({"id": "x"})},
            "attribute-missing",
            "the principal has no attribute tenant to filter by",
            "the policy filters meta.tenant by it; give principal={…, 'tenant': …}",
        ),
        (
            {"purpose": "peek", "principal": Principal.of({"id": "x", "since": 1})},
            "attribute-missing",
            "the principal has no attribute tenant to filter by",
            "the policy filters meta.tenant by it; give principal={…, 'tenant': …}",
        ),
        (
            {"purpose": "peek", "principal": Principal.of({"id": "x", "tenant": "y"})},
            "attribute-missing",
            "the principal has no attribute since to filter by",
            "the policy filters meta.opened by it; give principal={…, 'since': …}",
        ),
        (
            filtered({"gte": float("nan")}),
            "filter-malformed",
            "the filter of meta.price has a number that is not finite",
            "",
        ),
        (filtered(float("inf")), "filter-malformed", "the filter of meta.price has a number that is not finite", ""),
        (
            filtered("x", "meta.title", "equals"),
            "not-filterable",
            "the filter's key meta.title is not filterable",
            "filterable here: meta.price, meta.product",
        ),
        (
            filtered("x", "meta.product", "prefix"),
            "operator-not-allowed",
            "the filter's operator prefix is not allowed on meta.product",
            "allowed there: equals, any",
        ),
        ({"filter": Filter(must=("x",))}, "filter-malformed", "the filter cannot be read", ""),  # type: ignore[arg-type]
        ({"k": 0}, "k-below-one", "k is 0", "ask for at least one record"),
        ({"k": 4}, "k-above-limit", "k is 4, the policy's limits.records is 3", "ask for at most 3"),
        ({"k": 10_001}, "k-above-limit", "k is above 10000", "ask for at most 3"),
        (
            {"k": 10_001, "purpose": "handle", "principal": LEAD},
            "k-above-limit",
            "k is above 10000",
            "ask for at most 10000",
        ),
        ({"score_threshold": -1e31}, "argument-malformed", "score_threshold is not a usable number", ""),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(given: dict[str, Any], code: str, message: str, hint: str) -> None:
    assert refused(**given) == (code, message, hint)


@pytest.mark.parametrize("query", ["X", "XX", " X "])
def test_a_question_of_one_letter_is_a_question_whichever_letter_it_is(query: str) -> None:
    assert planned(query=query).purpose_name == "answer"


def test_a_request_without_anything_bound_or_unlisted_is_not_refused() -> None:
    refuse_overrides(Request("a question", None, None))


# borders


def test_the_largest_k_is_taken_and_so_is_the_policys_own_limit() -> None:
    assert planned(k=MAX_K, purpose="handle", principal=LEAD).k == MAX_K
    assert planned(k=3).k == 3
    assert planned(k=1).k == 1


@pytest.mark.parametrize("score", [MAX_SCORE, -MAX_SCORE, 0.0, None])
def test_a_threshold_up_to_the_largest_score_is_taken(score: float | None) -> None:
    assert planned(score_threshold=score).score_threshold == score


@pytest.mark.parametrize("value", [{"gte": 1.5, "lt": 2.5}, {"gte": 0}, {}, 1.5, (1.0, 2.0)])
def test_a_filter_of_finite_numbers_is_taken(value: Any) -> None:
    given = filtered(value)["filter"]
    assert planned(filter=given).filter.must[-1] == given


@pytest.mark.parametrize(
    "value", [{"lt": 1.0, "gte": float("inf")}, (1.0, float("nan")), [float("-inf")], ({"x": 1e999},)]
)
def test_one_number_that_is_not_finite_spoils_a_filter_wherever_it_stands(value: Any) -> None:
    assert refused(**filtered(value))[0] == "filter-malformed"
    nested = Filter(must=(Nested("meta", Filter(should=(Condition("price", "range", value),))),))
    assert refused(filter=nested)[0] == "filter-malformed"


# the plan


def test_the_principal_is_in_the_plan_and_fills_lists_and_bounds() -> None:
    decided = planned(
        purpose="peek", principal=Principal.of({"id": "x", "tenant": "acme", "since": 5, "role": "lead"}), k=2
    )
    assert decided.principal.attribute("tenant") == "acme"
    assert decided.filter == Filter(
        must=(Condition("meta.tenant", "any", ("x", "acme")), Condition("meta.opened", "range", {"gte": 5}))
    )


def test_an_entity_has_its_own_rule_but_for_look_alikes_of_tokens() -> None:
    assert planned().rule_for("PERSON").action == "pseudonymize"
    decided = planned(purpose="handle", principal=LEAD)
    assert decided.rule_for("PERSON").action == "hash"
    # A default covers what a detector finds, not what looks as if we had made it.
    assert decided.rule_for("TOKEN").action == "redact"


def test_a_wildcard_leaves_out_what_other_rules_name_at_its_place_and_nothing_else() -> None:
    (wildcard,) = (each for each in planned(purpose="wide").fields if each.path.text == "meta.a.*")
    assert wildcard.excluding == {"x"}


def test_a_wildcard_right_below_the_text_leaves_nothing_out() -> None:
    text = TEXT.replace("layout: {text: body}", "layout: {text: top}")
    decided = plan(Policy.parse(text), Request("a question", "wide", AGENT))
    (wildcard,) = (each for each in decided.fields if each.path.text == "top.*")
    assert wildcard.excluding == frozenset()


def test_what_lies_below_a_field_that_is_fetched_is_not_asked_for_again() -> None:
    assert planned(purpose="wide").include == ("body", "meta.a", "top", "meta.b.y")


def test_a_known_field_without_an_entity_is_looked_for_all_the_same() -> None:
    # The loader refuses such a policy; of one that was put together in code no known value may be lost.
    purpose = POLICY.purposes["answer"]
    detect = purpose.detect.model_copy(update={"known": (Known.model_construct(field="meta.nobody", entity=None),)})
    purposes = {"answer": purpose.model_copy(update={"detect": detect})}
    policy = replace(POLICY, document=POLICY.document.model_copy(update={"purposes": purposes}))
    ((path, entity),) = plan(policy, Request("a question", "answer", AGENT)).known
    assert (path.text, entity) == ("meta.nobody", "KNOWN")
