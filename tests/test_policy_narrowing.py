"""Which rule holds for whom: `when`, and the strictest of the rules that apply."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.policy.document import Purpose, Scan, ValueRule
from needful.policy.narrowing import Narrowed, applies, depends_on_the_principal, narrowed
from needful.values import Action, Scalar

ROLES = ("agent", "lead", "auditor")


def purpose(**body: Any) -> Purpose:
    return Purpose.model_validate({"fields": {"page_content": "scan"}, **body})


def for_role(role: Scalar | None, **body: Any) -> Narrowed:
    """The rules of a purpose for somebody with this role, or with none."""
    return narrowed(purpose(**body), {"role": role}.get if role is not None else {}.get)  # type: ignore[arg-type]


def action_of(rules: Narrowed, path: str = "iban") -> str:
    return rules.fields[path].action if path in rules.fields else "omit"


IBAN = {
    "page_content": "scan",
    "iban": [
        {"action": "mask", "keep_last": 4, "when": {"role": ["agent"]}},
        {"action": "keep", "reason": "a lead checks payments", "when": {"role": "lead"}},
    ],
}


@pytest.mark.parametrize(
    ("role", "expected"), [("agent", "mask"), ("lead", "keep"), ("auditor", "omit"), (None, "omit")]
)
def test_a_field_rule_holds_for_whom_it_names(role: str | None, expected: str) -> None:
    assert action_of(for_role(role, fields=IBAN)) == expected


def test_the_strictest_of_the_rules_that_apply_wins() -> None:
    fields = {"iban": ["redact", {"action": "keep", "reason": "a lead checks payments", "when": {"role": ["lead"]}}]}
    assert action_of(for_role("lead", fields=fields)) == "redact"


def test_two_different_rules_of_one_strictness_redact() -> None:
    fields = {"iban": [{"action": "mask", "keep_last": 4}, {"action": "mask", "keep_first": 4}]}
    rule = for_role(None, fields=fields).fields["iban"]
    assert rule.action == Action.REDACT


def test_the_entity_of_a_field_stays_when_its_rules_disagree() -> None:
    fields = {"iban": [{"action": "hash", "entity": "IBAN_CODE"}, {"action": "pseudonymize", "entity": "IBAN_CODE"}]}
    rule = for_role(None, fields=fields).fields["iban"]
    assert isinstance(rule, ValueRule)
    assert (rule.action, rule.entity) == (Action.REDACT, "IBAN_CODE")


def test_omit_wins_over_everything() -> None:
    assert action_of(for_role(None, fields={"iban": ["deny", "omit"], "page_content": "scan"})) == "omit"


@pytest.mark.parametrize(
    ("selects", "expected"),
    [
        (["whole", "passages"], "lexical"),
        (["whole", "whole"], "whole"),
        ([{"by": "embeddings"}, "whole"], "lexical"),
        ([{"by": "embeddings"}, {"by": "embeddings", "neighbours": 2}], "embeddings"),
        ([{"by": "embeddings"}, "passages"], "lexical"),
    ],
)
def test_of_two_scans_the_one_that_shows_less_wins(selects: list[object], expected: str) -> None:
    rules = [{"action": "scan", "select": select} for select in selects]
    rule = for_role(None, fields={"page_content": rules}).fields["page_content"]
    assert isinstance(rule, Scan)
    assert rule.select is not None
    assert (rule.select.by, rule.select.neighbours) == (expected, 0)


def test_scanned_text_is_stricter_than_kept_text_and_milder_than_the_rest() -> None:
    keep = {"action": "keep", "reason": "public"}
    assert action_of(for_role(None, fields={"iban": [keep, "scan"]})) == "scan"
    assert action_of(for_role(None, fields={"iban": ["scan", "mask"]})) == "mask"


def test_an_entity_to_which_no_rule_applies_is_redacted_whatever_the_default_says() -> None:
    entities = {
        "default": {"action": "keep", "reason": "all of it is public"},
        "PERSON": [{"action": "keep", "reason": "a lead knows them", "when": {"role": ["lead"]}}],
    }
    assert for_role("lead", entities=entities).rule_for("PERSON").action is Action.KEEP
    assert for_role("agent", entities=entities).rule_for("PERSON").action is Action.REDACT
    assert for_role("agent", entities=entities).rule_for("URL").action is Action.KEEP


def test_an_entitys_rule_is_its_own_then_the_default_then_redact() -> None:
    rules = for_role(None, entities={"default": "hash", "PERSON": "mask"})
    assert rules.rule_for("PERSON").action is Action.MASK
    assert rules.rule_for("URL").action is Action.HASH
    assert for_role(None).rule_for("URL").action is Action.REDACT


def test_all_attributes_must_fit() -> None:
    when = purpose(when={"role": ["agent", "lead"], "senior": True}).when
    for given_attributes, fits in (
        ({"role": "lead", "senior": True}, True),
        ({"role": "lead", "senior": False}, False),
        ({"senior": True}, False),
    ):
        assert applies(when, given_attributes.get) is fits  # type: ignore[arg-type]  # dict.get has overloads


def test_values_of_different_types_are_different() -> None:
    when = purpose(when={"level": [1]}).when
    assert applies(when, {"level": 1}.get)
    for value in (True, "1", 1.0):
        assert not applies(when, {"level": value}.get)


def test_a_purpose_without_when_is_the_same_for_everybody() -> None:
    assert not depends_on_the_principal(purpose(entities={"PERSON": "mask"}))
    assert depends_on_the_principal(purpose(entities={"PERSON": {"action": "mask", "when": {"role": ["agent"]}}}))


WHEN = st.none() | st.fixed_dictionaries({"role": st.lists(st.sampled_from(ROLES), min_size=1, max_size=2)})
RULES = st.lists(
    st.tuples(st.sampled_from(["mask", "hash", "pseudonymize", "redact", "deny"]), WHEN), min_size=1, max_size=4
)


@given(RULES, st.tuples(st.sampled_from(["mask", "hash", "redact", "deny"]), WHEN), st.sampled_from(ROLES))
def test_one_more_rule_never_shows_more_to_anybody_who_had_one(
    given_rules: list[tuple[str, Any]], more: tuple[str, Any], role: str
) -> None:
    def written(rules: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        return [{"action": action, **({"when": when} if when else {})} for action, when in rules]

    before = for_role(role, entities={"PERSON": written(given_rules)}).rule_for("PERSON")
    after = for_role(role, entities={"PERSON": written([*given_rules, more])}).rule_for("PERSON")
    if any(when is None or role in when["role"] for _, when in given_rules):
        assert after.action.rank >= before.action.rank
