"""The pure parts of benchmarks/peers: what is planted, how leaks are counted, and the page. No peer is run here."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

from peers import charts, environments, page, planting, talking  # noqa: E402  # benchmarks/ is not installed
from peers.bridge import Bridge  # noqa: E402
from peers.embedding import DIMENSIONS, Embedding, rarities  # noqa: E402
from peers.leaking import answered, seen  # noqa: E402
from peers.measuring import Trial, measured, percentile  # noqa: E402
from peers.rows import BASELINE, ROWS, Row, needful  # noqa: E402
from peers.run import nearest, unseen  # noqa: E402

PAGE = REPOSITORY / "docs" / "benchmarks.md"
RESULTS = REPOSITORY / "benchmarks" / "results" / "peers.json"

CUSTOMER = {
    "name": "Ada Borgmann",
    "last": "Borgmann",
    "email": "ada.borgmann7@mail.com",
    "phone": "(212) 555-0143",
    "iban": "GB25MIDL55047368813984",
    "ssn": "110-79-8637",
}
VALUES = {(0, kind): CUSTOMER["last" if kind == "name" else kind] for kind in ("name", "email", "phone", "iban", "ssn")}


def context(number: int, *paragraphs: str, answer: str = "four") -> dict[str, Any]:
    return {
        "table": {"uid": f"c{number}"},
        "paragraphs": [{"order": order, "text": text} for order, text in enumerate(paragraphs)],
        "questions": [
            {"question": "how many?", "answer_type": "span", "answer_from": "text", "answer": [answer]},
            {"question": "which?", "answer_type": "multi-span", "answer_from": "text", "answer": ["four", "five"]},
            {"question": "how much?", "answer_type": "arithmetic", "answer_from": "table", "answer": 4},
        ],
    }


def figures(**changed: Any) -> dict[str, Any]:
    row = {
        "name": BASELINE,
        "licence": "MIT",
        "note": "as it is",
        "about": {"versions": "plain 1", "ner": "none"},
        "setup_s": 1.0,
        "peak_mb": 100.0,
        **dict.fromkeys(("p50_cold", "p50_first", "p95_first", "p50_again", "p95_again"), 2.0),
        **dict.fromkeys(("received", "sent", "characters"), 1000.0),
        **dict.fromkeys(("requests", "documents", "kept"), 1.0),
        **dict.fromkeys(("wire", "content", "metadata", "traces"), 20),
        **changed,
    }
    other = {"name": "gone", "licence": "MIT", "note": "", "missing": "failed: ImportError"}
    head = {"machine": "m", "engine": "e", "documents": 4, "questions": 2, "unseen": 1, "planted": 20, "k": 4}
    return {**head, "rows": [row, other]}


def test_every_planted_value_stands_in_the_document() -> None:
    for seed in range(20):
        document = planting.planted(0, context(0, "one", "two"), CUSTOMER, random.Random(seed))
        assert seen(VALUES, document.text) == frozenset(VALUES)
        assert seen(VALUES, json.dumps(dict(document.metadata))) == {(0, "name"), (0, "email")}


def test_the_text_of_the_set_stands_in_the_document_unchanged() -> None:
    document = planting.planted(0, context(0, "first part", "second part"), CUSTOMER, random.Random(1))
    assert "\nfirst part\n" in document.text
    assert "\nsecond part\n" in document.text


def test_planting_again_gives_the_same_documents() -> None:
    read = [context(number, "x" * number, "y") for number in range(8)]
    assert planting.letters(read, 5) == planting.letters(read, 5)


def test_no_two_documents_share_a_value_and_none_is_a_word_of_the_set() -> None:
    read = [context(number, "Miller and Weber", "y" * number) for number in range(60)]
    documents = planting.letters(read, 60)
    values = [value for one in documents for value in one.values.values()]
    assert len(values) == len(set(values)) == 300
    assert not {"Miller", "Weber"} & {one.values["name"] for one in documents}


def test_given_names_are_used_once_and_only_where_they_are_plain_words(tmp_path: Path) -> None:
    rows = [
        {"text": "Ada Borgmann met Dr. Weiss", "spans": [[0, 12, "PERSON"], [17, 26, "PERSON"]]},
        {"text": "Ulm Neustadt and Ada Borgmann", "spans": [[0, 12, "GPE"], [17, 29, "PERSON"]]},
    ]
    (tmp_path / "names.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    names = planting.names_of(tmp_path / "names.jsonl")
    assert names == [("Ada", "Borgmann")]
    customers = [one.values["name"] for one in planting.letters([context(n, "z" * n) for n in range(6)], 6, names)]
    assert customers.count("Borgmann") == 1
    assert planting.names_of(tmp_path / "no such file") == []


def test_an_iban_has_right_check_digits() -> None:
    for one in planting.letters([context(number, "z" * number) for number in range(10)], 10):
        iban = one.values["iban"]
        assert int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def test_only_questions_with_one_span_of_the_text_are_asked() -> None:
    read = [context(0, "four of them"), context(1, "none", answer="seven")]
    found = planting.questions_of(read, planting.letters(read, 2))
    assert [(one.text, one.document, one.answer) for one in found] == [("how many?", 0, "four")]


def test_values_and_texts_do_not_show_in_a_repr() -> None:
    document = planting.planted(0, context(0, "one"), CUSTOMER, random.Random(1))
    assert not any(value in repr(document) for value in CUSTOMER.values())


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("call 212.555.0143 now", {"phone"}),
        ("call +1 212 5550143", {"phone"}),
        ("GB25 MIDL 5504 7368 8139 84", {"iban"}),
        ("SSN 110 79 8637.", {"ssn"}),
        ("Ms BORGMANN", {"name"}),
        ("write to Ada.Borgmann7@mail.com", {"email", "name"}),
        ("the Borgmanns", set()),
        ("call 212 555 0144", set()),
        ("[PERSON] at [EMAIL_ADDRESS]", set()),
        (json.dumps({"node": json.dumps({"text": "a\nBorgmann\n110-79-8637"})}), {"name", "ssn"}),
    ],
)
def test_a_value_is_seen_however_it_is_written(text: str, kinds: set[str]) -> None:
    assert {kind for _, kind in seen(VALUES, text)} == kinds


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
def test_what_is_seen_in_a_text_is_seen_in_a_longer_one(before: str, after: str) -> None:
    inner = " " + CUSTOMER["ssn"] + " "
    assert (0, "ssn") in seen(VALUES, before + inner + after)


def test_an_answer_counts_whatever_its_white_space_and_case() -> None:
    assert answered("Approximately  16\nyears", ["x", "is approximately 16 years long"])
    assert not answered("16 years", ["16 or so years"])


def test_an_embedding_has_length_one_and_finds_its_own_text() -> None:
    texts = ["revenue grew in Europe", "the lease ends", "shares were granted"]
    embedding = Embedding(rarities(texts))
    vectors = embedding.embed_documents(texts)
    for place, vector in enumerate(vectors):
        assert len(vector) == DIMENSIONS
        assert sum(one * one for one in vector) == pytest.approx(1, abs=1e-4)
        assert nearest(vector, vectors)[0] == place


def test_a_text_without_words_has_a_vector_too() -> None:
    assert sum(Embedding({}).embed_query("…")) == 1


def test_a_question_is_unseen_only_while_all_its_documents_are_new() -> None:
    assert unseen([[1, 2], [2, 3], [4, 5], [9, 6]], [9]) == {0, 2}


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (0.05, 1), (1, 10)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(list(range(10, 0, -1)), share) == value


def test_rows_have_names_of_their_own_programs_and_requirements() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert (environments.HERE / "programs" / f"{row.program}.py").is_file()
        assert row.environment is None or (environments.HERE / f"requirements-{row.environment}.txt").is_file()


def test_every_requirement_is_pinned() -> None:
    for file in environments.HERE.glob("requirements-*.txt"):
        lines = [line for line in file.read_text("utf-8").splitlines() if line[:1] not in ("", "#", " ")]
        assert [line for line in lines if "==" not in line] == []


def test_a_row_of_ours_is_one_call() -> None:
    row = needful("Needful, passages", "annotated", layout="passages")
    assert (row.program, row.environment, row.options) == ("ours", None, {"layout": "passages"})


def test_an_environment_that_cannot_be_made_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").write_text("a file where the folder would be")
    monkeypatch.setenv("NEEDFUL_PEERS", str(tmp_path))
    with pytest.raises(environments.Missing, match="venv could not make"):
        environments.ready("plain", model=False)


def test_a_peer_that_ends_has_failed() -> None:
    with talking.Process(Path(sys.executable), "no_such_program") as process, pytest.raises(talking.Failed):
        process.talk({"end": True})


def test_what_a_tool_shows_and_fetches_is_measured() -> None:
    """The plain retriever, for it is installed here too; it hides nothing."""
    read = [context(number, f"about subject{number}", "four of them") for number in range(3)]
    documents = planting.letters(read, 3)
    weights = rarities(one.text for one in documents)
    asked = [planting.Question(f"subject{number} how many?", number, "four") for number in range(2)]
    given = Trial(documents, asked, weights, frozenset({1}), 1)
    found = measured(Row(BASELINE, "plain", "MIT", ""), Path(sys.executable), given)
    assert (found["documents"], found["requests"], found["kept"]) == (1, 1, 1)
    assert found["wire"] == found["content"] == found["traces"] == 10
    assert found["metadata"] == 4
    assert found["received"] > found["characters"] > 0
    assert 0 < found["p50_cold"] <= found["p95_first"]


def test_bytes_are_those_of_the_bodies() -> None:
    from qdrant_client import QdrantClient

    with Bridge() as bridge:
        client = QdrantClient(url=bridge.url, check_compatibility=False, trust_env=False)
        client.get_collections()
        client.close()
        (exchange,) = bridge.drained()
        assert bridge.drained() == []
    assert (exchange.path, exchange.sent, exchange.received) == ("/collections", 0, len(exchange.body))
    assert json.loads(exchange.body)["result"] == {"collections": []}


def test_what_failed_stands_below_the_table_and_not_in_it() -> None:
    text = page.blocks(figures())
    assert "gone" not in text["peers-cost"] + text["peers-leaks"] + text["peers-tools"]
    assert "| gone | failed: ImportError |" in text["peers-missing"]


def test_ratios_are_of_the_plain_retriever_and_missing_without_it() -> None:
    both = figures()
    both["rows"].append({**both["rows"][0], "name": "slow", "p50_first": 9.0, "received": 1500.0})
    assert "| slow | 2.0 | 9.0 | 4.5 |" in page.blocks(both)["peers-cost"]
    assert "| 1,500 | 150% |" in page.blocks(both)["peers-cost"]
    assert "| 2.0 | – |" in page.blocks(figures(name="other"))["peers-cost"]


def test_a_run_in_which_nothing_worked_still_has_a_page() -> None:
    nothing = {**figures(), "rows": figures()["rows"][1:]}
    assert "failed" in page.as_text(nothing)
    assert page.charts(nothing) == {}


def test_the_screen_has_a_line_a_tool() -> None:
    lines = page.as_text(figures()).splitlines()
    assert sum(line.startswith(BASELINE) for line in lines) == 3


def test_times_taken_on_a_busy_machine_say_so() -> None:
    assert "not comparable" in page.blocks({**figures(), "load": 9.7})["peers-machine"]
    assert "not comparable" not in page.blocks({**figures(), "load": 0.3})["peers-machine"]


def test_only_our_blocks_are_replaced() -> None:
    before = "a\n<!-- begin: peers-x -->\nold\n<!-- end: peers-x -->\n<!-- begin: y -->\nkept\n<!-- end: y -->\n"
    assert page.filled(before, {"peers-x": r"new \1"}) == before.replace("old", "new \\1")
    with pytest.raises(ValueError, match="blocks"):
        page.filled(before, {"peers-z": ""})


def test_figures_keep_four_digits() -> None:
    given_: Mapping[str, Any] = {"a": 1234.567, "b": [0.0012345, 7], "c": None}
    assert page.rounded(given_) == {"a": 1235.0, "b": [0.001234, 7], "c": None}


@given(st.dictionaries(st.text("a<&Ä ", min_size=1, max_size=8), st.floats(0, 1e6), min_size=1, max_size=5))
def test_a_chart_is_well_formed_and_no_bar_leaves_it(values: dict[str, float]) -> None:
    groups = {name: {"<series>": value} for name, value in values.items()}
    most = max(values.values())
    for axis in (charts.linear(most), charts.logarithmic(most)):
        drawing = ElementTree.fromstring(charts.bars("a & b", groups, axis))  # noqa: S314  # our own
        bars = [one for one in drawing.iter() if one.get("class") == "fill0" and float(one.get("y", "0")) >= charts.TOP]
        assert len(bars) == len(values)
        assert all(float(one.get("x", "")) + float(one.get("width", "")) <= charts.WIDTH - 60 for one in bars)


def test_the_published_page_and_charts_are_what_the_figures_say() -> None:
    stored = json.loads(RESULTS.read_text("utf-8"))
    published = PAGE.read_text("utf-8")
    assert page.filled(published, page.blocks(stored)) == published, "run benchmarks/peers/run.py --render"
    for name, drawing in page.charts(stored).items():
        assert (PAGE.parent / "charts" / name).read_text("utf-8") == drawing, "run benchmarks/peers/run.py --render"


def test_every_chart_of_the_page_is_there() -> None:
    names = [line.split("](")[1].rstrip(")") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("![")]
    assert names
    assert [name for name in names if not (PAGE.parent / name).is_file()] == []
