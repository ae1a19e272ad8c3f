"""One of several processes that annotate: what it is told, what it loads, and how it answers."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any

from qdrant_client import QdrantClient

from needful.annotation import Annotator
from needful.errors import DetectionError, NeedfulError
from needful.keys import Keys
from needful.policy import Policy
from needful.ports import Detector
from needful_qdrant.layouts import laid_out
from needful_qdrant.swapping import Desk

__all__ = ["Hello", "Recipe", "serve"]

TIMEOUT = 60
"""Seconds for one request."""

Work = Callable[[Any], Any]

_END = object()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a process needs to annotate; it can be pickled. The key is in the environment that the policy names."""

    policy: Policy
    collection: str
    server: str | None = None
    """The URL of a server for each process to read and write (API key: `$QDRANT_API_KEY`). None: it only detects."""
    detectors: str = "needful_presidio:detector_for"
    """Where the function from policy and purpose to detector is, `module:name`."""

    @property
    def keys(self) -> Keys:
        """The policy's keys. Raises `VaultError`."""
        return Keys.load(self.policy.keys.removeprefix("env:"))

    def annotator(self, detector_for: Callable[[str], Detector] | None = None) -> Annotator:
        """Make the annotator, with detectors of the recipe. Raises `DetectionError`, `PolicyError`, `VaultError`."""
        return Annotator(self.policy, self.keys, detector_for or self.detector_for)

    def reader(self, fingerprints: Mapping[str, str]) -> Annotator:
        """Make an annotator that knows its detectors by their fingerprints only: it reads, and cannot search."""
        return self.annotator(lambda purpose: _Named(fingerprints[purpose]))

    def detector_for(self, purpose: str) -> Detector:
        """Make the detector of a purpose. Raises `DetectionError`, `PolicyError`."""
        module, _, name = self.detectors.partition(":")
        detector: Detector = getattr(import_module(module), name)(self.policy, purpose)
        return detector


@dataclass(frozen=True, slots=True)
class Hello:
    """What a process says when it is ready: the fingerprint of each purpose's detector, and a digest by its key."""

    fingerprints: Mapping[str, str]
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Named:
    """A detector of which only the name is here."""

    fingerprint: str

    def detect(self, texts: Sequence[str]) -> list[Any]:
        raise DetectionError("this process does not detect", code="no-detector")


def serve(pipe: Connection, recipe: Recipe) -> None:
    """Answer tasks until the pipe ends. Nothing is raised: a traceback would be printed, and might quote a text."""
    # An interruption is its owner's matter, who closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _serve(pipe, recipe)
    except (EOFError, OSError):
        pass  # the owner is gone, or has no more to do
    except BaseException:  # noqa: BLE001 - as above
        os._exit(1)


def _serve(pipe: Connection, recipe: Recipe) -> None:
    try:
        hello, work = _ready(recipe)
    except NeedfulError as error:
        failure = error
    except Exception:  # noqa: BLE001 - an import may fail with anything
        failure = DetectionError("a process could not load policy, key or detector", code="worker-start")
    else:
        pipe.send(("ready", hello))
        for task in _tasks(pipe):
            pipe.send(_answer(work, task))
        return
    pipe.send(("failed", failure))


def _tasks(pipe: Connection) -> Iterator[Any]:
    """Yield tasks until the pipe ends. They are taken from it at once, whatever this process is at.

    Otherwise an owner that sends the next task and a worker that sends its answer could wait for each other for ever.
    """
    taken: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_take, args=(pipe, taken), daemon=True).start()
    yield from iter(taken.get, _END)


def _take(pipe: Connection, taken: SimpleQueue[Any]) -> None:
    try:
        while True:
            taken.put(pipe.recv())
    except BaseException:  # noqa: BLE001 - a thread would print what it raises, and that might quote a text
        taken.put(_END)


def _answer(work: Work, task: Any) -> tuple[str, Any]:
    try:
        return "done", work(task)
    except NeedfulError as error:
        return "failed", error


def _ready(recipe: Recipe) -> tuple[Hello, Work]:
    detectors = {purpose: recipe.detector_for(purpose) for purpose in recipe.policy.purposes}
    annotator = recipe.annotator(detectors.__getitem__)
    layout = laid_out(annotator, recipe.policy.layout)
    hello = Hello({name: str(one.fingerprint) for name, one in detectors.items()}, annotator.part_digest(""))
    if recipe.server is None:
        return hello, layout.annotations
    key = os.environ.get("QDRANT_API_KEY") or None
    with warnings.catch_warnings():
        # A key over plain http is the user's choice; the client's warning would show a line of source code.
        warnings.simplefilter("ignore")
        client = QdrantClient(url=recipe.server, api_key=key, check_compatibility=False, timeout=TIMEOUT)
    return hello, Desk(client, recipe.collection, layout).annotate
