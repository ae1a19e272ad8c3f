"""The policy enforcement point: request → plan → fetch → release.

`Pipeline.begin` decides and screens the question; `Call.run` and `Call.arun` drive the rest. Nothing is released before
its ledger entry is durable, and no exception leaves with raw text in its message, its chain or its frames.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from needful.annotations import Annotations
from needful.caching import TextCache
from needful.detection import Allowance, SpanCache
from needful.enforcement import Enforcer
from needful.errors import AccessDenied, LedgerWriteError, NeedfulError, PolicyError, StoreError, VaultError
from needful.faults import bare, interrupts, safe
from needful.keys import Keys
from needful.mentions import Signs
from needful.planning import Plan, plan
from needful.policy import Policy
from needful.policy.document import Omit
from needful.policy.walking import needs_of
from needful.ports import Detector, Embedder, Ledger, Operators, Store, Surrogates, Vault
from needful.relevance import Analysis
from needful.restoring import Restorer
from needful.tally import Tally
from needful.tokens import Scopes, Tokens
from needful.transforms import Transformer
from needful.values import UNLISTED, Document, Fetch, Fetched, Receipt, Release, Request

__all__ = ["WITHHELD_QUERY", "Call", "Pipeline"]

WITHHELD_QUERY = "[query withheld]"
"""What tracers see of a question that was refused or could not be checked."""

logger = logging.getLogger("needful")

Steps = Generator[Fetch, Fetched, tuple[list[Document], str]]


@dataclass(frozen=True, slots=True, repr=False)
class Pipeline:
    """A policy with its store, detectors, operators, ledger and keys. Safe from several threads and event loops."""

    policy: Policy
    store: Store
    detector_for: Callable[[str], Detector]
    """Purpose name to detector: purposes ask for different entities."""
    operators: Operators
    ledger: Ledger
    keys: Keys
    vault: Vault | None = None
    """Where lasting tokens are kept; None where no rule makes any."""
    surrogates: Surrogates | None = None
    """What makes made-up values; None where no rule asks for any."""
    embedder: Embedder | None = None
    """The application's embedding model: only used where a purpose selects passages by embeddings."""
    cache: SpanCache = field(default_factory=SpanCache)
    analyses: TextCache[Analysis] = field(default_factory=TextCache)
    signs: TextCache[Signs] = field(default_factory=TextCache)
    scopes: Scopes = field(default_factory=Scopes)

    def __post_init__(self) -> None:
        """Raise `PolicyError` where a rule needs an embedder, a vault or surrogates, and there is none."""
        if self.embedder is None and any(_selects_by_embeddings(self.policy, name) for name in self.policy.purposes):
            raise PolicyError(
                "a purpose selects passages by embeddings, and there is no embedding model",
                code="embedder-missing",
                hint="give embeddings, or remove select: {by: embeddings} from the policy",
            )
        needs = needs_of(self.policy.document)
        if needs.vault and self.vault is None:
            raise PolicyError(
                "the policy has lasting tokens, and there is no vault", code="vault-missing", hint="give vault="
            )
        if needs.surrogates and self.surrogates is None:
            raise PolicyError(
                "the policy has surrogates, and nothing makes them", code="surrogates-missing", hint="give surrogates="
            )

    def __repr__(self) -> str:
        return f"Pipeline(policy={self.policy.name!r}, version={self.policy.version})"

    @property
    def restorer(self) -> Restorer:
        """What turns lasting tokens back into values, by the same policy, keys, ledger and vault."""
        return Restorer(self.policy, self.keys, self.ledger, self.vault)

    def begin(self, request: Request) -> Call:
        """Plan the request and screen its question. Never raises: a refusal is raised, once recorded, by `Call.run`."""
        call = Call(self, Tally(self.policy.identity, purpose=self._listed(request.purpose)))
        try:
            call.screen(request)
        except BaseException as error:  # noqa: BLE001 - foreign code ran; what it raised may quote the question
            call.refusal = bare(safe(error))
        return call

    def release(self, request: Request) -> Release:
        """Answer one question. Raises what `Call.run` raises."""
        call = self.begin(request)
        del request  # it holds the question, and this frame may leave with an exception
        return call.run()

    async def arelease(self, request: Request) -> Release:
        """Answer one question without blocking the event loop."""
        call = await asyncio.to_thread(self.begin, request)
        del request
        return await call.arun()

    def record_rejection(self, purpose: str | None = None) -> None:
        """Record that another policy was to take this one's place and could not. Raises `LedgerWriteError`."""
        call = Call(self, Tally(self.policy.identity, purpose=self._listed(purpose)))
        call.refusal = AccessDenied("the policy was rejected", code="policy-rejected")
        with suppress(AccessDenied):
            call.run()

    def document_id(self, point_id: str) -> str:
        """The keyed hash under which applications know a point: stable, and no way back to the id."""
        return self.keys.mac("document-id", point_id).hex()[:32]

    def _listed(self, purpose: str | None) -> str:
        return purpose if purpose is not None and purpose in self.policy.purposes else UNLISTED


