"""Annotations for a collection that is there already, of any layout, in place: by this process, or by several.

Running it again writes nothing where nothing changed, so a run that was cut off is simply run again. An embedded
engine lives in one process: there the others only detect, and its owner reads and writes. With a server each reads,
detects and writes what it is given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from qdrant_client import QdrantClient

from needful.annotation import Annotator
from needful.errors import NeedfulError
from needful.faults import safe
from needful.policy.document import Layout
from needful.values import PointId
from needful_qdrant.crew import DEATHS, LOST, Crew, Task
from needful_qdrant.indexes import OF_ANNOTATIONS, OF_PASSAGES
from needful_qdrant.layouts import Group, LaidOut, laid_out
from needful_qdrant.pacing import Pace
from needful_qdrant.patience import patiently
from needful_qdrant.preparing import make_indexes
from needful_qdrant.progress import Progress, Watermark
from needful_qdrant.scanning import Ids, batches, groups, lacking, total
from needful_qdrant.swapping import ATTEMPTS, Annotated, Desk
from needful_qdrant.worker import Recipe

__all__ = ["BATCH", "Annotated", "Recipe", "Run", "annotate", "annotate_in_processes"]

BATCH = 64

AHEAD = 1
"""Batches that wait in each process, so that it goes on while this one is at the batch of another."""


@dataclass(frozen=True, slots=True)
class Run:
    """How to go over a collection."""

    stale: bool = False
    """Only points that lack one of the detectors: a text that changed since is not noticed."""
    dry: bool = False
    """Count what would be written, and write nothing, no payload index either."""
    batch: int = BATCH
    """Points that are read, searched and written at a time; a document is not cut."""
    rate: float | None = None
    """Most points that are written in a second."""
    progress: Progress | None = None
    begin: Callable[[int], None] = field(default=lambda total: None)
    """Hears about how many points there are to look at."""
    advance: Callable[[int], None] = field(default=lambda points: None)
    """Hears of points that are done."""


def annotate(
    client: QdrantClient, collection: str, annotator: Annotator, layout: Layout, run: Run | None = None
) -> Annotated:
    """Annotate a collection by this process. Raises `StoreError`.

    `layout` is that of the annotator's policy. A point whose detection failed is left as it was, and counted.
    """
    return _anew(partial(_annotate, client, collection, annotator, laid_out(annotator, layout), run or Run()))


def _annotate(client: QdrantClient, collection: str, annotator: Annotator, laid: LaidOut, run: Run) -> Annotated:
    trip = _Trip(client, collection, annotator, laid, run)
    desk = Desk(client, collection, laid)
    for batch in trip.batches():
        number = trip.began(batch)
        if run.dry:
            stale, done = desk.stale(batch)
            done += Annotated(written=sum(map(len, stale)))
        else:
            done = desk.annotate(batch)
        trip.ended(number, done)
    return trip.finished()


def annotate_in_processes(
    client: QdrantClient, collection: str, recipe: Recipe, processes: int, run: Run | None = None
) -> Annotated:
    """Annotate a collection by so many more processes. Raises `NeedfulError`.

    Where `recipe` names a server, `client` is one of it, and the processes read and write by themselves. There are no
    dry runs by several: counting needs no detection.
    """
    return _anew(partial(_annotate_in_processes, client, collection, recipe, processes, run or Run()))


def _annotate_in_processes(
    client: QdrantClient, collection: str, recipe: Recipe, processes: int, run: Run
) -> Annotated:
    if run.dry:
        raise NeedfulError("a dry run is one of a single process", code="set-up")
    # The pace counts what is written: batches ahead would make the burst at its start a larger one.
    with Crew(recipe, processes, ahead=AHEAD if run.rate is None else 0) as crew:
        annotator = recipe.reader(crew.fingerprints)
        laid = laid_out(annotator, recipe.policy.layout)
        trip = _Trip(client, collection, annotator, laid, run)
        desk = Desk(client, collection, laid)
        foreman = _Foreman(trip, desk) if recipe.server is None else _Dispatcher(trip)
        _drive(crew, foreman)
    return trip.finished()


def _anew(call: Callable[[], Annotated]) -> Annotated:
    """Call, and make what is raised anew: frames on the way hold what was read."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - interruptions too go on without their frames
        hint = "what is annotated stays; the log has the fault's class and place"
        failure = safe(error, NeedfulError("an unexpected fault while annotating", code="fault", hint=hint))
    raise failure


