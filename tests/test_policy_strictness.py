"""A child policy may only tighten: what counts as looser, where it is said, and that nothing looser ever loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.document import REDACT, FieldRule, Omit, PolicyDocument, Rule, Scan, ValueRule
from needful.policy.entities import TOKEN
from needful.policy.inheriting.extending import extended
from needful.policy.inheriting.strictness import loosened
from needful.policy.narrowing import Narrowed, applies, narrowed
from needful.policy.plain import Tree, read
from needful.values import Scalar
from policy_support import marked

KEEP = {"action": "keep", "reason": "a test"}


# documents, with the messages

HEAD = "needful: 1\nname: clinic\nversion: 1\nextends: base.yaml\n"


def base(body: str) -> str:
    """A parent whose purpose, `care`, has this body, from line 6 on."""
    text = dedent(body)
    text += "" if "detect:" in body else "detect: {ner: none, reason: a test}\n"
    text += "" if "fields:" in body else "fields: {page_content: scan}\n"
    return f"needful: 1\nname: base\nversion: 1\npurposes:\n  care:\n{indent(text, '    ')}"


def problems(folder: Path, parent: str, child: str, *, top: str = "") -> list[str]:
    (folder / "base.yaml").write_text(parent)
    text = f"{HEAD}purposes:\n  care:\n{indent(dedent(child), '    ')}{top}"
    try:
        Policy.parse(text, "clinic.yaml", folder=folder)
    except PolicyError as error:
        return [str(problem).replace(f"{folder}/", "") for problem in error.problems]
    return []


def assert_loosened(folder: Path, parent: str, child: str, *expected: str) -> None:
    """Check that a child does not load, for these reasons at the marked places of its purpose, from line 7 on."""
    plain, places = marked(dedent(child))
    found = [each.partition(" (tighten it, or allow it: ")[0] for each in problems(folder, parent, plain)]
    told = zip(places, expected, strict=True)
    assert found == [f"clinic.yaml:{line + 6}:{column + 4}: {said}" for (line, column), said in told]


def test_a_loosened_rule_names_both_lines_and_what_to_write(tmp_path: Path) -> None:
    parent = base("fields:\n  page_content: scan\n  metadata.city: scan\n")
    (told,) = problems(tmp_path, parent, "fields:\n  metadata.city: {action: keep, reason: a test}\n")
    assert told == (
        'clinic.yaml:8:22: "metadata.city" is loosened: keep, where base.yaml:8 says scan'
        " (tighten it, or allow it: unsafe-allow: {fields.metadata.city: the reason})"
    )


def test_a_field_that_the_parent_does_not_disclose_is_loosened_at_the_parents_fields(tmp_path: Path) -> None:
    parent = base("fields:\n  page_content: scan\n")
    expected = '"metadata.city" is loosened: redact, where base.yaml:6 has no rule for it'
    assert_loosened(tmp_path, parent, "fields: {metadata.city: §redact}\n", expected)
    assert problems(tmp_path, parent, "fields: {metadata.city: omit}\n") == []


WILD = base("fields:\n  page_content: scan\n  metadata.*: scan\n  metadata.home.zip: redact\n")
BY_WILDCARD, BY_NOTHING = "where base.yaml:8 says scan", "where base.yaml:6 has no rule for it"


@pytest.mark.parametrize(
    ("path", "rule", "expected"),
    [
        ("metadata.city", "mask", BY_WILDCARD),
        ("metadata.work.zip", "mask", BY_WILDCARD),
        ("metadata.home.street", "scan", BY_NOTHING),
        ("other.city", "scan", BY_NOTHING),
        ("metadata[].city", "scan", BY_NOTHING),
    ],
)
def test_a_field_under_a_wildcard_is_compared_with_it(tmp_path: Path, path: str, rule: str, expected: str) -> None:
    assert_loosened(tmp_path, WILD, f"fields:\n  {path}: §{rule}\n", f'"{path}" is loosened: {rule}, {expected}')


@pytest.mark.parametrize("child", ["metadata.city: omit", "metadata.city: redact", "metadata.work.zip: scan"])
def test_a_field_under_a_wildcard_may_be_tighter(tmp_path: Path, child: str) -> None:
    assert problems(tmp_path, WILD, f"fields: {{{child}}}\n") == []


def test_a_new_wildcard_is_loosened(tmp_path: Path) -> None:
    parent = base("fields: {page_content: scan, metadata.city: scan}\n")
    expected = '"metadata.*" is loosened: redact, where base.yaml:6 has no rule for it'
    assert_loosened(tmp_path, parent, "fields: {metadata.*: §redact}\n", expected)


def test_the_id_of_a_point_is_hashed_where_the_parent_says_nothing(tmp_path: Path) -> None:
    parent = base("fields: {page_content: scan}\n")
    assert problems(tmp_path, parent, "fields: {$id: hash}\n") == []
    expected = '"$id" is loosened: keep, where base.yaml:6 says hash'
    assert_loosened(tmp_path, parent, "fields: {$id: §{action: keep, reason: a test}}\n", expected)


ENTITIES = base("entities:\n  default: redact\n  URL: hash\n  MONEY: redact\n")


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ("URL: §mask", '"URL" is loosened: mask, where base.yaml:8 says hash'),
        ("default: §hash", '"default" is loosened: hash, where base.yaml:7 says redact'),
        ("EMAIL_ADDRESS: §hash", '"EMAIL_ADDRESS" is loosened: hash, where base.yaml:7 says redact'),
        ("TOKEN: §hash", '"TOKEN" is loosened: hash, where base.yaml:6 says redact'),
        ("MONEY: §hash", '"MONEY" is loosened: hash, where base.yaml:9 says redact'),
    ],
)
def test_an_entity_is_compared_with_its_rule_or_the_default(tmp_path: Path, child: str, expected: str) -> None:
    assert_loosened(tmp_path, ENTITIES, f"entities: {{{child}}}\n", expected)


def test_a_default_that_the_parent_does_not_give_is_redact(tmp_path: Path) -> None:
    expected = '"default" is loosened: hash, where base.yaml:5 says redact'
    assert_loosened(tmp_path, base("limits: {records: 5}\n"), "entities: {default: §hash}\n", expected)


def test_a_look_alike_of_a_token_is_redacted_whatever_the_parents_default(tmp_path: Path) -> None:
    parent = base("entities:\n  default: {action: keep, reason: a test}\n")
    expected = '"TOKEN" is loosened: hash, where base.yaml:6 says redact'
    assert_loosened(tmp_path, parent, "entities: {TOKEN: §hash}\n", expected)


def test_an_entity_that_the_parent_does_not_look_for_may_have_any_rule(tmp_path: Path) -> None:
    parent = base("limits: {records: 5}\n")
    assert problems(tmp_path, parent, "entities: {TITLE: {action: keep, reason: a test}}\n") == []
    child = "entities: {DE_KFZ: hash}\ndetect: {locales: [de]}\n"
    assert problems(tmp_path, parent, child) == []


def test_the_value_of_a_known_field_is_looked_for(tmp_path: Path) -> None:
    parent = base("detect: {ner: none, reason: a test, known: [{field: metadata.name, entity: PERSON}]}\n")
    expected = '"PERSON" is loosened: hash, where base.yaml:5 says redact'
    assert_loosened(tmp_path, parent, "entities: {PERSON: §hash}\n", expected)


NARROWED = base(
    """
    fields:
      page_content: scan
      metadata.city:
        - {action: scan, when: {role: nurse}}
        - {action: redact, when: {role: doctor}}
    """.lstrip("\n")
)


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ("[{action: omit, when: {role: nurse}}, {action: redact, when: {role: doctor}}]", None),
        ("{action: redact, when: {role: [nurse, doctor]}}", None),
        ("{action: scan, when: {role: nurse, site: north}}", None),
        ("§scan", "for role doctor: scan, where base.yaml:10 says redact"),
        (
            "{action: redact, when: {site: north}}",
            "for any other role, site north: redact, where base.yaml:9 says omit",
        ),
        ("[{action: scan, when: {role: §clerk}}]", "for role clerk: scan, where base.yaml:9 says omit"),
    ],
)
def test_narrowed_rules_are_compared_for_everybody(tmp_path: Path, child: str, expected: str | None) -> None:
    plain, _ = marked(child)
    found = problems(tmp_path, NARROWED, f"fields: {{metadata.city: {plain}}}\n")
    told = [each.partition(" is loosened ")[2].partition(" (tighten")[0] for each in found]
    assert told == ([expected] if expected else [])


def test_one_and_true_are_not_one_value(tmp_path: Path) -> None:
    parent = base("fields: {page_content: scan, metadata.a: {action: scan, when: {flag: true}}}\n")
    found = problems(tmp_path, parent, "fields: {metadata.a: {action: scan, when: {flag: 1}}}\n")
    assert [each.partition(" (tighten")[0] for each in found] == [
        'clinic.yaml:7:26: "metadata.a" is loosened for flag 1: scan, where base.yaml:6 says omit'
    ]


def test_only_principals_who_may_use_the_purpose_count(tmp_path: Path) -> None:
    child = "when: {role: nurse}\nfields: {metadata.city: scan}\n"
    assert problems(tmp_path, NARROWED, child) == []


def test_rules_for_too_many_kinds_of_principals_are_loosened(tmp_path: Path) -> None:
    wanted = ", ".join(f"a{n}: [{', '.join(map(str, range(8)))}]" for n in range(4))
    parent = base(f"fields: {{page_content: scan, metadata.a: {{action: scan, when: {{{wanted}}}}}}}\n")
    same = f"fields: {{metadata.a: {{action: scan, when: {{{wanted}}}}}}}\n"
    assert problems(tmp_path, parent, same) == []
    told = "rules for more than 4,096 kinds of principals, where base.yaml:6 has rules to compare with"
    assert_loosened(
        tmp_path, parent, same.replace("{action: scan", "§{action: redact"), f'"metadata.a" is loosened: {told}'
    )


SETTINGS = base(
    """
    when: {role: [nurse, doctor]}
    filter:
      metadata.ward: {any: [a, b]}
      metadata.unit: {equals: $principal.unit}
      metadata.kind: {except: [x]}
      metadata.year: {range: {gte: 2020, lt: 2026}}
    filterable: [metadata.ward, {key: metadata.unit, operators: [equals]}]
    limits: {records: 10, passages: 2, characters: 500, score: 0.5, privacy: 0.5}
    query: {embed: redacted}
    restore: {PERSON: {role: [doctor]}}
    detect: {ner: fast, min_score: 0.5, outside_bias: 1}
    """.lstrip("\n")
)  # from line 6 on


def other_records(line: int) -> str:
    return f"other records, where base.yaml:{line} has another test"


@pytest.mark.parametrize(
    ("child", "place", "expected"),
    [
        ("when: §{role: clerk}", "when", "more principals, where base.yaml:6 names fewer"),
        ("filter: {metadata.ward: §{any: [a, c]}}", "filter.metadata.ward", other_records(8)),
        ("filter: {metadata.ward: §{equals: c}}", "filter.metadata.ward", other_records(8)),
        ("filter: {metadata.unit: §{equals: u}}", "filter.metadata.unit", other_records(9)),
        ("filter: {metadata.kind: §{except: [y]}}", "filter.metadata.kind", other_records(10)),
        ("filter: {metadata.year: §{range: {gte: 2019, lt: 2026}}}", "filter.metadata.year", other_records(11)),
        ("filter: {metadata.year: §{range: {gte: 2021}}}", "filter.metadata.year", other_records(11)),
        ("filterable: [§metadata.unit]", "filterable.metadata.unit", "any, where base.yaml:12 does not list it"),
        ("filterable: [§metadata.x]", "filterable.metadata.x", "equals, any, where base.yaml:12 does not list it"),
        ("limits: {records: §11}", "limits.records", "11, where base.yaml:13 says 10"),
        ("limits: {passages: §3}", "limits.passages", "3, where base.yaml:13 says 2"),
        ("limits: {characters: §501}", "limits.characters", "501, where base.yaml:13 says 500"),
        ("limits: {score: §0.4}", "limits.score", "0.4, where base.yaml:13 says 0.5"),
        ("limits: {privacy: §0.4}", "limits.privacy", "0.4, where base.yaml:13 says 0.5"),
        ("query: {embed: §raw}", "query.embed", "raw, where base.yaml:14 says redacted"),
        (
            "restore: {PERSON: §{role: [doctor, nurse]}}",
            "restore.PERSON",
            "more principals, where base.yaml:15 names fewer",
        ),
        ("restore: {URL: §{role: [doctor]}}", "restore.URL", "restored, where base.yaml:15 does not restore it"),
        ("detect: {min_score: §0.6}", "detect.min_score", "0.6, where base.yaml:16 says 0.5"),
        ("detect: {outside_bias: §0}", "detect.outside_bias", "0.0, where base.yaml:16 says 1.0"),
        ("detect: {ner: §none, reason: a test}", "detect.ner", "none, where base.yaml:16 says fast"),
        ("detect: {ner: §'spacy:model'}", "detect.ner", "spacy:model, where base.yaml:16 says fast"),
    ],
)
def test_a_looser_setting_is_refused_and_can_be_allowed(tmp_path: Path, child: str, place: str, expected: str) -> None:
    assert_loosened(tmp_path, SETTINGS, child + "\n", f'"{place}" is loosened: {expected}')
    plain, _ = marked(child)
    assert problems(tmp_path, SETTINGS, f"{plain}\nunsafe-allow: {{{place}: a good reason}}\n") == []


@pytest.mark.parametrize(
    "child",
    [
        "when: {role: nurse}",
        "when: {site: north}",
        "filter: {metadata.ward: {any: [a]}}",
        "filter: {metadata.ward: {equals: a}}",
        "filter: {metadata.kind: {except: [x, y]}}",
        "filter: {metadata.year: {range: {gte: 2021, lt: 2025}}}",
        "filter: {metadata.other: {equals: 1}}",
        "filterable: [{key: metadata.ward, operators: [any]}]",
        "limits: {records: 9, passages: 1, characters: 499, score: 0.6, privacy: 0.6}",
        "restore: {PERSON: {role: doctor, site: north}}",
        "detect: {ner: bundled, min_score: 0.4, outside_bias: 2}",
        "detect: {locales: [de]}",
    ],
)
def test_a_tighter_setting_loads(tmp_path: Path, child: str) -> None:
    assert problems(tmp_path, SETTINGS, child + "\n") == []


def test_another_language_is_looser_in_every_purpose(tmp_path: Path) -> None:
    parent = base("limits: {records: 5}\n")
    (told,) = problems(tmp_path, parent, "limits: {records: 5}\n", top="language: de\n")
    assert told == (
        'clinic.yaml:8:11: "language" is loosened: de, where base.yaml:1 says en'
        " (tighten it, or allow it: unsafe-allow: {language: the reason})"
    )
    allowed = "unsafe-allow: {language: it is the same to patterns}\n"
    assert problems(tmp_path, parent, allowed, top="language: de\n") == []


def test_any_model_finds_more_than_none(tmp_path: Path) -> None:
    assert problems(tmp_path, base("limits: {records: 5}\n"), "detect: {ner: 'spacy:model'}\n") == []


# unsafe-allow


def test_what_is_allowed_is_exactly_that_place(tmp_path: Path) -> None:
    parent = base("fields: {page_content: scan, metadata.a: redact, metadata.b: redact}\n")
    child = """
    fields:
      metadata.a: hash
      metadata.b: §hash
    unsafe-allow: {fields.metadata.a: wards have to be told apart}
    """
    expected = '"metadata.b" is loosened: hash, where base.yaml:6 says redact'
    assert_loosened(tmp_path, parent, child.lstrip("\n"), expected)


def test_a_reason_that_allows_nothing_is_refused(tmp_path: Path) -> None:
    child = "limits: {records: 4}\nunsafe-allow: {limits.records: a good reason}\n"
    found = problems(tmp_path, base("limits: {records: 5}\n"), child)
    assert found == ['clinic.yaml:8:20: "limits.records" allows nothing (remove it)']


def test_a_place_that_braces_cannot_hold_is_quoted_in_the_message(tmp_path: Path) -> None:
    child = "fields: {'metadata.tags[]': scan}\n"
    (told,) = problems(tmp_path, base("limits: {records: 5}\n"), child)
    assert told.endswith("unsafe-allow: {'fields.metadata.tags[]': the reason})")
    allowed = child + "unsafe-allow: {'fields.metadata.tags[]': a good reason}\n"
    assert problems(tmp_path, base("limits: {records: 5}\n"), allowed) == []


# documents by themselves


def document(purpose: Mapping[str, object], name: str = "care") -> PolicyDocument:
    return PolicyDocument.model_validate({"needful": 1, "name": "a", "version": 1, "purposes": {name: purpose}})


def test_a_document_is_no_looser_than_itself() -> None:
    same = document({"fields": {"a": "scan"}, "entities": {"PERSON": "hash"}})
    assert list(loosened(same, same)) == []


def test_what_is_no_longer_looked_for_is_looser() -> None:
    detect = {"locales": ["us", "de"], "known": [{"field": "n", "entity": "PERSON"}], "recognizers": ["bed"]}
    found = loosened(document({"fields": {"a": "scan"}, "detect": detect}), document({"fields": {"a": "scan"}}))
    assert [(each.place, each.shows) for each in found] == [
        ("detect.locales", "without de"),
        ("detect.recognizers", "without bed"),
        ("detect.known", "without n as PERSON"),
    ]


def test_a_filter_and_a_limit_that_are_gone_are_looser() -> None:
    after = {"fields": {"a": "scan"}}
    before = {**after, "filter": {"b": {"equals": 1}}, "limits": {"score": 0.5}, "when": {"r": "x"}}
    found = [each.place for each in loosened(document(before), document(after))]
    assert found == ["when", "filter.b", "limits.score"]


def test_documents_whose_purposes_have_nothing_in_common_are_not_compared() -> None:
    purpose = {"fields": {"a": "scan"}}
    two = PolicyDocument.model_validate(
        {"needful": 1, "name": "a", "version": 1, "purposes": {"x": purpose, "y": purpose}}
    )
    with pytest.raises(ValueError, match="starts from none"):
        list(loosened(two, document(purpose)))


# whatever loads is as strict


def generalize(to: str, **parameters: object) -> dict[str, object]:
    return {"action": "generalize", "to": to, **parameters}


def mask(**parameters: object) -> dict[str, object]:
    return {"action": "mask", **parameters}


LASTING = {"action": "pseudonymize", "lasting": True}
REPLACE = {"action": "custom", "operator": "replace", "params": {"new_value": "x"}}

ROLES, SITES = ["nurse", "doctor", True, 1], ["north", "south"]
WHENS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {}, optional={"role": st.lists(st.sampled_from(ROLES), min_size=1, max_size=2), "site": st.sampled_from(SITES)}
    ).filter(bool),
)
NUMBERS = (generalize("age-band"), generalize("range", step=20), generalize("range", step=40))
MASKS = (mask(), mask(keep_last=4), mask(keep_last=2, keep_format=True))
PLAIN = [{"action": action} for action in "hash pseudonymize surrogate redact drop-record deny".split()]
VALUE_RULES: list[Mapping[str, object]] = [KEEP, REPLACE, LASTING, generalize("month"), generalize("year"), *PLAIN]
VALUE_RULES += [*MASKS, *NUMBERS]
FIELD_RULES = [*VALUE_RULES, {"action": "scan"}, {"action": "scan", "select": "whole"}, {"action": "omit"}]


def several(rules: list[Mapping[str, object]]) -> st.SearchStrategy[list[dict[str, object]]]:
    one = st.builds(lambda rule, when: {**rule, **({"when": when} if when else {})}, st.sampled_from(rules), WHENS)
    return st.lists(one, min_size=1, max_size=3)


NAMES = ("page_content", "metadata.a", "metadata.b", "metadata.*", "metadata.c.d")
FIELDS = st.dictionaries(st.sampled_from(NAMES), several(FIELD_RULES), min_size=1, max_size=4)
ENTITY_NAMES = st.sampled_from(["default", "PERSON", "URL", "MONEY", "TITLE", "TOKEN"])
ENTITIES_GIVEN = st.dictionaries(ENTITY_NAMES, several(VALUE_RULES), max_size=3)
PURPOSES = st.builds(
    lambda fields, entities, when: {"fields": fields, "entities": entities, **({"when": when} if when else {})},
    FIELDS,
    ENTITIES_GIVEN,
    WHENS,
)
ATTRIBUTES = {"role": st.sampled_from([*ROLES, "clerk"]), "site": st.sampled_from(SITES)}
PRINCIPALS = st.fixed_dictionaries({}, optional=ATTRIBUTES)
SOUGHT = ("default", "PERSON", "URL", "TOKEN", "EMAIL_ADDRESS")


def rank(rule: FieldRule | Rule | None) -> float:
    """The order of rules, by itself: what is not disclosed is above all, a scanned text just above what is kept."""
    if rule is None or isinstance(rule, Omit):
        return 9
    return 0.5 if isinstance(rule, Scan) else rule.action.rank


def shown_by(fields: Mapping[str, Scan | ValueRule], path: str, named: Mapping[str, object]) -> FieldRule | None:
    """What one principal is shown of a path, wildcards included."""
    key = path.split(".")[1] if "." in path else ""
    is_taken = path in named or any(other.split(".")[1:2] == [key] for other in named if other != "metadata.*")
    return fields.get(path) if path in named or is_taken or not key else fields.get("metadata.*")


def ruled(rules: Narrowed, entity: str) -> Rule:
    """As planning has it: a look-alike of a token is redacted unless a rule names it."""
    return REDACT if entity == TOKEN and TOKEN not in rules.entities else rules.rule_for(entity)


def written(purpose: Mapping[str, object], extends: str = "") -> Tree:
    data = {"needful": 1, "name": "a", "version": 1, "purposes": {"care": purpose}}
    return read(json.dumps(data | ({"extends": extends} if extends else {})), "a.yaml")


@given(PURPOSES, PURPOSES, st.lists(PRINCIPALS, min_size=1, max_size=6))
def test_what_is_not_loosened_shows_nobody_more(
    before: dict[str, object], after: dict[str, object], principals: list[dict[str, Scalar]]
) -> None:
    merged = extended(written(after, "b"), written(before))
    parent, child = document(before), PolicyDocument.model_validate(merged.data)
    loose = {each.place for each in loosened(parent, child)}
    one, other = parent.purposes["care"], child.purposes["care"]
    for principal in principals:
        if not applies(other.when, principal.get):
            continue
        assert "when" in loose or applies(one.when, principal.get)
        less, more = narrowed(other, principal.get), narrowed(one, principal.get)
        for path in (*NAMES, "metadata.e"):
            if f"fields.{path if path in other.fields else 'metadata.*'}" not in loose:
                assert rank(shown_by(less.fields, path, other.fields)) >= rank(shown_by(more.fields, path, one.fields))
        for entity in SOUGHT:
            if not {f"entities.{entity}", "entities.default"} & loose:
                assert rank(ruled(less, entity)) >= rank(ruled(more, entity))


@given(PURPOSES)
def test_a_child_that_omits_everything_is_looser_only_where_the_parent_withholds_records(
    purpose: dict[str, dict[str, list[dict[str, object]]]],
) -> None:
    grave = {"drop-record", "deny"}
    withheld = {path for path, rules in purpose["fields"].items() if grave & {str(rule["action"]) for rule in rules}}
    omitted = {**purpose, "fields": dict.fromkeys(purpose["fields"], "omit")}
    found = {each.place for each in loosened(document(purpose), document(omitted))}
    assert found <= {f"fields.{path}" for path in withheld}
