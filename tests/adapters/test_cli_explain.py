"""`needful policy explain`: a purpose for everybody and for one principal, and a text with its spans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import AGENT, CANARY, fails, fine, run

from needful.policy import Policy
from needful_cli.explain_rules import explanation
from needful_cli.explain_text import explained_text

NARROWED = """\
needful: 1
name: narrowed
version: 1
layout: llamaindex
purposes:
  ask:
    when: {role: [agent, lead]}
    fields:
      _node_content: scan
      metadata.city:
        - {action: generalize, to: range, step: 10000, when: {role: [agent]}}
        - {action: keep, reason: a lead sees where, when: {role: [lead]}}
      metadata.note: {action: omit, reason: nobody needs it}
      metadata.*: scan
    entities:
      URL: redact
      PHONE_NUMBER:
        - {action: mask, keep_last: 2, when: {role: [agent]}}
        - {action: pseudonymize, lasting: true, when: {role: [lead]}}
    restore: {PHONE_NUMBER: {role: [lead]}}
    detect: {ner: none, reason: a test needs no model}
"""


@pytest.fixture
def narrowed(tmp_path: Path) -> Path:
    path = tmp_path / "narrowed.yaml"
    path.write_text(NARROWED, "utf-8")
    return path


def explained(policy: str | Path, *flags: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fine("policy", "explain", policy, "--json", *flags))
    return found


def joined(*arguments: str | Path) -> str:
    """What was printed for people, with the line ends of tables taken out."""
    return " ".join(fine("policy", "explain", *arguments).split())


def test_a_purpose_is_explained_with_its_reasons() -> None:
    said = joined("customer-service", "--purpose", "answer-ticket")
    assert "Purpose answer-ticket: Fetches 8 fields; 2 searched for PII; 2 kept; 4 replaced or withheld;" in said
    assert "always filtered by: metadata.tenant equals $principal.tenant" in said
    assert "metadata.product keep" in said
    assert "US_SSN drop-record" in said
    assert "mask, first 2 left" in said
    assert "Any other field stays in Qdrant." in said


def test_every_purpose_is_explained_where_none_is_named() -> None:
    purposes = explained("customer-service")["purposes"]
    assert purposes.keys() == {"answer-ticket", "fraud-review", "search-faq"}
    fields = {row["field"]: row for row in purposes["answer-ticket"]["fields"]}
    assert fields["metadata.iban"]["for"] == "role: payments"
    assert fields["page_content"]["shown"] == "passages, at most 3 a record"
    assert fields["metadata.name"] == {
        "field": "metadata.name",
        "rule": "pseudonymize",
        "in words": "pseudonymize",
        "for": "",
        "shown": "what replaces it",
        "known value": "yes",
        "reason": "",
        "stands for": "",
    }


def test_the_filter_of_a_principal_is_explained() -> None:
    asked = ("--purpose", "answer-ticket", "--principal")
    found = explained("customer-service", *asked, AGENT)
    assert found["purposes"]["answer-ticket"]["filter"] == {"metadata.tenant": {"equals": "acme"}}
    fields = {row["field"]: row for row in found["purposes"]["answer-ticket"]["fields"]}
    assert fields["metadata.iban"]["shown"] == "not shown"
    command = ("policy", "explain", "customer-service", *asked)
    assert "the principal has no attribute tenant" in fails(5, *command, '{"id": "agent-7"}')
    assert "--principal: a principal needs an id" in fails(2, *command, '{"tenant": "acme"}')


def test_without_a_principal_every_rule_is_shown_with_for_whom_it_is(narrowed: Path) -> None:
    ask = explained(narrowed)["purposes"]["ask"]
    cities = [(row["in words"], row["for"]) for row in ask["fields"] if row["field"] == "metadata.city"]
    assert cities == [("generalize to range of 10,000", "role: agent"), ("keep", "role: lead")]
    assert ask["for"] == "role: agent, lead"
    said = joined(narrowed)
    assert "for role: agent, lead" in said
    assert "metadata.* is any other key under metadata, which is searched too; so all of metadata is fetched." in said
    assert "nobody needs it" in said
    assert "Whose lasting tokens may be turned back entity by" in said
    assert "text in _node_content (JSON, key text)" in said


def test_with_a_principal_only_what_holds_for_them_is_shown(narrowed: Path) -> None:
    ask = explained(narrowed, "--principal", '{"id": "a", "role": "lead"}')["purposes"]["ask"]
    assert [row["rule"] for row in ask["fields"] if row["field"] == "metadata.city"] == ["keep"]
    assert {row["entity"]: row["in words"] for row in ask["entities"]}["PHONE_NUMBER"] == "pseudonymize, lasting"
    assert not any(row["field"] == "metadata.note" for row in ask["fields"])
    assert ask["summary"] == (
        "Fetches 3 fields; 2 searched for PII; 1 kept; 1 field not for this principal; records not filtered."
    )


def test_a_purpose_that_is_not_for_a_principal_is_said_to_be_not(narrowed: Path) -> None:
    guest = ("--principal", '{"id": "a", "role": "guest"}')
    said = joined(narrowed, *guest)
    assert "Purpose ask: this purpose is not for this principal. for role: agent, lead" in said
    assert "metadata.city" not in said
    ask = explained(narrowed, *guest)["purposes"]["ask"]
    assert (ask["allowed"], "fields" in ask) == (False, False)


def test_the_parameters_of_an_operator_are_not_printed(tmp_path: Path) -> None:
    secret = "an-encryption-key"
    rule = f"{{action: custom, operator: replace, params: {{new_value: {secret}}}}}"
    path = tmp_path / "p.yaml"
    path.write_text(NARROWED.replace("URL: redact", f"URL: {rule}"), "utf-8")
    assert secret not in fine("policy", "explain", path) + fine("policy", "explain", path, "--json")
    assert "custom replace, with new_value" in joined(path)


def test_what_a_child_takes_and_loosens_is_shown(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(NARROWED, "utf-8")
    child = tmp_path / "child.yaml"
    child.write_text(
        "needful: 1\nname: child\nversion: 1\nextends: parent.yaml\npurposes:\n  ask:\n"
        "    limits: {passages: 5}\n    unsafe-allow: {limits.passages: short notes need their neighbours}\n",
        "utf-8",
    )
    said = joined(child)
    assert "Extends parent.yaml" in said
    assert "Looser than the parent (unsafe-allow)" in said
    assert "limits.passages short notes need their neighbours" in said
    assert explained(child)["extends"] == "parent.yaml"


TEXT = f"{CANARY}, maria@example.com, POL-12345678, card 4111 1111 1111 1111, SSN 219-09-9999"
ASKED = ("customer-service", "--purpose", "answer-ticket")


def test_a_text_is_explained_by_the_rules_that_decide() -> None:
    found = explained(*ASKED, "--text", TEXT)
    spans = {span["entity"]: span for span in found["spans"]}
    assert spans["EMAIL_ADDRESS"]["rule"] == "entities.default"
    assert spans["EMAIL_ADDRESS"]["replacement"] == "[EMAIL_ADDRESS]"
    assert spans["POLICY_NUMBER"]["replacement"] == "*********678"
    assert spans["POLICY_NUMBER"]["recognizer"] == "policy-number"
    assert spans["CREDIT_CARD"]["action"] == "drop-passage"
    assert spans["CREDIT_CARD"]["rule"] == "entities.CREDIT_CARD"
    assert spans["US_SSN"]["replacement"] == "(the record is left out)"
    start, end = spans["EMAIL_ADDRESS"]["start"], spans["EMAIL_ADDRESS"]["end"]
    assert TEXT[start:end] == "maria@example.com"


def test_the_rule_that_decides_has_its_line() -> None:
    from needful.resources import policy_text

    lines = policy_text("customer-service").splitlines()
    spans = {span["entity"]: span for span in explained(*ASKED, "--text", TEXT)["spans"]}
    assert "CREDIT_CARD:   drop-passage" in lines[spans["CREDIT_CARD"]["line"] - 1]
    assert "default:       redact" in lines[spans["EMAIL_ADDRESS"]["line"] - 1]


def test_the_spans_of_a_text_are_marked_and_numbered() -> None:
    said = fine("policy", "explain", *ASKED, "--text", "Dear all: maria@example.com, POL-12345678.")
    assert "Dear all: ⟦maria@example.com⟧¹, ⟦POL-12345678⟧²." in said
    assert "entities.default, line" in " ".join(said.split())


def test_marks_taken_out_give_the_text_again() -> None:
    policy = Policy.parse(NARROWED)
    text = "+1 212 555 0142 or http://example.com/+12125550142, ⟦x⟧"
    shown = explained_text(policy, "ask", text, {"id": "a", "role": "agent"})
    assert text == "".join(part for part, _ in shown.parts if part != "⟦" and part[:2] not in {"⟧¹", "⟧²", "⟧³"})


def test_a_text_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("POL-12345678", "utf-8")
    assert "⟦POL-12345678⟧¹" in fine("policy", "explain", *ASKED, "--text-file", tmp_path / "letter.txt")
    assert "⟦POL-12345678⟧¹" in fine("policy", "explain", *ASKED, "--text-file", "-", stdin="POL-12345678")
    assert "there is no such --text-file" in fails(2, "policy", "explain", *ASKED, "--text-file", tmp_path / "no.txt")
    both = fails(2, "policy", "explain", *ASKED, "--text", "x", "--text-file", tmp_path / "letter.txt")
    assert "--text and --text-file" in both
    (tmp_path / "latin.txt").write_bytes(b"Z\xfcrich")
    assert "is not UTF-8" in fails(2, "policy", "explain", *ASKED, "--text-file", tmp_path / "latin.txt")


def test_the_rules_for_a_text_are_those_of_the_principal(narrowed: Path) -> None:
    flags = ("--purpose", "ask", "--text", "call +1 212 555 0142")
    (agent,) = explained(narrowed, *flags, "--principal", '{"id": "a", "role": "agent"}')["spans"]
    assert agent["replacement"].endswith("42")
    assert agent["line"] == 18
    (nobody,) = explained(narrowed, *flags)["spans"]
    assert (nobody["rule"], nobody["action"], nobody["line"]) == ("entities.PHONE_NUMBER", "redact", None)
    assert "for somebody without attributes" in fine("policy", "explain", narrowed, *flags)


def test_a_text_is_not_explained_to_whom_the_purpose_is_not_for(narrowed: Path) -> None:
    asked = ("--purpose", "ask", "--text", CANARY, "--principal", '{"id": "a", "role": "guest"}')
    said = joined(narrowed, *asked)
    assert "this purpose is not for this principal" in said
    assert CANARY not in said
    assert explained(narrowed, *asked)["spans"] == []


def test_spans_are_coloured_on_a_terminal(narrowed: Path) -> None:
    asked = ("policy", "explain", narrowed, "--purpose", "ask", "--text", "see http://example.com/x now")
    coloured = run(*asked, env={"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200"}).stdout
    assert "\x1b[31mhttp://example.com/x" in coloured
    assert "\x1b" not in fine(*asked)


def test_a_surrogate_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(NARROWED.replace("URL: redact", "EMAIL_ADDRESS: surrogate"), "utf-8")
    (span,) = explained(path, "--purpose", "ask", "--text", "maria@example.com")["spans"]
    assert "@" in span["replacement"]
    assert span["replacement"] != "maria@example.com"


def test_a_text_without_a_purpose_is_refused_with_the_purposes() -> None:
    said = fails(5, "policy", "explain", "customer-service", "--text", CANARY)
    assert "answer-ticket, fraud-review" in said
    assert CANARY not in said


def test_a_text_without_pii_has_no_spans(narrowed: Path) -> None:
    assert "No PII was found." in fine("policy", "explain", narrowed, "--purpose", "ask", "--text", "a kitchen")


def test_a_control_character_in_a_text_does_not_reach_the_terminal(narrowed: Path) -> None:
    said = fine("policy", "explain", narrowed, "--purpose", "ask", "--text", "a \x1b[31mkitchen")
    assert "\x1b" not in said


def test_what_is_explained_to_nobody_says_for_whom_it_is() -> None:
    parts = explanation(Policy.parse(NARROWED), "ask", {"id": "x"})
    assert parts["summary"] == "this purpose is not for this principal."