def _drive(crew: Crew, foreman: _Dispatcher) -> None:
    """Give tasks out, the next one read while the workers are busy, and settle what comes back."""
    ready = foreman.next()
    while ready is not None or crew.busy:
        if ready is not None and crew.has_room:
            crew.give(ready)
            ready = foreman.next()
            continue
        answered = crew.take()
        if answered is None:
            continue
        # The worker goes on before its answer is written down.
        if ready is not None and crew.has_room:
            crew.give(ready)
            ready = None
        foreman.settle(*answered)
        ready = foreman.next() if ready is None else ready


class _Trip:
    """One run over a collection: what to look at, how far it has come, and how points ended."""

    def __init__(self, client: QdrantClient, collection: str, annotator: Annotator, layout: LaidOut, run: Run) -> None:
        self._client = client
        self._collection = collection
        self._together = layout.together
        self._run = run
        self._pace = Pace(run.rate)
        self._done = Annotated()
        self._chosen = lacking(annotator.names) if run.stale else None
        self._watermark = Watermark(run.progress.save if run.progress and not run.dry else lambda last: None)

    def batches(self) -> Iterator[tuple[Ids, ...]]:
        """Yield batches of ids, in the order of the ids, no faster than the rate allows."""
        after: PointId | None = self._run.progress.load() if self._run.progress else None
        # Who starts something wants to hear at once that nothing is there.
        patiently(self._client, partial(self._client.get_collection, self._collection), retries=0)
        if not self._run.dry:
            make_indexes(self._client, self._collection, OF_PASSAGES if self._together else OF_ANNOTATIONS)
        self._run.begin(total(self._client, self._collection, self._chosen))
        found = groups(self._client, self._collection, together=self._together, chosen=self._chosen, after=after)
        for batch in batches(found, self._run.batch):
            self._pace.wait()
            yield batch

    def began(self, batch: Sequence[Ids]) -> int:
        """Note that a batch is worked on; return its number."""
        return self._watermark.begin(batch[-1][-1])

    def more(self, batch: int, parts: int) -> None:
        """Note that a batch has so many more parts."""
        self._watermark.more(batch, parts)

    def ended(self, batch: int, done: Annotated, *, parts: int = 1) -> None:
        """Note how points of a batch ended, and that so many of its parts are done."""
        self._done += done
        if not self._run.dry:
            self._pace.spent(done.written)
        self._run.advance(done.points)
        for _ in range(parts):
            self._watermark.end(batch)

    def finished(self) -> Annotated:
        """Return how all points ended; the next run begins anew."""
        if self._run.progress and not self._run.dry:
            self._run.progress.clear()
        return self._done


class _Dispatcher:
    """Hands out ids; the workers do the rest, and answer how the points ended."""

    def __init__(self, trip: _Trip) -> None:
        self._trip = trip
        self._batches = trip.batches()
        self._again: deque[Task] = deque()

    def next(self) -> Task | None:
        """The next task; None where there is none now."""
        if self._again:
            return self._again.popleft()
        for batch in self._batches:
            task = self._task(batch)
            if task is not None:
                return task
        return None

    def settle(self, task: Task, answer: Any) -> None:
        """Take the answer to a task."""
        if answer is LOST:
            self._alone(task)
        else:
            self._settle(task, answer)

    def _task(self, batch: tuple[Ids, ...]) -> Task | None:
        return Task(batch, self._trip.began(batch))

    def _settle(self, task: Task, answer: Any) -> None:
        self._trip.ended(task.batch, answer)

    def _alone(self, task: Task) -> None:
        """One of the groups ends every process that is given it: each is tried once more, alone."""
        if len(task.message) == 1:
            self._trip.ended(task.batch, Annotated(faults=len(task.message[0])))
            return
        self._trip.more(task.batch, len(task.message) - 1)
        self._again += (Task((group,), task.batch, task.attempt, DEATHS - 1) for group in task.message)


class _Foreman(_Dispatcher):
    """Reads and writes itself; the workers get payloads, and answer with annotations."""

    def __init__(self, trip: _Trip, desk: Desk) -> None:
        super().__init__(trip)
        self._desk = desk

    def _task(self, batch: tuple[Ids, ...]) -> Task | None:
        number = self._trip.began(batch)
        stale, done = self._desk.stale(batch)
        self._trip.ended(number, done, parts=0 if stale else 1)
        return Task(stale, number) if stale else None

    def _settle(self, task: Task, answer: Any) -> None:
        conflicts, done = self._desk.settled(task.message, answer)
        stale: list[Group] = []
        if conflicts:
            stale, seen = self._desk.stale(conflicts)
            done += seen
        if stale and task.attempt < ATTEMPTS:
            self._trip.ended(task.batch, done, parts=0)
            self._again.append(Task(stale, task.batch, task.attempt + 1))
        else:
            self._trip.ended(task.batch, done + Annotated(contended=sum(map(len, stale))))
