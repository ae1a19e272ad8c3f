from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.candidates import HALF, Candidate, Trait
from needful.selection import RELEVANT, choose, covered, remaining, split
from needful.values import Passage, Span

T = TypeVar("T")
CLAIM = (
    "Claim 4711 was opened in May. The kitchen was flooded after a pipe burst. "
    "We reduced the payment to $1,452.4 because the pipe was old. The adjuster visited twice."
)


def span(start: int, end: int) -> Span:
    return Span(start, end, "PERSON", 1.0, "test")


def shown(text: str, passages: tuple[Passage, ...]) -> list[str]:
    return [text[passage.start : passage.end] for passage in passages]


def candidate(
    scores: list[float],
    *,
    lengths: list[int] | None = None,
    exposure: list[int] | None = None,
    forbidden: tuple[int, ...] = (),
    traits: list[Trait] | None = None,
) -> Candidate:
    passages, at = [], 0
    for length in lengths or [10] * len(scores):
        passages.append(Passage(at, at + length))
        at += length + 1
    return Candidate(
        tuple(passages),
        tuple(scores),
        tuple(exposure or [0] * len(scores)),
        tuple(index not in forbidden for index in range(len(scores))),
        tuple(traits or ()),
    )


def indices(given: Candidate, chosen: tuple[Passage, ...]) -> list[int]:
    starts = [passage.start for passage in given.passages]
    return [starts.index(passage.start) for passage in chosen]


def chosen_of(
    given: Candidate, *, passages: int, neighbours: int = 0, characters: int | None = None, privacy: float = 0.0
) -> list[int]:
    [chosen] = choose([given], passages=passages, neighbours=neighbours, characters=characters, privacy=privacy)
    return indices(given, chosen)


def needing(size: int, *, before: tuple[int, ...] = (), after: tuple[int, ...] = ()) -> list[Trait]:
    return [Trait(before=index in before, after=index in after) for index in range(size)]


def saying(*words: str) -> list[Trait]:
    """Traits of passages that are near-duplicates where their word is the same; an empty one is like none."""
    return [Trait(words=frozenset({hash(word)} if word else ())) for word in words]


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    size = draw(st.integers(0, 6))

    def of_each(values: st.SearchStrategy[T]) -> list[T]:
        return draw(st.lists(values, min_size=size, max_size=size))

    return candidate(
        of_each(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5])),
        lengths=of_each(st.integers(1, 30)),
        exposure=of_each(st.integers(0, 3)),
        forbidden=tuple(draw(st.sets(st.integers(0, 5)))),
        traits=of_each(st.builds(Trait, before=st.booleans(), after=st.booleans())),
    )


@st.composite
def repeating(draw: st.DrawFn) -> Candidate:
    """Candidates some of whose passages are near-duplicates of each other."""
    given_ = draw(candidates())
    words = st.frozensets(st.integers(1, 4), max_size=1)
    traits = [replace(trait, words=draw(words)) for trait in given_.traits]
    return replace(given_, traits=tuple(traits))


calls = st.lists(candidates(), max_size=5)
limits = st.integers(1, 6)
budgets = st.none() | st.integers(0, 120)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(st.sampled_from(list("aB 1.?。\n")), max_size=80))
    edges = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(edges, edges), max_size=5))
    return text, [span(min(pair), max(pair)) for pair in pairs]


# split


def test_a_text_is_split_into_its_sentences() -> None:
    assert shown("One. Two.", split("One. Two.")) == ["One.", "Two."]


def test_sentences_that_a_span_bridges_are_one_passage() -> None:
    text = "Write to Anna. Berg. Today. Or not."
    assert shown(text, split(text, [span(9, 20)])) == ["Write to Anna. Berg.", "Today.", "Or not."]


def test_a_span_that_touches_a_border_joins_nothing() -> None:
    text = "See Anna. Berg left."
    assert len(split(text, [span(4, 9), span(10, 14)])) == 2


