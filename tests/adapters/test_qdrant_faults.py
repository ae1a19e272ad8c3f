from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_support import HashEmbeddings, Server, answer, ask, point, texts, vector_store

from needful.errors import StoreError
from needful.values import Fetch, Fetched
from needful_qdrant import QdrantStore, embedded_client

CANARY = "canary-value"
Reply = httpx.Response
Ask = Callable[..., Fetched]


@pytest.fixture(params=["sync", "async"])
def fetch_from(request: pytest.FixtureRequest) -> Ask:
    """Ask a fake server once, with a sync or an async client."""

    def once(server: Server, fetch: Fetch | None = None, **settings: Any) -> Fetched:
        if request.param == "sync":
            store = QdrantStore(server.client(), "tickets", embeddings=HashEmbeddings(), **settings)
            return store.fetch(fetch or ask(CANARY))
        store = QdrantStore(server.async_client(), "tickets", embeddings=HashEmbeddings(), **settings)
        return asyncio.run(store.afetch(fetch or ask(CANARY)))

    return once


def refusal(status: int, text: str = CANARY, **headers: str) -> Reply:
    return Reply(status, json={"status": {"error": text}, "time": 0.0}, headers=headers)


def chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *chain(error.__cause__), *chain(error.__context__)]


FAULTS: list[tuple[str, Reply | Exception]] = [
    ("collection-missing", refusal(404, "Not found: Collection `canary-value` doesn't exist!")),
    ("bad-answer", Reply(404, text=f"<html>{CANARY}</html>")),
    ("vector-mismatch", refusal(400, f"Wrong input: Not existing vector name error: {CANARY}")),
    ("vector-mismatch", refusal(400, "Wrong input: Vector dimension error: expected dim: 4, got 3")),
    ("index-missing", refusal(400, f'Bad request: Index required but not found for "{CANARY}"')),
    ("store", refusal(400)),
    ("store", refusal(500)),
    ("unauthorized", Reply(401, text=f"Must provide an API key, not {CANARY}")),
    ("unauthorized", refusal(403)),
    ("bad-answer", Reply(302, headers={"location": f"http://{CANARY}/"})),
    ("unreachable", httpx.ConnectError(CANARY)),
    ("unreachable", httpx.ConnectTimeout(CANARY)),
    ("unreachable", httpx.RemoteProtocolError(CANARY)),
    ("deadline", httpx.ReadTimeout(CANARY)),
    ("store", OSError(CANARY)),
    ("bad-answer", Reply(200, text=f"<html>{CANARY}</html>")),
    ("bad-answer", Reply(200, text='{"result": {"points": [{"id": 1, "pay')),
    ("bad-answer", Reply(200, text="")),
    ("bad-answer", Reply(200, json=[CANARY])),
    ("bad-answer", Reply(200, json={"result": None, "status": "ok"})),
    ("bad-answer", Reply(200, json={"result": {"points": CANARY}})),
    ("bad-answer", Reply(200, content=b'{"result": "\xff\xfe"}')),
    ("bad-answer", answer([{"version": 0, "score": 1.0, "payload": {"page_content": CANARY}}])),
    ("bad-answer", answer([point(payload=CANARY)])),
    ("bad-answer", answer([point(payload=[CANARY])])),
    ("bad-answer", answer([point(score=CANARY)])),
    ("bad-answer", answer([point(score=None)])),
    ("bad-answer", answer([point(identifier=[CANARY])])),
    ("bad-answer", answer([point(identifier="")])),
    ("bad-answer", answer([point(1), point(1)])),
    ("bad-answer", answer([point(n) for n in range(5)])),
]


@pytest.mark.parametrize(("code", "turn"), FAULTS)
def test_a_fault_becomes_a_static_error_with_a_code(fetch_from: Ask, code: str, turn: Reply | Exception) -> None:
    with pytest.raises(StoreError) as caught:
        fetch_from(Server(turn), retries=0)
    assert caught.value.code == code
    assert caught.value.hint
    assert [type(error) for error in chain(caught.value)] == [StoreError]
    assert CANARY not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


TRANSIENT = [
    *(refusal(status) for status in (408, 429, 502, 503, 504)),
    Reply(503, text=f"<html>{CANARY}</html>"),
    refusal(429, **{"Retry-After": "0"}),
    refusal(429, **{"Retry-After": "0.5"}),
    httpx.ConnectError(CANARY),
    httpx.ReadError(CANARY),
    httpx.ReadTimeout(CANARY),
]


@pytest.mark.parametrize("turn", TRANSIENT)
def test_a_passing_fault_is_tried_again(fetch_from: Ask, turn: Reply | Exception) -> None:
    server = Server(turn, answer([point()]))
    assert len(fetch_from(server).records) == 1
    assert len(server.requests) == 2


