"""Plain YAML: what may be written, and what is refused where."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import PolicyError
from needful.policy.plain import MAX_DEPTH, read
from needful.policy.text import MAX_BYTES, MAX_PROBLEMS, read_file
from policy_support import marked


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read(text, "p.yaml")
    assert caught.value.__context__ is None
    return [str(problem) for problem in caught.value.problems]


def assert_problems(text: str, *expected: str) -> None:
    plain, places = marked(text)
    wanted = [f"p.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, expected, strict=True)]
    assert problems(plain) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, word) for word in ("NO", "no", "on", "Off", "yes", "y")),
        *(
            (word, word)
            for word in ("010", "0x1F", "0o17", "0b1", "1_000", "12:30", "190:20:30", "1.2.3", "1e", "e3", "+")
        ),
        *((word, word) for word in ("2024-01-31", "2024-01-31T10:00:00Z", "=", "$principal.tenant", "POL-\\d{8}")),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("9007199254740991", 2**53 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-2.5E-2", -0.025),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    data = read(f"key: {text}", "p.yaml").data
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: §.inf", "not a finite number (a policy has plain numbers only)"),
        ("a: §-.Inf", "not a finite number (a policy has plain numbers only)"),
        ("a: §.nan", "not a finite number (a policy has plain numbers only)"),
        ("a: §1e999", "a number that is too large (write it in quotes if it is an identifier)"),
        ("a: §9007199254740992", "a number that is too large (write it in quotes if it is an identifier)"),
        ("a: §" + "9" * 5000, "a number that is too large (write it in quotes if it is an identifier)"),
        ("a: 1\nb: §&x 2", "anchors (&name) are not part of the policy language (write the value out)"),
        ("a: 1\nb: §*x", "aliases (*name) are not part of the policy language (write the value out)"),
        ("a:\n  - §!!str 1", "tags (!name) are not part of the policy language (remove the tag)"),
        ("a: §! 1", "tags (!name) are not part of the policy language (remove the tag)"),
        ("a: §!!python/object:os.system {}", "tags (!name) are not part of the policy language (remove the tag)"),
        ("§%YAML 1.2\n---\na: 1", "YAML directives are not part of the policy language (remove the line with %)"),
        ("a: 1\n§---\n", "a second document (remove the ---)"),
        ("a: 1\n§---\n# the end\n", "a second document (remove the ---)"),
        ("a: 1\n§---\n''\n", "a second document (one file holds one document: remove what follows ---)"),
        ("a: 1\n§---\nb: 1", "a second document (one file holds one document: remove what follows ---)"),
        ("a: {b: 1, §b: 2}", 'this key is there twice: "b" (the first is on line 1)'),
        ("a: 1\nb: 2\n§'a': 3", 'this key is there twice: "a" (the first is on line 1)'),
        ("§1: a", "a key is text (write it in quotes)"),
        ("§true: a", "a key is text (write it in quotes)"),
        ("? §[a]\n: b", "a key is text, not a list or a mapping (write it in quotes)"),
        ("§<<: {a: 1}", "merge keys (<<) are not part of the policy language (write the keys out)"),
        ('a: §"\\0"', "a control character in a text (remove the escape)"),
        ('a: §"\\ud800"', "a control character in a text (remove the escape)"),
        ("a: §\x07", "a control character (remove it)"),
        ("a: §\x00\x00", "this is not UTF-8 text (save the file as UTF-8)"),
        *(
            (f"a: b  # §{character}c: d", "a line break that editors do not show (put an ordinary one in its place)")
            for character in ("\r", "\x85", "\u2028", "\u2029")
        ),
        (
            "a: b  # §\u202egnp",
            "a character that changes the reading order (remove it: reviewers would see another text)",
        ),
        ("§", "the file is empty (start with: needful: 1)"),
        ("§# only a comment\n", "the file is empty (start with: needful: 1)"),
        (
            "a: b§: c",
            "this is not valid YAML: a colon out of place (check the indentation, or put the value in quotes)",
        ),
        ("§%NEW 1\n---\na: 1", "YAML directives are not part of the policy language (remove the line with %)"),
        (f"§%YAML 1.{'1' * 5000}\n---\na: 1", "this is not valid YAML: a directive (remove the line with %)"),
        (
            'a: "\\U§00110000"',
            "this is not valid YAML: an escape of no character (use single quotes, above all for a regex)",
        ),
        ("§: a", "this is not valid YAML: a colon without a key (write key: value)"),
        ("a:\n  §b scan\n  c: d", "this is not valid YAML: a key without a colon (write key: value)"),
        ("a:\n  b§ {c: d, e: f}", "this is not valid YAML: a key without a colon (write key: value)"),
        (
            "a: §[1,\n 2\nb: c",
            "this is not valid YAML: a list is not closed (add ] or a comma: nothing fits from line 3 on)",
        ),
        (
            "a: 'it'§s'",
            (
                "this is not valid YAML: text right after a closing quote "
                "(in single quotes, an apostrophe is written twice: '')"
            ),
        ),
        ("a:\n§\t- b", "this is not valid YAML: a tab (put spaces in its place)"),
        ("a: §@b", "this is not valid YAML: a character that cannot start a value (write the value in quotes)"),
        ("a: [1,2§", "this is not valid YAML: a list is not closed (add ] or a comma)"),
        ("a: {b: 1§", "this is not valid YAML: a mapping in braces is not closed (add } or a comma)"),
        ("a: §'b", "this is not valid YAML: a quote is not closed (add the closing quote)"),
        ("- a\n§b: 1", "this is not valid YAML: this does not line up with what is above (check the indentation)"),
        (
            'a: "\\§d{8}"',
            "this is not valid YAML: an unknown escape in double quotes (use single quotes, above all for a regex)",
        ),
        ("a: §- b", "this is not valid YAML: a dash out of place (check the indentation, or put the value in quotes)"),
        ("a: §*", "this is not valid YAML: a value cannot start with * or & (write it in quotes)"),
        ("a:\n  b: 1\n  §c\nd: 1", "this is not valid YAML: a key without a colon (write key: value)"),
    ],
)
def test_what_is_not_plain_is_refused_where_it_stands(text: str, expected: str) -> None:
    assert_problems(text, expected)


def test_several_problems_are_reported_at_once_in_the_order_of_the_file() -> None:
    assert_problems(
        "a: §&x 1\nb: §*x\n§a: §.nan\n",
        "anchors (&name) are not part of the policy language (write the value out)",
        "aliases (*name) are not part of the policy language (write the value out)",
        'this key is there twice: "a" (the first is on line 1)',
        "not a finite number (a policy has plain numbers only)",
    )


def test_very_many_problems_are_counted_not_listed() -> None:
    found = problems("a: 1\n" * (MAX_PROBLEMS + 11))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == "p.yaml:52:1: and from here on 10 more problems (mend those above first)"


DEEP = "more than 20 levels deep (remove the brackets or dashes that are too many)"


def test_a_depth_of_twenty_is_the_limit() -> None:
    read("[" * MAX_DEPTH + "]" * MAX_DEPTH, "p.yaml")
    assert_problems("[" * MAX_DEPTH + "§[", DEEP)


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 100_000, "{a: " * 60_000, "? " * 100_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    assert problems(text)[-1].endswith(DEEP)
    assert time.perf_counter() - began < 5


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + previous] * 9)}]\n"
        for previous, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert len(bomb) < 400
    assert len(problems(bomb)) == MAX_PROBLEMS + 1


@pytest.mark.parametrize("text", ["#" * (MAX_BYTES + 1), "a: " + "é" * (MAX_BYTES // 2)])
def test_a_text_over_the_limit_is_refused_unread(text: str) -> None:
    assert problems(text) == ["p.yaml:0:0: the file is larger than 256 KiB (split it by purpose)"]


def test_long_names_in_messages_are_cut() -> None:
    (problem,) = problems(f"{'k' * 100}: 1\n{'k' * 100}: 2\n")
    assert f'"{"k" * 60}…"' in problem


def test_keys_and_values_have_their_places() -> None:
    tree = read("a:\n  - b: 1\n    c: x\n", "p.yaml")
    assert tree.keys["a", 0, "c"] == (3, 5)
    assert tree.values["a", 0, "c"] == (3, 8)
    assert tree.values["a", 0] == (2, 5)


def test_a_place_that_is_missing_is_the_key_that_should_hold_it() -> None:
    tree = read("a:\n  b: {c: 1}\n", "p.yaml")
    assert str(tree.problem(("a", "b", "d"), "d is missing")) == "p.yaml:2:3: d is missing"


def test_a_part_of_a_short_form_is_where_the_short_form_is() -> None:
    tree = read("a:\n  b: redact\n", "p.yaml")
    assert str(tree.problem(("a", "b", "action"), "no")) == "p.yaml:2:6: no"


# A line break that editors do not show (Zl, Zp) is refused.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(categories=["L"]), min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_json_is_plain_yaml_and_means_the_same(value: object) -> None:
    assert read(json.dumps(value, ensure_ascii=False), "p.yaml").data == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_problems(text: str) -> None:
    try:
        read(text, "p.yaml")
    except PolicyError as error:
        assert error.problems  # noqa: PT017


def test_a_missing_file_is_a_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        read_file(tmp_path / "no.yaml", "no.yaml")
    assert str(caught.value) == "no.yaml:0:0: there is no such file (check the path)"
    assert caught.value.__context__ is None


def test_a_directory_is_a_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"this is a directory \(name the YAML file in it\)"):
        read_file(tmp_path, "policies")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nb: \xe4\xf6\n", "2:4"),
        ("a: ö\nbö: 1".encode() + b"\xff", "2:6"),
        (b"\xff\xfea\x00", "1:1"),
        (b"\xef\xbb\xbfa: \xff", "1:4"),
        (b"\x89PNG\r\n", "1:1"),
    ],
)
def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path, data: bytes, place: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(data)
    with pytest.raises(PolicyError) as caught:
        read_file(path, "p.yaml")
    assert str(caught.value) == f"p.yaml:{place}: this is not UTF-8 text (save the file as UTF-8)"
    assert caught.value.__context__ is None


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(PolicyError, match="larger than 256 KiB"):
        read_file(path, "p.yaml")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(read_file(path, "p.yaml"), "p.yaml").data == {"a": 1, "b": 2}
