"""The recognizers that Presidio lacks: every shipped example, and ordinary text, in which nothing is found."""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from presidio_support import Presidio, answers, paragraphs

from needful.folding import fold
from needful.policy.document import Recognizer
from needful.policy.entities import GENERIC, LOCALES, default_entities
from needful.values import Span
from needful_presidio import PresidioDetector, catalogue
from needful_presidio.traits import Traits

CHINA = ("cn", "hk", "tw")


def _examples(name: str) -> dict[str, dict[str, list]]:  # type: ignore[type-arg]  # as YAML has it
    source = resources.files("needful_presidio.recognizers") / "examples" / name
    return yaml.safe_load(source.read_text("utf-8"))  # type: ignore[no-any-return]


OF_CHINA = _examples("china.yaml")
OF_FINANCE = _examples("finance.yaml")
EXAMPLES = OF_CHINA | OF_FINANCE
# Check digits, else a label, else a shape alone.
PROVED = {"CN_BANK_CARD", "CN_ID_CARD", "CN_SOCIAL_CREDIT_CODE", "HK_ID", "TW_ID"}


@cache
def detector(entity: str, language: str) -> PresidioDetector:
    return PresidioDetector([entity], language=language, ner="none", locales=CHINA)


def spans(entity: str, language: str, text: str) -> tuple[Span, ...]:
    return detector(entity, language).detect([text])[0]


def missed(entity: str, language: str) -> list[int]:
    """The numbers of the positive examples in which something else than exactly the value is found."""
    return [
        index
        for index, example in enumerate(EXAMPLES[entity]["positive"])
        if [example["text"][span.start : span.end] for span in spans(entity, language, example["text"])]
        != [example["found"]]
    ]


def test_every_entity_of_ours_has_examples() -> None:
    assert set(OF_CHINA) == {name for locale in CHINA for name in LOCALES[locale]}
    assert set(OF_FINANCE) <= GENERIC
    assert all(len(rows[kind]) >= 12 for rows in EXAMPLES.values() for kind in ("positive", "negative"))


@pytest.mark.parametrize("language", ["zh", "en", "de"])
@pytest.mark.parametrize("entity", sorted(EXAMPLES))
def test_every_positive_example_is_found_with_its_span_and_no_negative_one(entity: str, language: str) -> None:
    negative = EXAMPLES[entity]["negative"]

    assert missed(entity, language) == []
    assert [index for index, text in enumerate(negative) if spans(entity, language, text)] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_with_all_entities_at_once_every_value_is_found_too(language: str) -> None:
    everything = default_entities(language, CHINA, "none")
    together = PresidioDetector(everything, language=language, ner="none", locales=CHINA)
    for entity, rows in EXAMPLES.items():
        texts = [example["text"] for example in rows["positive"]]
        for example, found in zip(rows["positive"], together.detect(texts), strict=True):
            start = example["text"].index(example["found"])
            wanted = (start, start + len(example["found"]), entity)
            assert wanted in {(span.start, span.end, span.entity) for span in found}


@pytest.mark.parametrize("entity", sorted(EXAMPLES))
def test_scores_say_what_a_find_goes_by(entity: str) -> None:
    found = [span for example in EXAMPLES[entity]["positive"] for span in spans(entity, "zh", example["text"])]
    scores = {span.score for span in found}

    assert min(scores) >= 0.4
    # What has 15 digits has no check digit.
    assert all(score >= 0.9 for score in scores) or entity not in PROVED - {"CN_ID_CARD"}
    assert max(scores) >= 0.7


def test_default_covers_all_of_them_where_their_locale_is_asked_for() -> None:
    assert set(OF_FINANCE) | set(OF_CHINA) <= default_entities("zh", CHINA, "none")
    assert set(OF_FINANCE) <= default_entities("en", ["us"], "none")
    assert not set(OF_CHINA) & default_entities("zh", ["us"], "none")


def classes() -> list[type]:
    homes = {home for homes in catalogue.CLASSES.values() for home in homes if ".recognizers." in home}
    return [getattr(import_module(home.partition(":")[0]), home.partition(":")[2]) for home in sorted(homes)]


def test_every_recognizer_has_a_condition_that_plain_prose_does_not_meet() -> None:
    prose = Traits("The applicant lives in a small town. He was asked about the weather, and said little.")
    assert len(classes()) == len(EXAMPLES)
    for kind in classes():
        condition = catalogue.condition_for(kind)
        assert condition is not None
        assert not condition(prose)


@pytest.mark.parametrize("entity", sorted(EXAMPLES))
def test_the_condition_of_every_positive_example_is_met(entity: str) -> None:
    module, _, name = catalogue.CLASSES[entity][0].partition(":")
    condition = catalogue.condition_for(getattr(import_module(module), name))
    assert condition is not None
    assert all(condition(Traits(fold(example["text"]).text)) for example in EXAMPLES[entity]["positive"])


ENGINE = PresidioDetector(sorted(EXAMPLES), language="zh", ner="none", locales=CHINA, min_score=0.0)._engine
SLOW = Presidio(ENGINE)
TEXTS = [
    fold(text).text
    for rows in EXAMPLES.values()
    for text in (*rows["negative"], *(example["text"] for example in rows["positive"]))
]
PIECES = [text[start : start + 7] for text in TEXTS for start in range(0, len(text), 7)]


@given(
    st.lists(st.sampled_from([*PIECES, " ", "\n", "，", "。", "no. ", "is", "acc ", "ID"]), max_size=12).map("".join)
)
def test_conditions_and_stretches_change_nothing_on_pieces_of_examples(text: str) -> None:
    assert answers(ENGINE, text) == SLOW.analyze(text)


def test_conditions_and_stretches_change_nothing_on_the_examples() -> None:
    for text in TEXTS:
        assert answers(ENGINE, text) == SLOW.analyze(text)
    whole = "。".join(TEXTS)
    assert answers(ENGINE, whole) == SLOW.analyze(whole)


@pytest.mark.parametrize("name", ["tab_dev", "sec_train", "uner_en_ewt_dev", "uner_zh_gsdsimp_dev"])
def test_in_ordinary_text_nothing_is_found(name: str) -> None:
    ordinary = PresidioDetector(sorted(OF_FINANCE), ner="none")

    assert sum(len(found) for found in ordinary.detect(paragraphs(name, most=250))) == 0


def test_a_policys_recognizer_may_have_the_name_of_an_entity_of_ours() -> None:
    own = Recognizer(name="policy-number", entity="POLICY_NUMBER", regex=r"\bQX\d{3}\b", score=0.9)
    both = PresidioDetector(["POLICY_NUMBER"], ner="none", recognizers=[own])
    text = "see QX123, and policy no. 4711-0815"

    assert [text[span.start : span.end] for span in both.detect([text])[0]] == ["QX123", "4711-0815"]


def test_numbers_in_a_list_are_found() -> None:
    text = "account nos. 12345678 and 22345678, policy numbers: POL-11112222, POL-33334444."
    listed = PresidioDetector(["ACCOUNT_NUMBER", "POLICY_NUMBER"], ner="none").detect([text])[0]
    covered = {place for span in listed for place in range(span.start, span.end)}

    assert {place for place, character in enumerate(text) if character.isdigit()} <= covered
