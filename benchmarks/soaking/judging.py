"""What must hold for a call: how it ended, what came out, and whether any canary is in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from needful.errors import NeedfulError
from needful.testing import LeakProbe
from needful.tokens import find_tokens, is_lasting
from soaking.faults import CANCELLED, DOCUMENTS
from soaking.setup import Setup
from soaking.turns import Turn
from soaking.world import FOREIGN

__all__ = ["judge"]


def judge(setup: Setup, turn: Turn) -> None:
    """Check one call, and write down what came of it."""
    fault = turn.journey.fault.name if turn.journey.fault and turn.journey.fired else ""
    if turn.cancel_after is not None:
        fault = CANCELLED
    code = getattr(turn.error, "code", "") if isinstance(turn.error, NeedfulError) else ""
    sequence, digest, documents = "", "", 0
    if turn.error is None:
        sequence, digest, documents = _received(setup, turn)
    else:
        _judge_error(setup, turn)
    _judge_fault(setup, turn)
    _tap(setup, turn)
    setup.log.line(turn.name, f"{turn.milliseconds:.2f}", fault, code, sequence, digest, documents, turn.canaries[0])


def _received(setup: Setup, turn: Turn) -> tuple[str, str, int]:
    """Sequence and hash of the receipt, and how many documents came; without a receipt there may be none."""
    if turn.by_release:
        receipt = turn.outcome.receipt
        if receipt.policy.digest not in setup.digests:
            setup.log.violation("a policy that nobody gave")
        _look(setup, turn, [(receipt.policy.version, document.fields) for document in turn.outcome.documents])
        _keep_tokens(setup, [*(d.text for d in turn.outcome.documents), *(d.fields for d in turn.outcome.documents)])
        return str(receipt.sequence), receipt.entry_hash, len(turn.outcome.documents)
    proofs = {(d.metadata["needful"]["receipt"], d.metadata["needful"]["entry"]) for d in turn.outcome}
    versions = {d.metadata["needful"]["policy"] for d in turn.outcome}
    if len(proofs) > 1 or len(versions) > 1:
        setup.log.violation("documents of one call with two receipts or two policies")
    _look(setup, turn, [(int(d.metadata["needful"]["policy"].partition("@")[2]), d.metadata) for d in turn.outcome])
    _keep_tokens(setup, [*(d.page_content for d in turn.outcome), *(d.metadata for d in turn.outcome)])
    sequence, digest = next(iter(proofs), ("", ""))
    return str(sequence), digest, len(turn.outcome)


def _look(setup: Setup, turn: Turn, found: Iterable[tuple[int, Any]]) -> None:
    """Which fields a document has tells under which policy it was made."""
    for version, fields in found:
        shown = fields.get("product") == FOREIGN or "internal" in fields or "tenant" in fields
        if shown:
            setup.log.violation("a field or a tenant that the policy does not allow")
        whole = not (turn.journey.fired and turn.journey.fault and turn.journey.fault.misshapes)
        if whole and (("kind" in fields) != (version == 2) or ("product" in fields) != (version == 1)):
            setup.log.violation("fields of another policy than the receipt says")
        setup.log.count(f"documents under version {version}")


def _keep_tokens(setup: Setup, things: Iterable[Any]) -> None:
    setup.tokens.update(token for thing in things for _, _, token in find_tokens(str(thing)) if is_lasting(token))


def _judge_error(setup: Setup, turn: Turn) -> None:
    error = turn.error
    if isinstance(error, NeedfulError):
        if error.__context__ is not None or error.__cause__ is not None:
            setup.log.violation("an error with a chain")
        if not turn.journey.fired and turn.cancel_after is None:
            setup.log.count(f"error {turn.name} {error.code}")
    elif turn.name not in _asked_for(turn):
        setup.log.violation(f"an error that is not ours: {turn.name}")


def _asked_for(turn: Turn) -> set[str]:
    """Interruptions that this call was to meet."""
    cancelled = {"CancelledError"} if turn.cancel_after is not None else set()
    return cancelled | (set(turn.journey.fault.ends_in) if turn.journey.fault and turn.journey.fired else set())


def _judge_fault(setup: Setup, turn: Turn) -> None:
    fault = turn.journey.fault
    if turn.cancel_after is not None:
        setup.log.count(f"fault: {CANCELLED}")
    elif fault is not None and turn.journey.fired:
        setup.log.count(f"fault: {fault.name}")
        # A ledger that is locked by somebody else refuses whatever happened before; a busy machine may take too long.
        late = {"DetectionError"} if DOCUMENTS in fault.ends_in else set()
        if turn.name not in fault.ends_in | late | {"LedgerWriteError"}:
            setup.log.violation(f"{fault.name}: ended in {turn.name}")


def _tap(setup: Setup, turn: Turn) -> None:
    probe = LeakProbe([setup.job.stem, *turn.canaries, *setup.known(turn.journey.seen)])
    if turn.error is not None:
        probe.tap_exception("errors", turn.error)
    elif turn.by_release:
        probe.tap("documents", turn.outcome, [document.fields for document in turn.outcome.documents])
    else:
        probe.tap("documents", turn.outcome, *[document.model_dump() for document in turn.outcome])
    probe.tap("callbacks", *turn.told.told)
    for door, hits in probe.doors.items():
        setup.log.count(f"tap: {door}", hits)
        if hits:
            met = turn.journey.fault.name if turn.journey.fault and turn.journey.fired else "no fault"
            setup.log.violation(f"{met}: a canary at {door} of {turn.name}")
