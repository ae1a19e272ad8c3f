"""The JSON Schema says about the form of a policy what the loader says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from needful.policy.document import PolicyDocument
from needful.policy.plain import read
from needful.policy.schema import schema
from needful.resources import policy_names
from policy_support import policy_text

VALIDATOR = jsonschema.Draft202012Validator(schema())

FULL = """
fields:
  page_content: scan
  a: redact
  b: {action: keep, reason: public}
  c: {action: mask, keep_first: 1, keep_last: 2, char: x}
  d: {action: scan, select: whole}
  e: {action: scan, select: {by: lexical, neighbours: 1}}
  f: {action: pseudonymize, entity: PERSON}
  g: {action: generalize, to: month}
  i: {action: generalize, to: range, step: 10}
  j: {action: generalize, to: coordinates, decimals: 2}
  k.*: {action: omit, reason: not needed}
  l: [{action: scan, when: {role: [agent, lead]}}, {action: redact, entity: PERSON, when: {role: agent}}]
  m: {action: mask, keep_format: true}
  n: {action: pseudonymize, lasting: true}
  h: {action: custom, operator: mask, params: {masking_char: x, chars_to_mask: 3, from_end: true}}
filter:
  a: {equals: $principal.tenant}
  b: {any: [1, two, true]}
  c: {except: [1]}
  d: {range: {gt: 1, lte: 2026-01-31}}
filterable: [a, {key: b, operators: [range]}]
entities: {default: redact, PERSON: {action: hash}, URL: [mask, {action: keep, reason: known, when: {role: lead}}]}
when: {role: [agent, lead]}
detect:
  ner: none
  reason: names are known
  locales: [us]
  min_score: 0.5
  timeout: 3
  known: [f, {field: x, entity: PERSON}]
  recognizers: [r]
limits: {records: 3, passages: 2, characters: 100, score: 0.5, privacy: 0.5}
query: {embed: raw}
restore: {PERSON: {role: [supervisor]}}
on_fault: fail
"""
TAIL = "recognizers: [{name: r, entity: R, regex: r+, score: 0.5, context: [word]}]\n"


def full_policy() -> dict[str, Any]:
    data = read(policy_text(FULL, tail=TAIL), "p.yaml").data
    assert isinstance(data, dict)
    return data


def loads(data: object) -> bool:
    """Whether the loader takes the form: no empty values, and the models agree."""
    if "null" in json.dumps(data):
        return False
    try:
        PolicyDocument.model_validate(data)
    except ValidationError:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_everything_that_the_language_has_is_valid() -> None:
    assert loads(full_policy())
    assert VALIDATOR.is_valid(full_policy())


@pytest.mark.parametrize("name", policy_names())
def test_the_starter_policies_are_valid(name: str, repository: Path) -> None:
    path = repository / "policies" / f"{name}.yaml"
    VALIDATOR.validate(read(path.read_text("utf-8"), name).data)


@pytest.mark.parametrize(
    "rule",
    [
        "keep",
        "generalize",
        "custom",
        {"action": "keep"},
        {"action": "redact", "keep_last": 1},
        {"action": "mask", "to": "x"},
    ],
)
def test_parameters_of_actions_are_part_of_the_schema(rule: object) -> None:
    data = full_policy()
    data["purposes"]["ask"]["entities"]["PERSON"] = rule
    assert not VALIDATOR.is_valid(data)
    assert not loads(data)


@pytest.mark.parametrize("path", ["a*", "*", "a.*.*", '"*"', "a" * 1001, "\u00a0a", "“a”"])
@pytest.mark.parametrize("key", ["fields", "filter"])
def test_what_no_path_may_have_is_part_of_the_schema(key: str, path: str) -> None:
    data = full_policy()
    of_key = data["purposes"]["ask"][key]
    of_key[path] = next(iter(of_key.values()))
    assert not VALIDATOR.is_valid(data)
    assert not loads(data)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a policy below the top."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in items for place in ((*path, key), *places(value, (*path, key)))]


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


PLACES = places(full_policy())
REPLACEMENTS = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        65,
        -1,
        1.5,
        10001,
        "",
        "x",
        "keep",
        "redact",
        "redcat",
        "scan",
        "whole",
        "PERSON",
        "   ",
        "  x  ",
        "a..b",
        "a.*",
        "month",
        "range",
        {"role": "agent"},
        [{"action": "scan"}, "redact"],
        "\u00a0a",
        '"*"',
        "us",
        [],
        [1],
        ["a"],
        [{"key": "a"}],
        {},
        {"action": "redact"},
        {"action": "keep"},
        {"equals": 1},
        {"x": 1},
    ]
)


@settings(max_examples=1000)
@given(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "add"]), REPLACEMENTS)
def test_schema_and_loader_agree_after_any_small_change(place: tuple[Any, ...], change: str, value: Any) -> None:
    data = copy.deepcopy(full_policy())
    parent = at(data, place[:-1])
    if change == "replace":
        parent[place[-1]] = value
    elif change == "remove":
        del parent[place[-1]]
    elif isinstance(parent, dict):
        parent["extra"] = value
    assert VALIDATOR.is_valid(data) == loads(data)


def test_a_policy_that_extends_another_may_leave_out_what_it_takes_from_there() -> None:
    head = {"needful": 1, "name": "small", "version": 1}
    assert VALIDATOR.is_valid({**head, "extends": "gdpr-minimal"})
    assert VALIDATOR.is_valid({**head, "extends": "gdpr-minimal", "purposes": {"ask": {"limits": {"records": 1}}}})
    assert not VALIDATOR.is_valid(head)
    assert not VALIDATOR.is_valid({**head, "purposes": {"ask": {"limits": {"records": 1}}}})
    assert not VALIDATOR.is_valid({**head, "extends": "gdpr-minimal", "purposes": {"ask": {"limts": {}}}})
