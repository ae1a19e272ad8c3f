"""`needful redact`: plain text in, redacted text and spans out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import CANARY, fails, fine, run
from hypothesis import given, settings
from hypothesis import strategies as st

BY = ("--policy", "customer-service", "--purpose", "answer-ticket")
DENYING = """
needful: 1
name: strict
version: 1
purposes:
  read:
    fields: {page_content: scan}
    entities: {EMAIL_ADDRESS: deny, URL: {action: keep, reason: links are public}}
    detect: {ner: none, reason: a test without a model}
"""


def redacted(text: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fine("redact", *BY, "--json", *more, stdin=text))
    return found


def test_standard_input_is_redacted() -> None:
    assert fine("redact", *BY, stdin="Call +1 212 555 0142 now.\n") == "Call [PHONE_NUMBER] now.\n"


def test_a_file_is_redacted_and_its_line_ends_stay(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes("a naïve note to x@example.com\r\nthe end".encode())
    done = run("redact", tmp_path / "letter.txt", *BY)
    assert done.stdout_bytes == "a naïve note to [EMAIL_ADDRESS]\r\nthe end".encode()


def test_the_spans_are_offsets_into_the_input() -> None:
    text = "Ünïcode 😀 before x@example.com and POL-12345678."
    found = redacted(text)
    assert [span.keys() for span in found["spans"]] == [{"start", "end", "entity", "score", "action"}] * 2
    mail, number = found["spans"]
    assert text[mail["start"] : mail["end"]] == "x@example.com"
    assert (mail["entity"], mail["action"], mail["score"]) == ("EMAIL_ADDRESS", "redact", 1.0)
    assert text[number["start"] : number["end"]] == "POL-12345678"
    assert (number["entity"], number["action"]) == ("POLICY_NUMBER", "mask")


@pytest.mark.parametrize("value", ["219-09-9999", "4111 1111 1111 1111"])
def test_what_a_rule_would_drop_is_redacted_where_there_is_nothing_to_drop(value: str) -> None:
    found = redacted(f"Her number, SSN or card, is {value}.")
    assert value not in found["text"]
    assert {span["action"] for span in found["spans"]} == {"redact"}


def test_what_the_policy_denies_ends_with_5_and_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(DENYING)
    by = ("--policy", tmp_path / "p.yaml", "--purpose", "read")
    done = run("redact", *by, stdin=f"{CANARY}@example.com")
    assert (done.exit_code, done.stdout) == (5, "")
    assert CANARY not in done.output


def test_what_the_policy_keeps_is_reported_as_kept(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(DENYING)
    by = ("--policy", tmp_path / "p.yaml", "--purpose", "read")
    found = json.loads(fine("redact", *by, "--json", stdin="See https://example.com/terms now."))
    assert found["text"] == "See https://example.com/terms now."
    assert {span["action"] for span in found["spans"]} == {"keep"}


def test_a_look_alike_of_a_token_is_redacted() -> None:
    assert redacted("Restore [PERSON:7K3QF2MB] please")["text"] == "Restore [TOKEN] please"


def test_an_empty_text_stays_empty() -> None:
    assert redacted("") == {"text": "", "spans": []}


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        ((*BY, "nowhere.txt"), None, 2, "there is no such FILE"),
        (BY, b"\xff\xfe", 2, "the input is not UTF-8 text"),
        (("--policy", "customer-service"), "x", 5, "no purpose given"),
        (("--policy", "customer-service", "--purpose", CANARY), "x", 5, "unknown purpose"),
        (("--policy", "nowhere.yaml", "--purpose", "read"), "x", 3, "there is no such file"),
        (BY, "x" * 1_000_001, 8, "the text is longer than 1,000,000 characters"),
    ],
)
def test_a_text_that_cannot_be_redacted_ends_with_its_code(
    arguments: tuple[str, ...], stdin: str | bytes | None, code: int, said: str
) -> None:
    text = fails(code, "redact", *arguments, stdin=stdin)
    assert said in text
    assert CANARY not in text


pieces = st.sampled_from(["x@example.com", "+1 212 555 0142", "POL-12345678", "219-09-9999", "[PERSON:7K3QF2MB]"])


@given(st.lists(pieces | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=10), max_size=6))
@settings(max_examples=30)
def test_characters_outside_the_spans_come_out_unchanged(parts: list[str]) -> None:
    text = " ".join(parts)
    found = redacted(text)
    rest, position = found["text"], 0
    for span in found["spans"]:
        assert position <= span["start"] < span["end"] <= len(text)
        between = text[position : span["start"]]
        assert between in rest
        rest = rest[rest.index(between) + len(between) :]
        position = span["end"]
    assert rest.endswith(text[position:])
