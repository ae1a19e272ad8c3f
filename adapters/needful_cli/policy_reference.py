"""The reference of the policy language, docs/policies/reference.md.

`python -m needful_cli.policy_reference > docs/policies/reference.md` writes it anew. Its sentences are in the template
data/policy_reference.md. Keys, types and defaults come from the models; what actions make of values is computed, with a
fixed key.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from needful.generalizing import generalized
from needful.keys import Keys
from needful.policy import document
from needful.policy.entities import OPERATORS
from needful.policy.reference import SUITE_MODELS, entity_tables, key_table, layout_table, lint_table, table
from needful.policy.rules import COARSER, PARAMETERS, REQUIRED, Rule, To
from needful.policy.suites import expectations
from needful.testing import PlainOperators
from needful.tokens import Tokens
from needful.transforms import Transformer
from needful.values import Action
from needful_cli import failures
from needful_cli.policy_refusals import REFUSALS

__all__ = ["ACTIONS", "COARSER_EXAMPLES", "reference"]

# The key of the page, which is public: tokens below are true for it alone.
_SECRET = bytes(range(32))

_NAME = ("PERSON", "Maria Keller")
_ACCOUNT = ("IBAN_CODE", "DE89 3704 0044 0532 0130 00")
_PHONE = ("PHONE_NUMBER", "+1 212 555 0142")

ACTIONS: tuple[tuple[tuple[str, str], Mapping[str, Any], str], ...] = (
    (_NAME, {"action": "keep", "reason": "said in reviews"}, "The value stays. The one dangerous word."),
    (_ACCOUNT, {"action": "mask"}, "Characters are hidden; at least half of a value always is."),
    (_ACCOUNT, {"action": "mask", "keep_last": 2}, ""),
    (_ACCOUNT, {"action": "mask", "keep_last": 2, "keep_format": True}, ""),
    (("DATE_TIME", "15 March 2024"), {"action": "generalize", "to": "month"}, "A coarser value; see below."),
    (
        _NAME,
        {"action": "custom", "operator": "replace", "params": {"new_value": "a customer"}},
        "What an operator of presidio-anonymizer makes of it.",
    ),
    (_NAME, {"action": "hash"}, "One value, one token, as long as the key is the same. Nothing is kept."),
    (_NAME, {"action": "pseudonymize"}, "One value, one token, within a call or a conversation."),
    (_NAME, {"action": "pseudonymize", "lasting": True}, "One value, one token, always; `restore` can undo it."),
    (_PHONE, {"action": "surrogate"}, "A made-up value of the same kind. A reader does not see that it is one."),
    (_NAME, {"action": "redact"}, "Only what kind of value it was."),
    (_NAME, {"action": "drop-passage"}, "The sentence is left out. For entities only."),
    (_NAME, {"action": "drop-record"}, "The whole record is withheld. The ledger says why, the caller is not told."),
    (_NAME, {"action": "deny"}, "The whole call is refused, with the code `denied`."),
)
"""Entity and value, a rule, and what the rule does; what it makes of the value is computed."""

_NO_VALUE = {Action.DROP_PASSAGE: "no sentence", Action.DROP_RECORD: "no record", Action.DENY: "no answer"}

COARSER_EXAMPLES: tuple[tuple[str, Mapping[str, float], tuple[object, ...], str], ...] = (
    ("week", {}, ("15 March 2024", "2024-03-15"), "ISO 8601 weeks"),
    (
        "month",
        {},
        ("15 March 2024", "2024-03-15T09:30:00Z", "last spring"),
        "of a date in words, in ISO 8601, or in seconds",
    ),
    ("quarter", {}, ("15 March 2024",), ""),
    ("year", {}, ("15 March 2024", "03/04/2024"), "a day that could be two months is made coarser still"),
    ("age-band", {}, (43, "43 years old"), "`step` years wide"),
    ("age-band", {"step": 5}, (43,), ""),
    ("range", {"step": 10_000}, (15_300, "15,300 EUR"), "`step` wide, in the value's own unit"),
    ("magnitude", {}, ("15,300 EUR",), "between two powers of ten"),
    ("rounded", {"step": 500}, (15_300, "15,300 EUR"), "to a multiple of `step`"),
    ("zip3", {}, ("90210", "SW1A 1AA"), "three digits, or the district; thinly settled areas become `000`"),
    ("network", {}, ("203.0.113.77", "2001:db8:12:34::1"), "/24 of IPv4, /48 of IPv6"),
    ("coordinates", {}, ("52.51631, 13.37770",), "one decimal place"),
    ("coordinates", {"decimals": 2}, ({"lat": 52.51631, "lon": 13.3777},), ""),
)
"""`to`, its parameters, values, and a remark; what becomes of the values is computed."""


def reference() -> str:
    """Return the page."""
    template = files("needful_cli").joinpath("data", "policy_reference.md").read_text("utf-8")
    codes = "\n".join(line.strip() for line in (failures.__doc__ or "").splitlines() if line.startswith("    "))
    parts = {name: key_table(model) for name, model in _MODELS.items()}
    parts |= {
        "value_rule": key_table(document.ValueRule, document.Rule.model_fields),
        "layouts": layout_table(),
        "actions": _actions(),
        "coarser": _coarser(),
        "operators": _operators(),
        "entities": entity_tables(),
        "lints": lint_table(),
        "exit_codes": codes,
        "refusals": _refusals(),
    }
    return re.sub(r"%%(\w+)%%", lambda found: parts[found[1]], template)


_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "file": document.PolicyDocument,
        "layout": document.Layout,
        "purpose": document.Purpose,
        "filter": document.FilterTest,
        "range": document.Range,
        "filterable": document.Filterable,
        "scan": document.Scan,
        "omit": document.Omit,
        "rule": document.Rule,
        "select": document.Select,
        "detect": document.Detect,
        "known": document.Known,
        "limits": document.Limits,
        "query": document.QueryRule,
        "recognizer": document.Recognizer,
        "expectation": expectations.Expectation,
        "expected_document": expectations.ExpectedDocument,
        "restoring": expectations.Restoring,
        "restored": expectations.ExpectedRestored,
        **SUITE_MODELS,
    }
)


@lru_cache(maxsize=1)
def _transformer() -> Transformer:
    from needful_faker import FakerSurrogates

    return Transformer(Tokens(Keys(_SECRET), scope="reference"), PlainOperators(), FakerSurrogates())


def _actions() -> str:
    rows = []
    for (entity, value), written, says in ACTIONS:
        rule = Rule.model_validate(written)
        shown = _NO_VALUE.get(rule.action) or f"`{_applied(value, entity, rule)}`"
        takes = ", ".join(
            f"`{name}`{'!' if name in REQUIRED.get(rule.action, ()) else ''}" for name in _takes(rule.action)
        )
        rows.append((f"`{_yaml(written)}`", str(rule.action.rank), f"`{value}`", shown, takes, says))
    return table(("rule", "rank", "value", "becomes", "takes", "says"), rows)


def _applied(value: str, entity: str, rule: Rule) -> str:
    return value if rule.action is Action.KEEP else _transformer().apply(value, entity, rule)


def _takes(action: Action) -> list[str]:
    return sorted({*PARAMETERS.get(action, ()), *REQUIRED.get(action, ())})


def _yaml(written: Mapping[str, Any]) -> str:
    """A rule as a policy writes it, in its short form where it has one."""
    if written.keys() == {"action"}:
        return str(written["action"])
    parts = (f"{key}: {_yaml_value(value)}" for key, value in written.items())
    return f"{{{', '.join(parts)}}}"


def _yaml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {held}' for key, held in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _coarser() -> str:
    rows = []
    for to, parameters, values, says in sorted(COARSER_EXAMPLES, key=lambda row: get_args(To).index(row[0])):
        for value in values:
            coarse = generalized(value, to, **parameters)  # type: ignore[arg-type]  # step is a float, decimals an int
            shown = "redacted" if coarse is None else f"`{_json(coarse)}`"
            given = ", ".join(f"`{name}: {number}`" for name, number in parameters.items()) or _parameter(to)
            rows.append((f"`{to}`", given, f"`{_json(value)}`", shown, says if value == values[0] else ""))
    return table(("to", "parameter", "value", "becomes", "says"), rows)


def _parameter(to: str) -> str:
    takes = COARSER[to].removesuffix("!")
    return f"`{takes}` left out" if takes else "none"


def _json(value: object) -> str:
    """Texts in quotation marks and numbers without: a field's type counts."""
    return json.dumps(value, ensure_ascii=False)


def _operators() -> str:
    rows = [
        (f"`{name}`", ", ".join(f"`{each}`" for each in sorted(takes)) or "none") for name, takes in OPERATORS.items()
    ]
    return table(("operator", "params"), sorted(rows))


def _refusals() -> str:
    return table(("code", "means", "what to do"), [(f"`{code}`", *REFUSALS[code]) for code in sorted(REFUSALS)])


if __name__ == "__main__":
    sys.stdout.write(reference())
