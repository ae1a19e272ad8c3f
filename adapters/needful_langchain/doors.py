"""What every public door of the retriever does first: part the config, begin the call, keep no raw text in a frame."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config

from needful.faults import bare
from needful.pipeline import Call

__all__ = ["Taken", "parted", "unframed"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """A call that has begun, the config without what was Needful's in it, and LangChain's own arguments."""

    call: Call
    config: RunnableConfig
    options: dict[str, Any]


def parted(config: RunnableConfig | None) -> tuple[Mapping[str, Any], RunnableConfig]:
    """What the config says to Needful, and the rest for LangChain, whose frames need not hold who asks."""
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
