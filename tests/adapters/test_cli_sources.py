"""What `needful index` reads: every line becomes a document or a named fault, and no fault quotes the line."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import CANARY, jsonl
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import QdrantClient, models

from needful_cli.factories import loader_of
from needful_cli.failures import UsageProblems
from needful_cli.sources import (
    ENDINGS,
    Bad,
    Item,
    Keys,
    documents,
    files_of,
    items_of,
    passed_over,
    points_of,
)


def read(source: Path, keys: Keys | None = None) -> list[Item | Bad]:
    seen: dict[str, str] = {}
    return [item for file in files_of(source) for item in items_of(file, source, keys or Keys(), seen)]


def items(source: Path, keys: Keys | None = None) -> list[Item]:
    found = read(source, keys)
    assert all(isinstance(item, Item) for item in found), [str(item) for item in found if isinstance(item, Bad)]
    return [item for item in found if isinstance(item, Item)]


def test_a_line_has_the_layout_of_langchain(tmp_path: Path) -> None:
    source = jsonl(
        tmp_path / "a.jsonl", {"page_content": "one", "metadata": {"tenant": "acme"}}, {"page_content": "two"}
    )
    assert [item.payload for item in items(source)] == [
        {"page_content": "one", "metadata": {"tenant": "acme"}},
        {"page_content": "two", "metadata": {}},
    ]


def test_any_object_is_read_by_the_key_of_its_text(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", {"number": 7, "body": "text", "tags": ["a"]})
    (item,) = items(source, Keys("body", "number"))
    assert item.payload == {"page_content": "text", "metadata": {"number": 7, "tags": ["a"]}}


def test_a_folder_is_read_with_what_lies_below_it_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.md").write_text("# two")
    (tmp_path / "1.txt").write_text("one")
    (tmp_path / "b" / "3.html").write_text("<title>t</title><p>three")
    (tmp_path / "picture.png").write_bytes(b"\x89")
    assert [item.payload for item in items(tmp_path)] == [
        {"page_content": "one", "metadata": {"source": "1.txt"}},
        {"page_content": "# two", "metadata": {"source": "b/2.md"}},
        {"page_content": "three", "metadata": {"source": "b/3.html", "title": "t"}},
    ]


def test_a_byte_order_mark_and_empty_lines_are_no_content(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"page_content": "one"}\r\n\r\n{"page_content": "two"}')
    assert [item.text for item in items(source)] == ["one", "two"]


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"page_content": "one\u2028two\x85three"}\n', "utf-8")
    assert [item.text for item in items(source)] == ["one\u2028two\x85three"]


def test_the_ids_are_the_same_every_time_and_all_different(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    jsonl(tmp_path / "b.jsonl", {"page_content": "same"}, {"page_content": "same"}, {"page_content": "x", "id": "k"})
    first = [item.id for item in items(tmp_path)]
    assert first == [item.id for item in items(tmp_path)]
    assert len(set(first)) == 4


def test_a_document_with_an_id_keeps_its_point_when_it_moves(tmp_path: Path) -> None:
    one = jsonl(tmp_path / "a.jsonl", {"page_content": "old", "id": "k"})
    other = jsonl(tmp_path / "b.jsonl", {"page_content": "first"}, {"page_content": "new", "id": "k"})
    assert items(one)[0].id == items(other)[1].id


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{{{CANARY}", "this is not JSON"),
        (f'["{CANARY}"]', "this is not a JSON object"),
        (f'{{"text": "{CANARY}"}}', 'there is no "page_content" (name the key of the text with --text-key)'),
        ('{"page_content": 5}', '"page_content" is not a text, or it is empty'),
        ('{"page_content": " "}', '"page_content" is not a text, or it is empty'),
        (f'{{"page_content": "x", "metadata": "{CANARY}"}}', '"metadata" is not an object'),
        ('{"page_content": "x", "id": 1.5}', '"id" is not a string or a whole number'),
        ('{"page_content": "x", "metadata": {"n": NaN}}', "this is not JSON"),
        ('{"page_content": "\\ud800"}', "it has half of a surrogate pair, which no UTF-8 text can hold"),
        ("[" * 100_000, "this is not JSON"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong_and_not_with_what_it_holds(
    tmp_path: Path, line: str, said: str
) -> None:
    source = jsonl(tmp_path / "a.jsonl", {"page_content": "fine"}, line)
    good, bad = read(source)
    assert isinstance(good, Item)
    assert str(bad) == f"{source}:2: {said}"


def test_a_second_document_with_the_same_id_is_a_fault(tmp_path: Path) -> None:
    one = jsonl(tmp_path / "a.jsonl", {"page_content": "x", "id": CANARY})
    two = jsonl(tmp_path / "b.jsonl", {"page_content": "y", "id": CANARY})
    _, bad = read(tmp_path)
    assert str(bad) == f"{two}:1: the id is that of {one}:1"


def test_a_missing_own_id_is_a_fault(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", {"body": "text"})
    assert [str(bad) for bad in read(source, Keys("body", "number"))] == [f'{source}:1: there is no "number"']


def test_a_missing_own_text_is_a_fault_without_the_advice_that_was_followed(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", {CANARY: CANARY})
    assert [str(bad) for bad in read(source, Keys("body"))] == [f'{source}:1: there is no "body"']


def test_what_a_folder_has_beside_documents_is_counted_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("a.txt", "b/x.PNG", "y.png", "b/z", "c.rtf"):
        (tmp_path / name).write_text("one")
    assert passed_over(tmp_path) == {".png": 2, "no ending": 1, ".rtf": 1}
    assert passed_over(tmp_path / "a.txt") == {}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"\xff\xfe", "this is not UTF-8 text"),
        ("a.jsonl", b"\xff\xfe", "this is not UTF-8 text"),
        ("a.md", b" \n", "the file has no text"),
        ("a.pdf", b"%PDF", "the file is damaged, or it is no PDF"),
        ("a.rtf", b"{}", f"the ending is none of {', '.join(ENDINGS)}"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert [str(bad) for bad in read(tmp_path / name)] == [f"{tmp_path / name}: {said}"]


def test_a_document_shows_nothing_of_itself(tmp_path: Path) -> None:
    (item,) = items(jsonl(tmp_path / "a.jsonl", {"page_content": CANARY, "metadata": {"name": CANARY}}))
    assert CANARY not in repr(item)


LOADERS = f"""
import json
from langchain_core.documents import Document

