"""`needful index`, `needful retrieve` and `needful ask` on an embedded Qdrant in a directory."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from annotating_support import served
from cli_support import AGENT, CANARY, fails, fine, jsonl, run
from index_support import ASKED as ASKED_CLAIMS
from index_support import INTO, at, settle
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models

from needful.errors import StoreError
from needful.testing import LeakProbe
from needful.values import Release
from needful_cli.ask import prompt_of
from needful_cli.factories import embeddings_of
from needful_cli.failures import UsageProblems
from needful_cli.opening import fitting
from needful_qdrant import Bm25Embeddings, embedded_client
from needful_qdrant.vectors import Vectors

QUESTION = "Why was the claim for the flooded kitchen reduced?"
TICKETS = (
    {
        "id": 1,
        "page_content": f"The claim of {CANARY}, +1 212 555 0142, for the flooded kitchen was reduced.",
        "metadata": {"tenant": "acme", "product": "household", "name": CANARY, "note": "unlisted"},
    },
    {"id": 2, "page_content": "The kitchen was not flooded.", "metadata": {"tenant": "acme", "product": "motor"}},
    {"id": 3, "page_content": "A flooded kitchen, reduced.", "metadata": {"tenant": "globex", "product": "household"}},
    {
        "id": 4,
        "page_content": "The claim for the flooded kitchen came with her SSN, 219-09-9999.",
        "metadata": {"tenant": "acme", "product": "household"},
    },
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with the tickets indexed into ./q, collection tickets."""
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "tickets.jsonl", *TICKETS)
    assert (
        fine("index", "tickets.jsonl", *WHERE, "--index", "metadata.tenant") == "indexed 4 documents; tickets has 4\n"
    )
    return tmp_path


WHERE = ("--qdrant", "q", "--collection", "tickets")
ASKED = ("--policy", "customer-service", "--purpose", "answer-ticket", "--principal", AGENT)


def retrieved(*more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fine("retrieve", QUESTION, *WHERE, *ASKED, "--json", *more))
    return found


@pytest.mark.usefixtures("home")
def test_the_answer_as_json_has_documents_how_many_were_withheld_and_the_receipt() -> None:
    found = retrieved("--k", "2")
    assert found.keys() == {"documents", "withheld", "receipt"}
    assert [document.keys() for document in found["documents"]] == [{"page_content", "metadata"}] * 2
    first = found["documents"][0]
    assert first["page_content"].startswith("The claim of [PERSON:")
    assert first["page_content"].endswith("], [PHONE_NUMBER], for the flooded kitchen was reduced.")
    assert first["metadata"].keys() == {"product", "name", "needful"}
    assert found["withheld"] == 1
    assert found["receipt"].keys() == {"sequence", "entry_hash", "policy", "counts"}
    assert first["metadata"]["needful"]["receipt"] == found["receipt"]["sequence"] == 1


@pytest.mark.usefixtures("home")
def test_nothing_of_a_person_of_another_tenant_or_of_an_unlisted_field_is_printed() -> None:
    for form in ([], ["--json"]):
        done = run("retrieve", QUESTION, *WHERE, *ASKED, *form)
        assert done.exit_code == 0
        for raw in (CANARY, "212 555", "unlisted", "219-09", "globex"):
            assert raw not in done.output


@pytest.mark.usefixtures("home")
def test_tokens_are_printed_as_they_are_and_not_taken_for_markup() -> None:
    assert "[PHONE_NUMBER]" in fine("retrieve", QUESTION, *WHERE, *ASKED)


def test_what_is_indexed_again_replaces_what_was_there(home: Path) -> None:
    jsonl(home / "tickets.jsonl", {**TICKETS[0], "page_content": "The flooded kitchen is dry again."})
    said = json.loads(fine("index", "tickets.jsonl", *WHERE, "--json"))
    assert said == {"collection": "tickets", "indexed": 1, "points": 4, "passed_over": {}}
    assert "The flooded kitchen is dry again." in [each["page_content"] for each in retrieved()["documents"]]