def _selects_by_embeddings(policy: Policy, name: str) -> bool:
    rules = (rule for several in policy.purposes[name].fields.values() for rule in several)
    selects = (rule.select for rule in rules if not isinstance(rule, Omit))
    return any(select is not None and select.by == "embeddings" for select in selects)


class Call:
    """One question on its way. `query` is what tracers may see of it. Run it once."""

    __slots__ = ("_pipeline", "_steps", "_tally", "_tokens", "_unrecorded", "query", "refusal")

    def __init__(self, pipeline: Pipeline, tally: Tally) -> None:
        self._pipeline = pipeline
        self._tally = tally
        self._steps: Steps | None = None
        self._tokens: Tokens | None = None
        self._unrecorded = [True]  # popped by whoever records: a call has one entry, whatever its threads still do
        self.query = WITHHELD_QUERY
        self.refusal: BaseException | None = None

    def __repr__(self) -> str:
        return "Call(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a call cannot be pickled: it holds the question")

    def screen(self, request: Request) -> None:
        """Plan, and redact the question. Raises what planning and detection raise."""
        pipeline, tally = self._pipeline, self._tally
        if request.principal is not None:
            tally.principal = pipeline.keys.mac("principal", request.principal.id).hex()
        with tally.stage("plan"):
            decided = plan(pipeline.policy, request)
            tally.fields = decided.include
            kept = pipeline.vault.has if pipeline.vault else None
            self._tokens = pipeline.scopes.tokens(pipeline.keys, request.scope, kept)
            enforcer = self._enforcer(decided, self._tokens)
        with tally.stage("request"):
            screened = enforcer.screen(request.query)
        tally.query_counts = enforcer.listed(screened.counts)
        tally.query = pipeline.keys.mac("query", screened.text).hex()
        self._steps = enforcer.steps(request.query, screened.text)
        self.query = screened.text

    def _enforcer(self, decided: Plan, tokens: Tokens) -> Enforcer:
        pipeline = self._pipeline
        detector = pipeline.detector_for(decided.purpose_name)
        self._tally.detector = detector.fingerprint
        self._tally.ner = decided.purpose.detect.ner
        return Enforcer(
            plan=decided,
            detector=detector,
            annotations=Annotations.of(pipeline.keys, detector.fingerprint),
            cache=pipeline.cache,
            analyses=pipeline.analyses,
            signs=pipeline.signs,
            transformer=Transformer(tokens, pipeline.operators, pipeline.surrogates, pipeline.policy.language),
            embedder=pipeline.embedder,
            tally=self._tally,
            allowance=Allowance(decided.purpose.detect.timeout),
            document_id=pipeline.document_id,
        )

    def run(self) -> Release:
        """Fetch, redact, record, release.

        Raises `AccessDenied`, `StoreError`, `DetectionError`, `VaultError` or `LedgerWriteError`; each is recorded,
        but for the last, after which nothing is.
        """
        failure: BaseException
        try:
            self._tally.trace.open()
            fetch = self._advance(None)
            while isinstance(fetch, Fetch):
                fetch = self._advance(self._fetched(fetch))
            return self._released(fetch)
        except BaseException as error:  # noqa: BLE001 - an interrupted call is recorded too
            failure = safe(error)
        fetch = []  # it holds the question, and this frame leaves with the exception
        raise bare(self._settled(failure))

    async def arun(self) -> Release:
        """Like `run`; the store is awaited, everything between two fetches runs in a thread."""
        failure: BaseException
        try:
            self._tally.trace.open()
            fetch = await asyncio.to_thread(self._advance, None)
            while isinstance(fetch, Fetch):
                fetch = await asyncio.to_thread(self._advance, await self._afetched(fetch))
            return await asyncio.to_thread(self._released, fetch)
        except BaseException as error:  # noqa: BLE001 - a cancelled call is recorded too
            failure = safe(error)
        fetch = []
        if isinstance(failure, NeedfulError):
            failure = await asyncio.to_thread(self._settled, failure)
        else:
            failure = self._settled(failure)  # whoever interrupts does not wait for a thread
        raise bare(failure)

    def _advance(self, fetched: Fetched | None) -> Fetch | list[Document]:
        """Run up to the next fetch, or to the documents. What is raised may cross a thread, so it is safe by then."""
        try:
            return self._advanced(fetched)
        except BaseException as error:  # noqa: BLE001 - foreign code ran
            failure = bare(safe(error))
        fetched = None
        raise failure

    def _advanced(self, fetched: Fetched | None) -> Fetch | list[Document]:
        if self.refusal is not None:
            raise self.refusal
        if self._steps is None:
            raise NeedfulError("a call runs once", code="call-spent")
        try:
            return next(self._steps) if fetched is None else self._steps.send(fetched)
        except StopIteration as done:
            documents: list[Document] = done.value[0]
            self.query = done.value[1]
        self._steps = None
        return documents

    def _fetched(self, fetch: Fetch) -> Fetched:
        try:
            with self._tally.stage("fetch"):
                return _checked(self._pipeline.store.fetch(fetch), fetch)
        except BaseException as error:  # noqa: BLE001 - a store is foreign code
            failure = _of_store(error)
        raise failure

    async def _afetched(self, fetch: Fetch) -> Fetched:
        try:
            with self._tally.stage("fetch"):
                return _checked(await self._pipeline.store.afetch(fetch), fetch)
        except GeneratorExit:  # of this coroutine
            failure: BaseException = GeneratorExit()
        except BaseException as error:  # noqa: BLE001 - a store is foreign code
            failure = _of_store(error)
        raise failure

    def _released(self, documents: list[Document]) -> Release:
        self._keep_originals()
        if not self._claims():
            raise asyncio.CancelledError  # that was recorded meanwhile, and nobody waits for the documents
        receipt = self._record("released")
        self._tally.finish("released")
        withheld = sum(self._tally.withheld.values())
        return Release(documents=documents, withheld=withheld, receipt=receipt, query=self.query)

    def _keep_originals(self) -> None:
        """Make the lasting tokens of this call durable: one that could not be restored would be no token."""
        vault, originals = self._pipeline.vault, self._tokens.originals if self._tokens else {}
        if vault is None or not originals:
            return
        with self._tally.stage("vault"):
            failure = _kept(vault, originals)
            if failure is not None:
                raise failure

    def _record(self, outcome: str, reason: str = "") -> Receipt:
        failure: BaseException = LedgerWriteError("the ledger entry could not be written", code="ledger-fault")
        try:
            entry = self._tally.entry(outcome, reason)  # type: ignore[arg-type]  # one of the three literals
            with self._tally.stage("record"):
                receipt = self._pipeline.ledger.append(entry)
            self._tally.trace.sequence = receipt.sequence
            return receipt
        except LedgerWriteError as error:
            failure = LedgerWriteError(error.message, code=error.code, hint=error.hint)
        except BaseException as error:  # noqa: BLE001 - a ledger is foreign code
            if interrupts(error):
                failure = bare(safe(error))  # what interrupts a foreign ledger may quote the entry's subject
        raise failure

    def _settled(self, error: BaseException) -> BaseException:
        """Record a failure; return what to raise for it: itself, or that it could not be recorded. `error` is safe."""
        self._close()
        self._tally.nothing_disclosed()
        settled = self._recorded(error)
        denied = isinstance(settled, AccessDenied)
        code = settled.code if isinstance(settled, NeedfulError) else "interrupted"
        self._tally.finish("refused" if denied else "failed", code)
        return settled

    def _recorded(self, error: BaseException) -> BaseException:
        if not self._claims():
            return error  # its entry is written, or could not be; a second one would contradict it
        try:
            if isinstance(error, NeedfulError):
                self._record("refused" if isinstance(error, AccessDenied) else "failed", error.code)
            else:
                self._record_interruption()
        except LedgerWriteError as unwritten:
            return safe(unwritten)
        return error

    def _claims(self) -> bool:
        try:
            return self._unrecorded.pop()
        except IndexError:
            return False

    def abandon(self) -> None:
        """Record that nobody waits for the answer; nothing where the call has its entry, or is getting it."""
        if self._unrecorded:
            self._settled(asyncio.CancelledError())

    def _record_interruption(self) -> None:
        try:
            self._record("failed", "interrupted")
        except LedgerWriteError:
            facts = {"code": "interrupted", "purpose": self._tally.purpose}
            logger.error("a call was interrupted and its ledger entry could not be written", extra={"needful": facts})

    def _close(self) -> None:
        """Let go of the generator, whose frame holds the question and the records."""
        steps, self._steps = self._steps, None
        if steps is not None:
            with suppress(ValueError):  # a cancelled call's thread may still be in it; it ends by itself, unheard
                steps.close()


def _kept(vault: Vault, originals: Mapping[str, str]) -> BaseException | None:
    try:
        vault.put(originals)
    except BaseException as error:  # noqa: BLE001 - a vault is foreign code, and its exception may quote a value
        fault = VaultError("the vault could not keep a token", code="vault-fault")
        return bare(safe(error if isinstance(error, VaultError) or interrupts(error) else fault))
    return None


def _of_store(error: BaseException) -> BaseException:
    """A store's own errors and interruptions as they are; anything else, our other errors too, as a fault of it."""
    fault = StoreError("the store failed", code="store-fault")
    if isinstance(error, NeedfulError) and not isinstance(error, StoreError):
        return fault
    return bare(safe(error, fault))


def _checked(fetched: Fetched, fetch: Fetch) -> Fetched:
    if len(fetched.records) > fetch.limit:
        raise StoreError("the store answered more records than were asked for", code="bad-answer")
    return fetched
