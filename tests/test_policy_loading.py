"""Loading a policy: what a newcomer and a privacy officer read when something is wrong, and where it says it is."""

from __future__ import annotations

import copy
import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import PolicyError
from needful.policy import Policy
from needful.resources import policy_names
from needful.values import Identity
from policy_support import DETECT, HEAD, assert_refused, policy_text, refused, small_policy

ACTIONS = "keep, mask, generalize, custom, hash, pseudonymize, surrogate, redact, drop-passage, drop-record, deny"
MAPPING = "a mapping (key: value)"
AN_ACTION = " (write an action, such as redact, or {action: keep, reason: …})"
SAY_WHY = "say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews"
ONE_WILDCARD = "one wildcard a path, and not at its start (name the outer key: metadata.*)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("§- a\n- b", "this is not a policy (a policy is a mapping that starts with: needful: 1)"),
        ("§just text", "this is not a policy (a policy is a mapping that starts with: needful: 1)"),
        ("§page_content: a ticket", "this is not a policy (a policy is a mapping that starts with: needful: 1)"),
        ("§", "the file is empty (start with: needful: 1)"),
        ("---\n§...\n", "this is not a policy (a policy is a mapping that starts with: needful: 1)"),
    ],
)
def test_what_is_no_policy_at_all_is_said_so(text: str, expected: str) -> None:
    assert_refused(text, expected)


@pytest.mark.parametrize("version", ["2", "0", "true", "1.0", "'2'", "[1]"])
def test_another_language_version_is_refused(version: str) -> None:
    text = policy_text("fields: {a: redact}\n", head=f"needful: §{version}\nname: small\nversion: 1\n")
    assert_refused(text, "unknown language version (this version of Needful reads needful: 1)")


def test_a_language_version_in_quotation_marks_says_so() -> None:
    assert_refused(
        policy_text("fields: {a: redact}\n", head='needful: §"1"\nname: small\nversion: 1\n'),
        "unknown language version (write needful: 1, without quotation marks)",
    )


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            "needful: 1\nname: §Customer Service\nversion: 1\n",
            (
                "name is not written as it should be "
                "(lower-case letters, digits, dots, hyphens and underscores, such as customer-service)"
            ),
        ),
        ("needful: 1\nname: §12\nversion: 1\n", "expected text, not a number (write it in quotes)"),
        ("needful: 1\nname: small\nversion: §0\n", "version must be at least 1 (write 1 or more)"),
        (
            "needful: 1\nname: small\nversion: §1.5\n",
            "expected a whole number, not a fraction (write digits only, such as 3)",
        ),
        (
            "needful: 1\nname: small\nversion: §'3'\n",
            "expected a whole number, not text (write it without quotation marks)",
        ),
        (
            "needful: 1\nname: small\nversion: §010\n",
            "expected a whole number, not text (write digits only, such as 3)",
        ),
        (
            f"{HEAD}language: §english\n",
            "language is not written as it should be (two lower-case letters, such as en)",
        ),
        (f"{HEAD}language: §NO\n", "language is not written as it should be (two lower-case letters, such as en)"),
        (
            f"{HEAD}keys: §NEEDFUL_KEY\n",
            (
                "keys is not written as it should be "
                "(env: and the name of an environment variable, such as env:NEEDFUL_KEY)"
            ),
        ),
        (f"{HEAD}layout: §langchian\n", 'unknown value "langchian" (did you mean "langchain"?)'),
        (f"{HEAD}layout: §plain\n", 'unknown value "plain" (known here: langchain, passages, llamaindex, haystack)'),
        (f"{HEAD}layout: {{text: body, §txt: a}}\n", 'unknown key "txt" (did you mean "text"?)'),
        (f"{HEAD}§langauge: en\n", 'unknown key "langauge" (did you mean "language"?)'),
        (
            f"{HEAD}§x: en\n",
            (
                'unknown key "x" (known here: needful, name, version, extends, language, layout, keys, '
                "purposes, recognizers, operators)"
            ),
        ),
        (f"{HEAD}language:§ \n", "nothing is given here (give a value, or leave the key out)"),
        (
            "§needful: 1\nversion: 1\n",
            '"name" is missing (the policy\'s name, such as name: customer-service)',
        ),
        ("§needful: 1\nname: a\n", '"version" is missing (the policy\'s revision, a whole number: version: 1)'),
    ],
)
def test_a_wrong_head_is_refused_where_it_is_wrong(head: str, expected: str) -> None:
    assert_refused(policy_text("fields: {a: redact}\n", head=head), expected)


