"""Annotating an embedded collection: its owner reads and writes, and workers on Ray search.

Plain actors and not Ray Data: a dataset's sources are processes of Ray, and only the owner can open the directory. What
a worker gets and answers is sealed, for Ray keeps it in shared memory and may spill it to disk. Progress is in the
collection itself: what is current is not sent. At most two batches a worker are on their way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from needful_qdrant.layouts import Annotation, Group
from needful_qdrant.scanning import Ids, batches, groups
from needful_qdrant.swapping import ATTEMPTS, Annotated, Desk
from needful_qdrant.worker import Recipe
from needful_ray.crew import DIED, Answer, Crew
from needful_ray.sealing import Sealer
from needful_ray.session import ray_or_refusal
from needful_ray.setup import Setup, set_up_failed

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

__all__ = ["BATCH", "annotate_embedded"]

BATCH = 64
"""About how many points are sent at once."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is on its way. Raw."""

    groups: Sequence[Group] = field(repr=False)
    attempt: int
    alone: bool = False
    """One group, and nothing else was on its way: if a worker ends, it is to blame."""


def annotate_embedded(
    client: QdrantClient,
    recipe: Recipe,
    *,
    workers: int = 2,
    cpus: float = 1.0,
    batch: int = BATCH,
    on_progress: Callable[[Annotated], None] = lambda done: None,
) -> Annotated:
    """Annotate what is not current in a recipe's collection, with `workers` processes of `cpus` cores on Ray.

    `client` is the collection's owner: this process reads and writes. `on_progress` is called with the counts so far.
    Points that cannot be searched, a batch that kills its workers among them, are counted as faults.

    Raises `NeedfulError`: the worker's code where one cannot be set up, `ray` where Ray fails, `ray-missing`; and what
    reading and writing raise. What is written until then stays.
    """
    ray_or_refusal()
    setup, owner = Setup.made(recipe)
    crew = Crew(setup, workers, cpus)
    try:
        found = groups(client, recipe.collection, together=owner.layout.together)
        run = _Run(crew, Desk(client, recipe.collection, owner.layout), Sealer(owner.keys, setup.run), on_progress)
        return run.over(batches(found, batch))
    finally:
        crew.dismiss()


class _Run:
    """One run over a collection: what is on its way, and how the others ended."""

    def __init__(self, crew: Crew, desk: Desk, sealer: Sealer, on_progress: Callable[[Annotated], None]) -> None:
        self._crew = crew
        self._desk = desk
        self._sealer = sealer
        self._on_progress = on_progress
        self._numbers = count()
        self._on_its_way: dict[int, _Sent] = {}
        self._suspects: deque[tuple[Group, int]] = deque()
        self._done = Annotated()

    def over(self, found: Iterator[tuple[Ids, ...]]) -> Annotated:
        for batch in found:
            stale, seen = self._desk.stale(batch)
            self._done += seen
            while self._crew.is_full:
                self._settle(*self._crew.take())
            if self._suspects:
                self._finish()
            if stale:
                self._send(_Sent(stale, 1))
        self._finish()
        return self._done

    def _finish(self) -> None:
        """Wait for what is on its way; then try each suspect alone."""
        while self._crew.is_busy or self._suspects:
            if not self._crew.is_busy:
                group, attempt = self._suspects.popleft()
                self._send(_Sent([group], attempt, alone=True))
            self._settle(*self._crew.take())

    def _send(self, sent: _Sent) -> None:
        number = next(self._numbers)
        self._on_its_way[number] = sent
        self._crew.give(number, self._sealer.job(number, sent.groups))

    def _settle(self, number: int, answer: Answer) -> None:
        sent = self._on_its_way.pop(number)
        if answer.of_set_up:
            raise set_up_failed(answer.fault)
        if answer.fault == DIED and not sent.alone:
            # What waited at the same worker is lost with it: each shows by itself whether it is to blame.
            self._suspects += ((group, sent.attempt) for group in sent.groups)
        elif answer.fault:
            self._ended(Annotated(faults=sum(map(len, sent.groups))))
        else:
            self._write(sent.groups, self._sealer.found(number, answer.found), sent.attempt)

    def _write(self, stale: Sequence[Group], found: Sequence[list[Annotation] | None], attempt: int) -> None:
        """Write what a worker found; what somebody else has changed meanwhile is searched anew."""
        conflicts, done = self._desk.settled(stale, found)
        again: list[Group] = []
        if conflicts:
            again, seen = self._desk.stale(conflicts)
            done += seen
        if again and attempt < ATTEMPTS:
            self._send(_Sent(again, attempt + 1))
        else:
            done += Annotated(contended=sum(map(len, again)))
        self._ended(done)

    def _ended(self, done: Annotated) -> None:
        self._done += done
        self._on_progress(self._done)