@pytest.mark.usefixtures("home")
def test_a_filter_narrows_and_a_scope_makes_tokens_agree() -> None:
    narrow = retrieved("--filter", '{"metadata.product": "motor"}')
    assert [each["page_content"] for each in narrow["documents"]] == ["The kitchen was not flooded."]
    names = {retrieved("--k", "1", "--scope", "case 9")["documents"][0]["metadata"]["name"] for _ in range(2)}
    assert len(names) == 1


def test_langchain_reads_what_was_indexed(home: Path) -> None:
    client = embedded_client(home / "q")
    try:
        store = QdrantVectorStore(
            client,
            "tickets",
            sparse_embedding=Bm25Embeddings(),
            retrieval_mode=RetrievalMode.SPARSE,
        )
        (best,) = store.as_retriever(search_kwargs={"k": 1}).invoke("SSN")
        assert best.page_content == TICKETS[3]["page_content"]
        assert best.metadata["tenant"] == "acme"
    finally:
        client.close()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--policy", "customer-service", "--principal", AGENT), "no purpose given"),
        (("--policy", "customer-service", "--purpose", CANARY, "--principal", AGENT), "unknown purpose"),
        (("--policy", "customer-service", "--purpose", "answer-ticket"), "no principal given"),
        ((*ASKED, "--k", "11"), "k is 11, the policy's limits.records is 10"),
        ((*ASKED, "--filter", f'{{"metadata.name": "{CANARY}"}}'), "metadata.name is not filterable"),
        ((*ASKED[:-1], '{"id": "agent-7"}'), "the principal has no attribute tenant"),
    ],
)
def test_a_refusal_ends_with_5_says_what_to_do_and_is_recorded(flags: tuple[str, ...], said: str) -> None:
    text = fails(5, "retrieve", QUESTION, *WHERE, *flags)
    assert said in text
    assert CANARY not in text
    (entry,) = json.loads(fine("audit", "show", "--json"))
    assert entry["entry"]["outcome"] == "refused"


@pytest.mark.usefixtures("home")
def test_an_empty_question_is_refused() -> None:
    assert "the query is empty" in fails(5, "retrieve", " ", *WHERE, *ASKED)


@pytest.mark.usefixtures("home")
def test_a_collection_that_is_not_there_ends_with_6() -> None:
    assert "the collection does not exist" in fails(
        6, "retrieve", QUESTION, "--qdrant", "q", "--collection", "x", *ASKED
    )


def test_a_directory_that_is_no_qdrant_ends_with_6_and_is_left_alone(home: Path) -> None:
    (home / "other").mkdir()
    (home / "other" / "notes.txt").write_text("mine")
    said = fails(6, "retrieve", QUESTION, "--qdrant", "other", "--collection", "tickets", *ASKED)
    assert "the directory is no embedded Qdrant" in said
    assert [path.name for path in (home / "other").iterdir()] == ["notes.txt"]
    assert "indexed 4" in fine("index", "tickets.jsonl", "--qdrant", "other", "--collection", "tickets")


@pytest.mark.parametrize("where", ["localhost:6333", "qdrant.example.com:6333/x", "[::1]:6333"])
def test_a_server_without_http_is_not_taken_for_a_directory(home: Path, where: str) -> None:
    before = sorted(home.iterdir())
    for command in (("retrieve", QUESTION, *ASKED), ("index", "tickets.jsonl")):
        said = fails(2, *command, "--qdrant", where, "--collection", "tickets")
        assert f"http://{where}" in said
    assert sorted(home.iterdir()) == before


def test_no_place_at_all_ends_with_2(home: Path) -> None:
    before = sorted(home.iterdir())
    assert "--qdrant is empty" in fails(2, "index", "tickets.jsonl", "--qdrant", "", "--collection", "c")
    assert sorted(home.iterdir()) == before


