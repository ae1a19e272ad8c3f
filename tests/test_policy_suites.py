"""Policy test suites: reading them, and comparing what came out with what was expected."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful import tokens
from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.narrowing import narrowed, nobody
from needful.policy.suites.comparing import Outcome, RestoredOutcome, difference, restored_difference
from needful.policy.suites.expectations import Expectation, ExpectedDocument, ExpectedRestored
from needful.policy.suites.suite import NEUTRAL_QUERY, Suite, suite_path
from needful.resources import policy_names
from needful.testing import run_suite
from needful.testing.coverage import coverage_of
from needful.testing.suites import SuiteResult
from policy_support import marked

EXPECT = "what must come out: text, documents, counts, withheld, refused or absent"
SUITE = """\
policy: customer-service.yaml
tests:
  - name: an agent sees the claim
    purpose: answer-ticket
    principal: {id: agent-7, tenant: acme}
    query: Why was the claim reduced?
    k: 2
    filter: {metadata.product: {any: [home, car]}}
    records:
      - {$id: 7, page_content: a text, metadata: {tenant: acme, note: null}}
    expect:
      documents: [{page_content: a text, metadata: {note: null}}]
      withheld: 1
      absent: [Maria Keller]
  - name: nobody filters by name
    query: Which?
    expect: {refused: true}
"""


def parse(text: str) -> Suite:
    return Suite.parse(text, Path("policies/x_test.yaml"))


def test_a_suite_is_read_with_the_lines_of_its_tests() -> None:
    suite = parse(SUITE)
    assert suite.policy == Path("policies/customer-service.yaml")
    assert suite.lines == {"an agent sees the claim": 3, "nobody filters by name": 15}
    first, second = suite.cases
    assert (first.purpose, first.k, first.query) == ("answer-ticket", 2, "Why was the claim reduced?")
    assert first.principal == {"id": "agent-7", "tenant": "acme"}
    assert first.filter["metadata.product"].any == ("home", "car")
    assert first.records[0]["$id"] == 7
    assert first.expect.withheld == 1
    assert first.expect.absent == ("Maria Keller",)
    assert second.expect.refused is True
    assert second.principal is None


TEXTS = """\
policy: p.yaml
purpose: ask
principal: {id: agent-7}
tests:
  - name: one
    text: Maria called.
    expect: "[PERSON] called."
  - name: several
    purpose: other
    principal: null
    query: Who called?
    texts:
      - {text: Maria called., expect: {withheld: 1}}
      - text: Tom called.
        expect:
          text: "[PERSON] called."
  - name: pairs
    texts:
      Maria called.: "[PERSON] called."
      "Tom: called.": {refused: denied}