@pytest.mark.parametrize(
    ("purposes", "expected"),
    [
        ("purposes: §{}", "purposes is empty (a policy without purposes allows nothing; name at least one)"),
        ("purposes: §[a]", f"expected {MAPPING}, not a list (write key: value below it, or {{key: value}})"),
        ("purposes:§", "nothing is given here (give a value, or leave the key out)"),
        ("purposes: {a:§ }", "nothing is given here (give a value, or leave the key out)"),
        (
            "purposes: {§a: {}}",
            '"fields" is missing (name the fields that this purpose needs, such as fields: {page_content: scan})',
        ),
        (
            "purposes: {a: {fields: §{}}}",
            "fields is empty (a field without a rule never leaves Qdrant; give at least one)",
        ),
        (
            "purposes: {a: {fields: §[page_content]}}",
            f"expected {MAPPING}, not a list (write each with its rule: page_content: scan)",
        ),
        (
            "purposes: {a: {fields: §[body, title]}}",
            f"expected {MAPPING}, not a list (write each with its rule: body: scan)",
        ),
        (
            "purposes: {a: {fields: {a: scan}, entities: §[{PERSON: redact}]}}",
            f"expected {MAPPING}, not a list (write each with its rule: default: redact)",
        ),
        (
            "purposes: {a: §redact}",
            f"expected {MAPPING}, not text (write below it what it may see, such as fields: {{page_content: scan}})",
        ),
    ],
)
def test_empty_means_deny_and_is_an_error(purposes: str, expected: str) -> None:
    assert_refused(f"{HEAD}{purposes}\n", expected)


