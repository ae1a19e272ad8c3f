"""Which of two rules shows less: an order with gaps, in which what cannot be compared is looser."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from needful.policy.document import FieldRule, Purpose, Rule
from needful.policy.inheriting.ordering import is_no_milder, shows_no_more

KEEP = {"action": "keep", "reason": "a test"}


def rule(given: str | Mapping[str, object]) -> Rule:
    return Rule.model_validate({"action": given} if isinstance(given, str) else given)


def field_rule(given: str | Mapping[str, object] | None) -> FieldRule | None:
    if given is None:
        return None
    return Purpose.model_validate({"fields": {"a": given}}).fields["a"][0]


def generalize(to: str, **parameters: object) -> dict[str, object]:
    return {"action": "generalize", "to": to, **parameters}


def mask(**parameters: object) -> dict[str, object]:
    return {"action": "mask", **parameters}


LASTING = {"action": "pseudonymize", "lasting": True}
REPLACE = {"action": "custom", "operator": "replace", "params": {"new_value": "x"}}

# rules of one value


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (KEEP, mask(keep_last=4)),
        (KEEP, "hash"),
        (mask(keep_last=4), "pseudonymize"),
        (generalize("month"), "hash"),
        ("surrogate", "redact"),
        ("redact", "drop-passage"),
        ("drop-passage", "drop-record"),
        ("drop-record", "deny"),
        (mask(keep_first=2, keep_last=4), mask(keep_first=1, keep_last=4)),
        (mask(keep_first=2, keep_last=4), mask(keep_last=3)),
        (mask(keep_last=4, keep_format=True), mask(keep_last=4)),
        (generalize("month"), generalize("quarter")),
        (generalize("quarter"), generalize("year")),
        (generalize("age-band"), generalize("age-band", step=10)),
        (generalize("age-band", step=5), generalize("age-band")),
        (generalize("range", step=0.1), generalize("range", step=0.3)),
        (generalize("rounded", step=10), generalize("rounded", step=1000)),
        (generalize("coordinates"), generalize("coordinates", decimals=0)),
        (generalize("coordinates", decimals=2), generalize("coordinates")),
        ("hash", "pseudonymize"),
        ("surrogate", "pseudonymize"),
        (LASTING, "pseudonymize"),
    ],
)
def test_a_rule_that_shows_less_is_tighter_and_not_the_other_way_round(
    parent: str | Mapping[str, object], child: str | Mapping[str, object]
) -> None:
    assert is_no_milder(rule(child), rule(parent))
    same = parent == generalize("age-band") and child == generalize("age-band", step=10)
    assert is_no_milder(rule(parent), rule(child)) == same


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (mask(keep_last=4), generalize("month")),
        # Of "AB", the first shows B and the second A.
        (mask(keep_first=1, keep_last=1), mask(keep_first=1)),
        # A week may lie in two months.
        (generalize("week"), generalize("month")),
        (mask(keep_last=4), mask(keep_first=1)),
        (mask(keep_last=4), mask(keep_last=4, char="#")),
        (mask(), REPLACE),
        (REPLACE, REPLACE | {"params": {"new_value": "y"}}),
        (generalize("range", step=10), generalize("range", step=15)),
        (generalize("range", step=10), generalize("magnitude")),
        (generalize("zip3"), generalize("network")),
        (generalize("month"), generalize("age-band")),
        ("hash", "surrogate"),
        ("hash", LASTING),
    ],
)
def test_rules_that_cannot_be_compared_are_looser_both_ways(
    parent: str | Mapping[str, object], child: str | Mapping[str, object]
) -> None:
    assert not is_no_milder(rule(child), rule(parent))
    if child != LASTING:
        assert not is_no_milder(rule(parent), rule(child))


# rules of a field


@pytest.mark.parametrize(
    ("parent", "child", "holds"),
    [
        (KEEP, "scan", True),
        (KEEP, "mask", True),
        ("scan", KEEP, False),
        ("scan", "mask", False),
        ("scan", generalize("month"), False),
        ("scan", REPLACE, False),
        ("scan", "hash", True),
        ("scan", "pseudonymize", True),
        ("scan", "surrogate", True),
        ("scan", "redact", True),
        ("scan", "drop-record", True),
        ("scan", "omit", True),
        ("mask", "scan", False),
        ("redact", "scan", False),
        ("hash", "scan", False),
        ("redact", "omit", True),
        ("omit", "deny", False),
        ("omit", "omit", True),
        (None, "redact", False),
        (None, "omit", True),
        ("redact", None, True),
        ("drop-record", "omit", False),
        ("deny", "omit", False),
        ("deny", None, False),
    ],
)
def test_of_field_rules_omit_is_the_strictest_and_scan_lies_between_keep_and_the_rest(
    parent: str | Mapping[str, object] | None, child: str | Mapping[str, object] | None, holds: bool
) -> None:
    assert shows_no_more(field_rule(child), field_rule(parent), is_text=False) == holds


WHOLE, LEXICAL, EMBEDDED = {"by": "whole"}, {"by": "lexical"}, {"by": "embeddings"}


@pytest.mark.parametrize(
    ("parent", "child", "holds"),
    [
        (WHOLE, LEXICAL, True),
        (LEXICAL, WHOLE, False),
        (EMBEDDED, LEXICAL, True),
        (LEXICAL, EMBEDDED, False),
        (WHOLE, EMBEDDED, False),
        (LEXICAL, {"by": "lexical", "neighbours": 1}, False),
        ({"by": "lexical", "neighbours": 2}, {"by": "lexical", "neighbours": 1}, True),
    ],
)
@pytest.mark.parametrize("action", [{"action": "scan"}, KEEP])
def test_a_selection_that_shows_more_is_looser(
    action: Mapping[str, object], parent: Mapping[str, object], child: Mapping[str, object], holds: bool
) -> None:
    before, after = field_rule({**action, "select": parent}), field_rule({**action, "select": child})
    assert shows_no_more(after, before, is_text=True) == holds


def test_the_text_field_is_cut_to_passages_unless_a_rule_says_otherwise() -> None:
    whole = field_rule({"action": "scan", "select": "whole"})
    assert not shows_no_more(whole, field_rule("scan"), is_text=True)
    assert shows_no_more(whole, field_rule("scan"), is_text=False)
    assert not shows_no_more(whole, field_rule(KEEP), is_text=True)