"""


def test_a_text_alone_is_a_test_without_records_and_asks_nothing() -> None:
    one, *_ = parse(TEXTS).cases
    assert (one.text, one.records, one.query) == ("Maria called.", (), NEUTRAL_QUERY)
    assert one.expect.wanted == (ExpectedDocument(page_content="[PERSON] called."),)


def test_a_table_is_a_test_a_row_with_its_own_name_and_line() -> None:
    _, *rows = parse(TEXTS).cases
    assert [(row.name, row.line, row.text) for row in rows] == [
        ("several, row 1", 13, "Maria called."),
        ("several, row 2", 14, "Tom called."),
        ("pairs, row 1", 19, "Maria called."),
        ("pairs, row 2", 20, "Tom: called."),
    ]
    assert [row.expect.withheld for row in rows] == [1, None, None, None]
    assert rows[3].expect.refused == "denied"


def test_the_purpose_and_principal_of_a_suite_hold_where_a_test_gives_none() -> None:
    one, several, *_, pairs = parse(TEXTS).cases
    assert (one.purpose, one.principal) == ("ask", {"id": "agent-7"})
    assert (several.purpose, several.principal, several.query) == ("other", None, "Who called?")
    assert pairs.principal == {"id": "agent-7"}


def test_every_case_knows_where_its_expectation_stands() -> None:
    suite = parse(TEXTS)
    assert [suite.tree.node(case.place) for case in suite.cases] == [
        "[PERSON] called.",
        {"withheld": 1},
        {"text": "[PERSON] called."},
        "[PERSON] called.",
        {"refused": "denied"},
    ]


def test_a_suite_is_found_beside_its_policy() -> None:
    assert suite_path("policies/customer-service.yaml") == Path("policies/customer-service_test.yaml")


def test_a_suite_is_loaded_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x_test.yaml"
    path.write_text(SUITE, "utf-8")
    suite = Suite.load(path)
    assert suite.source == str(path)
    assert suite.policy == tmp_path / "customer-service.yaml"


def test_a_missing_suite_is_a_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no such file"):
        Suite.load(tmp_path / "x_test.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("§- a", "this is not a policy test suite (it has the keys policy and tests)"),
        (
            "§tests: [{name: a, query: q, expect: {withheld: 0}}]",
            '"policy" is missing (the policy file in the same directory, such as policy: customer-service.yaml)',
        ),
        ("§policy: a.yaml", '"tests" is missing (name at least one test)'),
        ("policy: a.yaml\ntests: §[]", "tests is empty (name at least one test)"),
        (
            "policy: §../a.yaml\ntests: [{name: a, query: q, expect: {withheld: 0}}]",
            "policy is not written as it should be (the name of a policy file in the same directory)",
        ),
        (
            "policy: a.yaml\ntests: [§{query: q, expect: {withheld: 0}}]",
            '"name" is missing (what the test shows, such as name: an agent sees no names)',
        ),
        (
            "policy: a.yaml\ntests: [§{name: a, query: q}]",
            f'"expect" is missing ({EXPECT})',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: §{}}]",
            "a test expects something (give text, documents, counts, withheld, refused or absent)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: §{refused: true, withheld: 1}}]",
            "a refused question has no documents (expect refused, or documents and withheld)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: {withheld: 0}, §purpse: b}]",
            'unknown key "purpse" (did you mean "purpose"?)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: {§withhold: 0}}]",
            'unknown key "withhold" (did you mean "withheld"?)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: {documents: [{§content: a}]}}]",
            'unknown key "content" (did you mean "page_content"?)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, expect: {absent: [§123]}}]",
            "expected text, not a number (write it in quotes)",
        ),
        (
            (
                "policy: a.yaml\ntests:\n- {name: a, query: q, expect: {withheld: 0}}\n"
                "- {name: §a, query: q, expect: {withheld: 0}}"
            ),
            'a second test "a" (give each test its own name)',
        ),
        (
            "policy: a.yaml\ntests: [§{name: a, expect: {withheld: 0}}]",
            '"query" is missing (what is asked; only a text can do without)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, records: [], §text: b, expect: c}]",
            "both records and text (a test has records, a text, or texts)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, texts: {b: c}, §expect: d}]",
            "expect beside texts (each text has its own expect)",
        ),
        ("policy: a.yaml\ntests: [{name: a, texts: §{}}]", "texts is empty (give at least one, or leave the key out)"),
        ("policy: a.yaml\ntests: [{name: a, texts: [§{text: b}]}]", f'"expect" is missing ({EXPECT})'),
        (
            "policy: a.yaml\ntests: [{name: a, texts: [{text: b, expect: c, §nam: d}]}]",
            'unknown key "nam" (known here: text, expect)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, texts: §b}]",
            "expected a list, not text (write it in square brackets: […])",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, text: b, expect: {counts: {PERSON: {§redcat: 1}}}}]",
            'unknown action "redcat" (did you mean "redact"?)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, texts: {b: {counts: {PERSON: {§redcat: 1}}}}}]",
            'unknown action "redcat" (did you mean "redact"?)',
        ),
        (
            "policy: a.yaml\ntests: [{name: a, text: b, expect: {counts: {PERSON: §many}}}]",
            "expected a whole number, not text (write digits only, such as 3)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, text: b, expect: {withheld: §-1}}]",
            "withheld must be at least 0 (write 0 or more)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, text: b, expect: §{text: c, documents: []}}]",
            "text is short for documents (give one of them)",
        ),
        (
            "policy: a.yaml\ntests: [{name: a, query: q, records: [{$score: §high}], expect: {withheld: 0}}]",
            "$score is not a number (the score of the record)",
        ),
        ("policy: a.yaml\ntests: [{name: a, text: b, expect: c, §restore: {}}]", f'"expect" is missing ({EXPECT})'),
        (
            "policy: a.yaml\ntests: [{name: a, text: b, expect: c, restore: {expect: {§txt: d}}}]",
            'unknown key "txt" (did you mean "text"?)',
        ),
        ("policy: a.yaml\ntests: §&x []", "anchors (&name) are not part of the policy language (write the value out)"),
    ],
)
def test_a_wrong_suite_is_refused_where_it_is_wrong(text: str, expected: str) -> None:
    plain, ((line, column),) = marked(text)
    with pytest.raises(PolicyError) as caught:
        parse(plain)
    assert str(caught.value) == f"policies/x_test.yaml:{line}:{column}: {expected}"
    assert caught.value.__context__ is None


def document(page_content: str = "a text", **metadata: Any) -> dict[str, Any]:
    return {"page_content": page_content, "metadata": metadata}


def expecting(page_content: str | None = None, **metadata: Any) -> Expectation:
    return Expectation(documents=(ExpectedDocument(page_content=page_content, metadata=metadata),))


def compared(expected: Expectation, *documents: dict[str, Any]) -> str | None:
    return difference(expected, Outcome(documents))


@pytest.mark.parametrize(
    "text",
    [
        "Claim of [PERSON:7K3QF2MB].",
        "Claim of [PERSON:7K3QF2MB9XTD].",
    ],
)
def test_a_wildcard_is_any_pseudonym_of_its_entity(text: str) -> None:
    assert compared(expecting("Claim of [PERSON:*]."), document(text)) is None


@pytest.mark.parametrize(
    ("expected", "actual", "problem"),
    [
        ("[PERSON:*]", "[PERSON#7K3QF2MB9XTD]", "documents[0].page_content: at character 1, expected [PERSON:*]"),
        ("[PERSON:*]", "[PERSON]", "documents[0].page_content: at character 1, expected [PERSON:*]"),
        ("[PERSON:*]", "[LOCATION:7K3QF2MB]", "documents[0].page_content: at character 1, expected [PERSON:*]"),
        ("By [PERSON:*]", "By Maria", "documents[0].page_content: at character 4, expected [PERSON:*]"),
        ("[PERSON:*]", "[PERSON:Maria K.]", "documents[0].page_content: at character 1, expected [PERSON:*]"),
        ("one two", "one three", 'documents[0].page_content: from character 6 on, expected "wo"'),
        ("one two", "one", 'documents[0].page_content: from character 4 on, expected " two"'),
        ("one", "one two", "documents[0].page_content: expected to end after character 3"),
        ("[A_B:*] x", "[A_B:7K3QF2MB] y", 'documents[0].page_content: from character 16 on, expected "x"'),
    ],
)
def test_a_text_that_differs_is_told_by_place_and_expectation(expected: str, actual: str, problem: str) -> None:
    assert compared(expecting(expected), document(actual)) == problem


def test_metadata_may_have_more_than_is_expected() -> None:
    assert compared(expecting(a=1), document(a=1, b=2, needful={})) is None
    assert compared(expecting(a={"b": [1, "[PERSON:*]"]}), document(a={"b": [1, "[PERSON:7K3QF2MB]"], "c": 2})) is None


@pytest.mark.parametrize(
    ("expected", "actual", "problem"),
    [
        ({"a": 1}, {}, "documents[0].metadata.a: is missing"),
        ({"a": 1}, {"a": 2}, "documents[0].metadata.a: expected 1"),
        ({"a": 1}, {"a": True}, "documents[0].metadata.a: expected 1"),
        ({"a": None}, {"a": "x"}, "documents[0].metadata.a: expected None"),
        ({"a": "x"}, {"a": 3}, 'documents[0].metadata.a: expected "x"'),
        ({"a": {"b": 1}}, {"a": 3}, "documents[0].metadata.a.b: is missing"),
        ({"a": [1, 2]}, {"a": [1]}, "documents[0].metadata.a: expected a list of 2"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "documents[0].metadata.a[1]: expected 2"),
    ],
)
def test_metadata_that_differs_is_told_by_place_and_expectation(
    expected: dict[str, Any], actual: dict[str, Any], problem: str
) -> None:
    assert compared(expecting(**expected), document(**actual)) == problem


def test_the_number_of_documents_and_of_withheld_records_counts() -> None:
    assert compared(expecting("a"), document("a"), document("b")) == "documents: expected 1, there are 2"
    assert difference(Expectation(withheld=1), Outcome(withheld=2)) == "withheld: expected 1, there are 2"
    assert difference(Expectation(documents=()), Outcome()) is None


@pytest.mark.parametrize(
    ("expected", "actual", "problem"),
    [
        ({"PERSON": 3}, {"PERSON": {"redact": 1, "keep": 2}}, None),
        ({"PERSON": 0}, {}, None),
        ({"PERSON": {"redact": 1}}, {"PERSON": {"redact": 1}, "URL": {"keep": 1}}, None),
        ({"PERSON": {"redact": 1, "keep": 0}}, {"PERSON": {"redact": 1}}, None),
        ({"PERSON": 2}, {"PERSON": {"redact": 3}}, "counts.PERSON: expected 2, there are 3"),
        ({"PERSON": 1}, {}, "counts.PERSON: expected 1, there are 0"),
        ({"PERSON": {"redact": 2}}, {"PERSON": {"redact": 1}}, "counts.PERSON.redact: expected 2, there are 1"),
        ({"metadata.name": {}}, {"metadata.name": {"keep": 1}}, "counts.metadata.name.keep: expected 0, there are 1"),
    ],
)
def test_counts_are_exact_for_what_is_named(expected: Any, actual: Any, problem: str | None) -> None:
    assert difference(Expectation(counts=expected), Outcome(counts=actual)) == problem


def test_what_stands_for_a_made_up_value_is_compared_as_it_is() -> None:
    assert compared(expecting("By [PERSON~*]."), document("By [PERSON~*].")) is None
    assert compared(expecting("By [PERSON~*]."), document("By Maria.")) is not None
    assert difference(Expectation(absent=("PERSON",)), Outcome([document("By [PERSON~*].")])) is None


@pytest.mark.parametrize(
    ("expected", "outcome", "problem"),
    [
        ({"text": "Maria."}, RestoredOutcome("Maria."), None),
        ({"text": "Maria."}, RestoredOutcome("[PERSON]."), 'restore.text: from character 1 on, expected "Maria."'),
        ({"restored": 2}, RestoredOutcome("", 1), "restore.restored: expected 2, there are 1"),
        ({"absent": ("maria",)}, RestoredOutcome("By Maria."), 'restore.text: has "maria"'),
        ({"refused": True}, RestoredOutcome(refused="restore-not-allowed"), None),
        ({"refused": "other"}, RestoredOutcome(refused="this"), "restore.refused: expected other, it is this"),
    ],
)
def test_a_restored_text_is_compared_too(expected: Any, outcome: RestoredOutcome, problem: str | None) -> None:
    assert restored_difference(ExpectedRestored(**expected), outcome) == problem


@pytest.mark.parametrize(
    ("expected", "actual", "problem"),
    [
        (True, "not-filterable", None),
        ("not-filterable", "not-filterable", None),
        (True, None, "refused: the question was not refused"),
        ("a", None, "refused: the question was not refused"),
        ("a", "b", "refused: expected a, it is b"),
    ],
)
def test_a_refusal_is_expected_by_its_code_or_at_all(expected: Any, actual: str | None, problem: str | None) -> None:
    assert difference(Expectation(refused=expected), Outcome(refused=actual)) == problem


def test_a_refusal_that_was_not_expected_is_a_difference() -> None:
    assert difference(Expectation(withheld=0), Outcome(refused="bound")) == "refused: the question was refused (bound)"


@pytest.mark.parametrize(
    ("outcome", "place"),
    [
        (Outcome([document("by maria keller")]), "documents[0].page_content"),
        (Outcome([document(), document(a={"b": ["MARIA KELLER"]})]), "documents[1].metadata"),
        (Outcome([{"page_content": "", "metadata": {"Maria Keller": 1}}]), "documents[0].metadata"),
        (Outcome(query="Who is Maria Keller?"), "query"),
    ],
)
def test_what_must_be_absent_is_looked_for_everywhere(outcome: Outcome, place: str) -> None:
    assert difference(Expectation(absent=("Maria Keller",)), outcome) == f'{place}: has "Maria Keller"'


def test_an_absent_number_is_found_in_numbers_and_not_in_tokens() -> None:
    assert difference(Expectation(absent=("12345",)), Outcome([document(a=9123456)])) is not None
    assert difference(Expectation(absent=("K3Q", "metadata")), Outcome([document("[PERSON:7K3QF2MB]")])) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_never_shows_what_came_out(expected: str, actual: str) -> None:
    canary = f"canary{actual}canary"
    told = compared(expecting(expected, a=expected), document(canary, a=canary))
    assert told is not None
    assert "canary" not in told


@given(st.text(alphabet=st.characters(exclude_characters="["), max_size=60))
def test_a_text_equals_itself(text: str) -> None:
    assert compared(expecting(text, a=text), document(text, a=text)) is None


def test_an_outcome_does_not_show_its_texts() -> None:
    assert "secret" not in repr(Outcome([document("secret")], query="secret"))


def starter(name: str, repository: Path, named: str = "") -> SuiteResult:
    """Run the suite of a starter policy with the detection that it asks for."""
    from needful_presidio.detector import detector_for

    return run_suite(
        repository / "policies" / f"{name}_test.yaml",
        detector_for=lambda policy, purpose: detector_for(policy.document, purpose),
        named=named,
    )


@pytest.mark.parametrize("name", policy_names())
def test_the_starter_policies_pass_suites_that_exercise_every_rule(name: str, repository: Path) -> None:
    result = starter(name, repository)
    assert [(failure.name, failure.problem) for failure in result.failures] == []
    assert [str(rule) for coverage in coverage_of([result]) for rule in coverage.missing] == []
    assert len(result.results) >= 8


def test_a_link_between_two_documents_of_a_case_survives(repository: Path) -> None:
    [result] = starter("aml-review", repository, named="hang together").results
    assert result.outcome is not None
    first, second = (str(document["page_content"]) for document in result.outcome.documents)
    shared = set(tokens_in(first)) & set(tokens_in(second))
    assert sorted(token[: token.index(":")] for token in shared) == ["[IBAN_CODE", "[PERSON"]


def tokens_in(text: str) -> list[str]:
    return [token for _, _, token in tokens.find_tokens(text) if tokens.names_a_value(token)]


def test_the_two_purposes_of_customer_service_differ_visibly(repository: Path) -> None:
    policy = Policy.load(repository / "policies" / "customer-service.yaml")
    agent, reviewer = policy.purposes["answer-ticket"], policy.purposes["fraud-review"]
    assert set(agent.fields) ^ set(reviewer.fields)
    of_agent, of_reviewer = (narrowed(purpose, nobody).rule_for("PERSON") for purpose in (agent, reviewer))
    assert of_agent.action is not of_reviewer.action


def test_the_examples_of_the_one_page_load(repository: Path) -> None:
    page = (repository / "policies" / "README.md").read_text("utf-8")
    policy, suite = (block.partition("```")[0] for block in page.split("```yaml\n")[1:])
    assert set(Policy.parse(policy).purposes) == {"answer-ticket"}
    assert len(Suite.parse(suite).cases) == 2


def test_the_example_in_the_module_is_a_suite() -> None:
    import needful.policy.suites.suite as module

    example = (module.__doc__ or "").partition("    policy:")[2].partition("`purpose` and")[0]
    assert len(parse(dedent("    policy:" + example)).cases) == 3
