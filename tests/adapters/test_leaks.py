"""Two hundred canaries through every door: none may come out.

A canary is either something that the policy's recognizer finds (in scanned text, nested values, object keys,
questions), or a value in a field that the policy does not list, or a point's own id.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langchain_core._api import LangChainDeprecationWarning
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.load import dumps
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.context import collect_runs
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_support import vectorstore

from needful.errors import NeedfulError
from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful.testing import LeakProbe
from needful_langchain import NeedfulRetriever
from needful_qdrant import Bm25Embeddings, embedded_client

RECORDS = 20

POLICY = r"""
needful: 1
name: canaries
version: 1
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.notes: scan
      metadata.people[].name: {FIELD, entity: PERSON}
      metadata.extra.*: {FIELD}
      metadata.extra.hidden: omit
    entities: {default: {ENTITY}, POISON: deny}
    detect: {ner: none, reason: a test, known: [metadata.owner], min_score: 0.3, recognizers: [canary, poison]}
    limits: {records: 30}
    restore: {CANARY: {role: [investigator]}, PERSON: {role: [investigator]}}
recognizers:
  - {name: canary, entity: CANARY, regex: 'canary[0-9a-f]{16}', score: 0.9}
  - {name: poison, entity: POISON, regex: 'poison', score: 0.9}
""".replace("known: [metadata.owner]", "known: [{field: metadata.owner, entity: OWNER}]")

ACTIONS = [
    f"action: {name}"
    for name in (
        "redact",
        "pseudonymize",
        "hash",
        "mask, keep_last: 2",
        "drop-passage",
        "pseudonymize, lasting: true",
        "surrogate",
        "generalize, to: year",
        "custom, operator: replace, params: {new_value: X}",
    )
]
CALL: dict[str, Any] = {"purpose": "answer", "principal": {"id": "principal-canary", "tenant": "acme"}}


class Everything(BaseCallbackHandler):
    """Keeps whatever LangChain tells a callback."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
        self.told.append(("start", serialized, query, kwargs))

    def on_retriever_end(self, documents: Any, **kwargs: Any) -> None:
        self.told.append(("end", documents, kwargs))

    def on_retriever_error(self, error: BaseException, **kwargs: Any) -> None:
        self.told.append(("error", repr(error), str(error), repr(error.__context__), repr(error.__cause__), kwargs))


class Harness:
    """A collection full of canaries, a retriever over it, and the probe that knows them."""

    def __init__(self, folder: Path, action: str) -> None:
        self.probe = LeakProbe()
        self.unlisted = LeakProbe()
        self.wire: list[tuple[str, bytes]] = []
        self.client = embedded_client(folder / "qdrant", tap=self._tap)
        store = vectorstore(
            self.client,
            [self._text(number) for number in range(RECORDS)],
            [self._metadata() for _ in range(RECORDS)],
            ids=[self._id() for _ in range(RECORDS)],
            mode=RetrievalMode.HYBRID,
        )
        self.ledger_path = folder / "ledger" / "ledger.db"
        self.ledger_path.parent.mkdir()
        self.ledger = SqliteLedger(self.ledger_path)
        on_field = action if "drop" not in action else "action: redact"
        policy = Policy.parse(POLICY.replace("FIELD", on_field).replace("ENTITY", action))
        vault = folder / "vault" / "vault.db"
        self.retriever = NeedfulRetriever.from_vectorstore(store, policy=policy, ledger=self.ledger, vault=vault, k=5)

    def _tap(self, method: str, path: str, sent: bytes, answered: bytes) -> None:
        if path.endswith("/query"):
            self.wire.append((path, answered))

    def _id(self) -> str:
        return self.probe.adopt(str(uuid4()))

    def _text(self, number: int) -> str:
        owner = self.probe.plant("Owner {}")
        self.owner = owner
        return (
            f"A claim about water {number}. Then {self.probe.plant()} called. {owner} wrote twice: {self.probe.plant()}"
        )

    def _metadata(self) -> dict[str, Any]:
        hidden = self.unlisted.plant("hidden{}")
        self.probe.adopt(hidden)
        named = self.unlisted.plant("named{}")
        self.probe.adopt(named)
        return {
            "tenant": "acme",
            "owner": self.owner,
            "secret": {"deep": [hidden]},
            named: 1,
            "notes": {"by": self.probe.plant(), "deep": [{self.probe.plant(): self.probe.plant()}]},
            "people": [{"name": self.probe.plant("Nora {}"), "age": 7}],
            "extra": {self.probe.plant(): self.probe.plant("Nora {}"), "hidden": self.probe.plant("Nora {}")},
        }

    def question(self) -> str:
        """A question with a canary of its own."""
        return f"what about the water claim of {self.probe.plant()}?"

    def close(self) -> None:
        self.client.close()
        self.ledger.close()


