"""A policy that extends another: what it takes from there, where messages point, and how the parent is found."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.document import LAYOUTS
from needful.policy.inheriting.extending import started_from
from needful.policy.inheriting.nodes import lifted, lowered
from needful.policy.loading import Allowed
from needful.policy.plain import read
from needful.resources import policy_names, policy_text
from needful.values import Identity
from policy_support import marked

BASE = """
needful: 1
name: base
version: 7
language: en
keys: env:BASE_KEY
purposes:
  care:
    when: {role: [nurse, doctor]}
    filter: {metadata.ward: {any: [a, b]}}
    filterable: [metadata.ward]
    fields:
      page_content: scan
      metadata.city: scan
    entities: {default: redact, PERSON: pseudonymize}
    detect: {ner: none, reason: a test needs no model, known: [{field: metadata.name, entity: PERSON}]}
    limits: {records: 10, passages: 2}
    restore: {PERSON: {role: [doctor]}}
"""
STARTERS = ", ".join(policy_names())
HEAD = "needful: 1\nname: clinic\nversion: 1\nextends: base.yaml\n"
STARTER = policy_names()[0]
OF_STARTER = HEAD.replace("base.yaml", STARTER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def child_of(folder: Path, body: str, *, head: str = HEAD) -> Policy:
    return Policy.parse(head + dedent(body), "clinic.yaml", folder=folder)


def refused(folder: Path, text: str) -> list[str]:
    """The problems of a child that does not load, without the folder's name."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text, "clinic.yaml", folder=folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def assert_refused(folder: Path, body: str, *expected: str, head: str = HEAD) -> None:
    """Check that a child does not load, for these reasons at the marked places."""
    text, places = marked(head + dedent(body))
    wanted = [
        f"clinic.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, expected, strict=True)
    ]
    assert refused(folder, text) == wanted


# what a child takes


def test_a_child_without_purposes_has_all_of_its_parent(folder: Path) -> None:
    policy, parent = child_of(folder, ""), Policy.load(folder / "base.yaml")
    assert policy.purposes == parent.purposes
    assert (policy.keys, policy.language) == ("env:BASE_KEY", "en")
    assert (policy.name, policy.version) == ("clinic", 1)


def test_a_child_says_which_policy_it_extends(folder: Path) -> None:
    parent = Policy.load(folder / "base.yaml")
    assert child_of(folder, "").parent == parent.identity == Identity("base", 7, parent.digest)
    assert parent.parent is None


def test_a_childs_purposes_are_all_that_it_has(folder: Path) -> None:
    policy = child_of(folder, "purposes: {visits: {}, rounds: {narrows: care}}\n")
    assert list(policy.purposes) == ["visits", "rounds"]
    assert policy.purposes["visits"].limits.records == 10


def test_rules_are_overlaid_one_by_one(folder: Path) -> None:
    purpose = child_of(
        folder, "purposes: {care: {fields: {metadata.city: omit}, entities: {PERSON: deny}}}\n"
    ).purposes["care"]
    assert {path: rules[0].action for path, rules in purpose.fields.items()} == {
        "page_content": "scan",
        "metadata.city": "omit",
    }
    assert {name: rules[0].action for name, rules in purpose.entities.items()} == {
        "default": "redact",
        "PERSON": "deny",
    }


def test_limits_and_query_are_overlaid_key_by_key(folder: Path) -> None:
    limits = child_of(folder, "purposes: {care: {limits: {records: 5, characters: 100}}}\n").purposes["care"].limits
    assert (limits.records, limits.passages, limits.characters) == (5, 2, 100)


def test_a_child_adds_tests_to_the_parents_filter(folder: Path) -> None:
    body = "purposes: {care: {filter: {metadata.open: {equals: true}, metadata.ward: {equals: a}}}}\n"
    tests = child_of(folder, body).purposes["care"].filter
    assert {key: test.equals for key, test in tests.items()} == {"metadata.ward": "a", "metadata.open": True}


