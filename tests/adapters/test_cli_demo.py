"""`needful demo`: the plain side is what LangChain really returns, the other side is what the policy says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cli_support import fine, run
from langchain_qdrant import QdrantVectorStore, RetrievalMode

from needful_cli.demo import QUESTIONS, Stage, plain_documents, staged, tickets
from needful_qdrant import Bm25Embeddings


@pytest.fixture(scope="module")
def shown() -> str:
    """Return what the demonstration prints."""
    return fine("demo")


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    """Return the steps of the demonstration as JSON."""
    found: list[dict[str, Any]] = json.loads(fine("demo", "--json"))["questions"]
    return found


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        yield staged(stack)


def test_it_asks_three_questions_under_two_purposes(steps: list[dict[str, Any]]) -> None:
    assert len(steps) == 3
    assert len({step["purpose"] for step in steps}) == 2


def test_the_plain_side_is_what_a_vector_stores_retriever_returns(stage: Stage) -> None:
    store = QdrantVectorStore(
        stage.client,
        "tickets",
        sparse_embedding=Bm25Embeddings(),
        retrieval_mode=RetrievalMode.SPARSE,
    )
    for asked in QUESTIONS:
        plain = plain_documents(stage.client, asked.text, asked.k)
        theirs = store.as_retriever(search_kwargs={"k": asked.k}).invoke(asked.text)
        assert [document.page_content for document in plain] == [document.page_content for document in theirs]
        for ours, other in zip(plain, theirs, strict=True):
            assert ours.metadata.items() <= other.metadata.items()


def test_nothing_of_a_person_is_on_the_side_of_needful(steps: list[dict[str, Any]]) -> None:
    disclosed = json.dumps([step["needful"] for step in steps]) + "".join(step["prompt"] for step in steps)
    squeezed = re.sub(r"\s", "", disclosed).casefold()
    for ticket in tickets():
        for field in ("name", "email", "phone", "iban"):
            value = str(ticket.metadata.get(field, "nothing at all"))
            assert re.sub(r"\s", "", value).casefold() not in squeezed
    assert "219-09-9999" not in disclosed
    assert "globex" not in disclosed


def test_the_plain_side_shows_people_and_another_insurers_tickets(steps: list[dict[str, Any]]) -> None:
    plain = json.dumps([step["plain"] for step in steps])
    assert "219-09-9999" in plain
    assert "globex" in plain


def test_what_was_withheld_is_said_with_its_reason(steps: list[dict[str, Any]], shown: str) -> None:
    assert {"drop-record": 1} in [step["withheld"] for step in steps]
    assert "withheld: 1 drop-record" in shown


def test_the_same_account_in_two_claims_has_the_same_hash(steps: list[dict[str, Any]]) -> None:
    review = next(step for step in steps if step["purpose"] == "fraud-review")
    accounts = [document["metadata"]["iban"] for document in review["needful"]["documents"]]
    assert len(accounts) == 2
    assert len(set(accounts)) == 1
    assert accounts[0].startswith("[IBAN_CODE#")


def test_the_answers_are_in_what_is_disclosed(steps: list[dict[str, Any]]) -> None:
    for step, answer in zip(steps, ("more than 72 hours", "bank statement", "1,099 euros"), strict=True):
        assert any(answer in document["page_content"] for document in step["needful"]["documents"])


def test_it_is_readable_in_a_hundred_columns(shown: str) -> None:
    table = [line for line in shown.splitlines() if line.startswith("│")]
    assert len(table) > 20
    assert {len(line) for line in table} == {100}


def test_it_ends_with_the_ledger_its_verification_and_the_prompt(shown: str) -> None:
    assert "It verifies: 3 entries, head " in shown
    assert "The prompt of the first question would be:" in shown
    assert f"Question: {QUESTIONS[0].text}" in shown


def test_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    fine("demo")
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_can_be_kept(tmp_path: Path) -> None:
    for entries in (3, 6):
        fine("demo", "--ledger", tmp_path / "ledger.db")
        assert f"verifies: {entries} entries" in fine("audit", "verify", "--ledger", tmp_path / "ledger.db")


def test_it_asks_the_model_that_is_named() -> None:
    done = run("demo", env={"NEEDFUL_LLM": "nobody:nothing"})
    assert done.exit_code == 2
    assert "provider:model" in done.stderr


def test_every_account_of_the_tickets_has_valid_check_digits_and_every_ticket_its_own_number() -> None:
    accounts = [str(ticket.metadata["iban"]).replace(" ", "") for ticket in tickets() if "iban" in ticket.metadata]
    assert accounts
    for account in accounts:
        digits = "".join(str(int(character, 36)) for character in account[4:] + account[:4])
        assert int(digits) % 97 == 1
    assert 25 <= len(tickets()) <= 40
    assert len({ticket.id for ticket in tickets()}) == len(tickets())
    assert {ticket.metadata["tenant"] for ticket in tickets()} == {"acme", "globex"}