def test_a_folder_is_indexed_with_metadata_that_the_policy_filters_by(home: Path) -> None:
    (home / "notes" / "sub").mkdir(parents=True)
    (home / "notes" / "a.txt").write_text("The cellar of the villa was flooded.")
    (home / "notes" / "b.png").write_text("x")
    (home / "notes" / "sub" / "c.png").write_text("x")
    (home / "notes" / "sub" / "d.csv").write_text("x")
    metadata = ("--metadata", '{"tenant": "acme", "product": "villa"}')
    said = fine("index", "notes", *WHERE, *metadata)
    assert said == (
        "indexed 1 documents; tickets has 5\n"
        "passed over 3 files, whose ending is none of .txt, .md, .html, .htm, .pdf, .docx, .jsonl: 2 .png, 1 .csv\n"
    )
    found = json.loads(fine("retrieve", "cellar", *WHERE, *ASKED, "--k", "1", "--json"))
    assert found["documents"][0]["metadata"]["product"] == "villa"
    as_json = json.loads(fine("index", "notes", *WHERE, *metadata, "--json"))
    assert as_json["passed_over"] == {".png": 2, ".csv": 1}


def test_given_metadata_stands_over_a_documents_own(home: Path) -> None:
    jsonl(home / "d.jsonl", {"page_content": "The cellar.", "metadata": {"tenant": "globex", "product": "motor"}})
    fine("index", "d.jsonl", *WHERE, "--metadata", '{"tenant": "acme"}')
    found = json.loads(fine("retrieve", "cellar", *WHERE, *ASKED, "--k", "1", "--json"))
    assert found["documents"][0]["metadata"]["product"] == "motor"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("value", [f"{{{CANARY}", '{"n": NaN}', '{"n": "\\ud800"}'], ids=["text", "NaN", "half"])
def test_metadata_that_cannot_be_written_ends_with_2(value: str) -> None:
    said = fails(2, "index", "tickets.jsonl", *WHERE, "--metadata", value)
    assert "--metadata" in said
    assert CANARY not in said


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (ASKED[:2], "give --purpose: policy customer-service has: answer-ticket, fraud-review"),
        (ASKED[:4], """give --principal '{"id": …}': the ledger records who asked"""),
        ((*ASKED[:-1], '{"id": "a"}'), """give --principal '{"id": …, "tenant": …}'"""),
    ],
)
def test_a_hint_names_flags_and_not_arguments_of_python(flags: tuple[str, ...], said: str) -> None:
    text = fails(5, "retrieve", QUESTION, *WHERE, *flags)
    assert said in text
    assert "principal=" not in text


def test_a_directory_that_is_not_there_ends_with_6_and_is_not_made(home: Path) -> None:
    fails(6, "retrieve", QUESTION, "--qdrant", "typo", "--collection", "tickets", *ASKED)
    assert not (home / "typo").exists()


def test_a_server_that_does_not_answer_ends_with_6(home: Path, closed_port: int) -> None:
    where = ("--qdrant", f"http://127.0.0.1:{closed_port}", "--collection", "tickets")
    assert "Qdrant cannot be reached" in fails(6, "retrieve", QUESTION, *where, *ASKED)
    assert "Qdrant cannot be reached" in fails(6, "index", "tickets.jsonl", *where)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://h:port"])
@pytest.mark.usefixtures("home")
def test_a_url_that_is_none_ends_in_one_line(url: str) -> None:
    said = fails(2, "index", "tickets.jsonl", "--qdrant", url, "--collection", "c")
    assert said == "--qdrant is not the URL of a server (write http://HOST:6333 or a directory)"


def test_a_directory_that_is_open_elsewhere_ends_with_6(home: Path) -> None:
    client = embedded_client(home / "q")
    try:
        assert "already open" in fails(6, "retrieve", QUESTION, *WHERE, *ASKED)
    finally:
        client.close()


def test_a_policy_that_does_not_load_ends_with_3(home: Path) -> None:
    (home / "p.yaml").write_text("- a\n- list\n")
    assert fails(3, "retrieve", QUESTION, *WHERE, "--policy", "p.yaml").startswith("p.yaml:1:1: ")
    assert "there is no such file" in fails(3, "retrieve", QUESTION, *WHERE, "--policy", "nowhere.yaml")


def test_a_ledger_that_cannot_be_written_ends_with_7_and_discloses_nothing(home: Path) -> None:
    (home / "file").write_text("no directory")
    done = run("retrieve", QUESTION, *WHERE, *ASKED, "--ledger", str(home / "file" / "ledger.db"))
    assert done.exit_code == 7
    assert done.stdout == ""


