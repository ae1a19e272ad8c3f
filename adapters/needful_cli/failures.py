"""What a failed command says, and the number it ends with.

    0  fine
    1  something that should not happen; the output cannot be written
    2  usage: an argument, a file, a key or an extra package is missing or wrong; no command
    3  a policy or a policy test suite does not load
    4  a policy test failed; policy diff --exit-code: more is disclosed, or that cannot be told
    5  the request was refused
    6  the vector store
    7  the ledger does not verify, or cannot be read or written
    8  detection failed
    9  incomplete: the ledger ends in the middle, as after a crash; index or annotate left documents or points out
    10  the ledger is truncated: an anchor has entries that are gone from its end
    130  interrupted

One line a failure, on stderr, starting with `needful:`. Never a traceback: its frames could hold data.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperGroup

from needful.errors import (
    AccessDenied,
    DetectionError,
    LedgerError,
    NeedfulError,
    PolicyError,
    StoreError,
    VaultError,
)
from needful_cli.output import clean

__all__ = [
    "DETECTION",
    "FINE",
    "INCOMPLETE",
    "INTERRUPTED",
    "LEDGER",
    "POLICY",
    "REFUSED",
    "STORE",
    "TESTS_FAILED",
    "TRUNCATED",
    "UNEXPECTED",
    "USAGE",
    "Commands",
    "Group",
    "UsageProblems",
    "exit_code",
    "lines",
    "usage_error",
]

FINE, UNEXPECTED, USAGE, POLICY, TESTS_FAILED, REFUSED, STORE, LEDGER, DETECTION, INCOMPLETE, TRUNCATED = range(11)
INTERRUPTED = 130

_CODES: tuple[tuple[type[NeedfulError], int], ...] = (
    (PolicyError, POLICY),
    (AccessDenied, REFUSED),
    (StoreError, STORE),
    (DetectionError, DETECTION),
    # A key that is missing or malformed is a matter of how the command was called: its environment.
    (VaultError, USAGE),
)

_EXTRA_ARGUMENT = "Got unexpected extra argument"
_NO_OPTION = "No such option"
_NO_COMMAND = "No such command"

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

# The core's hints name Python's arguments; here the same things are flags.
_FLAGS = (
    (re.compile(r'principal=\{"id": …\}'), """--principal '{"id": …}'"""),
    (re.compile(r"principal=\{…, '([^']*)': …\}"), r"""--principal '{"id": …, "\1": …}'"""),
)


class UsageProblems(typer.TyperException):
    """A command was called wrongly, or with files that it cannot use: one line a problem."""

    exit_code = USAGE

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def usage_error(message: str, hint: str = "") -> UsageProblems:
    """Make the error of a command that was called wrongly. It ends with 2."""
    return UsageProblems(f"{message} ({hint})" if hint else message)


def exit_code(error: BaseException) -> int:
    """The number that a command ends with."""
    if isinstance(error, typer.TyperException):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, LedgerError):
        from needful.ledger.verifying import Verdict, verdict_of

        verdict = verdict_of(error)
        return (
            {Verdict.INCOMPLETE: INCOMPLETE, Verdict.TRUNCATED: TRUNCATED}.get(verdict, LEDGER) if verdict else LEDGER
        )
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNEXPECTED)


def lines(error: BaseException) -> list[str]:
    """What a command says about an error, a line a problem. No text of a foreign exception is among it."""
    if isinstance(error, PolicyError) and error.problems:
        return [str(problem) for problem in error.problems]
    if isinstance(error, NeedfulError):
        hint = _hint(error)
        return [f"{error.message} ({hint})" if hint else error.message]
    if isinstance(error, UsageProblems):
        return list(error.problems)
    if isinstance(error, typer.TyperException):
        return [_of_parser(error)]
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return ["interrupted"]
    if _is_unwritten(error):
        return ["the output cannot be written"]
    return [f"an unexpected fault, {type(error).__name__} at {_place(error.__traceback__)} (please report it)"]


def _is_unwritten(error: BaseException) -> bool:
    # stdout is the one open file that commands write to themselves; what fails while a file is opened has its name.
    return isinstance(error, OSError) and error.filename is None and error.errno in _DISK_ERRORS


def _hint(error: NeedfulError) -> str:
    hint = error.hint
    for pattern, flag in _FLAGS:
        hint = pattern.sub(flag, hint)
    return f"give --purpose: {hint}" if error.code == "purpose-missing" else hint


def _of_parser(error: typer.TyperException) -> str:
    """What the parser found wrong. What it was given may be a question, or a part of one: it is not repeated."""
    message = " ".join(error.format_message().split())
    command = getattr(getattr(error, "ctx", None), "command_path", None)
    if message.startswith(_EXTRA_ARGUMENT):
        message = "too many arguments (put quotation marks around a question)"
    elif message.startswith(_NO_OPTION):
        meant = _meant(getattr(error, "possibilities", None) or ())
        message = f"no such option ({meant}put -- before a question that starts with a dash)"
    elif message.startswith(_NO_COMMAND):
        names = getattr(getattr(error, "ctx", None), "command", None)
        meant = _meant(_alike(message, getattr(names, "commands", {})))
        message = f"no such command ({meant}see: {command} --help)"
    return f"{message} (see: {command} --help)" if command and "(" not in message else message


def _meant(names: Sequence[str]) -> str:
    return f"did you mean {' or '.join(sorted(names))}? " if names else ""


def _alike(message: str, names: Iterable[str]) -> list[str]:
    given = message.removeprefix(_NO_COMMAND).split("'")[1:2]
    return difflib.get_close_matches(given[0], list(names), n=1) if given else []


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours, as file:line, without the folder that the package lies in."""
    place = "?"
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parts[-2:-1] and path.parent.name.startswith("needful"):
            place = f"{path.parent.name}/{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class Group(TyperGroup):
    """A group of commands. Called without one it prints its help, and ends with 2: nothing was done."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments of the group."""
        if not args:
            typer.echo(ctx.get_help())
            raise typer.Exit(USAGE)
        return super().parse_args(ctx, args)


class Commands(Group):
    """The group of all commands: it turns every failure into its line and its number."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that the arguments name, and exit.

        typer's own main would end a command whose reader has left, `needful demo | head -1`, with 1.
        """
        ended = FINE
        try:
            with self.make_context(prog_name or "needful", list(sys.argv[1:] if args is None else args)) as context:
                self.invoke(context)
            sys.stdout.flush()
        except typer.Exit as left:
            ended = left.exit_code
        except BrokenPipeError:
            _let_go_of_stdout()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a traceback's frames could hold data
            ended = _said(error)
        sys.exit(ended)


def _said(error: BaseException) -> int:
    """Say on stderr what happened; return the number to end with."""
    if _is_unwritten(error):
        _let_go_of_stdout()
    for line in lines(error):
        sys.stderr.write(f"needful: {clean(line)}\n")
    return exit_code(error)


def _let_go_of_stdout() -> None:
    """Nobody takes what is left of the output; Python would complain about it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