def test_a_policy_without_purposes_says_what_they_are() -> None:
    assert_refused(
        f"§{HEAD}",
        (
            '"purposes" is missing '
            "(name at least one purpose, and what it may see: purposes: {answer-ticket: {fields: …}})"
        ),
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("{a: §redcat}", 'unknown action "redcat" (did you mean "redact"?)'),
        ("{a: {action: §redcat}}", 'unknown action "redcat" (did you mean "redact"?)'),
        ("{a: §Redact}", 'unknown action "Redact" (did you mean "redact"?)'),
        ("{a: §scna}", 'unknown action "scna" (did you mean "scan"?)'),
        ("{a: §delete}", f'unknown action "delete" (known here: {ACTIONS}, scan, omit)'),
        ("{a: §yes}", f'unknown action "yes" (known here: {ACTIONS}, scan, omit)'),
        ("{a: §true}", f"expected an action or {MAPPING}, not true or false{AN_ACTION}"),
        ("{a: §3}", f"expected an action or {MAPPING}, not a number{AN_ACTION}"),
        ("{a: §[]}", "a is empty (give at least one, or leave the key out)"),
        ("{a: [scan, §[scan]]}", f"expected an action or {MAPPING}, not a list{AN_ACTION}"),
        ("{a: [scan, §{}]}", '"action" is missing (what happens with the value, such as action: redact)'),
        ("{a: [scan, §scna]}", 'unknown action "scna" (did you mean "scan"?)'),
        ("{a: {action: scan, when: §{}}}", "when is empty (say for whom: when: {role: [supervisor]})"),
        ("{a: {action: scan, when: {role: §[]}}}", "role is empty (give at least one, or leave the key out)"),
        ("{a: {action: omit, §select: whole}}", 'unknown key "select" (known here: action, reason, when)'),
        ("{§a: {}}", '"action" is missing (what happens with the value, such as action: redact)'),
        (
            "{§a: keep}",
            "keep needs reason (say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews)",
        ),
        (
            "{§a: {action: keep}}",
            "keep needs reason (say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews)",
        ),
        ("{a: {action: keep, reason: §x}}", f"reason is shorter than 3 characters ({SAY_WHY})"),
        ("{a: {action: keep, reason: §''}}", f"reason is empty ({SAY_WHY})"),
        ("{a: {action: keep, reason: §'     '}}", f"reason is empty ({SAY_WHY})"),
        ("{a: {action: keep, reason: §'  x  '}}", f"reason is shorter than 3 characters ({SAY_WHY})"),
        (
            "{§a: custom}",
            "custom needs operator (name a presidio-anonymizer operator: {action: custom, operator: replace})",
        ),
        ("{§a: generalize}", 'generalize needs "to" (say how coarse: {action: generalize, to: month})'),
        ("{a: {action: mask, §keep_lst: 3}}", 'unknown key "keep_lst" (did you mean "keep_last"?)'),
        (
            "{a: {action: redact, §keep_last: 3}}",
            "keep_last is not a parameter of redact (remove it, or change the action)",
        ),
        ("{a: {action: mask, §to: month}}", "to is not a parameter of mask (remove it, or change the action)"),
        ("{a: {action: mask, §last: 4}}", 'unknown key "last" (did you mean "keep_last"?)'),
        ("{a: {action: pseudonymize, §last: 4}}", 'unknown key "last" (did you mean "lasting"?)'),
        (
            "{a: {action: hash, §last: 4}}",
            'unknown key "last" (known here: action, reason, when, entity, select)',
        ),
        ("{a: {action: mask, keep_last: §-1}}", "keep_last must be at least 0 (write 0 or more)"),
        ("{a: {action: mask, keep_last: §65}}", "keep_last must be at most 64 (write 64 or less)"),
        ("{a: {action: mask, char: §xx}}", "char is longer than 1 character (shorten it)"),
        (
            "{a: {action: redact, entity: §person}}",
            "entity is not written as it should be (capital letters, digits and underscores, such as POLICY_NUMBER)",
        ),
        ("{a: {action: scan, §entity: PERSON}}", 'unknown key "entity" (known here: action, select, when)'),
        ("{a: {action: scan, §slect: whole}}", 'unknown key "slect" (did you mean "select"?)'),
        ("{a: {action: scan, select: §hole}}", 'unknown value "hole" (did you mean "whole"?)'),
        ("{a: {action: scan, select: {by: §lexcial}}}", 'unknown value "lexcial" (did you mean "lexical"?)'),
        ("{a: {action: scan, select: {neighbours: §9}}}", "neighbours must be at most 5 (write 5 or less)"),
        ("{a: {action: scan, select: {§neigbours: 1}}}", 'unknown key "neigbours" (did you mean "neighbours"?)'),
        (
            "{§a..b: scan}",
            "not a path: a key cannot be empty (write it as Qdrant does: metadata.title, tags[])",
        ),
        (
            "{§'a[0]': scan}",
            (
                "not a path: a path is keys joined by dots, with [] after an array "
                "(write it as Qdrant does: metadata.title, tags[])"
            ),
        ),
        ("{§'*': scan}", ONE_WILDCARD),
        ("{§'a.*.*': scan}", ONE_WILDCARD),
        (
            "{§'meta*.name': scan}",
            (
                "not a path: an asterisk stands alone for every key, or in a quoted key"
                " (write it as Qdrant does: metadata.title, tags[])"
            ),
        ),
        (
            "{a: {action: generalize, §to: mounth}}".replace("§to: ", "to: §"),
            'unknown value "mounth" (did you mean "month"?)',
        ),
        (
            "{§a: {action: generalize, to: range}}",
            "to: range needs step (say how wide: {action: generalize, to: range, step: 10000})",
        ),
        (
            "{a: {action: generalize, to: month, §step: 3}}",
            "step is not a parameter of to: month (remove it, or change the action)",
        ),
        ("{a: redact, §a: scan}", 'this key is there twice: "a" (the first is on line 6)'),
    ],
)
def test_a_wrong_field_rule_is_refused_where_it_is_wrong(fields: str, expected: str) -> None:
    assert_refused(policy_text(f"fields: {fields}\n"), expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("entities: {PERSON: §redcat}", 'unknown action "redcat" (did you mean "redact"?)'),
        ("entities: {PERSON: §scan}", 'unknown action "scan" (scan is for fields: give an action such as redact)'),
        ("entities: {PERSON: §1}", f"expected an action or {MAPPING}, not a number{AN_ACTION}"),
        (
            "entities: {PERSON: {action: mask, §entity: PERSON}}",
            ('unknown key "entity" (known here: action, reason, when, keep_first, keep_last, char, keep_format)'),
        ),
        (
            "entities: {URL: {action: custom, operator: replace, params: {new_value: §[a]}}}",
            "expected text, a number or true or false, not a list (write one text, in quotes)",
        ),
        ("filter: {a: §1}", f"expected {MAPPING}, not a number (write a test, such as {{equals: $principal.tenant}})"),
        ("filter: {a: {§equal: 1}}", 'unknown key "equal" (did you mean "equals"?)'),
        (
            "filter: {a: §{}}",
            "a filter key has exactly one test (write one of equals, any, except and range, with a value)",
        ),
        (
            "filter: {a: §{equals: 1, any: [2]}}",
            "a filter key has exactly one test (write one of equals, any, except and range, with a value)",
        ),
        ("filter: {a: {any: §[]}}", "any is empty (give at least one, or leave the key out)"),
        ("filter: {a: {any: §1}}", "expected a list, not a number (write it in square brackets: […])"),
        (
            "filter: {a: {any: [1, §[2]]}}",
            "expected text, a number or true or false, not a list (write one text, in quotes)",
        ),
        (
            "filter: {a: {equals: §{b: 1}}}",
            "expected text, a number or true or false, not a mapping (write one text, in quotes)",
        ),
        ("filter: {a: {range: §{}}}", "a range without a bound (give at least one of gt, gte, lt, lte)"),
        (
            "filter: {a: {range: {gt: §true}}}",
            "expected a number or text, not true or false (write a number, such as 0.5)",
        ),
        ("filter: {a: {range: {§ge: 1}}}", 'unknown key "ge" (did you mean "gte"?)'),
        ("filterable: §a", "expected a list, not text (write it in square brackets: […])"),
        (
            "filterable: [§a.]",
            (
                "not a path: a path is keys joined by dots, with [] after an array "
                "(write it as Qdrant does: metadata.title, tags[])"
            ),
        ),
        ("filterable: [{key: a, operators: [§equal]}]", 'unknown value "equal" (did you mean "equals"?)'),
        (
            "filterable: [{key: a, operators: §[]}]",
            "operators is empty (name at least one operator, or leave operators out)",
        ),
        ("filterable: [§{operators: [any]}]", '"key" is missing (the payload field, such as key: metadata.product)'),
        ("limits: {§record: 3}", 'unknown key "record" (did you mean "records"?)'),
        ("limits: {records: §0}", "limits.records must be at least 1 (to allow nothing, remove the purpose)"),
        ("limits: {records: §'3'}", "expected a whole number, not text (write it without quotation marks)"),
        ("limits: {score: §'0.5'}", "expected a number, not text (write it without quotation marks)"),
        ("limits: {privacy: §2}", "limits.privacy must be at most 1 (write 1 or less)"),
        ("limits: {§privicy: 0.5}", 'unknown key "privicy" (did you mean "privacy"?)'),
        ("limits: {records: §true}", "expected a whole number, not true or false (write digits only, such as 3)"),
        ("limits: {records:§ }", "nothing is given here (give a value, or leave the key out)"),
        ("limits: {score: §high}", "expected a number, not text (write a number, such as 0.5)"),
        ("query: §raw", f"expected {MAPPING}, not text (write query: {{embed: redacted}})"),
        ("query: {embed: §row}", 'unknown value "row" (did you mean "raw"?)'),
        ("on_fault: §ignore", 'unknown value "ignore" (known here: withhold, fail)'),
        ("§feilds: {a: scan}", 'unknown key "feilds" (did you mean "fields"?)'),
    ],
)
def test_a_wrong_purpose_is_refused_where_it_is_wrong(body: str, expected: str) -> None:
    assert_refused(policy_text(f"fields: {{page_content: scan}}\n{body}\n"), expected)


