"""Real payloads through the pipeline: wildcards, omitted fields, layouts of other libraries, rules by role, forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from needful.errors import AccessDenied, PolicyError
from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.testing import KeywordDetector, MemoryLedger, MemoryStore, PlainOperators, PlainSurrogates
from needful.values import Document, Principal, Release, Request

DETECTOR = KeywordDetector(
    {
        "PERSON": r"Maria Keller|Jo Brandt",
        "IBAN_CODE": r"DE\d\d \d{4} \d{4}",
        "DATE_TIME": r"\d{1,2} March 2024|2024-03-\d\d",
        "US_SSN": r"\d{3}-\d\d-\d{4}",
    }
)
HEAD = "needful: 1\nname: small\nversion: 1\n"
NER = "    detect: {ner: none, reason: a test needs no model, recognizers: [person]}\n"
OWN = "recognizers: [{name: person, entity: PERSON, regex: Maria Keller}]\n"


def pipeline(purpose: str, *records: Mapping[str, Any], head: str = "", surrogates: bool = True) -> Pipeline:
    """A pipeline over records with one purpose, `ask`, whose fields and entities are given."""
    body = "".join(f"    {line}\n" for line in purpose.strip().splitlines())
    policy = Policy.parse(f"{HEAD}{head}purposes:\n  ask:\n{body}{NER}{OWN}")
    return Pipeline(
        policy=policy,
        store=MemoryStore(list(records), text_key=policy.layout.text, in_order=True),
        detector_for=lambda name: DETECTOR,
        operators=PlainOperators(),
        ledger=MemoryLedger(),
        keys=Keys(bytes(32)),
        surrogates=PlainSurrogates() if surrogates else None,
    )


def ask(purpose: str, *records: Mapping[str, Any], head: str = "", **attributes: Any) -> Release:
    who = Principal.of({"id": "agent-7", **attributes})
    return pipeline(purpose, *records, head=head).release(Request("what happened?", purpose="ask", principal=who))


def one(purpose: str, record: Mapping[str, Any], head: str = "", **attributes: Any) -> Document:
    """The one document of one record."""
    (document,) = ask(purpose, record, head=head, **attributes).documents
    return document


def test_a_wildcard_shows_every_key_that_has_no_rule_of_its_own() -> None:
    purpose = "fields: {page_content: scan, metadata.*: scan, metadata.iban: redact, metadata.secret: omit}"
    metadata = {"title": "Kitchen of Maria Keller", "open": True, "iban": "DE12 3456 7890", "secret": "x", "year": 2024}
    document = one(purpose, {"page_content": "A flood.", "metadata": metadata})
    assert document.fields == {"title": "Kitchen of [PERSON]", "open": True, "iban": "[REDACTED]", "year": 2024}


def test_the_key_that_a_wildcard_stands_for_is_redacted_like_a_text() -> None:
    purpose = "fields: {page_content: scan, 'metadata.*': {action: keep, reason: flags are no data}}"
    metadata = {"Maria Keller": True, "Jo Brandt": False, "Maria Keller ": 3}
    document = one(purpose, {"page_content": "A flood.", "metadata": metadata})
    assert sorted(document.fields) == ["[PERSON]", "[PERSON] ", "[PERSON] (2)"]
    assert "Keller" not in repr(document.fields)


def test_a_wildcard_within_a_path_keeps_the_fields_of_one_key_together() -> None:
    purpose = "fields: {page_content: scan, accounts.*.iban: redact, accounts.*.open: {action: keep, reason: a flag}}"
    accounts = {
        "Maria Keller": {"iban": "DE12 3456 7890", "open": True, "pin": 1},
        "shared": {"iban": "x", "open": False},
    }
    document = one(purpose, {"page_content": "A flood.", "accounts": accounts})
    assert document.fields == {
        "accounts": {"[PERSON]": {"iban": "[REDACTED]", "open": True}, "shared": {"iban": "[REDACTED]", "open": False}}
    }


def test_an_entity_in_a_wildcards_key_that_drops_the_record_does_so() -> None:
    purpose = "fields: {page_content: scan, metadata.*: redact}\nentities: {US_SSN: drop-record}"
    assert ask(purpose, {"page_content": "A flood.", "metadata": {"123-45-6789": 1}}).withheld == 1


def test_a_wildcard_never_shows_the_text_field_twice() -> None:
    purpose = "fields: {body.text: scan, body.*: {action: keep, reason: a test}}"
    document = one(purpose, {"body": {"text": "A flood.", "x": 1}}, head="layout: {text: body.text}\n")
    assert document.fields == {"body": {"x": 1}}
    assert document.text == "A flood."


def test_everything_under_a_scanned_subtree_is_searched_and_arrays_keep_their_shape() -> None:
    purpose = "fields: {page_content: scan, metadata.parties: scan, 'metadata.notes[].by': pseudonymize}"
    metadata = {
        "parties": [{"role": "insured", "who": ["Maria Keller", {"born": "2024-03-15", "n": 3}]}],
        "notes": [{"by": "Jo Brandt", "text": "raw"}, {"text": "raw"}, {"by": None}],
    }
    document = one(purpose, {"page_content": "A flood.", "metadata": metadata})
    shown = document.fields["parties"]
    assert shown == [{"role": "insured", "who": ["[PERSON]", {"born": "[DATE_TIME]", "n": 3}]}]
    assert [sorted(note) for note in document.fields["notes"]] == [["by"], ["by"]]


def test_typed_values_keep_their_type_when_they_are_kept_or_made_coarser() -> None:
    purpose = """
