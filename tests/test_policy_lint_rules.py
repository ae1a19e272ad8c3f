"""The ids of everything that a check says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.linting import lint
from needful.policy.linting.rules import RULES, rule_of
from policy_support import policy_text

SCAN = "fields: {page_content: scan}\n"
TESTS = Path(__file__).parent


def ids_of(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text, "p.yaml")
    return [rule_of(problem).id for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("unknown-key", policy_text(f"{SCAN}entites: {{URL: redact}}\n")),
        ("unknown-key", policy_text("fields: {page_content: {action: redact, keep_last: 4}}\n")),
        ("unknown-word", policy_text("fields: {page_content: scna}\n")),
        ("unknown-word", policy_text(f"{SCAN}detect: {{ner: none, reason: some, locales: [xx]}}\n")),
        ("unknown-word", policy_text(f"{SCAN}detect: {{ner: none, reason: some, recognizers: [xx]}}\n")),
        ("unknown-word", policy_text(f"{SCAN}on_fault: ignore\n")),
        ("unknown-word", policy_text(SCAN).replace("needful: 1", "needful: 2")),
        ("missing-part", policy_text("fields: {page_content: {action: keep}}\n")),
        ("missing-part", policy_text("fields: {page_content: {action: generalize, to: range}}\n")),
        ("missing-part", policy_text("filter: {a: {equals: 1}}\n")),
        ("missing-part", policy_text(f"{SCAN}detect: {{ner: none}}\n")),
        ("missing-part", "needful: 1\nname: a\nversion: 1\npurposes: {}\n"),
        ("duplicate-key", policy_text(f"{SCAN}{SCAN}")),
        ("duplicate-key", policy_text(f"{SCAN}filterable: [a, a]\n")),
        ("undetected-entity", policy_text(f"{SCAN}entities: {{PERSON: redact}}\n")),
        ("invalid-regex", policy_text(SCAN, tail="recognizers: [{name: a, entity: A, regex: '('}]\n")),
        ("invalid-regex", policy_text(SCAN, tail="recognizers: [{name: a, entity: A, regex: 'a*'}]\n")),
        ("nested-rule", policy_text("fields: {page_content: scan, a: redact, a.b: redact}\n")),
        ("invalid-name", policy_text("fields: {page_content: scan, a..b: redact}\n")),
        ("invalid-name", policy_text(f"{SCAN}limits: {{records: 0}}\n")),
        ("invalid-name", policy_text(SCAN) + "keys: NEEDFUL_KEY\n"),
        ("policy-error", policy_text(f"{SCAN}filterable: [$id]\n")),
        ("policy-error", "- a list\n"),
    ],
)
def test_what_keeps_a_policy_from_loading_has_an_id(rule: str, text: str) -> None:
    assert ids_of(text) == [rule]


def test_a_file_that_is_not_there_has_an_id(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(PolicyError) as caught:
            Policy.load(path)
        assert [rule_of(problem).id for problem in caught.value.problems] == ["unreadable-file"]


def test_every_remark_is_in_the_table_and_everything_in_the_table_is_said() -> None:
    remarks = {*lint._OF_A_POLICY, *lint._OF_A_PURPOSE, *lint._AROUND}
    assert remarks == {rule.id for rule in RULES.values() if rule.level != "error"}


@pytest.mark.parametrize("rule", RULES)
def test_every_id_is_explained_in_one_line_and_occurs_in_a_test(rule: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule)
    assert re.fullmatch(r"[A-Z][^\n]{20,110}\.", RULES[rule].says)
    texts = [path.read_text("utf-8") for path in TESTS.glob("test_policy_lint*.py")]
    assert any(f'"{rule}"' in text for text in texts)
