"""The models of the policy language: short forms, defaults, strictness."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from needful.policy.document import (
    PARAMETERS,
    REQUIRED,
    Filterable,
    Known,
    PolicyDocument,
    Rule,
    Scan,
    Select,
    ValueRule,
)
from needful.values import Action


def document(**purpose: Any) -> PolicyDocument:
    """A valid document with one purpose, `ask`; the arguments are parts of it."""
    body = {"fields": {"page_content": "scan"}, **purpose}
    return PolicyDocument.model_validate({"needful": 1, "name": "small", "version": 1, "purposes": {"ask": body}})


@pytest.mark.parametrize("module", ["base", "rules", "document"])
def test_every_model_is_public_and_has_a_docstring_of_its_own(module: str) -> None:
    package = import_module(f"needful.policy.{module}")
    models = [kind for kind in vars(package).values() if inspect.isclass(kind) and kind.__module__ == package.__name__]
    assert [kind.__name__ for kind in models if kind.__name__ not in package.__all__ or not vars(kind)["__doc__"]] == []
    assert {"Model", "Rule", "Range"} & {kind.__name__ for kind in models}


def test_operators_of_a_filterable_key_replace_equals_and_any(repository: Path) -> None:
    purpose = document(filterable=[{"key": "a", "operators": ["range"]}]).purposes["ask"]
    assert purpose.filterable[0].operators == ("range",)
    assert "beyond" not in (Filterable.__doc__ or "")
    assert "instead of these two" in (repository / "policies" / "README.md").read_text("utf-8")


def test_the_locale_is_us_where_none_is_given() -> None:
    assert document().purposes["ask"].detect.locales == ("us",)


def test_an_action_may_stand_alone_for_its_rule() -> None:
    short = document(fields={"a": "redact", "b": "scan"}, entities={"PERSON": "hash"}).purposes["ask"]
    spelled_out = document(
        fields={"a": {"action": "redact"}, "b": {"action": "scan"}}, entities={"PERSON": {"action": "hash"}}
    )
    assert short == spelled_out.purposes["ask"]
    assert isinstance(short.fields["a"][0], ValueRule)
    assert isinstance(short.fields["b"][0], Scan)


def test_a_key_may_stand_alone_for_a_filterable_and_a_known_field() -> None:
    purpose = document(filterable=["a"], detect={"known": ["b"]}).purposes["ask"]
    assert purpose.filterable == (Filterable(key="a"),)
    assert purpose.filterable[0].operators == ("equals", "any")
    assert purpose.detect.known == (Known(field="b"),)


@pytest.mark.parametrize(("word", "select"), [("passages", Select()), ("whole", Select(by="whole"))])
def test_a_selection_may_be_one_word(word: str, select: Select) -> None:
    rule = document(fields={"a": {"action": "scan", "select": word}}).purposes["ask"].fields["a"][0]
    assert isinstance(rule, Scan)
    assert rule.select == select


def test_a_layout_may_be_one_word() -> None:
    assert document().layout.metadata == "metadata"


def test_one_rule_is_a_list_of_one() -> None:
    one = document(entities={"PERSON": "hash"}, fields={"a": "scan"}).purposes["ask"]
    assert one == document(entities={"PERSON": ["hash"]}, fields={"a": ["scan"]}).purposes["ask"]


def test_one_value_of_an_attribute_is_a_list_of_one() -> None:
    one = document(fields={"a": {"action": "scan", "when": {"role": "agent"}}})
    assert one == document(fields={"a": {"action": "scan", "when": {"role": ["agent"]}}})


def test_limits_do_not_bind_unless_given_but_for_passages() -> None:
    limits = document().purposes["ask"].limits
    assert (limits.records, limits.passages, limits.characters, limits.score) == (None, 3, None, None)
    assert limits.privacy == 0.0


@given(
    st.sampled_from(Action), st.sampled_from(["keep_first", "keep_last", "char", "to", "lasting", "operator", "params"])
)
def test_a_parameter_of_another_action_is_an_error(action: Action, parameter: str) -> None:
    values = {
        "keep_first": 1,
        "keep_last": 1,
        "char": "x",
        "to": "month",
        "lasting": True,
        "operator": "mask",
        "params": {},
    }
    needed = {name: "reason why" if name == "reason" else values[name] for name in REQUIRED.get(action, ())}
    given_rule = {"action": action.value, **needed, parameter: values[parameter]}
    if parameter in PARAMETERS.get(action, frozenset()):
        Rule.model_validate(given_rule)
    else:
        with pytest.raises(ValidationError):
            Rule.model_validate(given_rule)


def test_two_rules_that_do_the_same_have_the_same_treatment() -> None:
    one = Rule.model_validate({"action": "keep", "reason": "one reason"})
    other = Rule.model_validate({"action": "keep", "reason": "another"})
    assert one.treatment == other.treatment
    mask = Rule.model_validate({"action": "mask", "keep_last": 4})
    assert mask.treatment != Rule.model_validate({"action": "mask"}).treatment


def test_a_validation_error_does_not_show_what_it_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        document(fields={"a": {"action": "mask", "keep_last": "canary"}})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("version", [True, 1.0, "1", 2, 0, None])
def test_the_language_version_is_the_number_one(version: object) -> None:
    with pytest.raises(ValidationError):
        PolicyDocument.model_validate(
            {"needful": version, "name": "a", "version": 1, "purposes": {"p": {"fields": {"a": "scan"}}}}
        )
