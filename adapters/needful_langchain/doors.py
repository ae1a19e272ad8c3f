"""What every public door of the retriever does first: part the config, begin the call, keep no raw text in a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, var_child_runnable_config

from needful.faults import bare
from needful.pipeline import Call

__all__ = ["Taken", "begun", "parted", "unframed"]


class _Begun(Protocol):
    def abandon(self) -> None: ...


T = TypeVar("T")
B = TypeVar("B", bound=_Begun)


@dataclass(frozen=True, slots=True)
class Taken:
    """A call that has begun, the config without what was Needful's in it, and LangChain's own arguments."""

    call: Call
    config: RunnableConfig
    options: dict[str, Any]

    def abandon(self) -> None:
        """Record that nobody waits for the answer, unless the call has its entry."""
        self.call.abandon()


def parted(config: RunnableConfig | None) -> tuple[Mapping[str, Any], RunnableConfig]:
    """What the config says to Needful, and the rest for LangChain, whose frames need not hold who asks."""
    if config is None and not var_child_runnable_config.get():
        return {}, RunnableConfig()
    try:
        rest = ensure_config(config)
        configurable = dict(rest.get("configurable", {}))
        given = configurable.pop("needful", {})
        rest["configurable"] = configurable
    except Exception:  # noqa: BLE001 - a config of another shape, which the exception may quote
        given, rest = None, RunnableConfig()
    return (given if isinstance(given, Mapping) else {"needful": given}), rest


async def unframed(beginning: Coroutine[Any, Any, T]) -> T:
    """Await the beginning of a call; a cancellation leaves without the frames of it, which hold the question."""
    try:
        return await beginning
    except BaseException as error:  # noqa: BLE001 - raised below, as it is
        ended = bare(error)
    raise ended


async def begun(begin: Callable[[], B]) -> B:
    """Begin a call in a thread. One that is cancelled meanwhile is recorded: its thread knows of no cancellation."""
    waits = [True]
    came: list[B] = []
    work = _working(begin, waits, came)
    del begin  # it holds the question, and this frame may leave with a cancellation
    try:
        return await unframed(asyncio.to_thread(work))
    except BaseException as error:  # noqa: BLE001 - raised below, as it is
        ended = bare(error)
    waits.clear()
    for call in came:
        call.abandon()
    raise ended


def _working(begin: Callable[[], B], waits: Sequence[bool], came: list[B]) -> Callable[[], B]:
    def work() -> B:
        came.append(begin())
        if not waits:
            came[0].abandon()
        return came[0]

    return work
