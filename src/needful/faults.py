"""What may be raised on, and what of it: errors without the texts, notes and frames that foreign code gave them."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from pathlib import Path
from typing import TypeVar

from needful.errors import NeedfulError

__all__ = ["bare", "interrupts", "safe"]

INTERRUPTIONS = (KeyboardInterrupt, SystemExit, asyncio.CancelledError)
"""What is raised at a program, not by it. Anything else, Rust panics of a library included, is a fault of what ran."""

ANYIO = re.compile(r"Cancelled via cancel scope [0-9a-f]+")
"""How anyio knows its own cancellations."""

E = TypeVar("E", bound=BaseException)

logger = logging.getLogger("needful")


def interrupts(error: BaseException) -> bool:
    """Whether an exception ends the program, the thread or the task, and is not to be taken for a fault."""
    return isinstance(error, INTERRUPTIONS)


def safe(error: BaseException, otherwise: NeedfulError | None = None) -> BaseException:
    """Our own errors and interruptions anew, anything else as static text: a foreign message may quote data."""
    if isinstance(error, NeedfulError):
        kind: type[NeedfulError] = next(k for k in type(error).__mro__ if k.__module__ == NeedfulError.__module__)
        return kind(error.message, code=error.code, hint=error.hint)
    if isinstance(error, KeyboardInterrupt):
        return KeyboardInterrupt()
    if isinstance(error, SystemExit):
        return SystemExit(error.code if isinstance(error.code, int | None) else 1)
    if isinstance(error, asyncio.CancelledError):
        known = ANYIO.match(str(error.args[0])) if error.args else None
        return asyncio.CancelledError(*([known.group()] if known else []))
    if isinstance(error, GeneratorExit) and otherwise is None:
        return GeneratorExit()
    _log(error)
    return otherwise or NeedfulError(
        "an unexpected fault; nothing was released", code="fault", hint="the log has its class and place"
    )


def bare(error: E) -> E:
    """The same exception without its chain and the frames that it went through."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def _log(error: BaseException) -> None:
    """Log what can be known of a foreign exception without its text: its class, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    kind = type(error).__name__
    logger.error("unexpected %s at %s", kind, place, extra={"needful": {"code": "fault", "kind": kind, "place": place}})
