"""A collection is read point by point: every point once, in order, only the paths asked for, and on from any point."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient, models
from qdrant_support import Server

from needful.errors import StoreError
from needful.values import PointId, Record
from needful_qdrant import embedded_client
from needful_qdrant.reading import points

CANARY = "Zephyrine Quillfeather"
KINDS = ("embedded", "local")


@contextmanager
def collection(kind: str, payloads: dict[PointId, dict[str, Any]]) -> Iterator[QdrantClient]:
    """A collection that has these points, in an embedded Qdrant or in qdrant-client's own memory."""
    client = embedded_client() if kind == "embedded" else QdrantClient(":memory:")
    client.create_collection("tickets", sparse_vectors_config={"s": models.SparseVectorParams()})
    if payloads:
        made = [models.PointStruct(id=key, vector={}, payload=payload) for key, payload in payloads.items()]
        client.upsert("tickets", made, wait=True)
    try:
        yield client
    finally:
        client.close()


def scrolled(*answers: Any) -> Server:
    """A server that gives these points, answer by answer."""
    return Server(*(httpx.Response(200, json={"result": {"points": found}, "status": "ok"}) for found in answers))


def ids(found: Iterator[Record]) -> list[PointId]:
    return [record.id for record in found]


MIXED: list[PointId] = [1, 2, 70, 2**63, str(UUID(int=5)), str(UUID(int=2**100)), str(UUID(int=2**127))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", [1, 2, 3, 7, 64])
def test_every_point_comes_once_and_in_order(kind: str, batch: int) -> None:
    with collection(kind, {key: {"n": 1} for key in reversed(MIXED)}) as client:
        assert ids(points(client, "tickets", ["n"], batch=batch)) == MIXED


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_collection_has_no_points(kind: str) -> None:
    with collection(kind, {}) as client:
        assert ids(points(client, "tickets", ["n"])) == []


@settings(max_examples=30)
@given(st.sets(st.integers(0, 40), max_size=12), st.integers(0, 41), st.integers(1, 5))
def test_reading_goes_on_behind_any_point_whether_or_not_it_is_still_there(
    keys: set[int], after: int, batch: int
) -> None:
    with collection("local", {key: {} for key in keys}) as client:
        assert ids(points(client, "tickets", ["n"], after=after, batch=batch)) == sorted(k for k in keys if k > after)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(len(MIXED)))
def test_what_was_interrupted_goes_on_without_loss_or_repeat(kind: str, place: int) -> None:
    with collection(kind, {key: {} for key in MIXED}) as client:
        done = ids(itertools.islice(points(client, "tickets", [], batch=2), place + 1))
        assert done + ids(points(client, "tickets", [], after=done[-1], batch=2)) == MIXED


@pytest.mark.parametrize("kind", KINDS)
def test_a_point_that_goes_away_meanwhile_stops_nothing(kind: str) -> None:
    with collection(kind, {key: {} for key in range(1, 9)}) as client:
        found = points(client, "tickets", [], batch=2)
        first = [next(found).id, next(found).id]
        client.delete("tickets", models.PointIdsList(points=[3, 4]), wait=True)
        assert first + ids(found) == [1, 2, 3, 5, 6, 7, 8]  # 3 was here already


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_comes_but_the_paths_that_were_asked_for(kind: str) -> None:
    payload = {"text": "a", "metadata": {"tenant": "acme", "secret": CANARY}, "secret": CANARY}
    with collection(kind, {1: payload}) as client:
        (record,) = points(client, "tickets", ["text", "metadata.tenant"])
        assert record.payload == {"text": "a", "metadata": {"tenant": "acme"}}
        (bare,) = points(client, "tickets", [])
        assert bare.payload == {}


