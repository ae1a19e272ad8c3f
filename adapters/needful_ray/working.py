"""A worker that reads, searches and writes ranges of a collection on a server.

What it tells Ray is names of ranges, counts and codes of ours. It raises nothing: Ray would print and pickle the error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Any

from needful_qdrant.scanning import Ids, batches, groups
from needful_qdrant.swapping import Annotated, Desk
from needful_ray.ranges import Range
from needful_ray.setup import Setup, connected, fault_of

__all__ = ["RangeWorker", "Report", "Tries"]

TRIES = 3
"""How often a range is begun: one that ends every worker is given up. Ray Data would try it for ever."""

DIED = "worker-died"

COUNTS = tuple(one.name for one in fields(Annotated))


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker says of a range: counts, and a code where it could not be finished."""

    name: str
    counts: Annotated
    fault: str
    of_set_up: bool
    """Whether the worker is of no use at all."""

    @classmethod
    def read(cls, row: dict[str, Any]) -> Report:
        """Read what Ray passed on."""
        counts = Annotated(**{name: int(row[name]) for name in COUNTS})
        return cls(str(row["name"]), counts, str(row["fault"]), bool(row["of_set_up"]))

    @property
    def row(self) -> dict[str, Any]:
        """Write it for Ray."""
        counts = {name: getattr(self.counts, name) for name in COUNTS}
        return {"name": self.name, "fault": self.fault, "of_set_up": self.of_set_up, **counts}


class Tries:
    """An actor that counts how often each range was begun: who dies cannot say so."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, name: str) -> int:
        """Say that a range is begun; return for the how manieth time."""
        self._begun[name] += 1
        return self._begun[name]


class RangeWorker:
    """Made once a process: the model is loaded here, and not once a range."""

    def __init__(self, setup: Setup, batch: int, tries: Any) -> None:
        """`batch` is about how many points are searched at once, `tries` the actor that counts."""
        self._tries = tries
        self._collection = setup.recipe.collection
        self._batch = batch
        self._unusable = ""
        try:
            self._layout = setup.equip().layout
            self._client = connected(setup.recipe)
            self._desk = Desk(self._client, self._collection, self._layout)
        except Exception as error:  # noqa: BLE001 - what is raised here, Ray prints
            self._unusable = fault_of(error)

    def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
        """Annotate the ranges of these names."""
        reports = [self._reported(str(name)).row for name in rows["item"]]
        return {key: [report[key] for report in reports] for key in reports[0]}

    def _reported(self, name: str) -> Report:
        done = Annotated()
        if self._unusable:
            return Report(name, done, self._unusable, of_set_up=True)
        try:
            if self._begun(name) > TRIES:
                return Report(name, done, DIED, of_set_up=False)
            for batch in batches(self._ids(Range.named(name)), self._batch):
                done += self._desk.annotate(batch)
        except Exception as error:  # noqa: BLE001 - as above
            return Report(name, done, fault_of(error), of_set_up=False)
        return Report(name, done, "", of_set_up=False)

    def _begun(self, name: str) -> int:
        import ray

        count: int = ray.get(self._tries.begin.remote(name))
        return count

    def _ids(self, of: Range) -> Iterator[Ids]:
        together = self._layout.together
        found = groups(self._client, self._collection, together=together, after=of.before)
        return takewhile(lambda points: of.holds(points[0]), found)
