"""Keys: one secret, from the environment or a file of the user's own, and a label for every use."""

from __future__ import annotations

import base64
import copy
import logging
import os
import pickle
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import VaultError
from needful.keys import KEY_BYTES, Keys, state_directory
from needful.testing import LeakProbe

SECRET = bytes(range(32))
parts = st.lists(st.text(max_size=10), max_size=3)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A state directory of the test's own, and no key in the environment."""
    monkeypatch.delenv("NEEDFUL_KEY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "needful"


def same(one: Keys, other: Keys) -> bool:
    return one.mac("test", "x") == other.mac("test", "x")


# the environment


def test_the_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", base64.b64encode(SECRET).decode() + "\n")
    assert same(Keys.load(), Keys(SECRET))


def test_a_policy_may_name_a_variable_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_KEY", base64.b64encode(SECRET).decode())
    assert same(Keys.load("CLAIMS_KEY"), Keys(SECRET))


def test_a_variable_of_the_policys_own_that_is_not_set_makes_no_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLAIMS_KEY", raising=False)
    with pytest.raises(VaultError, match="CLAIMS_KEY is not set") as failure:
        Keys.load("CLAIMS_KEY")
    assert failure.value.code == "key-missing"
    assert not home.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not base64!", "key-encoding"),
        ("ключ", "key-encoding"),
        (base64.b64encode(b"short").decode(), "key-length"),
        (base64.b64encode(bytes(33)).decode(), "key-length"),
    ],
)
def test_a_wrong_key_is_refused_without_being_quoted(text: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", text)
    probe = LeakProbe([text])
    with pytest.raises(VaultError) as failure:
        Keys.load()
    assert failure.value.code == code
    assert failure.value.__context__ is None
    probe.tap_exception("error", failure.value.with_traceback(None))
    probe.assert_no_leak()


# the key file


def test_without_a_key_a_file_is_made_once_for_this_user_only_and_said_once(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = Keys.load()
    second = Keys.load()
    assert same(first, second)
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["key"]
    assert len(base64.b64decode((home / "key").read_text())) == KEY_BYTES
    assert caplog.text.count("made a key file") == 1
    assert (home / "key").read_text() not in caplog.text


def test_an_empty_variable_is_no_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", "")
    Keys.load()
    assert (home / "key").exists()


def test_threads_that_all_come_first_get_one_key(home: Path) -> None:
    made: list[bytes] = []
    barrier = threading.Barrier(16)

    def load() -> None:
        barrier.wait()
        made.append(Keys.load().mac("test", "x"))

    threads = [threading.Thread(target=load) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16
    assert len(set(made)) == 1


def test_processes_that_all_come_first_get_one_key(home: Path) -> None:
    program = (
        "import sys\nfrom needful.keys import Keys\nprint('ready', flush=True)\nsys.stdin.read(1)\n"
        "print(Keys.load().mac('test', 'x').hex())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("g")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert len(set(answers)) == 1


def test_a_key_file_that_is_no_key_is_not_replaced(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "key").write_bytes(b"\xff\xfe not a key")
    with pytest.raises(VaultError) as failure:
        Keys.load()
    assert failure.value.code == "key-file"
    assert failure.value.__context__ is None
    assert (home / "key").read_bytes() == b"\xff\xfe not a key"


def test_a_state_directory_that_cannot_be_made_is_said_with_what_to_do(home: Path) -> None:
    home.parent.parent.mkdir(exist_ok=True)
    home.parent.write_text("a file where a folder should be")
    with pytest.raises(VaultError, match="set NEEDFUL_KEY in the environment") as failure:
        Keys.load()
    assert str(home.parent) not in str(failure.value)


def test_the_state_directory_is_xdgs_or_lies_under_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_directory() == tmp_path / "needful"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert state_directory() == tmp_path / ".local" / "state" / "needful"


# derived keys


@given(parts, parts)
def test_a_mac_depends_on_every_part_and_on_where_it_ends(one: list[str], other: list[str]) -> None:
    keys = Keys(SECRET)
    assert (keys.mac("test", *one) == keys.mac("test", *other)) == (one == other)
    assert keys.mac("test", *one) == Keys(SECRET).mac("test", *one)


@given(st.text(max_size=10))
def test_a_mac_depends_on_its_label_and_on_the_secret(value: str) -> None:
    labels = ("token", "hash", "document-id", "principal", "query", "")
    macs = {Keys(secret).mac(label, value) for label in labels for secret in (SECRET, bytes(32))}
    assert len(macs) == 2 * len(labels)


def test_a_mac_can_be_had_of_any_text_that_json_can_hold() -> None:
    assert len(Keys(SECRET).mac("test", "\ud800 lone surrogate")) == 32


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_only_32_bytes_are_a_key(length: int) -> None:
    with pytest.raises(VaultError) as failure:
        Keys(bytes(length))
    assert failure.value.code == "key-length"


def test_random_keys_are_nobody_elses() -> None:
    assert not same(Keys.random(), Keys.random())


def test_keys_show_themselves_to_no_repr_and_no_pickle() -> None:
    probe = LeakProbe()
    secret = os.urandom(32)
    for form in (secret.hex(), base64.b64encode(secret).decode(), repr(secret)):
        probe.adopt(form)
    keys = Keys(secret)
    keys.mac("test", "x")
    probe.tap("repr", repr(keys), str(keys), f"{keys}", keys)
    probe.assert_no_leak()
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(VaultError) as failure:
            attempt(keys)
        assert failure.value.code == "key-pickle"


# sealing


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_what_is_sealed_comes_back_with_the_same_label_and_binding(data: bytes, bound_to: bytes) -> None:
    keys = Keys(SECRET)
    sealed = keys.seal("test", data, bound_to)
    assert len(sealed) == len(data) + 28
    assert Keys(SECRET).unseal("test", sealed, bound_to) == data


def test_the_same_is_never_sealed_the_same() -> None:
    keys = Keys(SECRET)
    assert len({keys.seal("test", b"data", b"") for _ in range(100)}) == 100


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_of_what_is_sealed_is_found(place: int, difference: int) -> None:
    sealed = bytearray(Keys(SECRET).seal("test", b"some data", b"token"))
    sealed[place % len(sealed)] ^= difference
    with pytest.raises(VaultError) as failure:
        Keys(SECRET).unseal("test", bytes(sealed), b"token")
    assert failure.value.code == "unseal"
    assert failure.value.__context__ is None


@pytest.mark.parametrize(
    ("secret", "label", "cut", "bound_to"),
    [
        (bytes(32), "test", 100, b"token"),
        (SECRET, "other", 100, b"token"),
        (SECRET, "test", 100, b"tokens"),
        (SECRET, "test", 36, b"token"),
        (SECRET, "test", 20, b"token"),
        (SECRET, "test", 0, b"token"),
    ],
    ids=["another key", "another label", "another binding", "a byte short", "no tag", "empty"],
)
def test_what_is_sealed_is_unsealed_by_nothing_else(secret: bytes, label: str, cut: int, bound_to: bytes) -> None:
    sealed = Keys(SECRET).seal("test", b"some data", b"token")
    with pytest.raises(VaultError) as failure:
        Keys(secret).unseal(label, sealed[:cut], bound_to)
    assert failure.value.code == "unseal"