def test_who_may_ask_must_fit_both(folder: Path) -> None:
    purpose = child_of(folder, "purposes: {care: {when: {role: nurse, site: north}}}\n").purposes["care"]
    assert purpose.when == {"role": ("nurse",), "site": ("north",)}


def test_lists_of_what_is_looked_for_are_united(folder: Path) -> None:
    body = """
    purposes:
      care:
        detect:
          locales: [de]
          known: [{field: metadata.name, entity: PERSON}, {field: metadata.mail, entity: EMAIL_ADDRESS}]
          recognizers: [bed]
    recognizers:
      - {name: bed, entity: BED_NUMBER, regex: 'BED-[0-9]+'}
    """
    detect = child_of(folder, body).purposes["care"].detect
    assert detect.locales == ("us", "de")
    assert [known.field for known in detect.known] == ["metadata.name", "metadata.mail"]
    assert detect.recognizers == ("bed",)
    assert detect.ner == "none"


def test_a_known_field_in_its_other_spelling_is_the_same(folder: Path) -> None:
    parent = BASE.replace("metadata.city: scan", "metadata.city: {action: redact, entity: EMAIL_ADDRESS}")
    (folder / "base.yaml").write_text(parent.replace("entity: PERSON}]", "entity: PERSON}, metadata.city]"))
    detect = child_of(folder, "purposes: {care: {detect: {known: [{field: metadata.city}]}}}\n").purposes["care"].detect
    assert [known.field for known in detect.known] == ["metadata.name", "metadata.city"]


def test_filterable_and_restore_are_the_childs_where_it_has_them(folder: Path) -> None:
    purpose = child_of(folder, "purposes: {care: {filterable: [], restore: {}}}\n").purposes["care"]
    assert (purpose.filterable, dict(purpose.restore)) == ((), {})


def test_a_chain_takes_from_all_that_are_above(folder: Path) -> None:
    middle = HEAD.replace("clinic", "middle") + "purposes: {rounds: {narrows: care, limits: {records: 8}}}\n"
    (folder / "middle.yaml").write_text(middle)
    policy = child_of(folder, "purposes: {rounds: {limits: {passages: 1}}}\n", head=HEAD.replace("base", "middle"))
    purpose = policy.purposes["rounds"]
    assert (purpose.limits.records, purpose.limits.passages) == (8, 1)
    assert policy.parent is not None
    assert policy.parent.name == "middle"
    # What the parent says of its own start is not its child's.
    assert purpose.narrows is None


def test_recognizers_are_united_by_name(folder: Path) -> None:
    recognizer = "recognizers: [{name: bed, entity: BED_NUMBER, regex: 'BED-[0-9]+'}]\n"
    (folder / "base.yaml").write_text(BASE + recognizer)
    assert [each.name for each in child_of(folder, recognizer).recognizers] == ["bed"]
    other = "recognizers: [§{name: bed, entity: BED_NUMBER, regex: 'BED-[0-9]{3}'}]\n"
    line = len((BASE + recognizer).splitlines())
    expected = f'the recognizer "bed" is another one in base.yaml:{line} (give it another name)'
    assert_refused(folder, other, expected)


# where a child's purposes start


def test_a_purpose_that_narrows_nothing_there_is_refused(folder: Path) -> None:
    expected = 'the parent has no purpose "cure" (base.yaml has: care)'
    with pytest.raises(PolicyError) as caught:
        child_of(folder, "purposes: {care: {narrows: cure}}\n")
    assert str(caught.value).replace(f"{folder}/", "") == f"clinic.yaml:5:28: {expected}"


def test_a_purpose_of_another_name_says_which_of_several_it_narrows(folder: Path) -> None:
    (folder / "base.yaml").write_text(
        BASE + "  bill:\n    fields: {metadata.city: redact}\n    detect: {ner: none, reason: a test}\n"
    )
    assert_refused(
        folder,
        "purposes:\n  §visits: {}\n",
        '"visits" starts from no purpose of the parent (write narrows: one of care, bill)',
    )


