"""What one policy discloses more or less than another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.policy import Policy
from needful.policy.changes.combinations import MOST
from needful.policy.changes.differences import Compared, Difference, compare
from needful.policy.changes.subjects import Kind
from needful.policy.document import PolicyDocument
from needful.resources import policy_names, policy_text

KEEP = {"action": "keep", "reason": "a test keeps it"}
NO_MODEL = {"ner": "none", "reason": "a test needs no model"}
BASE: dict[str, Any] = {"fields": {"page_content": "scan"}, "detect": NO_MODEL}
CODE = {"name": "code", "entity": "CODE", "regex": "C-[0-9]{4}"}


def document(purpose: dict[str, Any] | None = None, **whole: Any) -> PolicyDocument:
    """A policy with one purpose, `ask`; what is not given of it is the smallest there is."""
    head = {"needful": 1, "name": "small", "version": 1}
    return PolicyDocument.model_validate({**head, "purposes": {"ask": {**BASE, **(purpose or {})}}, **whole})


def found(old: dict[str, Any], new: dict[str, Any]) -> Compared:
    return compare(document(old), document(new)).purposes["ask"]


def only(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    """The one difference between two purposes."""
    (difference,) = found(old, new).differences
    return difference


def with_field(*rules: Any) -> dict[str, Any]:
    return {"fields": {"page_content": "scan", **({"metadata.city": list(rules)} if rules else {})}}


def with_phone(*rules: Any) -> dict[str, Any]:
    return {"entities": {"PHONE_NUMBER": list(rules)}}


def test_a_policy_does_not_differ_from_itself() -> None:
    for name in policy_names():
        one = Policy.parse(policy_text(name)).document
        compared = compare(one, one)
        assert not compared.may_disclose_more
        assert all(not each.differences and each.same > 10 for each in compared.purposes.values())


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ((), (KEEP,), "more", "not disclosed → keep (the value itself)"),
        ((KEEP,), (), "less", "keep → not disclosed (the value itself)"),
        ((), ("redact",), "more", "not disclosed → redact (that there is a value)"),
        (("omit",), ("scan",), "more", "not disclosed → scan (the text but for the PII found in it)"),
        (("drop-record",), (), "more", "drop-record → not disclosed (records that have it)"),
        (("redact",), ("drop-record",), "less", "redact → drop-record (records that have it)"),
        (("scan",), (KEEP,), "more", "scan → keep (the value itself)"),
        (("scan",), ("mask",), "differs", "scan → mask"),
        (("hash",), ({"action": "hash", "entity": "LOCATION"},), "differs", "hash → hash as LOCATION"),
        (("hash",), ("pseudonymize",), "less", "hash → pseudonymize (links between calls)"),
    ],
)
def test_the_rules_of_a_field_are_compared(old: tuple[Any, ...], new: tuple[Any, ...], kind: Kind, said: str) -> None:
    difference = only(with_field(*old), with_field(*new))
    assert (difference.kind, str(difference)) == (kind, f"metadata.city: {said}")


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ("redact", "pseudonymize", "more", "redact → pseudonymize (links between passages)"),
        (
            {"action": "mask", "keep_last": 4},
            {"action": "mask", "keep_last": 2},
            "less",
            "last 4 left → mask, last 2 left",
        ),
        ({"action": "mask", "keep_last": 4}, {"action": "mask", "keep_first": 4}, "differs", "mask, first 4 left"),
        (
            {"action": "generalize", "to": "range", "step": 1000},
            {"action": "generalize", "to": "range", "step": 10000},
            "less",
            "generalize to range of 1,000 → generalize to range of 10,000",
        ),
        (
            {"action": "generalize", "to": "year"},
            {"action": "generalize", "to": "month"},
            "more",
            "year → generalize to month",
        ),
        (
            "pseudonymize",
            {"action": "pseudonymize", "lasting": True},
            "more",
            "pseudonymize, lasting (links between calls, and the way back to the value)",
        ),
        ("drop-passage", "redact", "more", "drop-passage → redact (passages that have it)"),
    ],
)
def test_the_rules_of_an_entity_are_compared(old: Any, new: Any, kind: Kind, said: str) -> None:
    difference = only(with_phone(old), with_phone(new))
    assert difference.kind == kind
    assert said in str(difference)


def test_an_entity_without_a_rule_falls_under_the_default() -> None:
    old = {"entities": {"default": "hash", "PHONE_NUMBER": "redact"}}
    difference = only(old, {"entities": {"default": "hash"}})
    assert str(difference) == "PHONE_NUMBER: redact → hash (links between calls)"


def test_a_changed_default_is_one_difference() -> None:
    difference = only({"entities": {"default": "redact"}}, {"entities": {"default": "hash"}})
    assert (difference.subject, difference.kind) == ("any other PII", "more")


def test_what_is_no_longer_found_is_disclosed() -> None:
    fewer = found({"detect": {**NO_MODEL, "locales": ["us", "tw"]}}, {"detect": NO_MODEL})
    assert {each.subject for each in fewer.differences} == {"TW_ID", "locales"}
    assert {each.kind for each in fewer.differences} == {"more"}
    assert "TW_ID: redact → not found (what is not found stands in the text as it is)" in map(str, fewer.differences)


def test_what_was_kept_and_is_no_longer_found_is_no_change() -> None:
    kept = {"entities": {"TW_ID": KEEP}, "detect": {**NO_MODEL, "locales": ["us", "tw"]}}
    assert [each.subject for each in found(kept, {}).differences] == ["locales"]


def test_a_wildcard_shows_what_it_stands_for() -> None:
    wide = {"fields": {"page_content": "scan", "metadata.*": "scan"}}
    named = {"fields": {"page_content": "scan", "metadata.*": "scan", "metadata.city": KEEP}}
    assert str(only(wide, named)) == "metadata.city: scan → keep (the value itself)"
    hidden = {"fields": {"page_content": "scan", "metadata.*": "scan", "metadata.city": "omit"}}
    assert only(wide, hidden).kind == "less"


def test_a_key_that_another_rule_names_is_not_the_wildcards() -> None:
    wide = {"fields": {"page_content": "scan", "metadata.*": "scan", "metadata.home.city": "scan"}}
    more = {"fields": {**wide["fields"], "metadata.home.street": KEEP}}
    assert str(only(wide, more)) == "metadata.home.street: not disclosed → keep (the value itself)"


def test_how_much_of_the_text_is_shown_is_compared() -> None:
    whole = {"fields": {"page_content": {"action": "scan", "select": "whole"}}}
    assert str(only({}, whole)) == "page_content: how much of it: passages chosen by words → the whole text"
    assert only(whole, {}).kind == "less"
    seen = {"fields": {"page_content": {"action": "scan", "select": {"by": "embeddings"}}}}
    assert only({}, seen).kind == "more"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({}, {"equals": "acme"}, "less"),
        ({"equals": "acme"}, {}, "more"),
        ({"equals": "acme"}, {"any": ["acme", "globex"]}, "more"),
        ({"equals": 1}, {"any": [True, 2]}, "differs"),
        ({"any": ["acme"]}, {"any": ["globex"]}, "differs"),
        ({"except": ["acme"]}, {"except": ["acme", "globex"]}, "less"),
        ({"equals": "acme"}, {"except": ["globex"]}, "differs"),
        ({"range": {"gte": 5}}, {"range": {"gt": 5}}, "less"),
        ({"range": {"gte": 5, "lt": 9}}, {"range": {"gte": 4}}, "more"),
        ({"range": {"gte": 5, "lt": 9}}, {"range": {"gte": 4, "lt": 8}}, "differs"),
        ({"range": {"gte": "2024-01-01T00:00:00Z"}}, {"range": {"gte": "2023-01-01T00:00:00Z"}}, "differs"),
    ],
)
def test_filters_are_compared_by_the_records_they_let_pass(old: Any, new: Any, kind: Kind) -> None:
    sides = [{"filter": {"metadata.tenant": test}} if test else {} for test in (old, new)]
    assert only(*sides).kind == kind


@pytest.mark.parametrize(
    ("milder", "stricter"),
    [
        ({"limits": {"records": 9}}, {"limits": {"records": 3}}),
        ({}, {"limits": {"characters": 500}}),
        ({"limits": {"passages": 5}}, {}),
        ({}, {"limits": {"score": 0.5}}),
        ({"filterable": ["metadata.city"]}, {"filterable": [{"key": "metadata.city", "operators": ["equals"]}]}),
        ({"query": {"embed": "raw"}}, {}),
        ({}, {"on_fault": "fail"}),
        ({"detect": {**NO_MODEL, "min_score": 0.7}}, {}),
        ({}, {"detect": {**NO_MODEL, "known": [{"field": "metadata.name", "entity": "PHONE_NUMBER"}]}}),
        ({"restore": {"PERSON": {"role": ["lead", "auditor"]}}}, {"restore": {"PERSON": {"role": ["lead"]}}}),
        ({"restore": {"PERSON": {"role": ["lead"]}}}, {}),
        ({}, {"when": {"role": "lead"}}),
        ({"when": {"role": ["lead", "agent"]}}, {"when": {"role": "lead", "region": "eu"}}),
    ],
)  # fmt: skip
def test_a_setting_is_more_one_way_and_less_the_other(milder: dict[str, Any], stricter: dict[str, Any]) -> None:
    assert only(stricter, milder).kind == "more"
    assert only(milder, stricter).kind == "less"


def test_more_privacy_shows_other_passages_and_less_of_it_exposes_more() -> None:
    assert only({"limits": {"privacy": 0.5}}, {}).kind == "more"
    assert str(only({}, {"limits": {"privacy": 0.5}})) == (
        "limits.privacy: 0 → 0.5 (other passages, which expose less)"
    )
    assert only({}, {"limits": {"privacy": 0.5}}).kind == "differs"


def test_a_model_less_finds_less() -> None:
    compared = found({"detect": {"ner": "bundled"}}, {})
    assert {each.kind for each in compared.differences} == {"more"}
    assert "LOCATION, NRP, ORGANIZATION, PERSON" in {each.subject for each in compared.differences}


def test_a_recognizer_is_compared_where_it_is_used() -> None:
    uses = {"detect": {**NO_MODEL, "recognizers": ["code"]}}
    changed = {**CODE, "regex": "C-[0-9]{5}"}
    compared = compare(document(uses, recognizers=[CODE]), document(uses, recognizers=[changed])).purposes["ask"]
    assert [(each.kind, each.subject) for each in compared.differences] == [("differs", "recognizer code")]
    assert not compare(document(recognizers=[CODE]), document(recognizers=[changed])).purposes["ask"].differences
    less = compare(document(uses, recognizers=[CODE]), document(recognizers=[CODE])).purposes["ask"]
    assert {each.subject for each in less.of_kind("more")} == {"recognizer code", "CODE"}


def test_what_concerns_the_whole_policy_is_said_once() -> None:
    compared = compare(document(), document(layout="haystack", keys="env:OTHER_KEY"))
    assert {each.subject for each in compared.policy.differences} == {"layout", "keys"}
    assert compared.may_disclose_more


def test_a_purpose_that_only_one_policy_has_is_more_or_less() -> None:
    one, two = (
        document(),
        PolicyDocument.model_validate(
            {"needful": 1, "name": "small", "version": 1, "purposes": {"ask": BASE, "audit": BASE}}
        ),
    )
    assert str(compare(one, two).purposes["audit"].differences[0]) == (
        "the purpose: not allowed → allowed for everybody (a whole purpose)"
    )
    assert [each.kind for each in compare(two, one).purposes["audit"].differences] == ["less"]


LEAD = {**KEEP, "when": {"role": ["lead"]}}


def test_for_whom_a_difference_holds_is_said() -> None:
    compared = found(with_field("redact"), with_field(LEAD, {"action": "redact", "when": {"role": ["agent"]}}))
    assert {(each.kind, each.whom) for each in compared.differences} == {
        ("more", "role: lead"),
        ("less", "role: any other"),
    }
    assert "[for role: lead]" in str(compared.of_kind("more")[0])


def test_whom_counts_only_attributes_that_matter() -> None:
    narrowed = [{**KEEP, "when": {"role": ["lead"], "region": ["eu"]}}]
    difference = only(with_field(), with_field(*narrowed))
    assert difference.whom == "role: lead; region: eu"
    either = [LEAD, {**KEEP, "when": {"region": ["eu"]}}]
    assert only(with_field(), with_field(*either)).whom == (
        "role: lead; region: eu | role: lead; region: any other | role: any other; region: eu"
    )


def test_who_may_not_use_the_purpose_does_not_count() -> None:
    only_leads = {"when": {"role": "lead"}}
    assert not found({**only_leads, **with_field(KEEP)}, {**only_leads, **with_field(LEAD)}).differences


def test_one_true_and_the_text_one_are_three_values() -> None:
    narrowed = {**KEEP, "when": {"level": [1]}}
    assert only(with_field(narrowed), with_field({**KEEP, "when": {"level": [1, True]}})).whom == "level: true"


def test_too_many_combinations_are_said_to_be_too_many() -> None:
    values = [str(number) for number in range(70)]
    assert MOST < 71 * 71
    wide = {**KEEP, "when": {"role": values, "region": values}}
    compared = found(with_field(), with_field(wide))
    assert [each.kind for each in compared.differences] == ["differs"]
    assert "not all were compared" in compared.differences[0].detail


RULES = st.sampled_from(
    ["scan", "redact", "hash", "pseudonymize", "omit", "drop-record", {"action": "mask", "keep_last": 2}, KEEP, LEAD]
)
PURPOSES = st.fixed_dictionaries(
    {
        "fields": st.fixed_dictionaries(
            {"page_content": st.just("scan")},
            optional=dict.fromkeys(("metadata.city", "metadata.*", "metadata.home.city"), RULES),
        ),
        "entities": st.fixed_dictionaries(
            {},
            optional={
                name: st.sampled_from(["redact", "hash", "mask", "deny", "drop-passage", KEEP, LEAD])
                for name in ("default", "PHONE_NUMBER", "URL")
            },
        ),
        "limits": st.fixed_dictionaries({}, optional={"records": st.integers(1, 3), "passages": st.integers(1, 3)}),
        "detect": st.sampled_from([NO_MODEL, {**NO_MODEL, "locales": ["us", "tw"]}, {"ner": "bundled"}]),
        "when": st.sampled_from([{"role": ["lead"]}, {"role": ["lead", "agent"]}]),
    }
)


@given(old=PURPOSES, new=PURPOSES)
@settings(max_examples=150)
def test_what_is_more_one_way_is_less_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = found(old, new), found(new, old)
    assert there.same == back.same
    for kind, other in (("more", "less"), ("less", "more"), ("differs", "differs")):
        one = {(each.subject, each.old, each.new, each.whom) for each in there.of_kind(kind)}  # type: ignore[arg-type]
        mirrored = {(each.subject, each.new, each.old, each.whom) for each in back.of_kind(other)}  # type: ignore[arg-type]
        assert one == mirrored


def test_a_policy_that_was_loaded_is_compared() -> None:
    old = Policy.parse(policy_text("customer-service"))
    new = Policy.parse(policy_text("customer-service").replace("PERSON:        pseudonymize", "PERSON:        hash"))
    compared = compare(old.document, new.document)
    assert [str(each) for each in compared.purposes["answer-ticket"].differences] == [
        "PERSON: pseudonymize → hash (links between calls)"
    ]
