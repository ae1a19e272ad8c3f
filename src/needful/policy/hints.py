"""What to do next, for every way in which a value can be wrong: short sentences for who wrote the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needful.policy.document import LAYOUTS
from needful.policy.plain import Location

__all__ = [
    "EMPTY",
    "FORMS",
    "LISTED",
    "MAPPING",
    "NEEDS",
    "ONE_WORD",
    "TOO_LITTLE",
    "WITHOUT_A_MODEL",
    "bound",
    "kind",
    "missing",
]

FORMS: Mapping[str, str] = {
    "name": "lower-case letters, digits, dots, hyphens and underscores, such as customer-service",
    "language": "two lower-case letters, such as en",
    "keys": "env: and the name of an environment variable, such as env:NEEDFUL_KEY",
    "entity": "capital letters, digits and underscores, such as POLICY_NUMBER",
    "restore": "capital letters, digits and underscores, such as POLICY_NUMBER",
    "ner": "bundled, fast, none (with a reason), spacy:MODEL, stanza:MODEL, transformers:MODEL or gliner:MODEL",
    "policy": "the name of a policy file in the same directory",
}
"""How a text looks that has a form."""

ONE_WORD: Mapping[str, tuple[str, ...]] = {"select": ("passages", "whole"), "layout": tuple(LAYOUTS)}
"""What may be one word in place of a mapping."""

EMPTY: Mapping[str, str] = {
    "purposes": "a policy without purposes allows nothing; name at least one",
    "fields": "a field without a rule never leaves Qdrant; give at least one",
    "operators": "name at least one operator, or leave operators out",
    "tests": "name at least one test",
    "when": "say for whom: when: {role: [supervisor]}",
}
"""What has to have something in it."""

LISTED: Mapping[str, tuple[str, str]] = {"fields": ("page_content", "scan"), "entities": ("default", "redact")}
"""What is a mapping and often written as a list, and how one line of it looks."""

NEEDS: Mapping[str, str] = {
    "reason": "say why it may be disclosed: {action: keep, reason: …}; it is printed in reviews",
    "to": "say how coarse: {action: generalize, to: month}",
    "operator": "name a presidio-anonymizer operator: {action: custom, operator: replace}",
    "step": "say how wide: {action: generalize, to: range, step: 10000}",
}
"""What an action needs beside itself."""

WITHOUT_A_MODEL = "say why: without a model, names are not found in text"

_MISSING_ABOVE: Mapping[str, str] = {
    "needful": "the language version: needful: 1",
    "name": "the policy's name, such as name: customer-service",
    "version": "the policy's revision, a whole number: version: 1",
    "purposes": "name at least one purpose, and what it may see: purposes: {answer-ticket: {fields: …}}",
    "policy": "the policy file in the same directory, such as policy: customer-service.yaml",
    "tests": "name at least one test",
}
_MISSING: Mapping[str, str] = {
    "expect": "what must come out: text, documents, counts, withheld, refused or absent",
    "fields": "name the fields that this purpose needs, such as fields: {page_content: scan}",
    "action": "what happens with the value, such as action: redact",
    "entity": "what it finds, such as entity: POLICY_NUMBER",
    "field": "the payload field, such as field: metadata.name",
    "key": "the payload field, such as key: metadata.product",
    "name": "a name to know it by, such as name: policy-number",
    "regex": "what it looks like, such as regex: 'POL-[0-9]{8}'",
}

TOO_LITTLE: Mapping[str, str] = {
    "records": "to allow nothing, remove the purpose",
    "passages": "to disclose no text, remove the rule of the text field",
    "characters": "to disclose no text, remove the rule of the text field",
}
"""Limits that are no limit at 0."""

_OR: Mapping[str, str] = {"at least": "more", "at most": "less"}

MAPPING = "a mapping (key: value)"
"""What a message calls a mapping."""
_INSTEAD: Mapping[str, str] = {
    "text": "write one text, in quotes",
    "a whole number": "write digits only, such as 3",
    "a number": "write a number, such as 0.5",
    "true or false": "write true or false, without quotes",
    "a list": "write it in square brackets: […]",
}
_EXAMPLES: Mapping[str, str] = {
    "detect": "detect: {ner: bundled}",
    "entities": "entities: {default: redact}",
    "expect": "expect: {text: …}",
    "fields": "fields: {page_content: scan}",
    "filter": "filter: {metadata.tenant: {equals: $principal.tenant}}",
    "known": "{field: metadata.name, entity: PERSON}",
    "limits": "limits: {records: 4}",
    "params": "params: {new_value: …}",
    "query": "query: {embed: redacted}",
    "range": "range: {gte: 1, lt: 10}",
    "recognizers": "{name: policy-number, entity: POLICY_NUMBER, regex: …}",
    "restore": "restore: {PERSON: {role: [investigator]}}",
    "unsafe-allow": "unsafe-allow: {limits.records: the reason}",
    "when": "when: {role: [supervisor]}",
}


def missing(location: Location) -> str:
    """What a key says that is not there."""
    key = str(location[-1])
    if location[0] == "tests" and key == "name":
        return "what the test shows, such as name: an agent sees no names"
    return (_MISSING if len(location) > 1 else _MISSING_ABOVE).get(key, f"add it: {key}: …")


def bound(words: str, number: float) -> str:
    """What to write in place of a number that is too small or too large; `words` as in `must be at least 1`."""
    return f"write {number:g} or {_OR[words]}" if words in _OR else f"write a number that is {words} {number:g}"


def kind(expected: Sequence[str], location: Location) -> str:
    """What to write where another kind of value stands, by what it is that was expected."""
    if "an action" in expected:
        return "write an action, such as redact, or {action: keep, reason: …}"
    if MAPPING not in expected:
        return _INSTEAD.get(expected[0], "")
    if location[-2:-1] == ("filter",):
        return "write a test, such as {equals: $principal.tenant}"
    if location[-2:-1] == ("restore",):
        return "say who may: {role: [investigator]}"
    if location[:1] == ("purposes",) and len(location) == 2:
        return "write below it what it may see, such as fields: {page_content: scan}"
    name = next((step for step in reversed(location) if isinstance(step, str)), "")
    return f"write {_EXAMPLES[name]}" if name in _EXAMPLES else "write key: value below it, or {key: value}"