@pytest.mark.parametrize(
    ("detect", "expected"),
    [
        ("{ner: §none}", "ner: none needs a reason (say why: without a model, names are not found in text)"),
        (
            "{ner: §nonne, reason: some}",
            (
                "ner is not written as it should be "
                "(bundled, fast, none (with a reason), spacy:MODEL, stanza:MODEL, transformers:MODEL or gliner:MODEL)"
            ),
        ),
        (
            "{ner: none, reason: some, locales: [§USA]}",
            (
                'unknown locale "USA" '
                "(known here: au, ca, cn, de, es, fi, hk, in, it, kr, ng, ph, pl, se, sg, th, tr, tw, uk, us, za)"
            ),
        ),
        (
            "{ner: none, reason: some, locales: [§usa]}",
            (
                'unknown locale "usa" '
                "(known here: au, ca, cn, de, es, fi, hk, in, it, kr, ng, ph, pl, se, sg, th, tr, tw, uk, us, za)"
            ),
        ),
        (
            "{ner: none, reason: §'   '}",
            "reason is empty (say why: without a model, names are not found in text)",
        ),
        ("{ner: none, reason: some, locales: §us}", "expected a list, not text (write it in square brackets: […])"),
        ("{ner: none, reason: some, min_score: §2}", "min_score must be at most 1 (write 1 or less)"),
        ("{ner: none, reason: some, timeout: §0}", "timeout must be more than 0 (write a number that is more than 0)"),
        (
            "{ner: none, reason: some, known: [§3]}",
            f"expected {MAPPING}, not a number (write {{field: metadata.name, entity: PERSON}})",
        ),
        (
            "{ner: none, reason: some, known: [{field: a, §entty: PERSON}]}",
            'unknown key "entty" (did you mean "entity"?)',
        ),
        (
            "{ner: none, reason: some, known: [§{entity: PERSON}]}",
            '"field" is missing (the payload field, such as field: metadata.name)',
        ),
        ("{ner: none, reason: some, §recognizer: [a]}", 'unknown key "recognizer" (did you mean "recognizers"?)'),
        ("{ner: none, reason: some, recognizers: [§1]}", "expected text, not a number (write it in quotes)"),
    ],
)
def test_a_wrong_detection_is_refused_where_it_is_wrong(detect: str, expected: str) -> None:
    assert_refused(policy_text("fields: {page_content: scan}\n", detect=f"detect: {detect}\n"), expected)


