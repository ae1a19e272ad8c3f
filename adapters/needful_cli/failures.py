"""What a failed command says, and the number it ends with.

    0  fine
    1  something that should not happen
    2  usage: an argument, a file, a key or an extra package is missing or wrong
    3  a policy or a policy test suite does not load
    4  a policy test failed
    5  the request was refused
    6  the vector store
    7  the ledger does not verify, or cannot be read or written
    8  detection failed
    130  interrupted

One line a failure, on stderr, starting with `needful:`. Never a traceback: its frames could hold data.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
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

__all__ = [
    "DETECTION",
    "FINE",
    "INTERRUPTED",
    "LEDGER",
    "POLICY",
    "REFUSED",
    "STORE",
    "TESTS_FAILED",
    "UNEXPECTED",
    "USAGE",
    "Commands",
    "UsageProblems",
    "exit_code",
    "lines",
    "usage_error",
]

FINE, UNEXPECTED, USAGE, POLICY, TESTS_FAILED, REFUSED, STORE, LEDGER, DETECTION = range(9)
INTERRUPTED = 130

_CODES: tuple[tuple[type[NeedfulError], int], ...] = (
    (PolicyError, POLICY),
    (AccessDenied, REFUSED),
    (StoreError, STORE),
    (LedgerError, LEDGER),
    (DetectionError, DETECTION),
    # A key that is missing or malformed is a matter of how the command was called: its environment.
    (VaultError, USAGE),
)
_EXTRA_ARGUMENT = "Got unexpected extra argument"


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
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNEXPECTED)


def lines(error: BaseException) -> list[str]:
    """What a command says about an error, a line a problem. No text of a foreign exception is among it."""
    if isinstance(error, PolicyError) and error.problems:
        return [str(problem) for problem in error.problems]
    if isinstance(error, NeedfulError):
        return [str(error)]
    if isinstance(error, UsageProblems):
        return list(error.problems)
    if isinstance(error, typer.TyperException):
        return [_of_parser(error)]
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return ["interrupted"]
    return [f"an unexpected fault, {type(error).__name__} at {_place(error.__traceback__)} (please report it)"]


def _of_parser(error: typer.TyperException) -> str:
    message = " ".join(error.format_message().split())
    command = getattr(getattr(error, "ctx", None), "command_path", None)
    if message.startswith(_EXTRA_ARGUMENT):
        # What was too much may be the rest of a question without quotation marks.
        message = "too many arguments (put quotation marks around a question)"
    return f"{message} (see: {command} --help)" if command and "(" not in message else message


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours, as file:line, without the folder that the package lies in."""
    place = "?"
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parts[-2:-1] and path.parent.name.startswith("needful"):
            place = f"{path.parent.name}/{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class Commands(TyperGroup):
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
        """Run the command that the arguments name, and exit."""
        try:
            ended = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go_of_stdout()
            ended = FINE
        except BaseException as error:
            if isinstance(error, (SystemExit, GeneratorExit)):
                raise
            for line in lines(error):
                sys.stderr.write(f"needful: {line}\n")
            ended = exit_code(error)
        sys.exit(ended if isinstance(ended, int) else FINE)


def _let_go_of_stdout() -> None:
    """Whoever read the output has enough of it: `needful audit show | head`."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
