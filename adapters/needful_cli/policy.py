"""`needful policy`: check, test, explain and start policies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from needful_cli import check, diff, explain, policy_tests
from needful_cli.common import examples
from needful_cli.failures import Group, usage_error
from needful_cli.output import print_json, say
from needful_cli.policy_files import SUITE

__all__ = ["commands"]

commands = typer.Typer(cls=Group, help="Check, test, explain and compare policies.", rich_markup_mode=None)

commands.command("check", epilog=check.EXAMPLES)(check.check)
commands.command("test", epilog=policy_tests.EXAMPLES)(policy_tests.run)
commands.command("explain", epilog=explain.EXAMPLES)(explain.explain)
commands.command("diff", epilog=diff.EXAMPLES)(diff.diff)


@commands.command("schema", epilog=examples("needful policy schema > policy.schema.json"))
def _schema() -> None:
    """Print the JSON Schema of policy files, for editors: yaml-language-server completes and checks with it."""
    from needful.policy.schema import schema

    print_json(schema())


@commands.command(
    "init", epilog=examples("needful policy init", "needful policy init customer-service --into policies")
)
def _init(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one; without it, their names.")] = None,
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The folder to copy into; made if needed.")
    ] = Path(),
) -> None:
    """Copy a starter policy and its test suite, to be changed. Never overwrites a file."""
    from needful.resources import policy_names, policy_text, suite_text

    if name is None:
        say("\n".join(policy_names()))
        return
    if name not in policy_names():
        raise usage_error("no starter policy of this name", f"there are: {', '.join(policy_names())}")
    texts = {into / f"{name}.yaml": policy_text(name), into / f"{name}{SUITE}.yaml": suite_text(name)}
    for path in texts:
        if path.exists():
            raise usage_error(f"{path} is there already", "remove it, or copy into another folder")
    for path, text in texts.items():
        _written(path, text)
        say(str(path))


def _written(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return
    except OSError:
        pass
    raise usage_error(f"{path} cannot be written", "check the folder's permissions")
