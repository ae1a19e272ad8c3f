"""The table of docs/policies/hipaa.md and the policy hipaa-safe-harbor say the same of all 18 identifiers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.document import Purpose, ValueRule
from needful.policy.entities import DEFAULT
from needful.policy.rules import FieldRule, Rule
from needful.values import Action

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "policies" / "hipaa.md").read_text("utf-8")
LETTERS = [f"({letter})" for letter in "ABCDEFGHIJKLMNOPQR"]
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| (")]
CHILD = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
NOT_IN_THE_TABLE = {"page_content", "metadata.*"}


def named(cells: list[str]) -> dict[str, str]:
    """What a row says of fields and entities: name to action, as it is written there."""
    pairs = [re.fullmatch(r"`([^`]+)` ([a-z][a-z0-9 -]*)", item) for cell in cells for item in cell.split(", ") if item]
    assert all(pairs), "an item is not `NAME` and an action"
    return {pair[1]: pair[2] for pair in pairs if pair}


def said(rule: FieldRule | Rule) -> str:
    """A rule in the words of the table."""
    return f"{rule.action} {rule.to}" if isinstance(rule, Rule) and rule.to else str(rule.action)


def ruled(purpose: Purpose) -> Mapping[str, str]:
    """The rules of a purpose in the words of the table."""
    rules = {**purpose.fields, **purpose.entities}
    return {name: " or ".join(map(said, several)) for name, several in rules.items()}


@pytest.fixture
def purpose() -> Purpose:
    return Policy.load(ROOT / "policies" / "hipaa-safe-harbor.yaml").purposes["de-identified-use"]


def test_the_table_has_the_18_identifiers_in_the_order_of_the_rule() -> None:
    assert [row[0] for row in ROWS] == LETTERS


@pytest.mark.parametrize("row", ROWS, ids=LETTERS)
def test_each_identifier_has_a_name_a_rule_and_a_weakness(row: list[str]) -> None:
    letter, identifier, fields, entities, weak = row
    assert letter in LETTERS
    assert identifier
    assert named([fields, entities])
    assert weak


@pytest.mark.parametrize("row", ROWS, ids=LETTERS)
def test_each_field_and_entity_of_the_table_is_in_the_policy_with_that_action(row: list[str], purpose: Purpose) -> None:
    rules = ruled(purpose)
    for name, action in named(row[2:4]).items():
        assert rules.get(name) == action, name


def test_each_rule_of_the_policy_is_in_the_table(purpose: Purpose) -> None:
    in_the_table = {name for row in ROWS for name in named(row[2:4])}
    assert ruled(purpose).keys() - in_the_table - NOT_IN_THE_TABLE == {DEFAULT}


def test_nothing_is_kept_and_nothing_is_replaced_by_a_code_that_is_derived_from_it(purpose: Purpose) -> None:
    actions = {action.split()[0] for action in ruled(purpose).values()}
    assert actions == {"scan", "omit", Action.REDACT, Action.GENERALIZE}


def test_what_has_no_rule_of_its_own_is_searched_and_redacted(purpose: Purpose) -> None:
    rules = ruled(purpose)
    assert rules["metadata.*"] == rules["page_content"] == "scan"
    assert rules[DEFAULT] == "redact"


def test_each_field_that_is_known_is_treated_too(purpose: Purpose) -> None:
    for known in purpose.detect.known:
        rule = purpose.fields[known.field][0]
        assert isinstance(rule, ValueRule), known.field
        assert rule.entity, known.field


def test_the_child_of_the_page_loads_and_shows_less() -> None:
    assert CHILD
    child = Policy.parse(CHILD[1], "child.yaml", folder=ROOT)
    rules = ruled(child.purposes["heart-failure-study"])
    assert rules["metadata.remarks"] == "omit"
    assert rules["DATE_TIME"] == "redact"
    assert rules["PERSON"] == "redact"


@pytest.mark.parametrize(
    "looser",
    [
        "fields: {metadata.city: scan}",
        "fields: {metadata.ward: {action: keep, reason: a ward is no person}}",
        "entities: {PERSON: pseudonymize}",
        "entities: {AGE: {action: generalize, to: age-band, step: 1}, LOCATION: {action: keep, reason: no reason}}",
        "detect: {min_score: 0.8}",
    ],
)
def test_a_child_that_shows_more_is_refused(looser: str) -> None:
    head = "needful: 1\nname: child\nversion: 1\nextends: hipaa-safe-harbor\npurposes:\n  de-identified-use:\n    "
    with pytest.raises(PolicyError, match="is loosened"):
        Policy.parse(head + looser, "child.yaml", folder=ROOT)
