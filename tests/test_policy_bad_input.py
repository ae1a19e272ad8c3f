"""Bad input to the policy loader: each text loads, or raises `PolicyError` with every problem's place, and soon.

Time is the processor's, memory is what Python allocates: neither depends on what else runs on the machine.
"""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from needful.errors import PolicyError, Problem
from needful.policy import Policy
from needful.policy.plain import read
from needful.policy.suites.suite import Suite
from needful.policy.text import read_file
from policy_mutations import mutated, mutated_data, policy_seeds, suite_seeds
from policy_support import marked, policy_text
from yaml_documents import BYTES, LARGE, LOADS, REFUSED

SOON = 0.1
"""Seconds for a policy of ordinary size."""
AT_MOST = 5.0
"""Seconds for a file of the largest size."""
MEMORY = 50 * 2**20

# What only pydantic, PyYAML, RE2 or Python would say.
FOREIGN = re.compile(
    r"validation error|Input should|Value error|type=|input_value|pydantic|For further information|while parsing"
    r"|while scanning|expected <|found character|could not find expected|but found|yaml\.|re2|b'|Traceback|<class"
    r"|object at|field required|Extra inputs|codec can't|surrogates not allowed|out of range"
    r"|\bint\b|\bstr\b|\bdict\b|\btuple\b"
)


