"""Tokens: one value, one token, within a scope; no way back, and no mistaking one kind for another."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.keys import Keys
from needful.testing import LeakProbe
from needful.tokens import ALPHABET, Tokens, canonical_value, find_tokens, names_a_value

KEYS = Keys(bytes(range(32)))
texts = st.text(min_size=1, max_size=40)
entities = st.from_regex(r"[A-Z][A-Z0-9_]{0,15}", fullmatch=True)


def tokens(scope: str | None = "conversation-1", keys: Keys = KEYS) -> Tokens:
    return Tokens(keys, scope)


def test_the_alphabet_is_crockfords_without_letters_that_look_like_digits() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


@given(entities, texts)
def test_a_pseudonym_has_eight_characters_of_the_alphabet_and_a_hash_twelve(entity: str, value: str) -> None:
    made = tokens()
    assert re.fullmatch(rf"\[{entity}:[{ALPHABET}]{{8}}\]", made.pseudonym(entity, value))
    assert re.fullmatch(rf"\[{entity}#[{ALPHABET}]{{12}}\]", made.hashed(entity, value))
    assert made.redacted(entity) == f"[{entity}]"


@given(entities, texts)
def test_every_token_is_found_as_one_token_and_known_as_ones_own(entity: str, value: str) -> None:
    made = tokens()
    for token in (made.redacted(entity), made.pseudonym(entity, value), made.hashed(entity, value)):
        assert list(find_tokens(f"a{token}b")) == [(1, 1 + len(token), token)]
        assert made.is_own(token)
        assert not tokens().is_own(token)


@given(entities, texts)
def test_one_value_has_one_token_within_a_scope_whoever_makes_it(entity: str, value: str) -> None:
    assert tokens().pseudonym(entity, value) == tokens().pseudonym(entity, value)


@given(entities, texts)
def test_another_scope_gives_another_pseudonym_and_the_same_hash(entity: str, value: str) -> None:
    assert tokens("one").pseudonym(entity, value) != tokens("two").pseudonym(entity, value)
    assert tokens("one").hashed(entity, value) == tokens("two").hashed(entity, value)


def test_calls_without_a_scope_share_no_pseudonym() -> None:
    assert tokens(None).pseudonym("PERSON", "Maria") != tokens(None).pseudonym("PERSON", "Maria")


def test_a_call_without_a_scope_cannot_be_named() -> None:
    unnamed = tokens(None)
    assert unnamed.pseudonym("PERSON", "Maria") != tokens(unnamed._scope).pseudonym("PERSON", "Maria")


@given(entities, texts)
def test_another_key_gives_other_tokens(entity: str, value: str) -> None:
    other = tokens(keys=Keys(bytes(32)))
    assert tokens().pseudonym(entity, value) != other.pseudonym(entity, value)
    assert tokens().hashed(entity, value) != other.hashed(entity, value)


@given(entities, texts)
def test_a_hash_and_a_pseudonym_of_one_value_share_no_beginning(entity: str, value: str) -> None:
    made = tokens()
    pseudonym, hashed = made.pseudonym(entity, value), made.hashed(entity, value)
    assert pseudonym.split(":")[1][:8] != hashed.split("#")[1][:8]


def test_one_value_under_two_entities_has_unlike_tokens() -> None:
    made = tokens()
    assert made.hashed("PERSON", "Paris")[-13:] != made.hashed("LOCATION", "Paris")[-13:]
    assert made.pseudonym("PERSON", "Paris")[-9:] != made.pseudonym("LOCATION", "Paris")[-9:]


def test_where_entity_and_value_meet_makes_a_difference() -> None:
    made = tokens()
    assert made.hashed("AB", "c")[-13:] != made.hashed("A", "bc")[-13:]


@pytest.mark.parametrize(
    "spelling", ["maria keller", "MARIA KELLER", "Maria\u00a0Keller", " Maria \n Keller", "\uff2d\uff41ria Keller"]
)
def test_spellings_of_one_value_have_one_token(spelling: str) -> None:
    assert tokens().pseudonym("PERSON", spelling) == tokens().pseudonym("PERSON", "Maria Keller")


@pytest.mark.parametrize("pair", [("Zo\u00eb", "Zoe\u0308"), ("STRASSE", "Stra\u00dfe"), ("\u0130z", "i\u0307z")])
def test_spellings_in_unicode_of_one_value_have_one_token(pair: tuple[str, str]) -> None:
    assert tokens().hashed("PERSON", pair[0]) == tokens().hashed("PERSON", pair[1])


@given(texts)
def test_the_canonical_form_does_not_depend_on_normalisation(value: str) -> None:
    forms = {canonical_value(unicodedata.normalize(form, value)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert forms == {canonical_value(value)}


def test_a_lone_surrogate_as_json_may_hold_it_has_a_token_too() -> None:
    assert tokens().hashed("PERSON", "\ud83d") != tokens().hashed("PERSON", "\ud83e")


def test_tokens_hold_no_canary_and_neither_does_their_maker() -> None:
    probe = LeakProbe()
    made = tokens(probe.plant())
    for _ in range(50):
        value = probe.plant("Maria {}")
        probe.tap("tokens", made.pseudonym("PERSON", value), made.hashed("PERSON", value))
    probe.tap("repr", repr(made))
    probe.assert_no_leak()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[PERSON] and [PERSON:7K3QF2MB]", ["[PERSON]", "[PERSON:7K3QF2MB]"]),
        ("[PERSON:AAAAAAAA]x[US_SSN#000000000000]", ["[PERSON:AAAAAAAA]", "[US_SSN#000000000000]"]),
        ("[person] [Person:7K3QF2MB] [PERSON:short] [1] []", []),
        ("[[PERSON]]", ["[PERSON]"]),
    ],
)
def test_what_has_the_form_of_a_token_is_found(text: str, found: list[str]) -> None:
    assert [token for _, _, token in find_tokens(text)] == found


def test_only_tokens_with_characters_stand_for_one_value() -> None:
    assert [names_a_value(token) for token in ("[PERSON]", "[PERSON:7K3QF2MB]", "[PERSON#7K3QF2MB9XTD]")] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    "spelling", ["Mr Keller", "mrs. keller", "Keller's", "Prof. Dr. Keller", "Señora Keller", "Ms  Keller’s"]
)
def test_a_title_and_a_possessive_do_not_make_another_person(spelling: str) -> None:
    assert tokens().pseudonym("PERSON", spelling) == tokens().pseudonym("PERSON", "Keller")
    assert tokens().hashed("ORGANIZATION", spelling) != tokens().hashed("ORGANIZATION", "Keller")


@pytest.mark.parametrize("name", ["Dr.", "Sir", "Lord"])
def test_a_title_alone_is_a_value_of_its_own(name: str) -> None:
    assert tokens().pseudonym("PERSON", name) != tokens().pseudonym("PERSON", "")


def test_a_first_name_that_is_a_title_elsewhere_stays() -> None:
    assert tokens().pseudonym("PERSON", "Don Keller") != tokens().pseudonym("PERSON", "Keller")


@pytest.mark.parametrize("entity", ["IBAN_CODE", "CREDIT_CARD", "POLICY_NUMBER", "US_SSN", "CN_ID_CARD", "TW_ID"])
def test_a_number_has_one_token_however_it_is_grouped(entity: str) -> None:
    tokens = Tokens(Keys(bytes(32)), "scope")
    spellings = ("DE89 3704-0044", "de8937040044", "DE89.3704/0044")
    for make in (tokens.pseudonym, tokens.hashed, tokens.lasting):
        assert len({make(entity, spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("entity", "one", "other"), [("IP_ADDRESS", "1.23.4.5", "12.3.4.5"), ("MONEY", "1.5", "15")])
def test_what_points_and_blanks_tell_apart_stays_apart(entity: str, one: str, other: str) -> None:
    tokens = Tokens(Keys(bytes(32)), "scope")
    assert tokens.pseudonym(entity, one) != tokens.pseudonym(entity, other)
