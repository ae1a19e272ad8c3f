"""The ingest side: what is kept beside texts, for records as they are and for documents cut to passages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.annotation import Annotator, Laid, Part
from needful.annotations import KEY, Annotations
from needful.errors import DetectionError
from needful.keys import Keys
from needful.passages import document_of, order_of
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe
from needful.values import Span

POLICY = """
needful: 1
name: notes
version: 1
layout: LAYOUT
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.note: scan
      metadata.title: {action: keep, reason: a test}
    detect: {ner: none, reason: a test, known: [{field: metadata.name, entity: PERSON}]}
  audit:
    fields: {page_content: scan, metadata.day: scan}
    detect: {ner: none, reason: a test}
"""
KEYS = Keys(bytes(32))
MAIL = KeywordDetector({"EMAIL_ADDRESS": r"\w+@\w+\.\w+"})
PHONE = KeywordDetector({"PHONE_NUMBER": r"\+\d{6,}"})
IDENTITY = str(uuid.UUID(int=5))
TEXT = (
    "Maria Keller asked why the claim for her kitchen was reduced in March. She wrote from maria@mail.example today. "
    "The expert visited the house in Ulm and called her at +49301234567 afterwards. "
    "In the end Keller accepted the offer that had been made to her in the first letter."
)


class Failing:
    """Fails on texts with the word."""

    fingerprint = "failing"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        if any("fault" in text for text in texts):
            raise ValueError(texts)
        return [()] * len(texts)


def annotator(layout: str = "langchain", *detectors: Any) -> Annotator:
    mail, phone = detectors or (MAIL, PHONE)
    return Annotator(
        Policy.parse(POLICY.replace("LAYOUT", layout)), KEYS, lambda name: mail if name == "answer" else phone
    )


def payload(text: str = TEXT, **metadata: Any) -> dict[str, Any]:
    given = {"tenant": "acme", "name": "Maria Keller", "title": "Kitchen", "secret": "none of yours", **metadata}
    return {"page_content": text, "metadata": given}


def spans(detector: Any, own: Any, text: str) -> tuple[Span, ...] | None:
    annotations = Annotations.of(KEYS, detector.fingerprint)
    return annotations.spans(annotations.stored({KEY: own}), text)


# records as they are


def test_a_record_is_annotated_by_every_detector_of_the_policy() -> None:
    (own,) = annotator().records([payload(note="ask tom@mail.example", day="+1234567")])
    assert own is not None
    for detector in (MAIL, PHONE):
        assert spans(detector, own, TEXT) == detector.detect([TEXT])[0]
    assert spans(MAIL, own, "ask tom@mail.example") == MAIL.detect(["ask tom@mail.example"])[0]
    assert spans(PHONE, own, "ask tom@mail.example") is None, "the purpose with this detector does not scan the note"
    assert {name.partition(":")[2] for name in own["entities"]} == {"EMAIL_ADDRESS", "PHONE_NUMBER"}
    assert json.loads(json.dumps(own)) == own


def test_a_record_that_has_its_annotations_is_current_until_a_text_or_detector_changes() -> None:
    made = annotator()
    there = payload()
    (own,) = made.records([there])
    assert not made.is_current(there)
    assert made.is_current({**there, KEY: own})
    assert not made.is_current({**payload(TEXT + " More."), KEY: own})
    assert not made.is_current({**payload(note="new"), KEY: own})
    assert not annotator("langchain", MAIL, KeywordDetector({"US_SSN": "x"})).is_current({**there, KEY: own})
    assert made.is_current({**payload(title="another"), KEY: own}), "what is not searched does not count"


@pytest.mark.parametrize("damage", ["emptied", "gone", "moved"])
def test_a_record_whose_span_list_was_changed_is_not_current(damage: str) -> None:
    made, there = annotator(), payload()
    (own,) = made.records([there])
    assert own is not None
    name = made.names[0]
    changed = {
        "emptied": {name: own[name][:1]},
        "gone": {name: None},
        "moved": {name: [own[name][0], [0, 1, "X", 1, "y"]]},
    }
    assert not made.is_current({**there, KEY: {**own, **changed[damage]}})
    _, first, *_ = annotator("passages").document(IDENTITY, payload("Write to maria@mail.example."))
    kept = first.payload[KEY]
    assert annotator("passages").is_part_current(first.text, kept)
    assert not annotator("passages").is_part_current(first.text, {**kept, name: kept[name][:1]})


@pytest.mark.parametrize("broken", ["{", "[" * 100_000, "no JSON"])
def test_text_that_is_no_json_where_json_is_kept_is_a_fault_of_its_own(broken: str) -> None:
    made = annotator("{text: page_content, json: text}")
    bad, good = made.records([{"page_content": broken}, {"page_content": json.dumps({"text": TEXT})}])
    assert bad is None
    assert good is not None
    assert not made.is_current({"page_content": broken, KEY: good})
    assert made.digest({"page_content": broken}) == ""


def test_a_fault_is_of_its_own_record_only() -> None:
    one, bad, other = annotator("langchain", Failing(), PHONE).records([payload("a"), payload("a fault"), payload("b")])
    assert bad is None
    assert one is not None
    assert other is not None


@pytest.mark.parametrize("broken", [{}, {"page_content": 5}, {"page_content": None}, {"metadata": "x"}])
def test_a_payload_of_another_shape_is_annotated_as_far_as_it_has_texts(broken: dict[str, Any]) -> None:
    made = annotator()
    (own,) = made.records([broken])
    assert own is not None
    assert made.is_current({**broken, KEY: own})


def test_the_text_in_json_is_what_is_annotated() -> None:
    made = annotator("llamaindex".replace("llamaindex", "{text: page_content, json: text}"))
    (own,) = made.records([{"page_content": json.dumps({"text": TEXT})}])
    assert spans(MAIL, own, TEXT) == MAIL.detect([TEXT])[0]


def test_what_is_read_and_filtered_by_is_what_the_policy_names() -> None:
    made = annotator()
    assert made.needs == ("page_content", "metadata.note", "metadata.name", "metadata.day", KEY)
    assert made.filter_keys == ("metadata.tenant", "metadata.product")
    assert len(set(made.names)) == 2


# documents as passages


def laid(text: str = TEXT, **metadata: Any) -> list[Laid]:
    return annotator("passages").document(IDENTITY, payload(text, **metadata))


def test_a_document_becomes_its_own_point_and_passages_in_order() -> None:
    own, *passages = laid(product="home", note="hi")
    assert own.text == ""
    assert "page_content" not in own.payload
    assert own.payload["metadata"] == {
        "tenant": "acme", "product": "home", "title": "Kitchen", "note": "hi", "name": "Maria Keller",
    }  # fmt: skip
    assert len(passages) == 3
    for order, passage in enumerate(passages, start=1):
        assert (document_of(passage.id), order_of(passage.id)) == (own.id, order)
        place = passage.payload[KEY]
        assert passage.text == passage.payload["page_content"] == TEXT[place["start"] : place["end"]]
        assert (place["parent"], place["order"]) == (own.id, order)
        assert passage.payload["metadata"] == {"tenant": "acme", "product": "home"}, "no more than filters need"


def test_a_passage_has_the_spans_of_the_whole_document() -> None:
    _, *passages = laid()
    last = passages[-1]
    found = spans(MAIL, last.payload[KEY], last.text)
    assert found is not None
    assert [last.text[span.start : span.end] for span in found] == ["Keller"], "named by a field, mentioned again"
    called = passages[1]
    assert spans(PHONE, called.payload[KEY], called.text) == PHONE.detect([called.text])[0]


def test_names_of_kinds_are_kept_by_passage_and_by_document() -> None:
    own, *passages = laid()
    names = dict(zip(("mail", "phone"), annotator().names, strict=True))
    assert passages[0].payload[KEY]["entities"] == [f"{names['mail']}:PERSON"]
    assert passages[1].payload[KEY]["entities"] == sorted(
        [f"{names['mail']}:EMAIL_ADDRESS", f"{names['phone']}:PHONE_NUMBER"]
    )
    whole = sorted([f"{names['mail']}:PERSON", f"{names['mail']}:EMAIL_ADDRESS", f"{names['phone']}:PHONE_NUMBER"])
    assert all(point.payload[KEY]["document"] == whole for point in (own, *passages))
    assert "entities" not in own.payload[KEY]


def test_a_span_over_two_sentences_is_in_one_passage() -> None:
    both = KeywordDetector({"LOCATION": r"in March\. She"})
    made = annotator("passages", both, PHONE)
    _, first, *_ = made.document(IDENTITY, payload())
    assert "in March. She wrote" in first.text


@pytest.mark.parametrize("given", ["a fault.", 5, None])
def test_a_document_that_cannot_be_searched_is_not_laid_out(given: Any) -> None:
    made = annotator("passages", Failing(), PHONE)
    with pytest.raises(DetectionError):
        made.document(IDENTITY, payload(given))
    with pytest.raises(DetectionError):
        made.document(IDENTITY, payload("fine", note="a fault"))


def test_annotating_passages_again_changes_nothing_while_nothing_changed() -> None:
    made = annotator("passages")
    own, *passages = made.document(IDENTITY, payload())
    parts = [Part(passage.text, passage.payload[KEY]["start"]) for passage in passages]
    anew = made.again(parts, own.payload)
    assert len(anew) == len(passages)
    for passage, now in zip(passages, anew, strict=True):
        assert passage.payload[KEY] == {**passage.payload[KEY], **now}
    assert made.own(own.payload, anew[0]["document"]) == own.payload[KEY]


@given(starts=st.lists(st.integers(-5, 10_000), min_size=3, max_size=3))
def test_passages_whose_places_are_wrong_are_annotated_all_the_same(starts: list[int]) -> None:
    made = annotator("passages")
    texts = ["From maria@mail.example.", "And tom@mail.example too.", "Nothing."]
    anew = made.again([Part(text, start) for text, start in zip(texts, starts, strict=True)], {})
    for text, now in zip(texts, anew, strict=True):
        assert spans(MAIL, now, text) == MAIL.detect([text])[0]


def test_annotations_and_reprs_say_nothing_of_the_text() -> None:
    probe = LeakProbe()
    name, mail = probe.plant("Zenobia Quarter{}"), probe.plant("zen{}@quarter.example")
    own, *passages = laid(f"{name} wrote from {mail} today and waits for an answer to her letter.", name=name)
    for point in (own, *passages):
        probe.tap("annotation", json.dumps(point.payload[KEY]), repr(point))
    probe.tap("annotator", repr(annotator()), repr(Part(name, 0)))
    probe.assert_no_leak()
