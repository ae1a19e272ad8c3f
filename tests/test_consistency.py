"""Consistency: what is found once in a call is a span wherever else it stands in the call's records."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.consistency import Searched, mentions_of
from needful.errors import AccessDenied
from needful.mentions import CONSISTENCY, FoundValue, Mentions, found_values
from needful.records import Opened
from needful.testing import KeywordDetector, LeakProbe
from needful.values import Span
from pipelines import POLICY, Bench, ticket

DETECTOR = KeywordDetector(
    {
        "PERSON": r"Maria Keller|Will Young|Mr\. Tom Weiss|Jones",
        "ORGANIZATION": r"Acme Ltd|Shell|WHO",
        "US_SSN": r"\d{3}-\d\d-\d{4}",
    }
)
POLICY_OF_NAMES = POLICY.replace("PERSON: pseudonymize\n      EMAIL", "PERSON: redact\n      EMAIL")


def texts(*contents: str, question: str = "why?", **given: Any) -> list[str]:
    """What a call discloses of records with these contents."""
    given = {"policy": POLICY_OF_NAMES, "detector": DETECTOR, **given}
    return [document.text for document in Bench([ticket(one) for one in contents], **given).ask(question).documents]


# in a call


def test_a_name_found_in_one_record_is_redacted_in_another() -> None:
    assert texts("From Maria Keller.", "Keller has paid. MARIA KELLER, Ms Keller.") == [
        "From [PERSON].",
        "[PERSON] has paid. [PERSON], Ms [PERSON].",
    ]


def test_a_name_found_at_the_end_of_a_record_is_redacted_at_its_beginning() -> None:
    assert texts("keller has paid, says Maria Keller.") == ["[PERSON] has paid, says [PERSON]."]


def test_a_name_found_in_the_question_is_redacted_in_the_records() -> None:
    assert texts("Keller has paid.", question="what of Maria Keller?") == ["[PERSON] has paid."]
    assert texts("Keller has paid.") == ["Keller has paid."]


def test_a_name_found_in_a_record_is_redacted_in_the_question() -> None:
    bench = Bench([ticket("From Maria Keller.")], policy=POLICY_OF_NAMES, detector=DETECTOR)
    assert bench.ask("did keller pay?").query == "did [PERSON] pay?"


def test_a_value_that_a_record_names_is_redacted_in_another_record() -> None:
    records = [ticket("The claim.", name="Maria Keller"), ticket("M. Keller called.")]
    documents = Bench(records, policy=POLICY_OF_NAMES).ask().documents
    assert [document.text for document in documents] == ["The claim.", "[PERSON] called."]


def test_a_later_rounds_record_changes_what_an_earlier_one_shows() -> None:
    records = [ticket("Keller called."), ticket("ssn 536-22-8741"), ticket("From Maria Keller.")]
    bench = Bench(records, policy=POLICY_OF_NAMES, detector=DETECTOR)
    assert [document.text for document in bench.ask(k=2).documents] == ["[PERSON] called.", "From [PERSON]."]
    assert bench.ledger.entries[-1].withheld == {"drop-record": 1}


def test_a_later_round_may_withhold_an_earlier_record_and_each_is_counted_once() -> None:
    policy = POLICY.replace("PERSON: pseudonymize\n      EMAIL", "PERSON: drop-record\n      EMAIL")
    records = [ticket("Keller called."), ticket("ssn 536-22-8741"), ticket("From Maria Keller."), ticket("Fine.")]
    bench = Bench(records, policy=policy, detector=DETECTOR)
    assert [document.text for document in bench.ask(k=2).documents] == ["Fine."]
    assert bench.ledger.entries[-1].withheld == {"drop-record": 3}


def test_a_passage_that_is_not_disclosed_counts() -> None:
    policy = POLICY_OF_NAMES.replace("passages: 2", "passages: 1")
    (shown,) = texts("Keller reported the flooded kitchen. Written by Maria Keller.", question="kitchen", policy=policy)
    assert shown == "[PERSON] reported the flooded kitchen."


# withheld records


@pytest.mark.parametrize("action", ["redact", "drop-passage", "drop-record"])
def test_a_stricter_rule_for_a_source_shows_no_more_of_the_other_records(action: str) -> None:
    policy = POLICY_OF_NAMES.replace("US_SSN: drop-record", f"US_SSN: {action}")
    shown = texts("From Maria Keller, 536-22-8741.", "Keller called.", policy=policy)
    assert shown[-1] == "[PERSON] called."


@pytest.mark.parametrize("rule", ["scan", "drop-record"])
def test_a_record_that_a_fields_rule_withholds_counts_for_the_other_records(rule: str) -> None:
    policy = POLICY_OF_NAMES.replace("metadata.notes: scan", f"metadata.notes: {rule}")
    records = [ticket("From Maria Keller.", notes="x"), ticket("Keller called.")]
    documents = Bench(records, policy=policy, detector=DETECTOR).ask().documents
    assert documents[-1].text == "[PERSON] called."


def test_the_question_does_not_tell_who_is_in_a_withheld_record() -> None:
    records = [ticket("From Maria Keller, 536-22-8741."), ticket("The claim.")]
    bench = Bench(records, policy=POLICY_OF_NAMES, detector=DETECTOR)
    assert bench.ask("is keller in it?").query == "is keller in it?"


def test_what_is_denied_in_one_record_is_denied_under_its_other_names() -> None:
    policy = POLICY.replace("PERSON: pseudonymize\n      EMAIL", "PERSON: deny\n      EMAIL")
    with pytest.raises(AccessDenied):
        texts("Keller called.", "From Maria Keller.", policy=policy)


# guards


@pytest.mark.parametrize(
    ("entity", "value", "text", "expected"),
    [
        ("PERSON", "Maria Keller", "keller, KELLER, Kellers, kellers", ["keller", "KELLER", "Kellers"]),
        ("PERSON", "Maria Anna Keller", "Anna; Maria; Keller", ["Maria", "Keller"]),
        ("PERSON", "Will Young", "Will he? A young man will. We asked Will.", ["Will"]),
        ("PERSON", "Will Young", "will young people come", []),
        ("PERSON", "Jones", "Jones, jones", ["Jones", "jones"]),
        ("PERSON", "Grace", "Grace is said. By grace of Grace", ["Grace"]),
        ("PERSON", "Tom Ek", "tom; Tom; Ek; ek; Mr Ek", ["Tom", "Ek"]),
        ("ORGANIZATION", "Shell", "Shell? A shell, at Shell", ["Shell"]),
        ("ORGANIZATION", "WHO", "who is with the WHO, Who", ["WHO"]),
        (
            "ORGANIZATION",
            "Bank of America",
            "a bank of America, BANK OF AMERICA",
            ["bank of America", "BANK OF AMERICA"],
        ),
        ("LOCATION", "Reading", "reading in Reading", ["Reading"]),
        ("LOCATION", "Berlin", "berlin", ["berlin"]),
        ("PHONE_NUMBER", "030 1234567", "030 1234567 and 0301234567", ["030 1234567"]),
        ("PERSON", "李小明", "客户李小明来电", ["李小明"]),
        ("PERSON", "Maria Keller", "Keller (maria.keller@x.org, keller@y.org)", ["Keller"]),
        ("ORGANIZATION", "Acme Ltd", "acme ltd, a@acme.ltd", ["acme ltd"]),
        ("EMAIL_ADDRESS", "a@b.org", "A@B.org", ["A@B.org"]),
    ],
)
def test_a_found_value_is_found_again_where_it_looks_like_it(
    entity: str, value: str, text: str, expected: list[str]
) -> None:
    mentions = Mentions()
    mentions.find_again(FoundValue(entity, value, 0.9))
    places = sorted({(span.start, span.end) for span in mentions.spans(text)})
    assert [text[start:end] for start, end in places] == expected


@pytest.mark.parametrize(
    ("entity", "text", "score", "values"),
    [
        ("PERSON", "Mr. Tom Weiss", 0.9, ["Tom Weiss"]),
        ("PERSON", " Maria Keller's", 0.9, ["Maria Keller"]),
        ("PERSON", "Maria Keller", 0.4, []),
        ("DATE_TIME", "2019", 0.9, []),
        ("AGE", "45", 0.9, []),
        ("ORGANIZATION", "EU", 0.9, []),
        ("PHONE_NUMBER", "12345", 0.9, ["12345"]),
        ("TOKEN", "[PERSON:7K3QF2MB]", 1.0, []),
        ("PERSON", "李明", 0.9, ["李明"]),
        ("PERSON", "李", 0.9, []),
        ("PERSON", "x" * 201, 0.9, []),
    ],
)
def test_only_sure_values_that_say_enough_are_looked_for_again(
    entity: str, text: str, score: float, values: list[str]
) -> None:
    found = found_values(text, [Span(0, len(text), entity, score, "x")], 0.3)
    assert [value.value for value in found] == values


def test_a_span_has_its_sources_score_and_no_less_than_the_policys() -> None:
    (found,) = found_values("Maria Keller", [Span(0, 12, "PERSON", 0.8, "x")], 0.9)
    mentions = Mentions()
    mentions.find_again(found)
    assert {(span.score, span.recognizer) for span in mentions.spans("by Keller")} == {(0.9, CONSISTENCY)}


def test_nothing_is_found_in_a_token_of_ours() -> None:
    records = [ticket("From Maria Keller."), ticket("As [PERSON] and [KELLER:7K3QF2MB] said.")]
    documents = Bench(records, policy=POLICY_OF_NAMES, detector=DETECTOR).ask().documents
    assert documents[1].text == "As [PERSON] and [TOKEN] said."


def test_a_value_of_a_call_does_not_show_itself() -> None:
    probe = LeakProbe()
    found = FoundValue("PERSON", probe.plant("Maria {}"), 0.9)
    mentions = Mentions()
    mentions.find_again(found)
    probe.tap("repr", repr(found), repr(mentions), repr(Searched(opened(0, found.value), [()])))
    probe.assert_no_leak()


# what holds for any records

CONTENTS = st.lists(
    st.sampled_from(
        [
            "Maria Keller called.",
            "Keller, maria and Tom",
            "Mr. Tom Weiss of Acme Ltd",
            "WEISS and Will Young asked Will",
            "acme ltd will pay Jones",
            "536-22-8741",
            "ssn 536-22-8741 of Maria",
            "",
        ]
    ),
    max_size=6,
)


def opened(at: int, text: str) -> Opened:
    return Opened(at, 1.0, (), (), (text,))


def covered(contents: Sequence[str]) -> list[set[tuple[int, int, str]]]:
    """The spans that consistency adds to each content."""
    records = [Searched(opened(at, text), DETECTOR.detect([text])) for at, text in enumerate(contents)]
    mentions = mentions_of(records, "why?", (), 0.4)
    return [{(s.start, s.end, s.entity) for s in mentions.spans(text)} for text in contents]


@given(CONTENTS, st.randoms())
def test_the_order_of_the_records_changes_nothing(contents: list[str], chance: random.Random) -> None:
    order = list(range(len(contents)))
    chance.shuffle(order)
    found = covered(contents)
    assert covered([contents[at] for at in order]) == [found[at] for at in order]


@given(CONTENTS, CONTENTS)
def test_more_records_only_add_spans(contents: list[str], more: list[str]) -> None:
    for few, many in zip(covered(contents), covered([*contents, *more]), strict=False):
        wide = {at for start, end, _ in many for at in range(start, end)}
        assert {at for start, end, _ in few for at in range(start, end)} <= wide


def test_a_call_in_which_nothing_is_found_costs_nothing() -> None:
    records = [Searched(opened(at, "nothing here " * 1_000), [()]) for at in range(100)]
    start = time.perf_counter()
    mentions = mentions_of(records, "why?", (), 0.4)
    assert not mentions
    assert not [span for record in records for span in mentions.spans(record.opened.texts[0])]
    assert time.perf_counter() - start < 0.1


def test_ten_thousand_found_names_are_searched_for_in_no_time() -> None:
    chance = random.Random(1)
    names = ["".join(chance.choices("abcdefghij", k=7)).title() for _ in range(10_000)]
    text = " ".join(f"{one} {other}," for one, other in zip(names, reversed(names), strict=True))
    mentions = Mentions()
    start = time.perf_counter()
    for one, other in zip(names, reversed(names), strict=True):
        mentions.find_again(FoundValue("PERSON", f"{one} {other}", 0.9))
    assert list(mentions.spans(text))
    assert time.perf_counter() - start < 10
