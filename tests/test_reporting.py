"""The figures of a report: what is counted, of which entries, and what policies add to it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_entries import HASH, make_entry
from needful.policy import Policy
from needful.reporting import Declared, Figures, declared_by, gather
from needful.reporting.periods import HOUR, period_of, periods_between, unit_for
from needful.values import Entry, Identity

moments = st.integers(0, 5_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
"""From 1970 to 2128."""
POLICY = """
needful: 1
name: claims
version: 2
purposes:
  settle:
    fields:
      page_content: scan
      metadata.product: {action: keep, reason: a product is no person}
      metadata.clerk: {action: keep, reason: clerks are named on letters, entity: PERSON}
      metadata.extra.*: redact
    entities:
      default: {action: keep, reason: the rest is harmless}
      PERSON: [pseudonymize, {action: keep, reason: auditors see names, when: {role: [auditor]}}]
      PHONE_NUMBER: redact
    detect: {ner: none, reason: a test, known: [{field: metadata.owner, entity: PERSON}]}
  count:
    fields: {metadata.product: {action: keep, reason: what is counted}}
    detect: {ner: none, reason: a test}
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Return a policy with keep rules of every kind."""
    return Policy.parse(POLICY)


@pytest.fixture
def declared(policy: Policy) -> Declared:
    """Return what that policy says."""
    return declared_by([policy])


def kept(figures: Figures) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {
        (one.rule.purpose, one.rule.kind, one.rule.name): (one.times, one.elsewhere)
        for one in figures.keeps
        if one.rule.reason != "auditors see names"
    }


def test_no_entries_are_no_figures() -> None:
    figures = gather([])
    assert (figures.entries, figures.first_time, figures.last_time, figures.periods) == (0, None, None, ())
    assert not any((figures.disclosures, figures.fields, figures.characters, figures.keeps, figures.treated))


def test_entries_are_counted_by_outcome_policy_and_principal() -> None:
    other = Identity("claims", 1, HASH)
    figures = gather(
        [
            make_entry(),
            make_entry(principal="a" * 64, policy=other),
            make_entry(outcome="refused", reason="purpose-unknown", principal=""),
        ]
    )
    assert dict(figures.outcomes) == {"released": 2, "refused": 1}
    assert dict(figures.policies) == {other: 1, make_entry().policy: 2}
    assert figures.principals == 2


def test_only_what_was_released_was_disclosed() -> None:
    figures = gather(
        [
            make_entry(records_disclosed=3),
            make_entry(outcome="failed", reason="store-timeout", records_disclosed=0, counts={"US_SSN": {"deny": 4}}),
        ]
    )
    assert [(one.purpose, one.calls, one.records) for one in figures.disclosures] == [("answer-ticket", 1, 3)]
    assert "US_SSN" not in figures.treated


def test_what_was_done_is_added_up_and_questions_stand_apart() -> None:
    figures = gather([make_entry(query_counts={"PERSON": {"redact": 1}})] * 3)
    assert figures.treated == {"PERSON": {"pseudonymize": 6}, "metadata.title": {"keep": 3}}
    assert figures.questions == {"PERSON": {"redact": 3}}


def test_refusals_faults_and_withheld_records_are_counted_by_reason_the_most_frequent_first() -> None:
    figures = gather(
        [
            make_entry(outcome="refused", reason="bound", withheld={}),
            *[make_entry(outcome="refused", reason="k-above-limit", withheld={})] * 2,
            make_entry(outcome="failed", reason="store-timeout", withheld={}),
            make_entry(withheld={"drop-record": 2, "text-missing": 5}),
        ]
    )
    assert list(figures.refusals.items()) == [("k-above-limit", 2), ("bound", 1)]
    assert figures.faults == {"store-timeout": 1}
    assert list(figures.withheld.items()) == [("text-missing", 5), ("drop-record", 2)]


def test_restorations_are_counted_by_entity_and_are_no_disclosures() -> None:
    figures = gather([make_entry(outcome="restored", counts={"PERSON": {"pseudonymize": 3}}, rounds=0)] * 2)
    assert [(one.purpose, one.entity, one.values) for one in figures.restorations] == [("answer-ticket", "PERSON", 6)]
    assert figures.treated == {}
    assert figures.disclosures == ()


def test_erased_entries_are_counted_by_the_stretches_of_the_entries_that_say_so() -> None:
    said = make_entry(outcome="erased", reason="retention", erased=((3, 3), (7, 11)), policy=Identity("-", 0, HASH))
    figures = gather([said, make_entry()])
    assert figures.erasures == {"retention": 6}
    assert dict(figures.policies) == {make_entry().policy: 1}
    assert [one.purpose for one in figures.disclosures] == ["answer-ticket"]


def test_fields_of_a_call_that_fetched_nothing_were_not_fetched() -> None:
    refused = make_entry(outcome="refused", reason="query-denied", rounds=0)
    figures = gather([refused, make_entry(characters_fetched=900, characters_disclosed=30, bytes_fetched=1000)])
    (use,) = figures.fields
    assert use.fetched == {"page_content": 1, "metadata.title": 1}
    (size,) = figures.characters
    assert (size.fetched, size.disclosed, size.bytes_fetched) == (900, 30, 1000)


def test_without_a_policy_nothing_is_said_of_what_is_available_or_kept() -> None:
    figures = gather([make_entry()])
    assert [use.available for use in figures.fields] == [None]
    assert figures.keeps == ()


def test_available_is_what_the_policy_names_for_any_purpose_as_it_would_be_fetched(
    policy: Policy, declared: Declared
) -> None:
    named = {"page_content", "metadata.product", "metadata.clerk", "metadata.extra", "metadata.owner"}
    assert declared.fields == {"claims": named}
    figures = gather(
        [make_entry(purpose="count", policy=policy.identity, fields=("metadata.product", "new"))], declared
    )
    assert [use.available for use in figures.fields] == [frozenset(named | {"new"})]


def test_a_keep_rule_fires_where_its_name_was_kept_for_its_purpose(policy: Policy, declared: Declared) -> None:
    counts = {"metadata.product": {"keep": 2}, "LOCATION": {"keep": 5}, "PERSON": {"keep": 1, "pseudonymize": 9}}
    figures = gather([make_entry(purpose="settle", policy=policy.identity, counts=counts)], declared)
    assert kept(figures) == {
        ("settle", "field", "metadata.product"): (2, 0),
        ("settle", "field", "metadata.clerk"): (1, 0),  # counted as the entity of its rule
        ("settle", "entity", "default"): (5, 0),  # neither fields nor entities that have a rule
        ("count", "field", "metadata.product"): (0, 0),
    }


def test_rules_that_are_counted_under_one_name_are_marked(declared: Declared) -> None:
    shared = {(rule.purpose, rule.name) for rule in declared.keeps if rule.shared}
    assert shared == {("settle", "metadata.clerk"), ("settle", "PERSON")}


def test_what_other_versions_of_a_policy_kept_is_counted_apart(policy: Policy, declared: Declared) -> None:
    counts = {"metadata.product": {"keep": 3}}
    versions = (policy.identity, Identity("claims", 1, HASH), Identity("others", 2, policy.digest))
    entries = [make_entry(purpose="count", policy=version, counts=counts) for version in versions]
    assert kept(gather(entries, declared))["count", "field", "metadata.product"] == (3, 3)


def test_one_policy_given_twice_is_one(policy: Policy, declared: Declared) -> None:
    assert declared_by([policy, policy]) == declared


def test_purposes_of_several_policies_are_told_apart() -> None:
    entries = [make_entry(), make_entry(policy=Identity("claims", 1, HASH))]
    assert {one.purpose for one in gather(entries).disclosures} == {
        "answer-ticket (claims)",
        "answer-ticket (customer-service)",
    }
    assert {one.purpose for one in gather(entries[:1]).disclosures} == {"answer-ticket"}


@pytest.mark.parametrize(
    ("last", "unit", "count"),
    [
        ("2026-01-02T23", "hour", 48),
        ("2026-01-31T00", "day", 31),
        ("2026-12-31T00", "week", 53),
        ("2028-01-01T00", "month", 25),
        ("2040-01-01T00", "year", 15),
    ],
)
def test_a_longer_time_has_longer_periods_and_those_without_anything_are_there(
    last: str, unit: str, count: int
) -> None:
    times = [f"{hour}:10:00.000000Z" for hour in ("2026-01-01T00", last)]
    figures = gather([make_entry(time=time) for time in times])
    assert (figures.unit, len(figures.periods)) == (unit, count)
    assert [one.period for one in figures.disclosures] == [figures.periods[0], figures.periods[-1]]


def test_a_week_is_its_monday() -> None:
    assert period_of("2026-11-22T10", "week") == "2026-11-16"  # a Sunday
    assert period_of("2026-11-23T00", "week") == "2026-11-23"


@given(
    moments,
    st.timedeltas(timedelta(0), timedelta(days=40_000)),
)
def test_periods_have_no_gap_and_are_few(first: datetime, span: timedelta) -> None:
    start, end = (moment.isoformat()[:HOUR] for moment in (first, first + span))
    unit = unit_for(start, end)
    periods = periods_between(start, end, unit)
    assert periods[0] == period_of(start, unit)
    assert periods[-1] == period_of(end, unit)
    assert all(earlier < later for earlier, later in pairwise(periods))
    assert len(periods) <= 130


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month", "year"])
def test_the_last_hour_that_there_is_has_a_period(unit: str) -> None:
    assert len(periods_between("9999-12-31T23", "9999-12-31T23", unit)) == 1  # type: ignore[arg-type]


entries = st.builds(
    make_entry,
    time=moments.map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    outcome=st.sampled_from(["released", "refused", "failed", "restored"]),
    reason=st.sampled_from(["", "bound", "store-timeout"]),
    purpose=st.sampled_from(["settle", "count"]),
    principal=st.sampled_from(["", "a" * 64, "b" * 64]),
    policy=st.sampled_from([Identity("claims", 1, HASH), Identity("others", 1, HASH)]),
    rounds=st.integers(0, 2),
    records_disclosed=st.integers(0, 9),
    characters_fetched=st.integers(0, 99),
    counts=st.dictionaries(
        st.sampled_from(["PERSON", "IBAN_CODE"]),
        st.dictionaries(st.sampled_from(["keep", "redact"]), st.integers(1, 5)),
    ),
)


@settings(max_examples=100)
@given(st.lists(entries, max_size=12), st.randoms(use_true_random=False))
def test_every_entry_is_counted_once_in_whatever_order(given_entries: list[Entry], shuffle: random.Random) -> None:
    figures = gather(given_entries)
    released = [entry for entry in given_entries if entry.outcome == "released"]
    assert sum(figures.outcomes.values()) == sum(figures.policies.values()) == figures.entries == len(given_entries)
    assert sum(one.calls for one in figures.disclosures) == len(released)
    assert sum(one.records for one in figures.disclosures) == sum(entry.records_disclosed for entry in released)
    assert _total(figures.treated.values()) == _total(c for entry in released for c in entry.counts.values())
    assert sum(figures.refusals.values()) == figures.outcomes.get("refused", 0)
    assert {one.period for one in figures.disclosures} <= set(figures.periods)
    shuffled = list(given_entries)
    shuffle.shuffle(shuffled)
    assert gather(shuffled) == figures


def _total(counts: Iterable[Mapping[str, int]]) -> int:
    return sum(sum(each.values()) for each in counts)


def test_figures_have_no_hash_but_the_digest_of_a_policy() -> None:
    entry = make_entry(principal="c" * 64, query="d" * 64, detector="e" * 64)
    said = repr(dataclasses.replace(gather([entry]), policies={}))
    assert not any(character * 64 in said for character in "cde")
    assert HASH not in said