def test_detection_that_fails_ends_with_8(home: Path) -> None:
    policy = """
needful: 1
name: with-a-model
version: 1
purposes:
  answer:
    fields: {page_content: scan}
    detect: {ner: "spacy:no_such_model_at_all"}
"""
    (home / "p.yaml").write_text(policy)
    done = run("retrieve", QUESTION, *WHERE, "--policy", "p.yaml", "--purpose", "answer", "--principal", '{"id": "a"}')
    assert done.exit_code == 8, done.output


def test_a_bad_line_stops_everything_before_anything_is_written(home: Path) -> None:
    jsonl(home / "more.jsonl", {"page_content": "one more"}, *(f"{{{CANARY}" for _ in range(25)))
    said = fails(2, "index", "more.jsonl", *WHERE).splitlines()
    assert said[0] == "more.jsonl:2: this is not JSON"
    assert said[-1] == "and 5 more lines that cannot be read"
    assert CANARY not in "".join(said)
    jsonl(home / "tickets.jsonl", TICKETS[0])
    assert fine("index", "tickets.jsonl", *WHERE) == "indexed 1 documents; tickets has 4\n"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.jsonl",), "there is no such SOURCE"),
        (("empty",), "SOURCE has no documents"),
        (("tickets.jsonl", "--index", "a=b"), "--index is not KEY or KEY=TYPE"),
        (("tickets.jsonl", "--language", "xx"), "--language is none that BM25 knows"),
        (("q",), "SOURCE has no documents"),
    ],
)
def test_an_index_that_cannot_be_made_says_why(home: Path, arguments: tuple[str, ...], said: str) -> None:
    (home / "empty").mkdir()
    assert said in fails(2, "index", *arguments, *WHERE)


def test_a_collection_without_the_sparse_vector_is_left_alone(home: Path) -> None:
    client = embedded_client(home / "other")
    from qdrant_client import models

    client.create_collection("tickets", models.VectorParams(size=2, distance=models.Distance.COSINE))
    client.close()
    said = fails(6, "index", "tickets.jsonl", "--qdrant", "other", "--collection", "tickets")
    assert "no sparse vector langchain-sparse" in said


@pytest.mark.usefixtures("home")
def test_without_a_model_the_prompt_is_printed() -> None:
    said = fine("ask", f"{QUESTION} Ask {CANARY} at +1 212 555 0142.", *WHERE, *ASKED, "--k", "1")
    assert "No model was named. The prompt would be:" in said
    assert "Question: Why was the claim for the flooded kitchen reduced?" in said
    assert "212 555" not in said


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a package of a provider in place, as init_chat_model looks for it; return the prompts that its model gets."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    prompts: list[str] = []

    class ChatGroq(GenericFakeChatModel):
        model: str = ""

        def __init__(self, **given: Any) -> None:
            super().__init__(messages=iter([AIMessage("Because of gross negligence.")]), **given)

        def _generate(self, messages: Any, *rest: Any, **more: Any) -> Any:
            prompts.append(str(messages[0].content))
            if self.model == "broken":
                raise RuntimeError(prompts[-1])
            return super()._generate(messages, *rest, **more)

    package = ModuleType("langchain_groq")
    package.ChatGroq = ChatGroq  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain_groq", package)
    return prompts


@pytest.mark.usefixtures("home")
def test_a_model_gets_the_redacted_question_and_the_documents_alone(provider: list[str]) -> None:
    asked = (f"{QUESTION} It is 219-09-9999.", *WHERE, *ASKED, "--k", "1", "--llm", "groq:any", "--json")
    found = json.loads(fine("ask", *asked))
    assert found["answer"] == "Because of gross negligence."
    assert provider == [found["prompt"]]
    for raw in (CANARY, "219-09", "212 555"):
        assert raw not in provider[0]
    assert found["documents"][0]["page_content"] in provider[0]


@pytest.mark.usefixtures("home", "provider")
def test_a_model_that_fails_is_said_without_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDFUL_LLM", "groq:broken")
    said = fails(1, "ask", QUESTION, *WHERE, *ASKED)
    assert said.startswith("the model did not answer")
    assert "kitchen" not in said


