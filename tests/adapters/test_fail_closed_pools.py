"""Threads, forks and process pools over one retriever: no mixed answers, no deadlock."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest
from faults_support import CALL, DETECTOR, POLICY, SOAK, tickets
from langchain_support import vectorstore
from qdrant_support import HashEmbeddings, Server, answer, point

from needful.caching import TextCache
from needful.errors import AccessDenied, PolicyError, StoreError
from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger, PlainOperators
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client

THREADS = 64
CALLS = 20 if SOAK else 4
TENANTS = [f"tenant{number}" for number in range(8)]
SECONDS = 60

MANY = """
needful: 1
name: many
version: 1
purposes:
"""
PURPOSE = """
  purpose{number}:
    filter: {{metadata.tenant: {{equals: $principal.tenant}}}}
    when: {{role: [role{number}]}}
    fields: {{page_content: scan, metadata.tenant: {{action: keep, reason: a test}}}}
    entities: {{default: redact, EMAIL_ADDRESS: {{action: mask, keep_last: {number}}}}}
    detect: {{ner: none, reason: a test}}
"""
PURPOSES = 4


@pytest.fixture(scope="module")
def many() -> Iterator[NeedfulRetriever]:
    """A retriever over two tickets of each of eight tenants, with four purposes that mask differently."""
    client = embedded_client()
    store = vectorstore(
        client,
        [f"A claim of {tenant} number {n}, for {tenant}@mail.org." for tenant in TENANTS for n in range(2)],
        [{"tenant": tenant} for tenant in TENANTS for _ in range(2)],
    )
    policy = MANY + "".join(PURPOSE.format(number=number) for number in range(1, PURPOSES + 1))
    yield NeedfulRetriever.from_vectorstore(
        store,
        policy=Policy.parse(policy),
        ledger=MemoryLedger(),
        detector=KeywordDetector({"EMAIL_ADDRESS": r"\w+@\w+\.\w+"}),
        operators=PlainOperators(),
    )
    client.close()


def test_64_threads_of_different_purposes_and_principals_never_get_each_others_answers(many: NeedfulRetriever) -> None:
    barrier = threading.Barrier(THREADS)

    def work(thread: int) -> int:
        tenant, number = TENANTS[thread % len(TENANTS)], 1 + thread % PURPOSES
        principal = {"id": f"agent-{thread}", "tenant": tenant, "role": f"role{number}"}
        masked = f"{'*' * (len(tenant) + len('@mail.org') - number)}{'@mail.org'[-number:]}"
        barrier.wait(SECONDS)
        for _ in range(CALLS):
            release = many.release("the claim number 1", purpose=f"purpose{number}", principal=principal, k=2)
            texts = {document.text for document in release.documents}
            assert texts == {f"A claim of {tenant} number {n}, for {masked}." for n in range(2)}
            assert {document.fields["tenant"] for document in release.documents} == {tenant}
            with pytest.raises(AccessDenied):
                many.release("the claim", purpose=f"purpose{1 + number % PURPOSES}", principal=principal)
        return CALLS

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(work, range(THREADS), timeout=SECONDS * 3)) == THREADS * CALLS
    ledger: Any = many._pipeline.ledger
    assert [entry.outcome for entry in ledger.entries].count("released") == THREADS * CALLS
    assert [entry.outcome for entry in ledger.entries].count("refused") == THREADS * CALLS
    assert len({entry.principal for entry in ledger.entries}) == THREADS


# forks


def served(ledger: Any = None) -> NeedfulRetriever:
    """A retriever over a fake server that always answers the same two records."""
    payloads = [{"page_content": f"A claim number {n}, mail{n}@mail.org.", "metadata": {}} for n in (1, 2)]
    server = Server(answer([point(n, payload=payload) for n, payload in enumerate(payloads)]))
    return NeedfulRetriever.from_qdrant(
        server.client(),
        "tickets",
        policy=Policy.parse(POLICY),
        embeddings=HashEmbeddings(),
        ledger=MemoryLedger() if ledger is None else ledger,
        detector=DETECTOR,
        operators=PlainOperators(),
        k=2,
        **CALL,
    )


EXPECTED = [f"A claim number {n}, {'*' * (len('mail1@mail.org') - 4)}.org." for n in (1, 2)]


def in_child(context: BaseContext, work: Callable[[], Any]) -> Any:
    """What a forked process answers; a deadlock is a failure."""
    receiver, sender = context.Pipe(duplex=False)

    def answer() -> None:
        try:
            sender.send(work())
        except BaseException as error:  # noqa: BLE001 - it is told to the parent
            sender.send((type(error).__name__, getattr(error, "code", "")))

    process: Any = context.Process(target=answer)  # type: ignore[attr-defined]  # every context has it
    process.start()
    try:
        assert receiver.poll(SECONDS), "the child is stuck"
        return receiver.recv()
    finally:
        process.join(SECONDS)
        if process.is_alive():
            process.kill()


FORK = multiprocessing.get_context("fork")


def texts(retriever: NeedfulRetriever) -> list[str]:
    return [document.page_content for document in retriever.invoke("the claim")]


@pytest.mark.parametrize("used", [False, True])
def test_a_fork_before_or_after_use_answers_like_its_parent(used: bool) -> None:
    retriever = served()
    if used:
        assert texts(retriever) == EXPECTED
    assert in_child(FORK, lambda: texts(retriever)) == EXPECTED
    assert texts(retriever) == EXPECTED


def test_forks_while_other_threads_are_in_the_middle_of_calls_do_not_hang() -> None:
    retriever = served()
    over = threading.Event()

    def hammer() -> None:
        while not over.is_set():
            retriever.invoke("the claim", scope="conversation")

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40 if SOAK else 8):
            assert in_child(FORK, lambda: texts(retriever)) == EXPECTED
    finally:
        over.set()
        for thread in threads:
            thread.join(SECONDS)
    assert texts(retriever) == EXPECTED


def test_a_lock_that_another_thread_held_at_the_fork_is_free_in_the_child() -> None:
    cache: TextCache[int] = TextCache()
    cache.put(b"key", 7)
    with cache._lock:
        assert in_child(FORK, lambda: cache.get(b"key")) == 7
    assert cache.get(b"key") == 7


def test_forked_processes_write_one_ledger_with_their_parent(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db", timeout=SECONDS) as ledger:
        retriever = served(ledger)
        for _ in range(3):
            assert texts(retriever) == EXPECTED
            assert in_child(FORK, lambda: texts(retriever)) == EXPECTED
        assert ledger.verify().count == 6


def test_an_embedded_engine_refuses_to_work_in_a_fork_and_goes_on_in_its_parent() -> None:
    retriever = NeedfulRetriever.from_vectorstore(
        tickets().store, policy=Policy.parse(POLICY), ledger=MemoryLedger(), detector=DETECTOR, **CALL
    )
    assert len(retriever.invoke("the claim")) == 3

    def work() -> tuple[str, str]:
        with pytest.raises(StoreError) as refusal:
            retriever.invoke("the claim")
        tickets().client.close()
        return refusal.value.code, retriever._pipeline.ledger.entries[-1].reason  # type: ignore[attr-defined]

    assert in_child(FORK, work) == ("forked", "forked")
    assert len(retriever.invoke("the claim")) == 3, "the child's close took nothing away"


def spawned(number: int) -> tuple[int, list[str], str]:
    """What one call answers in a process of a pool, which makes its own retriever."""
    retriever = served()
    return os.getpid(), texts(retriever), repr(retriever._pipeline.ledger)


def test_a_pool_of_spawned_processes_makes_a_retriever_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*sys.path, str(Path(__file__).parent)]))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = list(pool.map(spawned, range(6), timeout=SECONDS * 3))
    assert all(found == EXPECTED for _, found, _ in answers)
    probe = LeakProbe(["mail1@mail.org", "mail2@mail.org"])
    probe.tap("entries", *[entries for *_, entries in answers])
    probe.assert_no_leak()


def test_a_retriever_does_not_travel_to_another_process_with_its_keys() -> None:
    with pytest.raises(PolicyError, match="make one in each process"), ProcessPoolExecutor(1, FORK) as pool:
        pool.submit(texts, served()).result(SECONDS)
