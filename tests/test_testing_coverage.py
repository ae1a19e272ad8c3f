"""Which rules of a policy its tests exercised: each rule by a test that does, and one that comes close."""

from __future__ import annotations

from pathlib import Path

import pytest

from needful.testing import Coverage, coverage_of
from suite_support import POLICY, problems, ran

AGENT = "principal: {id: a, tenant: acme, role: agent}"
TEXT = "field page_content"
BOSS = "principal: {id: b, tenant: acme, role: supervisor}"


def covered(folder: Path, tests: str, policy: str = POLICY) -> Coverage:
    """Run tests that must pass; return what they exercised."""
    result = ran(folder, tests, policy=policy)
    assert problems(result) == {}
    (coverage,) = coverage_of([result])
    return coverage


def exercised(folder: Path, tests: str, policy: str = POLICY) -> set[str]:
    return {f"{rule.kind} {rule.name}" for rule in covered(folder, tests, policy).rules if rule.exercised}


def test_without_a_test_that_asks_nothing_is_exercised(tmp_path: Path) -> None:
    coverage = covered(tmp_path, "- {name: a, purpose: other, text: a, expect: {refused: purpose-unknown}}")
    assert coverage.missing == coverage.rules
    assert coverage.entities == ("CRYPTO", "EMAIL_ADDRESS", "PERSON", "PHONE_NUMBER", "TRACKING", "US_SSN")
    assert [f"{rule.kind} {rule.name}" for rule in coverage.rules] == [
        "when role",
        "filter metadata.tenant",
        "filterable metadata.product",
        "field page_content",
        "field metadata.title",
        "field metadata.name",
        "field metadata.city, rule 1",
        "field metadata.city, rule 2",
        "field metadata.secret",
        "entity default",
        "entity PERSON, rule 1",
        "entity PERSON, rule 2",
        "entity EMAIL_ADDRESS",
        "entity PHONE_NUMBER",
        "entity US_SSN",
        "entity CRYPTO",
        "limit records",
        "limit passages",
        "limit characters",
        "limit score",
        "restore PERSON",
        "recognizer tracking",
    ]


def test_a_rule_is_told_with_its_place_in_the_file(tmp_path: Path) -> None:
    coverage = covered(tmp_path, "- {name: a, text: a, expect: a}")
    told = [str(rule) for rule in coverage.missing]
    path = tmp_path / "p.yaml"
    assert f"{path}:6:5: no test exercises when role of answer" in told
    assert f"{path}:15:11: no test exercises field metadata.city, rule 1 of answer" in told
    assert f"{path}:31:5: no test exercises recognizer tracking" in told
    lines = path.read_text("utf-8").splitlines()
    named = [rule for rule in coverage.rules if rule.kind != "when" and ", rule" not in rule.name]
    assert all(rule.name in lines[rule.line - 1] for rule in named)


@pytest.mark.parametrize(
    ("test", "rules"),
    [
        ("text: a, expect: a", {TEXT}),
        (
            "query: q, records: [{page_content: a, metadata: {tenant: b}}], expect: {documents: []}",
            {"filter metadata.tenant"},
        ),
        (f"{AGENT.replace('agent', 'guest')}, text: a, expect: {{refused: not-for-principal}}", {"when role"}),
        ("query: q, k: 3, expect: {refused: k-above-limit}", {"limit records"}),
        ("text: bc1q, expect: {refused: denied}", {"entity CRYPTO"}),
        ("text: 536-22-8145, expect: {withheld: 1}", {"entity US_SSN"}),
        ("text: Call +49301234. Or not., expect: Or not.", {"entity PHONE_NUMBER", TEXT}),
        ("text: See www.example.org., expect: 'See [URL].'", {"entity default", TEXT}),
        ("text: Ask a@b.com., expect: 'Ask ****com.'", {"entity EMAIL_ADDRESS", TEXT}),
        ("text: Tom Weiss, expect: '[PERSON:*]'", {"entity PERSON, rule 1", TEXT}),
        (f"{BOSS}, text: Tom Weiss, expect: '[PERSON~*]'", {"entity PERSON, rule 2", TEXT}),
        ("text: One. Two. Three., expect: One. Two.", {"limit passages", TEXT}),
    ],
)
def test_one_test_exercises_no_more_than_it_does(tmp_path: Path, test: str, rules: set[str]) -> None:
    assert exercised(tmp_path, f"- {{name: a, {test}}}") == rules


RECORD = "page_content: a, metadata: {tenant: acme, %s}"


@pytest.mark.parametrize(
    ("metadata", "principal", "rules"),
    [
        ("title: t", AGENT, {"field metadata.title"}),
        ("title: null", AGENT, set()),
        # The field's own token is no span of a text: the rule of the entity has not decided anything.
        ("name: Maria Keller", AGENT, {"field metadata.name"}),
        ("city: Bern", AGENT, {"field metadata.city, rule 2"}),
        ("city: Bern", BOSS, {"field metadata.city, rule 1"}),
        ("unlisted: x", BOSS, set()),
    ],
)
def test_a_field_rule_is_exercised_by_a_value_for_a_principal(
    tmp_path: Path, metadata: str, principal: str, rules: set[str]
) -> None:
    test = f"- {{name: a, {principal}, query: a, records: [{{{RECORD % metadata}}}], expect: {{withheld: 0}}}}"
    assert exercised(tmp_path, test) == {"field page_content", *rules}


def test_a_dropping_field_rule_is_exercised_by_the_record_that_it_withheld(tmp_path: Path) -> None:
    test = f"- {{name: a, query: a, records: [{{{RECORD % 'secret: x, title: t'}}}], expect: {{withheld: 1}}}}"
    assert exercised(tmp_path, test) == {"field metadata.secret"}


