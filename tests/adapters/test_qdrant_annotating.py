"""Annotating a collection in place: idempotent, compare and set, whole documents, several processes, after a crash."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from annotating_support import (
    DEADLY,
    DEADLY_ONCE,
    DOCUMENTS,
    MARKER,
    NAMES,
    Failing,
    annotator,
    documents,
    empty,
    filled,
    lacks_none,
    own_point,
    policy,
    put,
    put_all,
    recipe_of,
    served,
    stored,
    texts,
)
from hypothesis import given
from hypothesis import strategies as st
from langchain_support import READER, vectorstore
from qdrant_client import QdrantClient, models

from needful.annotation import Annotator
from needful.annotations import KEY, Annotations
from needful.errors import DetectionError, NeedfulError, StoreError, VaultError
from needful.keys import Keys
from needful.passages import passage_id
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger
from needful.values import Span
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client
from needful_qdrant.annotating import Annotated, Run, annotate, annotate_in_processes
from needful_qdrant.layouts import Stored, laid_out
from needful_qdrant.pacing import Pace
from needful_qdrant.progress import Progress, Watermark
from needful_qdrant.scanning import batches, groups, lacking, points_of
from needful_qdrant.swapping import ATTEMPTS, Desk

HERE = Path(__file__).parent
LAYOUT = policy().layout
PASSAGES = policy("passages").layout
LETTER = (
    "Maria Keller reported the flood on the first day of the month. "
    "The adjuster found that the pipe under the sink had burst in the night.\n\n"
    "Her number 123-45-6789 was noted by the desk when she called for the second time. "
    "The claim was then reduced because the pipe had not been checked for ten years."
)


@pytest.fixture(scope="module")
def engine() -> Iterator[QdrantClient]:
    made = embedded_client()
    yield made
    made.close()


@pytest.fixture
def client(engine: QdrantClient) -> Iterator[QdrantClient]:
    yield engine
    for collection in engine.get_collections().collections:
        engine.delete_collection(collection.name)


def run_on(client: QdrantClient, made: Annotator | None = None, **more: Any) -> Annotated:
    """Annotate the collection `c` of LangChain's layout."""
    return annotate(client, "c", made or annotator(), LAYOUT, Run(**more))


def together(client: QdrantClient, made: Annotator | None = None, **more: Any) -> Annotated:
    """Annotate the collection `c` of layout passages."""
    return annotate(client, "c", made or annotator("passages"), PASSAGES, Run(**more))


def change(client: QdrantClient, identifier: int | str, payload: dict[str, Any]) -> None:
    """Set keys of a payload the way an application does that knows nothing of annotations."""
    client.set_payload("c", payload, points=[identifier], wait=True)