@pytest.mark.usefixtures("home")
def test_a_provider_that_is_not_installed_is_a_hint() -> None:
    assert "pip install langchain-mistralai" in fails(2, "ask", QUESTION, *WHERE, *ASKED, "--llm", "mistralai:small")
    assert "provider:model" in fails(2, "ask", QUESTION, *WHERE, *ASKED, "--llm", "nobody:nothing")


@pytest.mark.usefixtures("home")
def test_langchain_that_is_not_installed_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    assert "pip install 'needful[llm]'" in fails(2, "ask", QUESTION, *WHERE, *ASKED, "--llm", "openai:any")


@pytest.mark.usefixtures("home")
def test_the_prompt_has_no_name_that_a_record_has() -> None:
    said = fine("ask", f"{CANARY} kitchen, why was the claim reduced?", *WHERE, *ASKED, "--k", "1")
    assert "Question: [PERSON:" in said
    assert CANARY not in said


def test_a_prompt_without_documents_says_so() -> None:
    assert "There are no documents." in prompt_of("why?", [])


def test_the_ledger_of_a_command_can_be_read_and_verified(home: Path) -> None:
    ledger = ("--ledger", str(home / "own.db"))
    retrieved(*ledger)
    assert "the ledger verifies: 1 entries" in fine("audit", "verify", *ledger)
    with sqlite3.connect(home / "own.db") as connection:
        connection.execute("UPDATE entry SET salt = ?", (b"0" * 16,))
    connection.close()
    assert "does not verify at entry 1" in fails(7, "audit", "verify", *ledger)


MODELS = """
import sys
from langchain_core.embeddings import Embeddings

SEEN = []

class Topics(Embeddings):
    "One number for water, one for bicycles: what no word of a text has to say."

    def embed_documents(self, texts):
        return [[0.1 + ("flood" in text), 0.1 + ("bicycle" in text)] for text in texts]

    def embed_query(self, text):
        SEEN.append(text)
        return [0.1 + ("inundation" in text), 0.1 + ("two wheels" in text)]

class Wider(Topics):
    def embed_query(self, text):
        return [1.0, 2.0, 3.0]

class Writer:
    def embed_documents(self, texts):
        return [[1.0]] * len(texts)

class Panic(BaseException):
    pass

class Quoting(Topics):
    error = RuntimeError

    def embed_query(self, text):
        raise self.error(text, QUOTED)

class Panicking(Quoting):
    error = Panic

class Exiting(Quoting):
    error = SystemExit

def quoting():
    raise RuntimeError(QUOTED)

def panicking():
    raise Panic(QUOTED)

def exiting():
    sys.exit(QUOTED)

def misfit():
    return [QUOTED]
"""
MEANT = "Why was less paid after the inundation?"
TOPICS = ("--embeddings", "own_models:Topics")
DENSE = (*TOPICS, "--search", "dense")


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a working directory with tickets that are not indexed, policies, and models of the user's own."""
    place = settle(tmp_path, monkeypatch)
    (place / "own_models.py").write_text(f"{MODELS}\nQUOTED = {CANARY!r}\n")
    yield place
    sys.modules.pop("own_models", None)


def index(*flags: str, policy: str = "p.yaml") -> None:
    fine("index", "tickets.jsonl", *INTO, "--policy", policy, *flags)


def asking_for(*flags: str, question: str = MEANT, policy: str = "p.yaml") -> tuple[str, ...]:
    return (question, *INTO, "--policy", policy, *ASKED_CLAIMS, *flags)


def products(*flags: str, question: str = MEANT, policy: str = "p.yaml") -> list[str]:
    found = json.loads(fine("retrieve", *asking_for(*flags, question=question, policy=policy), "--json"))
    return [document["metadata"]["product"] for document in found["documents"]]


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("policy", ["p.yaml", "whole.yaml"])
@pytest.mark.parametrize("flags", [TOPICS, (*TOPICS, "--search", "hybrid"), DENSE], ids=["default", "hybrid", "dense"])
def test_a_question_is_searched_by_the_vectors_that_were_indexed(policy: str, flags: tuple[str, ...]) -> None:
    index(*flags, policy=policy)
    assert products(*flags, "--k", "1", policy=policy) == ["household"]
    wheels = "What of the two wheels?"
    assert products(*flags, "--k", "1", question=wheels, policy=policy) == ["bicycle"]
    said = fine("ask", *asking_for(*flags, "--k", "1", policy=policy))
    assert "the flooded kitchen was reduced" in said
    assert CANARY not in said


