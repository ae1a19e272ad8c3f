"""The detector on real Presidio: what it finds, what it refuses, and that it always answers the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.errors import DetectionError
from needful.policy.document import Recognizer
from needful.policy.entities import default_entities
from needful.values import Span
from needful_presidio import PresidioDetector

Find = Callable[..., list[tuple[str, str]]]
ENTITIES = sorted(default_entities("en", ["us"], "none"))
EVERYTHING = PresidioDetector(ENTITIES, ner="none")


def found(text: str, entities: object = None, **settings: object) -> list[tuple[str, str]]:
    """Entity and text of what is found, in order."""
    detector = EVERYTHING if entities is None else PresidioDetector(entities, **{"ner": "none", **settings})  # type: ignore[arg-type]
    return [(span.entity, text[span.start : span.end]) for span in detector.detect([text])[0]]


@pytest.mark.parametrize(
    ("entity", "text", "value"),
    [
        ("EMAIL_ADDRESS", "write to john.doe@example.com today", "john.doe@example.com"),
        ("EMAIL_ADDRESS", "write to jdoe@corp.local today", "jdoe@corp.local"),
        ("EMAIL_ADDRESS", "write to jdoe@10.1.2.3 today", "jdoe@10.1.2.3"),
        ("EMAIL_ADDRESS", "write to jörg@müller.de today", "jörg@müller.de"),
        ("EMAIL_ADDRESS", "联系john@example.com谢谢", "john@example.com"),
        ("EMAIL_ADDRESS", "john.doe [at] example [dot] com", "john.doe [at] example [dot] com"),
        ("URL", "see https://www.example.com/a?b=c now", "https://www.example.com/a?b=c"),
        ("CREDIT_CARD", "card 4111 1111 1111 1111 is mine", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "卡号4111111111111111已", "4111111111111111"),
        ("CREDIT_CARD", "card 6304 0000 0000 0000 is mine", "6304 0000 0000 0000"),
        ("CREDIT_CARD", "a 2-series card 2223003122003222", "2223003122003222"),
        ("CREDIT_CARD", "a long one 6212345678901232", "6212345678901232"),
        ("IBAN_CODE", "IBAN DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"),
        ("IBAN_CODE", "pay de89370400440532013000 now", "de89370400440532013000"),
        ("IBAN_CODE", "账号DE89370400440532013000。", "DE89370400440532013000"),
        ("DATE_TIME", "born on 3 February 1980.", "3 February 1980"),
        ("DATE_TIME", "born February 3, 1980.", "February 3, 1980"),
        ("DATE_TIME", "in March 2024 already", "March 2024"),
        ("DATE_TIME", "on 1980-02-03 in town", "1980-02-03"),
        ("DATE_TIME", "于1980年2月3日出生", "1980年2月3日"),
        ("PHONE_NUMBER", "call +1 (212) 736-5000 now", "+1 (212) 736-5000"),
        ("PHONE_NUMBER", "call 212.736.5000 now", "212.736.5000"),
        ("US_SSN", "my ssn is 536228741", "536228741"),
        ("IP_ADDRESS", "from 192.168.1.10 again", "192.168.1.10"),
    ],
)
def test_a_value_is_found_whole(entity: str, text: str, value: str) -> None:
    assert (entity, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "install react@18.2.0",
        "2018 2017 2016 2015 in millions",
        "nothing to see here, may I say",
        "Protocol No. 11 and Law no. 5190 of the court",
    ],
)
def test_what_is_no_pii_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_number_needs_its_word_where_the_pattern_alone_is_weak() -> None:
    assert found("the figure is 536228741", ["US_SSN"]) == []
    assert found("the social security number is 536228741", ["US_SSN"]) == [("US_SSN", "536228741")]


def test_offsets_count_code_points_in_the_original() -> None:
    text = "😀 👨‍👩‍👧 e\u0301 号４１１１\u200b1111\u00a01111–1111 x"
    (span,) = PresidioDetector(["CREDIT_CARD"], ner="none").detect([text])[0]

    assert text[span.start : span.end] == "４１１１\u200b1111\u00a01111–1111"


def test_a_policys_own_recognizer_runs_on_code_points_and_ignores_case() -> None:
    own = Recognizer(name="policy-number", entity="POLICY_NUMBER", regex=r"POL-\d{6}", score=0.8)

    assert found("😀号pol-123456。", ["POLICY_NUMBER"], recognizers=[own]) == [("POLICY_NUMBER", "pol-123456")]


def test_a_context_word_raises_a_policys_own_score_to_at_least_the_threshold() -> None:
    own = Recognizer(name="member", entity="MEMBER", regex=r"\b\d{5}\b", score=0.01, context=("call sign",))

    assert found("number 12345", ["MEMBER"], recognizers=[own]) == []
    (span,) = PresidioDetector(["MEMBER"], ner="none", recognizers=[own]).detect(["my call sign 12345"])[0]
    assert span == Span(13, 18, "MEMBER", 0.4, "member")


def test_a_recognizer_that_matches_nothing_at_all_finds_nothing() -> None:
    own = Recognizer(name="empty", entity="EMPTY", regex="x*", score=0.8)

    assert found("abc", ["EMPTY"], recognizers=[own]) == []


def test_a_pattern_that_re2_refuses_is_named() -> None:
    own = Recognizer(name="looks-back", entity="BACK", regex=r"(?<=a)b", score=0.8)

    with pytest.raises(DetectionError, match="looks-back") as caught:
        PresidioDetector(["BACK"], ner="none", recognizers=[own])
    assert caught.value.code == "bad-recognizer"
    assert caught.value.__context__ is None


def test_no_entities_means_none() -> None:
    assert PresidioDetector([], ner="none").detect(["john@example.com 4111111111111111"]) == [()]


def test_only_what_was_asked_for_comes_back() -> None:
    assert found("john@example.com", ["URL"]) == [("URL", "example.com")]


@pytest.mark.parametrize("entity", ["PERSON", "NO_SUCH_THING", "DE_TAX_ID"])
def test_an_entity_that_nothing_finds_is_named_at_construction(entity: str) -> None:
    with pytest.raises(DetectionError, match=entity) as caught:
        PresidioDetector(["EMAIL_ADDRESS", entity], ner="none")
    assert caught.value.code == "unsupported-entity"


def test_a_country_that_was_not_chosen_is_proposed() -> None:
    with pytest.raises(DetectionError, match="add de to locales"):
        PresidioDetector(["DE_TAX_ID"], ner="none")


def test_a_locale_brings_its_countrys_numbers() -> None:
    text = "National insurance number QQ123456C, nino AB123456C"

    assert ("UK_NINO", "AB123456C") in found(text, ["UK_NINO"], locales=["uk"])


def test_a_threshold_holds_back_what_is_less_sure() -> None:
    assert found("see example.com", ["URL"], min_score=0.55) == []
    assert found("see example.com", ["URL"], min_score=0.5) == [("URL", "example.com")]


@pytest.mark.parametrize("address", ["john@example.com", "jdoe@10.1.2.3"])
def test_the_host_of_an_address_is_no_finding_of_its_own(address: str) -> None:
    entities = ["EMAIL_ADDRESS", "URL", "IP_ADDRESS"]
    assert found(f"mail {address} now", entities) == [("EMAIL_ADDRESS", address)]
    assert ("URL", "https://x.org/?to=john@example.com") in found("see https://x.org/?to=john@example.com", entities)


def test_a_year_that_no_word_confirms_is_found_only_where_the_threshold_lets_it() -> None:
    assert found("built in 1998", ["DATE_TIME"]) == [("DATE_TIME", "1998")]
    assert found("model 1998", ["DATE_TIME"]) == []
    assert found("model 1998", ["DATE_TIME"], min_score=0.3) == [("DATE_TIME", "1998")]


def test_several_texts_are_answered_in_their_order() -> None:
    answers = EVERYTHING.detect(["john@example.com", "", "nothing"])

    assert [len(spans) > 0 for spans in answers] == [True, False, False]


@given(st.lists(st.text(), max_size=3))
def test_spans_are_in_range_sorted_and_unique(texts: list[str]) -> None:
    for text, spans in zip(texts, EVERYTHING.detect(texts), strict=True):
        assert list(spans) == sorted(set(spans))
        assert len({(span.start, span.end, span.entity) for span in spans}) == len(spans)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(0.4 <= span.score <= 1 for span in spans)


def test_a_value_in_a_long_text_is_found_wherever_it_stands() -> None:
    mail = "john.doe@example.com"
    places = [0, 50_000, 97_990, 98_000, 99_985, 99_999, 100_000, 199_970, 249_000]
    text = ""
    for place in places:
        text = text.ljust(max(place, len(text) + 1), "x" if place % 2 else " ") + " " + mail + " "

    spans = PresidioDetector(["EMAIL_ADDRESS"], ner="none").detect([text])[0]

    assert [text[span.start : span.end] for span in spans] == [mail] * len(places)


def test_sixteen_threads_find_what_one_does() -> None:
    texts = [f"mail user{n}@example.com, card 4111 1111 1111 1111, ssn 536-22-{1000 + n}" for n in range(40)]
    alone = EVERYTHING.detect(texts)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(EVERYTHING.detect, [texts] * 16))

    assert all(answer == alone for answer in answers)


def test_two_processes_answer_the_same_whatever_their_hash_seed() -> None:
    script = (
        "from needful_presidio import PresidioDetector as D;"
        f"d = D({ENTITIES!r}, ner='none');"
        "print(d.fingerprint, d.detect(['card 4111111111111111 at x.com, 212-736-5000, ssn 536-22-8741']))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(answers) == 1


def test_the_package_is_imported_without_presidio() -> None:
    script = (
        "import sys, needful_presidio; assert 'presidio_analyzer' not in sys.modules;"
        "needful_presidio.PresidioDetector; assert 'presidio_analyzer' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_fingerprint_tells_settings_apart() -> None:
    own = Recognizer(name="member", entity="MEMBER", regex=r"\d{5}", score=0.5)
    prints = {
        PresidioDetector(["URL"], ner="none").fingerprint,
        PresidioDetector(["URL", "IP_ADDRESS"], ner="none").fingerprint,
        PresidioDetector(["URL"], ner="none", min_score=0.5).fingerprint,
        PresidioDetector(["URL"], ner="none", locales=["de"]).fingerprint,
        PresidioDetector(["URL"], ner="none", language="de").fingerprint,
        PresidioDetector(["URL", "MEMBER"], ner="none", recognizers=[own]).fingerprint,
        PresidioDetector(
            ["URL", "MEMBER"], ner="none", recognizers=[own.model_copy(update={"score": 0.6})]
        ).fingerprint,
    }

    assert len(prints) == 7


def test_the_fingerprint_does_not_depend_on_order_or_on_the_time_limit() -> None:
    one = PresidioDetector(["URL", "IP_ADDRESS"], ner="none")
    other = PresidioDetector(["IP_ADDRESS", "URL", "URL"], ner="none", timeout=1.0)

    assert one.fingerprint == other.fingerprint


def test_language_of_no_spacy_list_works() -> None:
    assert found("wallet 4111111111111111", ["CREDIT_CARD"], language="xx") == [("CREDIT_CARD", "4111111111111111")]


def test_german_months_are_dates_in_german_text() -> None:
    assert found("geboren am 3. März 1980 in Köln", ["DATE_TIME"], language="de") == [("DATE_TIME", "3. März 1980")]


def test_one_string_is_not_taken_for_a_sequence_of_entities() -> None:
    with pytest.raises(DetectionError, match="entities must be a sequence") as caught:
        PresidioDetector("EMAIL_ADDRESS", ner="none")
    assert caught.value.code == "not-entities"


@pytest.mark.parametrize("texts", ["jdoe@example.com", b"jdoe@example.com", ["a text", None], [b"bytes"]])
def test_what_is_no_sequence_of_strings_is_refused_without_being_quoted(texts: Any) -> None:
    with pytest.raises(DetectionError, match="texts must be a sequence") as caught:
        EVERYTHING.detect(texts)
    assert caught.value.code == "not-texts"
    assert "jdoe" not in repr(caught.value)


def test_a_generator_of_texts_is_searched_like_a_list() -> None:
    texts = ["nothing here", "write to jdoe@example.com"]

    assert EVERYTHING.detect(text for text in texts) == EVERYTHING.detect(texts)  # type: ignore[arg-type]


def test_an_account_that_is_an_iban_or_a_card_is_only_that() -> None:
    detector = PresidioDetector(["ACCOUNT_NUMBER", "IBAN_CODE", "CREDIT_CARD"], ner="none")
    text = "Account no. DE89 3704 0044 0532 0130 00, account 4111 1111 1111 1111, account no. 123-456-789."
    (spans,) = detector.detect([text])
    assert [(span.entity, text[span.start : span.end]) for span in spans] == [
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("ACCOUNT_NUMBER", "123-456-789"),
    ]


def test_digits_within_a_claims_code_are_no_telephone_number_and_the_claim_is_no_case() -> None:
    detector = PresidioDetector(["CASE_NUMBER", "CLAIM_NUMBER", "PHONE_NUMBER"], ner="none")
    text = "Claim no. CLM-2026-004711 is open, call +1 212 555 0142; case no. 41111."
    (spans,) = detector.detect([text])
    assert [(span.entity, text[span.start : span.end]) for span in spans] == [
        ("CLAIM_NUMBER", "CLM-2026-004711"),
        ("PHONE_NUMBER", "+1 212 555 0142"),
        ("CASE_NUMBER", "41111"),
    ]


def test_a_score_has_four_decimals() -> None:
    own = Recognizer(name="third", entity="THIRD", regex="third", score=0.123456789)
    (span,) = PresidioDetector(["THIRD"], ner="none", recognizers=[own], min_score=0.1).detect(["a third"])[0]

    assert span.score == 0.1235


def test_folding_a_text_ends_with_the_time_of_the_call() -> None:
    detector = PresidioDetector(["URL"], ner="none", timeout=0.0)

    with pytest.raises(DetectionError) as caught:
        detector.detect(["é"])
    assert caught.value.code == "detection-timeout"
    assert caught.value.__context__ is None