@given(texts_with_spans())
def test_no_passage_border_cuts_through_a_span(given_text: tuple[str, list[Span]]) -> None:
    text, spans = given_text
    for passage in split(text, spans):
        for border in (passage.start, passage.end):
            assert not any(found.start < border < found.end for found in spans)


@given(texts_with_spans())
def test_passages_cover_the_text_once_and_in_order(given_text: tuple[str, list[Span]]) -> None:
    text, spans = given_text
    reach = 0
    for passage in split(text, spans):
        assert reach <= passage.start < passage.end <= len(text)
        assert text[reach : passage.start].strip() == ""
        reach = passage.end
    assert text[reach:].strip() == ""


@given(texts_with_spans())
def test_covered_counts_every_character_of_a_span_once(given_text: tuple[str, list[Span]]) -> None:
    text, spans = given_text
    passages = split(text)
    expected = tuple(
        sum(any(found.start <= at < found.end for found in spans) for at in range(passage.start, passage.end))
        for passage in passages
    )
    assert covered(passages, spans) == expected


# choose


def test_passages_are_chosen_by_score_and_shown_in_text_order() -> None:
    given_ = candidate([2.0, 0.0, 3.0, 2.5])
    [chosen] = choose([given_], passages=2)
    assert chosen == (replace(given_.passages[2], score=3.0), replace(given_.passages[3], score=2.5))


def test_a_further_passage_that_is_much_less_relevant_is_not_chosen() -> None:
    assert chosen_of(candidate([10.0, 10.0 * RELEVANT, 10.0 * RELEVANT - 0.1]), passages=3) == [0, 1]


def test_where_nothing_matches_the_limit_alone_binds() -> None:
    assert chosen_of(candidate([0.0, 0.0, 0.0]), passages=2) == [0, 1]


def test_where_every_score_is_negative_one_passage_is_chosen() -> None:
    assert chosen_of(candidate([-0.5, -0.2, -0.3]), passages=3) == [1]


def test_between_equal_scores_the_passage_that_exposes_less_wins_and_then_the_first() -> None:
    assert chosen_of(candidate([1.0, 1.0, 1.0], exposure=[5, 2, 2]), passages=1) == [1]


def test_a_forbidden_passage_is_never_chosen_and_makes_no_other_more_relevant() -> None:
    assert chosen_of(candidate([9.0, 2.0, 1.0], forbidden=(0,)), passages=3) == [1]


def test_a_record_without_allowed_passages_is_not_returned() -> None:
    assert choose([candidate([1.0], forbidden=(0,)), candidate([])], passages=1) == [(), ()]


def test_a_neighbour_comes_where_the_chosen_passage_needs_it_and_counts_as_a_passage() -> None:
    scores = [0.0, 0.0, 5.0, 0.0, 0.0]
    both = candidate(scores, traits=needing(5, before=(2,), after=(2,)))
    assert chosen_of(both, passages=3, neighbours=1) == [1, 2, 3]
    assert chosen_of(both, passages=2, neighbours=1) == [1, 2]
    assert chosen_of(both, passages=3) == [2]
    assert chosen_of(candidate(scores, traits=needing(5)), passages=9, neighbours=2) == [2]


def test_the_next_passage_comes_where_it_refers_back_to_the_chosen_one() -> None:
    given_ = candidate([0.0, 5.0, 0.0], traits=needing(3, before=(2,)))
    assert chosen_of(given_, passages=3, neighbours=1) == [1, 2]


def test_a_neighbour_brings_the_one_that_it_needs_as_far_as_the_policy_goes() -> None:
    given_ = candidate([0.0, 0.0, 0.0, 5.0], traits=needing(4, before=(1, 2, 3)))
    assert chosen_of(given_, passages=9, neighbours=2) == [1, 2, 3]
    assert chosen_of(given_, passages=9, neighbours=5) == [0, 1, 2, 3]


def test_a_forbidden_neighbour_stays_behind() -> None:
    given_ = candidate([0.0, 5.0, 0.0], forbidden=(0,), traits=needing(3, before=(1,), after=(1,)))
    assert chosen_of(given_, passages=3, neighbours=1) == [1, 2]


