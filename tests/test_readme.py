"""README.md runs: its Python blocks in order as one program, its `$ needful …` lines as commands, in a temporary
folder that has the repository's policies and nothing else.

A block after a line `<!-- not run: reason -->` is left out. One item, because blocks build on each other.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
FENCE = re.compile(r"```(\w*)")
COMMAND = re.compile(r"\$ needful\b.*")

EXAMPLE = """\
```python
a = 1
```
<!-- not run: needs a server -->
```python
b = a
```
```console
$ needful policy \\
>   check x.yaml
ok
$ ls
```
```
plain
```
"""


@dataclass(frozen=True)
class Block:
    """A fenced block that is to run. `line` is where its text starts, counted from 1."""

    language: str
    line: int
    text: str

    def commands(self) -> Iterator[tuple[int, str]]:
        """Yield the lines that call needful, with what a backslash at their end joins to them."""
        lines = enumerate(self.text.splitlines(), self.line)
        for number, line in lines:
            if COMMAND.fullmatch(line):
                command = line.removeprefix("$ ")
                while command.endswith("\\"):
                    command = command[:-1] + next(lines)[1].removeprefix("> ").strip()
                yield number, command


def blocks(text: str) -> list[Block]:
    """Find the blocks of a Markdown text that are to run."""
    found: list[Block] = []
    lines = text.splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence is None:
            continue
        if start is None:
            start = number
            continue
        language = lines[start].strip("`").split()[:1]
        skipped = start > 0 and NOT_RUN.fullmatch(lines[start - 1].strip())
        if not skipped and language and language[0] in ("python", "console", "bash"):
            found.append(Block(language[0], start + 2, "\n".join(lines[start + 1 : number])))
        start = None
    assert start is None, "a fenced block is not closed"
    return found


def run(found: list[Block], source: str, environment: Mapping[str, str]) -> None:
    """Run blocks in the working directory; a failure names file and line."""
    namespace: dict[str, Any] = {"__name__": "readme"}
    for block in found:
        if block.language == "python":
            # The blank lines before it make the traceback's line numbers those of the file.
            code = compile("\n" * (block.line - 1) + block.text, source, "exec")
            exec(code, namespace)  # noqa: S102  running the examples is the point
            continue
        for line, command in block.commands():
            done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300, env=environment)  # noqa: S602  the README's own lines
            assert done.returncode == 0, f"{source}:{line}: {command}\n{done.stdout}{done.stderr}"


@pytest.fixture
def environment() -> dict[str, str]:
    """Return the surroundings of a command: ours, with this interpreter's scripts first on the path."""
    return {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))}


def readme_items() -> list[list[Block]]:
    found = blocks(README.read_text("utf-8"))
    return [found] if found else []


@pytest.mark.parametrize("found", readme_items(), ids=["README.md"] if readme_items() else [])
def test_the_readme_runs(
    found: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    shutil.copytree(README.parent / "policies", tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    run(found, "README.md", environment)


def test_blocks_are_found_and_marked_ones_left_out() -> None:
    found = blocks(EXAMPLE)
    assert [(block.language, block.line) for block in found] == [("python", 2), ("console", 9)]
    assert list(found[1].commands()) == [(9, "needful policy check x.yaml")]


def test_an_example_that_fails_is_noticed_with_its_line(environment: dict[str, str]) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        run(blocks("```python\none = 1\n```\n\n```python\n\none / 0\n```"), "README.md", environment)
    assert raised.traceback[-1].lineno == 6  # counted from 0
    with pytest.raises(AssertionError, match=r"README\.md:2: needful no-such-command"):
        run(blocks("```console\n$ needful no-such-command\n```"), "README.md", environment)


def test_an_empty_readme_has_nothing_to_run() -> None:
    assert blocks("") == []
