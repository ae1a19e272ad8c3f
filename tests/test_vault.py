"""The vault: what is put comes back, nothing of it can be read in the file, and nothing is made before it is needed."""

from __future__ import annotations

import copy
import pickle
import stat
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.errors import VaultError
from needful.keys import Keys
from needful.ports import Vault
from needful.testing import LeakProbe, MemoryVault
from needful.vault import SqliteVault, default_path, open_vault, sqlite
from needful.vault.sealing import BLOCK, key_check, knows_key, seal, unseal
from vault_support import ANNA, BRUNO, KEYS, code_of, make_vault, numbered, tamper

# All text that JSON can hold, lone surrogates and zeros too.
anything = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


@pytest.fixture(params=["memory", "sqlite"])
def vault(request: pytest.FixtureRequest, path: Path) -> Vault:
    return MemoryVault() if request.param == "memory" else SqliteVault(path, KEYS)


# what every vault does


def test_an_original_is_found_under_its_token_and_an_unknown_token_is_missing(vault: Vault) -> None:
    vault.put({ANNA: "Anna", BRUNO: "Bruno"})
    assert vault.originals([BRUNO, "[PERSON:NEVERSEENNEV]"]) == {BRUNO: "Bruno"}
    assert vault.has(ANNA)
    assert not vault.has("[PERSON:NEVERSEENNEV]")


def test_a_token_keeps_its_first_original(vault: Vault) -> None:
    vault.put({ANNA: "Anna"})
    vault.put({ANNA: "ANNA", BRUNO: "Bruno"})
    assert vault.originals([ANNA, BRUNO]) == {ANNA: "Anna", BRUNO: "Bruno"}


def test_an_empty_vault_answers_and_nothing_is_put_for_nothing(vault: Vault) -> None:
    vault.put({})
    assert vault.originals([]) == vault.originals([ANNA]) == {}
    assert not vault.has(ANNA)


def test_a_vault_in_memory_refuses_when_it_is_told_to() -> None:
    vault = MemoryVault({ANNA: "Anna"}, fault=True)
    for call in (lambda: vault.put({}), lambda: vault.originals([ANNA]), lambda: vault.has(ANNA)):
        assert code_of(call) == "vault-refuses"
    assert "Anna" not in repr(vault)


# the file