@pytest.mark.parametrize(
    ("name", "narrows", "there", "expected"),
    [
        ("a", None, ["a", "b"], "a"),
        ("c", "b", ["a", "b"], "b"),
        ("a", "b", ["a", "b"], "b"),
        ("c", None, ["a"], "a"),
        ("c", None, ["a", "b"], None),
        ("a", "c", ["a"], None),
    ],
)
def test_a_purpose_starts_from_the_named_one_its_namesake_or_the_only_one(
    name: str, narrows: str | None, there: list[str], expected: str | None
) -> None:
    assert started_from(name, narrows, there) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("§narrows: care", "narrows without extends (remove it, or name the parent: extends: …)"),
        (
            "§unsafe-allow: {limits.records: a reason}",
            "unsafe-allow without extends (remove it, or name the parent: extends: …)",
        ),
    ],
)
def test_words_for_children_are_refused_without_a_parent(folder: Path, body: str, expected: str) -> None:
    purpose = f"purposes:\n  ask:\n    fields: {{a: redact}}\n    detect: {{ner: none, reason: a test}}\n    {body}\n"
    assert_refused(folder, purpose, expected, head="needful: 1\nname: clinic\nversion: 1\n")


# how the parent is found


@pytest.mark.parametrize(
    ("extends", "expected"),
    [
        ("other.yaml", "the parent cannot be read: there is no such file (check the path)"),
        ("./", "the parent cannot be read: this is a directory (name the YAML file in it)"),
        ("/base.yaml", "the parent's path is absolute (write it from this file's folder, such as ../base.yaml)"),
        ('"C:\\\\base.yaml"', "the parent's path is absolute (write it from this file's folder, such as ../base.yaml)"),
        (
            "hipaa",
            f'there is no starter policy "hipaa" (there are: {STARTERS}; a file\'s name ends in .yaml)',
        ),
    ],
)
def test_a_parent_that_is_not_there_is_refused_where_it_is_named(folder: Path, extends: str, expected: str) -> None:
    assert_refused(folder, "", expected, head=f"needful: 1\nname: clinic\nversion: 1\nextends: §{extends}\n")


def test_a_text_without_a_folder_extends_starter_policies_only() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.parse(HEAD)
    assert str(caught.value) == (
        "<string>:4:10: the parent is a file, and this policy is none"
        f" (load it from its file; a starter policy is extended by its name: {STARTERS})"
    )


def test_a_starter_policy_is_extended_by_its_name() -> None:
    policy, parent = Policy.parse(OF_STARTER), Policy.parse(policy_text(STARTER))
    assert policy.parent == parent.identity
    assert policy.purposes == parent.purposes


def test_a_message_about_a_starter_policy_names_its_file() -> None:
    purpose = next(iter(Policy.parse(OF_STARTER).purposes))
    with pytest.raises(PolicyError, match=rf"loosened: raw, where {STARTER}\.yaml:\d+ says redacted \(tighten it"):
        Policy.parse(f"{OF_STARTER}purposes: {{{purpose}: {{query: {{embed: raw}}}}}}\n")


def test_a_file_is_loaded_with_the_parent_beside_it(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "clinic.yaml").write_text(HEAD.replace("base.yaml", "../base.yaml"))
    assert set(Policy.load(folder / "sub" / "clinic.yaml").purposes) == {"care"}


def test_a_parent_that_does_not_load_shows_its_own_problems(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("redact,", "redactt,"))
    assert refused(folder, HEAD) == [
        "clinic.yaml:4:10: the parent does not load (mend this first)",
        'base.yaml:15:25: unknown action "redactt" (did you mean "redact"?)',
    ]


def test_a_policy_cannot_extend_itself(folder: Path) -> None:
    (folder / "clinic.yaml").write_text(HEAD.replace("base", "clinic"))
    with pytest.raises(PolicyError, match=r"clinic\.yaml:4:10: a policy cannot extend itself, nor what extends it"):
        Policy.load(folder / "clinic.yaml")


