from __future__ import annotations

import asyncio
import copy
import math
import pickle
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from needful.annotations import Annotations
from needful.errors import (
    AccessDenied,
    DetectionError,
    LedgerWriteError,
    NeedfulError,
    PolicyError,
    StoreError,
)
from needful.pipeline import WITHHELD_QUERY
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger, MemoryStore
from needful.values import Condition, Entry, Fetch, Fetched, Filter, Principal, Receipt, Release, Span
from pipelines import DETECTOR, POLICY, Bench, request, ticket

Ask = Callable[..., Release]

SECRET = "maria@secret.example"


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Ask a bench, once through the sync and once through the async driver."""

    def sync(bench: Bench, query: str = "why was the claim reduced?", **given: Any) -> Release:
        return bench.ask(query, **given)

    def through_a_loop(bench: Bench, query: str = "why was the claim reduced?", **given: Any) -> Release:
        return asyncio.run(bench.pipeline.arelease(_request(query, **given)))

    return sync if request.param == "sync" else through_a_loop


_request = request


def texts(release: Release) -> list[str]:
    return [document.text for document in release.documents]


# the way of a datum


def test_a_question_gets_the_passages_it_needs_redacted(ask: Ask) -> None:
    bench = Bench([ticket("The claim was reduced for Tom Weiss. Mail help@home.org. It rained.", name="Tom Weiss")])
    release = ask(bench, "why was the claim of Tom Weiss reduced?")
    (document,) = release.documents
    assert document.text.startswith("The claim was reduced for [PERSON:")
    assert "rained" not in document.text
    assert document.fields["name"] in document.text
    assert document.counts == {"PERSON": {"pseudonymize": 2}}


def test_only_planned_fields_are_asked_for(ask: Ask) -> None:
    bench = Bench([ticket("a claim", secret="x")])
    ask(bench)
    (fetch,) = bench.store.fetches
    *planned, annotations = fetch.include
    assert planned == ["page_content", "metadata.title", "metadata.name", "metadata.notes"]
    assert annotations == Annotations.of(bench.pipeline.keys, DETECTOR.fingerprint).path


def test_the_policys_filter_and_the_callers_are_both_asked_for(ask: Ask) -> None:
    bench = Bench([ticket("a claim", product="home"), ticket("a claim", product="car")])
    mine = Filter(must=(Condition("metadata.product", "equals", "car"),))
    assert len(ask(bench, filter=mine).documents) == 1
    assert bench.store.fetches[0].filter.must == (Condition("metadata.tenant", "equals", "acme"), mine)


def test_a_known_value_is_found_in_the_text_in_any_case(ask: Ask) -> None:
    bench = Bench([ticket("The claim of TOM  WEISS was reduced.", name="Tom Weiss")])
    (document,) = ask(bench).documents
    assert document.text == f"The claim of {document.fields['name']} was reduced."


def test_nested_values_numbers_and_object_keys_under_a_scanned_field_are_searched(ask: Ask) -> None:
    notes = {"by": "a@b.org", "a@b.org": [1, 2.5, None, True, "call +4912345"], "n": 7}
    (document,) = ask(Bench([ticket("a claim", notes=["a@b.org", {"x": "see c@d.org"}]), ticket("a claim")])).documents[
        :1
    ]
    assert document.fields["notes"] == ["****org", {"x": "see ****org"}]
    dropped = ask(Bench([ticket("a claim", notes=notes)])).documents[0]
    assert "notes" not in dropped.fields, "a field with something that drops its passage is left out whole"


def test_the_same_value_has_the_same_token_in_question_text_and_metadata(ask: Ask) -> None:
    policy = POLICY.replace(
        "      EMAIL_ADDRESS: {action: mask, keep_last: 4}\n", "      EMAIL_ADDRESS: pseudonymize\n"
    )
    bench = Bench([ticket("The claim of a@b.org.", notes="from A@B.org")], policy=policy)
    release = ask(bench, "claim of a@b.org?")
    (document,) = release.documents
    token = document.fields["notes"].removeprefix("from ")
    assert token.startswith("[EMAIL_ADDRESS:")
    assert token in release.query
    assert token in document.text


def test_tokens_of_two_calls_differ_unless_the_application_names_their_scope(ask: Ask) -> None:
    bench = Bench([ticket("the claim", name="Tom Weiss")])
    first, second = (ask(bench).documents[0].fields["name"] for _ in range(2))
    assert first != second
    third, fourth = (ask(bench, scope="conversation-1").documents[0].fields["name"] for _ in range(2))
    assert third == fourth


def test_a_later_question_may_use_a_token_of_its_conversation_but_a_document_may_not(ask: Ask) -> None:
    bench = Bench([ticket("the claim", name="Tom Weiss")])
    token = ask(bench, scope="conversation-1").documents[0].fields["name"]
    planted = Bench([ticket(f"the claim of {token}")])
    planted.pipeline.scopes.tokens(planted.pipeline.keys, "conversation-1").pseudonym("PERSON", "Tom Weiss")
    assert ask(bench, f"the claim of {token}", scope="conversation-1").query == f"the claim of {token}"
    assert ask(bench, f"the claim of {token}").query == "the claim of [TOKEN]"
    assert texts(ask(planted, "the claim", scope="conversation-1")) == ["the claim of [TOKEN]"]


def test_what_looks_like_a_token_in_a_document_is_a_span(ask: Ask) -> None:
    (document,) = ask(Bench([ticket("the claim of [PERSON:7K3QF2MB] and [PERSON]")])).documents
    assert document.text == "the claim of [TOKEN] and [PERSON]"


def test_document_ids_are_keyed_and_stable_unless_the_policy_keeps_them(ask: Ask) -> None:
    records = [{"$id": "customer-4711", **ticket("the claim")}]
    first, second = (ask(Bench(records)).documents[0].id for _ in range(2))
    assert first == second
    assert "4711" not in first
    keeping = POLICY.replace("    fields:\n", "    fields:\n      $id: {action: keep, reason: ids are random}\n")
    assert ask(Bench(records, policy=keeping)).documents[0].id == "customer-4711"


# rules that withhold


def test_a_record_that_a_rule_drops_is_withheld_and_made_up_for(ask: Ask) -> None:
    bench = Bench(
        [ticket("claim one"), ticket("claim two, ssn 536-22-8741"), ticket("claim three"), ticket("claim four")]
    )
    release = ask(bench, k=3)
    assert texts(release) == ["claim one", "claim three", "claim four"]
    assert release.withheld == 1
    assert bench.ledger.entries[-1].withheld == {"drop-record": 1}
    assert [fetch.exclude for fetch in bench.store.fetches] == [(), (1, 2, 3)]


def test_making_up_ends_after_a_bounded_number_of_rounds(ask: Ask) -> None:
    bench = Bench([ticket(f"claim {n}, ssn 536-22-8741") for n in range(50)])
    release = ask(bench, k=2)
    assert (list(release.documents), release.withheld) == ([], 10)
    assert bench.ledger.entries[-1].rounds == 5


def test_a_passage_that_a_rule_drops_never_comes_out(ask: Ask) -> None:
    (document,) = ask(Bench([ticket("The claim was reduced, call +4912345. The claim is closed.")])).documents
    assert document.text == "The claim is closed."


def test_a_record_of_dropped_passages_only_is_withheld(ask: Ask) -> None:
    bench = Bench([ticket("The claim: call +4912345.")])
    assert ask(bench).withheld == 1
    assert bench.ledger.entries[-1].withheld == {"drop-passage": 1}


def test_a_denied_entity_in_a_record_refuses_the_whole_call(ask: Ask) -> None:
    bench = Bench([ticket("claim one"), ticket("pay the claim to bc1qxyz")])
    with pytest.raises(AccessDenied, match="policy denies") as refusal:
        ask(bench)
    assert refusal.value.code == "denied"
    assert bench.ledger.entries[-1].counts == {"CRYPTO": {"deny": 1}}


def test_a_denied_entity_in_the_question_refuses_it_before_anything_is_fetched(ask: Ask) -> None:
    bench = Bench([ticket("claim")])
    with pytest.raises(AccessDenied):
        ask(bench, "who owns bc1qxyz?")
    assert bench.store.fetches == []


def test_a_drop_rule_redacts_in_the_question(ask: Ask) -> None:
    assert ask(Bench([ticket("claim")]), "claim of 536-22-8741").query == "claim of [US_SSN]"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "text-missing"),
        (17, "text-not-a-string"),
        ({"a": "b"}, "text-not-a-string"),
        ("x" * 1_000_001, "text-too-long"),
    ],
)
def test_a_record_whose_text_is_no_text_is_withheld_with_its_reason(ask: Ask, text: Any, reason: str) -> None:
    bench = Bench([ticket("the claim"), ticket(text)])
    release = ask(bench)
    assert (texts(release), release.withheld) == (["the claim"], 1)
    assert bench.ledger.entries[-1].withheld == {reason: 1}


def test_a_record_without_its_text_field_is_withheld(ask: Ask) -> None:
    bench = Bench([{"metadata": {"tenant": "acme"}}])
    assert ask(bench).withheld == 1
    assert bench.ledger.entries[-1].withheld == {"text-missing": 1}


def test_a_record_that_no_longer_fits_the_characters_of_the_call_is_withheld(ask: Ask) -> None:
    bench = Bench([ticket("The claim is closed."), ticket("The claim is open.")], policy=_limited("characters: 25"))
    release = ask(bench)
    assert texts(release) == ["The claim is closed."]
    assert bench.ledger.entries[-1].withheld == {"characters": 1}


def _limited(limits: str) -> str:
    return POLICY.replace("limits: {records: 10,", f"limits: {{records: 10, {limits},")


# faults


@dataclass(frozen=True, slots=True)
class Broken:
    """A detector that fails on texts with a word, quoting them."""

    word: str
    error: type[Exception] = ValueError
    fingerprint: str = "broken"

    def detect(self, found: Sequence[str]) -> list[tuple[Span, ...]]:
        for text in found:
            if self.word in text:
                raise self.error(f"cannot read {text}")
        return DETECTOR.detect(found)


def test_a_detector_fault_withholds_its_own_record_only(ask: Ask) -> None:
    bench = Bench([ticket("claim one"), ticket("claim boom"), ticket("claim three")], detector=Broken("boom"))
    release = ask(bench)
    assert texts(release) == ["claim one", "claim three"]
    assert bench.ledger.entries[-1].withheld == {"detection-fault": 1}


def test_on_fault_fail_ends_the_call(ask: Ask) -> None:
    policy = POLICY.replace("    limits:", "    on_fault: fail\n    limits:")
    bench = Bench([ticket("claim one"), ticket("claim boom")], detector=Broken("boom"), policy=policy)
    with pytest.raises(DetectionError):
        ask(bench)
    assert bench.ledger.entries[-1].outcome == "failed"


@pytest.mark.parametrize("error", [ValueError, MemoryError, RecursionError, StopIteration])
def test_a_question_that_cannot_be_checked_is_not_asked(ask: Ask, error: type[Exception]) -> None:
    bench = Bench([ticket("claim")], detector=Broken("boom", error))
    with pytest.raises(DetectionError):
        ask(bench, "boom?")
    assert bench.store.fetches == []
    assert bench.ledger.entries[-1].outcome == "failed"


def test_an_answer_beyond_its_limit_is_a_fault(ask: Ask) -> None:
    class Generous(MemoryStore):
        def fetch(self, fetch: Fetch) -> Fetched:
            answer = super().fetch(fetch)
            return Fetched(answer.records * 2, answer.bytes)

    with pytest.raises(StoreError, match="more records"):
        ask(Bench(store=Generous([ticket("claim")], in_order=True)), k=1)


@pytest.mark.parametrize("error", [StoreError("no answer", code="deadline"), RuntimeError(SECRET), KeyError(SECRET)])
def test_a_store_fault_is_a_store_error_without_the_stores_words(ask: Ask, error: Exception) -> None:
    bench = Bench(store=MemoryStore([], fault=error))
    with pytest.raises(StoreError) as failure:
        ask(bench)
    assert SECRET not in "".join(traceback.format_exception(failure.value))
    assert bench.ledger.entries[-1].reason == failure.value.code


def test_what_a_store_hangs_on_our_own_errors_does_not_come_along(ask: Ask) -> None:
    fault = StoreError("no answer", code="deadline")
    fault.add_note(SECRET)
    fault.answer = SECRET  # type: ignore[attr-defined]
    with pytest.raises(StoreError) as failure:
        ask(Bench(store=MemoryStore([], fault=fault)))
    probe = LeakProbe([SECRET])
    probe.tap_exception("exception", failure.value)
    probe.assert_no_leak()
    assert failure.value.code == "deadline"


def test_nothing_is_released_if_the_ledger_cannot_be_written(ask: Ask) -> None:
    with pytest.raises(LedgerWriteError):
        ask(Bench([ticket("the claim")], ledger=MemoryLedger(fault=True)))


def test_a_foreign_ledgers_fault_is_a_ledger_error(ask: Ask) -> None:
    class Full:
        def append(self, entry: Entry) -> Receipt:
            raise OSError(28, SECRET)

    with pytest.raises(LedgerWriteError) as failure:
        ask(Bench([ticket("the claim")], ledger=Full()))
    assert SECRET not in "".join(traceback.format_exception(failure.value))


def test_the_entry_is_durable_before_documents_return(ask: Ask) -> None:
    order: list[str] = []

    class Watching(MemoryLedger):
        def append(self, entry: Entry) -> Receipt:
            order.append("recorded")
            return super().append(entry)

    release = ask(Bench([ticket("the claim")], ledger=Watching()))
    order.append("returned")
    assert order == ["recorded", "returned"]
    assert release.receipt.sequence == 1


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_call_leaves_an_entry_and_releases_nothing(interruption: type[BaseException]) -> None:
    class Interrupted(MemoryStore):
        def fetch(self, fetch: Fetch) -> Fetched:
            raise interruption

    bench = Bench(store=Interrupted([]))
    with pytest.raises(interruption):
        bench.ask()
    assert bench.ledger.entries[-1].reason == "interrupted"


async def test_a_cancelled_call_leaves_an_entry_and_releases_nothing() -> None:
    class Slow(MemoryStore):
        async def afetch(self, fetch: Fetch) -> Fetched:
            await asyncio.sleep(60)
            return self.fetch(fetch)

    bench = Bench(store=Slow([ticket("the claim")]))
    task = asyncio.create_task(bench.pipeline.arelease(_request()))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [entry.reason for entry in bench.ledger.entries] == ["interrupted"]


# refusals and what is recorded


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"purpose": "profiling"}, "purpose-unknown"),
        ({"purpose": None}, "purpose-missing"),
        ({"principal": None}, "principal-missing"),
        ({"k": 11}, "k-above-limit"),
        ({"unlisted": ("with_payload",)}, "argument-not-allowed"),
        ({"conflicts": ("purpose",)}, "bound"),
        ({"query": " \u200b\n"}, "query-empty"),
        ({"filter": Filter(must=(Condition("metadata.name", "equals", SECRET),))}, "not-filterable"),
    ],
)
def test_a_refusal_is_recorded_and_fetches_nothing(ask: Ask, given: dict[str, Any], code: str) -> None:
    bench = Bench([ticket("the claim")])
    with pytest.raises(AccessDenied) as refusal:
        ask(bench, **given)
    (entry,) = bench.ledger.entries
    assert (entry.outcome, entry.reason, refusal.value.code) == ("refused", code, code)
    assert bench.store.fetches == []


def test_a_purpose_that_the_policy_does_not_have_is_not_named_in_the_ledger(ask: Ask) -> None:
    bench = Bench()
    with pytest.raises(AccessDenied):
        ask(bench, purpose=SECRET)
    assert bench.ledger.entries[0].purpose == "<unlisted>"


def test_the_entry_says_what_was_done_and_nothing_that_was_said(ask: Ask) -> None:
    bench = Bench([ticket(f"The claim of {SECRET} was reduced. It rained.", title="Home", name="Tom Weiss")])
    release = ask(bench, f"the claim of {SECRET}")
    (entry,) = bench.ledger.entries
    assert (entry.outcome, entry.purpose, entry.policy.name, entry.policy.version) == (
        "released",
        "answer",
        "tickets",
        7,
    )
    assert entry.policy.digest == bench.pipeline.policy.digest
    assert entry.counts == {"EMAIL_ADDRESS": {"mask": 1}, "PERSON": {"pseudonymize": 1}, "metadata.title": {"keep": 1}}
    assert entry.query_counts == {"EMAIL_ADDRESS": {"mask": 1}}
    assert (entry.records_fetched, entry.records_disclosed, entry.passages) == (1, 1, 1)
    assert entry.characters_disclosed == len(release.documents[0].text) < entry.characters_fetched
    assert set(entry.timings) == {"plan", "request", "fetch", "detect", "select", "transform"}
    assert SECRET not in repr(entry)
    assert "agent-7" not in repr(entry)


def test_a_question_asked_twice_has_the_same_query_hash(ask: Ask) -> None:
    bench = Bench([ticket("the claim")])
    ask(bench, "the claim?")
    ask(bench, "the claim?")
    assert len({entry.query for entry in bench.ledger.entries}) == 1


def test_a_refused_question_is_withheld_from_tracers() -> None:
    call = Bench().pipeline.begin(_request(f"of {SECRET}?", k=99))
    assert call.query == WITHHELD_QUERY
    with pytest.raises(AccessDenied):
        call.run()


# nothing raw in exceptions


def test_an_exception_carries_no_raw_text_in_words_chain_or_frames(ask: Ask) -> None:
    probe = LeakProbe([SECRET])
    for bench, query in (
        (Bench([ticket(f"claim {SECRET} bc1q")]), "the claim"),
        (Bench([ticket(SECRET)], store=MemoryStore([], fault=RuntimeError(SECRET))), SECRET),
        (Bench([ticket(f"boom {SECRET}")], detector=Broken("boom")), f"boom {SECRET}"),
        (Bench([ticket(SECRET)], ledger=MemoryLedger(fault=True)), SECRET),
        (Bench([ticket(SECRET)]), f"bc1q {SECRET}"),
    ):
        with pytest.raises(NeedfulError) as failure:
            ask(bench, query)
        probe.tap_exception("exception", failure.value)
        assert failure.value.__context__ is None
        assert failure.value.__cause__ is None
    probe.assert_no_leak()


def test_an_unexpected_fault_is_logged_by_class_and_place_only(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(store=MemoryStore([], fault=RuntimeError(SECRET)))
    with pytest.raises(StoreError):
        bench.ask()
    assert "RuntimeError at " in caplog.text
    assert SECRET not in caplog.text


def test_a_call_runs_once() -> None:
    call = Bench([ticket("the claim")]).pipeline.begin(_request())
    call.run()
    with pytest.raises(NeedfulError, match="runs once"):
        call.run()


def test_a_call_shows_and_gives_away_nothing() -> None:
    call = Bench().pipeline.begin(_request(SECRET))
    assert repr(call) == "Call(…)"
    for copying in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            copying(call)


# set-up


def test_selection_by_embeddings_needs_an_embedder() -> None:
    policy = POLICY.replace("page_content: scan", "page_content: {action: scan, select: {by: embeddings}}")
    with pytest.raises(PolicyError, match="no embedding model"):
        Bench(policy=policy)


class Closing:
    """Embeds what is closed beside every question, and all else far from it."""

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]

    def embed_documents(self, found: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] if "closed" in text else [0.0, 1.0] for text in found]


def test_passages_are_chosen_by_embeddings_where_the_policy_says_so(ask: Ask) -> None:
    policy = POLICY.replace("page_content: scan", "page_content: {action: scan, select: {by: embeddings}}")
    policy = policy.replace("passages: 2", "passages: 1")
    bench = Bench([ticket("The claim was reduced. The file is closed.")], policy=policy, embedder=Closing())
    assert texts(ask(bench, "what happened at last?")) == ["The file is closed."]


def test_passages_are_chosen_by_words_as_well_as_by_embeddings(ask: Ask) -> None:
    policy = POLICY.replace("page_content: scan", "page_content: {action: scan, select: {by: embeddings}}")
    policy = policy.replace("passages: 2", "passages: 1")
    held = "The file is closed. The claim was reduced. The claim was closed."
    bench = Bench([ticket(held)], policy=policy, embedder=Closing())
    assert texts(ask(bench, "why was the claim reduced?")) == ["The claim was closed."]


def test_many_threads_share_a_pipeline_without_mixing_answers() -> None:
    records = [ticket(f"claim number{n} of user{n}@mail.org") for n in range(20)]
    bench = Bench(store=MemoryStore(records))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: texts(bench.ask(f"claim number{n}", k=1)), [n % 20 for n in range(200)]))
    assert all(
        answer == [f"claim number{n % 20} of {'*' * (len(f'user{n % 20}@mail.org') - 4)}.org"]
        for n, answer in enumerate(answers)
    )
    assert len(bench.ledger.entries) == 200


# what a hostile or broken part may do


class Panic(BaseException):
    """As a Rust library raises through pyo3, quoting the string that it choked on."""


@dataclass(frozen=True, slots=True)
class Panicking:
    """A detector that raises what is no Exception, on texts with a word."""

    word: str
    error: type[BaseException]
    fingerprint: str = "panicking"

    def detect(self, found: Sequence[str]) -> list[tuple[Span, ...]]:
        if any(self.word in text for text in found):
            raise self.error(SECRET)
        return DETECTOR.detect(found)


@pytest.mark.parametrize("query", ["boom?", "the claim"])
def test_a_panic_of_a_library_is_a_fault_without_its_words(ask: Ask, query: str) -> None:
    probe = LeakProbe([SECRET])
    policy = POLICY.replace("    limits:", "    on_fault: fail\n    limits:")
    bench = Bench([ticket(f"boom {SECRET}")], detector=Panicking("boom", Panic), policy=policy)
    with pytest.raises(DetectionError) as failure:
        ask(bench, query)
    probe.tap_exception("exception", failure.value)
    probe.assert_no_leak()
    assert bench.ledger.entries[-1].outcome == "failed"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("query", ["boom?", "the claim"])
def test_an_interruption_leaves_without_its_words_and_is_recorded(
    interruption: type[BaseException], query: str
) -> None:
    probe = LeakProbe([SECRET])
    bench = Bench([ticket("boom")], detector=Panicking("boom", interruption))
    with pytest.raises(interruption) as failure:
        bench.ask(query)
    probe.tap_exception("exception", failure.value)
    probe.assert_no_leak()
    assert bench.ledger.entries[-1].reason == "interrupted"


def _deep(levels: int) -> Any:
    nested: Any = "x"
    for _ in range(levels):
        nested = [nested]
    return nested


class Unwritable:
    """Something that a store in this process may hold, and that cannot be written out."""

    def __str__(self) -> str:
        raise ValueError(SECRET)


MALFORMED: dict[str, Any] = {
    "deep": _deep(5_000),
    "long number": 10**5_000,
    "unwritable": Unwritable(),
    "unwritable within": {"a": [Unwritable()]},
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_one_record_that_cannot_be_read_is_withheld_alone(ask: Ask, kind: str) -> None:
    bench = Bench([ticket("claim one"), ticket("claim two", notes=MALFORMED[kind])])
    assert texts(ask(bench)) == ["claim one"]
    assert bench.ledger.entries[-1].withheld == {"record-malformed": 1}


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_is_disclosed_as_nothing_with_the_other_fields(ask: Ask, text: str) -> None:
    (document,) = ask(Bench([ticket(text, title="Home")])).documents
    assert (document.text, document.fields) == ("", {"title": "Home"})


def test_an_entity_that_a_detector_made_up_is_not_named_in_the_ledger(ask: Ask) -> None:
    bench = Bench([ticket("the claim of Maria")], detector=KeywordDetector({"SECRET_MARIA": "Maria"}))
    (document,) = ask(bench, "Maria?").documents
    assert document.text == "the claim of [SECRET_MARIA]"
    entry = bench.ledger.entries[-1]
    assert entry.counts == entry.query_counts == {"<unlisted>": {"redact": 1}}


@pytest.mark.parametrize("threshold", [math.nan, math.inf, -math.inf, 10**40])
def test_a_threshold_that_is_no_usable_number_is_refused(ask: Ask, threshold: float) -> None:
    with pytest.raises(AccessDenied):
        ask(Bench([ticket("the claim")]), score_threshold=threshold)


def test_a_principal_whose_attribute_is_not_finite_meets_no_filter(ask: Ask) -> None:
    policy = POLICY.replace("{equals: $principal.tenant}", "{range: {lte: $principal.level}}")
    for level in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="finite"):
            Principal.of({"id": "a", "level": level})
        with pytest.raises(AccessDenied):
            ask(Bench([ticket("the claim")], policy=policy), principal=Principal("a", {"level": level}))


def test_the_released_question_does_not_name_whom_the_records_name(ask: Ask) -> None:
    bench = Bench([ticket("the claim of Tom Weiss", name="Tom Weiss")])
    release = ask(bench, "why was the claim of tom weiss reduced?")
    assert release.query == f"why was the claim of {release.documents[0].fields['name']} reduced?"


async def test_anyio_knows_its_own_cancellation_again() -> None:
    class Slow(MemoryStore):
        async def afetch(self, fetch: Fetch) -> Fetched:
            await asyncio.sleep(60)
            return self.fetch(fetch)

    bench = Bench(store=Slow([ticket("the claim")]))
    with anyio.move_on_after(0.2) as scope:
        await bench.pipeline.arelease(_request())
    assert scope.cancelled_caught
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.2):
            await bench.pipeline.arelease(_request())
    assert [entry.reason for entry in bench.ledger.entries] == ["interrupted", "interrupted"]


def test_a_generator_exit_of_a_detector_is_a_fault_without_its_words(ask: Ask) -> None:
    probe = LeakProbe([SECRET])
    policy = POLICY.replace("    limits:", "    on_fault: fail\n    limits:")
    bench = Bench([ticket("boom")], detector=Panicking("boom", GeneratorExit), policy=policy)
    with pytest.raises(DetectionError) as failure:
        ask(bench)
    probe.tap_exception("exception", failure.value)
    probe.assert_no_leak()


@pytest.mark.parametrize(
    "error",
    [LedgerWriteError(SECRET), AccessDenied(SECRET, code="denied-raw"), PolicyError(SECRET), GeneratorExit(SECRET)],
)
def test_what_is_not_a_stores_to_raise_is_recorded_as_its_fault(ask: Ask, error: Exception) -> None:
    class Odd(MemoryStore):
        def fetch(self, fetch: Fetch) -> Fetched:
            raise error

        async def afetch(self, fetch: Fetch) -> Fetched:
            if isinstance(error, GeneratorExit):
                raise StoreError("the store failed", code="store-fault")
            raise error

    bench = Bench(store=Odd([]))
    with pytest.raises(StoreError) as failure:
        ask(bench)
    assert SECRET not in str(failure.value)
    assert (bench.ledger.entries[-1].outcome, bench.ledger.entries[-1].reason) == ("failed", "store-fault")


def test_the_released_question_tells_nothing_of_withheld_records(ask: Ask) -> None:
    bench = Bench([ticket("the claim, ssn 536-22-8741", name="Tom Weiss")])
    release = ask(bench, "the claim of Tom Weiss")
    assert (release.query, release.withheld) == ("the claim of Tom Weiss", 1)


def test_a_question_that_its_records_make_a_denied_one_discloses_nothing(ask: Ask) -> None:
    policy = POLICY.replace("PERSON: pseudonymize\n      EMAIL", "PERSON: deny\n      EMAIL")
    bench = Bench([ticket("the claim", name="Tom Weiss")], policy=policy)
    with pytest.raises(AccessDenied):
        ask(bench, "the claim of Tom Weiss")
    entry = bench.ledger.entries[-1]
    assert (entry.outcome, entry.records_disclosed, entry.characters_disclosed, entry.passages) == ("refused", 0, 0, 0)


def test_the_entry_counts_what_was_redacted_in_the_released_question(ask: Ask) -> None:
    bench = Bench([ticket("the claim", name="Tom Weiss")])
    ask(bench, "the claim of Tom Weiss")
    assert bench.ledger.entries[-1].query_counts == {"PERSON": {"pseudonymize": 1}}


def test_no_frame_of_ours_keeps_fetched_records(ask: Ask) -> None:
    probe = LeakProbe([SECRET])
    for bench in (
        Bench([ticket(f"claim {SECRET} bc1q")]),
        Bench([ticket(f"claim {SECRET}")], ledger=MemoryLedger(fault=True)),
    ):
        with pytest.raises(NeedfulError) as failure:
            ask(bench)
        probe.tap_exception("exception", failure.value)
    probe.assert_no_leak()


@pytest.mark.parametrize(("code", "kept"), [(None, None), (3, 3), (SECRET, 1)])
def test_a_programs_end_keeps_its_status_and_no_text(code: object, kept: object) -> None:
    class Ending(MemoryStore):
        def fetch(self, fetch: Fetch) -> Fetched:
            raise SystemExit(code)

    with pytest.raises(SystemExit) as end:
        Bench(store=Ending([])).ask()
    assert end.value.code == kept


class QuotingLedger:
    """A ledger that is interrupted with a text of its own."""

    def append(self, entry: Entry) -> Receipt:
        raise KeyboardInterrupt("canary")


@pytest.mark.parametrize("k", [2, 1000])
def test_an_interruption_of_the_ledger_quotes_nothing_whether_the_call_was_refused_or_not(k: int) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        Bench([ticket("A flood.")], ledger=QuotingLedger()).ask("canary", k=k)
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"