class Meddler:
    """Somebody else who writes: does something once after each of so many reads."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.acts: Any = None

    def __call__(self, method: str, path: str, sent: bytes, answer: bytes) -> None:
        if self.acts and self.left and (method, path) == ("POST", "/collections/c/points"):
            self.left -= 1
            acts, self.acts = self.acts, None
            acts(self.left)
            self.acts = acts


# one process, any layout


def test_every_point_has_the_annotation_that_the_annotator_makes_of_it(client: QdrantClient) -> None:
    filled(client, texts(150))
    assert run_on(client) == Annotated(written=150)
    assert lacks_none(client, annotator())


def test_what_is_kept_names_what_was_found_and_holds_for_the_text(client: QdrantClient) -> None:
    filled(client, ["Maria Keller called."])
    run_on(client)
    made = annotator()
    own = stored(client)[1][KEY]
    assert own["entities"] == [f"{made.names[0]}:PERSON"]
    assert made.is_current(stored(client)[1])


def test_a_second_run_writes_nothing(client: QdrantClient) -> None:
    filled(client, texts(70))
    run_on(client)
    before = stored(client)
    assert run_on(client) == Annotated(current=70)
    assert stored(client) == before


def test_a_second_run_asks_for_no_change_at_all(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    client = embedded_client(tmp_path, tap=lambda method, path, sent, answer: asked.append((method, path)))
    filled(client, texts(3))
    run_on(client)
    asked.clear()
    run_on(client)
    client.close()
    assert {path.rsplit("/", 1)[-1] for _, path in asked} == {"c", "count", "scroll", "points"}


def test_a_dry_run_counts_and_writes_nothing(client: QdrantClient) -> None:
    filled(client, texts(70))
    before = stored(client)
    assert run_on(client, dry=True) == Annotated(written=70)
    assert stored(client) == before
    assert client.get_collection("c").payload_schema == {}


def test_other_fields_and_vectors_stay_as_they_are(client: QdrantClient) -> None:
    filled(client, texts(5), kind="ticket")
    before = stored(client)
    run_on(client)
    after = stored(client)
    assert {point: {k: v for k, v in payload.items() if k != KEY} for point, payload in after.items()} == before
    assert client.count("c", count_filter=models.Filter(must=[models.HasVectorCondition(has_vector="s")])).count == 5


def test_payload_indexes_are_made_for_what_needful_filters_by(client: QdrantClient) -> None:
    filled(client, texts(1))
    run_on(client)
    assert set(client.get_collection("c").payload_schema) == {f"{KEY}.{k}" for k in ("detectors", "entities", "text")}


def test_a_text_that_changed_is_annotated_again_and_the_others_are_not(client: QdrantClient) -> None:
    filled(client, texts(10))
    run_on(client)
    change(client, 4, {"page_content": "Tom Weiss called."})
    assert run_on(client) == Annotated(current=9, written=1)
    assert lacks_none(client, annotator())


def test_a_full_upsert_drops_the_annotation_and_the_next_stale_run_makes_it_again(client: QdrantClient) -> None:
    filled(client, texts(10))
    run_on(client)
    put(client, 4, {"page_content": "Tom Weiss called.", "metadata": {"title": "New"}})
    assert KEY not in stored(client)[4]
    assert run_on(client, stale=True) == Annotated(written=1)
    assert lacks_none(client, annotator())


def test_a_stale_run_looks_only_at_what_a_new_detector_needs(client: QdrantClient) -> None:
    filled(client, texts(10))
    run_on(client)
    assert run_on(client, stale=True) == Annotated()
    newer = annotator(patterns={**NAMES, "PHONE_NUMBER": r"\+\d+"})
    assert run_on(client, newer, stale=True) == Annotated(written=10)
    assert lacks_none(client, newer)


@pytest.mark.parametrize(
    "junk", ["x", 5, [], [{"text": "x"}], {"text": 5}, {"text": ["a"]}, {"text": {}}, {"spans": 1}]
)
def test_what_somebody_else_left_under_our_key_is_replaced(client: QdrantClient, junk: Any) -> None:
    filled(client, texts(3))
    change(client, 2, {KEY: junk})
    assert run_on(client) == Annotated(written=3)
    assert lacks_none(client, annotator())


@pytest.mark.parametrize("junk", [None, "x", 5, [], {}, {"text": "x"}, {"detectors": []}, {"detectors": ["x"]}])
def test_whether_a_point_needs_an_annotation_is_what_the_annotator_says(junk: Any) -> None:
    made, text = annotator(), {"page_content": "Maria Keller called."}
    laid, good = laid_out(made, LAYOUT), Stored(1, {**text, KEY: made.records([text])[0]})
    assert laid.is_current((good,)) is made.is_current(good.payload) is True
    for payload in (text, {**text, KEY: junk}):
        assert laid.is_current((Stored(2, payload),)) is made.is_current(payload) is False
        assert laid.is_current((good, Stored(2, payload))) is False


def test_a_text_that_cannot_be_searched_is_left_and_counted_alone(client: QdrantClient) -> None:
    filled(client, ["fine", "poison", "Maria Keller"])
    made = annotator(detector=Failing())
    assert run_on(client, made) == Annotated(written=2, faults=1)
    assert KEY not in stored(client)[2]
    assert not run_on(client, made).complete


def test_a_payload_that_cannot_be_read_is_a_fault_of_its_own(client: QdrantClient) -> None:
    empty(client)
    for number, text in enumerate(('{"text": "Maria Keller"}', "no JSON", '{"text": "x"}'), start=1):
        put(client, number, {"_node_content": text})
    made = annotator("llamaindex")
    done = annotate(client, "c", made, policy("llamaindex").layout)
    assert done == Annotated(written=2, faults=1)


def test_a_collection_that_is_not_there_is_an_error(client: QdrantClient) -> None:
    with pytest.raises(StoreError) as raised:
        run_on(client)
    assert raised.value.code == "collection-missing"
    assert raised.value.__context__ is None


def test_a_point_without_a_payload_is_annotated(client: QdrantClient) -> None:
    empty(client)
    put(client, 1, {})
    assert run_on(client) == Annotated(written=1)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_batches_of_any_size_come_to_the_same(client: QdrantClient, size: int) -> None:
    filled(client, texts(20))
    assert run_on(client, batch=size) == Annotated(written=20)
    assert lacks_none(client, annotator())


# compare and set


def meddled(times: int, count: int = 1) -> tuple[QdrantClient, Meddler]:
    meddler = Meddler(times)
    client = embedded_client(tap=meddler)
    filled(client, [f"Maria Keller {n}" for n in range(count)])
    return client, meddler


def test_a_text_that_changes_between_reading_and_writing_is_annotated_as_it_then_is() -> None:
    client, meddler = meddled(1, 5)
    meddler.acts = lambda left: change(client, 3, {"page_content": "now Tom Weiss"})
    assert run_on(client) == Annotated(written=5)
    assert lacks_none(client, annotator())
    client.close()


def test_what_somebody_else_annotated_meanwhile_is_not_written_over() -> None:
    client, meddler = meddled(1)
    made = annotator()

    def act(left: int) -> None:
        payload = {"page_content": "now Tom Weiss", "metadata": {"title": "x"}}
        put(client, 1, {**payload, KEY: made.records([payload])[0]})

    meddler.acts = act
    assert run_on(client) == Annotated(current=1)
    assert lacks_none(client, made)
    client.close()


@pytest.mark.parametrize("seen", [{}, {KEY: {"text": "of an older text"}}])
def test_a_write_for_a_text_that_has_another_annotation_by_now_changes_nothing(
    client: QdrantClient, seen: dict[str, Any]
) -> None:
    filled(client, ["Tom Weiss"])
    run_on(client)
    before = stored(client)
    late = Stored(1, {"page_content": "Maria Keller", "metadata": {"title": "Ticket 1"}, **seen})
    desk, made = Desk(client, "c", laid_out(annotator(), LAYOUT)), annotator().records([late.payload])[0]
    assert made is not None
    assert desk.settled([(late,)], [[made]]) == ([(1,)], Annotated())
    assert stored(client) == before


def test_a_point_that_changes_at_every_attempt_is_given_up_and_counted() -> None:
    client, meddler = meddled(1_000)
    meddler.acts = lambda left: change(client, 1, {"page_content": f"Tom Weiss {left}"})
    assert run_on(client) == Annotated(contended=1)
    assert 1_000 - meddler.left <= 2 * ATTEMPTS + 1
    client.close()


def test_a_point_that_is_deleted_meanwhile_is_gone() -> None:
    client, meddler = meddled(1, 3)
    meddler.acts = lambda left: client.delete("c", [2], wait=True)
    assert run_on(client) == Annotated(written=2, gone=1)
    client.close()


def test_a_large_batch_is_written_in_several_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needful_qdrant.swapping.BYTES", 10_000)
    sizes: list[int] = []
    client = embedded_client(
        tmp_path, tap=lambda method, path, sent, answer: sizes.append(len(sent)) if path.endswith("/batch") else None
    )
    filled(client, ["Maria Keller " * 100] * 20)
    assert run_on(client) == Annotated(written=20)
    client.close()
    assert len(sizes) > 1
    assert max(sizes) < 20_000


# layout passages


def test_passages_have_what_ingest_would_give_them_with_the_new_detector(client: QdrantClient) -> None:
    documents(client, annotator("passages", {"PERSON": "nobody"}), [LETTER, LETTER.replace("Keller", "Huber")] * 3)
    assert len(stored(client)) == 6 * 5
    newer = annotator("passages")
    assert together(client, newer, stale=True) == Annotated(written=30)
    after = stored(client)
    client.delete_collection("c")
    documents(client, newer, [LETTER, LETTER.replace("Keller", "Huber")] * 3)
    assert after == stored(client)


def test_annotating_passages_again_writes_nothing(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER] * 4)
    assert together(client) == Annotated(current=20)
    assert together(client, stale=True) == Annotated()


def test_a_name_in_one_passage_is_found_in_the_others_of_its_document(client: QdrantClient) -> None:
    text = (
        "Maria Keller came to the desk in the early morning of that day. "
        "Then Keller left the desk without a word at noon of that day."
    )
    documents(client, annotator("passages", {"X": "nobody"}), [text])
    made = annotator("passages", {"PERSON": "Maria Keller"})
    together(client, made)
    second = stored(client)[passage_id(DOCUMENTS[0], 2)]
    assert second["page_content"].startswith("Then Keller")
    assert second[KEY]["entities"] == [f"{made.names[0]}:PERSON"]


def test_a_passage_that_changed_makes_its_document_new_and_no_other(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER] * 3)
    changed = passage_id(DOCUMENTS[1], 4)
    change(client, changed, {"page_content": "Tom Weiss now says 987-65-4321."})
    assert together(client) == Annotated(current=10, written=5)
    made = annotator("passages")
    whole = [f"{made.names[0]}:{kind}" for kind in ("PERSON", "US_SSN")]
    assert all(payload[KEY]["document"] == whole for payload in stored(client).values())
    assert together(client) == Annotated(current=15)


def test_a_passage_that_was_upserted_whole_gets_its_place_back(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER] * 2)
    point = passage_id(DOCUMENTS[0], 2)
    before = stored(client)[point]
    put(client, point, {"page_content": before["page_content"]})
    assert together(client, stale=True) == Annotated(written=5)
    after = stored(client)[point][KEY]
    assert (after["parent"], after["order"]) == (own_point(0), 2)
    assert after["text"] == before[KEY]["text"]
    assert together(client) == Annotated(current=10)


def test_where_a_passage_begins_is_not_believed(client: QdrantClient) -> None:
    documents(client, annotator("passages", {"X": "nobody"}), [LETTER])
    for order in range(1, 5):
        client.set_payload("c", {"start": 10**15 * order, "end": -5}, key=KEY, points=[passage_id(DOCUMENTS[0], order)])
    assert together(client) == Annotated(written=5)


def test_a_document_across_the_border_of_a_page_is_put_together(
    client: QdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents(client, annotator("passages", {"X": "nobody"}), [LETTER] * 7)
    monkeypatch.setattr("needful_qdrant.scanning.PAGE", 3)
    found = list(groups(client, "c", together=True))
    assert [len(group) for group in found] == [5] * 7
    assert together(client, batch=2) == Annotated(written=35)


def test_a_document_whose_passage_cannot_be_searched_is_left_whole(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER] * 2)
    change(client, passage_id(DOCUMENTS[0], 2), {"page_content": "poison"})
    made = annotator("passages", detector=Failing())
    assert together(client, made) == Annotated(written=5, faults=5)


def test_a_document_with_a_passage_without_text_is_left_whole(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER] * 2)
    client.delete_payload("c", ["page_content"], points=[passage_id(DOCUMENTS[0], 2)])
    assert together(client) == Annotated(current=5, faults=5)


def test_a_document_without_its_own_point_and_a_point_that_is_no_passage_are_annotated(client: QdrantClient) -> None:
    documents(client, annotator("passages", {"X": "nobody"}), [LETTER])
    client.delete("c", [own_point(0)], wait=True)
    put(client, 7, {"page_content": "Maria Keller", "metadata": {"title": "x"}})
    assert together(client) == Annotated(written=5)
    assert together(client) == Annotated(current=5)


def test_a_document_that_was_left_half_written_still_shows_it(client: QdrantClient) -> None:
    """A crash after some of the points: the one whose text changed is written last, so the document is found again."""
    documents(client, annotator("passages"), [LETTER])
    changed = passage_id(DOCUMENTS[0], 1)
    change(client, changed, {"page_content": "Tom Weiss came."})
    laid = laid_out(annotator("passages"), PASSAGES)
    desk = Desk(client, "c", laid)
    (group,), _ = desk.stale([tuple(stored(client))])
    (made,) = laid.annotations([group])
    assert made is not None
    order = [point.id for point, _ in desk._ordered(group, made)]
    assert order[-1] == changed


@pytest.mark.parametrize("order", [0, 2])
def test_a_document_that_changes_between_reading_and_writing_is_annotated_as_it_then_is(order: int) -> None:
    meddler = Meddler(1)
    client = embedded_client(tap=meddler)
    documents(client, annotator("passages", {"X": "nobody"}), [LETTER] * 2)
    text = {"page_content": "Tom Weiss now says 987-65-4321."}
    meddler.acts = lambda left: change(
        client, passage_id(DOCUMENTS[0], order), text if order else {"metadata": {"title": "For Maria Keller"}}
    )
    assert together(client) == Annotated(written=10)
    assert together(client) == Annotated(current=10)
    client.close()


def test_indexes_of_passages_are_made_too(client: QdrantClient) -> None:
    documents(client, annotator("passages"), [LETTER])
    together(client)
    assert {f"{KEY}.document", f"{KEY}.parent"} <= set(client.get_collection("c").payload_schema)


# where it looks


def test_points_come_in_the_order_of_their_ids_each_once(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needful_qdrant.scanning.PAGE", 3)
    filled(client, texts(20))
    assert list(points_of(client, "c")) == list(range(1, 21))
    assert list(points_of(client, "c", after=7, page=4)) == list(range(8, 21))
    assert list(points_of(client, "c", lacking(["a"]), after=19)) == [20]
    assert list(points_of(client, "c", after=20)) == []


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 20))
def test_no_group_is_cut_or_lost_and_a_batch_is_as_large_as_it_must_be(sizes: list[int], size: int) -> None:
    found = [tuple(range(n)) for n in sizes]
    made = list(batches(iter(found), size))
    assert [group for batch in made for group in batch] == found
    assert all(sum(map(len, batch)) >= size for batch in made[:-1])
    assert all(sum(map(len, batch[:-1])) < size for batch in made)


# how far it has come


@given(st.permutations(range(12)), st.lists(st.integers(1, 3), min_size=12, max_size=12))
def test_a_watermark_never_passes_a_batch_that_is_not_done(order: list[int], parts: list[int]) -> None:
    saved: list[int | str] = []
    mark = Watermark(saved.append)
    numbers = [mark.begin(last) for last in range(12)]
    for number, count in zip(numbers, parts, strict=True):
        mark.more(number, count - 1)
    done: set[int] = set()
    for batch in order:
        for _ in range(parts[batch]):
            mark.end(numbers[batch])
        done.add(batch)
        reached = next((last for last in range(12) if last not in done), 12) - 1
        assert (saved[-1] if saved else -1) == reached
    assert saved == sorted(saved)


@pytest.mark.parametrize("last", [123456789, 2**63, "01890000-0000-8000-8000-000000000001"])
def test_a_progress_file_gives_back_what_was_saved_and_does_not_show_it(tmp_path: Path, last: int | str) -> None:
    keys, path = Keys.random(), tmp_path / "p"
    progress = Progress(path, keys, "c", "digest")
    assert progress.load() is None
    progress.save(1)
    progress.save(last)
    assert progress.load() == last
    assert str(last).encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    progress.clear()
    assert progress.load() is None


def test_a_progress_file_of_another_run_key_or_make_is_refused(tmp_path: Path) -> None:
    keys, path = Keys.random(), tmp_path / "p"
    Progress(path, keys, "c", "digest").save(5)
    for other in (Progress(path, keys, "d", "digest"), Progress(path, Keys.random(), "c", "digest")):
        with pytest.raises(StoreError) as raised:
            other.load()
        assert (raised.value.code, raised.value.__context__) == ("progress-file", None)
    for content in (b"", b"{}", b"\xff", base64.b64encode(b"x" * 40)):
        path.write_bytes(content)
        with pytest.raises(StoreError):
            Progress(path, keys, "c", "digest").load()


def test_a_progress_file_that_cannot_be_written_ends_the_run(client: QdrantClient, tmp_path: Path) -> None:
    filled(client, texts(3))
    with pytest.raises(StoreError) as raised:
        run_on(client, progress=Progress(tmp_path / "no" / "p", Keys.random(), "c"))
    assert raised.value.code == "progress-file"


def cut_after(batches: int) -> Any:
    left = [batches]

    def advance(points: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return advance


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(client: QdrantClient, tmp_path: Path) -> None:
    filled(client, texts(100))
    progress = Progress(tmp_path / "p", Keys.random(), "c")
    with pytest.raises(KeyboardInterrupt):
        run_on(client, batch=10, progress=progress, advance=cut_after(4))
    assert progress.load() == 30
    assert run_on(client, batch=10, progress=progress) == Annotated(current=10, written=60)
    assert progress.load() is None
    assert lacks_none(client, annotator())


def test_passages_go_on_with_whole_documents(client: QdrantClient, tmp_path: Path) -> None:
    documents(client, annotator("passages", {"X": "nobody"}), [LETTER] * 6)
    progress = Progress(tmp_path / "p", Keys.random(), "c")
    progress.save(passage_id(DOCUMENTS[2], 2))
    assert together(client, progress=progress) == Annotated(written=20)


def test_a_pace_waits_for_what_was_written_and_saves_nothing_up() -> None:
    now, slept = [0.0], list[float]()
    pace = Pace(10, clock=lambda: now[0], sleep=slept.append)
    pace.wait()
    pace.spent(20)
    pace.wait()
    assert slept == [2.0]
    now[0] = 100.0
    pace.wait()
    pace.spent(5)
    pace.wait()
    assert slept == [2.0, 0.5]


def test_a_pace_without_a_rate_never_waits_and_a_rate_is_above_0() -> None:
    pace = Pace(None, sleep=lambda seconds: pytest.fail("no rate, no sleep"))
    pace.spent(10**9)
    pace.wait()
    with pytest.raises(ValueError, match="above 0"):
        Pace(0)


# several processes


@pytest.mark.parametrize("layout", ["langchain", "passages"])
def test_two_processes_come_to_the_same_as_one(client: QdrantClient, layout: str, tmp_path: Path) -> None:
    made = annotator(layout)
    if layout == "passages":
        documents(client, annotator(layout, {"X": "nobody"}), [LETTER] * 20)
    else:
        filled(client, texts(100))
    progress = Progress(tmp_path / "p", Keys.random(), "c")
    seen: list[int] = []
    run = Run(batch=8, progress=progress, advance=seen.append)
    done = annotate_in_processes(client, "c", recipe_of("detector_for", layout=layout), 2, run)
    assert done == Annotated(written=100)
    assert sum(seen) == 100
    assert annotate(client, "c", made, policy(layout).layout) == Annotated(current=100)
    assert progress.load() is None


def test_with_a_server_each_process_reads_and_writes(client: QdrantClient) -> None:
    filled(client, texts(100))
    with served(client) as url:
        assert annotate_in_processes(client, "c", recipe_of("detector_for", url), 2, Run(batch=8)) == Annotated(
            written=100
        )
        assert annotate_in_processes(client, "c", recipe_of("detector_for", url), 2, Run(stale=True)) == Annotated()
    assert lacks_none(client, annotator())


def test_a_process_that_dies_is_replaced_and_nothing_is_lost_or_doubled(
    client: QdrantClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARKER, str(tmp_path / "died"))
    filled(client, [*texts(50), DEADLY_ONCE, *texts(50)])
    assert annotate_in_processes(client, "c", recipe_of("deadly_for"), 2, Run(batch=8)) == Annotated(written=101)
    assert (tmp_path / "died").exists()
    assert lacks_none(client, annotator())


def test_a_text_that_ends_every_process_is_a_fault_and_the_others_of_its_batch_are_not(client: QdrantClient) -> None:
    filled(client, [*texts(5), DEADLY, *texts(6)])
    assert annotate_in_processes(client, "c", recipe_of("deadly_for"), 2, Run(batch=4)) == Annotated(
        written=11, faults=1
    )
    assert KEY not in stored(client)[6]


def test_processes_that_cannot_start_end_the_run(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needful_qdrant.crew.STARTS", 1)
    filled(client, texts(3))
    with pytest.raises(DetectionError) as raised:
        annotate_in_processes(client, "c", recipe_of("no_such_function"), 1)
    assert raised.value.code == "worker-start"
    with pytest.raises(DetectionError) as raised:
        annotate_in_processes(client, "c", recipe_of("missing_for"), 1)
    assert raised.value.code == "worker-start"
    monkeypatch.setenv("NEEDFUL_KEY", "no key")
    with pytest.raises(VaultError):
        annotate_in_processes(client, "c", recipe_of("detector_for"), 1)


KILLED = """
import sys
from annotating_support import annotator, policy, recipe_of
from needful.keys import Keys
from needful_qdrant import embedded_client
from needful_qdrant.annotating import Run, annotate, annotate_in_processes
from needful_qdrant.progress import Progress
from pathlib import Path

