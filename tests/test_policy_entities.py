"""The catalogue of entities: it says what the installed Presidio finds, and what a policy's default covers."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.policy.entities import (
    GENERIC,
    LANGUAGES,
    LOCALES,
    OPERATORS,
    TOKEN,
    default_entities,
    detectable,
    detectable_by,
    known_entities,
    meant,
    requested,
)
from policy_support import small_policy

# Recognizers that call a service or need a model: `ner` names models, and nothing calls a service.
NOT_PATTERNS = {
    "AzureAILanguageRecognizer",
    "AzureHealthDeidRecognizer",
    "AzureOpenAILangExtractRecognizer",
    "BasicLangExtractRecognizer",
    "GLiNERRecognizer",
    "HuggingFaceNerRecognizer",
    "LangExtractRecognizer",
    "MedicalNERRecognizer",
    "SpacyRecognizer",
    "StanzaRecognizer",
    "TransformersRecognizer",
}


def presidio_catalogue() -> dict[str | None, set[str]]:
    """Country (None: every country) to entities, of the pattern recognizers of the installed Presidio."""
    from presidio_analyzer import EntityRecognizer, predefined_recognizers

    found: dict[str | None, set[str]] = defaultdict(set)
    for name in dir(predefined_recognizers):
        kind = getattr(predefined_recognizers, name)
        if inspect.isclass(kind) and issubclass(kind, EntityRecognizer) and name not in NOT_PATTERNS:
            make: Any = kind
            found[getattr(kind, "COUNTRY_CODE", None)].update(make().supported_entities)
    return found


# Countries, and entities of every country, that Presidio has nothing for.
OUR_LOCALES = {"cn", "hk", "tw"}
OURS = {"ACCOUNT_NUMBER", "CLAIM_NUMBER", "CUSTOMER_NUMBER", "POLICY_NUMBER", "SWIFT_CODE"}


def test_the_catalogue_is_that_of_the_installed_presidio_and_ours() -> None:
    found = presidio_catalogue()
    assert found.pop(None) == GENERIC - OURS
    assert {country: names for country, names in found.items() if country} == {
        country: names for country, names in LOCALES.items() if country not in OUR_LOCALES
    }


def test_the_operators_are_presidios_but_for_those_that_a_policy_may_not_use() -> None:
    from presidio_anonymizer.operators import OperatorsFactory

    factory: Any = OperatorsFactory
    installed = set(factory().get_anonymizers())
    assert set(OPERATORS) <= installed
    assert installed - set(OPERATORS) <= {"keep", "custom", "surrogate_ahds"}


@pytest.mark.parametrize(
    ("ner", "found"),
    [
        ("none", set()),
        ("bundled", {"PERSON", "LOCATION", "ORGANIZATION", "NRP"}),
        ("spacy:en_core_web_lg", {"PERSON", "LOCATION", "ORGANIZATION", "NRP"}),
        ("transformers:some/model", {"PERSON", "LOCATION", "ORGANIZATION", "NRP", "AGE", "ID"}),
    ],
)
def test_a_model_adds_names(ner: str, found: set[str]) -> None:
    assert detectable("en", (), ner) - GENERIC - LANGUAGES["en"] == found - LANGUAGES["en"]


def test_what_is_written_in_english_words_is_looked_for_in_english() -> None:
    assert detectable("en", (), "none") - detectable("de", (), "none") == {
        "AGE",
        "CASE_NUMBER",
        "MONEY",
        "TITLE",
        "ZIP_CODE",
    }


def test_the_bundled_model_reads_english_and_chinese() -> None:
    assert "NRP" in detectable("en", (), "bundled")
    assert {"PERSON", "NRP"} & detectable("zh", (), "bundled") == {"PERSON"}
    assert "PERSON" not in detectable("de", (), "bundled")
    assert "PERSON" in detectable("de", (), "spacy:de_core_news_sm")


@given(st.sets(st.sampled_from(sorted(LOCALES))), st.sets(st.sampled_from(sorted(LOCALES))))
def test_more_locales_never_find_less(some: set[str], more: set[str]) -> None:
    assert detectable("en", some, "none") <= detectable("en", some | more, "none")
    assert default_entities("en", some, "none") <= detectable("en", some, "none")


def test_the_default_covers_all_but_public_registers_german_postcodes_money_and_titles() -> None:
    everything = detectable("en", LOCALES, "none")
    assert everything - default_entities("en", LOCALES, "none") == {
        "ABA_ROUTING_NUMBER",
        "AU_ABN",
        "AU_ACN",
        "DE_HANDELSREGISTER",
        "DE_PLZ",
        "KR_BRN",
        "MONEY",
        "SE_ORGANISATIONSNUMMER",
        "SG_UEN",
        "TITLE",
        "ZA_COMPANY_REGISTRATION",
    }


def test_another_word_is_never_an_entity_and_means_one() -> None:
    everything = detectable("en", LOCALES, "transformers:some/model")
    assert {meant(word) for word in ("Email", "e-mail address", "SSN", "IBAN", "place")} <= everything
    assert [entity for entity in everything if meant(entity)] == []
    assert meant("SHOE_SIZE") is None


def test_the_one_page_lists_the_entities(repository: Path) -> None:
    page = (repository / "policies" / "README.md").read_text("utf-8")
    section = page.partition("### Names of entities\n")[2].partition("\n## ")[0]
    _, generic, by_language, by_model, by_country, *_ = (
        set(re.findall(r"`([^`]+)`", part)) for part in section.split("\n- ")
    )
    assert generic == GENERIC
    assert {name for name in by_language if name.isupper()} == LANGUAGES["en"]
    model = detectable("de", (), "gliner:some/model") - GENERIC
    assert by_model - {"ner", "transformers", "gliner"} == model
    assert by_country - {"locales"} >= LOCALES.keys()
    named = {name for name in by_country if name.isupper()}
    irregular = {name for at, names in LOCALES.items() for name in names if not name.startswith(f"{at.upper()}_")}
    assert irregular <= named <= frozenset().union(*LOCALES.values())


TAIL = "recognizers: [{name: number, entity: POLICY_NUMBER, regex: POL}, {name: unused, entity: UNUSED, regex: abc}]\n"
DETECT = "detect: {ner: none, reason: none here, locales: [de], recognizers: [number], known: [metadata.name]}\n"
BODY = "fields: {page_content: scan, metadata.name: {action: hash, entity: PERSON}}\n"


def test_a_detector_is_asked_for_defaults_named_entities_and_own_recognizers() -> None:
    policy = small_policy(
        f"{BODY}entities: {{DE_PLZ: redact, URL: {{action: keep, reason: public}}}}\n" + DETECT, tail=TAIL
    )
    asked = requested(policy.document, "ask")
    assert list(asked) == sorted(set(asked))
    assert {"DE_PLZ", "URL", "POLICY_NUMBER", "EMAIL_ADDRESS", "DE_TAX_ID"} <= set(asked)
    assert not {"UNUSED", "US_SSN", "DE_HANDELSREGISTER"} & set(asked)


def test_a_detector_is_not_asked_for_what_known_values_and_the_core_find() -> None:
    policy = small_policy(f"{BODY}entities: {{PERSON: hash, TOKEN: redact}}\n{DETECT}", tail=TAIL)
    assert not {"PERSON", TOKEN} & set(requested(policy.document, "ask"))
    assert {"PERSON", TOKEN} <= detectable_by(policy.document, policy.purposes["ask"])


def test_a_known_value_has_its_own_entity_or_that_of_its_field() -> None:
    body = (
        "fields: {page_content: scan, name: {action: hash, entity: PERSON}}\n"
        "detect: {ner: none, reason: none here, known: [name, {field: iban, entity: IBAN_CODE}]}\n"
    )
    assert known_entities(small_policy(body).purposes["ask"]) == {"PERSON", "IBAN_CODE"}


def test_an_unknown_purpose_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        requested(small_policy().document, "other")
