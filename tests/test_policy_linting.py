"""What a policy may say and a reviewer should see."""

from __future__ import annotations

from pathlib import Path

import pytest

from needful.policy import Policy
from needful.policy.linting import lint
from policy_support import marked, policy_text

MODEL = "detect: {ner: 'spacy:en_core_web_sm'}\n"
SCAN = "fields: {page_content: scan}\n"


def lints(text: str) -> list[str]:
    return [str(each) for each in lint(Policy.parse(text, "p.yaml"))]


def assert_lints(text: str, *expected: str) -> None:
    plain, places = marked(text)
    wanted = [f"p.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, expected, strict=True)]
    assert lints(plain) == wanted


def test_a_policy_that_keeps_nothing_and_finds_names_has_no_remarks() -> None:
    assert lints(policy_text(SCAN, detect=MODEL)) == []


def test_every_keep_is_listed_with_its_reason() -> None:
    assert_lints(
        policy_text(
            "fields: {page_content: scan, §title: {action: keep, reason: product names}}\n"
            "entities: {§URL: {action: keep, reason: our own site}}\n",
            detect=MODEL,
        ),
        'note: "title" is kept: product names',
        'note: "URL" is kept: our own site',
    )


def test_a_policy_without_a_model_says_so() -> None:
    assert_lints(
        policy_text(SCAN, detect="detect: {ner: §none, reason: names are in the metadata}\n"),
        "note: no model finds names in text: names are in the metadata (known values and recognizers have to suffice)",
    )


def test_a_recognizer_that_no_purpose_uses_is_a_warning() -> None:
    assert_lints(
        policy_text(SCAN, detect=MODEL, tail="recognizers:\n  - §{name: a, entity: A, regex: a}\n"),
        'warning: no purpose uses the recognizer "a" (add it to detect.recognizers, or remove it)',
    )


@pytest.mark.parametrize("operator", ["prefix", "text", "phrase", "range"])
def test_probing_a_field_that_is_not_disclosed_is_a_warning(operator: str) -> None:
    assert_lints(
        policy_text(f"{SCAN}filterable: [§{{key: ssn, operators: [equals, {operator}]}}]\n", detect=MODEL),
        f'warning: a caller can find out "ssn" step by step by {operator} '
        "(allow equals and any only, or disclose the field)",
    )


def test_a_masked_field_can_be_probed_and_a_kept_one_need_not_be() -> None:
    rules = "fields: {page_content: scan, a: {action: keep, reason: public}, b: mask}\n"
    filterable = (
        "filterable: [{key: a, operators: [range]}, {key: b, operators: [range]}, {key: c, operators: [any]}]\n"
    )
    warnings = [each for each in lints(policy_text(rules + filterable, detect=MODEL)) if "warning" in each]
    assert len(warnings) == 1
    assert '"b"' in warnings[0]


def test_rules_that_never_act_on_a_record_are_a_warning() -> None:
    detect = "detect: {ner: 'spacy:en_core_web_sm', §known: [{field: a, entity: PERSON}]}\n"
    assert_lints(
        policy_text("fields: {page_content: redact}\n§entities: {PERSON: hash}\n", detect=detect),
        "warning: no field is scanned, so these rules act on the question only (scan a text field, or remove them)",
        "warning: no field is scanned, so known values are looked for only in the question, after it was embedded "
        "(scan a text field, or remove them)",
    )


NO_TEXT = 'warning: documents of this purpose have no text: "page_content"'


@pytest.mark.parametrize("field", ["page_contents", "content", "metadata.page_content"])
def test_a_text_field_that_is_written_otherwise_than_in_the_layout_is_a_warning(field: str) -> None:
    assert_lints(
        policy_text(f"fields: {{§{field}: scan}}\n", detect=MODEL),
        f'{NO_TEXT}, the layout\'s text field, has no rule (did you mean "page_content"?)',
    )


def test_a_purpose_without_its_text_is_a_warning() -> None:
    assert_lints(
        policy_text("§fields: {metadata.title: scan}\n", detect=MODEL),
        f"{NO_TEXT}, the layout's text field, has no rule (add page_content: scan, or name the text field in layout)",
    )


def test_a_text_that_is_only_a_part_of_a_field_is_a_warning() -> None:
    assert_lints(
        policy_text("fields: {§doc: scan}\n", detect=MODEL) + "layout: {text: doc.body}\n",
        'warning: documents of this purpose have no text: "doc.body" is only a part of "doc" '
        "(give the parts rules of their own)",
    )


@pytest.mark.parametrize("field", ["page_content", "'\"page_content\"'"])
@pytest.mark.parametrize("rule", ["scan", "redact"])
def test_a_purpose_with_its_text_is_no_warning(field: str, rule: str) -> None:
    assert lints(policy_text(f"fields: {{{field}: {rule}}}\n", detect=MODEL)) == []


def test_a_secret_in_the_policy_is_a_warning() -> None:
    rule = "{action: custom, operator: encrypt, params: §{key: 0123456789abcdef}}"
    assert_lints(
        policy_text(f"{SCAN}entities: {{CRYPTO: {rule}}}\n", detect=MODEL),
        "warning: a secret in the policy file (use pseudonymize or hash: their key is not here)",
    )


@pytest.mark.parametrize("name", ["customer-service", "court-decisions"])
def test_the_starter_policies_have_notes_only(name: str, repository: Path) -> None:
    remarks = lint(Policy.load(repository / "policies" / f"{name}.yaml"))
    assert {remark.severity for remark in remarks} == {"note"}
