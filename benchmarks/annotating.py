"""How fast a collection is annotated by one process and by two, and what memory a long run takes.

Speed: rounds of so many points each, on the embedded engine with the real detector. In every round the same texts are
annotated by one process and by two, in turn, so that both see the same machine; loading policy, model and key is not
counted. The figures are medians, and the median of the rounds' ratios to one process: `annotate`, what `--processes 1`
does. `1 beside` is one other process, with this one reading and writing. What two processes that only count reach on
this machine is measured in the same rounds: on a machine that others use, two cores are not two. The bundled model has
threads of its own, so that one process is faster than one core; `--pin` gives every process one core.

Memory: one run over so many points by two processes, resident memory when 25, 50 and 100 % of them are done. `ours` are
this process, which reads and writes and has the engine in it, and `worker` the largest of the others. The engine's own
share grows with what is in it, so the same points are also written without Needful, batch by batch, as a baseline.

    python benchmarks/annotating.py [--ner bundled|none] [--points 4000] [--rounds 5] [--pin] [--memory 100000]
"""

from __future__ import annotations

import argparse
import base64
import multiprocessing
import os
import platform
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qdrant_client import QdrantClient, models

from needful.policy import Policy
from needful_qdrant import embedded_client
from needful_qdrant.annotating import Annotated, Recipe, Run, annotate, annotate_in_processes

TARGET = 1.7
MARKS = (0.25, 0.5, 1.0)
PAGE = os.sysconf("SC_PAGE_SIZE")

POLICY = """
needful: 1
name: annotating
version: 1
layout: langchain
purposes:
  answer:
    filter: {}
    fields: {page_content: scan}
    entities: {default: redact}
    detect: {ner: NER}
"""
NER = {"bundled": "bundled", "none": "none, reason: a benchmark of the patterns alone"}

NAMES = "Ada Borg,Tom Weiss,Maria Keller,Jun Tanaka,Omar Haddad,Lena Novak,Ines Prat,Paul Okoro".split(",")
THINGS = "kitchen,roof,cellar,car,bicycle,window,boiler,garage,piano,fence,laptop,door".split(",")
PLACES = "Ulm,Gent,Turin,Leeds,Porto,Graz,Lyon,Cork".split(",")
ENDS = (
    "The expert found that the {thing} had been repaired before without an invoice.",
    "We called back on +49 30 {number} and left a message about the expert's visit.",
    "Please send the decision to {mail}@mail.example before the end of the month.",
    "The reduction was explained in the second letter, which the customer did not receive.",
)


def passage(number: int) -> str:
    """One invented passage of two sentences."""
    chance = random.Random(number)
    name, thing = chance.choice(NAMES), chance.choice(THINGS)
    end = chance.choice(ENDS).format(thing=thing, number=chance.randint(10**6, 10**7), mail=name.split()[0].lower())
    return (
        f"{name} reports that the {thing} in {chance.choice(PLACES)} was damaged in the night of case {number}. {end}"
    )


def fill(client: QdrantClient, collection: str, first: int, points: int) -> None:
    """Make a collection of passages."""
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    client.create_collection(collection, vectors_config={}, sparse_vectors_config={"s": sparse})
    vector = models.SparseVector(indices=[1], values=[1.0])
    for start in range(first, first + points, 1_000):
        batch = range(start, min(start + 1_000, first + points))
        client.upsert(
            collection,
            [models.PointStruct(id=n, vector={"s": vector}, payload={"page_content": passage(n)}) for n in batch],
            wait=True,
        )


class Clock:
    """Time and processor time from a quarter done to all done: no process starts or ends meanwhile."""

    def __init__(self, points: int, *, pinned: bool) -> None:
        self._pinned = pinned
        self._points = points
        self._done = self._first = 0
        self._began = self._ended = (0.0, 0.0)

    def advance(self, points: int) -> None:
        """Hear of points that are done."""
        before, self._done = self._done, self._done + points
        if before < self._points / 4 <= self._done:
            if self._pinned:
                for at, one in enumerate(running()):
                    pin(one, {at % (os.cpu_count() or 1)})
            self._first, self._began = self._done, (time.perf_counter(), processor(running()))
        if self._done == self._points:
            self._ended = (time.perf_counter(), processor(running()))

    @property
    def rate(self) -> float:
        """Points a second."""
        return (self._points - self._first) / (self._ended[0] - self._began[0])

    @property
    def work(self) -> float:
        """Milliseconds of processor time a point, over all processes."""
        return (self._ended[1] - self._began[1]) * 1000 / (self._points - self._first)


