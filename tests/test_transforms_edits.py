"""Transforms, one edit at a time: what goes to tokens, operators and surrogates, and what comes of their faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from needful.errors import DetectionError
from needful.keys import Keys
from needful.overlaps import Piece, Resolution
from needful.policy.document import Rule, ValueRule
from needful.ports import Operators, Surrogates
from needful.testing import LeakProbe, PlainOperators, PlainSurrogates
from needful.tokens import Tokens
from needful.transforms import GAP, LONG_ENOUGH, Transformer, merged_counts
from needful.values import Passage, Scalar

KEYS = Keys(bytes(range(32)))
INTERRUPTIONS = (KeyboardInterrupt, SystemExit, asyncio.CancelledError)


def rule(action: str, **parameters: object) -> Rule:
    return Rule.model_validate({"action": action, **parameters})


def field_rule(action: str, **parameters: object) -> ValueRule:
    return ValueRule.model_validate({"action": action, **parameters})


def transformer(
    operators: Operators | None = None, surrogates: Surrogates | None = None, scope: str = "one", language: str = "en"
) -> Transformer:
    return Transformer(Tokens(KEYS, scope), operators or PlainOperators(), surrogates, language)


def fault(by: Transformer, value: str, with_rule: Rule) -> tuple[str, str, str]:
    """The code, text and hint of the fault; fails if it says anything of the value or of another exception."""
    probe = LeakProbe()
    with pytest.raises(DetectionError) as failure:
        by.apply(probe.plant(value + "{}"), "PERSON", with_rule)
    assert failure.value.__context__ is None
    assert failure.value.__cause__ is None
    probe.tap_exception("error", failure.value.with_traceback(None))
    probe.assert_no_leak()
    return failure.value.code, failure.value.message, failure.value.hint


# tokens


def test_a_lasting_pseudonym_is_the_one_of_the_key_and_its_original_is_kept_for_the_vault() -> None:
    one, other = transformer(scope="one"), transformer(scope="two")
    lasting = rule("pseudonymize", lasting=True)
    token = one.apply("Maria", "PERSON", lasting)
    assert token == Tokens(KEYS, "three").lasting("PERSON", "Maria")
    assert token == other.apply("Maria", "PERSON", lasting)
    assert one.tokens.originals == {token: "Maria"}
    assert token != one.apply("Tom", "PERSON", lasting)


def test_a_hash_and_a_pseudonym_are_of_the_entity_and_the_value() -> None:
    by = transformer()
    for action, made in (("hash", by.tokens.hashed), ("pseudonymize", by.tokens.pseudonym)):
        assert by.apply("Maria", "PERSON", rule(action)) == made("PERSON", "Maria")
        assert by.apply("Maria", "PERSON", rule(action)) != by.apply("Maria", "NRP", rule(action))
    assert by.tokens.originals == {}


# coarser values


@pytest.mark.parametrize(
    ("value", "parameters", "coarser"),
    [
        ("1,234 EUR", {"to": "range", "step": 500}, "1,000–1,500 EUR"),
        ("52.5163, 13.3777", {"to": "coordinates", "decimals": 2}, "52.52, 13.38"),
        ("52.5163, 13.3777", {"to": "coordinates"}, "52.5, 13.4"),
        ("47", {"to": "age-band", "step": 5}, "45–49"),
        ("some day", {"to": "month"}, "[PERSON]"),
    ],
)
def test_text_is_made_coarser_by_the_rules_own_measure(value: str, parameters: dict[str, Any], coarser: str) -> None:
    assert transformer().apply(value, "PERSON", rule("generalize", **parameters)) == coarser


@pytest.mark.parametrize(
    ("value", "parameters", "coarser"),
    [
        (1234, {"to": "rounded", "step": 500}, 1000),
        ([52.5163, 13.3777], {"to": "coordinates", "decimals": 2}, [52.52, 13.38]),
        ({"lat": 52.5163, "lon": 13.3777}, {"to": "coordinates"}, {"lat": 52.5, "lon": 13.4}),
        ([1234, "2,777 EUR", None], {"to": "rounded", "step": 500}, [1000, "2,500 EUR", None]),
        ([1234, {"x": 1}, "some words"], {"to": "rounded", "step": 500}, [1000, "[SUM]", "[SUM]"]),
        ({"lat": "secret"}, {"to": "coordinates"}, "[SUM]"),
        (True, {"to": "rounded", "step": 500}, "[SUM]"),
    ],
)
def test_a_typed_value_is_made_coarser_whole_or_item_by_item_or_redacted(
    value: Any, parameters: dict[str, Any], coarser: Any
) -> None:
    shown, counts = transformer().value(value, field_rule("generalize", entity="SUM", **parameters), "field")
    assert shown == coarser
    assert counts == {"SUM": {"generalize": 1}}


# operators


class Recording:
    """Operators that note how they were called, and answer what they are told to."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, str, dict[str, Scalar]]] = []

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        self.calls.append((name, value, entity, dict(parameters)))
        return self.answer(value)