def test_a_circle_of_policies_is_refused(folder: Path) -> None:
    (folder / "one.yaml").write_text(HEAD.replace("base.yaml", "./two.yaml"))
    (folder / "two.yaml").write_text(HEAD.replace("base.yaml", "one.yaml"))
    with pytest.raises(PolicyError) as caught:
        Policy.load(folder / "one.yaml")
    told = [problem.message for problem in caught.value.problems]
    assert told == ["the parent does not load", "a policy cannot extend itself, nor what extends it"]


@pytest.mark.parametrize(("above", "loads"), [(5, True), (6, False)])
def test_at_most_five_policies_stand_above_one(folder: Path, above: int, loads: bool) -> None:
    for number in range(above):
        parent = "base.yaml" if number == 0 else f"p{number - 1}.yaml"
        (folder / f"p{number}.yaml").write_text(f"needful: 1\nname: p{number}\nversion: 1\nextends: {parent}\n")
    if loads:
        assert Policy.load(folder / f"p{above - 1}.yaml").parent is not None
        return
    with pytest.raises(PolicyError, match="more than 5 policies above one"):
        Policy.load(folder / f"p{above - 1}.yaml")


# another layout


def carried(folder: Path, layout: str, parent: str) -> Policy:
    (folder / "base.yaml").write_text(dedent(parent))
    return child_of(folder, f"layout: {layout}\n")


WIDE = """
needful: 1
name: base
version: 1
purposes:
  care:
    filter: {metadata.ward: {equals: a}}
    filterable: [metadata.ward, {key: metadata.day, operators: [range]}]
    fields: {page_content: scan, "metadata.people[].name": redact, source: redact, $id: hash}
    detect: {ner: none, reason: a test, known: [{field: metadata.name, entity: PERSON}]}
"""


def test_field_paths_follow_the_layout(folder: Path) -> None:
    policy = carried(folder, "haystack", WIDE)
    purpose = policy.purposes["care"]
    assert set(purpose.fields) == {"content", "meta.people[].name", "source", "$id"}
    assert set(purpose.filter) == {"meta.ward"}
    assert [item.key for item in purpose.filterable] == ["meta.ward", "meta.day"]
    assert [known.field for known in purpose.detect.known] == ["meta.name"]
    assert policy.layout == LAYOUTS["haystack"]


def test_the_field_of_the_id_follows_the_layout(folder: Path) -> None:
    parent = WIDE.replace("version: 1\n", "version: 1\nlayout: {text: page_content, metadata: metadata, id: key}\n")
    fields = carried(folder, "haystack", parent.replace("source:", "key:")).purposes["care"].fields
    assert set(fields) == {"content", "meta.people[].name", "id", "$id"}


def test_the_parents_reasons_follow_the_layout(folder: Path) -> None:
    (folder / "base.yaml").write_text(WIDE)
    allowed = "{fields.metadata.city: a good reason, limits.passages: a good reason}"
    body = f"{{fields: {{metadata.city: scan}}, limits: {{passages: 9}}, unsafe-allow: {allowed}}}"
    text = HEAD.replace("clinic", "middle") + f"purposes: {{care: {body}}}\n"
    (folder / "middle.yaml").write_text(text)
    policy = child_of(folder, "layout: haystack\n", head=HEAD.replace("base", "middle"))
    assert [each.place for each in policy.allowed] == ["fields.meta.city", "limits.passages"]


def test_without_a_metadata_key_the_paths_are_shorter(folder: Path) -> None:
    purpose = carried(folder, "{text: body}", WIDE).purposes["care"]
    assert set(purpose.fields) == {"body", "people[].name", "source", "$id"}


def test_keys_that_need_them_keep_their_quotation_marks(folder: Path) -> None:
    parent = WIDE.replace('"metadata.people[].name"', "'metadata.\"a.b\".c'")
    assert 'meta."a.b".c' in carried(folder, "{text: body, metadata: meta}", parent).purposes["care"].fields


