"""The core's static catalogue and what the installed Presidio really has: neither may say more than the other."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from importlib import import_module

import pytest
from presidio_analyzer import EntityRecognizer, predefined_recognizers
from presidio_anonymizer.operators import OperatorsFactory

from needful.errors import PolicyError
from needful.policy.document import PolicyDocument
from needful.policy.entities import GENERIC, LANGUAGES, LOCALES, OPERATORS, detectable, requested
from needful_presidio import PresidioDetector, catalogue, detector_for
from needful_presidio.ner.models import ENTITIES


def policy(**detect: object) -> PolicyDocument:
    return PolicyDocument.model_validate(
        {
            "needful": 1,
            "name": "test",
            "version": 1,
            "purposes": {
                "answer": {
                    "fields": {"page_content": {"action": "scan"}},
                    "entities": {"EMAIL_ADDRESS": "redact"},
                    "detect": {"ner": "none", "reason": "a test", **detect},
                }
            },
            "recognizers": [
                {"name": "mine", "entity": "MINE", "regex": "M-[0-9]+"},
                {"name": "unused", "entity": "UNUSED", "regex": "U-[0-9]+"},
            ],
        }
    )


def installed() -> dict[str, str | None]:
    """Every pattern entity of the installed Presidio, and its country."""
    found: dict[str, str | None] = {}
    for info in pkgutil.walk_packages(predefined_recognizers.__path__, f"{predefined_recognizers.__name__}."):
        if info.ispkg or not any(part in info.name for part in (".generic.", ".country_specific.")):
            continue
        for name, kind in vars(importlib.import_module(info.name)).items():
            own = inspect.isclass(kind) and issubclass(kind, EntityRecognizer) and kind.__module__ == info.name
            # The base of two others, which wants to be told its entity.
            if own and name != "ZaPhoneNumberRecognizer":
                recognizer = kind(supported_language="en")
                found |= dict.fromkeys(recognizer.supported_entities, recognizer.country_code())
    return found


# What Presidio has nothing for.
OURS = {entity for entity, homes in catalogue.CLASSES.items() if all(".recognizers." in home for home in homes)}


def test_the_cores_catalogue_is_what_presidio_has_and_what_it_lacks() -> None:
    expected = installed()

    assert {entity for entity, country in expected.items() if country is None} == GENERIC - OURS
    assert {(entity, country) for entity, country in expected.items() if country} == {
        (entity, country) for country, entities in LOCALES.items() for entity in entities - OURS
    }


def test_the_adapters_table_is_the_cores_catalogue() -> None:
    assert set(catalogue.GENERIC) == GENERIC
    assert {language: set(entities) for language, entities in catalogue.LANGUAGES.items()} == {
        language: set(entities) for language, entities in LANGUAGES.items()
    }
    assert {country: set(entities) for country, entities in catalogue.COUNTRIES.items()} == {
        country: set(entities) for country, entities in LOCALES.items()
    }


@pytest.mark.parametrize("country", sorted(LOCALES))
def test_everything_that_the_core_calls_detectable_can_be_built(country: str) -> None:
    detector = PresidioDetector(detectable("en", [country], "none"), ner="none", locales=[country])

    assert detector.detect(["nothing here"]) == [()]


def test_every_row_names_the_entity_that_its_class_finds() -> None:
    rows = {
        **catalogue.CLASSES,
        **{entity: homes for own in catalogue.LANGUAGES.values() for entity, homes in own.items()},
    }
    for entity, homes in rows.items():
        for home in homes:
            module, _, name = home.partition(":")
            assert getattr(import_module(module), name)(supported_language="en").supported_entities == [entity]


def test_what_models_find_is_what_the_core_says_they_do() -> None:
    by_model = detectable("en", [], "gliner:x") - detectable("en", [], "none")

    # Patterns find these too.
    assert by_model | {"AGE", "DATE_TIME"} == ENTITIES


def test_the_operators_of_the_core_are_presidios() -> None:
    assert set(OPERATORS) <= set(OperatorsFactory().get_anonymizers())  # type: ignore[no-untyped-call]


def test_a_policys_purpose_gets_the_detector_that_it_asks_for() -> None:
    document = policy(recognizers=["mine"], locales=["us", "uk"])
    detector = detector_for(document, "answer")

    spans = detector.detect(["mail a@example.com about M-77, not U-88"])[0]

    assert {span.entity for span in spans} == {"EMAIL_ADDRESS", "MINE"}
    assert "UK_NINO" in requested(document, "answer")


def test_the_same_settings_share_a_detector() -> None:
    assert detector_for(policy(), "answer") is detector_for(policy(), "answer")
    assert detector_for(policy(), "answer") is not detector_for(policy(min_score=0.5), "answer")


def test_a_purpose_that_is_not_there_is_refused_without_its_name() -> None:
    with pytest.raises(PolicyError) as caught:
        detector_for(policy(), "marketing")
    assert "marketing" not in str(caught.value)