def advance(points):
    print(points, flush=True)
    sys.stdin.readline()

if __name__ == "__main__":
    client = embedded_client(sys.argv[1])
    run = Run(batch=10, advance=advance, progress=Progress(Path(sys.argv[2]), Keys.load(), "c"))
    if sys.argv[3] == "1":
        annotate(client, "c", annotator(), policy().layout, run)
    else:
        annotate_in_processes(client, "c", recipe_of("detector_for"), 2, run)
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_after_kill_9_the_next_run_loses_and_doubles_nothing(tmp_path: Path, processes: str) -> None:
    with_client = embedded_client(tmp_path / "q")
    filled(with_client, texts(200))
    with_client.close()
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(tmp_path / "q"), str(tmp_path / "p"), processes]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        points = 0
        while points < 100:
            line = running.stdout.readline()
            assert line, "the run ended by itself"
            points += int(line)
            running.stdin.write("\n")
            running.stdin.flush()
        running.send_signal(signal.SIGKILL)
    client = embedded_client(tmp_path / "q")
    there = sum(KEY in payload for payload in stored(client).values())
    assert 90 <= there < 200
    done = run_on(client, progress=Progress(tmp_path / "p", Keys.load(), "c"))
    assert done.complete
    assert done.written == 200 - there
    assert lacks_none(client, annotator())
    client.close()


