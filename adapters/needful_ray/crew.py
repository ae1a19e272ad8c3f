"""Workers on Ray that search what they are sent, and hold no part of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from needful_ray.sealing import Sealer
from needful_ray.session import ray_failed
from needful_ray.setup import Setup, fault_of

__all__ = ["DIED", "Answer", "Crew", "SearchWorker"]

AHEAD = 2
"""Batches of a worker on their way: one is searched while the next travels."""

RETRIES = 1
"""How often a batch is tried again after its worker died; after that, each of its groups alone."""

DIED = "worker-died"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says: what it found, sealed, or a code of ours."""

    found: bytes = field(default=b"", repr=False)
    fault: str = ""
    of_set_up: bool = False
    """Whether the worker is of no use at all."""


class SearchWorker:
    """Made once a process: the model is loaded here. It raises nothing: Ray would print and pickle the error."""

    def __init__(self, setup: Setup) -> None:
        self._unusable = ""
        try:
            made = setup.equip()
            self._layout = made.layout
            self._sealer = Sealer(made.keys, setup.run)
        except Exception as error:  # noqa: BLE001 - as above
            self._unusable = fault_of(error)

    def search(self, number: int, job: bytes) -> Answer:
        """Search a batch."""
        if self._unusable:
            return Answer(fault=self._unusable, of_set_up=True)
        try:
            found = self._layout.annotations(self._sealer.groups(number, job))
            return Answer(self._sealer.answer(number, found))
        except Exception as error:  # noqa: BLE001 - as above
            return Answer(fault=fault_of(error))


class Crew:
    """So many workers, each with at most a few batches on their way. One that dies is started again."""

    def __init__(self, setup: Setup, workers: int, cpus: float) -> None:
        import ray

        worker: Any = ray.remote(num_cpus=cpus, max_restarts=-1, max_task_retries=RETRIES)(SearchWorker)
        self._workers = [worker.remote(setup) for _ in range(workers)]
        self._load = [0] * workers
        self._waiting: dict[Any, tuple[int, int]] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether every worker has as many batches as it should."""
        return min(self._load) >= AHEAD

    def give(self, number: int, job: bytes) -> None:
        """Send a batch to the worker that has least to do."""
        at = min(range(len(self._load)), key=self._load.__getitem__)
        self._load[at] += 1
        self._waiting[self._workers[at].search.remote(number, job)] = number, at

    def take(self) -> tuple[int, Answer]:
        """Wait for an answer: the batch's number, and what became of it. Raises `NeedfulError`, code `ray`."""
        import ray
        import ray.exceptions

        answer: Answer | None = None
        try:
            (ready, *_), _ = ray.wait(list(self._waiting), num_returns=1)
            number, at = self._waiting.pop(ready)
            self._load[at] -= 1
            try:
                answer = ray.get(ready)
            except (ray.exceptions.ActorDiedError, ray.exceptions.ActorUnavailableError):
                answer = Answer(fault=DIED)
            except ray.exceptions.OutOfMemoryError:
                answer = Answer(fault=DIED)
        except Exception:  # noqa: BLE001 - Ray raises anything, and its errors carry tracebacks of workers
            pass
        if answer is None:
            raise ray_failed()
        return number, answer

    def dismiss(self) -> None:
        """End all workers."""
        import ray

        for worker in self._workers:
            ray.kill(worker)
