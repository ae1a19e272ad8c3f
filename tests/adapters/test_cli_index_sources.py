"""`needful index` from a LangChain loader and from a collection that is there already."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import CANARY, fails, fine, run
from index_support import ASKED, INTO, POLICY, QUESTION, payloads, settle

from needful.policy import Policy
from needful.testing import LeakProbe
from needful_cli.index_sources import Collection


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return settle(tmp_path, monkeypatch)


def test_a_loader_is_read_once_and_what_it_cannot_give_is_named(home: Path) -> None:
    done = run("index", "--loader", "own_factories:pages", *INTO, "--policy", "p.yaml")
    assert done.exit_code == 9
    assert done.stdout == "indexed 2 documents as 3 passages; c has 5\n"
    assert done.stderr.splitlines() == [
        "needful: own_factories:pages:2: its text is empty",
        "needful: 1 documents are not written, 2 are",
    ]
    found = payloads(home / "q")
    assert [each["metadata"].get("name") for each in found].count(CANARY) == 1
    assert not any("note" in each["metadata"] for each in found)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_collection_becomes_one_of_passages(home: Path, elsewhere: bool) -> None:
    whole = ("--qdrant", "old" if elsewhere else "q", "--collection", "whole")
    fine("index", "tickets.jsonl", *whole)
    taken = ("--from-collection", "whole", *(("--from-qdrant", "old") if elsewhere else ()))
    assert fine("index", *taken, *INTO, "--policy", "p.yaml") == "indexed 2 documents as 4 passages; c has 6\n"
    assert fine("index", *taken, *INTO, "--policy", "p.yaml") == "indexed 2 documents as 4 passages; c has 6\n"
    assert not any("note" in each["metadata"] for each in payloads(home / "q"))
    (document,) = json.loads(fine("retrieve", QUESTION, *INTO, "--policy", "p.yaml", *ASKED, "--k", "1", "--json"))[
        "documents"
    ]
    assert document["metadata"]["product"] == "household"


def test_of_a_collection_only_what_the_policy_needs_is_fetched(home: Path) -> None:
    of = Policy.load(home / "p.yaml")
    names = ["name", "opened", "product", "tenant"]
    assert Collection("x").fields(of, all_fields=False) == [f"metadata.{name}" for name in names]
    assert Collection("x", text_key="body").fields(of, all_fields=False) == names
    assert Collection("x", text_key="b", metadata_key="m.n").fields(of, all_fields=False) == [
        f"m.n.{name}" for name in names
    ]
    assert Collection("x").fields(of, all_fields=True) is None
    assert Collection("x").fields(None, all_fields=False) is None


def test_a_collection_of_another_layout_is_read_by_its_keys(home: Path) -> None:
    (home / "flat.yaml").write_text(
        POLICY.format(layout="{text: body}", longest=1000).replace("metadata.", "").replace("page_content", "body")
    )
    fine("index", "tickets.jsonl", "--qdrant", "q", "--collection", "flat", "--policy", "flat.yaml")
    taken = ("--from-collection", "flat", "--text-key", "body")
    assert fine("index", *taken, *INTO, "--policy", "p.yaml") == "indexed 2 documents as 4 passages; c has 6\n"
    own = [found["metadata"] for found in payloads(home / "q") if "page_content" not in found]
    assert {"tenant": "acme", "product": "bicycle"} in own


@pytest.mark.parametrize("command", [("tickets.jsonl",), ("--from-collection", "whole")])
def test_nothing_that_the_command_says_shows_a_document(home: Path, command: tuple[str, ...]) -> None:
    fine("index", "tickets.jsonl", "--qdrant", "q", "--collection", "whole")
    probe = LeakProbe()
    for raw in (CANARY, "212 555 0142", "unlisted", "flooded kitchen"):
        probe.adopt(raw)
    for more in (("--json",), ("--embeddings", "own_factories:broken"), ("--index", "a=b")):
        probe.tap("index", run("index", *command, *INTO, "--policy", "short.yaml", *more).output)
    probe.assert_no_leak()


def test_a_source_that_is_not_there_is_said(home: Path) -> None:
    assert "there is no such SOURCE" in fails(2, "index", "nowhere", *INTO)
    assert "the collection does not exist" in fails(6, "index", "--from-collection", "x", *INTO)
    assert "no such directory" in fails(6, "index", "--from-collection", "x", "--from-qdrant", "nowhere", *INTO)
    assert not (home / "nowhere").exists()
