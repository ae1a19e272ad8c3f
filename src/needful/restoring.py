"""Lasting tokens back to values: for whom the policy says, and recorded like any disclosure.

`restore` in a purpose names entities, and the attributes that a principal must have. What is not there stays a token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from needful.errors import AccessDenied, LedgerWriteError, NeedfulError, VaultError
from needful.faults import bare, interrupts, safe
from needful.keys import Keys
from needful.planning import refuse_overrides
from needful.policy import Policy
from needful.policy.narrowing import applies
from needful.ports import Ledger, Vault
from needful.tally import Tally
from needful.telemetry import RESTORATION, Trace
from needful.tokens import entity_of_token, find_tokens, is_lasting
from needful.values import UNLISTED, Action, Principal, Receipt, Request, Restored

__all__ = ["MAX_TEXT", "Restorer"]

MAX_TEXT = 1_000_000
"""Longest text, in code points."""


@dataclass(frozen=True, slots=True, repr=False)
class Restorer:
    """What restoring needs: the policy that says who may, the keys, the ledger and the vault."""

    policy: Policy
    keys: Keys
    ledger: Ledger
    vault: Vault | None

    def __repr__(self) -> str:
        return f"Restorer(policy={self.policy.name!r}, version={self.policy.version})"

    def restore(self, text: str, asked: Request) -> Restored:
        """Turn lasting tokens in a text back into the values they stand for.

        Only tokens of entities that the purpose's `restore` gives the principal who asks; others stay. Of the request
        only purpose and principal count. The ledger entry is durable before anything is returned. Raises `AccessDenied`
        where the policy lets this principal restore nothing, `VaultError`, `LedgerWriteError`.
        """
        known = asked.purpose is not None and asked.purpose in self.policy.purposes
        purpose = str(asked.purpose) if known else UNLISTED
        tally = Tally(self.policy.identity, purpose=purpose, trace=Trace(RESTORATION))
        tally.trace.open()
        failure: BaseException
        try:
            return self._restored(tally, text, asked)
        except BaseException as error:  # noqa: BLE001 - what foreign code raised may quote a value
            failure = bare(safe(error))
        del text, asked  # they say who asks, and this frame leaves with the exception
        raise self._settled(tally, failure)

    def _settled(self, tally: Tally, failure: BaseException) -> BaseException:
        """Record why nothing was restored; return what to raise: that, or that it could not be recorded."""
        tally.counts = {}
        tally.nothing_disclosed()
        if isinstance(failure, NeedfulError) and not isinstance(failure, LedgerWriteError):
            try:
                self._append(tally, "refused" if isinstance(failure, AccessDenied) else "failed", failure.code)
            except BaseException as error:  # noqa: BLE001 - a ledger is foreign code
                unwritten = LedgerWriteError("the ledger entry could not be written", code="ledger-fault")
                failure = bare(safe(error, unwritten))
        code = failure.code if isinstance(failure, NeedfulError) else "interrupted"
        tally.finish("refused" if isinstance(failure, AccessDenied) else "failed", code)
        return failure

    def _restored(self, tally: Tally, text: str, asked: Request) -> Restored:
        if asked.principal is not None:
            tally.principal = self.keys.mac("principal", asked.principal.id).hex()
        with tally.stage("plan"):
            refuse_overrides(asked)
            allowed = self._allowed(asked.purpose, asked.principal)
        if len(text) > MAX_TEXT:
            raise AccessDenied(f"the text is longer than {MAX_TEXT:,} characters", code="text-too-long")
        found = list(_tokens(text))
        with tally.stage("vault"):
            originals = self._originals({item.token for item in found if item.entity in allowed})
        known = [item for item in found if item.token in originals.values]
        counts = Counter(item.entity for item in known)
        tally.counts = {entity: {Action.PSEUDONYMIZE.value: times} for entity, times in sorted(counts.items())}
        tally.characters_disclosed = sum(len(originals.values[item.token]) for item in known)
        shown = "".join(_put_back(text, known, originals))
        receipt = self._recorded(tally)
        tally.finish("restored")
        return Restored(shown, receipt, len(known), len(found) - len(known))

    def _recorded(self, tally: Tally) -> Receipt:
        failure = LedgerWriteError("the ledger entry could not be written", code="ledger-fault")
        try:
            return self._append(tally, "restored")
        except LedgerWriteError as error:
            failure = LedgerWriteError(error.message, code=error.code, hint=error.hint)
        except BaseException as error:
            if interrupts(error):
                raise
        raise failure

    def _append(self, tally: Tally, outcome: Literal["refused", "failed", "restored"], reason: str = "") -> Receipt:
        with tally.stage("record"):
            receipt = self.ledger.append(tally.entry(outcome, reason))
        tally.trace.sequence = receipt.sequence
        return receipt

    def _allowed(self, name: str | None, principal: Principal | None) -> frozenset[str]:
        """The entities that this principal may restore. Raises `AccessDenied` where there is none."""
        if name is None or name not in self.policy.purposes:
            listed = ", ".join(sorted(self.policy.purposes))
            code = "purpose-missing" if name is None else "purpose-unknown"
            raise AccessDenied("name a purpose of the policy", code=code, hint=f"it has: {listed}")
        if principal is None:
            raise AccessDenied("no principal given", code="principal-missing", hint='give principal={"id": …}')
        purpose = self.policy.purposes[name]
        entities = {entity for entity, when in purpose.restore.items() if applies(when, principal.attribute)}
        if not entities or not applies(purpose.when, principal.attribute):
            raise AccessDenied(
                "this principal may restore nothing for this purpose",
                code="restore-not-allowed",
                hint=f"purposes.{name}.restore says who may",
            )
        return frozenset(entities)

    def _originals(self, tokens: set[str]) -> _Originals:
        failure = VaultError("there is no vault", code="vault-missing", hint="give the vault that the tokens are in")
        if self.vault is not None:
            try:
                return _Originals(dict(self.vault.originals(tokens)) if tokens else {})
            except VaultError as error:
                failure = VaultError(error.message, code=error.code, hint=error.hint)
            except BaseException as error:
                if interrupts(error):
                    raise
                failure = VaultError("the vault could not be read", code="vault-fault")
        raise failure


@dataclass(frozen=True, slots=True)
class _Originals:
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    token: str

    @property
    def entity(self) -> str:
        return entity_of_token(self.token)


def _tokens(text: str) -> Iterator[_Found]:
    return (_Found(start, end, token) for start, end, token in find_tokens(text) if is_lasting(token))


def _put_back(text: str, known: list[_Found], originals: _Originals) -> Iterator[str]:
    position = 0
    for item in known:
        yield text[position : item.start]
        yield originals.values[item.token]
        position = item.end
    yield text[position:]
