"""Remarks about the fields of a purpose."""

from __future__ import annotations

import pytest

from lint_support import SCAN, assert_remarks, purpose, rules_of

KEEP = "{action: keep, reason: public}"
OR_DISCLOSE = "(allow equals and any only, or disclose the field)"


@pytest.mark.parametrize("operator", ["prefix", "text", "phrase", "range"])
def test_probing_a_field_that_is_not_disclosed_is_a_warning(operator: str) -> None:
    assert_remarks(
        purpose(f"{SCAN}filterable: [§{{key: ssn, operators: [equals, {operator}]}}]\n"),
        "side-channel",
        f'warning: a caller can find out "ssn" step by step by {operator} {OR_DISCLOSE}',
    )


@pytest.mark.parametrize("operator", ["equals", "any", "except", "is_empty", "is_null"])
def test_whole_values_cannot_be_probed_step_by_step(operator: str) -> None:
    assert rules_of(purpose(f"{SCAN}filterable: [{{key: ssn, operators: [{operator}]}}]\n")) == []


def test_probing_a_scanned_text_finds_what_is_redacted_in_it() -> None:
    assert_remarks(
        purpose(f"{SCAN}filterable: [§{{key: page_content, operators: [text, phrase]}}]\n"),
        "side-channel",
        'warning: a caller can find out what is redacted in "page_content" step by step by text, phrase '
        "(allow equals and any only: a filter sees the text before it is redacted)",
    )


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ("m.a: mask", "m.a"),
        ("m.a: {action: omit}", "m.a"),
        (f"'m.*': {KEEP}, m.a: omit", "m.a"),
        (f"'m.*': {KEEP}, m.a.b: redact", "m.a.c"),
        ("'m.*': hash", "m.a"),
        ("m: redact", "m.a"),
        ("'m[].a': [{action: keep, reason: a lead sees it, when: {role: lead}}]", "m.a"),
        (f"m.a: [{KEEP}, {{action: redact, when: {{role: guest}}}}]", "m.a"),
        (f"m.b: {KEEP}", "m.a"),
        (f"m.a.b: {KEEP}", "m.a"),
    ],
)
def test_what_not_everybody_is_shown_whole_can_be_probed(fields: str, key: str) -> None:
    assert_remarks(
        purpose(f"fields: {{page_content: scan, {fields}}}\nfilterable: [§{{key: {key}, operators: [range]}}]\n"),
        "side-channel",
        f'warning: a caller can find out "{key}" step by step by range {OR_DISCLOSE}',
    )


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (f"m.a: {KEEP}", "m.a"),
        (f"m: {KEEP}", "m.a"),
        (f"'m.*': {KEEP}, m.b: omit", "m.a"),
        (f"'m.*': {KEEP}", "m.a.b"),
        (f"'m[].a': {KEEP}", "m.a"),
        (f"'tags[]': {KEEP}", "tags"),
    ],
)
def test_what_everybody_is_shown_whole_need_not_be_probed(fields: str, key: str) -> None:
    text = purpose(f"fields: {{page_content: scan, {fields}}}\nfilterable: [{{key: '{key}', operators: [range]}}]\n")
    assert "side-channel" not in rules_of(text)


def test_a_wildcard_does_not_show_the_text_that_it_leaves_out() -> None:
    body = f"fields: {{'m.*': {KEEP}}}\nfilterable: [{{key: m.text, operators: [text]}}]\n"
    assert "side-channel" in rules_of(purpose(body) + "layout: {text: m.text}\n")
    assert "side-channel" not in rules_of(purpose(body))


def test_what_everybody_of_the_purpose_is_shown_need_not_be_probed() -> None:
    rule = "{action: keep, reason: a lead sees it, when: {role: [lead, head]}}"
    body = f"fields: {{page_content: scan, a: {rule}}}\nfilterable: [{{key: a, operators: [range]}}]\n"
    assert "side-channel" in rules_of(purpose(body))
    assert "side-channel" not in rules_of(purpose(f"{body}when: {{role: lead}}\n"))


def test_a_wildcard_that_keeps_is_a_warning() -> None:
    assert_remarks(
        purpose(f"fields: {{page_content: scan, §metadata.*: {KEEP}}}\n"),
        "wildcard-keep",
        'warning: "metadata.*" keeps every field there, those that are added to the data later too '
        "(name the fields that may be shown, or scan instead of keep)",
    )
    assert rules_of(purpose("fields: {page_content: scan, metadata.*: scan}\n")) == []


@pytest.mark.parametrize(("wildcard", "omitted"), [("metadata.*", "metadata.name"), ("m[].*", "m[].a.b")])
def test_an_omitted_field_beside_a_wildcard_is_a_note(wildcard: str, omitted: str) -> None:
    assert_remarks(
        purpose(f"fields: {{page_content: scan, '{wildcard}': scan, §'{omitted}': omit}}\n"),
        "omit-is-fetched",
        f'note: "{omitted}" still leaves the database, because "{wildcard}" is fetched whole '
        "(nobody is shown it; to leave it in the database, name the other fields one by one)",
    )


def test_an_omitted_field_elsewhere_stays_in_the_database() -> None:
    assert rules_of(purpose("fields: {page_content: scan, metadata.*: scan, other.name: omit}\n")) == []


def test_rules_that_never_act_on_a_record_are_a_warning() -> None:
    body = (
        "fields: {page_content: redact}\n§entities: {PERSON: hash}\n"
        "detect: {ner: 'spacy:en_core_web_sm', §known: [{field: a, entity: PERSON}]}\n"
    )
    assert_remarks(
        purpose(body),
        "idle-rules",
        "warning: no field is scanned, so these rules act on the question only (scan a text field, or remove them)",
        "warning: no field is scanned, so known values are looked for only in the question, after it was embedded "
        "(scan a text field, or remove them)",
    )


NO_TEXT = 'warning: documents of this purpose have no text: "page_content"'


@pytest.mark.parametrize("field", ["page_contents", "content", "metadata.page_content"])
def test_a_text_field_that_is_written_otherwise_than_in_the_layout_is_a_warning(field: str) -> None:
    assert_remarks(
        purpose(f"fields: {{§{field}: scan}}\n"),
        "no-text",
        f'{NO_TEXT}, the layout\'s text field, has no rule (did you mean "page_content"?)',
    )


def test_a_purpose_without_its_text_is_a_warning() -> None:
    assert_remarks(
        purpose("§fields: {metadata.title: scan}\n"),
        "no-text",
        f"{NO_TEXT}, the layout's text field, has no rule (add page_content: scan, or name the text field in layout)",
    )


def test_a_text_that_is_only_a_part_of_a_field_is_a_warning() -> None:
    assert_remarks(
        purpose("fields: {§doc: scan}\n") + "layout: {text: doc.body}\n",
        "no-text",
        'warning: documents of this purpose have no text: "doc.body" is only a part of "doc" '
        "(give the parts rules of their own)",
    )


@pytest.mark.parametrize("field", ["page_content", "'\"page_content\"'"])
@pytest.mark.parametrize("rule", ["scan", "redact"])
def test_a_purpose_with_its_text_is_no_warning(field: str, rule: str) -> None:
    assert rules_of(purpose(f"fields: {{{field}: {rule}}}\n")) == []
