"""The destinations: a file elsewhere, the system's log, an OpenTelemetry log record, an HTTP endpoint.

file:/mnt/elsewhere/anchors.txt    the note is appended and synchronised
syslog:  syslog:host:514           one line, facility auth: base64 of the note
otel:                              a log record whose body is the note
https://anchors.example/needful    POST, text/plain; kept and tried again until a newer one takes its place
"""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from needful.errors import LedgerError
from needful.telemetry import log_checkpoint
from needful_anchors.sending import Latest

__all__ = ["Anchor", "anchor_to"]

Anchor = Callable[[str], None]
"""Takes the note of a signed checkpoint: what `SqliteLedger(on_checkpoint=…)` calls."""

TIMEOUT = 5.0
"""Seconds that a destination on the network may take."""

SYSLOG_PORT = 514
# RFC 5424 §6.2.1: facility 10 (security) times 8, severity 5 (notice).
_PRIORITY = 10 * 8 + 5


def anchor_to(given: str) -> Anchor:
    """Return what hands notes to a destination. Raises `LedgerError` where it is none of those above.

    Nothing is opened or sent before the first note. What an anchor raises later, the ledger logs and passes over: a
    destination that is down must not stop a question, and the next note vouches for all before it.
    """
    scheme, _, rest = given.partition(":")
    if scheme == "file" and rest:
        path = Path(rest).expanduser().absolute()
        return lambda note: _append(path, note)
    if scheme == "syslog":
        address = _address(rest)
        return lambda note: _to_syslog(address, note)
    if scheme == "otel" and not rest:
        return log_checkpoint
    if scheme in ("http", "https") and _leads_somewhere(given):
        return Latest(lambda note: _post(given, note))
    raise LedgerError("an anchor is file:PATH, syslog:, syslog:HOST:PORT, otel: or https://…", code="anchor-malformed")


def _append(path: Path, note: str) -> None:
    """Append a note and what separates it from the next, durable before it returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{note}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _address(rest: str) -> str | tuple[str, int]:
    if not rest:
        return "/dev/log"
    host, _, port = rest.removeprefix("//").rpartition(":")
    if not host:
        return port, SYSLOG_PORT
    if not port.isascii() or not port.isdigit():
        raise LedgerError("the port of a syslog anchor is a number", code="anchor-malformed", hint="syslog:HOST:514")
    return host, int(port)


def _to_syslog(address: str | tuple[str, int], note: str) -> None:
    """Send one datagram (RFC 5424). The note has line breaks, which a log has not: it goes in base64."""
    line = f"<{_PRIORITY}>1 - - needful - checkpoint - {base64.b64encode(note.encode()).decode()}".encode()
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.settimeout(TIMEOUT)
        sender.sendto(line, address)


def _leads_somewhere(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # a port that is no number
        return False


def _post(url: str, note: str) -> None:
    import httpx

    headers = {"content-type": "text/plain; charset=utf-8"}
    httpx.post(url, content=note.encode(), headers=headers, timeout=TIMEOUT).raise_for_status()
