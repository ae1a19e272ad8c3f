"""Overlaps at their edges: exactly which pieces, rules and names come out where spans meet, nest and touch."""

from __future__ import annotations

import pytest

from needful.overlaps import Piece, Resolution, readable, resolve
from needful.policy.document import Rule
from needful.values import Action, Span

REDACT = Rule(action=Action.REDACT)


def rule(action: str, **parameters: object) -> Rule:
    reasons = {"reason": "a test"} if action == "keep" else {}
    return Rule.model_validate({"action": action, **reasons, **parameters})


RULES = {
    "KEPT": rule("keep"),
    "MASKED": rule("mask", keep_first=2, keep_last=4),
    "COARSE": rule("generalize", to="month"),
    "HASHED": rule("hash"),
    "NAMED": rule("pseudonymize"),
    "GONE": rule("redact"),
    "PASSAGE": rule("drop-passage"),
    "RECORD": rule("drop-record"),
    "DENIED": rule("deny"),
}


def span(start: int, end: int, entity: str, score: float = 0.5) -> Span:
    return Span(start, end, entity, score, "test")


def resolved(*spans: Span) -> Resolution:
    return resolve(spans, RULES.__getitem__)


def pieces(*spans: Span) -> list[tuple[int, int, str, str]]:
    return [(piece.start, piece.end, piece.entity, piece.action.value) for piece in resolved(*spans).pieces]


# what a resolution holds


def test_a_span_alone_is_a_piece_with_its_rule_and_a_kept_one_is_no_piece() -> None:
    found = resolved(span(1, 3, "HASHED"), span(5, 9, "KEPT"))
    assert found.pieces == (Piece(1, 3, "HASHED", RULES["HASHED"]),)
    assert found.kept == (Piece(5, 9, "KEPT", RULES["KEPT"]),)
    assert (found.dropped, found.verdict) == ((), None)
    assert found.extents == (*found.pieces, *found.kept)


def test_what_drops_its_passage_is_listed_with_its_own_rule_and_is_no_verdict() -> None:
    found = resolved(span(1, 3, "PASSAGE"), span(5, 9, "HASHED"))
    assert found.dropped == (Piece(1, 3, "PASSAGE", RULES["PASSAGE"]),)
    assert found.pieces == (Piece(1, 3, "PASSAGE", REDACT), Piece(5, 9, "HASHED", RULES["HASHED"]))
    assert found.verdict is None


@pytest.mark.parametrize("entity", ["RECORD", "DENIED"])
def test_a_verdict_is_the_span_with_its_own_rule_and_drops_no_passage(entity: str) -> None:
    found = resolved(span(4, 6, entity), span(0, 2, "HASHED"))
    assert found.verdict == Piece(4, 6, entity, RULES[entity])
    assert found.dropped == ()
    assert found.pieces[1] == Piece(4, 6, entity, REDACT)


def test_the_verdict_is_of_the_gravest_rule_and_of_the_first_span_that_has_it() -> None:
    found = resolved(span(0, 2, "RECORD"), span(8, 9, "DENIED"), span(4, 6, "DENIED"))
    assert found.verdict == Piece(4, 6, "DENIED", RULES["DENIED"])


@pytest.mark.parametrize(
    ("kept", "stays"),
    [
        ((0, 4), True),
        ((0, 5), False),
        ((7, 9), False),
        ((8, 9), True),
        ((5, 6), False),
        ((2, 20), False),
        ((20, 21), True),
    ],
)
def test_a_kept_span_gives_way_to_a_piece_from_the_first_shared_character_on(
    kept: tuple[int, int], stays: bool
) -> None:
    found = resolved(span(*kept, "KEPT"), span(4, 8, "HASHED"), span(12, 14, "GONE"))
    assert bool(found.kept) is stays


# clusters


def test_spans_that_touch_are_apart_and_spans_that_hang_together_through_others_are_one() -> None:
    assert pieces(span(0, 3, "GONE"), span(3, 5, "GONE"), span(4, 8, "GONE"), span(8, 9, "GONE")) == [
        (0, 3, "GONE", "redact"),
        (3, 8, "GONE", "redact"),
        (8, 9, "GONE", "redact"),
    ]


def test_a_short_span_inside_a_long_one_does_not_end_the_cluster() -> None:
    assert pieces(span(0, 9, "GONE"), span(1, 2, "GONE"), span(7, 12, "GONE")) == [(0, 12, "GONE", "redact")]
    assert pieces(span(0, 9, "HASHED"), span(1, 2, "HASHED"), span(5, 7, "HASHED")) == [(0, 9, "HASHED", "hash")]


# one treatment prevails


def test_a_stricter_span_inside_a_weaker_one_leaves_two_redactions() -> None:
    assert pieces(span(0, 9, "MASKED"), span(3, 5, "HASHED")) == [
        (0, 3, "MASKED", "redact"),
        (3, 5, "HASHED", "hash"),
        (5, 9, "MASKED", "redact"),
    ]


def test_two_stricter_spans_in_a_weaker_one_stand_in_order_whatever_their_names() -> None:
    assert pieces(span(0, 12, "COARSE"), span(1, 3, "NAMED"), span(6, 8, "HASHED")) == [
        (0, 1, "COARSE", "redact"),
        (1, 3, "NAMED", "pseudonymize"),
        (3, 6, "COARSE", "redact"),
        (6, 8, "HASHED", "hash"),
        (8, 12, "COARSE", "redact"),
    ]


def test_a_weaker_span_that_a_stricter_one_covers_leaves_nothing() -> None:
    assert pieces(span(0, 9, "HASHED"), span(3, 5, "MASKED")) == [(0, 9, "HASHED", "hash")]
    assert pieces(span(0, 9, "HASHED"), span(0, 9, "MASKED")) == [(0, 9, "HASHED", "hash")]


