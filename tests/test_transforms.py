"""Transforms: edits by offset, so that nothing outside the pieces changes and nothing inside them stays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.detection import SpanCache, find_spans, own_tokens_untouched
from needful.errors import DetectionError
from needful.keys import Keys
from needful.overlaps import Piece, Resolution, resolve
from needful.policy.document import Rule, ValueRule
from needful.ports import Operators
from needful.testing import KeywordDetector, LeakProbe, PlainOperators
from needful.tokens import Tokens
from needful.transforms import GAP, Transformer, merged_counts
from needful.values import Action, Counts, Passage, Scalar

KEYS = Keys(bytes(range(32)))
TEXT = "Maria Keller wrote from maria@x.org. Tom Weiss called."
DETECTOR = KeywordDetector({"PERSON": "Maria Keller|Tom Weiss", "EMAIL_ADDRESS": r"\w+@\w+\.org"})


def rule(action: str, **parameters: object) -> Rule:
    reasons = {"reason": "a test"} if action == "keep" else {}
    return Rule.model_validate({"action": action, **reasons, **parameters})


def field_rule(action: str, **parameters: object) -> ValueRule:
    reasons = {"reason": "a test"} if action == "keep" else {}
    return ValueRule.model_validate({"action": action, **reasons, **parameters})


def transformer(operators: Operators | None = None, scope: str = "one") -> Transformer:
    return Transformer(Tokens(KEYS, scope), operators or PlainOperators())


def resolved(text: str, rules: Mapping[str, Rule], by: Transformer | None = None) -> Resolution:
    spans = find_spans([text], DETECTOR, SpanCache(0))[0]
    own = by.tokens.is_own if by else (lambda _: False)
    return resolve(own_tokens_untouched(text, spans, own), rules.__getitem__)


# disclose


def test_found_values_are_replaced_and_the_rest_of_the_text_is_as_it_was() -> None:
    rules = {"PERSON": rule("redact"), "EMAIL_ADDRESS": rule("mask", keep_last=4)}
    disclosure = transformer().disclose(TEXT, resolved(TEXT, rules))
    assert disclosure.text == "[PERSON] wrote from *******.org. [PERSON] called."
    assert disclosure.counts == {"PERSON": {"redact": 2}, "EMAIL_ADDRESS": {"mask": 1}}


@st.composite
def texts_with_pieces(draw: st.DrawFn) -> tuple[str, list[Piece]]:
    text = draw(st.text(max_size=40))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return text, [Piece(start, end, "PERSON", rule("redact")) for start, end in pairs]


@given(texts_with_pieces())
def test_characters_outside_pieces_come_out_unchanged_and_in_order(given_: tuple[str, list[Piece]]) -> None:
    text, pieces = given_
    borders = [0, *(border for piece in pieces for border in (piece.start, piece.end)), len(text)]
    between = [text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)]
    disclosure = transformer().disclose(text, Resolution(pieces=tuple(pieces)))
    assert disclosure.text == "[PERSON]".join(between)
    assert disclosure.counts == ({"PERSON": {"redact": len(pieces)}} if pieces else {})


@given(st.data(), st.sampled_from(["redact", "hash", "pseudonymize", "mask"]))
def test_a_passage_that_cuts_a_piece_shows_nothing_of_it(data: st.DataObject, action: str) -> None:
    text = "".join(chr(0x4E00 + at) for at in range(30))
    start, end = sorted(data.draw(st.tuples(st.integers(0, 14), st.integers(15, 30))))
    left, right = sorted(data.draw(st.tuples(st.integers(0, 14), st.integers(15, 30))))
    resolution = Resolution(pieces=(Piece(start, end, "PERSON", rule(action)),))
    shown = transformer().disclose(text, resolution, [Passage(left, right)]).text
    assert set(text) & set(shown) == set(text[left:right]) - set(text[start:end])


def test_only_chosen_passages_are_shown_with_a_gap_where_something_was_left_out() -> None:
    text = "One. Two. Three. Four."
    passages = [Passage(0, 4), Passage(5, 9), Passage(17, 22)]
    assert transformer().disclose(text, Resolution(), passages).text == f"One. Two.{GAP}Four."


def test_passages_that_follow_each_other_keep_the_white_space_between_them() -> None:
    assert transformer().disclose("One.\n\tTwo.", Resolution(), [Passage(0, 4), Passage(6, 10)]).text == "One.\n\tTwo."


def test_no_passage_is_no_text_and_all_of_it_is_the_text() -> None:
    assert transformer().disclose(TEXT, Resolution(), []).text == ""
    assert transformer().disclose(TEXT, Resolution()).text == TEXT


def test_counts_are_of_what_is_shown_kept_spans_included() -> None:
    rules = {"PERSON": rule("keep"), "EMAIL_ADDRESS": rule("hash")}
    resolution = resolved(TEXT, rules)
    assert transformer().disclose(TEXT, resolution).counts == {"PERSON": {"keep": 2}, "EMAIL_ADDRESS": {"hash": 1}}
    assert transformer().disclose(TEXT, resolution, [Passage(37, len(TEXT))]).counts == {"PERSON": {"keep": 1}}


words = st.sampled_from(["Maria", "Tom", "x@y", "well", " ", ", ", "[", "]", "[PERSON]", "[TOM]", "[PERSON:7K3QF2MB]"])


@given(st.lists(words, max_size=12).map("".join), st.sampled_from(["redact", "hash", "pseudonymize", "keep"]))
def test_redacting_twice_changes_nothing(text: str, action: str) -> None:
    detector = KeywordDetector({"PERSON": "(?i:Maria|Tom)", "EMAIL_ADDRESS": "x@y", "NRP": "PERSON"})
    by = transformer()
    rules = {"PERSON": rule(action), "EMAIL_ADDRESS": rule("redact"), "TOKEN": rule("redact"), "NRP": rule("hash")}

    def redacted(given_text: str) -> str:
        spans = find_spans([given_text], detector, SpanCache(0))[0]
        found = own_tokens_untouched(given_text, spans, by.tokens.is_own)
        return by.disclose(given_text, resolve(found, rules.__getitem__)).text

    once = redacted(text)
    assert redacted(once) == once


def test_one_value_has_one_token_in_text_fields_and_other_spellings() -> None:
    by = transformer()
    rules = {"PERSON": rule("pseudonymize"), "EMAIL_ADDRESS": rule("redact")}
    in_text = by.disclose("Maria Keller", resolved("Maria Keller", rules)).text
    of_field, _ = by.value("  maria\nKELLER ", field_rule("pseudonymize", entity="PERSON"), "metadata.name")
    of_list, _ = by.value(["Maria Keller"], field_rule("pseudonymize", entity="PERSON"), "metadata.names")
    assert in_text == of_field == of_list[0]
    assert re.fullmatch(r"\[PERSON:\w{8}\]", in_text)


# mask


@given(st.text(max_size=40), st.integers(0, 20), st.integers(0, 20))
def test_a_mask_hides_at_least_half_and_keeps_the_length_and_the_ends(value: str, first: int, last: int) -> None:
    masked = transformer().apply(value, "PERSON", rule("mask", keep_first=first, keep_last=last, char="\ue000"))
    hidden = [at for at, character in enumerate(masked) if character == "\ue000"]
    assert len(masked) == len(value)
    assert 2 * len(hidden) >= len(value)
    assert all(masked[at] == value[at] for at in range(len(value)) if at not in hidden)
    assert len(value) - len(hidden) <= first + last or "\ue000" in value


@pytest.mark.parametrize(
    ("value", "parameters", "masked"),
    [
        ("123-45-6789", {"keep_last": 4}, "*******6789"),
        ("maria@x.org", {}, "***********"),
        ("4111111111111111", {"keep_first": 4, "keep_last": 4, "char": "•"}, "4111••••••••1111"),
        ("1234", {"keep_last": 4}, "**34"),
        ("1", {"keep_last": 4}, "*"),
        ("", {"keep_last": 4}, ""),
        ("12345678", {"keep_first": 6, "keep_last": 3}, "1****678"),
    ],
)
def test_masks_keep_what_the_rule_says_up_to_half(value: str, parameters: dict[str, object], masked: str) -> None:
    assert transformer().apply(value, "X", rule("mask", **parameters)) == masked


# whole values


def test_a_list_is_treated_item_by_item_and_nothing_stays_nothing() -> None:
    by = transformer()
    shown, counts = by.value(["a", None, ["b"]], field_rule("redact", entity="PERSON"), "people")
    assert shown == ["[PERSON]", None, ["[PERSON]"]]
    assert counts == {"PERSON": {"redact": 1}}
    assert by.value(None, field_rule("redact", entity="PERSON"), "people") == (None, {})


def test_an_object_is_redacted_whole_whatever_the_edit() -> None:
    for action in ("mask", "hash", "pseudonymize", "redact"):
        shown, _ = transformer().value({"name": "Maria"}, field_rule(action, entity="PERSON"), "person")
        assert shown == "[PERSON]"


def test_a_kept_value_keeps_its_type() -> None:
    for value in (3, 1.5, True, None, ["a", {"b": 1}], {"c": [2]}):
        assert transformer().value(value, field_rule("keep"), "field")[0] == value


def test_a_number_is_masked_as_it_is_written() -> None:
    assert transformer().value(123456, field_rule("mask", keep_last=2), "field")[0] == "****56"


def test_a_field_without_an_entity_is_counted_under_its_name_and_shown_as_redacted() -> None:
    assert transformer().value("x", field_rule("redact"), "metadata.note") == (
        "[REDACTED]",
        {"metadata.note": {"redact": 1}},
    )


@pytest.mark.parametrize("action", ["drop-passage", "drop-record", "deny"])
def test_an_action_without_an_edit_redacts_if_it_is_applied_all_the_same(action: str) -> None:
    assert transformer().apply("Maria", "PERSON", rule(action)) == "[PERSON]"


# operators


class Broken:
    """Operators that fail in one way each, quoting the value where they can."""

    def __init__(self, how: str) -> None:
        self.how = how

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        if self.how == "foreign":
            raise RuntimeError(f"cannot mask {value}")
        if self.how == "ours":
            raise DetectionError("no such operator", code="operator-unknown", hint="use mask")
        return None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("how", "code"), [("foreign", "operator-fault"), ("none", "operator-fault"), ("ours", "operator-unknown")]
)
def test_an_operator_that_fails_is_a_fault_without_the_value(how: str, code: str) -> None:
    probe = LeakProbe()
    with pytest.raises(DetectionError) as failure:
        transformer(Broken(how)).apply(probe.plant(), "PERSON", rule("mask"))
    assert failure.value.code == code
    assert failure.value.__context__ is None
    assert failure.value.__cause__ is None
    probe.tap_exception("error", failure.value.with_traceback(None))
    probe.assert_no_leak()


def test_an_operator_of_the_policys_own_gets_the_value_and_its_parameters() -> None:
    replaced = rule("custom", operator="replace", params={"new_value": "someone"})
    assert transformer().apply("Maria", "PERSON", replaced) == "someone"


# counts

counts = st.dictionaries(
    st.sampled_from(["PERSON", "URL"]),
    st.dictionaries(st.sampled_from(["keep", "redact"]), st.integers(1, 9)),
    max_size=2,
)


@given(st.lists(counts, max_size=5))
def test_merged_counts_add_up_and_do_not_change_what_was_given(all_counts: Sequence[Counts]) -> None:
    before = repr(all_counts)
    merged = merged_counts(all_counts)
    for name in ("PERSON", "URL"):
        for action in ("keep", "redact"):
            total = sum(each.get(name, {}).get(action, 0) for each in all_counts)
            assert merged.get(name, {}).get(action, 0) == total
    assert repr(all_counts) == before
    assert list(merged) == sorted(merged)


class Lazy:
    """Operators that give back what they got, or more of it."""

    def __init__(self, times: int) -> None:
        self.times = times

    def apply(self, name: str, value: str, entity: str, parameters: object) -> str:
        return value * self.times


@pytest.mark.parametrize("times", [1, 3])
def test_an_operator_that_gives_the_value_back_is_a_fault(times: int) -> None:
    transformer = Transformer(Tokens(Keys(bytes(32))), Lazy(times))
    for rule in (Rule(action=Action.MASK), Rule(action=Action.CUSTOM, operator="replace")):
        with pytest.raises(DetectionError):
            transformer.apply("secret value", "PERSON", rule)