# privacy


def test_a_passage_that_exposes_less_is_chosen_where_privacy_outweighs_its_score() -> None:
    given_ = candidate([10.0, 6.0], exposure=[int(HALF), 0])
    assert chosen_of(given_, passages=1, privacy=0.7) == [0]
    assert chosen_of(given_, passages=1, privacy=0.9) == [1]


def test_what_exposure_lowers_below_the_bar_is_not_chosen_and_the_bar_does_not_fall_with_it() -> None:
    given_ = candidate([10.0, 5.0, 3.0], exposure=[int(HALF), int(HALF), 0])
    assert chosen_of(given_, passages=3) == [0, 1]
    assert chosen_of(given_, passages=3, privacy=1.0) == [0]


def test_a_negative_score_falls_with_exposure_too() -> None:
    given_ = candidate([-1.0, -1.1], exposure=[100, 0])
    assert chosen_of(given_, passages=1) == [0]
    assert chosen_of(given_, passages=1, privacy=1.0) == [1]


def exposure(call: list[Candidate], chosen: list[tuple[Passage, ...]]) -> list[float]:
    return [sum(one.exposure[at] for at in indices(one, passages)) for one, passages in zip(call, chosen, strict=True)]


weights = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@given(calls, limits, weights, weights)
def test_more_privacy_never_exposes_more_of_a_record(
    call: list[Candidate], most: int, one: float, other: float
) -> None:
    shown, private = (exposure(call, choose(call, passages=most, privacy=each)) for each in sorted((one, other)))
    assert all(more <= less for more, less in zip(private, shown, strict=True))


@given(calls, limits, weights)
def test_privacy_returns_the_same_records_and_no_more_passages(call: list[Candidate], most: int, how: float) -> None:
    plain, private = choose(call, passages=most), choose(call, passages=most, privacy=how)
    assert [bool(chosen) for chosen in private] == [bool(chosen) for chosen in plain]
    assert all(len(few) <= len(many) for few, many in zip(private, plain, strict=True))


@given(calls, limits, st.integers(0, 2), budgets, weights)
def test_where_nothing_is_exposed_privacy_changes_nothing(
    call: list[Candidate], most: int, neighbours: int, characters: int | None, how: float
) -> None:
    call = [replace(one, exposure=(0,) * len(one.scores)) for one in call]
    plain, private = (
        choose(call, passages=most, neighbours=neighbours, characters=characters, privacy=each) for each in (0.0, how)
    )
    assert plain == private


# near-duplicates


def test_a_near_duplicate_is_not_disclosed_twice_of_one_record_or_of_two() -> None:
    one = candidate([5.0, 4.0, 3.0], traits=saying("a", "a", "b"))
    other = candidate([5.0, 4.0], traits=saying("a", "c"))
    chosen = choose([one, other], passages=3)
    assert [indices(one, chosen[0]), indices(other, chosen[1])] == [[0, 2], [1]]


def test_two_further_passages_that_say_the_same_are_one() -> None:
    one, other = (
        candidate([5.0, 4.0, 3.9], traits=saying("a", "b", "b")),
        candidate([5.0, 4.5], traits=saying("c", "b")),
    )
    chosen = choose([one, other], passages=3)
    assert [indices(one, chosen[0]), indices(other, chosen[1])] == [[0], [0, 1]]


def test_a_record_that_has_only_a_near_duplicate_to_say_is_returned_all_the_same() -> None:
    one, other = candidate([5.0], traits=saying("a")), candidate([5.0, 1.0], traits=saying("a", "b"))
    chosen = choose([one, other], passages=3)
    assert [indices(one, chosen[0]), indices(other, chosen[1])] == [[0], [0]]


def test_a_near_duplicate_takes_none_of_the_records_passages() -> None:
    one, other = candidate([5.0], traits=saying("a")), candidate([5.0, 4.0, 4.0], traits=saying("a", "b", "c"))
    assert indices(other, choose([one, other], passages=2)[1]) == [1, 2]


