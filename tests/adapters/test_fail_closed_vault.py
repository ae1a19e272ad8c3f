"""A vault or a key that is missing or wrong: no lasting token, and no document that needs one."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults_support import DOORS, POLICY, Bench, made_bench

from needful.errors import NeedfulError, VaultError
from needful.keys import Keys
from needful.testing import MemoryVault
from needful.vault import SqliteVault

KEYS = Keys(bytes(range(32)))
OTHER = Keys(bytes(32))
LASTING = POLICY.replace("PERSON: pseudonymize,", "PERSON: {action: pseudonymize, lasting: true},").replace(
    "{action: pseudonymize, entity: PERSON}", "{action: pseudonymize, entity: PERSON, lasting: true}"
)


@pytest.fixture(params=DOORS)
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[Bench]:
    """Every test runs once through invoke and once through ainvoke, and leaks nothing."""
    yield from made_bench(request.param, caplog, tmp_path)


def lasting(bench: Bench, keys: Keys = KEYS, **settings: float) -> None:
    """Give the retriever a policy with lasting tokens, and a vault in the bench's folder."""
    bench.make(LASTING, keys=keys, vault=SqliteVault(bench.folder / "vault.db", keys, **settings))


def test_with_a_vault_the_documents_come_with_lasting_tokens(bench: Bench) -> None:
    lasting(bench)
    tokens = {document.metadata["name"] for document in bench.ask()}
    assert len(tokens) == 3
    assert bench.last == ("released", "")


@contextmanager
def someone_writing(bench: Bench) -> Iterator[None]:
    with closing(sqlite3.connect(bench.folder / "vault.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def deleted(bench: Bench) -> Iterator[None]:
    for file in bench.folder.glob("vault.db*"):
        file.unlink()
    yield


@contextmanager
def garbage(bench: Bench) -> Iterator[None]:
    draft = bench.folder / "garbage"
    draft.write_bytes(b"\xaa" * 20_000)
    draft.replace(bench.folder / "vault.db")
    yield


@contextmanager
def another_key(bench: Bench) -> Iterator[None]:
    lasting(bench, OTHER)
    yield


@contextmanager
def a_key_that_does_not_fit_the_vault(bench: Bench) -> Iterator[None]:
    bench.make(LASTING, keys=OTHER, vault=SqliteVault(bench.folder / "vault.db", KEYS))
    yield


@contextmanager
def a_folder_in_its_place(bench: Bench) -> Iterator[None]:
    (bench.folder / "aside.db").mkdir()
    bench.make(LASTING, keys=KEYS, vault=bench.folder / "aside.db")
    yield


FAULTS: dict[str, tuple[str, Callable[[Bench], AbstractContextManager[None]]]] = {
    "locked": ("vault-locked", someone_writing),
    "deleted": ("vault-replaced", deleted),
    "garbage": ("vault-replaced", garbage),
    "another key": ("vault-key", another_key),
    "a folder": ("vault-format", a_folder_in_its_place),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_no_document_that_needs_a_token_comes_without_its_vault(bench: Bench, kind: str) -> None:
    lasting(bench, timeout=0.1)
    bench.ask(k=1)
    code, fault = FAULTS[kind]
    with fault(bench):
        assert bench.fails(VaultError).code == code
        assert bench.last == ("failed", code)
        assert bench.entries[-1].records_disclosed == 0


def test_a_policy_without_lasting_tokens_needs_no_vault(bench: Bench) -> None:
    lasting(bench)
    bench.ask()
    with deleted(bench):
        bench.make(keys=KEYS)
        assert len(bench.ask()) == 3


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(bytes(16)).decode(), "Zm9v"])
def test_a_retriever_does_not_start_without_a_whole_key(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("OTHER_KEY", text)
    with pytest.raises(VaultError) as refusal:
        bench.make(POLICY.replace("version: 1", "version: 1\nkeys: env:OTHER_KEY"))
    assert refusal.value.code in ("key-missing", "key-encoding", "key-length")
    assert not text or text not in str(refusal.value)


@dataclass(frozen=True, slots=True)
class Failing:
    """A vault of the application's that fails in one of its methods, quoting what it can."""

    at: str
    error: type[BaseException]

    def put(self, originals: Mapping[str, str]) -> None:
        self._fail("put", originals)

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        return {}

    def has(self, token: str) -> bool:
        self._fail("has", token)
        return False

    def _fail(self, at: str, what: object) -> None:
        if at == self.at:
            raise self.error(f"cannot keep {what}")


@pytest.mark.parametrize("error", [OSError, ValueError, MemoryError, RecursionError, GeneratorExit])
def test_whatever_a_vault_raises_no_document_comes(bench: Bench, error: type[BaseException]) -> None:
    bench.make(LASTING, keys=KEYS, vault=Failing("put", error))
    assert bench.fails(VaultError).code == "vault-fault"
    assert bench.last == ("failed", "vault-fault")


@pytest.mark.parametrize("error", [OSError, MemoryError, VaultError])
def test_a_vault_that_cannot_say_whether_a_token_is_its_own_ends_the_call(
    bench: Bench, error: type[BaseException]
) -> None:
    bench.make(LASTING, keys=KEYS, vault=Failing("has", error))
    bench.question += " [PERSON:7K3QF2MB9XTD]"
    failure = bench.fails(NeedfulError)
    assert bench.last == ("failed", failure.code)


def test_a_token_is_kept_before_its_entry_is_written_and_its_document_returned(bench: Bench) -> None:
    vault = MemoryVault()
    bench.make(LASTING, keys=KEYS, vault=vault)
    bench.ledger.fault = True
    bench.fails(NeedfulError)
    bench.ledger.fault = False
    assert len(vault.held) == 3, "a token too many is harmless; one that cannot be restored is not"


@pytest.mark.parametrize("keys", [OTHER])
def test_with_the_wrong_key_nothing_is_restored(bench: Bench, keys: Keys) -> None:
    policy = LASTING.replace("    on_fault", "    restore: {PERSON: {tenant: [acme]}}\n    on_fault")
    bench.make(policy, keys=KEYS, vault=SqliteVault(bench.folder / "vault.db", KEYS))
    token = bench.ask(k=1)[0].metadata["name"]
    bench.make(policy, keys=keys, vault=SqliteVault(bench.folder / "vault.db", keys))
    with pytest.raises(VaultError) as refusal:
        bench.retriever.restore(f"for {token}", purpose="answer", principal={"id": "agent-canary", "tenant": "acme"})
    bench.probe.tap_exception("exception", refusal.value)
    assert bench.last == ("failed", "vault-key")