def test_a_weaker_span_that_ends_where_a_stricter_one_of_its_cluster_begins_stands() -> None:
    # The kept-together cluster is 0–9; the first mask touches the hash and shares no character with it.
    assert pieces(span(0, 3, "MASKED"), span(3, 6, "HASHED"), span(2, 4, "GONE")) == [(0, 6, "GONE", "redact")]
    assert pieces(span(0, 3, "HASHED"), span(3, 6, "NAMED"), span(1, 5, "MASKED")) == [
        (0, 3, "HASHED", "hash"),
        (3, 6, "NAMED", "pseudonymize"),
    ]


def test_two_of_one_rank_that_share_a_character_are_redacted_and_a_third_beside_them_stands() -> None:
    assert pieces(span(0, 4, "HASHED"), span(3, 6, "NAMED"), span(5, 9, "MASKED"), span(8, 12, "HASHED")) == [
        (0, 8, "HASHED", "redact"),
        (8, 12, "HASHED", "hash"),
    ]


def test_a_redaction_between_two_pieces_that_stand_is_named_by_what_lies_in_it() -> None:
    found = pieces(
        span(0, 20, "MASKED", 0.9),
        span(4, 6, "HASHED"),
        span(8, 12, "COARSE"),
        span(12, 14, "NAMED"),
        span(16, 18, "GONE"),
    )
    assert found == [
        (0, 4, "MASKED", "redact"),
        (4, 6, "HASHED", "hash"),
        (6, 12, "MASKED", "redact"),
        (12, 14, "NAMED", "pseudonymize"),
        (14, 20, "GONE", "redact"),
    ]


def test_a_redaction_is_not_named_by_a_span_that_only_touches_it() -> None:
    found = pieces(span(0, 10, "MASKED"), span(4, 6, "HASHED"), span(2, 4, "COARSE", 0.9), span(6, 8, "COARSE", 0.1))
    assert found == [(0, 4, "COARSE", "redact"), (4, 6, "HASHED", "hash"), (6, 10, "MASKED", "redact")]


# names


def test_a_piece_is_named_by_the_strictest_then_the_surest_then_the_longest_then_the_first_of_the_alphabet() -> None:
    same = {name: rule("hash") for name in "ABC"}
    stricter = {"A": rule("redact"), "B": rule("deny"), "C": rule("drop-record")}

    def name(rules: dict[str, Rule], *spans: Span) -> str:
        (piece,) = resolve(spans, rules.__getitem__).pieces
        return piece.entity

    assert name(stricter, span(0, 9, "A", 0.9), span(2, 4, "B", 0.1), span(0, 9, "C", 0.9)) == "A"
    assert name({**stricter, "A": rule("mask")}, span(0, 9, "A", 0.9), span(0, 9, "B", 0.1)) == "B"
    assert name(same, span(0, 4, "A", 0.4), span(2, 4, "C", 0.6), span(0, 9, "B", 0.5)) == "C"
    assert name(same, span(0, 4, "A"), span(3, 9, "C"), span(8, 9, "B")) == "C"
    assert name(same, span(0, 4, "B"), span(0, 4, "A"), span(0, 4, "C")) == "A"


# masks


@pytest.mark.parametrize(
    ("rules", "length", "expected"),
    [
        ({"keep_first": 2, "keep_last": 4}, 20, (2, 4)),
        ({"keep_first": 2, "keep_last": 4}, 12, (2, 4)),
        ({"keep_first": 2, "keep_last": 4}, 11, (1, 4)),
        ({"keep_first": 2, "keep_last": 4}, 8, (0, 4)),
        ({"keep_first": 2, "keep_last": 4}, 7, (0, 3)),
        ({"keep_first": 9}, 7, (3, 0)),
        ({}, 7, (0, 0)),
        ({"keep_first": 2, "keep_last": 4}, 1, (0, 0)),
    ],
)
def test_a_mask_leaves_at_most_half_readable_and_the_end_comes_first(
    rules: dict[str, int], length: int, expected: tuple[int, int]
) -> None:
    assert readable(rule("mask", **rules), length) == expected


@pytest.mark.parametrize(
    ("spans", "first", "last"),
    [
        ([(0, 20), (0, 20)], 2, 4),
        ([(0, 20), (4, 24)], 2, 4),
        ([(0, 4), (3, 23)], 0, 4),
        ([(0, 20), (16, 24)], 2, 4),
        ([(0, 20), (17, 21)], 2, 2),
        ([(10, 30), (10, 34), (12, 16)], 2, 4),
        ([(0, 12), (2, 30), (28, 32)], 2, 2),
    ],
)
def test_a_union_of_masks_shows_at_its_ends_what_every_mask_there_shows(
    spans: list[tuple[int, int]], first: int, last: int
) -> None:
    found = [span(*extent, "MASKED", 0.1 * at) for at, extent in enumerate(spans)]
    (piece,) = resolved(*found).pieces
    assert (piece.start, piece.end) == (min(s for s, _ in spans), max(e for _, e in spans))
    assert (piece.rule.keep_first, piece.rule.keep_last) == (first, last)
    assert piece.action is Action.MASK


def test_a_union_of_unlike_coarse_values_is_redacted_and_one_of_like_ones_is_not() -> None:
    assert pieces(span(0, 4, "COARSE"), span(2, 9, "COARSE")) == [(0, 9, "COARSE", "redact")]
    assert pieces(span(0, 4, "COARSE"), span(0, 4, "COARSE", 0.9)) == [(0, 4, "COARSE", "generalize")]
    assert pieces(span(0, 4, "NAMED"), span(2, 9, "NAMED")) == [(0, 9, "NAMED", "pseudonymize")]
