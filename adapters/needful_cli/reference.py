"""The reference of the command line, docs/cli.md: `python -m needful_cli.reference > docs/cli.md` writes it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from needful_cli import failures
from needful_cli.app import app

__all__ = ["every_command", "reference"]

WIDTH = 100
HEAD = """\
# The command line

Made by `python -m needful_cli.reference > docs/cli.md`; a test compares this page with the program.

Results go to stdout, with `--json` as JSON; what went wrong goes to stderr, one line a problem. Exit codes:

```
{codes}
```

`--policy` takes a file, or the name of a starter policy (`needful policy init` lists them). `NEEDFUL_KEY` holds the
key, 32 bytes in base64; without it, a key file is made in the user's state directory. `NEEDFUL_LEDGER` names the
ledger, `NEEDFUL_LLM` the model of `ask` and `demo`, `QDRANT_API_KEY` the key of a Qdrant server.
"""


def every_command() -> Iterator[tuple[str, Any, Any]]:
    """Yield name (`needful policy check`), command and context of every command, groups included."""
    root = typer.main.get_command(app)
    yield from _below(root, "needful", None)


def _below(command: Any, name: str, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    context = typer.Context(
        command, info_name=name if parent is None else command.name, parent=parent, terminal_width=WIDTH
    )
    yield name, command, context
    for inner in getattr(command, "commands", {}).values():
        yield from _below(inner, f"{name} {inner.name}", context)


def reference() -> str:
    """Return the page."""
    codes = "\n".join(line.strip() for line in (failures.__doc__ or "").splitlines() if line.startswith("    "))
    parts = [HEAD.format(codes=codes)]
    for name, command, context in every_command():
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## {name}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
