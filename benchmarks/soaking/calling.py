"""Callers in threads and in an event loop: each asks, again and again, and checks what came."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from needful.errors import NeedfulError
from needful.testing.disguises import forms_of
from soaking.faults import journey
from soaking.judging import judge
from soaking.setup import Setup
from soaking.turns import Turn, turn_of
from soaking.world import PRINCIPALS, PURPOSES

__all__ = ["run_callers"]

FORGET = 200
"""After so many calls the probe's memory of canaries is emptied, which would else count as growth."""


def ask_in_thread(setup: Setup, seed: int, until: float) -> None:
    """Ask until the time is over."""
    chance = random.Random(seed)
    number = 0
    while time.monotonic() < until:
        _swap_or_restore(setup, chance)
        turn = turn_of(setup, chance, in_thread=True)
        token = journey.set(turn.journey)
        start = time.perf_counter()
        try:
            turn.outcome = _asked(turn)
        except BaseException as error:  # noqa: BLE001 - an interruption that a fault asked for; all are judged
            turn.error = error
        turn.milliseconds = (time.perf_counter() - start) * 1000
        journey.reset(token)
        judge(setup, turn)
        number += 1
        _forget(number)


async def ask_in_loop(setup: Setup, seed: int, until: float) -> None:
    """Ask until the time is over, beside other tasks of the same event loop."""
    chance = random.Random(seed)
    number = 0
    while time.monotonic() < until:
        turn = turn_of(setup, chance, in_thread=False)
        start = time.perf_counter()
        task = asyncio.create_task(_aasked(turn))
        timer = None
        if turn.cancel_after is not None:
            timer = asyncio.get_running_loop().call_later(turn.cancel_after, task.cancel)
        try:
            turn.outcome = await task
        except BaseException as error:  # noqa: BLE001 - a cancellation that we asked for; all are judged
            turn.error = error
        if timer is not None:
            timer.cancel()
        turn.milliseconds = (time.perf_counter() - start) * 1000
        await asyncio.to_thread(judge, setup, turn)
        number += 1
        _forget(number)


def _asked(turn: Turn) -> Any:
    if turn.by_release:
        return turn.retriever.release(turn.question, **turn.arguments)
    return turn.retriever.invoke(turn.question, {"callbacks": [turn.told]}, **turn.arguments)


async def _aasked(turn: Turn) -> Any:
    journey.set(turn.journey)  # of this task alone
    if turn.by_release:
        return await turn.retriever.arelease(turn.question, **turn.arguments)
    return await turn.retriever.ainvoke(turn.question, {"callbacks": [turn.told]}, **turn.arguments)


def _forget(number: int) -> None:
    if number % FORGET == 0:
        forms_of.cache_clear()


def _swap_or_restore(setup: Setup, chance: random.Random) -> None:
    """Now and then swap a policy, or turn a token that came out back into its value."""
    drawn = chance.random()
    if drawn < 0.01:
        _guarded(setup, lambda: setup.swap(chance.choice(PURPOSES)))
    elif drawn < 0.03 and setup.tokens:
        _guarded(setup, lambda: _restore(setup, chance.choice(sorted(setup.tokens))))


def _guarded(setup: Setup, act: Callable[[], None]) -> None:
    """A ledger that is locked may refuse here too."""
    try:
        act()
    except NeedfulError as error:
        setup.log.count(f"error {type(error).__name__} {error.code}")
        return
    except BaseException as error:  # noqa: BLE001 - its class is the finding
        failure = type(error).__name__
    else:
        return
    setup.log.violation(f"swapping or restoring raised {failure}")


def _restore(setup: Setup, token: str) -> None:
    restored = setup.retrievers["answer-ticket"].restore(f"Dear {token}", principal=PRINCIPALS[0])
    setup.log.count("tokens restored", restored.restored)
    if restored.restored != 1 or setup.job.stem not in restored.text:
        setup.log.violation("a token that came out does not restore")
    setup.log.line("restored", "", "", "", restored.receipt.sequence, restored.receipt.entry_hash, 0, "")


def run_callers(setup: Setup, until: float) -> None:
    """Half of the callers are threads, half are tasks of one event loop."""
    in_threads = setup.job.callers - setup.job.callers // 2
    seeds = [setup.job.number * 1000 + number for number in range(setup.job.callers)]
    threads = [threading.Thread(target=ask_in_thread, args=(setup, seed, until)) for seed in seeds[:in_threads]]
    for thread in threads:
        thread.start()
    asyncio.run(_tasks(setup, seeds[in_threads:], until))
    for thread in threads:
        thread.join()


async def _tasks(setup: Setup, seeds: list[int], until: float) -> None:
    await asyncio.gather(*(ask_in_loop(setup, seed, until) for seed in seeds))