def test_tries_are_bounded(fetch_from: Ask) -> None:
    server = Server(refusal(503))
    with pytest.raises(StoreError) as caught:
        fetch_from(server, retries=2)
    assert (caught.value.code, len(server.requests)) == ("unreachable", 3)


@pytest.mark.parametrize("turn", [refusal(400), refusal(403), refusal(500), Reply(200, text="<html>")])
def test_a_lasting_fault_is_not_tried_again(fetch_from: Ask, turn: Reply) -> None:
    server = Server(turn)
    with pytest.raises(StoreError):
        fetch_from(server)
    assert len(server.requests) == 1


def test_retry_after_is_waited_for(fetch_from: Ask) -> None:
    started = time.monotonic()
    fetch_from(Server(refusal(429, **{"Retry-After": "1"}), answer([point()])))
    assert time.monotonic() - started >= 1


def test_a_retry_after_beyond_the_deadline_is_given_up_at_once(fetch_from: Ask) -> None:
    started = time.monotonic()
    with pytest.raises(StoreError) as caught:
        fetch_from(Server(refusal(429, **{"Retry-After": "3600"})), deadline=5)
    assert caught.value.code == "busy"
    assert time.monotonic() - started < 2


@pytest.fixture
def trickling() -> Iterator[int]:
    """A port where an answer comes a byte at a time and never ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n")
                while not over.wait(0.05):
                    connection.sendall(b" ")
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    over.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_the_deadline_holds_though_the_answer_trickles(trickling: int) -> None:
    client = QdrantClient(url=f"http://127.0.0.1:{trickling}", check_compatibility=False, trust_env=False)
    store = QdrantStore(client, "k", embeddings=HashEmbeddings(), deadline=0.5)
    started = time.monotonic()
    with pytest.raises(StoreError) as caught:
        store.fetch(ask())
    assert caught.value.code == "deadline"
    assert time.monotonic() - started < 2


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = QdrantClient(url=f"http://127.0.0.1:{port}", check_compatibility=False, trust_env=False)
    with pytest.raises(StoreError) as caught:
        QdrantStore(client, "k", embeddings=HashEmbeddings()).fetch(ask())
    assert caught.value.code == "unreachable"
    client.close()


def test_nobody_listening_on_grpc_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = QdrantClient(host="127.0.0.1", grpc_port=port, prefer_grpc=True, check_compatibility=False)
    with pytest.raises(StoreError) as caught:
        QdrantStore(client, "k", embeddings=HashEmbeddings(), deadline=5, retries=0).fetch(ask())
    assert caught.value.code == "unreachable"
    assert caught.value.__context__ is None
    client.close()


@pytest.mark.parametrize("place", ["embedded", "memory"])
def test_real_engines_faults_have_the_same_codes(place: str) -> None:
    client = embedded_client() if place == "embedded" else QdrantClient(":memory:")
    vector_store(client, texts(5))
    fits, short = HashEmbeddings(), HashEmbeddings(3)
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("collection-missing", "absent", {"embeddings": fits}),
        ("vector-mismatch", "tickets", {"embeddings": short}),
        ("vector-mismatch", "tickets", {"embeddings": fits, "vector_name": "absent"}),
    ]
    for code, collection, settings in cases:
        with pytest.raises(StoreError) as caught:
            QdrantStore(client, collection, **settings).fetch(ask(CANARY))
        assert caught.value.code == code
        assert caught.value.__context__ is None
    client.close()
    with pytest.raises(StoreError) as caught:
        QdrantStore(client, "tickets", embeddings=fits).fetch(ask())
    assert caught.value.code == "closed"


def test_points_that_were_excluded_and_come_all_the_same_are_a_bad_answer(fetch_from: Ask) -> None:
    with pytest.raises(StoreError) as caught:
        fetch_from(Server(answer([point(3)])), ask(exclude=(3,)))
    assert caught.value.code == "bad-answer"


def test_a_server_that_ignores_the_threshold_is_not_believed(fetch_from: Ask) -> None:
    server = Server(answer([point(1, score=0.9), point(2, score=0.1)]))
    assert [record.id for record in fetch_from(server, ask(min_score=0.5)).records] == [1]


def test_a_null_payload_is_an_empty_one(fetch_from: Ask) -> None:
    assert fetch_from(Server(answer([point(payload=None)]))).records[0].payload == {}


def test_every_request_names_what_it_includes_and_asks_for_no_vectors(fetch_from: Ask) -> None:
    server = Server(answer([]))
    params = models.SearchParams(exact=True)
    fetch_from(server, ask(include=("metadata.title", 'x[]."a b"')), search_type="mmr", search_params=params)
    fetch_from(server, ask(include=()))
    first, second = server.requests
    assert first["with_payload"] == {"include": ["metadata.title", 'x[]."a b"']}
    assert first["params"]["exact"] is True
    assert second["with_payload"] is False
    assert first["with_vector"] is second["with_vector"] is False
