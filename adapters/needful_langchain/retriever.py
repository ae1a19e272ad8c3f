"""The drop-in retriever: LangChain's face, Needful's pipeline.

LangChain hands the raw question to callbacks before a subclass's code runs, and patches it into the first streamed
event. So every public door is overridden to screen the question first and to go on with the redacted one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever, LangSmithRetrieverParams
from langchain_core.runnables import RunnableConfig
from pydantic import PrivateAttr

from needful.errors import DetectionError, PolicyError, VaultError
from needful.faults import bare
from needful.pipeline import WITHHELD_QUERY, Call, Pipeline
from needful.policy import Policy
from needful.values import Release, Restored
from needful_langchain.doors import Taken, begun, parted, unframed
from needful_langchain.rendering import render
from needful_langchain.requests import Binding
from needful_langchain.wiring import Wiring, mode_of, rewire, wire

if TYPE_CHECKING:
    from os import PathLike
    from typing import Unpack

    from langchain_core.embeddings import Embeddings

    from needful.ports import Detector, Ledger, Vault
    from needful_langchain.wiring import Parts

__all__ = ["NeedfulRetriever"]

CALL = "needful_call"
EVENT_OPTIONS = frozenset(
    "version include_names include_types include_tags exclude_names exclude_types exclude_tags".split()
)
LOG_OPTIONS = EVENT_OPTIONS | {"diff", "with_streamed_output_list"}


class NeedfulRetriever(BaseRetriever):
    """A retriever that returns what a policy discloses, after recording it.

    Make one with `from_vectorstore`, `from_retriever` or `from_qdrant`. Purpose and principal are bound there, or given
    by each call as keyword arguments or in `config["configurable"]["needful"]`.
    """

    _wiring: Wiring = PrivateAttr()

    def __init__(self, wiring: Wiring | None = None, **options: Any) -> None:
        """Take a wired pipeline; `options` are BaseRetriever's `tags` and `metadata`. Use the class methods."""
        if wiring is None:
            raise PolicyError(
                "a NeedfulRetriever is not made from fields",
                code="wiring",
                hint="use from_vectorstore, from_retriever or from_qdrant; bind tags and metadata there or with_config",
            )
        super().__init__(**options)
        self._wiring = wiring

    @classmethod
    def from_vectorstore(
        cls,
        store: Any,
        *,
        policy: str | PathLike[str] | Policy,
        purpose: str | None = None,
        principal: Mapping[str, Any] | None = None,
        k: int | None = None,
        search_type: Literal["similarity", "similarity_score_threshold", "mmr"] = "similarity",
        search_kwargs: Mapping[str, Any] | None = None,
        detector: Detector | None = None,
        ledger: str | PathLike[str] | Ledger | None = None,
        vault: str | PathLike[str] | Vault | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **parts: Unpack[Parts],
    ) -> NeedfulRetriever:
        """Stand in for `store.as_retriever(search_type=…, search_kwargs=…)` of a QdrantVectorStore.

        `policy`, `ledger` and `vault` are paths or objects; without a ledger it is `$NEEDFUL_LEDGER`, else one in the
        user's state directory, and so for the vault (`$NEEDFUL_VAULT`), which only lasting tokens need. Without a
        detector, each purpose gets the Presidio detector that its policy describes. `parts` may be `operators`,
        `surrogates`, `keys` and `cache`.

        Raises `PolicyError` where the policy does not load or does not fit the store, `VaultError` without a key.
        """
        from needful_qdrant.store import QdrantStore

        kwargs = dict(search_kwargs or {})
        asked = kwargs.pop("k", None)
        source = QdrantStore.from_vectorstore(store, search_type=search_type, search_kwargs=kwargs)
        wiring = wire(
            source,
            policy,
            layout=(source.content_key, source.metadata_key),
            embedder=getattr(store, "embeddings", None),
            binding=(purpose, principal, asked if k is None else k),
            detector=detector,
            ledger=ledger,
            vault=vault,
            **parts,
        )
        return cls(wiring, tags=tags, metadata=metadata)

    @classmethod
    def from_retriever(
        cls, retriever: Any, *, policy: str | PathLike[str] | Policy, **options: Any
    ) -> NeedfulRetriever:
        """Take store, search type, search kwargs, tags and metadata from `store.as_retriever(…)`.

        `options` are the arguments of `from_vectorstore`; they win over what the retriever has.
        """
        if not all(hasattr(retriever, name) for name in ("vectorstore", "search_type", "search_kwargs")):
            raise PolicyError(
                "this retriever has no vector store behind it",
                code="not-a-vectorstore-retriever",
                hint="give store.as_retriever(…), or use from_vectorstore or from_qdrant",
            )
        taken = {name: getattr(retriever, name) for name in ("search_type", "search_kwargs", "tags", "metadata")}
        return cls.from_vectorstore(retriever.vectorstore, policy=policy, **{**taken, **options})

    @classmethod
    def from_qdrant(
        cls,
        client: Any,
        collection: str,
        *,
        policy: str | PathLike[str] | Policy,
        embeddings: Embeddings | None = None,
        sparse_embeddings: Any = None,
        purpose: str | None = None,
        principal: Mapping[str, Any] | None = None,
        k: int | None = None,
        search: Mapping[str, Any] | None = None,
        detector: Detector | None = None,
        ledger: str | PathLike[str] | Ledger | None = None,
        vault: str | PathLike[str] | Vault | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **parts: Unpack[Parts],
    ) -> NeedfulRetriever:
        """Read a collection that LangChain did not write; the policy's layout says where text and metadata lie.

        `client` is a QdrantClient or an AsyncQdrantClient. Dense, sparse or hybrid search follows from which embeddings
        are given. `search` holds further arguments of `needful_qdrant.QdrantStore`, such as `vector_name`. The rest is
        as in `from_vectorstore`.
        """
        from needful_qdrant.store import QdrantStore

        how = {"mode": mode_of(embeddings, sparse_embeddings), **(search or {})}
        source = QdrantStore(client, collection, embeddings=embeddings, sparse_embeddings=sparse_embeddings, **how)
        wiring = wire(
            source,
            policy,
            embedder=embeddings,
            binding=(purpose, principal, k),
            detector=detector,
            ledger=ledger,
            vault=vault,
            **parts,
        )
        return cls(wiring, tags=tags, metadata=metadata)

    @property
    def _pipeline(self) -> Pipeline:
        return self._wiring.pipeline

    @property
    def _binding(self) -> Binding:
        return self._wiring.binding

    def with_policy(self, policy: str | PathLike[str] | Policy) -> NeedfulRetriever:
        """Return a retriever under another policy, with this one's store, ledger, keys and everything that is bound.

        This retriever stays as it is: swap by assigning the result, and every call is under one policy. A policy that
        does not load, or does not fit what is here (layout, keys, bound purpose, models, vault), raises `PolicyError`
        and is recorded as `policy-rejected` under this retriever's policy; `LedgerWriteError` where it cannot be.
        """
        try:
            wiring = rewire(self._wiring, policy)
        except Exception as error:  # noqa: BLE001 - a model's loader or a vault of the application's may raise anything
            rejected = _rejection(error)
        else:
            other = self.model_copy()
            other._wiring = wiring
            return other
        self._pipeline.record_rejection(self._binding.purpose)
        raise rejected

    @property
    def is_bound(self) -> bool:
        """Whether purpose and principal were given when the retriever was made."""
        return self._binding.purpose is not None and self._binding.principal is not None

    def release(self, query: str, **arguments: Any) -> Release:
        """Answer a question outside LangChain's callbacks: documents, how many were withheld, and the receipt."""
        call = self._begin(query, {}, arguments)
        query, arguments = call.query, {}
        return call.run()

    async def arelease(self, query: str, **arguments: Any) -> Release:
        """Like `release`, without blocking the event loop."""
        beginning = begun(partial(self._begin, query, {}, arguments))
        query, arguments = "", {}
        return await (await beginning).arun()

    def restore(self, text: str, **arguments: Any) -> Restored:
        """Turn lasting tokens in a text back into values, as far as the policy's `restore` lets this principal.

        `purpose` and `principal` may be given unless they are bound. The ledger records it. Raises `AccessDenied`,
        `VaultError`, `LedgerWriteError`.
        """
        asked = [(text, self._binding.request("", {}, arguments))]
        text, arguments = "", {}
        return self._pipeline.restorer.restore(*asked.pop())

    async def arestore(self, text: str, **arguments: Any) -> Restored:
        """Like `restore`, without blocking the event loop."""
        restoring = asyncio.to_thread(self.restore, text, **arguments)
        text, arguments = "", {}
        return await unframed(restoring)

    # In both: no frame of ours that an exception may pass keeps what the caller asked, filtered by or was.

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Return the disclosed documents of a question. Raises the errors of `needful.errors`."""
        taken = self._taken(input, config, kwargs)
        input, config, kwargs = taken.call.query, taken.config, {}  # noqa: A001
        try:
            return super().invoke(input, config, **{CALL: taken.call}, **taken.options)
        finally:
            taken.abandon()  # where a callback ended it before it ran

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Like `invoke`, without blocking the event loop."""
        beginning = begun(partial(self._taken, input, config, kwargs))
        input, config, kwargs = WITHHELD_QUERY, None, {}  # noqa: A001
        taken = await beginning
        try:
            return await super().ainvoke(taken.call.query, taken.config, **{CALL: taken.call}, **taken.options)
        finally:
            taken.abandon()

    def astream_events(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Stream events that show the redacted question and the disclosed documents.

        `version="v3"` is for models and graphs; LangChain's own answer says so.
        """
        if kwargs.get("version") == "v3":
            return super().astream_events(WITHHELD_QUERY, version="v3")
        return self._astream("astream_events", EVENT_OPTIONS, input, config, kwargs)

    def astream_log(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Stream run-log patches that show the redacted question and the disclosed documents."""
        return self._astream("astream_log", LOG_OPTIONS, input, config, kwargs)

    async def _astream(
        self, door: str, names: frozenset[str], query: Any, config: RunnableConfig | None, kwargs: dict[str, Any]
    ) -> AsyncIterator[Any]:
        options = {name: kwargs.pop(name) for name in names & set(kwargs)}
        beginning = begun(partial(self._taken, query, config, kwargs))
        query, config, kwargs = "", None, {}
        taken = await beginning
        stream = getattr(super(), door)
        try:
            async for item in stream(taken.call.query, taken.config, **options, **{CALL: taken.call}, **taken.options):
                yield item
        finally:
            taken.abandon()

    # Without parameters beyond the query here, LangChain silently drops keyword arguments of invoke.

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return render(self._of(query, kwargs).run())

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        call = await asyncio.to_thread(self._of, query, kwargs)
        return render(await call.arun())

    def _of(self, query: str, kwargs: Mapping[str, Any]) -> Call:
        return cast(Call, kwargs[CALL]) if CALL in kwargs else self._begin(query, {}, kwargs)

    def _taken(self, query: str, config: RunnableConfig | None, kwargs: dict[str, Any]) -> Taken:
        """The call that an outer door began, or a new one; and what is LangChain's own."""
        options = {"run_id": kwargs.pop("run_id")} if isinstance(kwargs.get("run_id"), UUID) else {}
        call = kwargs.pop(CALL, None)
        configured, rest = parted(config)
        begun = call if isinstance(call, Call) else self._begin(query, configured, kwargs)
        return Taken(begun, rest, options)

    def _begin(self, query: str, configured: Mapping[str, Any], arguments: Mapping[str, Any]) -> Call:
        return self._pipeline.begin(self._binding.request(query, configured, arguments))

    def _get_ls_params(self, **_kwargs: Any) -> LangSmithRetrieverParams:
        return cast(LangSmithRetrieverParams, {**super()._get_ls_params(), **self._wiring.providers})

    def __repr__(self) -> str:
        policy = self._pipeline.policy
        return f"NeedfulRetriever(policy={policy.name!r}, version={policy.version}, digest={policy.digest[:12]!r})"

    __str__ = __repr__

    def __deepcopy__(self, memo: Any = None) -> NeedfulRetriever:
        return self  # frozen in what matters, and clients and keys are not copied

    def __reduce__(self) -> NoReturn:
        raise PolicyError(
            "a retriever cannot be pickled: it holds keys and a client", code="pickle", hint="make one in each process"
        )


def _rejection(error: Exception) -> PolicyError:
    """What a policy is rejected with: its own problems, or which part of the set-up it does not fit."""
    if isinstance(error, PolicyError):
        return bare(error)
    if isinstance(error, (DetectionError, VaultError)):
        return PolicyError(error.message, code=error.code, hint=error.hint)
    return PolicyError("the policy cannot be put to use", code="policy-fault")
