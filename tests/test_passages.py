"""Passages of a document: their ids, and where a text is cut."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.passages import MAX_ORDER, MAX_SENTENCES, ROOM, cut, document_of, order_of, passage_id
from needful.values import Passage, Span

documents = st.uuids().map(str)
orders = st.integers(0, MAX_ORDER)


@given(document=documents, order=orders)
def test_an_id_says_which_passage_of_which_document(document: str, order: int) -> None:
    point = passage_id(document, order)
    assert uuid.UUID(point).version == 8
    assert order_of(point) == order
    assert document_of(point) == passage_id(document, 0)
    assert passage_id(passage_id(document, 0), order) == point


@given(document=documents, pair=st.tuples(orders, orders))
def test_ids_are_in_the_order_of_passages(document: str, pair: tuple[int, int]) -> None:
    one, other = (passage_id(document, order) for order in sorted(pair))
    assert one <= other


def test_documents_of_named_ids_stay_apart() -> None:
    names = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(n))) for n in range(2000)]
    assert len({passage_id(name, 0) for name in names}) == len(names)


@pytest.mark.parametrize("point", [7, "7", "", "x" * 36, str(uuid.UUID(int=0)), "f4a37b4d-ede6-451c-8eff-20be062530d0"])
def test_a_point_that_is_no_passage_has_no_document(point: int | str) -> None:
    assert document_of(point) is None
    assert order_of(point) is None


@pytest.mark.parametrize("order", [-1, MAX_ORDER + 1])
def test_an_order_out_of_range_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="passages"):
        passage_id(str(uuid.uuid4()), order)


SENTENCE = "The claim for the flooded kitchen was reduced by a third in March. "


def test_a_sentence_of_some_length_stands_alone() -> None:
    assert len(cut(SENTENCE * 3)) == 3


def test_short_sentences_join_what_follows() -> None:
    text = "Summary. Yes. " + SENTENCE
    (passage,) = cut(text)
    assert text[passage.start : passage.end].startswith("Summary. Yes. The claim")


@given(
    text=st.lists(st.sampled_from(["Yes. ", SENTENCE, "Dr. Who? ", "\n\n", "一句話。", "x" * 90 + ". "])).map("".join),
    sentences=st.integers(1, 5),
    extents=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200))),
)
def test_every_character_is_in_one_passage_and_no_span_is_cut(
    text: str, sentences: int, extents: list[tuple[int, int]]
) -> None:
    spans = [Span(a, min(a + n, len(text)), "PERSON", 1.0, "x") for a, n in extents if a < len(text)]
    passages = cut(text, spans, sentences=sentences)
    assert list(passages) == sorted(passages, key=lambda passage: passage.start)
    covered = [at for passage in passages for at in range(passage.start, passage.end)]
    assert len(covered) == len(set(covered))
    assert all(text[at].isspace() for at in range(len(text)) if at not in set(covered))
    for span in spans:
        if text[span.start : span.end].strip():
            assert any(passage.start <= span.start and span.end <= passage.end for passage in passages)


@given(text=st.lists(st.sampled_from(["Yes. ", SENTENCE, "No way. "])).map("".join))
def test_a_passage_has_few_sentences_and_little_room(text: str) -> None:
    for passage in cut(text):
        assert text[passage.start : passage.end].count(".") <= MAX_SENTENCES
        assert passage.end - passage.start <= ROOM


def test_a_blank_text_has_no_passage() -> None:
    assert cut(" \n ") == ()
    assert cut("") == ()
    assert cut("One.") == (Passage(0, 4),)
