"""Everything that `needful policy check` says, by a stable id for dashboards and pull requests.

An id never changes its meaning. What keeps a policy from loading is an `error`; what was probably not meant is a
`warning`; what a reviewer signs off is a `note`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from needful.errors import Problem

__all__ = ["RULES", "Level", "LintRule", "rule_of"]

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class LintRule:
    """One thing that a check looks for. `says` is one line for people who do not know the policy."""

    id: str
    level: Level
    says: str


_ERRORS = {
    "duplicate-key": "A key stands twice in one mapping, so that one of the two would not count.",
    "invalid-name": "A path, a name or a number is not written as it should be.",
    "invalid-regex": "A recognizer's regex is not RE2 syntax, or matches the empty text.",
    "missing-part": "Something required is not there, such as the reason of a keep.",
    "nested-rule": "A field has a rule, and so has an object that it lies in.",
    "policy-error": "Anything else that keeps a policy or a test suite from loading.",
    "undetected-entity": "A rule names a kind of personal data that nothing in the purpose's set-up finds.",
    "unknown-key": "A key that the policy language does not have at this place.",
    "unknown-word": "An action, operator, locale, recognizer or other value that there is not.",
    "unreadable-file": "The file or folder is not there, cannot be read, or is no text.",
}

_WARNINGS = {
    "broad-regex": "A recognizer's regex matches nearly every word or number, so that little readable text is left.",
    "default-withholds": "Every find without a rule of its own withholds the record, or refuses the question.",
    "idle-rules": "Entity rules or known fields without any scanned field: they act on the question only.",
    "missing-recognizer": "A purpose has a rule for an entity, but does not use the policy's own recognizer for it.",
    "missing-secret": "The environment variable that holds the policy's secret is not set here.",
    "names-not-found": "Nothing finds the names of persons in scanned text.",
    "no-text": "The documents of a purpose have no text.",
    "nothing-to-restore": "Restoring is allowed for an entity that no rule replaces by lasting tokens.",
    "secret-in-policy": "A secret stands in the policy file, for everybody to read who can read the policy.",
    "side-channel": "A caller's filter can find out a value step by step that the purpose does not disclose.",
    "unreachable-rule": "A rule that never decides: it never holds, or another one is always as strict or stricter.",
    "unsafe-allow": "A purpose loosens what its parent policy rules.",
    "untested-purpose": "No test in the suite beside the policy asks for this purpose.",
    "unused-recognizer": "No purpose uses a recognizer that the policy defines.",
    "wildcard-keep": "A wildcard keeps whatever is there, so fields that are added to the data later are shown too.",
}

_NOTES = {
    "keep": "Personal data or a field is disclosed as it is, for the reason given.",
    "key-file": "NEEDFUL_KEY is not set here, so that a key file of this user is used.",
    "no-model": "No model finds names in text; known values and recognizers have to suffice.",
    "no-restore": "Lasting tokens that nobody is allowed to turn back into values.",
    "omit-is-fetched": "A field is not disclosed, but a wildcard beside it makes it leave the database.",
    "raw-question": "The embedding model sees the question as it was asked.",
    "refused-for-others": "Every field rule is for certain principals, so all others are refused.",
    "surrogate-shape": "The made-up values of this entity keep only the shape of the real ones.",
}


def _table() -> Mapping[str, LintRule]:
    levels: tuple[tuple[Level, Mapping[str, str]], ...] = (
        ("error", _ERRORS),
        ("warning", _WARNINGS),
        ("note", _NOTES),
    )
    return {name: LintRule(name, level, says) for level, rules in levels for name, says in rules.items()}


RULES: Mapping[str, LintRule] = MappingProxyType(_table())
"""Rule id to level and description."""

# A problem has no id. Its message is ours and starts in one of these ways; what starts otherwise is a policy-error.
_STARTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("duplicate-key", r'this key is there twice|".*" is there twice|a second (test|recognizer) '),
        ("invalid-regex", r"not a regex|this regex "),
        ("missing-part", r'".*" is missing$|[a-z-]+(: [a-z0-9-]+)? needs |ner: none needs |\S+ is empty$'),
        ("nested-rule", r'".*" lies in '),
        ("undetected-entity", r"nothing in this purpose's set-up detects "),
        ("unknown-key", r"unknown key |unknown parameter |\S+ is not a parameter of "),
        ("unknown-word", r"unknown (action|field|language version|locale|operator|purpose|recognizer|value)"),
        ("invalid-name", r"not a path|\S+ is not written as it should be|\S+ must be (at|more|less) "),
        ("unreadable-file", r"there is no such|this is a directory|the (file|folder) cannot be read|this is not UTF-8"),
    )
)


def rule_of(problem: Problem) -> LintRule:
    """The rule of a problem that kept a file from loading."""
    found = next((name for name, start in _STARTS if start.match(problem.message)), "policy-error")
    return RULES[found]
