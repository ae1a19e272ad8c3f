"""What the commands print for people: no control sequence, in the width that there is, to whoever reads it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from cli_support import AGENT, fine, jsonl, run
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from needful.ledger import SqliteLedger
from needful_cli.demo_view import cell_of
from needful_cli.output import clean, fields_of, print_json

NEEDFUL = str(Path(sys.executable).with_name("needful"))
STYLES = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "a\x1b[2Jb\x1b]0;owned\x07c\x9bd\x7fe\u202ef\u2066g\rh"
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ASKED = ("--policy", "customer-service", "--purpose", "answer-ticket", "--principal", AGENT)
WHERE = ("--qdrant", "q", "--collection", "c")


@given(st.text())
def test_no_control_character_is_left_but_line_ends_and_tabs(text: str) -> None:
    cleaned = clean(text)
    assert not FORBIDDEN.search(cleaned.replace("\r\n", "\n"))
    assert len(cleaned) == len(text)
    assert all(new in (old, "\ufffd") for old, new in zip(text, cleaned, strict=True))


def test_line_ends_tabs_and_other_scripts_stay() -> None:
    text = "one\ttwo\r\nthree\n漢字 ñ 😀 עברית"
    assert clean(text) == text


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory whose ./q has a document that would take a terminal over."""
    monkeypatch.chdir(tmp_path)
    metadata = {"tenant": "acme", "product": HOSTILE}
    jsonl(tmp_path / "d.jsonl", {"page_content": f"The kitchen was flooded. {HOSTILE} kitchen.", "metadata": metadata})
    fine("index", "d.jsonl", *WHERE)
    return tmp_path


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("command", ["retrieve", "ask"])
def test_control_sequences_of_a_document_do_not_reach_the_terminal(command: str) -> None:
    shown = fine(command, f"kitchen {HOSTILE}", *WHERE, *ASKED)
    assert "\ufffd[2Jb" in shown
    assert not FORBIDDEN.search(shown)


@pytest.mark.usefixtures("hostile")
def test_as_json_they_are_escaped_and_nothing_is_lost() -> None:
    shown = fine("retrieve", "kitchen", *WHERE, *ASKED, "--json")
    assert not FORBIDDEN.search(shown)
    assert json.loads(shown)["documents"][0]["metadata"]["product"] == HOSTILE


@given(st.text(st.characters(codec="utf-8")))
def test_json_has_no_control_character_and_says_the_same(text: str) -> None:
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        print_json({"text": text})
    assert not FORBIDDEN.search(out.getvalue())
    assert json.loads(out.getvalue()) == {"text": text}


def test_the_cells_of_the_demonstration_have_no_control_sequence() -> None:
    cell = cell_of(Document(page_content=HOSTILE, metadata={"name": [HOSTILE]}))
    assert cell is not None
    assert not FORBIDDEN.search(cell.plain)


def test_fields_are_listed_without_brackets_and_without_what_is_empty() -> None:
    metadata = {"name": ["a", "b"], "title": None, "n": 1, "open": True, "of": {"who": "x", "what": None}, "needful": 1}
    assert fields_of(metadata) == ["name: a, b", "n: 1", "open: true", "of.who: x"]
    assert fields_of({"rows": [{"a": 1}, {"a": 2, "b": None}], "none": [], "some": [None, "x"]}) == [
        "rows.a: 1, 2",
        "some: x",
    ]


def test_retrieve_prints_lists_joined_by_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    metadata = {"tenant": "acme", "product": ["motor", "household"], "status": None}
    jsonl(tmp_path / "d.jsonl", {"page_content": "The kitchen was flooded.", "metadata": metadata})
    fine("index", "d.jsonl", *WHERE)
    assert fine("retrieve", "kitchen", *WHERE, *ASKED).splitlines()[0] == "[1] product: motor, household"


def in_a_terminal(columns: int, *arguments: str) -> str:
    """Return what a command writes to a terminal so many columns wide, without its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NEEDFUL_LLM")}
    with subprocess.Popen([NEEDFUL, *arguments], stdout=theirs, stdin=theirs, env={**env, "TERM": "xterm"}) as command:
        os.close(theirs)
        written = bytearray()
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    assert command.returncode == 0
    return STYLES.sub("", written.decode())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # EIO: the other end is closed
        return b""


@pytest.mark.parametrize(("columns", "side_by_side"), [(80, False), (120, True)])
def test_the_demonstration_fits_its_terminal(columns: int, side_by_side: bool) -> None:
    shown = in_a_terminal(columns, "demo").splitlines()
    rows = [line for line in shown if line.startswith("│")]
    assert {len(line) for line in rows} == {columns}
    assert all(line.count("│") == (3 if side_by_side else 2) for line in rows)
    headings = [line for line in rows if "hands over" in line]
    assert len(headings) == (3 if side_by_side else 6)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Return an empty ledger."""
    SqliteLedger(tmp_path / "ledger.db").close()
    return tmp_path / "ledger.db"


@pytest.mark.parametrize("arguments", [("policy", "schema"), ("--help",), ("policy", "explain", "customer-service")])
def test_a_full_disk_is_said(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([NEEDFUL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "needful: the output cannot be written\n")


def test_a_full_disk_under_audit_is_said(ledger: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [NEEDFUL, "audit", "show", "--ledger", str(ledger)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "needful: the output cannot be written\n")


@pytest.mark.parametrize("arguments", [("demo",), ("policy", "schema"), ("policy", "explain", "customer-service")])
def test_a_reader_that_has_enough_is_no_failure(arguments: tuple[str, ...]) -> None:
    command = subprocess.Popen([NEEDFUL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert command.stdout is not None
    assert command.stderr is not None
    assert command.stdout.read(1)
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait(timeout=60) == 0


def test_an_interrupted_command_says_so_in_one_line(tmp_path: Path) -> None:
    fifo = tmp_path / "letter"
    os.mkfifo(fifo)
    arguments = ("redact", str(fifo), "--policy", "customer-service", "--purpose", "answer-ticket")
    command = subprocess.Popen([NEEDFUL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with fifo.open("w"):  # opens when the command has opened it too
        command.send_signal(signal.SIGINT)
        out, said = command.communicate(timeout=60)
    assert (command.returncode, out, said) == (130, "", "needful: interrupted\n")


def test_what_is_redacted_into_a_file_is_not_touched_elsewhere() -> None:
    by = ("--policy", "customer-service", "--purpose", "answer-ticket")
    assert run("redact", *by, stdin=HOSTILE.encode()).stdout_bytes == HOSTILE.encode()