@pytest.mark.parametrize(
    ("recognizer", "expected"),
    [
        ("{name: §1, entity: A, regex: a}", "expected text, not a number (write it in quotes)"),
        ("§{name: a, regex: a}", '"entity" is missing (what it finds, such as entity: POLICY_NUMBER)'),
        ("{name: a, entity: A, §regexp: a, regex: a}", 'unknown key "regexp" (did you mean "regex"?)'),
        ("{name: a, entity: A, regex: a, score: §0}", "score must be more than 0 (write a number that is more than 0)"),
        ("{name: a, entity: A, regex: §''}", "regex is empty (give a value)"),
    ],
)
def test_a_wrong_recognizer_is_refused_where_it_is_wrong(recognizer: str, expected: str) -> None:
    assert_refused(policy_text("fields: {a: redact}\n", tail=f"recognizers: [{recognizer}]\n"), expected)


def test_a_key_with_an_asterisk_in_it_is_quoted() -> None:
    assert list(small_policy("fields: {page_content: scan, '\"a*\"': redact}\n").purposes["ask"].fields)[1] == '"a*"'


def test_a_reason_is_kept_without_the_blanks_around_it() -> None:
    rule = small_policy("fields: {page_content: {action: keep, reason: '  public '}}\n").purposes["ask"].fields
    assert getattr(rule["page_content"][0], "reason", None) == "public"


def test_a_path_that_the_ledger_would_not_take_is_refused() -> None:
    longest = "a" * 1000
    small_policy(f"fields: {{page_content: scan, {longest}: redact}}\n")
    told = "a path of more than 1000 characters (the ledger takes no name that long)"
    assert_refused(policy_text(f"fields: {{page_content: scan, ? §{longest}b : redact}}\n"), told)
    assert_refused(policy_text(f"fields: {{page_content: scan}}\nfilterable: [§{longest}b]\n"), told)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{HEAD}purposes:\n  ask:\n    fields: {{page_content: scan}}\n    {DETECT}§limits: {{records: 3}}\n",
            'unknown key "limits" (it belongs under a purpose: check the indentation)',
        ),
        (
            f"{HEAD}purposes:\n  ask:\n    fields: {{page_content: scan}}\n    {DETECT}    §layout: langchain\n",
            'unknown key "layout" (it belongs at the top level: check the indentation)',
        ),
        (
            f"{HEAD}purposes:\n  ask:\n    fields: {{page_content: scan}}\n    {DETECT}    §locales: [de]\n",
            'unknown key "locales" (it belongs under detect: check the indentation)',
        ),
        (
            f"{HEAD}purposes:\n  ask:\n    fields: {{page_content: scan}}\n    {DETECT}    §recognizers: []\n",
            'unknown key "recognizers" (it belongs at the top level or under detect: check the indentation)',
        ),
    ],
)
def test_a_key_at_the_wrong_level_is_told_its_own(text: str, expected: str) -> None:
    assert_refused(text, expected)