fields:
  page_content: scan
  metadata.score: {action: keep, reason: a test}
  metadata.ok: {action: keep, reason: a test}
  metadata.amount: {action: generalize, to: rounded, step: 1000}
  metadata.place: {action: generalize, to: coordinates, decimals: 1}
  metadata.born: {action: generalize, to: year}
  metadata.odd: {action: generalize, to: year}
  metadata.dates: {action: generalize, to: month}
"""
    metadata = {
        "score": 1.5,
        "ok": False,
        "amount": 15300,
        "place": {"lat": 52.5219, "lon": 13.4132},
        "born": "1961-04-02",
        "odd": "soon",
        "dates": ["2024-03-15", "never"],
    }
    assert one(purpose, {"page_content": "A flood.", "metadata": metadata}).fields == {
        "score": 1.5,
        "ok": False,
        "amount": 15000,
        "place": {"lat": 52.5, "lon": 13.4},
        "born": "1961",
        "odd": "[REDACTED]",
        "dates": ["2024-03", "[REDACTED]"],
    }


def test_a_date_in_a_sentence_is_made_coarser_and_the_sentence_stays_readable() -> None:
    purpose = "fields: {page_content: scan}\nentities: {DATE_TIME: {action: generalize, to: month}}"
    document = one(purpose, {"page_content": "Reported on 15 March 2024 by Maria Keller."})
    assert document.text == "Reported on March 2024 by [PERSON]."


def test_a_mask_may_keep_blanks_and_punctuation() -> None:
    purpose = """
