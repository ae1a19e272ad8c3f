"""`needful annotate`: what it says, what it leaves, and that nothing raw gets out of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from annotating_support import empty, filled, put, put_all, stored
from cli_support import fails, fine, run

from needful.annotations import KEY
from needful.testing import LeakProbe
from needful_qdrant import embedded_client

NEEDFUL = str(Path(sys.executable).with_name("needful"))

POLICY = """
needful: 1
name: annotating
version: 1
layout: langchain
purposes:
  read:
    filter: {}
    fields: {page_content: scan}
    entities: {default: redact}
    detect: {ner: none, reason: patterns are enough for a test, max_characters: 1000}
"""
TEXTS = ["Write to m.keller@mail.example", "No news", "My card is 4111 1111 1111 1111", "Nothing"]


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    """A collection on disk and a policy."""
    client = embedded_client(tmp_path / "q")
    filled(client, TEXTS)
    client.close()
    (tmp_path / "p.yaml").write_text(POLICY)
    return ["--qdrant", str(tmp_path / "q"), "--collection", "c", "--policy", str(tmp_path / "p.yaml")]


def entities(folder: Path) -> list[list[str]]:
    client = embedded_client(folder / "q")
    found = [[name.partition(":")[2] for name in payload[KEY]["entities"]] for payload in stored(client).values()]
    client.close()
    return found


def test_it_says_how_many_were_annotated_and_keeps_what_was_found(flags: list[str], tmp_path: Path) -> None:
    assert fine("annotate", *flags) == "annotated 4 of 4 points; 0 had it already\n"
    assert entities(tmp_path) == [["EMAIL_ADDRESS"], [], ["CREDIT_CARD"], []]
    assert fine("annotate", *flags) == "annotated 0 of 4 points; 4 had it already\n"
    assert fine("annotate", *flags, "--stale") == "annotated 0 of 0 points; 0 had it already\n"


def test_a_dry_run_says_what_would_be_written(flags: list[str], tmp_path: Path) -> None:
    assert fine("annotate", *flags, "--dry-run") == "4 of 4 points would be annotated; nothing was written\n"
    client = embedded_client(tmp_path / "q")
    assert all(KEY not in payload for payload in stored(client).values())
    client.close()


def test_json_has_every_count(flags: list[str]) -> None:
    printed = json.loads(fine("annotate", *flags, "--json", "--batch", "3", "--rate", "1e9"))
    assert printed == {
        "points": 4,
        "current": 0,
        "written": 4,
        "faults": 0,
        "contended": 0,
        "gone": 0,
        "dry_run": False,
    }


def test_two_processes_come_to_the_same(flags: list[str], tmp_path: Path) -> None:
    assert fine("annotate", *flags, "--processes", "2", "--batch", "2") == "annotated 4 of 4 points; 0 had it already\n"
    assert entities(tmp_path) == [["EMAIL_ADDRESS"], [], ["CREDIT_CARD"], []]
    assert fine("annotate", *flags) == "annotated 0 of 4 points; 4 had it already\n"


def test_points_that_cannot_be_searched_are_said_and_the_exit_code_is_9(flags: list[str], tmp_path: Path) -> None:
    client = embedded_client(tmp_path / "q")
    put(client, 9, {"page_content": "x" * 1001})
    client.close()
    done = run("annotate", *flags)
    assert done.exit_code == 9
    assert done.stdout.splitlines() == [
        "annotated 4 of 5 points; 0 had it already",
        "1 points could not be searched, and are left as they were",
    ]


def test_a_finished_run_leaves_no_progress_file(flags: list[str], tmp_path: Path) -> None:
    fine("annotate", *flags, "--resume", str(tmp_path / "progress"))
    assert not (tmp_path / "progress").exists()


def test_a_progress_file_of_something_else_ends_with_2(flags: list[str], tmp_path: Path) -> None:
    (tmp_path / "progress").write_text("notes of somebody")
    said = fails(2, "annotate", *flags, "--resume", str(tmp_path / "progress"))
    assert said.startswith("--resume: the progress file cannot be read")
    assert (tmp_path / "progress").read_text() == "notes of somebody"


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf"])
def test_a_rate_that_is_none_ends_with_2(flags: list[str], rate: str) -> None:
    assert "--rate is not a number above 0" in fails(2, "annotate", *flags, "--rate", rate)


def test_what_is_not_there_ends_with_its_code(flags: list[str], tmp_path: Path) -> None:
    fails(6, "annotate", *flags[:2], "--collection", "other", *flags[4:])
    fails(6, "annotate", "--qdrant", str(tmp_path / "no"), *flags[2:])
    assert fails(3, "annotate", *flags[:4], "--policy", str(tmp_path / "no.yaml"))
    assert "--processes" in fails(2, "annotate", *flags, "--processes", "0")


def test_a_server_that_is_not_there_is_said_at_once(flags: list[str], closed_port: int) -> None:
    assert "cannot be reached" in fails(6, "annotate", "--qdrant", f"http://127.0.0.1:{closed_port}", *flags[2:])


def test_a_key_that_is_none_ends_with_2_in_any_process(flags: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_KEY", "no key")
    assert "NEEDFUL_KEY" in fails(2, "annotate", *flags)
    assert "NEEDFUL_KEY" in fails(2, "annotate", *flags, "--processes", "2")


@pytest.fixture
def probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LeakProbe:
    """A collection of canaries, one of them too long to be searched, and a policy, in the working directory."""
    probe = LeakProbe()
    client = embedded_client(tmp_path / "q")
    point = probe.adopt("6f2d1c58-0c1e-4a44-9d5b-3a7f5b8e1c09")
    points: dict[str, dict[str, Any]] = {
        str(UUID(int=n)): {"page_content": probe.plant("Call {} now"), "metadata": {"name": probe.plant()}}
        for n in range(20)
    }
    empty(client)
    put_all(client, points)
    put(client, point, {"page_content": probe.plant("Write to {}@mail.example"), "metadata": {probe.plant(): "x"}})
    put(client, str(UUID(int=99)), {"page_content": probe.plant("too long {}") + "x" * 1000})
    client.close()
    (tmp_path / "p.yaml").write_text(POLICY)
    (tmp_path / "state").mkdir()
    monkeypatch.chdir(tmp_path)
    return probe


WHERE = ("annotate", "--qdrant", "q", "--collection", "c", "--policy", "p.yaml", "--batch", "2")


@pytest.mark.parametrize(
    ("code", "more"),
    [
        (0, ["--dry-run"]),
        (9, ["--resume", "state/progress"]),
        (9, ["--json"]),
        (2, ["--resume", "p.yaml"]),
        (6, ["--collection", "d"]),
    ],
)
def test_nothing_raw_gets_out(probed: LeakProbe, caplog: pytest.LogCaptureFixture, code: int, more: list[str]) -> None:
    done = run(*WHERE, *more)
    assert done.exit_code == code
    probed.tap("streams", done.stdout, done.stderr)
    probed.tap("logs", caplog.text)
    probed.tap_files("files", Path("state"))
    if done.exception is not None:
        probed.tap_exception("exception", done.exception)
    probed.assert_no_leak()


def test_nothing_raw_gets_out_of_several_processes(probed: LeakProbe) -> None:
    command = [NEEDFUL, *WHERE, "--processes", "2", "--resume", "state/progress"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 9
    probed.tap("streams", done.stdout, done.stderr)
    probed.tap_files("files", Path("state"))
    probed.assert_no_leak()
