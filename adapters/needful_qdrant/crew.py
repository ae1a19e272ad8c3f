"""Processes that annotate beside one another: each loads policy, keys and detector once.

Texts go to them through pipes and never to a disk. Each has the task that it works on and at most so many `ahead`,
so that it need not wait for its owner, and no more is read than will be worked on soon. A process that dies is
replaced, and its tasks are done again: a task writes nothing that it could not write twice.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from needful.errors import DetectionError, NeedfulError
from needful_qdrant.worker import Hello, Recipe, serve

__all__ = ["LOST", "Crew", "Task"]

DEATHS = 2
"""A task at which so many processes died is given up."""

STARTS = 3
"""So many processes in a row may die before they are ready."""

PATIENCE = 5.0
"""Seconds that a process has to end by itself."""


class _Lost:
    """The answer to a task at which processes die."""


LOST = _Lost()


@dataclass(slots=True)
class Task:
    """What a worker is given, and whose part of a batch it is."""

    message: Any = field(repr=False)
    batch: int
    attempt: int = 1
    deaths: int = 0


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    tasks: deque[Task] = field(default_factory=deque)
    """What it was given, in the order in which it answers."""


class Crew:
    """So many workers of one recipe. As a context manager it ends them."""

    def __init__(self, recipe: Recipe, processes: int, *, ahead: int = 0) -> None:
        """Start them; each may have so many tasks beside the one that it works on.

        Raises `ValueError` where there is to be no process, or fewer than no tasks.
        """
        if processes < 1 or ahead < 0:
            raise ValueError("a crew has one process or more, and no fewer tasks ahead than none")
        self._recipe = recipe
        self._most = 1 + ahead
        # A fork would have the engine's memory and locks without its threads.
        self._context = multiprocessing.get_context("spawn")
        self._failed_starts = 0
        self._lost: deque[Task] = deque()
        self._hello: Hello | None = None
        self._workers = [self._started() for _ in range(processes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.pipe.close()  # which a worker takes for the end
        for worker in self._workers:
            worker.process.join(0 if kind else PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """The fingerprint of each purpose's detector, once all are ready. Raises what kept one from starting."""
        while self._hello is None or not all(worker.ready for worker in self._workers):
            self._hear()
        return self._hello.fingerprints

    @property
    def busy(self) -> bool:
        """Whether a task is not answered."""
        return bool(self._lost) or any(worker.tasks for worker in self._workers)

    @property
    def has_room(self) -> bool:
        """Whether a worker can take one more task."""
        return not self._lost and self._freest() is not None

    def give(self, task: Task) -> None:
        """Give a task to the worker that has the fewest, now or as soon as one can take it."""
        self._lost.append(task)
        self._give_lost()

    def take(self) -> tuple[Task, Any] | None:
        """Wait until something happens; return a task and its answer, or None where it was something else.

        Raises what a worker could not go on after, a `NeedfulError`.
        """
        return self._hear()

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._recipe), name="needful", daemon=True)
        process.start()
        theirs.close()  # or the end of the process would not be the end of the pipe
        return _Worker(process, ours)

    def _hear(self) -> tuple[Task, Any] | None:
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(by_pipe)):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                kind, content = worker.pipe.recv()
            except (EOFError, OSError):
                return self._replaced(worker)
            return self._heard(worker, kind, content)
        return None

    def _heard(self, worker: _Worker, kind: str, content: Any) -> tuple[Task, Any] | None:
        if kind == "failed":
            raise _checked(content)
        if kind == "ready":
            worker.ready, self._failed_starts = True, 0
            if self._hello not in (None, content):
                raise DetectionError("the processes have different detectors or keys", code="worker-differs")
            self._hello = content
            self._give_lost()
            return None
        task = worker.tasks.popleft() if worker.tasks else None
        self._give_lost()
        return None if task is None else (task, content)

    def _replaced(self, worker: _Worker) -> tuple[Task, Any] | None:
        worker.pipe.close()
        worker.process.join()
        worker.process.close()
        self._failed_starts += not worker.ready
        if self._failed_starts == STARTS:
            self._workers.remove(worker)
            raise DetectionError("the processes end before they are ready", code="worker-start")
        self._workers[self._workers.index(worker)] = self._started()
        if not worker.tasks:
            return None
        # It answers in order, so that it was at the first when it died: the others it had not begun.
        task = worker.tasks.popleft()
        task.deaths += 1
        is_lost = task.deaths >= DEATHS
        self._lost += worker.tasks if is_lost else (task, *worker.tasks)
        self._give_lost()
        return (task, LOST) if is_lost else None

    def _give_lost(self) -> None:
        while self._lost and (worker := self._freest()) is not None:
            task = self._lost.popleft()
            worker.tasks.append(task)
            # One that has died is noticed by the next who listens.
            with suppress(OSError):
                worker.pipe.send(task.message)

    def _freest(self) -> _Worker | None:
        able = (worker for worker in self._workers if worker.ready and len(worker.tasks) < self._most)
        return min(able, key=lambda worker: len(worker.tasks), default=None)


def _checked(error: object) -> NeedfulError:
    return error if isinstance(error, NeedfulError) else DetectionError("a process failed", code="worker-failed")
