"""LangChain's loaders and documents become items; what JSON cannot hold is named, and a failing loader is no end."""

from __future__ import annotations

import itertools
import json
import math
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy
import pytest
from files_support import CANARY
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from needful.errors import NeedfulError
from needful_files import Bad, Item, documents


class Colour(Enum):
    RED = "red"


class Steps(BaseLoader):
    """A loader that runs what it is given, in turn."""

    def __init__(self, *steps: Callable[[], Document]) -> None:
        self.steps = steps

    def lazy_load(self) -> Iterator[Document]:
        return (step() for step in self.steps)


def failing() -> Document:
    raise ValueError(CANARY)


def only(document: Any) -> Item:
    (found,) = documents([document])
    assert isinstance(found, Item), str(found)
    return found


def complaint(document: Any) -> str:
    (found,) = documents([document])
    assert isinstance(found, Bad)
    return str(found)


def test_a_loader_s_documents_come_in_order_with_their_metadata() -> None:
    loader = Steps(lambda: Document("one", metadata={"n": 1}), lambda: Document("two"))
    found = list(documents(loader))
    assert [item.payload for item in found if isinstance(item, Item)] == [
        {"page_content": "one", "metadata": {"n": 1}},
        {"page_content": "two", "metadata": {}},
    ]


def test_documents_come_one_at_a_time() -> None:
    endless = (Document(f"text {number}") for number in itertools.count())
    assert len(list(itertools.islice(documents(endless), 5))) == 5
    assert next(endless).page_content == "text 5"


def test_a_document_with_an_id_keeps_its_point_and_one_without_has_its_place() -> None:
    first = [item.id for item in documents([Document("a", id="k"), Document("b")]) if isinstance(item, Item)]
    moved = [item.id for item in documents([Document("b"), Document("c", id="k")]) if isinstance(item, Item)]
    other = [item.id for item in documents([Document("b")], name="wiki") if isinstance(item, Item)]
    assert first[0] == moved[1]
    assert len({*first, *moved, *other}) == 4
    assert all(str(UUID(given)) == given for given in first)


def test_a_second_document_with_the_same_id_is_named() -> None:
    found = list(documents([Document("a", id=CANARY), Document("b"), Document("c", id=CANARY)], name="wiki"))
    assert str(found[2]) == "wiki:3: the id is that of wiki:1"


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (date(2024, 2, 1), "2024-02-01"),
        (datetime(2024, 2, 1, 9, 30, tzinfo=UTC), "2024-02-01T09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (PurePosixPath("a/b"), "a/b"),
        (Decimal("1.10"), "1.10"),
        (Colour.RED, "red"),
        ((1, ("a", None)), [1, ["a", None]]),
        (numpy.int64(7), 7),
        (numpy.float32(0.5), 0.5),
        (numpy.bool_(True), True),
        ({"a": {"b": [date(2024, 2, 1)]}}, {"a": {"b": ["2024-02-01"]}}),
        (True, True),
    ],
)
def test_metadata_become_what_json_holds(value: Any, held: Any) -> None:
    found = only(Document("text", metadata={"key": value})).metadata["key"]
    assert found == held
    assert type(found) is type(held)


def endless() -> dict[str, Any]:
    inner: dict[str, Any] = {}
    inner["again"] = inner
    return inner


@pytest.mark.parametrize(
    "value",
    [object(), b"bytes", {1}, math.nan, math.inf, numpy.float64("nan"), numpy.zeros(2), {1: "a"}, 1j, endless()],
)
def test_metadata_that_json_cannot_hold_are_named_and_not_shown(value: Any) -> None:
    said = "loader:1: its metadata have something that JSON cannot hold (make it text, or leave it out)"
    assert complaint(Document("text", metadata={CANARY: value})) == said


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (Document(" \n"), "its text is empty"),
        (CANARY, "this is no LangChain document: it has no page_content"),
        (None, "this is no LangChain document: it has no page_content"),
        (Document("a\ud800"), "it has half of a surrogate pair, which no UTF-8 text can hold"),
        (Document("a", metadata={"k": "\ud800"}), "it has half of a surrogate pair, which no UTF-8 text can hold"),
        (Document("a", id="\ud800"), "it has half of a surrogate pair, which no UTF-8 text can hold"),
        (Document("x" * 10_000_001), "its text has more than 10 million characters (split it)"),
        (Document.model_construct(page_content="a", metadata=[CANARY]), "its metadata are no mapping"),
        (Document.model_construct(page_content="a", metadata={}, id=7), "its id is no string"),
    ],
    ids=range(9),
)
def test_a_document_that_cannot_be_indexed_is_named_by_its_number(document: Any, said: str) -> None:
    assert complaint(document) == f"loader:1: {said}"


@pytest.mark.parametrize(("before", "said"), [(0, "before its first document"), (2, "after document 2")])
def test_a_loader_that_fails_is_an_error_without_what_it_said(before: int, said: str) -> None:
    loader = Steps(*[lambda: Document("fine")] * before, failing, lambda: Document("never"))
    came: list[Item | Bad] = []
    with pytest.raises(NeedfulError) as raised:
        came.extend(documents(loader))
    assert raised.value.code == "loader"
    assert raised.value.message == f"the loader failed {said}"
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


@pytest.mark.parametrize("source", [7, Steps])
def test_what_is_no_loader_is_an_error(source: Any) -> None:
    with pytest.raises(NeedfulError, match="before its first document"):
        list(documents(source))


def test_a_caller_s_own_error_is_not_the_loader_s() -> None:
    def indexed() -> None:
        for _ in documents([Document("a")]):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        indexed()


def test_an_interruption_goes_through() -> None:
    def interrupted() -> Document:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(documents(Steps(interrupted)))


def test_the_metadata_of_the_document_are_not_changed() -> None:
    given = {"when": date(2024, 2, 1), "tags": ("a",)}
    only(Document.model_construct(page_content="a", metadata=given))
    assert given == {"when": date(2024, 2, 1), "tags": ("a",)}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates() | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.text(max_size=5), st.dictionaries(st.text(max_size=3), values, max_size=3)), max_size=5))
def test_every_document_becomes_one_item_that_json_holds_or_one_fault(pairs: list[tuple[str, dict[str, Any]]]) -> None:
    given = [Document.model_construct(page_content=text, metadata=metadata) for text, metadata in pairs]
    found = list(documents(given))
    assert len(found) == len(given)
    for item in found:
        if isinstance(item, Item):
            assert json.loads(json.dumps(item.payload, allow_nan=False, ensure_ascii=False).encode()) == item.payload