# written from elsewhere


@pytest.mark.parametrize("text", ["Maria Keller called.", "瑪麗亞 called Maria Keller 😀", "nobody"])
def test_the_program_of_the_documentation_writes_what_we_write(repository: Path, text: str) -> None:
    page = (repository / "docs" / "annotations.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)  # noqa: S102 - our own documentation
    detector = KeywordDetector({"PERSON": "Maria Keller|called"}, score=0.985)
    made = Annotator(policy(), Keys.load(), lambda purpose: detector)
    rows = [[s.start, s.end, s.entity, 9850, s.recognizer] for s in detector.detect([text])[0]]
    written = names["annotation"](base64.b64decode(os.environ["NEEDFUL_KEY"]), detector.fingerprint, text, rows)
    assert [written] == made.records([{"page_content": text}])


# nothing raw gets out


def test_processes_whose_detector_quotes_a_text_print_none(
    client: QdrantClient, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    probe = LeakProbe()
    filled(client, [probe.plant("poison {}"), "Maria Keller", DEADLY, probe.plant("well {}")])
    done = annotate_in_processes(client, "c", recipe_of("failing_for"), 1, Run(batch=2))
    assert done == Annotated(written=3, faults=1)
    probe.tap("streams", *capfd.readouterr())
    probe.tap("logs", caplog.text)
    probe.assert_no_leak()


class Breaking(httpx.BaseTransport):
    """An embedded engine whose answers to changes of points are errors that quote what was asked and what is there."""

    def __init__(self, engine: QdrantClient) -> None:
        self._engine: httpx.BaseTransport = engine.init_options["transport"]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._engine.handle_request(request)
        if not request.url.path.endswith("points/batch"):
            return answer
        return httpx.Response(500, content=request.read() + str(stored(self.client)).encode())

    @property
    def client(self) -> QdrantClient:
        return QdrantClient(
            url="http://broken", transport=self, check_compatibility=False, verify=False, trust_env=False
        )


@pytest.mark.parametrize("broken", [StoreError, KeyboardInterrupt, NeedfulError])
def test_neither_the_file_nor_the_error_of_a_run_that_ends_in_the_middle_holds_what_was_read(
    client: QdrantClient, tmp_path: Path, broken: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("needful_qdrant.swapping.READ", 2)
    probe = LeakProbe()
    empty(client)
    ids = [probe.adopt(str(uuid.UUID(int=2**100 + n))) for n in range(20)]
    put_all(client, {point: {"page_content": probe.plant("Maria Keller {}")} for point in ids})

    def advance(points: int) -> None:
        raise KeyboardInterrupt if broken is KeyboardInterrupt else KeyError(ids[0])

    opened = Breaking(client).client if broken is StoreError else client
    progress = Progress(tmp_path / "p", Keys.load(), "c")
    progress.save(ids[0])
    with pytest.raises(broken) as raised:
        annotate(opened, "c", annotator(), LAYOUT, Run(batch=5, progress=progress, advance=advance))
    probe.tap_exception("exception", raised.value)
    probe.tap_files("file", tmp_path)
    assert list(tmp_path.iterdir())
    probe.assert_no_leak()


# what a question makes of it


class Counting:
    """A detector of keywords that counts the texts that it is given."""

    def __init__(self) -> None:
        self._inner = KeywordDetector(NAMES)
        self.fingerprint = self._inner.fingerprint
        self.searched: list[str] = []

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self.searched += texts
        return self._inner.detect(texts)


QUESTION = "Why was the kitchen claim reduced?"
TEXT = "The kitchen claim of Maria Keller was reduced."


@pytest.fixture
def asked(client: QdrantClient) -> tuple[NeedfulRetriever, Counting, int | str]:
    """A retriever over one annotated text, its detector, and the point's id."""
    store = vectorstore(client, [TEXT], [{"title": "Kitchen"}], name="c")
    detector = Counting()
    made = Annotator(policy(), Keys.load(), lambda purpose: detector)
    assert run_on(client, made) == Annotated(written=1)
    detector.searched.clear()
    retriever = NeedfulRetriever.from_vectorstore(
        store, policy=policy(), **READER, detector=detector, ledger=MemoryLedger()
    )
    return retriever, detector, next(iter(stored(client)))


Asked = tuple[NeedfulRetriever, Counting, "int | str"]


def answer(retriever: NeedfulRetriever) -> str:
    (document,) = retriever.invoke(QUESTION)
    return document.page_content


def test_a_question_searches_no_text_that_is_annotated(asked: Asked) -> None:
    retriever, detector, _ = asked
    assert answer(retriever) == "The kitchen claim of [PERSON] was reduced."
    assert TEXT not in detector.searched


def test_an_identifier_that_was_changed_behind_our_back_is_found(client: QdrantClient, asked: Asked) -> None:
    retriever, detector, point = asked
    changed = "The kitchen claim of Tom Weiss, 123-45-6789, was reduced."
    change(client, point, {"page_content": changed})
    shown = retriever.invoke(QUESTION)
    assert "Weiss" not in str(shown)
    assert "123-45" not in str(shown)
    assert changed in detector.searched


@pytest.mark.parametrize("way", ["emptied", "no rows", "removed", "all removed", "not a list", "shifted", "of another"])
def test_spans_that_were_changed_behind_our_back_are_not_believed(client: QdrantClient, asked: Asked, way: str) -> None:
    retriever, detector, point = asked
    own = stored(client)[point][KEY]
    (name,) = own["detectors"]
    sealed: Any = own[name]
    of_text = sealed if isinstance(sealed, list) else next(v for v in sealed.values() if len(v) > 1)
    mac, (start, end, *rest) = of_text[0], of_text[1]
    other: dict[str, Any] = {
        "emptied": [],
        "no rows": [mac],
        "not a list": "x",
        "shifted": [mac, [start + 1, end, *rest]],
        "of another": [v[0] for v in sealed.values()][:1] if isinstance(sealed, dict) else [mac[::-1], of_text[1]],
    }
    if way == "all removed":
        client.delete_payload("c", [KEY], points=[point], wait=True)
    elif way == "removed":
        client.delete_payload("c", [f"{KEY}.{name}"], points=[point], wait=True)
    elif isinstance(sealed, dict):
        client.set_payload("c", {name: dict.fromkeys(sealed, other[way])}, points=[point], key=KEY, wait=True)
    else:
        client.set_payload("c", {name: other[way]}, points=[point], key=KEY, wait=True)
    assert answer(retriever) == "The kitchen claim of [PERSON] was reduced."
    assert TEXT in detector.searched


@pytest.mark.parametrize("index", [0, 1])
def test_neither_a_changed_mac_nor_a_changed_span_holds(index: int) -> None:
    made = Annotations.of(Keys.load(), "detector")
    sealed = made.sealed("Maria Keller", (Span(0, 12, "PERSON", 0.9, "keyword"),))
    assert sealed is not None
    assert made.spans(sealed, "Maria Keller") is not None
    assert made.spans(sealed, "Maria Kellers") is None
    assert made.spans(sealed[:1], "Maria Keller") is None
    assert made.spans([], "Maria Keller") is None
    sealed[index] = made.sealed("", ())[0] if index == 0 else [0, 11, "PERSON", 9000, "keyword"]  # type: ignore[index]
    assert made.spans(sealed, "Maria Keller") is None