def outcome(load: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems of what does not load; any other exception fails the test."""
    try:
        load()
    except PolicyError as error:
        assert error.__context__ is None  # noqa: PT017
        assert error.problems  # noqa: PT017
        return error.problems
    return ()


def assert_well_told(problems: tuple[Problem, ...], text: str) -> None:
    lines = text.count("\n") + 1
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message
        assert problem.hint
        # A message quotes names of the policy; what is not quoted is ours.
        ours = re.sub(r'"[^"]*"', "", str(problem).removeprefix(f"{problem.source}:"))
        assert not FOREIGN.search(ours), "foreign text"


def assert_quick(load: Callable[[], object], least: float, limit: float) -> None:
    """Measure again twice what was slow, and take the least: a collection of garbage may have fallen into it."""
    for _ in range(2):
        if least >= limit:
            least = min(least, seconds(load))
    assert least < limit


def seconds(load: Callable[[], object]) -> float:
    began = time.process_time()
    outcome(load)
    return time.process_time() - began


def allocated(load: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        outcome(load)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def places(problems: tuple[Problem, ...]) -> list[tuple[int, int]]:
    return [(problem.line, problem.column) for problem in problems]


@pytest.mark.parametrize(("area", "text", "data"), LOADS, ids=[area for area, _, _ in LOADS])
def test_plain_yaml_is_read_as_what_it_says(area: str, text: str, data: object) -> None:
    found = read(text, "p.yaml").data
    assert found == data, area
    assert json.dumps(found) == json.dumps(data)


@pytest.mark.parametrize(("area", "text"), REFUSED, ids=[area for area, _ in REFUSED])
def test_what_is_not_plain_is_refused_where_it_stands(area: str, text: str) -> None:
    plain, expected = marked(text)
    problems = outcome(lambda: read(plain, "p.yaml"))
    assert places(problems) == expected, area
    assert_well_told(problems, plain)


@pytest.mark.parametrize(("area", "text"), BYTES, ids=[area for area, _ in BYTES])
def test_bytes_that_are_no_text_are_refused_where_they_stand(area: str, text: str, tmp_path: Path) -> None:
    plain, expected = marked(text)
    path = tmp_path / "p.yaml"
    path.write_bytes(plain.encode("utf-8", "surrogateescape"))
    problems = outcome(lambda: read_file(path, "p.yaml"))
    assert [problem.message for problem in problems] == ["this is not UTF-8 text"], area
    assert places(problems) == [(line, column - ("\ufeff" in plain)) for line, column in expected]


@pytest.mark.parametrize("text", [text for _, text, _ in LOADS], ids=[area for area, _, _ in LOADS])
def test_yaml_that_is_no_policy_is_refused_with_a_place(text: str) -> None:
    problems = outcome(lambda: Policy.parse(text, "p.yaml"))
    assert problems
    assert_well_told(problems, text)


def test_there_are_documents_of_every_area() -> None:
    assert len(LOADS) + len(REFUSED) + len(BYTES) + len(LARGE) >= 200
    assert len({area for area, *_ in (*LOADS, *REFUSED, *BYTES, *LARGE)}) == len((*LOADS, *REFUSED, *BYTES, *LARGE))


@pytest.mark.parametrize(("area", "text"), LARGE, ids=[area for area, _ in LARGE])
def test_a_text_made_to_take_long_is_read_soon_and_in_bounds(area: str, text: str) -> None:
    def load() -> None:
        Policy.parse(text, "p.yaml")

    began = time.process_time()
    problems = outcome(load)
    taken = time.process_time() - began
    assert_well_told(problems, text)
    assert_quick(load, taken, AT_MOST)
    assert allocated(load) < MEMORY, area


PART = 1250


@pytest.mark.parametrize("part", range(8))
def test_a_policy_changed_at_random_loads_or_is_refused_with_places(part: int) -> None:
    seeds = policy_seeds()
    loaded = 0
    for number in range(part * PART, (part + 1) * PART):
        change = mutated_data if number % 4 == 0 else mutated
        text = change(seeds[number % len(seeds)], number)
        began = time.process_time()
        problems = outcome(lambda text=text: Policy.parse(text, "p.yaml"))  # type: ignore[misc]
        taken = time.process_time() - began
        assert_well_told(problems, text)
        assert_quick(lambda text=text: Policy.parse(text, "p.yaml"), taken, SOON)  # type: ignore[misc]
        loaded += not problems
    # Else the changes would be too rough to try what comes after reading.
    assert PART * 0.03 < loaded < PART * 0.5


@pytest.mark.parametrize("part", range(2))
def test_a_suite_changed_at_random_loads_or_is_refused_with_places(part: int) -> None:
    seeds = suite_seeds()
    for number in range(part * 500, (part + 1) * 500):
        change = mutated_data if number % 4 == 0 else mutated
        text = change(seeds[number % len(seeds)], number)
        assert_well_told(outcome(lambda text=text: Suite.parse(text, Path("p_test.yaml"))), text)  # type: ignore[misc]


def test_a_policy_changed_at_random_takes_little_memory() -> None:
    seeds = policy_seeds()
    for number in range(300):
        text = (mutated_data if number % 4 == 0 else mutated)(seeds[number % len(seeds)], number)
        assert allocated(lambda text=text: Policy.parse(text, "p.yaml")) < MEMORY  # type: ignore[misc]


def with_regex(pattern: str) -> str:
    text = json.dumps(pattern, ensure_ascii=False)
    return policy_text("fields: {page_content: scan}\n", tail=f"recognizers: [{{name: a, entity: A, regex: {text}}}]\n")


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)b",
        "(?!a)b",
        "(?<=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"(?P<n>a)(?P=n)",
        r"(?<n>a)\k<n>",
        "a*+",
        "a++b",
        "a?+",
        "(?>a+)b",
        "(?P<n-m>a)",
        "(?P<n",
        "(?P<>a)",
        "a{1001}",
        "a{1000}{1000}",
        "(a{1000}){1000}",
        "((a{100}){100}){100}",
        "a{3,1}",
        r"\pL{1000}",
        r"(\pL{31}){31}",
        r"\x{110000}",
        r"\xZZ",
        r"\u00e9",
        r"\udc80",
        "(a",
        "a)",
        "[a",
        "[z-a]",
        "*a",
        "a**",
        "a\\",
        r"\p{Nothing}",
        "[[:nothing:]]",
        "(?(1)a|b)",
        "(?R)",
        "(?#why)a",
        r"\Ka",
        r"a\Z",
        r"a\Cb",
    ],
)
def test_a_regex_that_re2_cannot_take_is_refused_where_it_stands(pattern: str) -> None:
    text = with_regex(pattern)

    def load() -> None:
        Policy.parse(text, "p.yaml")

    problems = outcome(load)
    (problem,) = problems
    assert problem.message.startswith("not a regex")
    before = text[: text.index("regex: ") + len("regex: ")]
    assert places(problems) == [(before.count("\n") + 1, len(before) - before.rfind("\n"))]
    assert_well_told(problems, text)
    assert_quick(load, seconds(load), SOON)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<year>[0-9]{4})-(?P<month>[0-9]{2})",
        "a{1000}",
        "[^a]{1000}",
        ".{1000}.{1000}.{999}x",
        "(x+x+)+y",
        "(a|a)+b",
        "(a?){100}b",
        r"\pL{200}",
        "|".join(f"name{number}" for number in range(200)),
        "(" * 900 + "a" + ")" * 900,
        "a" * 2000,
    ],
)
def test_a_large_regex_loads_in_bounds(pattern: str) -> None:
    def load() -> None:
        Policy.parse(with_regex(pattern), "p.yaml")

    assert outcome(load) == ()
    assert_quick(load, seconds(load), SOON)
    assert allocated(load) < MEMORY


def test_a_regex_of_more_than_2000_characters_is_refused() -> None:
    (problem,) = outcome(lambda: Policy.parse(with_regex("a" * 2001), "p.yaml"))
    assert problem.message == "regex is longer than 2000 characters"
