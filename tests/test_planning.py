"""Planning: every refusal with its code and with names of the policy only, and what a plan asks the store for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import AccessDenied
from needful.planning import MAX_QUERY, Plan, plan
from needful.policy import Policy
from needful.testing import LeakProbe
from needful.values import Action, Clause, Condition, Filter, Nested, Principal, Request

TEXT = """
needful: 1
name: tickets
version: 2
layout: {text: body, metadata: meta, id: doc.id}
purposes:
  answer:
    filter:
      meta.tenant: {equals: $principal.tenant}
      meta.status: {any: [open, $principal.id]}
      meta.kind: {except: [draft]}
      meta.opened: {range: {gte: $principal.since, lt: "2027-01-01T00:00:00Z"}}
    filterable: [meta.product, {key: "people[].city", operators: [prefix]}]
    fields:
      body: scan
      meta.title: {action: keep, reason: product names only}
      meta.name: {action: pseudonymize, entity: PERSON}
      meta.notes: scan
    detect: {ner: none, reason: names are known, known: [meta.name, {field: meta.agent, entity: PERSON}]}
    limits: {records: 3, score: 0.2}
  browse:
    fields:
      body: {action: keep, reason: public texts, select: whole}
      $id: {action: keep, reason: public numbers}
    entities: {TOKEN: drop-passage}
    detect: {ner: none, reason: public texts}
