"""presidio-anonymizer's operators: what they do, what is refused, and that nothing leaks or changes."""

from __future__ import annotations

from typing import Any

import pytest
from presidio_anonymizer.operators import Operator, OperatorType

from needful.errors import DetectionError
from needful.values import Scalar
from needful_presidio import PresidioOperators

VALUE = "4111111111111111"


class Custom(Operator):
    """A registered operator: says what it was asked to, and changes what it was given."""

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        assert params is not None
        params.clear()
        return f"{len(text)} characters"

    def validate(self, params: dict[str, Any] | None = None) -> None:
        pass

    def operator_name(self) -> str:
        return "measure"

    def operator_type(self) -> OperatorType:
        return OperatorType.Anonymize


class Failing(Custom):
    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        raise ValueError(text)

    def operator_name(self) -> str:
        return "fail"


class Silent(Custom):
    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        return None  # type: ignore[return-value]  # a mistake that operators make

    def operator_name(self) -> str:
        return "silent"


OPERATORS = PresidioOperators([Custom, Failing, Silent])


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("mask", {"chars_to_mask": 12, "masking_char": "*", "from_end": False}, "************1111"),
        ("replace", {"new_value": "a card"}, "a card"),
        ("replace", {}, "<CREDIT_CARD>"),
        ("redact", {}, ""),
        ("measure", {}, "16 characters"),
    ],
)
def test_an_operator_replaces_the_value(name: str, parameters: dict[str, Scalar], expected: str) -> None:
    assert OPERATORS.apply(name, VALUE, "CREDIT_CARD", parameters) == expected


def test_hash_joins_equal_values_under_a_salt() -> None:
    salt: dict[str, Scalar] = {"salt": "sixteen characters and more"}

    assert OPERATORS.apply("hash", VALUE, "X", salt) == OPERATORS.apply("hash", VALUE, "X", salt)
    assert VALUE not in OPERATORS.apply("hash", VALUE, "X", {})


def test_encrypt_takes_a_key_of_sixteen_bytes() -> None:
    assert VALUE not in OPERATORS.apply("encrypt", VALUE, "X", {"key": "0123456789abcdef"})


@pytest.mark.parametrize("name", ["keep", "custom", "decrypt", "deanonymize_keep", "no-such"])
def test_what_is_no_operator_of_a_policy_is_refused(name: str) -> None:
    with pytest.raises(DetectionError) as caught:
        OPERATORS.apply(name, VALUE, "CREDIT_CARD", {})
    assert caught.value.code == "unknown-operator"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("mask", {}),
        ("mask", {"chars_to_mask": "many", "masking_char": "*", "from_end": False}),
        ("encrypt", {"key": "short"}),
        ("hash", {"hash_type": "md5"}),
        ("fail", {}),
        ("silent", {}),
    ],
)
def test_a_failure_is_an_error_that_shows_neither_value_nor_cause(name: str, parameters: dict[str, Scalar]) -> None:
    with pytest.raises(DetectionError) as caught:
        OPERATORS.apply(name, VALUE, "CREDIT_CARD", parameters)

    assert caught.value.code == "operator-failed"
    assert caught.value.__context__ is None
    assert VALUE not in str(caught.value)
    assert VALUE not in repr(caught.traceback[-1].frame.f_locals)


def test_parameters_are_never_changed_in_place() -> None:
    parameters: dict[str, Scalar] = {"depth": 3}

    OPERATORS.apply("measure", VALUE, "CREDIT_CARD", parameters)

    assert parameters == {"depth": 3}


OWN = """
needful: 1
name: own
version: 1
purposes:
  ask:
    fields:
      page_content: scan
      metadata.size: {action: custom, operator: measure}
    detect: {ner: none, reason: a test needs no model}
operators: [measure]
"""


def test_a_policy_may_name_an_operator_that_the_application_brings() -> None:
    from langchain_support import vectorstore

    from needful import Policy, PolicyError
    from needful.testing import MemoryLedger
    from needful_langchain import NeedfulRetriever
    from needful_qdrant import embedded_client

    store = vectorstore(embedded_client(None), ["A flood."], [{"size": "twelve"}])
    options: dict[str, Any] = {"policy": Policy.parse(OWN), "ledger": MemoryLedger()}
    asked: dict[str, Any] = {"purpose": "ask", "principal": {"id": "a-1"}}
    retriever = NeedfulRetriever.from_vectorstore(store, operators=PresidioOperators([Custom]), **options)
    assert retriever.invoke("flood", **asked)[0].metadata["size"] == "6 characters"
    with pytest.raises(PolicyError) as caught:
        NeedfulRetriever.from_vectorstore(store, **options)
    assert caught.value.code == "operator-missing"
