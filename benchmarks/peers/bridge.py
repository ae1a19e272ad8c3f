"""Needful's embedded Qdrant engine behind HTTP on this machine, for all alike, with every byte that crosses counted.

Peers speak to it with their own qdrant-client as they would to a server. Nothing outside 127.0.0.1 can reach it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx

from needful_qdrant.edge.storage import Storage
from needful_qdrant.edge.transport import EdgeTransport

__all__ = ["Bridge", "Exchange"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer: bytes of the bodies, without headers."""

    path: str
    sent: int
    received: int
    body: bytes = field(repr=False)


class Bridge:
    """The engine and its server. `drained` gives the exchanges since it was asked last."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self._transport = EdgeTransport(Storage(None), self._noted)
        self._server = _Server(("127.0.0.1", 0), _handler(self._transport))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def drained(self) -> list[Exchange]:
        """What was exchanged since the last call."""
        with self._lock:
            taken, self._exchanges = self._exchanges, []
        return taken

    def _noted(self, method: str, path: str, sent: bytes, received: bytes) -> None:
        with self._lock:
            self._exchanges.append(Exchange(path, len(sent), len(received), received))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._transport.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a peer that ends leaves its connections open."""


def _handler(transport: EdgeTransport) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one packet an answer: head and body apart would wait for each other's acknowledgement

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = httpx.Request(self.command, f"http://embedded{self.path}", content=body)
            answer = transport.handle_request(request)
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815  # http.server's names

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: paths would fill the table's screen."""

    return Handler