def test_passages_whose_words_are_not_known_are_no_duplicates() -> None:
    given_ = candidate([5.0, 4.0], traits=saying("", ""))
    assert chosen_of(given_, passages=2) == [0, 1]


@given(st.lists(repeating(), max_size=5), limits, st.integers(0, 2), budgets, weights)
def test_duplicates_leave_limits_and_records_as_they_are(
    call: list[Candidate], most: int, neighbours: int, characters: int | None, how: float
) -> None:
    chosen = choose(call, passages=most, neighbours=neighbours, characters=characters, privacy=how)
    assert characters is None or size(chosen) <= characters
    assert all(len(of_record) <= most for of_record in chosen)
    if characters is None:
        assert [bool(of_record) for of_record in chosen] == [any(one.allowed) for one in call]


@given(st.lists(repeating(), max_size=5), limits, st.integers(0, 2))
def test_of_one_record_nothing_is_said_twice(call: list[Candidate], most: int, neighbours: int) -> None:
    for one, passages in zip(call, choose(call, passages=most, neighbours=neighbours), strict=True):
        said = [word for at in indices(one, passages) for word in one.traits[at].words]
        assert len(said) == len(set(said))


# passages that a search chose


def found(near: tuple[int, ...], size: int) -> list[Trait]:
    return [Trait(near=index in near) for index in range(size)]


def test_what_came_along_is_taken_after_what_was_found_and_within_the_limit() -> None:
    given_ = candidate([9.0, 5.0, 9.0, 4.0], traits=found((0, 2), 4))
    assert chosen_of(given_, passages=2) == [1, 3]
    assert chosen_of(given_, passages=3) == [0, 1, 3]
    assert chosen_of(given_, passages=9) == [0, 1, 2, 3]


def test_what_came_along_is_not_taken_without_the_one_that_it_came_for() -> None:
    given_ = candidate([0.0, 5.0, 1.0, 0.0], traits=found((0, 3), 4))
    assert chosen_of(given_, passages=9) == [0, 1]
    assert chosen_of(candidate([1.0, 1.0], forbidden=(1,), traits=found((1,), 2)), passages=9) == [0]
    assert choose([candidate([1.0, 1.0], forbidden=(0,), traits=found((1,), 2))], passages=2) == [()]


# limits of a call


def test_every_record_gets_its_best_passage_before_any_gets_a_second() -> None:
    first, second = candidate([5.0, 4.9]), candidate([1.0, 0.9])
    chosen = choose([first, second], passages=2, characters=20)
    assert [indices(first, chosen[0]), indices(second, chosen[1])] == [[0], [0]]


def test_what_is_left_goes_to_the_higher_score_and_then_to_the_better_rank() -> None:
    first, second = candidate([1.0, 0.9]), candidate([2.0, 1.9])
    third = candidate([1.0, 0.9])
    chosen = choose([first, second, third], passages=2, characters=50)
    assert [len(of_record) for of_record in chosen] == [2, 2, 1]


def test_a_record_whose_best_passage_does_not_fit_gets_the_next_that_does_and_no_more() -> None:
    given_ = candidate([5.0, 4.0, 4.0], lengths=[50, 10, 10])
    assert chosen_of(given_, passages=3, characters=40) == [1]


def test_a_record_of_which_nothing_fits_is_not_returned_and_the_next_one_may_be() -> None:
    first, second = candidate([5.0], lengths=[50]), candidate([1.0], lengths=[10])
    assert [len(chosen) for chosen in choose([first, second], passages=1, characters=20)] == [0, 1]


def test_room_that_is_left_is_not_filled_with_what_is_needed_less() -> None:
    assert chosen_of(candidate([5.0, 4.0, 3.0], lengths=[10, 50, 5]), passages=3, characters=30) == [0]


def test_the_next_round_has_what_the_earlier_ones_left() -> None:
    first = choose([candidate([1.0]), candidate([1.0])], passages=1, characters=25)
    left = remaining(25, first)
    assert left == 5
    assert choose([candidate([1.0])], passages=1, characters=left) == [()]
    assert remaining(None, first) is None