class Failing:
    """Operators and surrogates that raise one exception."""

    fingerprint = "failing"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        raise self.error

    def fake(self, entity: str, value: str, language: str, draw: Callable[[str], bytes]) -> str:
        raise self.error


def test_a_mask_gives_its_operator_only_what_is_to_be_hidden() -> None:
    operators = Recording(lambda value: "#" * len(value))
    shown = transformer(operators).apply("AB-12345-CD", "IBAN_CODE", rule("mask", keep_first=2, keep_last=3, char="#"))
    assert shown == "AB######-CD"
    parameters = {"masking_char": "#", "chars_to_mask": 6, "from_end": False}
    assert operators.calls == [("mask", "-12345", "IBAN_CODE", parameters)]


def test_a_mask_that_keeps_the_format_keeps_blanks_and_punctuation_and_no_letter_or_sign() -> None:
    shown = transformer().apply("A1 X-X.Z_P+$^\u00e90", "IBAN_CODE", rule("mask", keep_format=True))
    assert shown == "** *-*.*_******"


def test_an_operator_of_the_policys_own_gets_name_value_entity_and_parameters() -> None:
    operators = Recording(lambda value: "someone")
    custom = rule("custom", operator="replace", params={"new_value": "someone"})
    assert transformer(operators).apply("Maria", "PERSON", custom) == "someone"
    assert operators.calls == [("replace", "Maria", "PERSON", {"new_value": "someone"})]


def test_a_short_value_may_be_in_the_answer_by_accident_and_a_longer_one_may_not() -> None:
    custom = rule("custom", operator="wrap")
    wrapping = transformer(Recording(lambda value: f"<{value}>"))
    short = "x" * (LONG_ENOUGH - 1)
    assert wrapping.apply(short, "PERSON", custom) == f"<{short}>"
    with pytest.raises(DetectionError):
        wrapping.apply("x" * LONG_ENOUGH, "PERSON", custom)
    code, message, hint = fault(wrapping, "secret", custom)
    assert (code, message, hint) == ("operator-fault", "an operator gave the value back", "")


@pytest.mark.parametrize(
    "answer", [str, lambda value: "*" * (len(value) + 1), lambda value: "", lambda value: "#" + value[1:]]
)
def test_a_mask_that_did_not_mask_is_a_fault(answer: Callable[[str], str]) -> None:
    for keeps in (False, True):
        masking = rule("mask", keep_format=keeps)
        expected = ("operator-fault", "an operator did not mask", "")
        assert fault(transformer(Recording(answer)), "secret", masking) == expected


@pytest.mark.parametrize("action", ["mask", "custom"])
def test_an_operators_own_error_is_made_anew_and_any_other_is_static_text(action: str) -> None:
    one = rule(action, **({"operator": "x"} if action == "custom" else {}))
    ours = DetectionError("no such operator", code="operator-unknown", hint="use mask")
    assert fault(transformer(Failing(ours)), "a", one) == ("operator-unknown", "no such operator", "use mask")
    foreign = ("operator-fault", "an operator failed", "")
    assert fault(transformer(Failing(RuntimeError("a secret"))), "a", one) == foreign
    assert fault(transformer(Failing(MemoryError())), "a", one) == foreign


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interruption_of_an_operator_or_of_surrogates_is_not_taken_for_a_fault(
    interruption: type[BaseException],
) -> None:
    failing = Failing(interruption())
    for one in (rule("mask"), rule("custom", operator="x"), rule("surrogate")):
        with pytest.raises(interruption):
            transformer(failing, failing).apply("Maria", "PERSON", one)