def test_where_the_parent_has_no_metadata_key_all_other_fields_are_metadata(folder: Path) -> None:
    parent = WIDE.replace("metadata.", "").replace("version: 1\n", "version: 1\nlayout: {text: page_content}\n")
    fields = carried(folder, "haystack", parent).purposes["care"].fields
    assert set(fields) == {"content", "meta.people[].name", "meta.source", "$id"}


@pytest.mark.parametrize(
    ("old", "layout", "path", "kind"),
    [
        ("source: redact", "{text: body}", "metadata.*", "wildcard"),
        ("source: redact", "{text: metadata.body, metadata: metadata}", "metadata.body", "field"),
    ],
)
def test_a_field_that_has_no_place_in_the_layout_is_refused(
    folder: Path, old: str, layout: str, path: str, kind: str
) -> None:
    (folder / "base.yaml").write_text(WIDE.replace(old, f"{path}: redact"))
    message = f'the parent\'s {kind} "{path}" cannot be carried over: it has no place of its own in this layout'
    hint = "name the key of the metadata: {text: …, metadata: …}"
    assert_refused(folder, f"layout: §{layout}\n", f"{message} ({hint})")


def test_a_field_is_compared_where_the_childs_layout_has_it(folder: Path) -> None:
    (folder / "base.yaml").write_text(WIDE)
    assert_refused(
        folder,
        "layout: haystack\npurposes:\n  care:\n    fields:\n      meta.people[].name: §scan\n",
        '"meta.people[].name" is loosened: scan, where base.yaml:9 says redact'
        " (tighten it, or allow it: unsafe-allow: {'fields.meta.people[].name': the reason})",
    )


@pytest.mark.parametrize("rule", ["metadata.*: redact", "metadata.note: redact"])
def test_a_layout_makes_no_text_of_what_the_parent_hides(folder: Path, rule: str) -> None:
    (folder / "base.yaml").write_text(WIDE.replace("source: redact", rule))
    body = "layout: {text: metadata.note, metadata: meta}\n"
    told = refused(folder, HEAD + body)
    assert [each.partition(" (")[0] for each in told] == [
        'clinic.yaml:5:9: "metadata.note" is loosened: scan, where base.yaml:9 says redact'
    ]
    allowed = body + "purposes: {care: {unsafe-allow: {fields.metadata.note: it is the text there}}}\n"
    assert child_of(folder, allowed).layout.text == "metadata.note"


def test_a_layout_that_is_none_is_said_to_be_none(folder: Path) -> None:
    text, _ = marked(HEAD + "layout: {txt: body}\n")
    assert [problem.split(" (")[0] for problem in refused(folder, text)] == ['clinic.yaml:5:10: unknown key "txt"']


# where messages point


def test_a_problem_in_the_childs_part_points_at_the_child(folder: Path) -> None:
    assert_refused(
        folder,
        "purposes:\n  care:\n    entities: {PERSN: §redactt}\n",
        'unknown action "redactt" (did you mean "redact"?)',
    )


def test_a_parents_part_that_no_longer_fits_is_shown_in_its_own_file(folder: Path) -> None:
    parent = BASE.replace("metadata.city: scan", "metadata.city: {action: redact, entity: EMAIL_ADDRESS}")
    (folder / "base.yaml").write_text(parent.replace("entity: PERSON}", "entity: PERSON}, metadata.city"))
    own, foreign = refused(folder, HEAD + "purposes: {care: {fields: {metadata.city: redact}}}\n")
    assert own == (
        "clinic.yaml:4:10: the parent does not fit what this policy changes (what the parent says there is given below)"
    )
    assert foreign.startswith('base.yaml:16:104: the known field "metadata.city" has no entity')


