"""What a well-formed policy must satisfy to be used: names that exist, rules that can act, parts that are executed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from needful.policy import Policy
from needful.policy.entities import LOCALES
from policy_support import assert_refused, policy_text, refused, small_policy

SCAN = "fields: {page_content: scan}\n"
PATTERN = "recognizers: [{name: policy-number, entity: CONTRACT_NUMBER, regex: 'POL-[0-9]{8}'}]\n"
NO_MODEL = "ner: none, reason: a test needs no model"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "entities: {§PERSON: redact}",
            (
                'nothing in this purpose\'s set-up detects "PERSON" '
                "(name a model in detect.ner, or a known field that has this entity)"
            ),
        ),
        (
            "entities: {§UK_NHS: redact}",
            'nothing in this purpose\'s set-up detects "UK_NHS" (add uk to detect.locales)',
        ),
        (
            "entities: {§EMAIL_ADRESS: redact}",
            'nothing in this purpose\'s set-up detects "EMAIL_ADRESS" (did you mean "EMAIL_ADDRESS"?)',
        ),
        (
            "entities: {§email_address: redact}",
            'nothing in this purpose\'s set-up detects "email_address" (did you mean "EMAIL_ADDRESS"?)',
        ),
        (
            "entities: {§defualt: redact}",
            'nothing in this purpose\'s set-up detects "defualt" (did you mean "default"?)',
        ),
        (
            "entities: {§CONTRACT_NUMBER: redact}",
            'nothing in this purpose\'s set-up detects "CONTRACT_NUMBER" (add policy-number to detect.recognizers)',
        ),
        (
            "entities: {§POSTBOX_ADDRESS: redact}",
            (
                'nothing in this purpose\'s set-up detects "POSTBOX_ADDRESS" '
                "(remove the rule, or add a recognizer or a known field that has this entity)"
            ),
        ),
        (
            "entities: {§SHOE_SIZE: redact}",
            (
                'nothing in this purpose\'s set-up detects "SHOE_SIZE" '
                "(remove the rule, or add a recognizer or a known field that has this entity)"
            ),
        ),
    ],
)
def test_a_rule_for_what_nothing_detects_is_refused(body: str, expected: str) -> None:
    assert_refused(policy_text(f"{SCAN}{body}\n", tail=PATTERN), expected)


@pytest.mark.parametrize(
    ("word", "entity"),
    [
        ("EMAIL", "EMAIL_ADDRESS"),
        ("email", "EMAIL_ADDRESS"),
        ("e-mail", "EMAIL_ADDRESS"),
        ("PHONE", "PHONE_NUMBER"),
        ("IBAN", "IBAN_CODE"),
        ("DATE", "DATE_TIME"),
        ("NAME", "PERSON"),
        ("SSN", "US_SSN"),
        ("CARD", "CREDIT_CARD"),
        ("IP", "IP_ADDRESS"),
        ("ORG", "ORGANIZATION"),
        ("PLACE", "LOCATION"),
        ("ADDRESS", "LOCATION"),
        ("STREET_ADDRESS", "LOCATION"),
    ],
)
def test_another_word_for_an_entity_is_told_the_entity(word: str, entity: str) -> None:
    assert_refused(
        policy_text(f"{SCAN}entities: {{§{word}: redact}}\n", detect="detect: {ner: 'spacy:en_core_web_sm'}\n"),
        f'nothing in this purpose\'s set-up detects "{word}" (did you mean "{entity}"?)',
    )


@pytest.mark.parametrize(
    ("detect", "word", "hint"),
    [
        (
            NO_MODEL,
            "NAME",
            'did you mean "PERSON"? Then also name a model in detect.ner, or a known field that has this entity',
        ),
        (f"{NO_MODEL}, locales: [de]", "SSN", 'did you mean "US_SSN"? Then also add us to detect.locales'),
    ],
)
def test_another_word_for_what_nothing_detects_is_told_both(detect: str, word: str, hint: str) -> None:
    assert_refused(
        policy_text(f"{SCAN}entities: {{§{word}: redact}}\n", detect=f"detect: {{{detect}}}\n"),
        f'nothing in this purpose\'s set-up detects "{word}" ({hint})',
    )


def test_a_known_field_without_an_entity_is_one_problem_not_two() -> None:
    assert_refused(
        policy_text(
            f"{SCAN}entities: {{PERSON: hash, SHOE_SIZE: hash, §EMAIL: hash}}\n"
            f"detect: {{{NO_MODEL}, known: [§metadata.name]}}\n"
        ),
        'nothing in this purpose\'s set-up detects "EMAIL" (did you mean "EMAIL_ADDRESS"?)',
        'the known field "metadata.name" has no entity '
        "({field: metadata.name, entity: PERSON}, or an entity in the field's rule)",
    )


@pytest.mark.parametrize("select", ["passages", "{by: lexical}", "{by: embeddings}", "{neighbours: 1}"])
@pytest.mark.parametrize("action", ["action: scan", "action: keep, reason: public"])
def test_passages_of_another_field_than_the_text_are_refused(select: str, action: str) -> None:
    assert_refused(
        policy_text(f"fields: {{page_content: scan, metadata.notes: {{{action}, §select: {select}}}}}\n"),
        "this field is disclosed whole: passages are chosen of the layout's text field only "
        "(write select: whole, or leave it out; the text field is page_content)",
    )


@pytest.mark.parametrize("field", ["page_content", "'\"page_content\"'"])
def test_passages_of_the_text_and_the_whole_of_any_field_load(field: str) -> None:
    rules = f"{field}: {{action: scan, select: passages}}, metadata.notes: {{action: scan, select: whole}}"
    small_policy(f"fields: {{{rules}}}\n")


def test_the_text_field_is_that_of_the_layout() -> None:
    text = policy_text("fields: {body: {action: scan, select: passages}}\n") + "layout: {text: body}\n"
    assert Policy.parse(text).layout.text == "body"


@pytest.mark.parametrize(
    ("entity", "detect"),
    [
        ("default", NO_MODEL),
        ("TOKEN", NO_MODEL),
        ("EMAIL_ADDRESS", NO_MODEL),
        ("US_SSN", NO_MODEL),
        ("UK_NHS", f"{NO_MODEL}, locales: [uk]"),
        ("DE_PLZ", f"{NO_MODEL}, locales: [de]"),
        ("CONTRACT_NUMBER", f"{NO_MODEL}, recognizers: [policy-number]"),
        ("PERSON", f"{NO_MODEL}, known: [{{field: name, entity: PERSON}}]"),
        ("CUSTOMER", f"{NO_MODEL}, known: [customer]"),
        ("PERSON", "ner: 'spacy:en_core_web_sm'"),
        ("AGE", "ner: 'transformers:some/model'"),
    ],
)
def test_a_rule_for_what_the_set_up_detects_loads(entity: str, detect: str) -> None:
    body = (
        "fields: {page_content: scan, customer: {action: redact, entity: CUSTOMER}}\n"
        f"entities: {{{entity}: redact}}\ndetect: {{{detect}}}\n"
    )
    Policy.parse(policy_text(body, tail=PATTERN, detect=""))


@pytest.mark.parametrize(
    ("detect", "expected"),
    [
        ("recognizers: [§policy-nmber]", 'unknown recognizer "policy-nmber" (did you mean "policy-number"?)'),
        ("recognizers: [§iban]", 'unknown recognizer "iban" (define it under recognizers, at the end of the policy)'),
        ("locales: [us, §gb]", 'unknown locale "gb" (did you mean "uk"?)'),
        (
            "locales: [§xx]",
            f'unknown locale "xx" (known here: {", ".join(LOCALES)})',
        ),
        (
            "known: [§metadata.nmae]",
            'the known field "metadata.nmae" has no entity (did you mean "metadata.name"?)',
        ),
        (
            "known: [§customer]",
            (
                'the known field "customer" has no entity '
                "({field: customer, entity: PERSON}, or an entity in the field's rule)"
            ),
        ),
        (
            "known: [§metadata.phone]",
            (
                'the known field "metadata.phone" has no entity '
                "({field: metadata.phone, entity: PERSON}, or an entity in the field's rule)"
            ),
        ),
        (
            "known: [§{field: metadata.name, entity: CUSTOMER}]",
            (
                '"metadata.name" is CUSTOMER here and PERSON in fields '
                "(give it one entity, so that one value gets one token)"
            ),
        ),
    ],
)
def test_a_detection_that_names_what_is_not_there_is_refused(detect: str, expected: str) -> None:
    body = "fields: {page_content: scan, metadata.name: {action: hash, entity: PERSON}, metadata.phone: redact}\n"
    assert_refused(policy_text(body, tail=PATTERN, detect=f"detect: {{{NO_MODEL}, {detect}}}\n"), expected)


@pytest.mark.parametrize(
    ("recognizer", "expected"),
    [
        (
            "{name: b, entity: B, regex: §'(?=a)b'}",
            "not a regex in RE2 syntax (RE2 has no look-around and no back-references)",
        ),
        (
            "{name: b, entity: B, regex: §'(a'}",
            "not a regex in RE2 syntax (a round bracket is not closed: add ), or write \\( for the character)",
        ),
        (
            r"{name: b, entity: B, regex: §'(a)\1'}",
            (
                "not a regex in RE2 syntax "
                "(an escape that RE2 does not have; it has no back-references such as \\1 either)"
            ),
        ),
        (
            r"{name: b, entity: B, regex: §'\\\C'}",
            "not a regex that matches whole characters: it has \\C (write a dot for any character)",
        ),
        (
            r"{name: b, entity: B, regex: §'\pL{600}'}",
            ("not a regex in RE2 syntax (this regex takes too much memory: repeat less, or name fewer characters)"),
        ),
        (
            "{name: b, entity: B, regex: §'a*'}",
            "this regex matches the empty text (use + instead of *, or name a character)",
        ),
        (
            "{name: b, entity: B, regex: §'a|'}",
            "this regex matches the empty text (use + instead of *, or name a character)",
        ),
        ("{name: §policy-number, entity: B, regex: b}", 'a second recognizer "policy-number" (give each its own name)'),
        ("{name: b, entity: §TOKEN, regex: b}", "TOKEN is the core's own entity (choose another name)"),
    ],
)
def test_a_recognizer_that_cannot_work_is_refused(recognizer: str, expected: str) -> None:
    first = "{name: policy-number, entity: POLICY_NUMBER, regex: POL}"
    assert_refused(policy_text(SCAN, tail=f"recognizers: [{first}, {recognizer}]\n"), expected)


def test_a_restored_entity_that_nothing_finds_is_refused_and_one_of_another_set_up_is_not() -> None:
    small_policy(SCAN + "restore: {DE_TAX_ID: {role: [a]}}\n")
    assert_refused(
        policy_text(SCAN + "restore: {§PERSN: {role: [a]}}\n"),
        'nothing in this purpose\'s set-up detects "PERSN" (did you mean "PERSON"?)',
    )


def test_a_misspelled_recognizer_is_told_once() -> None:
    detect = "detect: {ner: none, reason: some, recognizers: [§policy-numbr]}\n"
    assert_refused(
        policy_text(f"{SCAN}entities: {{CONTRACT_NUMBER: hash}}\n{detect}", tail=PATTERN),
        'unknown recognizer "policy-numbr" (did you mean "policy-number"?)',
    )


def test_a_bad_regex_is_not_echoed_to_stderr() -> None:
    text = policy_text(SCAN, tail="recognizers: [{name: b, entity: B, regex: '(canary'}]\n")
    program = "import sys\nfrom needful.policy import Policy\ntry: Policy.parse(sys.argv[1])\nexcept Exception: pass"
    done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


def test_a_regex_that_is_too_large_is_refused_quickly() -> None:
    (problem,) = refused(policy_text(SCAN, tail="recognizers: [{name: b, entity: B, regex: '((a{100}){100}){100}'}]\n"))
    assert "not a regex in RE2 syntax" in problem


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "fields: {page_content: §drop-record}",
            "drop-record on the text field withholds every record (use scan or redact)",
        ),
        (
            "fields: {page_content: {action: §deny}}",
            "deny on the text field withholds every record (use scan or redact)",
        ),
        (
            "fields: {page_content: scan, metadata.x: §drop-passage}",
            "drop-passage is for entities found in text (use redact or drop-record)",
        ),
        (
            "fields: {page_content: scan, metadata.x: {action: mask, §select: whole}}",
            "select is for text that is scanned or kept (remove it)",
        ),
        (
            "fields: {page_content: {action: redact, §select: whole}}",
            "select is for text that is scanned or kept (remove it)",
        ),
        (
            "fields: {'\"page_content\"': §deny}",
            "deny on the text field withholds every record (use scan or redact)",
        ),
        (
            "fields: {page_content: scan, $id: §redact}",
            "a point id is kept or hashed ($id: {action: keep, reason: …}, or hash)",
        ),
        (
            "fields: {page_content: scan, $id: §scan}",
            "a point id is kept or hashed ($id: {action: keep, reason: …}, or hash)",
        ),
        (
            "fields: {page_content: scan, §$score: redact}",
            'unknown field "$score" (only $id starts with a dollar sign)',
        ),
        (
            "fields: {metadata: scan, §metadata.name: redact}",
            (
                '"metadata.name" lies in "metadata", which has a rule of its own '
                "(give each part its own rule, and the whole none)"
            ),
        ),
        (
            "fields: {tags: scan, §'tags[]': redact}",
            '"tags[]" lies in "tags", which has a rule of its own (give each part its own rule, and the whole none)',
        ),
    ],
)
def test_a_field_rule_that_makes_no_sense_is_refused(body: str, expected: str) -> None:
    assert_refused(policy_text(f"{body}\n"), expected)


def test_the_same_path_in_two_spellings_is_refused() -> None:
    found = refused(policy_text("fields: {page_content: scan, a: redact, '\"a\"': {action: keep, reason: why not}}\n"))
    assert any("which has a rule of its own" in problem for problem in found)


@pytest.mark.parametrize("rule", ["hash", "{action: hash}", "{action: keep, reason: ids are public}"])
def test_a_point_id_may_be_kept_or_hashed(rule: str) -> None:
    small_policy(f"fields: {{page_content: scan, $id: {rule}}}\n")


@pytest.mark.parametrize("rule", ["deny", "drop-record"])
def test_a_field_whose_presence_withholds_a_record_loads(rule: str) -> None:
    small_policy(f"fields: {{page_content: scan, metadata.legal_hold: {rule}}}\n")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            "{action: custom, operator: §keep}",
            (
                'unknown operator "keep" '
                "(known here: encrypt, hash, mask, redact, replace; operators: [NAME] adds your own)"
            ),
        ),
        ("{action: custom, operator: §replce}", 'unknown operator "replce" (did you mean "replace"?)'),
        (
            "{action: custom, operator: mask, params: {§mask_char: x}}",
            'unknown parameter "mask_char" of mask (did you mean "masking_char"?)',
        ),
        (
            "{action: custom, operator: redact, params: {§value: x}}",
            'unknown parameter "value" of redact (known here: none)',
        ),
    ],
)
def test_an_operator_that_is_not_there_is_refused(rule: str, expected: str) -> None:
    assert_refused(policy_text(f"{SCAN}entities: {{URL: {rule}}}\n"), expected)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (
            "{equals: §$principal}",
            '"$principal" is not an attribute of the principal (write $principal.NAME, such as $principal.tenant)',
        ),
        (
            "{any: [a, §$user.name]}",
            '"$user.name" is not an attribute of the principal (write $principal.NAME, such as $principal.tenant)',
        ),
        (
            "{except: [§$principal.a.b]}",
            '"$principal.a.b" is not an attribute of the principal (write $principal.NAME, such as $principal.tenant)',
        ),
        (
            "{range: {gt: §$principals.x}}",
            '"$principals.x" is not an attribute of the principal (write $principal.NAME, such as $principal.tenant)',
        ),
        ("{range: {gt: §tomorrow}}", "not a number or an RFC 3339 time (such as 2026-01-31T00:00:00Z)"),
        ("{equals: §1.5}", "Qdrant cannot match a fraction exactly (use range)"),
        ("{any: [1, §2.5]}", "Qdrant cannot match a fraction exactly (use range)"),
    ],
)
def test_a_filter_that_could_not_be_filled_is_refused(test: str, expected: str) -> None:
    assert_refused(policy_text(f"{SCAN}filter: {{metadata.a: {test}}}\n"), expected)


@pytest.mark.parametrize(
    "test",
    [
        "{equals: $principal.tenant}",
        "{any: [$principal.id, public]}",
        "{range: {gte: 1.5, lt: 2026-01-31}}",
        "{range: {gte: 2026-01-31T00:00:00Z, lt: $principal.until}}",
        "{except: [1, true]}",
    ],
)
def test_a_filter_that_can_be_filled_loads(test: str) -> None:
    small_policy(f"{SCAN}filter: {{metadata.a: {test}}}\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("filter: {§$id: {equals: 1}}", '"$id" cannot be filtered by (filter by a payload key)'),
        ("filterable: [§$id]", '"$id" cannot be filtered by (list payload keys only)'),
        ("filterable: [a, §{key: a, operators: [range]}]", '"a" is there twice (list all its operators once)'),
    ],
)
def test_a_key_that_cannot_be_filtered_by_is_refused(body: str, expected: str) -> None:
    assert_refused(policy_text(f"{SCAN}{body}\n"), expected)


@pytest.mark.parametrize(
    "body",
    [
        "fields: {page_content: scan, a: {action: generalize, to: month}}",
        "fields: {page_content: scan, a: {action: generalize, to: range, step: 10000}}",
        "fields: {page_content: scan, a: {action: generalize, to: coordinates, decimals: 1}}",
        "fields: {page_content: scan, a: surrogate}",
        "fields: {page_content: scan, a: {action: surrogate, entity: EMAIL_ADDRESS}}",
        "fields: {page_content: scan, a: {action: pseudonymize, entity: EMAIL_ADDRESS, lasting: true}}",
        f"{SCAN}entities: {{DATE_TIME: {{action: generalize, to: year}}, URL: surrogate}}",
        f"{SCAN}entities: {{URL: {{action: pseudonymize, lasting: true}}}}\nrestore: {{URL: {{role: [investigator]}}}}",
        "fields: {page_content: scan, metadata.*: scan, metadata.name: omit}",
        "fields: {page_content: [{action: scan, when: {role: agent}}, {action: redact, when: {role: [guest, bot]}}]}",
    ],
)
def test_everything_that_the_language_has_loads(body: str) -> None:
    small_policy(f"{body}\n")


def test_an_operating_point_is_for_the_model_that_has_one() -> None:
    small_policy(f"{SCAN}detect: {{ner: fast, outside_bias: 2}}\n")
    assert_refused(
        policy_text(f"{SCAN}detect: {{{NO_MODEL}, §outside_bias: 2}}\n"),
        "outside_bias is the operating point of the bundled English model, which does not run here (remove it; "
        "min_score holds for every model)",
    )


@pytest.mark.parametrize("ner", ["bundled", "fast"])
def test_a_language_without_a_bundled_model_needs_another(ner: str) -> None:
    text = policy_text(SCAN, detect=f"detect: {{ner: §{ner}}}\n").replace("needful: 1\n", "needful: 1\nlanguage: de\n")
    assert_refused(
        text,
        f'ner: {ner} has no model for language "de" (it has en and zh; name one that is installed, such as '
        "ner: spacy:de_core_news_lg, or write ner: none with a reason)",
    )


def test_an_operator_that_the_application_adds_may_be_named() -> None:
    body = "fields: {page_content: {action: custom, operator: measure, params: {unit: cm}}}\n"
    assert "unknown operator" in refused(policy_text(body))[0]
    assert small_policy(body, tail="operators: [measure]\n").document.operators == ("measure",)