BLANK = "(put a blank after the colon)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("entities: §default:redact\n", f"expected {MAPPING}, not text {BLANK}"),
        ("entities:\n  §default:redact\n", f"expected {MAPPING}, not text {BLANK}"),
        ("entities: {§default:redact}\n", f"nothing is given here {BLANK}"),
        ("limits: {§records:3}\n", f"nothing is given here {BLANK}"),
        ("entities:\n  URL:{action: §mask}\n", f'unknown action "mask}}" {BLANK}'),
        ("entities:\n  default:§redact\n  URL: hash\n", f"this is not valid YAML: a colon without a blank {BLANK}"),
        ("entities:\n  URL: hash\n  default:§redact\n", f"this is not valid YAML: a colon without a blank {BLANK}"),
        ("limits:\n  §records:3\n", f"expected {MAPPING}, not text {BLANK}"),
        ("§limits:{records: 3}\n", f'unknown key "limits:{{records" {BLANK}'),
        ("entities: {URL: §default:redact}\n", f'unknown action "default:redact" {BLANK}'),
    ],
)
def test_a_colon_without_a_blank_is_told(body: str, expected: str) -> None:
    assert_refused(policy_text(f"fields: {{page_content: scan}}\n{body}"), expected)


def test_a_key_with_a_colon_in_it_is_not_taken_for_one_without_a_blank() -> None:
    small_policy("fields:\n  page_content: scan\n  dc:title: redact\n")
    assert_refused(
        policy_text("fields:\n  page_content: scan\n  dc:title: redact\n  x: y§: z\n"),
        "this is not valid YAML: a colon out of place (check the indentation, or put the value in quotes)",
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "fields: {page_content: §“scan”}\n",
            'unknown action "“scan”" (it has a left double quotation mark, U+201C: type the plain character)',
        ),
        (
            "fields: {page_content: scan}\nentities: {URL: §drop–record}\n",
            'unknown action "drop–record" (it has an en dash, U+2013: type the plain character)',
        ),
        (
            "fields: {page_content: scan}\nentities: {URL: §re\u00addact}\n",
            'unknown action "re\u00addact" (it has a soft hyphen, U+00AD: type the plain character)',
        ),
        (
            "fields: {page_content: scan}\n§\u00a0limits: {records: 3}\n",
            'unknown key "limits" (it has a no-break space, U+00A0: type the plain character)',
        ),
        (
            "fields: {page_content: scan}\nlimits: {records: §3\u00a0}\n",
            "expected a whole number, not text (it has a no-break space, U+00A0: type the plain character)",
        ),
        (
            "fields: {page_content: scan, §\u00a0metadata.title: scan}\n",
            (
                "not a path: a quotation mark or blank that only looks like one "
                "(it has a no-break space, U+00A0: type the plain character)"
            ),
        ),
        (
            "fields: {page_content: scan}\nentities: {§“URL”: redact}\n",
            (
                'nothing in this purpose\'s set-up detects "“URL”" '
                "(it has a left double quotation mark, U+201C: type the plain character)"
            ),
        ),
        (
            "fields: {page_content: scan}\non_fault: §‘fail’\n",
            'unknown value "‘fail’" (it has a left single quotation mark, U+2018: type the plain character)',
        ),
        (
            "fields: {page_content: {action: keep, reason: see§: “all: of it”}}\n",
            (
                "this is not valid YAML: a colon out of place "
                "(it has a left double quotation mark, U+201C: type the plain character)"
            ),
        ),
        (
            "fields: {page_content: scan}\n§on_fault：fail\ndetect: {ner: none, reason: none here}\n",
            (
                "this is not valid YAML: a key without a colon "
                "(it has a fullwidth colon, U+FF1A: type the plain character)"
            ),
        ),
    ],
)
def test_a_character_that_only_looks_plain_is_named(body: str, expected: str) -> None:
    assert_refused(policy_text(body), expected)