class Loader:
    def lazy_load(self):
        yield Document("text", metadata={{"n": 1}})

def documents(): return [Document("text")]
def broken(): raise ValueError("{CANARY}")
def nothing(): return None
number = 7
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module in the working directory, which is not on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_loaders.py").write_text(LOADERS)
    (tmp_path / "broken_loaders.py").write_text(f'raise ValueError("{CANARY}")')
    (tmp_path / "lacking_loaders.py").write_text("import no_such_module_at_all")
    yield "own_loaders"
    sys.modules.pop("own_loaders", None)


@pytest.mark.parametrize("factory", ["Loader", "documents"])
def test_a_loader_is_made_by_the_factory_that_is_named(module: str, factory: str) -> None:
    (item,) = documents(loader_of(f"{module}:{factory}"))
    assert isinstance(item, Item)
    assert item.text == "text"


def test_the_working_directory_comes_after_what_is_installed(module: str, tmp_path: Path) -> None:
    loader_of(f"{module}:Loader")
    assert sys.path[-1] == str(tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("own_loaders", "--loader is not PACKAGE.MODULE:FACTORY"),
        ("own loaders:Loader", "--loader is not PACKAGE.MODULE:FACTORY"),
        ("own_loaders:Loader()", "--loader is not PACKAGE.MODULE:FACTORY"),
        ("..own_loaders:Loader", "--loader is not PACKAGE.MODULE:FACTORY"),
        ("no_such_package.module:Loader", "the module of --loader is not found"),
        ("own_loaders.below:Loader", "the module of --loader is not found"),
        ("broken_loaders:Loader", "the module of --loader cannot be imported"),
        ("lacking_loaders:Loader", "the module of --loader cannot be imported"),
        ("own_loaders:none", "the module of --loader has no such factory"),
        ("own_loaders:number", "the module of --loader has no such factory"),
        ("own_loaders:broken", "the factory of --loader failed"),
        ("own_loaders:nothing", "the factory of --loader gave no loader"),
    ],
)
def test_a_loader_that_cannot_be_made_is_a_fault_of_the_call(module: str, given: str, said: str) -> None:
    with pytest.raises(UsageProblems) as raised:
        loader_of(given)
    assert raised.value.problems[0].startswith(said)
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


