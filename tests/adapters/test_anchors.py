"""Anchors: a signed checkpoint reaches a file, the log, OpenTelemetry, an endpoint; a dead one stops nothing."""

from __future__ import annotations

import base64
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from ledger_entries import make_entry
from needful.errors import LedgerError
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful_anchors import anchor_to
from needful_anchors.sending import Latest

NOTE = "needful/ledger/1\n3\nAAAA\n\n— needful c2ln\n"
PATIENCE = 10.0


def test_a_file_gets_every_note_and_holds_the_ledger_against_them(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "anchors.txt"
    kept.parent.mkdir()
    keys = Keys(bytes(32))
    for _ in range(2):
        with SqliteLedger(tmp_path / "ledger.db", keys=keys, on_checkpoint=anchor_to(f"file:{kept}")) as ledger:
            ledger.append(make_entry())
    notes = notes_of(kept)
    assert len(notes) == 2
    assert kept.stat().st_mode & 0o777 == 0o600
    with SqliteLedger(tmp_path / "ledger.db", keys=keys) as ledger:
        assert ledger.verify(anchors=notes).count == 2


def notes_of(file: Path) -> list[str]:
    """The notes in a file: each ends with its signature's line, and an empty line follows."""
    notes: list[str] = []
    lines: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        if line or not any(each.startswith("— ") for each in lines):
            lines.append(line)
        else:
            notes.append("".join(f"{each}\n" for each in lines))
            lines = []
    return notes


def test_the_systems_log_gets_one_line_with_the_note_in_base64() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as log:
        log.bind(("127.0.0.1", 0))
        log.settimeout(PATIENCE)
        anchor_to(f"syslog:127.0.0.1:{log.getsockname()[1]}")(NOTE)
        line = log.recv(65_536).decode()
    assert line.startswith("<85>1 - - needful - checkpoint - ")
    assert base64.b64decode(line.rpartition(" ")[2]).decode() == NOTE


def test_opentelemetry_gets_a_log_record(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK's
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    monkeypatch.setattr("opentelemetry._logs.get_logger", provider.get_logger)
    anchor_to("otel:")(NOTE)
    (record,) = exporter.get_finished_logs()
    assert record.log_record.body == NOTE


class Endpoint:
    """An HTTP server that answers with these codes, one a request, and then 204."""

    def __init__(self, *codes: int) -> None:
        self.bodies: list[str] = []
        answers, bodies = iter(codes), self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
                self.send_response(next(answers, 204))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/anchors"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint(500)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_an_endpoint_gets_the_note_again_until_it_took_it(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = anchor_to(endpoint.url)
    assert isinstance(anchor, Latest)
    anchor(NOTE)
    assert anchor.flush(PATIENCE)
    assert endpoint.bodies == [NOTE, NOTE]


def test_only_the_latest_note_is_tried_again() -> None:
    went: list[str] = []
    first = threading.Event()

    def send(note: str) -> None:
        first.set()
        if note == "old":
            raise ConnectionError(note)
        went.append(note)

    anchor = Latest(send, first_pause=60)
    anchor("old")
    assert first.wait(PATIENCE)
    anchor("new")
    assert anchor.flush(PATIENCE)
    assert went == ["new"]


def test_a_destination_that_is_down_stops_no_entry_and_is_logged_by_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SqliteLedger(tmp_path / "l.db", keys=Keys(bytes(32)), on_checkpoint=anchor_to("file:/nowhere/x")) as ledger:
        assert ledger.append(make_entry()).sequence == 1
    assert [record.needful for record in caplog.records] == [{"code": "anchor-failed"}]  # type: ignore[attr-defined]
    assert "nowhere" not in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_nothing_to_send_and_can_send() -> None:
    went: list[str] = []
    hold = threading.Event()

    def send(note: str) -> None:
        hold.wait(PATIENCE) if note == "parent" else went.append(note)

    anchor = Latest(send)
    anchor("parent")
    child = os.fork()
    if child == 0:
        anchor("child")
        os._exit(0 if anchor.flush(PATIENCE) and went == ["child"] else 1)
    hold.set()
    assert os.waitpid(child, 0)[1] == 0
    assert anchor.flush(PATIENCE)


@pytest.mark.parametrize("given", ["", "file:", "ftp://x", "otel:x", "https://", "syslog:host:x", "http://[", "x"])
def test_what_is_no_destination_is_refused_and_not_quoted(given: str) -> None:
    with pytest.raises(LedgerError) as caught:
        anchor_to(given)
    assert caught.value.code == "anchor-malformed"