def test_a_purpose_whose_name_nobody_could_type_is_refused() -> None:
    assert_refused(
        policy_text("fields: {page_content: scan}\n").replace("  ask:", " §\u00a0ask:"),
        "a blank before or after the purpose's name (it has a no-break space, U+00A0: type the plain character)",
    )


def test_quotation_marks_of_all_kinds_are_fine_in_a_reason() -> None:
    small_policy("fields: {page_content: {action: keep, reason: the firm’s “own” texts}}\n")


def test_a_comma_in_a_text_in_braces_is_told() -> None:
    assert_refused(
        policy_text("fields: {a: {action: keep, reason: a flag, §which names nobody§}}\n"),
        ('unknown key "which names nobody" (in braces, a comma ends the text: put the whole text in quotes)'),
        "nothing is given here (give a value, or leave the key out)",
    )


def test_an_unknown_key_without_a_value_is_told_both() -> None:
    assert_refused(
        policy_text("fields: {a: redact}\n§limit:§\n"),
        'unknown key "limit" (did you mean "limits"?)',
        "nothing is given here (give a value, or leave the key out)",
    )


@pytest.mark.parametrize("setting", ["limits: {records: 3}", "entities: {default: redact}", "on_fault: fail"])
def test_a_setting_at_the_level_of_purposes_is_told_where_it_belongs(setting: str) -> None:
    key = setting.partition(":")[0]
    assert_refused(
        policy_text("fields: {a: redact}\n") + f"  §{setting}\n",
        f'"{key}" stands where a purpose should (indent it: it belongs under a purpose)',
    )


def test_all_problems_are_reported_at_once_in_the_order_of_the_file() -> None:
    assert_refused(
        policy_text("fields: {a: §redcat, §b: keep}\n§limit: {}\nlimits: {records: §x}\n", tail="§recognizer: []\n"),
        'unknown action "redcat" (did you mean "redact"?)',
        "keep needs reason (say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews)",
        'unknown key "limit" (did you mean "limits"?)',
        "expected a whole number, not text (write digits only, such as 3)",
        'unknown key "recognizer" (did you mean "recognizers"?)',
    )


def test_an_error_names_file_line_and_column_and_keeps_no_foreign_exception(tmp_path: Path) -> None:
    path = tmp_path / "customer-service.yaml"
    path.write_text(policy_text("fields: {a: redcat}\n"))
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.column) == (str(path), 6, 17)
    assert str(caught.value) == f'{path}:6:17: unknown action "redcat" (did you mean "redact"?)'
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_value_of_a_policy_is_not_printed_where_a_name_was_not_expected() -> None:
    text = policy_text("fields: {a: {action: keep, reason: [maria.keller@example.com]}}\n")
    assert "maria" not in "".join(refused(text))


def test_the_digest_is_sha_256_over_the_canonical_form_of_what_is_written() -> None:
    policy = Policy.parse(f"{HEAD}purposes: {{ask: {{fields: {{a: redact}}, {DETECT.strip()}}}}}")
    written: Any = {
        "needful": 1,
        "name": "small",
        "version": 1,
        "purposes": {"ask": {"fields": {"a": "redact"}, "detect": {"ner": "none", "reason": "a test needs no model"}}},
    }
    assert policy.digest == hashlib.sha256(rfc8785.dumps(written)).hexdigest()
    assert policy.identity == Identity("small", 1, policy.digest)


def test_comments_order_and_quoting_do_not_change_the_digest_and_a_value_does() -> None:
    one = "needful: 1\nname: a\nversion: 1\npurposes: {p: {fields: {x: redact}, detect: {ner: none, reason: why}}}\n"
    two = (
        "# a comment\nversion: 1\n'name': \"a\"\nneedful: 1\npurposes:\n  p:\n    detect:\n      reason: why\n"
        "      ner: none\n    fields:\n      x: redact\n"
    )
    three = one.replace("redact", "hash")
    assert Policy.parse(one).digest == Policy.parse(two).digest != Policy.parse(three).digest