def test_a_candidate_with_a_score_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="one score, exposure and permission"):
        Candidate((Passage(0, 1),), (), (0,), (True,))
    with pytest.raises(ValueError, match="one trait for each"):
        Candidate((Passage(0, 1), Passage(1, 2)), (0.0, 0.0), (0, 0), (True, True), (Trait(),))


def size(chosen: list[tuple[Passage, ...]]) -> int:
    return sum(passage.end - passage.start for record in chosen for passage in record)


@given(calls, limits, st.integers(0, 2), budgets)
def test_limits_and_permissions_hold(call: list[Candidate], most: int, neighbours: int, characters: int | None) -> None:
    chosen = choose(call, passages=most, neighbours=neighbours, characters=characters)
    assert len(chosen) == len(call)
    assert characters is None or size(chosen) <= characters
    for given_, of_record in zip(call, chosen, strict=True):
        picked = indices(given_, of_record)
        assert len(picked) <= most
        assert picked == sorted(set(picked))
        assert all(given_.allowed[index] for index in picked)


@given(calls, budgets)
def test_a_record_is_left_out_only_if_nothing_of_it_fits(call: list[Candidate], characters: int | None) -> None:
    left = math.inf if characters is None else characters
    for given_, of_record in zip(call, choose(call, passages=1, characters=characters), strict=True):
        lengths = [p.end - p.start for p, may in zip(given_.passages, given_.allowed, strict=True) if may]
        assert bool(of_record) == any(length <= left for length in lengths)
        left -= size([of_record])


@given(calls, limits, st.integers(0, 2), budgets)
def test_a_wider_limit_of_passages_returns_the_same_records(
    call: list[Candidate], most: int, neighbours: int, characters: int | None
) -> None:
    one = choose(call, passages=1, characters=characters)
    more = choose(call, passages=most, neighbours=neighbours, characters=characters)
    assert all(set(few) <= set(many) for few, many in zip(one, more, strict=True))
    assert [bool(chosen) for chosen in one] == [bool(chosen) for chosen in more]


@given(calls, limits, st.integers(0, 2), st.integers(0, 120), st.integers(0, 120))
def test_a_tighter_budget_never_discloses_more_characters(
    call: list[Candidate], most: int, neighbours: int, one: int, other: int
) -> None:
    tight, wide = (
        choose(call, passages=most, neighbours=neighbours, characters=characters) for characters in sorted((one, other))
    )
    assert size(tight) <= size(wide)


@given(calls, limits, st.integers(0, 2), st.integers(0, 60))
def test_a_tighter_budget_that_holds_every_best_passage_discloses_a_subset(
    call: list[Candidate], most: int, neighbours: int, more: int
) -> None:
    firsts = size(choose(call, passages=1))
    tight, wide = (
        choose(call, passages=most, neighbours=neighbours, characters=firsts + extra) for extra in (more // 2, more)
    )
    assert all(set(few) <= set(many) for few, many in zip(tight, wide, strict=True))


@given(calls, limits, st.integers(0, 2))
def test_fewer_passages_are_a_subset(call: list[Candidate], most: int, neighbours: int) -> None:
    few, many = (choose(call, passages=limit, neighbours=neighbours) for limit in (most, most + 1))
    assert all(set(of_few) <= set(of_many) for of_few, of_many in zip(few, many, strict=True))


@given(calls, calls, limits)
def test_records_that_come_later_change_nothing_where_no_budget_is_shared(
    call: list[Candidate], more: list[Candidate], most: int
) -> None:
    assert choose([*call, *more], passages=most)[: len(call)] == choose(call, passages=most)


@given(calls, calls, limits, st.integers(0, 120))
def test_several_rounds_stay_within_one_budget(
    call: list[Candidate], more: list[Candidate], most: int, characters: int
) -> None:
    first = choose(call, passages=most, characters=characters)
    second = choose(more, passages=most, characters=remaining(characters, first))
    assert size(first) + size(second) <= characters
