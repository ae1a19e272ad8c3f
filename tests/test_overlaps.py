"""Overlaps: the strictest rule holds for each character, and a stricter rule never shows more."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from needful.keys import Keys
from needful.overlaps import Resolution, readable, resolve
from needful.policy.document import Rule
from needful.testing import PlainOperators, PlainSurrogates
from needful.tokens import Tokens
from needful.transforms import Transformer
from needful.values import Action, Span

KEYS = Keys(bytes(32))
LENGTH = 30
# Every character is there once, and none is in a token or a mask: what is shown can be read off the output.
TEXT = "".join(chr(0x4E00 + index) for index in range(LENGTH))
ENTITIES = ("ALPHA", "BETA", "GAMMA")

Rules = Mapping[str, Rule]


def rule(action: Action | str, **parameters: object) -> Rule:
    reasons = {"reason": "a test"} if action == "keep" else {}
    return Rule.model_validate({"action": action, **reasons, **parameters})


def custom(hidden: int) -> Rule:
    parameters = {"chars_to_mask": hidden, "masking_char": "*", "from_end": False}
    return rule("custom", operator="mask", params=parameters)


def span(start: int, end: int, entity: str = "ALPHA", score: float = 0.5) -> Span:
    return Span(start, end, entity, score, "test")


def shown(spans: list[Span], rules: Rules) -> str:
    transformer = Transformer(Tokens(KEYS, "test"), PlainOperators(), PlainSurrogates())
    return transformer.disclose(TEXT, resolve(spans, rules.__getitem__)).text


def visible(spans: list[Span], rules: Rules) -> set[str]:
    return set(TEXT) & set(shown(spans, rules))


def pieces(resolution: Resolution) -> list[tuple[int, int, str, str]]:
    return [(piece.start, piece.end, piece.entity, piece.action.value) for piece in resolution.pieces]


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, LENGTH - 1))
    end = draw(st.integers(start + 1, min(LENGTH, start + 12)))
    return Span(start, end, draw(st.sampled_from(ENTITIES)), draw(st.sampled_from([0.3, 0.6, 0.9])), "test")


counts = st.sampled_from([0, 1, 2, 4, 8])
masks = st.builds(lambda first, last: rule("mask", keep_first=first, keep_last=last), counts, counts)
plain = st.sampled_from([action for action in Action if action not in ("custom", "mask")]).map(
    lambda action: rule(action, **({"to": "month"} if action == "generalize" else {}))
)
any_rule = st.one_of(masks, masks, st.sampled_from([2, 5]).map(custom), plain)
rule_books = st.fixed_dictionaries(dict.fromkeys(ENTITIES, any_rule))
many_spans = st.lists(spans(), max_size=6)


@st.composite
def stricter(draw: st.DrawFn, than: Rule) -> Rule:
    """A rule of a higher rank, or a mask that keeps less at the one end where it keeps something."""
    others = [draw(masks), rule("hash"), rule("pseudonymize"), rule("redact"), rule("drop-passage"), rule("deny")]
    higher = [other for other in others if other.action.rank > than.action.rank]
    if than.action is Action.MASK and 0 in (than.keep_first, than.keep_last):
        kept = "keep_first" if than.keep_first else "keep_last"
        higher.append(rule("mask", **{kept: draw(st.integers(0, max(than.keep_first, than.keep_last)))}))
    assume(higher)
    return draw(st.sampled_from(higher))


# per character, against a naive oracle


@given(many_spans, rule_books)
def test_a_character_under_a_span_that_is_not_kept_is_shown_only_if_every_mask_on_it_shows_it(
    found: list[Span], rules: Rules
) -> None:
    for at, character in enumerate(TEXT):
        on_it = [(s, rules[s.entity]) for s in found if s.start <= at < s.end]
        strict = [(s, r) for s, r in on_it if r.action is not Action.KEEP]
        if not strict:
            assert character in shown(found, rules), "a character that no rule treats was changed"
        elif any(r.action not in (Action.MASK, Action.CUSTOM) for _, r in strict):
            assert character not in shown(found, rules)
        else:
            for s, r in strict:
                if r.action is Action.MASK and _hides(r, s, at):
                    assert character not in shown(found, rules)


def _hides(mask: Rule, found: Span, at: int) -> bool:
    length = found.end - found.start
    visible_at_end = min(mask.keep_last, length // 2)
    visible_at_start = min(mask.keep_first, length // 2 - visible_at_end)
    return found.start + visible_at_start <= at < found.end - visible_at_end


@given(many_spans, rule_books)
def test_the_strictest_rank_on_a_character_is_the_one_that_holds_or_it_is_redacted(
    found: list[Span], rules: Rules
) -> None:
    resolution = resolve(found, rules.__getitem__)
    for at in range(LENGTH):
        ranks = {rules[s.entity].action.rank for s in found if s.start <= at < s.end} - {0}
        on_it = [piece for piece in resolution.pieces if piece.start <= at < piece.end]
        assert len(on_it) == bool(ranks)
        if ranks:
            assert on_it[0].action is Action.REDACT or on_it[0].action.rank == max(ranks)


@given(many_spans, rule_books)
def test_treatments_of_one_rank_that_differ_become_redact_on_the_characters_they_share(
    found: list[Span], rules: Rules
) -> None:
    resolution = resolve(found, rules.__getitem__)
    for at in range(LENGTH):
        on_it = [rules[s.entity] for s in found if s.start <= at < s.end and rules[s.entity].action is not Action.KEEP]
        rank = max((r.action.rank for r in on_it), default=0)
        if len({r.treatment for r in on_it if r.action.rank == rank}) > 1:
            assert [p.action for p in resolution.pieces if p.start <= at < p.end] == [Action.REDACT]


# shape


@given(many_spans, rule_books)
def test_pieces_are_sorted_do_not_overlap_and_lie_in_the_text(found: list[Span], rules: Rules) -> None:
    resolution = resolve(found, rules.__getitem__)
    borders = [border for piece in resolution.pieces for border in (piece.start, piece.end)]
    assert borders == sorted(borders)
    assert all(0 <= piece.start < piece.end <= LENGTH for piece in resolution.pieces)
    assert all(0 < piece.action.rank <= Action.REDACT.rank for piece in resolution.pieces)
    assert {piece.action for piece in resolution.kept} <= {Action.KEEP}


@given(
    st.lists(spans(), max_size=6).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))), rule_books
)
def test_the_order_of_the_spans_does_not_matter(orders: tuple[list[Span], list[Span]], rules: Rules) -> None:
    one, other = orders
    assert resolve(one, rules.__getitem__) == resolve([*other, *other], rules.__getitem__)


@given(many_spans, rule_books)
def test_every_span_that_drops_its_passage_lies_in_pieces_that_redact(found: list[Span], rules: Rules) -> None:
    resolution = resolve(found, rules.__getitem__)
    for dropped in resolution.dropped:
        for at in range(dropped.start, dropped.end):
            assert any(p.start <= at < p.end and p.action is Action.REDACT for p in resolution.pieces)


# tightening


@given(st.data(), many_spans, rule_books, st.sampled_from(ENTITIES))
def test_a_stricter_rule_for_one_entity_never_shows_a_character_that_was_hidden(
    data: st.DataObject, found: list[Span], rules: Rules, entity: str
) -> None:
    tightened = {**rules, entity: data.draw(stricter(rules[entity]))}
    assert visible(found, tightened) <= visible(found, rules)


@given(many_spans, spans(), rule_books)
def test_one_more_finding_never_shows_a_character_that_was_hidden(
    found: list[Span], another: Span, rules: Rules
) -> None:
    assert visible([*found, another], rules) <= visible(found, rules)


def test_a_mask_that_grows_over_a_neighbour_shows_no_more_of_the_neighbour() -> None:
    # Alone, the short span shows two of its four characters; a mask of the whole union would show four.
    found = [span(0, 4, "ALPHA"), span(3, 20, "BETA")]
    mask = rule("mask", keep_first=4)
    before = visible(found, {"ALPHA": mask, "BETA": rule("keep")})
    after = visible(found, {"ALPHA": mask, "BETA": mask})
    assert not {TEXT[2], TEXT[3]} & before
    assert after <= before
    assert after == set(TEXT[:2]) | set(TEXT[20:])


def test_a_mask_inside_a_wider_mask_of_the_same_kind_still_hides_what_it_hid() -> None:
    found = [span(0, 20, "ALPHA"), span(0, 4, "BETA")]
    mask = rule("mask", keep_first=4)
    assert visible(found, {"ALPHA": mask, "BETA": mask}) == set(TEXT[:2]) | set(TEXT[20:])


def test_an_operator_of_the_policys_own_is_not_given_a_union_of_unlike_spans() -> None:
    found = [span(0, 4), span(2, 10)]
    assert pieces(resolve(found, lambda _: custom(3))) == [(0, 10, "ALPHA", "redact")]
    assert pieces(resolve([span(0, 4), span(0, 4, "BETA")], lambda _: custom(3))) == [(0, 4, "ALPHA", "custom")]


@given(masks, st.integers(1, 40))
def test_a_mask_leaves_at_most_half_of_a_value_readable(mask: Rule, length: int) -> None:
    first, last = readable(mask, length)
    assert 0 <= first <= mask.keep_first
    assert 0 <= last <= mask.keep_last
    assert first + last <= length // 2


@given(masks, st.integers(1, 40), st.integers(0, 8), st.integers(0, 8))
def test_a_mask_that_keeps_less_leaves_no_more_characters_readable(
    mask: Rule, length: int, first: int, last: int
) -> None:
    less = rule("mask", keep_first=min(first, mask.keep_first), keep_last=min(last, mask.keep_last))
    assert sum(readable(less, length)) <= sum(readable(mask, length))


# examples


def test_a_kept_url_does_not_carry_the_address_inside_it() -> None:
    text = "see https://x.org/?to=maria@x.org now"
    found = [span(4, 33, "URL"), span(22, 33, "EMAIL_ADDRESS")]
    rules = {"URL": rule("keep"), "EMAIL_ADDRESS": rule("redact")}
    transformer = Transformer(Tokens(KEYS, "test"), PlainOperators(), PlainSurrogates())
    disclosure = transformer.disclose(text, resolve(found, rules.__getitem__))
    assert disclosure.text == "see https://x.org/?to=[EMAIL_ADDRESS] now"
    assert disclosure.counts == {"EMAIL_ADDRESS": {"redact": 1}}


@pytest.mark.parametrize("inner", [a for a in Action if a not in ("keep", "generalize", "custom")])
def test_a_kept_span_shields_nothing_whatever_the_other_rule_is(inner: Action) -> None:
    rules = {"ALPHA": rule("keep"), "BETA": rule(inner)}
    assert visible([span(0, 20), span(5, 15, "BETA")], rules) == set(TEXT[:5]) | set(TEXT[15:])


def test_two_treatments_of_one_rank_become_one_redaction() -> None:
    rules = {"ALPHA": rule("hash"), "BETA": rule("pseudonymize")}
    resolution = resolve([span(0, 10), span(5, 15, "BETA", 0.9)], rules.__getitem__)
    assert pieces(resolution) == [(0, 15, "BETA", "redact")]


def test_two_masks_with_other_parameters_are_two_treatments() -> None:
    rules = {"ALPHA": rule("mask", keep_last=2), "BETA": rule("mask", keep_last=3)}
    assert pieces(resolve([span(0, 10), span(0, 10, "BETA")], rules.__getitem__)) == [(0, 10, "ALPHA", "redact")]


def test_a_reason_does_not_make_another_treatment() -> None:
    rules = {"ALPHA": rule("hash", reason="asked for by audit"), "BETA": rule("hash")}
    assert pieces(resolve([span(0, 10), span(5, 15, "BETA")], rules.__getitem__)) == [(0, 15, "ALPHA", "hash")]


def test_what_a_stricter_rule_leaves_of_a_mask_is_redacted_and_the_stricter_one_stands_whole() -> None:
    rules = {"ALPHA": rule("mask", keep_last=4), "BETA": rule("hash")}
    resolution = resolve([span(0, 10), span(5, 15, "BETA")], rules.__getitem__)
    assert pieces(resolution) == [(0, 5, "ALPHA", "redact"), (5, 15, "BETA", "hash")]


def test_a_redaction_and_what_it_leaves_of_a_weaker_span_are_one_token() -> None:
    rules = {"ALPHA": rule("mask"), "BETA": rule("redact")}
    resolution = resolve([span(0, 10, score=0.9), span(5, 15, "BETA", 0.2)], rules.__getitem__)
    assert pieces(resolution) == [(0, 15, "BETA", "redact")]


def test_spans_that_only_touch_are_two_values() -> None:
    assert pieces(resolve([span(0, 5), span(5, 9)], lambda _: rule("pseudonymize"))) == [
        (0, 5, "ALPHA", "pseudonymize"),
        (5, 9, "ALPHA", "pseudonymize"),
    ]


def test_a_piece_is_named_by_the_surest_span_then_the_longest_then_the_alphabet() -> None:
    redact = rule("redact")
    assert resolve([span(0, 9), span(0, 3, "BETA", 0.8)], lambda _: redact).pieces[0].entity == "BETA"
    assert resolve([span(0, 3), span(0, 9, "BETA")], lambda _: redact).pieces[0].entity == "BETA"
    assert resolve([span(0, 9, "BETA"), span(0, 9)], lambda _: redact).pieces[0].entity == "ALPHA"


@pytest.mark.parametrize(
    ("actions", "verdict"),
    [(("drop-record", "deny"), "deny"), (("deny", "drop-record"), "deny"), (("drop-record", "redact"), "drop-record")],
)
def test_the_gravest_rule_is_the_verdict_on_a_text(actions: tuple[str, str], verdict: str) -> None:
    rules = dict(zip(ENTITIES, map(rule, actions), strict=False))
    resolution = resolve([span(0, 3), span(9, 12, "BETA")], rules.__getitem__)
    assert resolution.verdict is not None
    assert resolution.verdict.action == verdict


def test_what_is_dropped_or_denied_is_hidden_even_if_the_text_is_shown_all_the_same() -> None:
    rules = {"ALPHA": rule("drop-passage"), "BETA": rule("deny"), "GAMMA": rule("drop-record")}
    found = [span(0, 3), span(9, 12, "BETA"), span(20, 22, "GAMMA")]
    assert not visible(found, rules) & set(TEXT[0:3] + TEXT[9:12] + TEXT[20:22])


def test_kept_spans_are_listed_and_bound_passages_unless_something_stricter_overlaps_them() -> None:
    rules = {"ALPHA": rule("keep"), "BETA": rule("redact")}
    resolution = resolve([span(0, 5), span(8, 12), span(10, 14, "BETA")], rules.__getitem__)
    assert [(piece.start, piece.end) for piece in resolution.kept] == [(0, 5)]
    assert {(piece.start, piece.end) for piece in resolution.extents} == {(0, 5), (10, 14)}


def test_no_span_means_nothing_to_do() -> None:
    assert resolve([], lambda _: rule("redact")) == Resolution()


def test_a_hundred_thousand_overlapping_spans_are_settled_in_seconds() -> None:
    rules = {"ALPHA": rule("hash"), "BETA": rule("mask"), "GAMMA": rule("keep")}
    found = [span(2 * at, 2 * at + 3, ENTITIES[at % 3]) for at in range(100_000)]
    start = time.perf_counter()
    resolve(found, rules.__getitem__)
    assert time.perf_counter() - start < 10