def test_a_server_is_asked_for_those_paths_only_and_never_for_vectors() -> None:
    server = scrolled([{"id": 1, "payload": {"text": "a", "secret": CANARY}}])
    (record,) = points(server.client(), "tickets", ["text"], batch=8)
    assert record.payload == {"text": "a"}
    (request,) = server.requests
    assert request["with_payload"] == {"include": ["text"]}
    assert request["with_vector"] is False
    assert request["limit"] == 9


def test_a_filter_of_the_application_s_own_goes_along() -> None:
    where = models.Filter(must=[models.FieldCondition(key="tenant", match=models.MatchValue(value="acme"))])
    with collection("embedded", {1: {"tenant": "acme"}, 2: {"tenant": "other"}, 3: {"tenant": "acme"}}) as client:
        assert ids(points(client, "tickets", ["tenant"], where=where, batch=1)) == [1, 3]


def test_memory_holds_a_batch_and_not_the_collection() -> None:
    first, second = ([{"id": n, "payload": {}} for n in range(start, start + 3)] for start in (1, 3))
    server = scrolled(first, second, [])
    found = points(server.client(), "tickets", [], batch=2)
    assert next(found).id == 1
    assert len(server.requests) == 1


def test_a_page_that_is_not_full_is_the_last_one() -> None:
    server = scrolled([{"id": 1}, {"id": 2}])
    assert ids(points(server.client(), "tickets", [], batch=2)) == [1, 2]
    assert len(server.requests) == 1


def test_a_server_that_is_away_for_a_moment_is_asked_again() -> None:
    server = Server(httpx.ConnectError(CANARY), httpx.Response(200, json={"result": {"points": []}, "status": "ok"}))
    assert ids(points(server.client(), "tickets", [])) == []
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.ConnectError(CANARY), "unreachable"),
        (httpx.ReadTimeout(CANARY), "deadline"),
        (httpx.Response(401, text=CANARY), "unauthorized"),
        (
            httpx.Response(404, json={"status": {"error": f"Not found: Collection `{CANARY}` doesn't exist!"}}),
            "collection-missing",
        ),
        (httpx.Response(500, text=CANARY), "store"),
        (httpx.Response(200, text=f"<html>{CANARY}"), "bad-answer"),
    ],
)
def test_a_failure_is_an_error_of_ours_and_never_an_end(answer: Any, code: str) -> None:
    full = httpx.Response(200, json={"result": {"points": [{"id": 1}, {"id": 2}]}, "status": "ok"})
    found = points(Server(full, answer).client(), "tickets", [], batch=1, retries=0)
    assert next(found).id == 1
    with pytest.raises(StoreError) as raised:
        list(found)
    assert raised.value.code == code
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "found",
    [
        [{"id": 2}, {"id": 1}],
        [{"id": 1}, {"id": 1}],
        [{"id": str(UUID(int=1))}, {"id": 1}],
        [{"id": CANARY}],
        [{"id": n} for n in range(1, 10)],
    ],
    ids=["backwards", "twice", "uuids first", "no id", "too many"],
)
def test_an_answer_that_is_none_is_an_error_and_no_loop(found: list[dict[str, Any]]) -> None:
    with pytest.raises(StoreError) as raised:
        list(points(scrolled(found, []).client(), "tickets", [], batch=4))
    assert raised.value.code == "bad-answer"
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_a_server_that_gives_the_same_page_again_is_found_out() -> None:
    page = [{"id": 1}, {"id": 2}, {"id": 3}]
    with pytest.raises(StoreError, match="not an answer"):
        list(points(scrolled(page, page).client(), "tickets", [], batch=2))


def test_what_is_no_path_is_refused_before_anything_is_asked() -> None:
    server = scrolled([])
    with pytest.raises(ValueError, match="key"):
        list(points(server.client(), "tickets", ["a..b"]))
    assert server.requests == []


def test_records_show_nothing_of_themselves() -> None:
    (record,) = points(scrolled([{"id": 1, "payload": {"text": CANARY}}]).client(), "tickets", ["text"])
    assert CANARY not in repr(record)