def test_a_parents_rule_that_acts_on_nothing_in_the_child_is_no_problem(folder: Path) -> None:
    (folder / "base.yaml").write_text(
        BASE.replace(
            "ner: none, reason: a test needs no model, known: [{field: metadata.name, entity: PERSON}]", "ner: fast"
        )
    )
    body = """
    purposes:
      care:
        detect: {ner: none, reason: a test needs no model}
        unsafe-allow: {detect.ner: a test needs no model}
    """
    assert child_of(folder, body).purposes["care"].detect.ner == "none"


def test_name_and_version_are_the_childs_own(folder: Path) -> None:
    told = refused(folder, "needful: 1\nextends: base.yaml\n")
    assert [problem.split(" (")[0] for problem in told] == [
        'clinic.yaml:1:1: "name" is missing',
        'clinic.yaml:1:1: "version" is missing',
    ]


SCALARS = st.sampled_from(["care", "null", "5", "scan", "[]", "{}", "[a]", "{a: b}", "true", "keep"])
KEYS = "narrows when filter filterable fields entities detect limits query restore on_fault unsafe-allow x".split()
SHAPES = ["null", "[]", "{detect: {locales: 5, known: [5, {}], ner: []}}", "{fields: {a: []}, filter: {a: 5}}"]


@given(
    st.dictionaries(st.sampled_from(["layout", "recognizers", "language", "keys"]), SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=3),
    st.sampled_from([None, None, *SHAPES]),
)
def test_whatever_a_child_says_it_loads_or_is_refused(
    top: dict[str, str], purpose: dict[str, str], other: str | None
) -> None:
    head = "".join(f"{key}: {value}\n" for key, value in top.items())
    body = "{" + ", ".join(f"{key}: {value}" for key, value in purpose.items()) + "}"
    text = f"{OF_STARTER}{head}purposes: {{care: {other or body}}}\n"
    with suppress(PolicyError):
        assert Policy.parse(text).name == "clinic"


# the policy as a value


def test_the_digest_covers_what_the_parent_says(folder: Path) -> None:
    before = child_of(folder, "").digest
    (folder / "base.yaml").write_text(BASE.replace("records: 10", "records: 9"))
    assert child_of(folder, "").digest != before


def test_a_child_can_be_pickled_and_copied(folder: Path) -> None:
    policy = child_of(folder, "purposes: {care: {entities: {PERSON: redact}}}\n")
    again: Any = pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert again == policy == copy.deepcopy(policy)
    assert again.parent == policy.parent


def test_what_is_allowed_is_there_for_reports_the_parents_reasons_too(folder: Path) -> None:
    (folder / "middle.yaml").write_text(
        HEAD.replace("clinic", "middle")
        + "purposes: {care: {limits: {records: 20}, unsafe-allow: {limits.records: wards are large}}}\n"
    )
    body = "purposes: {care: {limits: {passages: 3}, unsafe-allow: {limits.passages: texts are long}}}\n"
    policy = child_of(folder, body, head=HEAD.replace("base", "middle"))
    assert policy.allowed == (
        Allowed("care", "limits.records", "wards are large"),
        Allowed("care", "limits.passages", "texts are long"),
    )


def test_a_parents_reason_excuses_nothing_in_its_child(folder: Path) -> None:
    (folder / "middle.yaml").write_text(
        HEAD.replace("clinic", "middle")
        + "purposes: {care: {limits: {records: 20}, unsafe-allow: {limits.records: wards are large}}}\n"
    )
    assert_refused(
        folder,
        "purposes: {care: {limits: {records: §30}}}\n",
        '"limits.records" is loosened: 30, where middle.yaml:5 says 20'
        " (tighten it, or allow it: unsafe-allow: {limits.records: the reason})",
        head=HEAD.replace("base", "middle"),
    )


def test_a_tree_is_the_same_after_it_was_taken_apart() -> None:
    tree = read(BASE, "base.yaml")
    again = lowered(lifted(tree), "base.yaml")
    assert (again.data, again.values, again.keys, again.origins) == (tree.data, tree.values, tree.keys, {})
    assert set(lowered(lifted(tree, inherited=True), "x").origins.values()) == {"base.yaml"}