def test_no_file_is_made_before_something_is_put(tmp_path: Path) -> None:
    vault = SqliteVault(tmp_path / "state" / "vault.db", KEYS)
    vault.put({})
    vault.originals([ANNA])
    vault.has(ANNA)
    vault.close()
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_for_its_user_only_and_its_missing_directory_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "needful"
    vault = make_vault(folder / "vault.db", 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == dict.fromkeys(
        ("vault.db", "vault.db-wal", "vault.db-shm"), 0o600
    )
    vault.close()
    assert [file.name for file in folder.iterdir()] == ["vault.db"]


def test_what_was_put_is_there_for_another_vault_at_once_and_after_closing(path: Path) -> None:
    first = make_vault(path, 3)
    with make_vault(path) as second:
        assert second.originals(numbered(4)) == numbered(3)
    first.close()
    with make_vault(path) as third:
        assert third.originals(numbered(4)) == numbered(3)


def test_more_tokens_than_one_statement_takes_come_back(path: Path) -> None:
    many = numbered(1234)
    with make_vault(path) as vault:
        vault.put(many)
        assert vault.originals(many) == many


@settings(max_examples=100)
@given(st.dictionaries(anything, anything, max_size=6), st.dictionaries(anything, anything, max_size=6))
def test_any_tokens_and_originals_come_back_as_they_first_were(one: dict[str, str], other: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder, make_vault(Path(folder) / "vault.db") as vault:
        vault.put(one)
        vault.put(other)
        assert vault.originals([*one, *other]) == {**other, **one}


def test_nothing_raw_lies_in_the_file_or_its_log(tmp_path: Path) -> None:
    probe = LeakProbe()
    with make_vault(tmp_path / "vault.db") as vault:
        vault.put({ANNA: probe.plant("Anna {} of Bern"), BRUNO: probe.plant("Zoë {} Müller")})
        vault.originals([ANNA, BRUNO])
        assert (tmp_path / "vault.db-wal").stat().st_size > 0
        probe.tap_files("open", tmp_path)
    probe.tap_files("closed", tmp_path)
    assert set(probe.doors) == {"open", "closed"}
    probe.assert_no_leak()


def test_originals_of_like_lengths_look_alike(path: Path) -> None:
    lengths = {len(seal(KEYS, ANNA, "x" * length)) for length in range(BLOCK)}
    assert len(lengths) == 1
    assert len(seal(KEYS, ANNA, "x" * BLOCK)) == lengths.pop() + BLOCK


# the hot path


def test_tokens_that_are_there_are_not_written_again(path: Path) -> None:
    make_vault(path, 5).close()
    with make_vault(path) as vault, make_vault(path) as other:
        assert other.has("[PERSON:000000000000]")
        before = path.with_name("vault.db-wal").stat().st_size
        vault.put(numbered(5))
        vault.put(numbered(5))
        assert path.with_name("vault.db-wal").stat().st_size == before
        vault.put(numbered(6))
        assert path.with_name("vault.db-wal").stat().st_size > before


def test_known_tokens_cost_no_look_at_the_rows(path: Path) -> None:
    with make_vault(path, 2) as vault:
        statements: list[str] = []
        assert vault._connection is not None
        vault._connection.set_trace_callback(statements.append)
        vault.put(numbered(2))
        assert vault.has("[PERSON:000000000001]")
        assert statements == []
        vault.put(numbered(3))
        assert statements != []


def test_the_memory_of_known_tokens_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "KNOWN", 10)
    with make_vault(path) as vault:
        for first in range(0, 60, 3):
            vault.put(numbered(3, first))
            assert len(vault._known) <= 10
        vault.put(numbered(60))
        assert len(vault._known) <= 10
        assert vault.originals(numbered(60)) == numbered(60)


# the key


def test_another_key_is_refused_before_anything_is_read_or_written(path: Path) -> None:
    make_vault(path, 1).close()
    before = path.read_bytes()
    other = SqliteVault(path, Keys(bytes(32)))
    token = "[PERSON:000000000000]"
    for call in (lambda: other.put({ANNA: "Anna"}), lambda: other.originals([token]), lambda: other.has(token)):
        assert code_of(call) == "vault-key"
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["vault.db"]
    with pytest.raises(VaultError, match="NEEDFUL_KEY or the variable that the policy's keys: names"):
        other.has(token)


def test_a_row_belongs_to_its_token_and_the_key_check_is_no_row() -> None:
    sealed = seal(KEYS, ANNA, "Anna")
    assert unseal(KEYS, ANNA, sealed) == "Anna"
    for wrong in (
        lambda: unseal(KEYS, BRUNO, sealed),
        lambda: unseal(Keys(bytes(32)), ANNA, sealed),
        lambda: unseal(KEYS, ANNA, key_check(KEYS)),
        lambda: unseal(KEYS, ANNA, sealed[:-1]),
        lambda: unseal(KEYS, ANNA, b""),
        lambda: unseal(KEYS, ANNA, "Anna"),
        lambda: unseal(KEYS, ANNA, None),
    ):
        assert code_of(wrong) == "vault-corrupt"
    assert not knows_key(KEYS, sealed)
    assert not knows_key(KEYS, None)
    assert not knows_key(Keys(bytes(32)), key_check(KEYS))


def test_rows_that_changed_places_are_found(path: Path) -> None:
    make_vault(path, 2).close()
    first, second = numbered(2)
    tamper(path, "UPDATE original SET sealed = (SELECT sealed FROM original ORDER BY token DESC LIMIT 1)")
    with make_vault(path) as vault:
        assert code_of(lambda: vault.originals([first])) == "vault-corrupt"
        assert vault.originals([second]) == {second: "person number 1"}


# the object


def test_a_vault_shows_neither_its_path_nor_what_it_holds(path: Path) -> None:
    probe = LeakProbe([str(path)])
    vault = make_vault(path)
    vault.put({ANNA: probe.plant()})
    probe.tap("repr", repr(vault), str(vault), vault)
    probe.assert_no_leak()
    assert repr(vault) == "SqliteVault(open)"
    vault.close()
    assert repr(vault) == "SqliteVault(closed)"


def test_a_vault_is_not_pickled_or_copied(path: Path) -> None:
    vault = make_vault(path)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        assert code_of(partial(attempt, vault)) == "vault-pickle"


def test_a_closed_vault_refuses(path: Path) -> None:
    vault = make_vault(path, 1)
    vault.close()
    vault.close()
    for call in (lambda: vault.put(numbered(1)), lambda: vault.originals([ANNA]), lambda: vault.has(ANNA)):
        assert code_of(call) == "vault-closed"


def test_a_vault_stays_where_it_is_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteVault("vault.db", KEYS) as vault:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        vault.put({ANNA: "Anna"})
    assert (tmp_path / "vault.db").exists()


# opening


def test_a_vault_may_be_given_as_itself_or_as_a_path(path: Path) -> None:
    own = MemoryVault()
    assert open_vault(own, KEYS) is own
    for given_path in (path, str(path)):
        found = open_vault(given_path, KEYS)
        assert isinstance(found, SqliteVault)
        found.put({ANNA: "Anna"})
        found.close()
    assert path.exists()


def test_the_default_vault_lies_where_the_environment_says_or_in_the_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("NEEDFUL_VAULT", raising=False)
    assert default_path() == tmp_path / "state" / "needful" / "vault.db"
    monkeypatch.setenv("NEEDFUL_VAULT", str(tmp_path / "own.db"))
    assert default_path() == tmp_path / "own.db"
    found = open_vault(None, KEYS)
    assert not (tmp_path / "own.db").exists()
    found.put({ANNA: "Anna"})
    assert isinstance(found, SqliteVault)
    found.close()
    assert (tmp_path / "own.db").exists()