@pytest.mark.usefixtures("claims")
def test_of_a_collection_with_both_vectors_the_flags_say_which_are_searched() -> None:
    index(*TOPICS, policy="whole.yaml")
    by_flags = {
        flags: products(*flags, "--k", "2", question="A photograph of the inundation?", policy="whole.yaml")
        for flags in ((), ("--search", "sparse"), TOPICS, DENSE)
    }
    assert by_flags == {
        (): ["bicycle"],
        ("--search", "sparse"): ["bicycle"],
        # Second by its meaning and first by its words, against one that has the meaning alone.
        TOPICS: ["bicycle", "household"],
        DENSE: ["household", "bicycle"],
    }


@pytest.mark.parametrize("policy", ["p.yaml", "whole.yaml"])
def test_a_server_is_searched_by_the_vectors_that_were_indexed(claims: Path, policy: str) -> None:
    with at(claims / "engine") as client, served(client) as url:
        where = ("--qdrant", url)
        index(*DENSE, *where, policy=policy)
        assert products(*DENSE, *where, "--k", "1", policy=policy) == ["household"]
        said = fails(6, "retrieve", *asking_for(*where, policy=policy))
        assert "add --embeddings MODULE:FACTORY --search dense" in said


@pytest.mark.usefixtures("claims")
def test_dense_search_reads_a_collection_that_langchain_wrote(claims: Path) -> None:
    with at(claims / "q") as client:
        client.create_collection("c", models.VectorParams(size=2, distance=models.Distance.COSINE))
        sys.path.append(str(claims))
        import own_models  # type: ignore[import-not-found]  # MODELS

        store = QdrantVectorStore(client, "c", own_models.Topics())
        texts = ["The bicycle was stolen.", "The cellar was flooded."]
        store.add_texts(texts, [{"tenant": "acme", "product": product} for product in ("bicycle", "villa")])
    assert products(*DENSE, "--k", "1", policy="whole.yaml") == ["villa"]


@pytest.mark.parametrize(("embed", "seen"), [("redacted", False), ("raw", True)])
def test_the_model_sees_the_question_redacted_unless_the_policy_says_raw(claims: Path, embed: str, seen: bool) -> None:
    index(*DENSE)
    policy = (claims / "p.yaml").read_text().replace("    fields:", f"    query: {{embed: {embed}}}\n    fields:")
    (claims / "p.yaml").write_text(policy)
    for command in ("retrieve", "ask"):
        done = fine(command, *asking_for(*DENSE, question=f"{MEANT} It is +1 212 555 0142."))
        assert "212 555" not in done
    asked = sys.modules["own_models"].SEEN
    assert asked
    assert {(text.startswith(MEANT), "212 555 0142" in text) for text in asked} == {(True, seen)}


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize(
    ("indexed", "asked", "said", "then"),
    [
        (DENSE, (), "add --embeddings MODULE:FACTORY --search dense, with the function that it was indexed by", DENSE),
        (DENSE, TOPICS, "(add --search dense, with the function", DENSE),
        ((), TOPICS, "(leave out --embeddings, and write --search sparse or no --search)", ()),
        ((), DENSE, "(leave out --embeddings, and write --search sparse or no --search)", ("--search", "sparse")),
        (
            DENSE,
            ("--embeddings", "own_models:Wider", "--search", "dense"),
            "whose dense vectors have 2 numbers (give --embeddings with the function that it was indexed by)",
            DENSE,
        ),
        (TOPICS, ("--embeddings", "own_models:Wider"), "whose dense vectors have 2 numbers", TOPICS),
    ],
)
def test_where_the_collection_has_no_such_vectors_the_way_on_is_said(
    indexed: tuple[str, ...], asked: tuple[str, ...], said: str, then: tuple[str, ...]
) -> None:
    index(*indexed)
    for command in ("retrieve", "ask"):
        text = fails(6, command, *asking_for(*asked, question=f"{MEANT} {CANARY}"))
        assert said in text
        assert len(text.splitlines()) == 1
        assert CANARY not in text
    fine("retrieve", *asking_for(*then))