def pin(process: int, cores: set[int]) -> None:
    """Give all threads of a process these cores; a new one gets those of the thread that starts it."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def loops(processes: int) -> float:
    """How often so many processes count in half a second."""
    context = multiprocessing.get_context("fork")
    counts: multiprocessing.Queue[int] = context.Queue()
    counting = [context.Process(target=count, args=(counts,)) for _ in range(processes)]
    for each in counting:
        each.start()
    total = sum(counts.get() for _ in counting)
    for each in counting:
        each.join()
    return total


def count(counts: multiprocessing.Queue[int]) -> None:
    """Count for half a second."""
    until, done = time.perf_counter() + 0.5, 0
    while time.perf_counter() < until:
        done += sum(range(1_000)) > 0
    counts.put(done)


def running() -> list[int]:
    """The processes beside this one."""
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def processor(processes: Sequence[int]) -> float:
    """Processor seconds of this process, of those that have ended, and of those that are running."""
    times = os.times()
    ticks = sum(
        sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) for one in processes
    )
    return times.user + times.system + times.children_user + times.children_system + ticks / os.sysconf("SC_CLK_TCK")


Way = Callable[[QdrantClient, str, Policy, Run], Annotated]


def alone(client: QdrantClient, collection: str, policy: Policy, run: Run) -> Annotated:
    """Annotate by this process."""
    return annotate(client, collection, Recipe(policy, collection).annotator(), policy.layout, run)


def by(processes: int) -> Way:
    """Annotate by so many processes beside this one."""

    def way(client: QdrantClient, collection: str, policy: Policy, run: Run) -> Annotated:
        return annotate_in_processes(client, collection, Recipe(policy, collection), processes, run)

    return way


def speed(policy: Policy, points: int, rounds: int, *, pinned: bool) -> None:
    """Print points a second."""
    ways = {"1 process": alone, "1 beside": by(1), "2 processes": by(2)}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    machine: list[float] = []
    everywhere = os.sched_getaffinity(0)
    work: dict[str, list[float]] = {name: [] for name in ways}
    with opened() as client:
        for turn in range(rounds):
            machine.append(loops(2) / loops(1))
            # Who goes first alternates: what the machine does beside this is nobody's advantage.
            for name in sorted(ways, reverse=bool(turn % 2)):
                fill(client, "c", turn * points, points)
                clock = Clock(points, pinned=pinned)
                if pinned and ways[name] is alone:
                    pin(os.getpid(), {0})
                done = ways[name](client, "c", policy, Run(advance=clock.advance))
                if pinned:
                    pin(os.getpid(), everywhere)
                rates[name].append(clock.rate)
                work[name].append(clock.work)
                assert done == Annotated(written=points)
                client.delete_collection("c")
    print(f"over {rounds} rounds of {points:,} points; target ratio {TARGET}, with two cores free")
    print(f"two processes that only count are {statistics.median(machine):.2f} times as fast as one")
    print(f"{'':12} {'points/s':>9} {'ratio':>6} {'processor ms/point':>19}")
    for name, of_way in rates.items():
        ratio = statistics.median(a / b for a, b in zip(of_way, rates["1 process"], strict=True))
        spent = statistics.median(work[name])
        seen = " ".join(f"{rate:,.0f}" for rate in of_way)
        print(f"{name:12} {statistics.median(of_way):9,.0f} {ratio:6.2f} {spent:19.2f}   {seen}")


def resident(process: int | str) -> float:
    """Resident memory of a process in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / 2**20


class Sampler:
    """Prints resident memory when so much is done."""

    def __init__(self, points: int) -> None:
        self._left = [round(points * mark) for mark in MARKS]
        self._done = 0
        self._points = points

    def advance(self, points: int) -> None:
        """Hear of points that are done."""
        self._done += points
        if self._left and self._done >= self._left[0]:
            self._left.pop(0)
            workers = [resident(one) for one in running()]
            largest = f"{max(workers):6.0f}" if workers else "     -"
            print(f"{self._done / self._points:6.0%} {resident('self'):9.0f} {largest}", flush=True)


def memory(policy: Policy, points: int, way: str) -> None:
    """Print what one run takes; `way` is `annotated`, or `plain` for the baseline."""
    with opened() as client:
        fill(client, "c", 0, points)
        print(
            f"\n{way}, {points:,} points, MiB\n{'done':>6} {'ours':>9} {'worker':>6}\n{0:6.0%} {resident('self'):9.0f}"
        )
        sample, began = Sampler(points), time.perf_counter()
        if way == "annotated":
            done = by(2)(client, "c", policy, Run(advance=sample.advance))
            assert done == Annotated(written=points)
        else:
            plain(client, points, sample)
        print(f"{points / (time.perf_counter() - began):,.0f} points/s")


def plain(client: QdrantClient, points: int, sample: Sampler) -> None:
    """Write as much to the same points, with the same indexes, and without Needful."""
    for key in ("needful.detectors", "needful.entities", "needful.text"):
        client.create_payload_index("c", key, models.PayloadSchemaType.KEYWORD, wait=True)
    for start in range(0, points, 64):
        batch = range(start, min(start + 64, points))
        row = [secrets.token_urlsafe(12), [0, 10, "PERSON", 9000, "BundledRecognizer"]]
        payloads = [
            {"text": secrets.token_urlsafe(16), "detectors": ["01234567"], "entities": ["01234567:PERSON"], "0": row}
            for _ in batch
        ]
        client.retrieve("c", list(batch), with_payload=["page_content", "needful"])
        client.batch_update_points(
            "c",
            [
                models.SetPayloadOperation(set_payload=models.SetPayload(payload={"needful": payload}, points=[point]))
                for point, payload in zip(batch, payloads, strict=True)
            ],
            wait=True,
        )
        client.retrieve("c", list(batch), with_payload=["page_content", "needful"])
        sample.advance(len(batch))


@contextmanager
def opened() -> Iterator[QdrantClient]:
    """An embedded engine in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        client = embedded_client(Path(folder) / "qdrant")
        yield client
        client.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ner", choices=sorted(NER), default="bundled")
    parser.add_argument("--points", type=int, default=4_000, help="of each round; 0 leaves the rounds out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pin", action="store_true", help="give each process one core")
    parser.add_argument("--memory", type=int, default=100_000, help="points of the long run; 0 leaves it out")
    parser.add_argument("--way", choices=["annotated", "plain"], default="annotated", help="what the long run does")
    options = parser.parse_args()
    os.environ["NEEDFUL_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
    policy = Policy.parse(POLICY.replace("NER", NER[options.ner]))
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    print(f"ner: {options.ner}, batches of 64")
    if options.points and options.rounds:
        speed(policy, options.points, options.rounds, pinned=options.pin)
    if options.memory:
        memory(policy, options.memory, options.way)


if __name__ == "__main__":
    main()
