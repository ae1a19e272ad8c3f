"""Processes that annotate: tasks ahead, in order, with large texts, and after one has died."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from annotating_support import DEADLY, DEADLY_ONCE, MARKER, filled, recipe_of, texts

from needful_qdrant import embedded_client
from needful_qdrant.annotating import Annotated, Run, annotate_in_processes
from needful_qdrant.crew import DEATHS, LOST, Crew, Task
from needful_qdrant.layouts import Stored
from needful_qdrant.worker import serve

LONG = 60
"""Seconds after which what should have ended at once is taken for stuck. Nothing waits for so long unless it fails."""


def task(number: int, *written: str) -> Task:
    """A task of these texts."""
    return Task([(Stored(at, {"page_content": text}),) for at, text in enumerate(written)], number)


def answers(crew: Crew, given: list[Task]) -> list[tuple[int, Any]]:
    """Give tasks whenever one can be taken; the number and answer of each, in the order in which they come."""
    assert crew.fingerprints
    left, found = list(given), list[tuple[int, Any]]()
    while left or crew.busy:
        while left and crew.has_room:
            crew.give(left.pop(0))
        if (heard := crew.take()) is not None:
            found.append((heard[0].batch, heard[1]))
    return found


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_process_has_the_task_that_it_works_on_and_so_many_ahead_and_answers_in_order(
    ahead: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "go on"
    monkeypatch.setenv(MARKER, str(marker))
    with Crew(recipe_of("waiting_for"), 1, ahead=ahead) as crew:
        assert crew.fingerprints
        for number in range(1 + ahead):
            assert crew.has_room
            crew.give(task(number, f"Maria Keller {number}"))
        assert not crew.has_room
        marker.touch()
        heard = [crew.take() for _ in range(1 + ahead)]
        assert [one[0].batch for one in heard if one] == list(range(1 + ahead))
        assert not crew.busy


def test_tasks_go_to_the_process_that_has_the_fewest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "go on"
    monkeypatch.setenv(MARKER, str(marker))
    with Crew(recipe_of("waiting_for"), 2, ahead=3) as crew:
        assert crew.fingerprints
        for number in range(6):
            crew.give(task(number, "Tom Weiss"))
        assert [len(worker.tasks) for worker in crew._workers] == [3, 3]
        marker.touch()
        while crew.busy:
            crew.take()


def test_a_task_and_an_answer_that_fill_their_pipes_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "go on"
    monkeypatch.setenv(MARKER, str(marker))
    many = ["Maria Keller " * 4_000] * 40
    with Crew(recipe_of("waiting_for"), 1, ahead=1) as crew:
        assert crew.fingerprints
        crew.give(task(1, *many))
        # The process is at the first one: what it is sent now is more than a pipe holds.
        giving = Thread(target=crew.give, args=(task(2, *(f"{text} {at}" for at, text in enumerate(many))),))
        giving.daemon = True
        giving.start()
        giving.join(LONG)
        assert not giving.is_alive(), "the owner waits for a process that is busy"
        marker.touch()
        heard = [crew.take(), crew.take()]
    assert [(one[0].batch, len(one[1])) for one in heard if one] == [(1, 40), (2, 40)]


@pytest.mark.parametrize(("processes", "kinds"), [(1, "fxf"), (2, "ofxff")])
def test_every_task_is_answered_once_and_only_what_ends_processes_is_blamed(
    processes: int, kinds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARKER, str(tmp_path / "died"))
    written = {"f": "Maria Keller", "x": DEADLY, "o": DEADLY_ONCE}
    given = [task(number, written[kind]) for number, kind in enumerate(kinds)]
    with Crew(recipe_of("deadly_for"), processes, ahead=2) as crew:
        found = answers(crew, given)
    assert Counter(number for number, _ in found) == Counter(range(len(kinds)))
    assert {number for number, answer in found if answer is LOST} == {n for n, kind in enumerate(kinds) if kind == "x"}
    assert [one.deaths for one in given] == [{"f": 0, "x": DEATHS, "o": 1}[kind] for kind in kinds]


@pytest.mark.parametrize(("rate", "most"), [(None, 3), (1e9, 2)])
def test_no_more_is_read_than_is_worked_on_soon_and_at_a_rate_no_more_than_is_worked_on(
    rate: float | None, most: int, tmp_path: Path
) -> None:
    asked: list[str] = []
    client = embedded_client(tmp_path, tap=lambda method, path, sent, answer: asked.append(path))
    filled(client, texts(80))
    asked.clear()
    done = annotate_in_processes(client, "c", recipe_of("detector_for"), 1, Run(batch=8, rate=rate))
    client.close()
    assert done == Annotated(written=80)
    before_a_write = asked[: asked.index("/collections/c/points/batch")]
    assert before_a_write.count("/collections/c/points") == most


def test_a_process_ends_by_itself_when_its_owner_has_no_more_to_do() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, recipe_of("detector_for")))
    process.start()
    theirs.close()
    assert ours.recv()[0] == "ready"
    ours.close()
    process.join(LONG)
    assert process.exitcode == 0


@pytest.mark.parametrize(("processes", "ahead"), [(0, 0), (1, -1)])
def test_a_crew_has_processes_and_no_fewer_tasks_ahead_than_none(processes: int, ahead: int) -> None:
    with pytest.raises(ValueError, match="one process or more"):
        Crew(recipe_of("detector_for"), processes, ahead=ahead)