def test_a_default_that_is_spelled_out_counts_as_written() -> None:
    assert (
        small_policy().digest != Policy.parse(policy_text("fields: {page_content: scan}\n") + "language: en\n").digest
    )


def test_a_policy_never_changes() -> None:
    policy = small_policy()
    for change in (
        lambda: setattr(policy, "digest", ""),
        lambda: setattr(policy.document, "name", ""),
        lambda: setattr(policy.purposes["ask"], "fields", {}),
        lambda: policy.purposes.update(other=policy.purposes["ask"]),  # type: ignore[attr-defined]
        lambda: policy.purposes["ask"].fields.update(b="keep"),  # type: ignore[attr-defined]
    ):
        with pytest.raises((AttributeError, ValueError)):
            change()


def test_a_policy_is_itself_when_copied_and_equal_when_pickled() -> None:
    policy = small_policy()
    assert copy.deepcopy(policy) is copy.copy(policy) is policy
    again = pickle.loads(pickle.dumps(policy))  # noqa: S301  # our own bytes
    assert again == policy
    assert hash(again) == hash(policy)


def test_a_policy_shows_itself_shortly() -> None:
    assert repr(small_policy()).startswith("Policy(digest=")
    assert len(repr(small_policy())) < 150


def test_what_a_policy_says_is_at_hand() -> None:
    policy = small_policy(tail="recognizers: [{name: a, entity: A, regex: a+}]\n")
    assert (policy.name, policy.version, policy.language, policy.keys) == ("small", 1, "en", "env:NEEDFUL_KEY")
    assert policy.layout.text == "page_content"
    assert [recognizer.name for recognizer in policy.recognizers] == ["a"]
    assert list(policy.purposes) == ["ask"]
    assert policy.source == "p.yaml"


EVERYTHING = """
needful: 1                                # language version
name: customer-service
version: 3
language: en
layout: langchain
keys: env:NEEDFUL_KEY

purposes:
  answer-ticket:
    filter:
      metadata.tenant: {equals: $principal.tenant}
      metadata.status: {any: [open, closed]}
    filterable: [metadata.product]
    fields:
      page_content:    scan
      metadata.title:  {action: keep, reason: product names only}
      metadata.name:   {action: pseudonymize, entity: PERSON}
      metadata.opened: {action: generalize, to: month}
    entities:
      default:       redact
      PERSON:        pseudonymize
      EMAIL_ADDRESS: {action: mask, keep_last: 4}
      DATE_TIME:     {action: generalize, to: month}
      ORGANIZATION:  {action: keep, reason: insurers are public}
      US_SSN:        drop-record
    detect: {ner: bundled, locales: [us, de], min_score: 0.4, known: [metadata.name], recognizers: [policy-number]}
    limits: {records: 4, passages: 3, characters: 1500, score: 0.2}
    query: {embed: redacted}
    restore: {PERSON: {roles: [supervisor]}}
    on_fault: withhold

recognizers:
  - {name: policy-number, entity: POLICY_NUMBER, regex: 'POL-\\d{8}', score: 0.8, context: [policy]}
"""


def test_a_policy_that_uses_the_whole_language_loads() -> None:
    assert Policy.parse(EVERYTHING).name == "customer-service"


@pytest.mark.parametrize("name", policy_names())
def test_the_starter_policies_load(name: str, repository: Path) -> None:
    policy = Policy.load(repository / "policies" / f"{name}.yaml")
    assert policy.name == name


@given(st.text(alphabet=st.sampled_from(list("needful: 1\npurs[]{}§-'\"#&*!%@|>,?")), max_size=80))
def test_no_text_makes_the_loader_fail_otherwise_than_by_its_own_error(text: str) -> None:
    try:
        Policy.parse(text)
    except PolicyError as error:
        assert all(problem.line >= 0 for problem in error.problems)  # noqa: PT017


@given(st.data())
def test_cutting_a_policy_anywhere_never_gives_another_error_than_its_own(data: st.DataObject) -> None:
    text = policy_text("fields: {page_content: scan}\nfilter: {a: {equals: $principal.x}}\n")
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    try:
        Policy.parse(text[:start] + text[stop:])
    except PolicyError as error:
        assert error.problems  # noqa: PT017
