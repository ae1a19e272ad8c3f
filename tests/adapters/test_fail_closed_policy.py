"""A policy that is missing, empty, invalid, or swapped while in use: the start is refused, or the old one stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from faults_support import CALL, DETECTOR, DOORS, POLICY, Bench, made_bench, tickets

from needful.errors import LedgerWriteError, NeedfulError, PolicyError
from needful.keys import Keys
from needful.policy import Policy
from needful.testing import LeakProbe, MemoryLedger, PlainOperators
from needful_langchain import NeedfulRetriever

STRICT = POLICY.replace("version: 1", "version: 2").replace("{action: mask, keep_last: 4}", "redact")


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    yield from made_bench(request.param, caplog, tmp_path)


def directory(path: Path) -> None:
    path.mkdir()


def text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content, "utf-8")

    return write


def all_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


BAD_FILES: dict[str, Callable[[Path], None]] = {
    "missing": lambda path: None,
    "empty": text(""),
    "blank": text("\n\n  \n"),
    "a directory": directory,
    "no YAML": text("{{{"),
    "no mapping": text("- canary\n"),
    "bytes": all_bytes,
    "cut": text(POLICY[: len(POLICY) // 2]),
    "no purposes": text("needful: 1\nname: a\nversion: 1\npurposes: {}\n"),
    "an unknown action": text(POLICY.replace("default: redact", "default: reveal")),
    "an unknown key": text(POLICY.replace("on_fault: withhold", "on_failure: release")),
    "a key twice": text(POLICY.replace("on_fault: withhold", "on_fault: withhold\n    on_fault: fail")),
    "keep without a reason": text(POLICY.replace("default: redact", "default: keep")),
    "another language version": text(POLICY.replace("needful: 1", "needful: 2")),
    "too long": text(POLICY + "# " + "x" * 300_000),
    "too deep": text(POLICY + "x: " + "[" * 500),
    "an alias bomb": text("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_retriever_does_not_start_with_a_bad_policy_file(tmp_path: Path, kind: str) -> None:
    BAD_FILES[kind](tmp_path / "policy.yaml")
    ledger = MemoryLedger()
    with pytest.raises(PolicyError) as refusal:
        NeedfulRetriever.from_vectorstore(
            tickets().store, policy=tmp_path / "policy.yaml", ledger=ledger, detector=DETECTOR
        )
    assert refusal.value.code
    assert refusal.value.__context__ is None
    assert ledger.entries == []


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_policy_file_is_never_swapped_in_and_its_rejection_is_recorded(bench: Bench, kind: str) -> None:
    path = bench.folder / "policy.yaml"
    BAD_FILES[kind](path)
    before = bench.retriever
    with pytest.raises(PolicyError) as refusal:
        bench.retriever.with_policy(path)
    bench.probe.tap_exception("exception", refusal.value)
    assert refusal.value.__context__ is None
    assert bench.last == ("refused", "policy-rejected")
    assert bench.entries[-1].policy == Policy.parse(POLICY).identity
    assert bench.retriever is before
    bench.ask()
    assert (bench.last, bench.entries[-1].policy.version) == (("released", ""), 1)


MISFITS = {
    "layout": POLICY.replace("version: 1", "version: 1\nlayout: {text: body}").replace("page_content", "body"),
    "policy-keys": POLICY.replace("version: 1", "version: 1\nkeys: env:OTHER_KEY"),
    "purpose-unknown": POLICY.replace("  answer:", "  profile:"),
    "embedder-missing": POLICY.replace("page_content: scan", "page_content: {action: scan, select: {by: embeddings}}"),
    "model-missing": POLICY.replace("ner: none, reason: a test", "ner: spacy:no_such_model"),
}


@pytest.mark.parametrize("code", MISFITS)
def test_a_policy_that_does_not_fit_the_set_up_is_rejected_and_recorded(bench: Bench, code: str) -> None:
    detector: dict[str, Any] = {"detector": None} if code == "model-missing" else {}
    bench.make(purpose="answer", **detector)
    retriever = bench.retriever
    if code == "embedder-missing":
        retriever = without_embedder(bench)
    with pytest.raises(PolicyError) as refusal:
        retriever.with_policy(Policy.parse(MISFITS[code]))
    assert refusal.value.code == code
    entry = bench.entries[-1]
    assert (entry.outcome, entry.reason, entry.purpose) == ("refused", "policy-rejected", "answer")


def without_embedder(bench: Bench) -> NeedfulRetriever:
    """The same tickets searched by words only."""
    from needful_qdrant import Bm25Embeddings

    return NeedfulRetriever.from_qdrant(
        tickets().client,
        "documents",
        policy=Policy.parse(POLICY),
        sparse_embeddings=Bm25Embeddings(),
        ledger=bench.ledger,
        detector=DETECTOR,
        purpose="answer",
    )


def test_lasting_tokens_of_a_new_policy_need_a_vault_that_opens(bench: Bench) -> None:
    (bench.folder / "vault.db").mkdir()
    lasting = POLICY.replace("PERSON: pseudonymize,", "PERSON: {action: pseudonymize, lasting: true},")
    bench.make(vault=bench.folder / "vault.db")
    swapped = bench.retriever.with_policy(Policy.parse(lasting))
    bench.retriever = swapped
    assert bench.fails(NeedfulError).code.startswith("vault-")


def test_a_rejection_that_cannot_be_recorded_is_a_ledger_error_and_nothing_is_swapped(bench: Bench) -> None:
    bench.make(ledger=MemoryLedger(fault=True))
    with pytest.raises(LedgerWriteError):
        bench.retriever.with_policy(bench.folder / "missing.yaml")


def test_a_new_policy_is_a_new_retriever_and_the_old_one_stays(bench: Bench) -> None:
    bench.make(purpose="answer", principal=CALL["principal"], k=2, tags=["mine"], metadata={"team": "x"})
    old = bench.retriever
    new = old.with_policy(Policy.parse(STRICT))
    assert new is not old
    assert (new.tags, new.metadata, new.is_bound) == (["mine"], {"team": "x"}, True)
    assert ".example" not in "".join(d.page_content for d in bench.door(new, bench.question))
    assert bench.entries[-1].policy.version == 2
    assert len(bench.door(old, bench.question)) == 2
    assert bench.entries[-1].policy.version == 1


def test_keys_tokens_and_what_was_detected_are_kept_over_a_swap(bench: Bench) -> None:
    class Counting:
        fingerprint = "counting"
        texts = 0

        def detect(self, found: Any) -> Any:
            self.texts += len(found)
            return DETECTOR.detect(found)

    detector = Counting()
    bench.make(detector=detector, keys=Keys(bytes(32)))
    first = bench.ask(scope="conversation")
    counted = detector.texts
    bench.retriever = bench.retriever.with_policy(Policy.parse(STRICT))
    second = bench.ask(scope="conversation")
    assert [d.metadata["name"] for d in first] == [d.metadata["name"] for d in second]
    assert [d.id for d in first] == [d.id for d in second]
    assert detector.texts == counted


def test_the_detectors_of_a_new_policy_are_its_own() -> None:
    policy = POLICY.replace("reason: a test", "reason: a test, recognizers: [word]")
    word = "recognizers: [{name: word, entity: WORD, regex: reduced, score: 0.9}]\n"
    ledger = MemoryLedger()
    old = NeedfulRetriever.from_vectorstore(tickets().store, policy=Policy.parse(POLICY), ledger=ledger)
    new = old.with_policy(Policy.parse(policy + word))
    documents = [r.invoke("kitchen claim", k=1, **CALL)[0].page_content for r in (old, new)]
    assert "was reduced." in documents[0]
    assert "was [WORD]." in documents[1]
    assert ledger.entries[0].detector != ledger.entries[1].detector


THREADS = 32
SWAPS = 1_000
EVERY = 40
"""So many swaps have a bad one among them."""


def test_a_policy_swapped_a_thousand_times_under_32_threads_is_one_policy_a_call(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(POLICY.replace("default: redact", "default: reveal"), "utf-8")
    loose, strict = Policy.parse(POLICY), Policy.parse(STRICT)
    ledger = MemoryLedger()
    current = [
        NeedfulRetriever.from_vectorstore(
            tickets().store, policy=loose, ledger=ledger, detector=DETECTOR, operators=PlainOperators(), **CALL
        )
    ]
    over = threading.Event()
    answered: SimpleQueue[int] = SimpleQueue()
    looks = {1: "mple, was", 2: "[EMAIL_ADDRESS], was"}
    digests = {loose.digest: 1, strict.digest: 2}

    def call(_: int) -> list[int]:
        seen = []
        while not over.is_set():
            release = current[0].release("the kitchen claim", k=1)
            version = digests[release.receipt.policy.digest]
            (document,) = release.documents
            assert looks[version] in document.text
            assert looks[3 - version] not in document.text
            assert release.receipt.counts["EMAIL_ADDRESS"] == ({"mask": 1} if version == 1 else {"redact": 1})
            seen.append(version)
            answered.put(version)
        return seen

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(call, n) for n in range(THREADS)]
        try:
            for swap in range(SWAPS):
                if swap % EVERY == 0:
                    with pytest.raises(PolicyError):
                        current[0].with_policy(broken)
                while not answered.empty():
                    answered.get()
                current[0] = current[0].with_policy(strict if swap % 2 == 0 else loose)
                while answered.get(timeout=30) != (2 if swap % 2 == 0 else 1):
                    pass  # the next swap waits until a call under this policy has come back
        finally:
            over.set()
    versions = [version for future in running for version in future.result(timeout=60)]
    assert min(versions.count(1), versions.count(2)) >= SWAPS // 2, "both policies answered, all the way"
    rejected = [entry for entry in ledger.entries if entry.reason == "policy-rejected"]
    assert len(rejected) == SWAPS // EVERY
    assert len(ledger.entries) == len(versions) + len(rejected)
    probe = LeakProbe(list(tickets().canaries))
    probe.tap("entries", *map(repr, ledger.entries))
    probe.assert_no_leak()
    assert len(versions) >= THREADS