# surrogates


class Fakes:
    """Surrogates that note how they were called, and answer what they are told to."""

    fingerprint = "fakes"

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, str, bytes]] = []

    def fake(self, entity: str, value: str, language: str, draw: Callable[[str], bytes]) -> str:
        self.calls.append((entity, value, language, draw("a label")))
        return self.answer


def test_a_surrogate_is_made_of_entity_value_language_and_the_scopes_own_draws() -> None:
    fakes = Fakes("Erika")
    by = transformer(surrogates=fakes, language="de")
    assert by.apply("Maria", "PERSON", rule("surrogate")) == "Erika"
    assert fakes.calls == [("PERSON", "Maria", "de", Tokens(KEYS, "one").draw("a label"))]


def test_a_surrogate_that_is_the_value_is_redacted() -> None:
    assert transformer(surrogates=Fakes("Maria")).apply("Maria", "PERSON", rule("surrogate")) == "[PERSON]"
    assert transformer(surrogates=PlainSurrogates()).apply("maria", "PERSON", rule("surrogate")) not in ("maria", "")


def test_what_no_fake_can_be_made_of_is_redacted() -> None:
    failing = Failing(DetectionError("nothing to make", code="no-surrogate"))
    assert transformer(surrogates=failing).apply("Maria", "PERSON", rule("surrogate")) == "[PERSON]"


def test_without_surrogates_a_rule_that_asks_for_them_is_a_fault() -> None:
    expected = ("surrogates-missing", "nothing here makes surrogates", "give surrogates=")
    assert fault(transformer(), "a", rule("surrogate")) == expected


def test_a_fault_of_surrogates_is_made_anew_and_any_other_exception_is_static_text() -> None:
    ours = DetectionError("no names in this language", code="surrogate-language", hint="use en")
    expected = ("surrogate-language", "no names in this language", "use en")
    assert fault(transformer(surrogates=Failing(ours)), "a", rule("surrogate")) == expected
    foreign = Failing(RuntimeError("a secret"))
    assert fault(transformer(surrogates=foreign), "a", rule("surrogate")) == (
        "surrogate-fault",
        "a surrogate could not be made",
        "",
    )


# passages


def test_a_piece_at_the_border_of_a_passage_is_in_it_and_one_beside_it_is_not() -> None:
    text = "abcdefgh"
    by = transformer()
    inside = Resolution(pieces=(Piece(2, 4, "A", rule("mask")), Piece(4, 6, "B", rule("mask"))))
    assert by.disclose(text, inside, [Passage(2, 4)]).text == "**"
    assert by.disclose(text, inside, [Passage(2, 4)]).counts == {"A": {"mask": 1}}
    assert by.disclose(text, inside, [Passage(4, 6)]).counts == {"B": {"mask": 1}}
    assert by.disclose(text, inside, [Passage(4, 6)]).text == "**"
    assert by.disclose(text, inside, [Passage(0, 2), Passage(6, 8)]).text == f"ab{GAP}gh"
    assert by.disclose(text, inside, [Passage(0, 3), Passage(3, 8)]).text == "ab[A][A]**gh"
    assert by.disclose(text, inside, [Passage(0, 2), Passage(6, 8)]).counts == {}
    assert by.disclose(text, inside, [Passage(1, 5)]).text == "b**[B]"
    assert by.disclose(text, inside, [Passage(3, 7)]).text == "[A]**g"


def test_merged_counts_are_sorted_by_entity_and_by_action() -> None:
    merged = merged_counts([{"URL": {"redact": 1, "keep": 2}}, {"PERSON": {"mask": 1}, "URL": {"hash": 3}}])
    assert [(name, list(actions)) for name, actions in merged.items()] == [
        ("PERSON", ["mask"]),
        ("URL", ["hash", "keep", "redact"]),
    ]
