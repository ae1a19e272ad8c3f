"""What a policy may say and a reviewer should see."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_support import MODEL, SCAN, assert_remarks, purpose, rules_of
from needful.policy import Policy
from needful.policy.linting.lint import Around, lint
from needful.policy.walking import rules
from needful.resources import policy_names
from needful_faker import surrogates
from policy_support import policy_text

NONE = "detect: {ner: §none, reason: names are in the metadata}\n"


def test_a_policy_that_keeps_nothing_and_finds_names_has_no_remarks() -> None:
    assert rules_of(purpose(SCAN)) == []


def test_every_keep_is_listed_with_its_reason() -> None:
    assert_remarks(
        purpose(
            "fields: {page_content: scan, §title: {action: keep, reason: product names}}\n"
            "entities: {§URL: {action: keep, reason: our own site}}\n"
        ),
        "keep",
        'note: "title" is kept: product names',
        'note: "URL" is kept: our own site',
    )


def test_a_keep_for_some_says_by_what() -> None:
    assert_remarks(
        purpose(
            "fields: {page_content: scan, a: [§{action: keep, reason: they may, when: {role: [lead, head]}}, mask]}\n"
        ),
        "keep",
        'note: "a" is kept for role lead or head: they may',
    )


def test_what_is_looser_than_the_parent_is_always_a_warning(tmp_path: Path) -> None:
    child = tmp_path / "child.yaml"
    (tmp_path / "base.yaml").write_text(purpose(f"{SCAN}limits: {{records: 5}}\n"), "utf-8")
    allowed = "unsafe-allow: {limits.records: the yearly audit reads more}"
    body = f"purposes:\n  ask:\n    limits: {{records: 9}}\n    {allowed}\n"
    child.write_text(f"needful: 1\nname: child\nversion: 1\nextends: base.yaml\n{body}", "utf-8")
    (remark,) = lint(Policy.load(child))
    assert (remark.rule, remark.severity, remark.problem.line) == ("unsafe-allow", "warning", 8)
    assert str(remark).endswith(
        '8:20: warning: "limits.records" is looser here than in the parent policy: the yearly audit reads more '
        "(a reviewer has to agree to this)"
    )


def test_a_question_that_is_embedded_raw_is_a_note() -> None:
    assert_remarks(
        purpose(f"{SCAN}query: {{embed: §raw}}\n"),
        "raw-question",
        "note: the embedding model sees the question as it was asked, with the personal data in it "
        "(write embed: redacted, or leave it out)",
    )


def test_a_secret_in_the_policy_is_a_warning() -> None:
    rule = "{action: custom, operator: encrypt, params: §{key: 0123456789abcdef}}"
    expected = "warning: a secret in the policy file (use pseudonymize or hash: their key is not in the policy)"
    assert_remarks(purpose(f"{SCAN}entities: {{CRYPTO: {rule}}}\n"), "secret-in-policy", expected)
    assert_remarks(purpose(f"fields: {{page_content: scan, a: {rule}}}\n"), "secret-in-policy", expected)


def test_a_policy_without_a_model_and_without_anything_else_for_names_is_a_warning() -> None:
    text = policy_text(SCAN, detect=NONE)
    assert_remarks(
        text,
        "names-not-found",
        "warning: nothing finds the names of persons in text, and ner: none says: names are in the metadata "
        "(name the field that holds the names in detect.known, or a model in detect.ner)",
    )
    assert "no-model" not in rules_of(text.replace("§", ""))


@pytest.mark.parametrize(
    ("more", "tail"),
    [
        ("known: [{field: metadata.name, entity: PERSON}]", ""),
        ("recognizers: [badge]", "recognizers: [{name: badge, entity: PERSON, regex: 'B-[0-9]{6}'}]\n"),
    ],
)
def test_a_policy_without_a_model_that_has_something_else_for_names_is_a_note(more: str, tail: str) -> None:
    text = policy_text(SCAN, detect=NONE.replace("}", f", {more}}}"), tail=tail)
    assert_remarks(
        text,
        "no-model",
        "note: no model finds names in text: names are in the metadata (known values and recognizers have to suffice)",
    )
    assert "names-not-found" not in rules_of(text.replace("§", ""))


def test_a_recognizer_that_no_purpose_uses_is_a_warning() -> None:
    assert_remarks(
        purpose(SCAN, tail="recognizers:\n  - §{name: a, entity: A, regex: POL-a}\n"),
        "unused-recognizer",
        'warning: no purpose uses the recognizer "a" (add it to detect.recognizers, or remove it)',
    )


def test_a_rule_without_the_recognizer_that_another_purpose_uses_is_a_warning() -> None:
    other = "  other:\n    fields: {page_content: scan}\n    detect: {recognizers: [policy-number]}\n"
    recognizer = "recognizers: [{name: policy-number, entity: POLICY_NUMBER, regex: 'POL-[0-9]{8}'}]\n"
    text = purpose(f"{SCAN}entities: {{§POLICY_NUMBER: redact}}\n") + other + recognizer
    assert_remarks(
        text,
        "missing-recognizer",
        'warning: this purpose does not use "policy-number", which finds POLICY_NUMBER elsewhere '
        "(add policy-number to detect.recognizers)",
    )


BROAD_HINT = (
    r"(describe the whole identifier: its prefix, its length, \b at both ends; capitals and small letters are one)"
)


@pytest.mark.parametrize("regex", [".+", r"\w+", ".", r"\S{2,}", "[A-Z]+", "[A-Za-z]{2,}", r"\b\w", "[aeiou]"])
def test_a_regex_that_matches_nearly_every_word_is_a_warning(regex: str) -> None:
    detect = "detect: {ner: 'spacy:en_core_web_sm', recognizers: [a]}\n"
    text = policy_text(SCAN, detect=detect, tail=f"recognizers: [{{name: a, entity: A, regex: §'{regex}'}}]\n")
    assert_remarks(text, "broad-regex", f'warning: the regex of "a" redacts nearly every word {BROAD_HINT}')


@pytest.mark.parametrize("regex", [r"\d+", "[0-9]", r"\b\d{1,6}\b"])
def test_a_regex_that_matches_nearly_every_number_is_a_warning(regex: str) -> None:
    text = purpose(SCAN, tail=f"recognizers: [{{name: a, entity: A, regex: §'{regex}'}}]\n")
    assert_remarks(text, "broad-regex", f'warning: the regex of "a" redacts nearly every number {BROAD_HINT}')


@pytest.mark.parametrize("regex", [r"\bPOL-\d{8}\b", r"\d{8}", "a", r"[A-Z]{2}\d+", r"no\. \w+", r"\d{5,}"])
def test_a_regex_of_an_identifier_is_no_warning(regex: str) -> None:
    assert "broad-regex" not in rules_of(
        purpose(SCAN, tail=f"recognizers: [{{name: a, entity: A, regex: '{regex}'}}]\n")
    )


@pytest.mark.parametrize(
    ("action", "so"),
    [("deny", "refuses the whole question"), ("drop-record", "withholds its record")],
)
def test_a_default_that_leaves_nothing_is_a_warning(action: str, so: str) -> None:
    assert_remarks(
        purpose(f"{SCAN}entities: {{default: §{action}}}\n"),
        "default-withholds",
        f"warning: default: {action}: every find without a rule of its own {so}: any date or e-mail address is enough "
        f"(write default: redact, and {action} for the entities that are meant)",
    )


@pytest.mark.parametrize("action", ["redact", "drop-passage", "hash"])
def test_a_default_that_leaves_something_is_no_warning(action: str) -> None:
    assert rules_of(purpose(f"{SCAN}entities: {{default: {action}}}\n")) == []


LASTING = "entities: {{{0}: {{action: pseudonymize, §lasting: true}}}}\n"


def test_lasting_tokens_that_nobody_may_restore_are_a_note() -> None:
    assert_remarks(
        purpose(SCAN + LASTING.format("PERSON")),
        "no-restore",
        "note: the tokens of PERSON last, and nobody may turn them back into values "
        "(add restore: {PERSON: {role: […]}}, or remove lasting: values then stay in no vault)",
    )
    assert_remarks(
        purpose("fields: {page_content: scan, name: {action: pseudonymize, §lasting: true}}\n"),
        "no-restore",
        'note: the tokens of "name" last, and nobody may turn them back into values '
        "(add restore: {PERSON: {role: […]}}, or remove lasting: values then stay in no vault)",
    )


def test_lasting_tokens_that_somebody_may_restore_are_no_note() -> None:
    restore = "restore: {PERSON: {role: investigator}}\n"
    for entity in ("PERSON", "default"):
        assert rules_of(purpose(SCAN + LASTING.format(entity).replace("§", "") + restore)) == []


def test_a_restore_of_what_nothing_makes_is_a_warning() -> None:
    assert_remarks(
        purpose(f"{SCAN}entities: {{PERSON: pseudonymize}}\nrestore: {{§PERSON: {{role: investigator}}}}\n"),
        "nothing-to-restore",
        "warning: no rule makes lasting tokens of PERSON, so there is nothing to restore "
        "(write PERSON: {action: pseudonymize, lasting: true}, or remove this)",
    )


def test_a_lasting_default_makes_no_tokens_of_what_has_a_rule_of_its_own() -> None:
    rules_ = "entities: {default: {action: pseudonymize, lasting: true}, PERSON: redact}\n"
    restore = "restore: {URL: {role: a}, PERSON: {role: a}}\n"
    assert rules_of(purpose(SCAN + rules_ + restore)) == ["nothing-to-restore"]


SHAPE = "keep only the shape: a digit for a digit, a letter for a letter"


def test_made_up_values_that_keep_only_the_shape_are_a_note() -> None:
    openly = "(a reader may see that they are made up; pseudonymize says so openly)"
    assert_remarks(
        purpose(f"{SCAN}entities: {{§CRYPTO: surrogate, PERSON: surrogate}}\n"),
        "surrogate-shape",
        f"note: made-up values of CRYPTO {SHAPE} {openly}",
    )
    assert_remarks(
        purpose(
            "fields: {page_content: scan, §name: surrogate, mail: {action: surrogate, entity: EMAIL_ADDRESS}}\n",
        ),
        "surrogate-shape",
        f'note: made-up values of "name" {SHAPE} '
        "(give the field an entity, such as entity: PERSON, for fakes of its kind)",
    )


def test_a_default_of_made_up_values_names_some_that_keep_only_the_shape() -> None:
    (remark,) = lint(Policy.parse(purpose(f"{SCAN}entities: {{default: surrogate}}\n")))
    assert remark.rule == "surrogate-shape"
    assert remark.problem.message.startswith("made-up values of ACCOUNT_NUMBER, CASE_NUMBER, CLAIM_NUMBER and ")
    assert f" more {SHAPE}" in remark.problem.message


def test_what_has_made_up_values_of_its_kind_is_what_the_maker_says() -> None:
    from needful.policy.linting.tokens import FAKED

    assert frozenset(surrogates._FAKES) == FAKED


AROUND = Around("p_test.yaml", frozenset({"ask"}), frozenset({"NEEDFUL_KEY"}))


def test_a_secret_that_is_not_in_the_environment_is_a_warning() -> None:
    assert_remarks(
        purpose(SCAN) + "keys: §env:CLAIMS_KEY\n",
        "missing-secret",
        "warning: the environment variable CLAIMS_KEY is not set here, and the policy's secret is read from it "
        "(set it to the output of: openssl rand -base64 32)",
        around=AROUND,
    )


def test_the_variable_that_has_a_key_file_is_a_note() -> None:
    empty = Around.of("p_test.yaml", frozenset({"ask"}), {"NEEDFUL_KEY": "", "HOME": "somewhere"})
    assert_remarks(
        f"§{purpose(SCAN)}",
        "key-file",
        "note: NEEDFUL_KEY is not set here, so a key file in the user's state directory is used "
        "(set it where several users or machines are to give one value one token)",
        around=empty,
    )
    assert rules_of(purpose(SCAN), empty) == ["key-file"]
    assert rules_of(purpose(SCAN), AROUND) == []


def test_purposes_that_no_test_asks_for_are_warnings() -> None:
    two = f"{purpose(SCAN)}  §audit:\n    {SCAN}"
    expected = 'warning: no test asks for the purpose "audit" (add one to p_test.yaml)'
    assert_remarks(two, "untested-purpose", expected, around=AROUND)


def test_a_policy_without_a_suite_is_one_warning() -> None:
    assert_remarks(
        purpose(SCAN).replace("purposes:", "§purposes:"),
        "untested-purpose",
        'warning: no purpose is tested: there is no suite "p_test.yaml" beside the policy that loads '
        "(write one test a purpose; needful policy test runs them)",
        around=Around("p_test.yaml", None),
    )


def test_remarks_know_no_value_of_the_environment() -> None:
    assert "canary" not in repr(Around.of("p_test.yaml", None, {"NEEDFUL_KEY": "canary"}))


@pytest.mark.parametrize("name", policy_names())
def test_the_starter_policies_have_notes_only(name: str, repository: Path) -> None:
    remarks = lint(Policy.load(repository / "policies" / f"{name}.yaml"))
    assert {remark.severity for remark in remarks} == {"note"}


def large_policy(rule_count: int) -> str:
    """A policy with this many rules, all of them without a remark but the kept ones."""
    fields = "".join(
        f"      metadata.f{number}: {{action: pseudonymize, entity: PERSON}}\n" for number in range(rule_count - 21)
    )
    kept = "".join(f"      metadata.k{number}: {{action: keep, reason: no person's}}\n" for number in range(20))
    body = f"purposes:\n  ask:\n    fields:\n      page_content: scan\n{fields}{kept}    {MODEL}"
    return f"needful: 1\nname: large\nversion: 1\n{body}"


def test_a_policy_of_two_hundred_rules_is_remarked_on() -> None:
    policy = Policy.parse(large_policy(200))
    assert len(list(rules(policy.document))) == 199
    assert [each.rule for each in lint(policy)] == ["keep"] * 20
