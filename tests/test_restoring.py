"""Lasting tokens and back: the same in every call, kept in the vault, restored for whom the policy says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from needful.errors import AccessDenied, LedgerWriteError, PolicyError, VaultError
from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.restoring import MAX_TEXT
from needful.telemetry import CALL_ATTRIBUTES, RESTORATION
from needful.testing import KeywordDetector, MemoryLedger, MemoryStore, MemoryVault, PlainOperators
from needful.values import Principal, Release, Request, Restored
from telemetry_support import Watched, watching

POLICY = """
needful: 1
name: review
version: 1
purposes:
  look:
    fields:
      page_content: {action: scan, select: whole}
      metadata.name: {action: pseudonymize, lasting: true, entity: PERSON}
    entities:
      default: redact
      PERSON: {action: pseudonymize, lasting: true}
      IBAN_CODE: {action: pseudonymize, lasting: true}
    detect: {ner: none, reason: names come from the record, known: [metadata.name]}
    restore:
      PERSON: {role: [investigator, lead]}
      IBAN_CODE: {role: lead}
  plain:
    fields: {page_content: scan}
"""
LASTING = re.compile(r"\[PERSON:[0-9A-Z]{12}\]")
IBANS = KeywordDetector({"IBAN_CODE": r"DE\d{8}"})
RECORD = {"page_content": "Maria Keller paid from DE12345678.", "metadata": {"name": "Maria Keller"}}


def who(role: str | None = "investigator") -> Principal:
    return Principal.of({"id": "i-1", **({"role": role} if role else {})})


@dataclass(slots=True)
class Bench:
    """Pipelines over one key, one vault and one ledger, as several processes have them."""

    vault: MemoryVault | None = field(default_factory=MemoryVault)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    policy: str = POLICY

    def pipeline(self) -> Pipeline:
        return Pipeline(
            policy=Policy.parse(self.policy),
            store=MemoryStore([RECORD], in_order=True),
            detector_for=lambda purpose: IBANS,
            operators=PlainOperators(),
            ledger=self.ledger,
            keys=Keys(bytes(32)),
            vault=self.vault,
        )

    def ask(self, query: str = "who paid?") -> Release:
        return self.pipeline().release(Request(query, purpose="look", principal=who()))

    def restore(self, text: str, role: str | None = "investigator", purpose: str | None = "look") -> Restored:
        return self.pipeline().restorer.restore(text, Request("", purpose=purpose, principal=who(role)))


def test_a_lasting_token_is_the_same_in_every_call_and_field() -> None:
    bench = Bench()
    first, second = bench.ask(), bench.ask("and when?")
    tokens = LASTING.findall(first.documents[0].text)
    assert len(tokens) == 1
    assert LASTING.findall(second.documents[0].text) == tokens
    assert first.documents[0].fields == {"name": tokens[0]}


def test_what_an_investigator_may_restore_is_restored_and_the_rest_stays_a_token() -> None:
    bench = Bench()
    shown = bench.ask().documents[0].text
    restored = bench.restore(shown)
    assert restored.text.startswith("Maria Keller paid from [IBAN_CODE:")
    assert (restored.restored, restored.left) == (1, 1)
    assert bench.restore(shown, "lead").text == RECORD["page_content"]


def test_a_restoration_is_in_the_ledger_by_entity_and_without_a_value() -> None:
    bench = Bench()
    shown = bench.ask().documents[0].text
    receipt = bench.restore(f"{shown} {shown}", "lead").receipt
    entry = bench.ledger.entries[-1]
    assert (entry.outcome, entry.purpose) == ("restored", "look")
    assert entry.counts == {"IBAN_CODE": {"pseudonymize": 2}, "PERSON": {"pseudonymize": 2}}
    assert receipt.sequence == len(bench.ledger.entries)
    assert "Keller" not in repr(entry)


@pytest.mark.parametrize(
    ("role", "purpose", "code"),
    [
        ("agent", "look", "restore-not-allowed"),
        (None, "look", "restore-not-allowed"),
        ("lead", "plain", "restore-not-allowed"),
        ("lead", None, "purpose-missing"),
        ("lead", "made-up", "purpose-unknown"),
    ],
)
def test_who_may_restore_nothing_is_refused_and_that_is_recorded(
    role: str | None, purpose: str | None, code: str
) -> None:
    bench = Bench()
    shown = bench.ask().documents[0].text
    with pytest.raises(AccessDenied) as caught:
        bench.restore(shown, role, purpose)
    assert caught.value.code == code
    assert (bench.ledger.entries[-1].outcome, bench.ledger.entries[-1].reason) == ("refused", code)


def test_nobody_restores_without_a_principal() -> None:
    bench = Bench()
    with pytest.raises(AccessDenied) as caught:
        bench.pipeline().restorer.restore("x", Request("", purpose="look", principal=None))
    assert caught.value.code == "principal-missing"


def test_a_token_that_the_vault_does_not_have_stays() -> None:
    made_up = "[PERSON:000000000000]"
    restored = Bench().restore(f"{made_up} called.")
    assert (restored.text, restored.restored, restored.left) == (f"{made_up} called.", 0, 1)


def test_a_pseudonym_of_a_call_is_no_lasting_token() -> None:
    assert Bench().restore("[PERSON:7K3QF2MB]").left == 0


def test_a_lasting_token_in_a_later_question_stays_what_it_is_and_a_made_up_one_does_not() -> None:
    bench = Bench()
    token = LASTING.findall(bench.ask().documents[0].text)[0]
    assert bench.ask(f"what else did {token} pay?").query == f"what else did {token} pay?"
    assert bench.ask("what did [PERSON:000000000000] pay?").query == "what did [TOKEN] pay?"


def test_nothing_is_released_that_the_vault_could_not_keep() -> None:
    bench = Bench(vault=MemoryVault(fault=True))
    with pytest.raises(VaultError):
        bench.ask()
    assert [entry.outcome for entry in bench.ledger.entries] == ["failed"]
    assert bench.ledger.entries[0].records_disclosed == 0


class Interrupted(MemoryVault):
    """A vault in which somebody presses Ctrl-C."""

    def originals(self, tokens: Any) -> Any:
        raise KeyboardInterrupt("Maria Keller")


class Hostile(MemoryVault):
    """A vault that quotes what it was given."""

    def put(self, originals: Any) -> None:
        raise RuntimeError(str(originals))

    def originals(self, tokens: Any) -> Any:
        raise RuntimeError("Maria Keller")


def test_a_vaults_own_exception_does_not_get_out() -> None:
    bench = Bench(vault=Hostile())
    for ask in (bench.ask, lambda: bench.restore("[PERSON:000000000000]")):
        with pytest.raises(VaultError) as caught:
            ask()
        assert "Keller" not in f"{caught.value!r} {caught.value.__context__!r}"


def test_nothing_is_restored_that_could_not_be_recorded() -> None:
    bench = Bench()
    shown = bench.ask().documents[0].text
    bench.ledger.fault = True
    with pytest.raises(LedgerWriteError):
        bench.restore(shown)


def test_a_policy_with_lasting_tokens_needs_a_vault() -> None:
    with pytest.raises(PolicyError) as caught:
        Bench(vault=None).pipeline()
    assert caught.value.code == "vault-missing"


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(AccessDenied) as caught:
        Bench().restore("x" * (MAX_TEXT + 1))
    assert caught.value.code == "text-too-long"


def test_what_is_restored_is_in_no_repr() -> None:
    bench = Bench()
    assert "Keller" not in repr(bench.restore(bench.ask().documents[0].text))


# telemetry


@pytest.fixture
def watched() -> Iterator[Watched]:
    """What OpenTelemetry is told during the test."""
    with watching() as seen:
        yield seen


def shown(watched: Watched) -> tuple[ReadableSpan, dict[str, Any], list[str]]:
    """The only span of a restoration, its attributes, and the names of the spans under it."""
    (call,) = watched.named(RESTORATION)
    assert call.context is not None
    under = [span.name for span in watched.spans if span.parent and span.parent.span_id == call.context.span_id]
    return call, dict(call.attributes or {}), under


def test_a_restoration_is_a_span_with_its_stages_and_the_figures_of_its_entry(watched: Watched) -> None:
    bench = Bench()
    receipt = bench.restore(bench.ask().documents[0].text).receipt
    call, said, under = shown(watched)
    assert under == ["needful.plan", "needful.vault", "needful.record"]
    assert said.pop("needful.ledger.sequence") == receipt.sequence
    read = {name: of(bench.ledger.entries[-1]) for name, of in CALL_ATTRIBUTES.items()}
    assert said == {name: value for name, value in read.items() if value != ""}
    assert (said["needful.outcome"], said["needful.characters.disclosed"]) == ("restored", len("Maria Keller"))
    assert call.status.status_code is StatusCode.UNSET
    assert set(bench.ledger.entries[-1].timings) == {"plan", "vault"}


def test_a_restoration_is_measured_like_a_call(watched: Watched) -> None:
    bench = Bench()
    text = bench.ask().documents[0].text
    bench.restore(f"{text} {text}", "lead")
    assert watched.count("needful.calls", outcome="restored", purpose="look") == 1
    asked, restored = (entry.counts for entry in bench.ledger.entries)
    for entity in ("PERSON", "IBAN_CODE"):
        assert restored[entity] == {"pseudonymize": 2}
        times = asked[entity]["pseudonymize"] + 2
        assert watched.count("needful.entities", entity=entity, action="pseudonymize") == times
    assert frozenset({("needful.outcome", "restored")}) in watched.metrics["needful.call.duration"]


@pytest.mark.parametrize(("role", "purpose", "said_of"), [("agent", "look", "look"), ("lead", "made-up", "<unlisted>")])
def test_a_refused_restoration_has_its_reason_and_is_no_error(
    role: str, purpose: str, said_of: str, watched: Watched
) -> None:
    with pytest.raises(AccessDenied) as caught:
        Bench().restore("x", role, purpose)
    call, said, under = shown(watched)
    assert under == ["needful.plan", "needful.record"]
    assert (said["needful.outcome"], said["needful.reason"]) == ("refused", caught.value.code)
    assert (said["needful.purpose"], said["needful.ledger.sequence"]) == (said_of, 1)
    assert call.status.status_code is StatusCode.UNSET
    assert watched.count("needful.calls", outcome="refused", purpose=said_of) == 1


def test_a_restoration_without_its_vault_is_a_failure_at_that_stage(watched: Watched) -> None:
    with pytest.raises(VaultError):
        Bench(vault=Hostile()).restore("[PERSON:000000000000] called.")
    call, said, under = shown(watched)
    assert under == ["needful.plan", "needful.vault", "needful.record"]
    assert (said["needful.outcome"], said["needful.reason"]) == ("failed", "vault-fault")
    assert call.status.status_code is StatusCode.ERROR
    (stage,) = watched.named("needful.vault")
    assert dict(stage.attributes or {})["needful.reason"] == "vault-fault"


def test_a_restoration_that_could_not_be_recorded_is_a_failure_and_discloses_nothing(watched: Watched) -> None:
    bench = Bench()
    text = bench.ask().documents[0].text
    bench.ledger.fault = True
    with pytest.raises(LedgerWriteError) as caught:
        bench.restore(text)
    _, said, _ = shown(watched)
    assert (said["needful.outcome"], said["needful.reason"]) == ("failed", caught.value.code)
    assert said["needful.characters.disclosed"] == 0
    assert "needful.ledger.sequence" not in said
    assert watched.count("needful.calls", outcome="failed", purpose="look") == 1


def test_a_restoration_that_is_interrupted_says_so(watched: Watched) -> None:
    bench = Bench(vault=Interrupted())
    with pytest.raises(KeyboardInterrupt) as caught:
        bench.restore("[PERSON:000000000000] called.")
    assert not caught.value.args
    _, said, _ = shown(watched)
    assert (said["needful.outcome"], said["needful.reason"]) == ("failed", "interrupted")


def test_no_value_and_no_principal_of_a_restoration_is_told(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    bench = Bench()
    bench.restore(bench.ask().documents[0].text, "lead")
    with pytest.raises(VaultError):
        Bench(vault=Hostile()).restore("[PERSON:000000000000] Maria Keller")
    told = [span.to_json() for span in watched.spans] + [watched.raw_metrics.to_json()]
    told += [repr(record.__dict__) for record in caplog.records]
    principal = bench.ledger.entries[-1].principal
    assert len(watched.named(RESTORATION)) == 2
    assert principal
    for value in ("Keller", "DE12345678", "i-1", principal):
        assert not [text for text in told if value in text]
