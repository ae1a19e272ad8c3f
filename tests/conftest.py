"""What every test stands on: a key and a state directory of its own, no network, the same random choices each time."""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
TEST_KEY = base64.b64encode(bytes(range(32))).decode()
# Settings of a developer's shell that would change what a test does, or send its data somewhere.
FOREIGN_SETTINGS = (
    "NEEDFUL_LEDGER",
    "NEEDFUL_ANCHOR",
    "NEEDFUL_LLM",
    "NEEDFUL_VAULT",
    "LANGSMITH_TRACING",
    "LANGSMITH_API_KEY",
    "LANGCHAIN_TRACING_V2",
    "LANGCHAIN_API_KEY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)

# A failure must come back on the next run; a slow shared machine is no reason to fail one example.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_refused: list[str] = []


def _is_here(host: str) -> bool:
    if host in ("", "None", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return False


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.endswith(".invalid"):
        # The name for hosts that must not exist (RFC 2606 §2): a test that asks for one means it.
        raise socket.gaierror(socket.EAI_NONAME, "no such host")
    if not _is_here(name):
        _refused.append(name)
        raise ConnectionRefusedError("tests have no network")


# An audit hook and not a patched socket class: it also sees what a library does with its own socket objects.
sys.addaudithook(_no_network)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail a test that asked for a host outside, even where the code under test took the refusal calmly."""
    _refused.clear()
    yield
    asked = sorted(set(_refused))
    assert not asked, f"asked the network for {asked}"


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give the test a known key, and state and cache directories that are its own; the user's home stays untouched."""
    for name in FOREIGN_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    own = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("NEEDFUL_KEY", TEST_KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(own / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(own / "cache"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder with the public data sets, `$NEEDFUL_DATA` or beside the checkout; without it, skip."""
    folder = Path(os.environ.get("NEEDFUL_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the public data sets are not here: set NEEDFUL_DATA to their folder")
    return folder


@pytest.fixture
def closed_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
