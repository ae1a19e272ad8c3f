"""Annotating on Ray: nothing lost and nothing doubled where workers die, and nothing raw in what Ray keeps on disk."""

from __future__ import annotations

import base64
import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from annotating_support import (
    DEADLY,
    DEADLY_ONCE,
    MARKER,
    annotator,
    documents,
    filled,
    lacks_none,
    policy,
    recipe_of,
    served,
    stored,
    texts,
)
from qdrant_client import QdrantClient

from needful.annotations import KEY
from needful.errors import NeedfulError, StoreError
from needful.testing import LeakProbe
from needful_qdrant import embedded_client
from needful_qdrant.annotating import annotate
from needful_qdrant.swapping import Annotated

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'needful[ray]'")
pytest.importorskip("ray.data", reason="Ray Data is not installed: pip install 'needful[ray]'")

from needful_ray import annotate_embedded, annotate_server, local_ray  # noqa: E402 - Ray may not be there

# Ray Data warns of the names of its own settings.
pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*", r"ignore:`use_push_based_shuffle`")

TEST_KEY = base64.b64encode(bytes(range(32))).decode()
"""What conftest gives to every test; the workers of a session have it from the start."""
LETTER = "Maria Keller reported the flood on the first day of the month. Her number 123-45-6789 was noted by the desk."


class Writes:
    """Counts by point how often annotations were set."""

    def __init__(self) -> None:
        self.counts: Counter[Any] = Counter()

    def __call__(self, method: str, path: str, sent: bytes, answer: bytes) -> None:
        if path.endswith("/points/batch"):
            for operation in json.loads(sent)["operations"]:
                self.counts[operation["set_payload"]["filter"]["must"][0]["has_id"][0]] += 1


@pytest.fixture(scope="module")
def session() -> Iterator[Path]:
    """One Ray with two workers for this file; yields the folder of its logs and of what it spills."""
    # Ray's own folder for a session must have a short path: its sockets lie there.
    with tempfile.TemporaryDirectory(prefix="ray-") as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        patched.setenv("NEEDFUL_KEY", TEST_KEY)
        patched.setenv(MARKER, str(folder / "marker"))
        patched.setenv("PYTHONPATH", str(Path(__file__).parent))
        with local_ray(2, store_bytes=80_000_000, folder=folder):
            yield folder