@pytest.fixture(params=ACTIONS)
def harness(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """A harness under each action, with a directory for temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    made = Harness(tmp_path, request.param)
    yield made
    made.close()


def failing_calls(harness: Harness) -> Iterator[dict[str, Any]]:
    """Calls that are refused, with a canary wherever a caller can put one."""
    canary = harness.probe.plant
    yield {"query": harness.question(), "k": 31}
    yield {"query": harness.question(), "filter": {canary("metadata.{}"): canary()}}
    yield {"query": harness.question(), canary("argument{}"): canary()}
    yield {"query": harness.question(), "purpose": canary()}
    yield {"query": harness.question(), "principal": {"id": canary(), "tenant": [canary()]}}
    yield {"query": harness.question(), "principal": {"id": canary()}}
    yield {"query": f"poison {canary()}"}
    yield {"query": harness.question(), "filter": {"must": [{"has_id": [canary()]}]}}
    yield {"query": harness.question() + " " * 5, "score_threshold": canary()}


def _restore(harness: Harness) -> None:
    """Restoring is refused whoever may not; the error and its chain are a door like any other."""
    for who in ({"purpose": "answer", "principal": {"id": harness.probe.plant(), "role": "agent"}}, {}, CALL):
        with pytest.raises(NeedfulError) as caught:
            harness.retriever.restore(f"{harness.probe.plant()} [CANARY:0123456789AB]", **who)
        harness.probe.tap_exception("restore errors", caught.value)


def test_no_canary_comes_out_at_any_door(
    harness: Harness,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    probe, retriever = harness.probe, harness.retriever
    for name in (None, "needful", "qdrant_client", "httpx", "httpcore", "presidio-analyzer", "langchain", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as warned, collect_runs() as runs:
        warnings.simplefilter("always")
        _ask(harness)
        asyncio.run(_stream(harness))
        _fail(harness)
        _restore(harness)
    _chain(harness)
    assert len(probe.canaries) >= 200
    probe.tap("logs", caplog.text, *[record.__dict__ for record in caplog.records])
    assert warned, "LangChain warns that astream_log is deprecated, so there is something to look at"
    probe.tap("warnings", *[(str(w.message), w.category, w.filename, w.source) for w in warned])
    probe.tap("traced runs", *[run.__dict__ for run in runs.traced_runs])
    probe.tap("output", *capfd.readouterr())
    probe.tap("reprs", repr(retriever), str(retriever), dumps(retriever), retriever.model_dump_json())
    probe.tap("ledger entries", *[repr(stored) for stored in harness.ledger.entries()])
    assert (tmp_path / "ledger" / "ledger.db-wal").stat().st_size > 0
    probe.tap_files("ledger bytes", tmp_path / "ledger")
    probe.tap_files("vault bytes", tmp_path / "vault")
    probe.tap_files("temporary files", tmp_path / "tmp")
    assert harness.wire
    harness.unlisted.tap("wire", *[answered for _, answered in harness.wire])
    record_property("canaries", len(probe.canaries))
    record_property("hits", sum(probe.doors.values()) + sum(harness.unlisted.doors.values()))
    harness.unlisted.assert_no_leak()
    probe.assert_no_leak()
    assert sum(probe.doors.values()) == 0
    assert len(probe.doors) >= 12


def _ask(harness: Harness) -> None:
    retriever, probe = harness.retriever, harness.probe
    told = Everything()
    for _ in range(3):
        documents = retriever.invoke(harness.question(), {"callbacks": [told]}, **CALL)
        probe.tap("documents", documents, *[d.model_dump() for d in documents], *[d.id for d in documents])
        probe.tap("pickles", pickle.dumps(documents), copy.deepcopy(documents))
    assert documents, "there is something to look at"
    release = retriever.release(harness.question(), **CALL)
    probe.tap("release", release, release.receipt, [json.dumps(d.fields, default=str) for d in release.documents])
    with ThreadPoolExecutor(4) as pool:
        probe.tap("threads", *pool.map(lambda q: retriever.invoke(q, **CALL), [harness.question() for _ in range(8)]))
    probe.tap("callbacks", *told.told)


async def _stream(harness: Harness) -> None:
    retriever, probe = harness.retriever, harness.probe
    told = Everything()
    probe.tap("documents", await retriever.ainvoke(harness.question(), {"callbacks": [told]}, **CALL))
    for version in ("v1", "v2"):
        async for event in retriever.astream_events(harness.question(), {"callbacks": [told]}, version=version, **CALL):
            probe.tap(f"astream_events {version}", event)
    async for patch in retriever.astream_log(harness.question(), **CALL):
        probe.tap("astream_log", patch)
    async for chunk in retriever.astream(harness.question(), **CALL):
        probe.tap("astream", chunk)
    probe.tap("callbacks", *told.told)


def _chain(harness: Harness) -> None:
    """Run as part of a chain. Its own tracers see what the application put into it, so nobody traces here."""
    chain: Any = harness.retriever.bind(**CALL) | RunnableLambda(_page_contents)
    harness.probe.tap("chain", chain.batch([harness.question() for _ in range(3)]))


def _page_contents(found: list[Document]) -> str:
    return "\n".join(document.page_content for document in found)


def _fail(harness: Harness) -> None:
    told = Everything()
    for call in failing_calls(harness):
        arguments = {**CALL, **call}
        query = arguments.pop("query")
        with pytest.raises(NeedfulError) as failure:
            harness.retriever.invoke(query, {"callbacks": [told]}, **arguments)
        harness.probe.tap_exception("exceptions", failure.value)
        harness.probe.tap("pickled exceptions", pickle.dumps(failure.value))
        with pytest.raises(NeedfulError) as failure:
            asyncio.run(harness.retriever.ainvoke(query, {"callbacks": [told]}, **arguments))
        harness.probe.tap_exception("exceptions", failure.value)
    assert {kind for kind, *_ in told.told} == {"start", "error"}
    harness.probe.tap("callbacks on error", *told.told)


def test_the_probe_sees_what_the_plain_retriever_would_have_let_out(tmp_path: Path) -> None:
    harness = Harness(tmp_path, "action: redact")
    store = QdrantVectorStore(
        harness.client, "documents", sparse_embedding=Bm25Embeddings(), retrieval_mode=RetrievalMode.SPARSE
    )
    told = Everything()
    documents = store.as_retriever().invoke(harness.question(), {"callbacks": [told]})
    harness.probe.tap("documents", documents)
    harness.probe.tap("callbacks", *told.told)
    harness.unlisted.tap("wire", *[answered for _, answered in harness.wire])
    assert all(harness.probe.doors.values())
    assert all(harness.unlisted.doors.values())
    harness.close()


def test_the_probe_sees_what_logs_warnings_files_and_exceptions_would_have_let_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    probe = LeakProbe()
    canary = probe.plant()
    logging.getLogger("httpx").error("asked for %s", canary)
    (tmp_path / "left-behind").write_bytes(b"..." + canary.encode() + b"...")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        warnings.warn(canary, LangChainDeprecationWarning, stacklevel=1)
    probe.tap("logs", caplog.text, *[record.__dict__ for record in caplog.records])
    probe.tap("warnings", *[(str(w.message), w.category, w.filename, w.source) for w in warned])
    probe.tap_files("temporary files", tmp_path)
    probe.tap_exception("exceptions", ValueError(canary))
    assert {door for door, seen in probe.doors.items() if seen} == {"logs", "warnings", "temporary files", "exceptions"}


def test_a_client_that_was_given_raw_text_is_not_in_the_pipelines_reprs(tmp_path: Path) -> None:
    harness = Harness(tmp_path, "action: redact")
    store = harness.retriever._pipeline.store
    harness.probe.tap("store", repr(store), str(store), repr(harness.retriever._pipeline))
    harness.probe.assert_no_leak()
    harness.close()
