"""What the tests of the command line share: commands run in this process, and a small collection on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from needful_cli import app

AGENT = '{"id": "agent-7", "tenant": "acme"}'
CANARY = "Zephyrine Quillfeather"
"""A name that no message, table or page of ours has."""


def run(*arguments: str | Path, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process. `output` has both streams, `stdout` and `stderr` have one each."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin, env=env)


def fine(*arguments: str | Path, stdin: str | bytes | None = None) -> str:
    """Run a command that must end with 0; return what it printed."""
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 0, done.output
    return done.stdout


def fails(code: int, *arguments: str | Path, stdin: str | bytes | None = None) -> str:
    """Run a command that must end with this code; return the lines it said, without `needful: `."""
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == code, done.output
    said = done.stderr.splitlines()
    assert said, "a failure says something"
    assert all(line.startswith("needful: ") for line in said), said
    assert "Traceback" not in done.output
    return "\n".join(line.removeprefix("needful: ") for line in said)


def jsonl(path: Path, *records: Any) -> Path:
    """Write records, or lines as they are, as JSON Lines."""
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path
