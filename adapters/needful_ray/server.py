"""Annotating a collection on a server: Ray Data hands out ranges of ids, and each worker reads and writes its own.

Ray sees names of ranges and counts, nothing of the data. A worker takes one range after another, so that what is on its
way at once is bounded by the workers. One that dies is started again and its range is done again: what it had written
is current by then.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needful.errors import NeedfulError, StoreError
from needful_qdrant.indexes import OF_ANNOTATIONS, OF_PASSAGES
from needful_qdrant.patience import patiently
from needful_qdrant.preparing import make_indexes
from needful_qdrant.scanning import total
from needful_qdrant.swapping import Annotated
from needful_qdrant.worker import Recipe
from needful_ray.progress import Progress
from needful_ray.ranges import bits_for, extents, ranges
from needful_ray.session import ray_failed, ray_or_refusal
from needful_ray.setup import Equipment, Setup, connected, set_up_failed
from needful_ray.working import RangeWorker, Report, Tries

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.values import PointId

__all__ = ["BATCH", "RANGE", "annotate_server"]

RANGE = 50_000
"""About how many points a range has: some minutes of a worker, and what a crash reads again."""

BATCH = 256
"""About how many points a worker has in memory at once."""

MAX_RANGES = 10_000
"""Ray Data keeps something of each."""

DOCUMENT_BITS = 32
"""The last bits of an id, which count the passages of one document (needful.passages)."""


def annotate_server(
    recipe: Recipe,
    *,
    workers: int = 2,
    cpus: float = 1.0,
    progress: Path | None = None,
    range_points: int = RANGE,
    batch: int = BATCH,
    on_progress: Callable[[Annotated], None] = lambda done: None,
) -> Annotated:
    """Annotate what is not current in a recipe's collection, with `workers` processes of `cpus` cores on Ray.

    This process has joined Ray (`ray.init`, `local_ray`), and every node reaches the recipe's server.

    `progress` is a file: a run that was stopped leaves out the ranges that it names, of about `range_points` points
    each. `on_progress` is called with the counts so far after each. A range that was done again counts as current what
    was written the first time.

    Raises `NeedfulError`: code `ranges-unfinished` at the end, where some could not be done and the run is to be made
    again; the worker's code where one cannot be set up; `ray` where Ray fails. And what reading the collection raises.
    """
    ray_or_refusal()
    if recipe.server is None:
        raise StoreError("the recipe names no server", code="server-url", hint="embedded: annotate_embedded")
    setup, owner = Setup.made(recipe)
    record = None if progress is None else Progress(progress, owner.keys, recipe.collection)
    names = _planned(recipe, owner, record, workers, max(1, range_points))
    unfinished, done = set(names), Annotated()
    # Closed, and not left to the garbage collector: its workers hold cores until then.
    with closing(_worked(names, (setup, batch), workers, cpus)) as reports:
        for report in reports:
            if report.of_set_up:
                raise set_up_failed(report.fault)
            done += report.counts
            if not report.fault:
                unfinished.discard(report.name)
                # What could not be searched is tried again by the next run.
                if record is not None and report.counts.complete:
                    record.done(report.name)
            on_progress(done)
    if unfinished:
        raise NeedfulError(
            f"{len(unfinished)} of {len(names)} ranges of ids could not be annotated",
            code="ranges-unfinished",
            hint="run it again: what is done is not done twice",
        )
    if record is not None and done.complete:
        record.clear()
    return done


def _planned(recipe: Recipe, owner: Equipment, record: Progress | None, workers: int, size: int) -> list[str]:
    """The names of the ranges that are to be done."""
    together, collection = owner.layout.together, recipe.collection
    client = connected(recipe)
    try:
        make_indexes(client, collection, {**OF_ANNOTATIONS, **(OF_PASSAGES if together else {})})
        reach = extents(lambda start: _first_from(client, collection, start))
        parts = min(MAX_RANGES, max(workers, total(client, collection, None) // size))
    finally:
        client.close()
    bits = bits_for(reach, parts, least=DOCUMENT_BITS if together else 0)
    if record is not None:
        bits = record.begin(owner.annotator.names, bits)
    return [one.name for one in ranges(reach, bits) if record is None or not record.is_done(one.name)]


def _first_from(client: QdrantClient, collection: str, start: PointId) -> PointId | None:
    """The first id that is not before this one. Raises `StoreError`."""
    found = patiently(
        client,
        lambda: client.scroll(collection, offset=start, limit=1, with_payload=False, with_vectors=False),
    )[0]
    if not found:
        return None
    point = found[0].id
    return point if isinstance(point, int) else str(point)


def _worked(names: Sequence[str], made_of: tuple[Setup, int], workers: int, cpus: float) -> Generator[Report]:
    """Yield what the workers report, as it comes."""
    if not names:
        return
    try:
        with closing(_rows(names, made_of, workers, cpus)) as rows:
            for row in rows:
                yield Report.read(row)
        return
    except Exception:  # noqa: BLE001 - Ray raises anything, and its errors carry tracebacks of workers
        pass
    raise ray_failed()


def _rows(names: Sequence[str], made_of: tuple[Setup, int], workers: int, cpus: float) -> Generator[dict[str, Any]]:
    import ray
    import ray.data

    tries: Any = ray.remote(num_cpus=0)(Tries).remote()
    context = ray.data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    with ray.data.DataContext.current(context):
        yield from (
            ray.data.from_items(list(names), override_num_blocks=len(names))
            .map_batches(
                RangeWorker,
                fn_constructor_args=(*made_of, tries),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
                num_cpus=cpus,
            )
            .iter_rows()
        )