def test_of_two_rules_the_stricter_one_decides(tmp_path: Path) -> None:
    policy = POLICY.replace("redact, when: {role: [agent]}", "redact")
    test = f"- {{name: a, {BOSS}, query: a, records: [{{{RECORD % 'city: Bern'}}}], expect: {{withheld: 0}}}}"
    assert exercised(tmp_path, test, policy) == {"field page_content", "field metadata.city, rule 2"}


def test_an_omitted_key_counts_by_the_record_that_has_it(tmp_path: Path) -> None:
    policy = POLICY.replace(
        "      metadata.secret: drop-record\n", "      metadata.secret: omit\n      metadata.*: scan\n"
    )
    test = "- {name: a, query: a, records: [{%s}], expect: {documents: [{metadata: {}}], absent: [hidden]}}"
    assert exercised(tmp_path, test % (RECORD % "secret: hidden"), policy) == {
        "field page_content",
        "field metadata.secret",
        "field metadata.*",  # of the tenant
    }


def test_a_released_filter_of_a_caller_counts_and_a_refused_one_does_not(tmp_path: Path) -> None:
    asked = "- {name: a, query: q, filter: {metadata.%s: {equals: x}}, expect: {%s}}"
    assert exercised(tmp_path, asked % ("product", "documents: []")) == {"filterable metadata.product"}
    assert exercised(tmp_path, asked % ("name", "refused: not-filterable")) == set()


def test_a_rule_that_shows_in_the_question_counts(tmp_path: Path) -> None:
    assert exercised(tmp_path, "- {name: a, query: Who is Tom Weiss, expect: {documents: []}}") == {
        "entity PERSON, rule 1"
    }
    # In a question, what would drop a record is redacted.
    assert exercised(tmp_path, "- {name: a, query: Whose is 536-22-8145, expect: {documents: []}}") == set()


def test_the_limits_count_where_they_bind(tmp_path: Path) -> None:
    records = ", ".join(f"{{{RECORD % f'title: t{number}'}}}" for number in range(3))
    cut = f"- {{name: a, k: 2, query: a, records: [{records}], expect: {{withheld: 0}}}}"
    assert "limit records" in exercised(tmp_path, cut)
    assert "limit records" not in exercised(tmp_path, cut.replace("k: 2", "k: 1"))
    score = f"- {{name: a, query: a, records: [{{$score: 0.1, {RECORD % ''}}}], expect: {{documents: []}}}}"
    assert exercised(tmp_path, score) == {"limit score"}
    long = f"- {{name: a, text: {'word ' * 60}, expect: {{withheld: 1}}}}"
    assert exercised(tmp_path, long) == {"limit characters"}


def test_privacy_counts_where_it_chooses_another_passage(tmp_path: Path) -> None:
    policy = POLICY.replace("passages: 2, characters: 200, score: 0.5}", "passages: 1, privacy: 1}")
    rest = "All the rest there is to say is that of the roof or of a claim."
    test = f"- {{name: a, query: which claim, text: %s {rest}, expect: {{withheld: 0}}}}"
    assert "limit privacy" in exercised(tmp_path, test % "Mail tom@mail.org and ann@mail.org a claim.", policy)
    assert "limit privacy" not in exercised(tmp_path, test % "Somebody saw a claim.", policy)


def test_a_restored_token_counts_for_its_entity(tmp_path: Path) -> None:
    test = """
    - name: a
      text: Tom Weiss
      expect: "[PERSON:*]"
      restore: {principal: {id: b, role: %s}, expect: {%s}}
    """
    assert "restore PERSON" in exercised(tmp_path, test % ("supervisor", "restored: 1"))
    assert "restore PERSON" not in exercised(tmp_path, test % ("agent", "refused: true"))


def test_a_kept_entity_counts_where_no_stricter_finding_takes_it(tmp_path: Path) -> None:
    policy = POLICY.replace("default: redact", "default: redact\n      URL: {action: keep, reason: pages are public}")
    test = "- {name: a, text: See %s today, expect: {withheld: 0}}"
    assert "entity URL" in exercised(tmp_path, test % "www.x.org", policy)
    assert "entity URL" not in exercised(tmp_path, test % "a@www.x.org", policy)


def test_a_recognizer_counts_where_it_finds_and_the_purpose_uses_it(tmp_path: Path) -> None:
    test = "- {name: a, text: %s, expect: {withheld: 0}}"
    policy = POLICY.replace("tracking", "keyword")  # what the spans of these tests say
    assert "recognizer keyword" in exercised(tmp_path, test % "Tom Weiss", policy)
    assert "recognizer keyword" not in exercised(tmp_path, test % "Nobody", policy)
    unused = policy.replace("recognizers: [keyword]", "recognizers: []")
    assert "recognizer keyword" not in exercised(tmp_path, test % "Tom Weiss", unused)


def test_suites_of_one_policy_count_together(tmp_path: Path) -> None:
    one = ran(tmp_path, "- {name: a, text: bc1q, expect: {refused: denied}}")
    two = ran(tmp_path, "- {name: b, text: 536-22-8145, expect: {withheld: 1}}")
    (coverage,) = coverage_of([one, two])
    assert {rule.name for rule in coverage.rules if rule.exercised} == {"CRYPTO", "US_SSN"}
    assert "CRYPTO" not in coverage.entities


def test_coverage_shows_no_value(tmp_path: Path) -> None:
    coverage = covered(tmp_path, "- {name: a, text: Tom Weiss, expect: '[PERSON:*]'}")
    assert "Weiss" not in repr(coverage) + " ".join(map(str, coverage.rules))
