"""The command line as a whole: help, exit codes, one line a failure, and the reference."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_support import AGENT, CANARY, fails, fine, jsonl, run

from needful.errors import (
    AccessDenied,
    ChainBroken,
    DetectionError,
    LedgerWriteError,
    NeedfulError,
    PolicyError,
    Problem,
    StoreError,
    VaultError,
)
from needful_cli.failures import exit_code, lines, usage_error
from needful_cli.reference import every_command, reference

NEEDFUL = str(Path(sys.executable).with_name("needful"))
HEAVY = "langchain_core langchain qdrant_client qdrant_edge presidio_analyzer presidio_anonymizer spacy rich.table"
COMMANDS = [name for name, _, _ in every_command()]
IN_A_NEW_PROCESS = """
import sys
sys.argv = ["needful", *{arguments!r}]
from needful_cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
loaded = {{name for name in sys.modules}}
print("loaded", *sorted(loaded & set({heavy!r}.split())), file=sys.stderr)
"""


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    """Return the heavy modules that a command imports in a fresh interpreter."""
    program = IN_A_NEW_PROCESS.format(arguments=list(arguments), heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split()[1:])


def test_the_help_of_a_command_imports_nothing_heavy(tmp_path: Path) -> None:
    assert loaded_by("retrieve", "--help", cwd=tmp_path) == set()


def test_checking_a_policy_imports_no_presidio_no_langchain_and_no_qdrant(repository: Path, tmp_path: Path) -> None:
    folder = str(repository / "policies")
    assert loaded_by("policy", "check", folder, cwd=tmp_path) == set()


def test_explaining_a_policy_imports_no_presidio_no_langchain_and_no_qdrant(tmp_path: Path) -> None:
    asked = ("policy", "explain", "customer-service", "--purpose", "answer-ticket", "--principal", AGENT)
    assert loaded_by(*asked, cwd=tmp_path) == {"rich.table"}


def test_redacting_imports_no_langchain_and_no_qdrant(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing")
    asked = ("redact", "a.txt", "--policy", "customer-service", "--purpose", "answer-ticket")
    assert loaded_by(*asked, cwd=tmp_path) & set("langchain_core qdrant_client qdrant_edge".split()) == set()


def test_reading_the_ledger_imports_nothing_heavy(tmp_path: Path) -> None:
    from needful.ledger import SqliteLedger

    SqliteLedger(tmp_path / "ledger.db").close()
    assert loaded_by("audit", "verify", "--ledger", "ledger.db", cwd=tmp_path) == set()


def test_the_console_script_is_there() -> None:
    done = subprocess.run([NEEDFUL, "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "needful 0.1.0\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help(name: str) -> None:
    assert f"Usage: {name}" in fine(*name.split()[1:], "--help")


@pytest.mark.parametrize(
    ("name", "command"), [(name, command) for name, command, _ in every_command() if not hasattr(command, "commands")]
)
def test_a_command_has_an_example_that_names_it(name: str, command: Any) -> None:
    assert "Example:" in (command.epilog or "")
    assert f"{name}" in command.epilog


def test_the_reference_is_current(repository: Path) -> None:
    written = (repository / "docs" / "cli.md").read_text("utf-8")
    assert written == reference(), "run: python -m needful_cli.reference > docs/cli.md"


def test_the_reference_has_every_command() -> None:
    page = reference()
    assert [name for name in COMMANDS if f"\n## {name}\n" not in page] == []
    assert len(COMMANDS) >= 14


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (usage_error("x"), 2),
        (typer.BadParameter("x"), 2),
        (PolicyError("x"), 3),
        (AccessDenied("x"), 5),
        (StoreError("x"), 6),
        (ChainBroken("x"), 7),
        (LedgerWriteError("x"), 7),
        (DetectionError("x"), 8),
        (VaultError("x"), 2),
        (NeedfulError("x"), 1),
        (KeyError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


def test_every_problem_of_a_policy_has_its_line() -> None:
    error = PolicyError.of([Problem("p.yaml", 3, 5, "unknown key"), Problem("p.yaml", 9, 1, "a second", "remove it")])
    assert lines(error) == ["p.yaml:3:5: unknown key", "p.yaml:9:1: a second (remove it)"]


def test_a_foreign_error_is_said_by_its_kind_and_never_by_its_text() -> None:
    (said,) = lines(KeyError(CANARY))
    assert "KeyError" in said
    assert CANARY not in said


def test_where_a_fault_came_from_is_said_without_the_folder(tmp_path: Path) -> None:
    from needful.values import Principal

    try:
        Principal.of({"id": ""})
    except ValueError as error:
        (said,) = lines(error)
    assert "ValueError at needful/values.py:" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("retreive",), "no such command (did you mean retrieve?"),
        (("audit", "shwo"), "no such command (did you mean show?"),
        (("retrieve", "why?", "--k", "x"), "--k"),
        (("retrieve", "why?"), "--policy"),
        (("retrieve", "--nope"), "no such option"),
        (("audit", "show", "--limit", "many"), "--limit"),
        (("policy", "check"), "FILE|DIR"),
    ],
)
def test_a_command_that_is_called_wrongly_says_so_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    text = fails(2, *arguments)
    assert said in text
    assert len(text.splitlines()) == 1


def test_a_question_without_quotation_marks_is_not_repeated() -> None:
    flags = ("--policy", "p", "--qdrant", "d", "--collection", "c")
    said = fails(2, "retrieve", "where", "does", *CANARY.split(), "live", *flags)
    assert "quotation marks" in said
    assert not set(CANARY.split()) & set(said.split())


@pytest.mark.parametrize("flag", ["--principal", "--filter"])
@pytest.mark.parametrize("value", [f"{{{CANARY}", f'["{CANARY}"]', f'"{CANARY}"'])
def test_json_that_is_no_object_is_said_and_not_repeated(flag: str, value: str) -> None:
    where = ("--policy", "customer-service", "--qdrant", "d", "--collection", "c")
    said = fails(2, "retrieve", "why?", *where, flag, value)
    assert f"{flag} is not a JSON object" in said
    assert CANARY not in said


def test_a_failure_in_a_process_of_its_own_has_no_traceback(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "bad.jsonl", {"page_content": "fine"}, f"{{{CANARY}")
    command = [NEEDFUL, "index", str(source), "--qdrant", str(tmp_path / "q"), "--collection", "c"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr == f"needful: {source}:2: this is not JSON\n"
    assert CANARY not in done.stdout + done.stderr


def test_output_that_a_terminal_cannot_show_does_not_end_a_command(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a naïve price of 5 €\n", "utf-8")
    command = [NEEDFUL, "redact", "a.txt", "--policy", "customer-service", "--purpose", "answer-ticket"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=120)
    assert (done.returncode, done.stdout) == (0, "a na\\xefve price of 5 \\u20ac\n")


def test_a_malformed_key_is_a_matter_of_usage() -> None:
    done = run(
        *("redact", "--policy", "customer-service", "--purpose", "answer-ticket"),
        stdin="Hello",
        env={"NEEDFUL_KEY": CANARY},
    )
    assert done.exit_code == 2
    assert "NEEDFUL_KEY" in done.stderr
    assert CANARY not in done.output


@pytest.mark.parametrize("group", [(), ("audit",), ("policy",)])
def test_without_a_command_the_help_is_printed_and_the_exit_code_says_that_nothing_was_done(
    group: tuple[str, ...],
) -> None:
    done = run(*group)
    assert (done.exit_code, done.stderr) == (2, "")
    assert done.stdout == fine(*group, "--help")


@pytest.mark.parametrize("question", [f"--{CANARY}", f"-{CANARY}", f"--{CANARY}=x", "-1 is what?"])
def test_a_question_that_starts_with_a_dash_is_not_repeated(question: str) -> None:
    said = fails(2, "retrieve", question, "--policy", "p", "--qdrant", "d", "--collection", "c")
    assert "no such option" in said
    assert "put -- before a question that starts with a dash" in said
    assert not set(CANARY.split()) & set(re.findall(r"\w+", said))


def test_a_question_after_two_dashes_may_start_with_one(tmp_path: Path) -> None:
    where = ("--qdrant", str(tmp_path / "nowhere"), "--collection", "c")
    fails(6, "retrieve", "--policy", "customer-service", *where, "--", f"--{CANARY}")


def test_an_option_that_was_misspelt_is_suggested() -> None:
    assert "did you mean --policy?" in fails(2, "retrieve", "why?", "--polcy", "p")


def test_a_word_that_is_no_command_is_not_repeated() -> None:
    said = fails(2, f"{CANARY} Did you mean 'show'?")
    assert said.startswith("no such command")
    assert CANARY not in said


@pytest.mark.parametrize("command", [("retrieve", "why?", "--policy", "customer-service"), ("index", "x.txt")])
@pytest.mark.parametrize("name", ["", " "])
def test_a_collection_without_a_name_ends_with_2(command: tuple[str, ...], name: str, tmp_path: Path) -> None:
    said = fails(2, *command, "--qdrant", tmp_path, "--collection", name)
    assert said == "--collection is empty (name the collection)"


@pytest.mark.parametrize("flag", ["--principal", "--filter"])
@pytest.mark.parametrize(
    "value",
    ['{"a": ' * 100_000, '{"id": "a", "n": NaN}', '{"id": "a", "n": [-Infinity]}', '{"id": "a", "n": 1e999}'],
    ids=["deep", "NaN", "Infinity", "1e999"],
)
def test_json_that_no_standard_allows_ends_with_2(flag: str, value: str) -> None:
    where = ("--policy", "customer-service", "--qdrant", "d", "--collection", "c")
    assert f"{flag} is not a JSON object" in fails(2, "retrieve", "why?", *where, flag, value)