@pytest.mark.parametrize("flags", [(), TOPICS, DENSE], ids=["sparse", "hybrid", "dense"])
def test_a_collection_with_vectors_of_other_names_is_said(claims: Path, flags: tuple[str, ...]) -> None:
    with at(claims / "q") as client:
        client.create_collection("c", {"own": models.VectorParams(size=2, distance=models.Distance.COSINE)})
    said = fails(6, "retrieve", *asking_for(*flags))
    assert "neither the dense vector '' nor the sparse langchain-sparse (copy it with needful index" in said
    assert "own" not in said.replace("unknown", "")


def test_where_the_collection_cannot_be_looked_at_the_mismatch_is_still_what_is_said(closed_port: int) -> None:
    client = QdrantClient(url=f"http://127.0.0.1:{closed_port}", check_compatibility=False)

    def ask() -> Release:
        raise StoreError("it does not fit", code="vector-mismatch", hint="look")

    with pytest.raises(StoreError) as caught:
        fitting(ask, client, "c", Vectors(None, Bm25Embeddings()))
    client.close()
    assert (caught.value.message, caught.value.code, caught.value.hint) == (
        "it does not fit",
        "vector-mismatch",
        "look",
    )
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--search", "dense"), "--search dense needs --embeddings"),
        (("--search", "hybrid"), "--search hybrid needs --embeddings"),
        (("--search", "sparse", *TOPICS), "--search sparse has no use for --embeddings"),
        (("--embeddings", "own_models"), "--embeddings is not PACKAGE.MODULE:FACTORY"),
        (("--embeddings", "nowhere:made"), "the module of --embeddings is not found"),
        (("--embeddings", "own_models:none"), "has no such factory"),
        (("--embeddings", "own_models:Writer"), "gave no LangChain Embeddings"),
    ],
)
def test_flags_of_vectors_that_do_not_fit_are_refused_as_index_refuses_them(
    claims: Path, flags: tuple[str, ...], said: str
) -> None:
    text = fails(2, "index", "tickets.jsonl", *INTO, *flags)
    assert said in text
    for command in ("retrieve", "ask"):
        assert fails(2, command, *asking_for(*flags)) == text
    assert not (claims / "q").exists()


@pytest.mark.parametrize(
    ("factory", "code"),
    [
        ("quoting", 2),
        ("panicking", 2),
        ("exiting", 2),
        ("misfit", 2),
        ("Quoting", 6),
        ("Panicking", 6),
        ("Exiting", 1),
        ("Wider", 6),
    ],
)
def test_nothing_that_the_factory_or_its_model_says_gets_out(
    claims: Path, factory: str, code: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(*DENSE)
    probe = LeakProbe([CANARY])
    question = f"{MEANT} {probe.plant('case{}')}"
    (claims / "own_models.py").write_text(f"{MODELS}\nQUOTED = {question!r}\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(claims / "state"))
    for command in ("retrieve", "ask"):
        sys.modules.pop("own_models")  # as in a process of its own
        flags = ("--embeddings", f"own_models:{factory}", "--search", "dense")
        done = run(command, *asking_for(*flags, question=question))
        assert done.exit_code == code
        assert done.stdout == ""
        probe.tap(command, done.output, repr(done.exception))
    probe.tap("log", caplog.text, *(vars(record) for record in caplog.records))
    if (claims / "state").exists():
        probe.tap_files("state", claims / "state")
    probe.assert_no_leak()


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("factory", ["quoting", "panicking", "exiting", "misfit"])
def test_what_a_factory_raised_is_not_in_the_chain_of_what_is_raised(factory: str) -> None:
    probe = LeakProbe([CANARY])
    with pytest.raises(UsageProblems) as caught:
        embeddings_of(f"own_models:{factory}")
    probe.tap("problems", *caught.value.problems)
    probe.tap_exception("exception", caught.value)
    probe.assert_no_leak()