@pytest.fixture
def marker(session: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says that a process has died for `DEADLY_ONCE`; it is not there."""
    path = session / "marker"
    path.unlink(missing_ok=True)
    monkeypatch.setenv(MARKER, str(path))
    return path


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def client(writes: Writes) -> Iterator[QdrantClient]:
    made = embedded_client(tap=writes)
    yield made
    made.close()


# an embedded collection: its owner writes


def test_nothing_is_lost_or_doubled_when_a_worker_dies_at_an_embedded_collection(
    client: QdrantClient, writes: Writes, marker: Path
) -> None:
    filled(client, [*texts(100), DEADLY_ONCE, *texts(100)])
    done = annotate_embedded(client, recipe_of("deadly_for"), batch=16)
    assert marker.exists()
    assert done == Annotated(written=201)
    assert lacks_none(client, annotator())
    assert set(writes.counts.values()) == {1}


def test_a_text_that_ends_every_worker_costs_nobody_else_the_annotation(client: QdrantClient, session: Path) -> None:
    filled(client, [*texts(7), DEADLY])
    assert annotate_embedded(client, recipe_of("deadly_for"), workers=1, batch=4) == Annotated(written=7, faults=1)
    assert [KEY in payload for payload in stored(client).values()] == [True] * 7 + [False]


def test_what_is_current_is_not_sent_again(client: QdrantClient, session: Path, writes: Writes) -> None:
    filled(client, texts(20))
    annotate(client, "c", annotator(), policy().layout)
    writes.counts.clear()
    assert annotate_embedded(client, recipe_of("detector_for"), workers=1) == Annotated(current=20)
    assert not writes.counts


def test_documents_in_passages_are_what_one_process_makes_of_them(client: QdrantClient, session: Path) -> None:
    documents(client, annotator("passages"), [LETTER] * 5)
    expected = {point: payload[KEY] for point, payload in stored(client).items()}
    for point in expected:
        client.delete_payload("c", [f"{KEY}.detectors"], points=[point])
    done = annotate_embedded(client, recipe_of("detector_for", layout="passages"), workers=1, batch=4)
    assert done == Annotated(written=len(expected))
    assert {point: payload[KEY] for point, payload in stored(client).items()} == expected


def test_a_worker_with_another_key_is_refused(
    client: QdrantClient, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(client, texts(5))
    monkeypatch.setenv("NEEDFUL_KEY", base64.b64encode(bytes(32)).decode())
    with pytest.raises(NeedfulError) as refused:
        annotate_embedded(client, recipe_of("detector_for"), workers=1)
    assert refused.value.code == "key-other"
    assert not any(KEY in payload for payload in stored(client).values())


# a server: each worker writes


def test_nothing_is_lost_or_doubled_when_a_worker_dies_at_a_server(
    client: QdrantClient, writes: Writes, marker: Path
) -> None:
    filled(client, [*texts(100), DEADLY_ONCE, *texts(100)])
    with served(client) as url:
        done = annotate_server(recipe_of("deadly_for", url), batch=16, range_points=50)
    assert marker.exists()
    assert done.points == 201
    assert done.complete
    assert lacks_none(client, annotator())
    assert set(writes.counts.values()) == {1}
    assert len(writes.counts) == 201


def test_documents_are_not_cut_between_ranges(client: QdrantClient, session: Path) -> None:
    documents(client, annotator("passages"), [LETTER] * 12)
    expected = {point: payload[KEY] for point, payload in stored(client).items()}
    for point in expected:
        client.delete_payload("c", [f"{KEY}.detectors"], points=[point])
    with served(client) as url:
        done = annotate_server(recipe_of("detector_for", url, "passages"), workers=1, range_points=1, batch=4)
    assert done == Annotated(written=len(expected))
    assert {point: payload[KEY] for point, payload in stored(client).items()} == expected


def test_a_run_goes_on_where_it_was_stopped(client: QdrantClient, session: Path, tmp_path: Path) -> None:
    filled(client, texts(80))
    progress, seen = tmp_path / "progress", list[int]()

    def stop(done: Annotated) -> None:
        seen.append(done.points)
        raise KeyboardInterrupt

    with served(client) as url:
        recipe = recipe_of("detector_for", url)
        with pytest.raises(KeyboardInterrupt):
            annotate_server(recipe, workers=1, range_points=10, progress=progress, on_progress=stop)
        done = annotate_server(recipe, workers=1, range_points=10, progress=progress)
    assert done.points == 80 - seen[0]
    assert lacks_none(client, annotator())
    assert not progress.exists()


def test_a_range_that_ends_every_worker_is_said_and_the_others_are_done(client: QdrantClient, session: Path) -> None:
    filled(client, [DEADLY, *texts(15)])
    with served(client) as url, pytest.raises(NeedfulError) as failed:
        annotate_server(recipe_of("deadly_for", url), workers=1, range_points=4)
    assert failed.value.code == "ranges-unfinished"
    assert failed.value.__context__ is None
    assert [KEY in payload for payload in stored(client).values()][8:] == [True] * 8


def test_a_recipe_without_a_server_is_refused(session: Path) -> None:
    with pytest.raises(StoreError) as refused:
        annotate_server(recipe_of("detector_for"))
    assert refused.value.code == "server-url"


# nothing raw


def test_what_ray_keeps_on_disk_and_says_holds_nothing_raw(
    client: QdrantClient, session: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    probe = LeakProbe()
    probe.adopt(TEST_KEY)
    names = [probe.plant("Name{}") for _ in range(4)]
    failing = f"poison {probe.plant()}"
    filled(client, [f"{name} called. " * 3000 for name in names] + [failing], secret=probe.plant())
    caplog.set_level(logging.DEBUG)
    with served(client) as url:
        done = annotate_server(
            replace(recipe_of("", url), detectors="ray_support:failing_for"), workers=1, range_points=1
        )
    assert done == Annotated(written=4, faults=1)
    client.delete_payload("c", [KEY], points=list(range(1, 6)))
    assert annotate_embedded(
        client, replace(recipe_of(""), detectors="ray_support:failing_for"), workers=1
    ) == Annotated(written=4, faults=1)
    probe.tap_files("session", session)
    probe.tap("log", caplog.text)
    probe.tap("output", *capfd.readouterr())
    probe.assert_no_leak()
    assert any((session).rglob("*.log"))


def test_ray_that_was_joined_already_is_not_joined_again(session: Path) -> None:
    with pytest.raises(NeedfulError) as refused, local_ray(1):
        pass
    assert refused.value.code == "ray-running"
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