@pytest.fixture
def tickets() -> Iterator[QdrantClient]:
    client = QdrantClient(":memory:")
    client.create_collection("tickets", sparse_vectors_config={"s": models.SparseVectorParams()})
    payloads: dict[int, dict[str, Any]] = {
        1: {"page_content": "one", "metadata": {"tenant": "acme", "secret": CANARY}, "body": {"text": "uno"}},
        2: {"page_content": " ", "metadata": {"tenant": "acme"}, "body": {"text": 5}},
        3: {"page_content": "three", "metadata": "acme", "tags": ["a", "b"]},
    }
    client.upsert("tickets", [models.PointStruct(id=n, vector={}, payload=held) for n, held in payloads.items()])
    yield client
    client.close()


def test_a_collection_is_read_in_langchain_s_layout(tickets: QdrantClient) -> None:
    found = list(points_of(tickets, "tickets"))
    assert [point for point, _ in found] == [1, 2, 3]
    first = found[0][1]
    assert isinstance(first, Item)
    assert first.payload == {"page_content": "one", "metadata": {"tenant": "acme", "secret": CANARY}}
    assert [str(item) for _, item in found[1:]] == [
        'tickets, point 2: "page_content" is not a text, or it is empty',
        'tickets, point 3: "metadata" is not an object',
    ]


def test_only_the_fields_that_are_named_come_along(tickets: QdrantClient) -> None:
    _, item = next(points_of(tickets, "tickets", fields=["metadata.tenant"]))
    assert isinstance(item, Item)
    assert item.metadata == {"tenant": "acme"}


def test_a_text_may_lie_anywhere_and_the_other_keys_be_the_metadata(tickets: QdrantClient) -> None:
    _, item = next(points_of(tickets, "tickets", text_key="body.text", metadata_key=None, fields=["metadata.tenant"]))
    assert isinstance(item, Item)
    assert item.payload == {"page_content": "uno", "metadata": {"metadata": {"tenant": "acme"}}}
    _, bare = next(points_of(tickets, "tickets", text_key="body.text", metadata_key=None))
    assert isinstance(bare, Item)
    assert bare.metadata == {}


def test_several_texts_of_one_point_are_no_text(tickets: QdrantClient) -> None:
    found = [item for _, item in points_of(tickets, "tickets", text_key="tags[]")]
    assert str(found[2]) == 'tickets, point 3: "tags[]" is not a text, or it is empty'


def test_reading_a_collection_goes_on_after_the_last_point(tickets: QdrantClient) -> None:
    assert [point for point, _ in points_of(tickets, "tickets", after=1)] == [2, 3]


def test_a_point_has_the_same_document_id_every_time_and_its_own_in_every_collection(tickets: QdrantClient) -> None:
    (_, first), (_, again) = (
        next(points_of(tickets, "tickets")),
        next(points_of(tickets, "tickets", text_key="body.text")),
    )
    assert isinstance(first, Item)
    assert isinstance(again, Item)
    assert first.id == again.id
    assert first.id not in {item.id for _, item in points_of(tickets, "tickets", after=1) if isinstance(item, Item)}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def json_lines() -> Iterator[st.SearchStrategy[str]]:
    """Lines that are JSON objects with some of our keys, any JSON, and any text."""
    keys = st.sampled_from(["page_content", "metadata", "id", "other"])
    yield st.dictionaries(keys, json_values, max_size=4).map(json.dumps)
    yield json_values.map(json.dumps)
    yield st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30)


@given(st.lists(st.one_of(*json_lines()), max_size=6))
def test_every_line_becomes_one_document_or_one_fault(tmp_path_factory: Any, lines: list[str]) -> None:
    source = jsonl(tmp_path_factory.mktemp("lines") / "a.jsonl", *lines)
    found = read(source)
    # Python's reader strips a byte order mark at the start of the file and nothing else.
    assert len(found) == sum(bool(line.strip()) for line in ("".join(lines[:1]).removeprefix("\ufeff"), *lines[1:]))
    for item in found:
        if isinstance(item, Item):
            json.dumps(item.payload, allow_nan=False).encode()
