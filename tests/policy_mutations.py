"""Policies and suites changed at random, the same for the same number: what typing, pasting and tools do to them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from needful.policy.plain import read
from needful.resources import policy_names, policy_text, suite_text
from test_policy_loading import EVERYTHING

__all__ = ["mutated", "mutated_data", "policy_seeds", "suite_seeds"]

WORDS = (
    "redact mask keep scan omit hash deny pseudonymize generalize drop-record custom surrogate month range whole us de"
    " gb default PERSON EMAIL_ADDRESS US_SSN LOCATION page_content metadata metadata.* metadata.name $id"
    " $principal.tenant"
    " action reason when to step entity select fields entities detect limits filter filterable purposes recognizers"
    " keys needful name version extends narrows unsafe-allow layout language query restore on_fault records known ner"
    " bundled"
    " none spacy:x locales min_score regex true false null yes no ~ 0 1 -1 2.5 1e9 010 .inf 2026-01-31 12:30 '' [] {}"
    " text texts tests expect documents withheld refused absent counts policy principal k"
).split()
# One of every plane and kind that matters to YAML or to a reader.
CHARACTERS: tuple[str, ...] = (
    *":-?#&*!|>%@`'\"[]{},=~$\\.<\t\n\r \0\a\x1b\x7f\x85\xa0\xad",
    *"éß÷“”‘’«»…–：，　李\u0301\u200b\u200d\u2028\u2029\u202e\u2066\ufeff\ufffd\ufffe\ud800\udfff",
    *"\U0001f511\U00020000\U000e0041\U000f0000\U0010ffff",
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2.5,
        10**9,
        "",
        " ",
        "x",
        "redact",
        "keep",
        "scan",
        "$id",
        "metadata.*",
        "a..b",
        "[]",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        {"": 1},
        {"action": "keep"},
        {"action": []},
        {"a": {"b": {"c": 1}}},
        ["redact", "mask"],
    ),
    *("x" * 3000, "\u202e", "“x”", "\0", {"when": {"role": []}}, {"equals": 1, "any": [1]}, [1, "a", None, {"b": 2}]),
)


@cache
def policy_seeds() -> tuple[str, ...]:
    """The starter policies, and one that uses the whole language."""
    return (*(policy_text(name) for name in policy_names()), EVERYTHING)


@cache
def suite_seeds() -> tuple[str, ...]:
    """The suites of the starter policies."""
    return tuple(suite_text(name) for name in policy_names())


def mutated(text: str, number: int) -> str:
    """Change a text one to four times."""
    choices = random.Random(number)
    text = shortened(text, choices)
    for _ in range(choices.choice([1, 1, 2, 4])):
        text = choices.choice(_OF_TEXT)(text, choices)
    return text


def mutated_data(text: str, number: int) -> str:
    """Change what a text says one to three times, and write it as JSON, which is YAML too."""
    choices = random.Random(number)
    data = copy.deepcopy(data_of(text))
    for _ in range(choices.choice([1, 1, 2, 3])):
        at = choices.choice([*places(data)])
        choices.choice(_OF_DATA)(data, at, choices)
    written: str = json.dumps(data, ensure_ascii=choices.random() < 0.5, indent=choices.choice([None, 1]))
    return written


@cache
def data_of(text: str) -> Any:
    """What a text says, as plain data."""
    return read(text, "seed.yaml").data


def shortened(text: str, choices: random.Random) -> str:
    """Leave out comments, and often all but one purpose's worth of lines: a short text is read sooner."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    if len(lines) > 60 and choices.random() < 0.8:
        start = choices.randrange(40, len(lines))
        del lines[start : start + choices.randrange(len(lines))]
    return "\n".join(lines)


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in data, the top excluded."""
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = [at] if at else []
    for key, value in members:
        found += places(value, (*at, key))
    return found or [()]


def parent(data: Any, at: tuple[Any, ...]) -> Any:
    for step in at[:-1]:
        data = data[step]
    return data


def _replace(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    if at:
        parent(data, at)[at[-1]] = choices.choice(VALUES)


def _remove(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    if at:
        del parent(data, at)[at[-1]]


def _rename(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    holder = parent(data, at)
    if at and isinstance(holder, dict):
        holder[choices.choice([*WORDS, f"{at[-1]}s", str(at[-1])[:-1]])] = holder.pop(at[-1])


def _move(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    if not at:
        return
    value = parent(data, at)[at[-1]]
    _remove(data, at, choices)
    other = choices.choice(places(data))
    if other:
        parent(data, other)[other[-1]] = value


def _copy(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    """Put a deep copy of a part somewhere else, often where its like stands."""
    if at:
        value = json.loads(json.dumps(parent(data, at)[at[-1]]))
        other = choices.choice([place for place in places(data) if place])
        parent(data, other)[other[-1]] = value


def _wrap(data: Any, at: tuple[Any, ...], choices: random.Random) -> None:
    if at:
        value = parent(data, at)[at[-1]]
        for _ in range(choices.choice([1, 1, 2, 25])):
            value = [value] if choices.random() < 0.5 else {choices.choice(WORDS): value}
        parent(data, at)[at[-1]] = value


_OF_DATA: tuple[Callable[[Any, tuple[Any, ...], random.Random], None], ...] = (
    *(_replace, _replace, _remove, _rename, _move, _copy, _wrap),
)


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    def changed(text: str, choices: random.Random) -> str:
        lines = text.split("\n")
        change(lines, choices.randrange(len(lines)), choices)
        return "\n".join(lines)

    return changed


def _delete_lines(lines: list[str], at: int, choices: random.Random) -> None:
    del lines[at : at + choices.choice([1, 1, 1, 2, 5, 20])]


def _duplicate_lines(lines: list[str], at: int, choices: random.Random) -> None:
    count = choices.choice([1, 1, 2, 8])
    lines[at:at] = lines[at : at + count]


def _swap_lines(lines: list[str], at: int, choices: random.Random) -> None:
    other = choices.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[str], at: int, choices: random.Random) -> None:
    by = choices.choice([" ", "  ", "    ", "\t", "-", "- ", ""])
    for index in range(at, min(len(lines), at + choices.choice([1, 1, 3, 10]))):
        lines[index] = by + (lines[index] if choices.random() < 0.5 else lines[index].removeprefix("  "))


def _word(text: str, choices: random.Random) -> str:
    """Replace a word by another one of the language, or misspell it."""
    starts = [index for index, character in enumerate(text) if character.isalpha() and not text[index - 1].isalpha()]
    if not starts:
        return text
    start = choices.choice(starts)
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_-."):
        end += 1
    word = text[start:end]
    cut = choices.randrange(len(word))
    close = (word[:cut] + word[cut + 1 :], word[:cut] + word[cut] * 2 + word[cut + 1 :], word.upper(), word[::-1])
    return text[:start] + choices.choice([*close, choices.choice(WORDS), choices.choice(WORDS)]) + text[end:]


def _insert(text: str, choices: random.Random) -> str:
    at = choices.randrange(len(text) + 1)
    some = choices.choice(CHARACTERS) if choices.random() < 0.8 else chr(choices.randrange(0x110000))
    return text[:at] + some * choices.choice([1, 1, 1, 2, 30]) + text[at:]


def _delete(text: str, choices: random.Random) -> str:
    at = choices.randrange(len(text) + 1)
    count: int = choices.choice([1, 1, 1, 2, 10, 100])
    return text[:at] + text[at + count :]


def _replace_character(text: str, choices: random.Random) -> str:
    at = choices.randrange(len(text) + 1)
    return text[:at] + choices.choice(CHARACTERS) + text[at + 1 :]


_OF_TEXT: tuple[Callable[[str, random.Random], str], ...] = (
    *(_lines(change) for change in (_delete_lines, _duplicate_lines, _swap_lines, _indent, _indent)),
    *(_word, _word, _word, _insert, _insert, _delete, _replace_character),
)