"""
POLICY = Policy.parse(TEXT)
AGENT = Principal.of({"id": "agent-7", "tenant": "acme", "since": "2026-01-01T00:00:00Z"})


def planned(query: str = "a question", **given_: Any) -> Plan:
    return plan(POLICY, Request(query=query, **{"purpose": "answer", "principal": AGENT, **given_}))


def refused(query: str = "a question", **given_: Any) -> AccessDenied:
    with pytest.raises(AccessDenied) as failure:
        planned(query, **given_)
    assert failure.value.__context__ is None
    return failure.value


def where(*clauses: Clause) -> Filter:
    return Filter(must=clauses)


# refusals


def test_a_call_without_a_purpose_is_told_which_there_are() -> None:
    error = refused(purpose=None)
    assert error.code == "purpose-missing"
    assert "answer, browse" in error.hint


def test_an_unknown_purpose_is_not_printed() -> None:
    probe = LeakProbe()
    error = refused(purpose=probe.plant())
    assert error.code == "purpose-unknown"
    assert "answer, browse" in error.hint
    probe.tap_exception("error", error.with_traceback(None))
    probe.assert_no_leak()


def test_a_call_without_a_principal_is_refused() -> None:
    assert refused(principal=None).code == "principal-missing"


@pytest.mark.parametrize("attributes", [{}, {"tenant": ""}])
def test_a_principal_without_an_attribute_that_the_filter_needs_is_refused(attributes: dict[str, str]) -> None:
    error = refused(principal=Principal.of({"id": "agent-7", "since": "2026-01-01T00:00:00Z", **attributes}))
    assert error.code == "attribute-missing"
    assert "tenant" in error.message
    assert "meta.tenant" in error.hint


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "\x00\x01\x1b", "\u200b\u200e\ufeff", "\ud800", "\u00a0\u2028"])
def test_a_query_of_nothing_readable_is_refused(query: str) -> None:
    assert refused(query).code == "query-empty"


@pytest.mark.parametrize("query", ["x", "?", "鍵", "🔑", "1", "x" * MAX_QUERY])
def test_any_readable_query_will_do(query: str) -> None:
    assert planned(query).purpose_name == "answer"


def test_a_query_that_is_too_long_is_refused_with_the_limit() -> None:
    error = refused("x" * (MAX_QUERY + 1))
    assert error.code == "query-too-long"
    assert str(MAX_QUERY) in error.message


@pytest.mark.parametrize(("k", "code"), [(0, "k-below-one"), (-3, "k-below-one"), (4, "k-above-limit")])
def test_a_k_out_of_bounds_is_refused_with_the_numbers(k: int, code: str) -> None:
    error = refused(k=k)
    assert error.code == code
    assert str(k) in error.message
    assert code != "k-above-limit" or "3" in error.message


@pytest.mark.parametrize(("purpose", "k", "expected"), [("answer", None, 3), ("answer", 2, 2), ("browse", None, 4)])
def test_k_is_what_was_asked_for_or_four_or_the_limit(purpose: str, k: int | None, expected: int) -> None:
    assert planned(purpose=purpose, k=k).k == expected


def test_a_purpose_without_a_limit_of_records_takes_any_k() -> None:
    assert planned(purpose="browse", k=500).k == 500


def test_what_was_bound_cannot_be_overridden_and_no_other_name_is_printed() -> None:
    probe = LeakProbe()
    error = refused(conflicts=("purpose", probe.plant()))
    assert error.code == "bound"
    assert "purpose and <unlisted>" in error.message
    probe.tap_exception("error", error.with_traceback(None))
    probe.assert_no_leak()


def test_unlisted_arguments_are_refused_and_only_known_names_are_printed() -> None:
    probe = LeakProbe()
    error = refused(unlisted=("with_payload", probe.plant("x{}"), probe.plant("y{}"), "group_by"))
    assert error.code == "argument-not-allowed"
    assert error.message.endswith(": <unlisted>, group_by, with_payload")
    probe.tap_exception("error", error.with_traceback(None))
    probe.assert_no_leak()


def test_a_refusal_of_the_adapter_comes_before_anything_else() -> None:
    refusal = AccessDenied("the filter cannot be read", code="filter-malformed")
    assert refused("", purpose=None, principal=None, refusal=refusal, conflicts=("purpose",)) is refusal


# a caller's filter


@pytest.mark.parametrize(
    "given_",
    [
        where(Condition("meta.product", "equals", "home")),
        where(Condition("meta.product", "any", ("home", "car"))),
        Filter(
            should=(Condition("meta.product", "equals", "home"),), must_not=(Condition("meta.product", "equals", "x"),)
        ),
        where(Nested("people", where(Condition("city", "prefix", "Ber")))),
        where(Nested("people[]", where(Condition("city", "prefix", "Ber")))),
        where(Condition("people[].city", "prefix", "Ber")),
    ],
)
def test_what_is_filterable_is_added_to_the_policys_own_filter(given_: Filter) -> None:
    own = planned().filter.must
    assert planned(filter=given_).filter == Filter(must=(*own, given_))


def test_an_empty_filter_is_no_filter() -> None:
    assert planned(filter=Filter()).filter == planned().filter


BAD = Condition("meta.name", "equals", "canary")


@pytest.mark.parametrize(
    "given_",
    [
        where(BAD),
        Filter(should=(BAD,)),
        Filter(must_not=(BAD,)),
        where(Condition("meta.product", "equals", "home"), BAD),
        where(Filter(should=(Filter(must_not=(BAD,)),))),
        where(Nested("meta.list", where(Condition("product", "equals", "home")))),
        where(Nested("people", where(Nested("city", where(Condition("x", "prefix", "y")))))),
        where(Condition("people.city", "prefix", "Ber")),
        where(Condition("meta.tenant", "equals", "other")),
        where(Condition('meta."product"', "equals", "home")),
        where(Condition("meta", "is_empty", False)),
    ],
)
def test_a_key_that_is_not_filterable_is_refused_wherever_it_stands(given_: Filter) -> None:
    error = refused(filter=given_)
    assert error.code == "not-filterable"
    assert "canary" not in str(error)
    assert error.hint == "filterable here: meta.product, people[].city"


@pytest.mark.parametrize("operator", ["prefix", "text", "phrase", "range", "except", "is_empty", "is_null"])
def test_only_the_operators_that_the_policy_names_are_taken(operator: Any) -> None:
    # Prefix filters alone recover a whole social security number.
    error = refused(filter=where(Condition("meta.product", operator, "canary")))
    assert error.code == "operator-not-allowed"
    assert operator in error.message
    assert "canary" not in str(error)
    assert error.hint == "allowed there: equals, any"


def test_a_filterable_key_with_operators_of_its_own_takes_no_others() -> None:
    assert refused(filter=where(Condition("people[].city", "equals", "Bern"))).code == "operator-not-allowed"


def test_names_of_the_policy_are_printed_and_no_others() -> None:
    assert "meta.name" in refused(filter=where(BAD)).message
    probe = LeakProbe()
    for condition in (
        Condition(probe.plant(), "equals", probe.plant()),
        Condition("meta.product", probe.plant(), 1),  # type: ignore[arg-type]
    ):
        error = refused(filter=where(condition))
        assert "<unlisted>" in error.message
        probe.tap_exception("error", error.with_traceback(None))
    error = refused(filter=where(Nested(probe.plant(), where(Condition("city", "equals", "x")))))
    probe.tap_exception("error", error.with_traceback(None))
    probe.assert_no_leak()


def test_where_nothing_is_filterable_the_refusal_says_so() -> None:
    assert refused(purpose="browse", filter=where(BAD)).hint == "filterable here: nothing"


names = st.sampled_from(["meta.product", "people[].city", "city", "people", "meta.name", "secret"])
conditions = st.builds(Condition, names, st.sampled_from(["equals", "any", "prefix", "is_null"]), st.just("x"))
filters = st.recursive(
    st.builds(lambda parts: Filter(must=tuple(parts)), st.lists(conditions, max_size=2)),
    lambda inner: st.builds(
        lambda must, should, nested: Filter(must=tuple(must), should=tuple(should), must_not=tuple(nested)),
        st.lists(inner | conditions, max_size=2),
        st.lists(inner | conditions, max_size=2),
        st.lists(st.builds(Nested, names, inner), max_size=1),
    ),
    max_leaves=6,
)
ALLOWED = {("meta.product", "equals"), ("meta.product", "any"), ("people[].city", "prefix")}


def _tests(clause: Clause, prefix: str = "") -> set[tuple[str, str]]:
    if isinstance(clause, Condition):
        return {(prefix + clause.key, clause.operator)}
    if isinstance(clause, Nested):
        return _tests(clause.filter, f"{prefix}{clause.key}[].".replace("[][]", "[]"))
    return {test for part in (*clause.must, *clause.should, *clause.must_not) for test in _tests(part, prefix)}


@given(filters)
def test_a_filter_is_taken_exactly_if_each_of_its_tests_is_allowed(given_: Filter) -> None:
    try:
        decided = planned(filter=given_)
    except AccessDenied:
        assert not _tests(given_) <= ALLOWED
    else:
        assert _tests(given_) <= ALLOWED
        assert decided.filter.must[: len(planned().filter.must)] == planned().filter.must


# the plan


def test_the_policys_filter_has_the_principals_attributes_in_it() -> None:
    assert planned().filter == where(
        Condition("meta.tenant", "equals", "acme"),
        Condition("meta.status", "any", ("open", "agent-7")),
        Condition("meta.kind", "except", ("draft",)),
        Condition("meta.opened", "range", {"gte": "2026-01-01T00:00:00Z", "lt": "2027-01-01T00:00:00Z"}),
    )


def test_an_attribute_that_looks_like_a_reference_is_only_a_value() -> None:
    sly = Principal.of({"id": "x", "tenant": "$principal.id", "since": "2026-01-01T00:00:00Z"})
    assert Condition("meta.tenant", "equals", "$principal.id") in planned(principal=sly).filter.must


def test_the_include_list_is_fields_then_known_then_the_id_each_once() -> None:
    assert planned().include == ("body", "meta.title", "meta.name", "meta.notes", "meta.agent", "doc.id")
    assert planned(purpose="browse").include == ("body", "doc.id")


def test_known_fields_have_the_entity_that_the_policy_gives_them_or_their_rule() -> None:
    assert [(path.text, entity) for path, entity in planned().known] == [
        ("meta.name", "PERSON"),
        ("meta.agent", "PERSON"),
    ]


def test_the_text_field_is_cut_to_passages_unless_it_is_disclosed_whole() -> None:
    fields = {each.path.text: each for each in planned().fields}
    assert fields["body"].is_text
    assert fields["body"].select is not None
    assert fields["body"].select.by == "lexical"
    assert not fields["meta.notes"].is_text
    assert fields["meta.notes"].select is None
    (body,) = planned(purpose="browse").fields
    assert body.is_text
    assert body.select is None


def test_an_id_is_kept_only_where_the_policy_keeps_it() -> None:
    assert not planned().keeps_id
    assert planned(purpose="browse").keeps_id


def test_a_look_alike_of_a_token_is_redacted_unless_a_rule_names_it() -> None:
    assert planned().rule_for("TOKEN").action is Action.REDACT
    assert planned(purpose="browse").rule_for("TOKEN").action is Action.DROP_PASSAGE
    assert planned().rule_for("US_SSN").action is Action.REDACT


def test_a_plan_says_for_which_entities_passages_and_records_are_dropped() -> None:
    rules = "entities: {default: drop-passage, US_SSN: drop-record, PHONE_NUMBER: redact}\n    detect"
    policy = Policy.parse(TEXT.replace("detect", rules, 1))
    decided = plan(policy, Request(query="a question", purpose="answer", principal=AGENT))
    assert decided.dropped[Action.DROP_RECORD] == ("US_SSN",)
    expected = sorted(decided.entities - {"US_SSN", "PHONE_NUMBER"})
    assert list(decided.dropped[Action.DROP_PASSAGE]) == expected
    assert not any(planned().dropped.values())


def test_the_plan_names_the_policy_and_the_layout() -> None:
    decided = planned(score_threshold=0.5)
    assert decided.policy == POLICY.identity
    assert decided.metadata_key == "meta"
    assert decided.id_path is not None
    assert decided.id_path.text == "doc.id"
    assert decided.score_threshold == 0.5


def test_the_same_request_has_the_same_plan() -> None:
    assert planned() == planned()


def test_a_plan_shows_neither_the_principal_nor_a_filters_values() -> None:
    probe = LeakProbe()
    agent = Principal.of({"id": probe.plant(), "tenant": probe.plant(), "since": probe.plant()})
    given_ = where(Condition("meta.product", "equals", probe.plant()))
    probe.tap("repr", repr(planned(probe.plant(), principal=agent, filter=given_)))
    probe.assert_no_leak()
