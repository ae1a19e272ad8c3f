"""What docs/scale.md rests on: processor time and bytes of a passage, and what Ray adds.

The passages are those of benchmarks/annotating.py. Per passage, in this process: milliseconds of processor time (all
threads) of the search, of reading and passing over what is current, and of all of `annotate`, which also writes; bytes
of the text and of the annotation as JSON. Then the same points by one and by two workers on a local Ray, the owner
reading and writing beside them, against `annotate`, named as the baseline, in the same run. Starting Ray and loading
models is not counted: the clock runs from a quarter done to all done.

    python benchmarks/ray_annotating.py [--ner bundled|none] [--points 2000]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import secrets
import tempfile
import time
from pathlib import Path

from qdrant_client import QdrantClient

from annotating import NER, POLICY, fill, passage
from needful.annotations import KEY
from needful.policy import Policy
from needful_qdrant import embedded_client
from needful_qdrant.annotating import Annotated, Recipe, Run, annotate
from needful_ray import annotate_embedded, local_ray

BATCH = 64


class Clock:
    """Points a second, from a quarter done to all done."""

    def __init__(self, points: int) -> None:
        self._points = points
        self._done = self._first = 0
        self._began = self._ended = 0.0

    def reached(self, done: int) -> None:
        """Hear how many points are done."""
        if not self._began and done >= self._points / 4:
            self._first, self._began = done, time.perf_counter()
        if done == self._points:
            self._ended = time.perf_counter()

    def advance(self, points: int) -> None:
        """Hear of points that are done."""
        self._done += points
        self.reached(self._done)

    @property
    def rate(self) -> float:
        """Points a second."""
        return (self._points - self._first) / (self._ended - self._began)


def searching(recipe: Recipe, points: int) -> tuple[float, float, float]:
    """Milliseconds of processor time to search a passage; bytes of a text, and of an annotation."""
    made = recipe.annotator()
    payloads = [{"page_content": passage(number)} for number in range(points)]
    made.records(payloads[:BATCH])
    began, annotations = time.process_time(), list[object]()
    for start in range(0, points, BATCH):
        annotations += made.records(payloads[start : start + BATCH])
    spent = (time.process_time() - began) * 1000 / points
    assert None not in annotations
    texts = sum(len(payload["page_content"].encode()) for payload in payloads) / points
    return spent, texts, sum(len(json.dumps({KEY: one}, separators=(",", ":"))) for one in annotations) / points


def in_this_process(client: QdrantClient, recipe: Recipe, points: int) -> tuple[float, float, float]:
    """Points a second, and milliseconds of processor time a point: annotated, and then passed over as current."""
    made, clock = recipe.annotator(), Clock(points)
    made.records([{"page_content": passage(0)}])
    began = time.process_time()
    done = annotate(client, recipe.collection, made, recipe.policy.layout, Run(advance=clock.advance))
    assert done == Annotated(written=points)
    middle = time.process_time()
    assert annotate(client, recipe.collection, made, recipe.policy.layout) == Annotated(current=points)
    spent, passed = middle - began, time.process_time() - middle
    return clock.rate, spent * 1000 / points, passed * 1000 / points


def on_ray(client: QdrantClient, recipe: Recipe, workers: int, points: int) -> float:
    """Points a second."""
    clock = Clock(points)
    done = annotate_embedded(client, recipe, workers=workers, on_progress=lambda seen: clock.reached(seen.points))
    assert done == Annotated(written=points)
    return clock.rate


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ner", choices=sorted(NER), default="none")
    parser.add_argument("--points", type=int, default=2_000)
    options = parser.parse_args()
    points = options.points
    os.environ["NEEDFUL_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
    policy = Policy.parse(POLICY.replace("NER", NER[options.ner]))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f} at the start")
    print(f"{points:,} passages, ner: {options.ner}")
    spent, text, annotation = searching(Recipe(policy, "c"), points)
    print(f"search        {spent:6.2f} ms of processor time a passage, {1000 / spent:,.0f} a second and core")
    print(f"bytes         {text:6.0f} text, {annotation:.0f} annotation")
    with tempfile.TemporaryDirectory() as folder:
        client = embedded_client(Path(folder) / "qdrant")
        fill(client, "c", 0, points)
        rate, spent, passed = in_this_process(client, Recipe(policy, "c"), points)
        print(f"annotate      {spent:6.2f} ms of processor time a point; {passed:.2f} to pass over what is current")
        print(f"baseline      {rate:6.0f} points a second: annotate, this process")
        with local_ray(2):
            for workers in (1, 2):
                name = f"ray{workers}"
                fill(client, name, 0, points)
                found = on_ray(client, Recipe(policy, name), workers, points)
                print(f"Ray, workers {workers} {found:5.0f} points a second, {found / rate:.2f} of the baseline")
        client.close()


if __name__ == "__main__":
    main()