fields: {page_content: scan, metadata.iban: {action: mask, keep_last: 4, keep_format: true}}
entities: {IBAN_CODE: {action: mask, keep_first: 2, keep_format: true}}
"""
    document = one(purpose, {"page_content": "To DE12 3456 7890.", "metadata": {"iban": "DE12-3456/7890"}})
    assert document.text == "To DE** **** ****."
    assert document.fields == {"iban": "****-****/7890"}


def test_a_surrogate_is_the_same_within_a_call_and_never_the_value() -> None:
    purpose = (
        "fields: {page_content: {action: scan, select: whole}, metadata.name: {action: surrogate, entity: PERSON}}"
    )
    purpose += "\nentities: {PERSON: surrogate}"
    document = one(purpose, {"page_content": "Maria Keller and Maria Keller.", "metadata": {"name": "Maria Keller"}})
    fake = document.fields["name"]
    assert document.text == f"{fake} and {fake}."
    assert "Keller" not in fake


def test_surrogates_need_somebody_who_makes_them() -> None:
    with pytest.raises(PolicyError) as caught:
        pipeline("fields: {page_content: scan}\nentities: {PERSON: surrogate}", surrogates=False)
    assert caught.value.code == "surrogates-missing"


NODE = {
    "id_": "n-1",
    "text": "Maria Keller saw a flood.",
    "metadata": {"owner": "Maria Keller"},
    "class_name": "TextNode",
}


def test_a_collection_that_llamaindex_wrote_needs_one_word() -> None:
    payload = {"_node_content": json.dumps(NODE), "_node_type": "TextNode", "title": "Flood", "doc_id": "d-1"}
    purpose = "fields: {_node_content: scan, title: {action: keep, reason: product names}}"
    document = one(purpose, payload, head="layout: llamaindex\n")
    assert document.text == "[PERSON] saw a flood."
    assert document.fields == {"title": "Flood"}


@pytest.mark.parametrize("content", ["no JSON", "[1]", "{}", '{"text": 3}', "[" * 100_000, '{"text": null}'])
def test_json_that_holds_no_text_withholds_the_record(content: str) -> None:
    release = ask("fields: {_node_content: scan}", {"_node_content": content}, head="layout: llamaindex\n")
    assert (release.withheld, release.documents) == (1, [])


def test_a_collection_that_haystack_wrote_needs_one_word() -> None:
    payload = {"id": "d-1", "content": "Maria Keller saw a flood.", "meta": {"title": "Flood", "x": 1}, "blob": None}
    purpose = (
        "fields: {content: scan, meta.title: {action: keep, reason: product names}, $id: {action: keep, reason: a}}"
    )
    document = one(purpose.replace("reason: a}", "reason: public}"), payload, head="layout: haystack\n")
    assert (document.id, document.text, document.fields) == ("d-1", "[PERSON] saw a flood.", {"title": "Flood"})


BY_ROLE = """
fields:
  page_content: scan
  metadata.iban:
    - {action: mask, keep_last: 4, when: {role: agent}}
    - {action: keep, reason: a lead checks payments, when: {role: [lead]}}
entities:
  PERSON: [redact, {action: keep, reason: a lead knows them, when: {role: lead}}]
  DATE_TIME: {action: keep, reason: deadlines, when: {role: lead}}
"""
TICKET = {"page_content": "Maria Keller on 15 March 2024.", "metadata": {"iban": "DE12345678"}}


@pytest.mark.parametrize(
    ("role", "text", "fields"),
    [
        ("agent", "[PERSON] on [DATE_TIME].", {"iban": "******5678"}),
        ("lead", "[PERSON] on 15 March 2024.", {"iban": "DE12345678"}),
        ("auditor", "[PERSON] on [DATE_TIME].", {}),
    ],
)
def test_each_role_sees_what_its_rules_say_and_the_strictest_wins(role: str, text: str, fields: dict[str, str]) -> None:
    document = one(BY_ROLE, TICKET, role=role)
    assert (document.text, document.fields) == (text, fields)


def test_a_field_that_no_rule_gives_this_principal_is_not_fetched() -> None:
    bench = pipeline(BY_ROLE, TICKET)
    ledger = bench.ledger
    assert isinstance(ledger, MemoryLedger)
    for role in ("lead", "auditor"):
        bench.release(Request("what?", purpose="ask", principal=Principal.of({"id": "a", "role": role})))
    assert [entry.fields for entry in ledger.entries] == [("page_content", "metadata.iban"), ("page_content",)]


def test_a_purpose_that_is_not_for_this_principal_is_refused_and_that_is_recorded() -> None:
    bench = pipeline("when: {role: [lead]}\nfields: {page_content: scan}", TICKET)
    with pytest.raises(AccessDenied) as caught:
        bench.release(Request("what?", purpose="ask", principal=Principal.of({"id": "a", "role": "agent"})))
    assert caught.value.code == "not-for-principal"
    assert bench.ledger.entries[0].reason == "not-for-principal"  # type: ignore[attr-defined]


def test_a_principal_for_whom_no_field_is_left_is_refused() -> None:
    with pytest.raises(AccessDenied) as caught:
        ask("fields: {page_content: {action: scan, when: {role: lead}}}", TICKET, role="agent")
    assert caught.value.code == "nothing-for-principal"


def test_an_omitted_field_of_a_wildcard_is_fetched_with_its_object_and_not_shown() -> None:
    bench = pipeline("fields: {page_content: scan, metadata.*: scan, metadata.iban: omit}", TICKET)
    release = bench.release(Request("what?", purpose="ask", principal=Principal.of({"id": "a"})))
    assert release.documents[0].fields == {}
    assert bench.ledger.entries[0].fields == ("page_content", "metadata")  # type: ignore[attr-defined]
