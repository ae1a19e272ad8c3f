"""A recognizer's turn: the same answers as Presidio's own loop, with less work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

from needful_presidio import guarding
from needful_presidio.steps import distinct, needs_a_digit, step_for
from needful_presidio.traits import Condition, Traits

RESULTS = st.lists(
    st.builds(
        lambda entity, start, length, score: RecognizerResult(entity, start, start + length, score),
        st.sampled_from(["URL", "AGE"]),
        st.integers(0, 12),
        st.integers(1, 12),
        st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    ),
    max_size=12,
)


def plain(results: Sequence[RecognizerResult]) -> set[tuple[str, int, int, float]]:
    return {(one.entity_type, one.start, one.end, one.score) for one in results}


@given(RESULTS)
def test_results_are_distinct_as_presidio_has_them(results: list[RecognizerResult]) -> None:
    found = distinct(results)

    assert plain(found) == plain(EntityRecognizer.remove_duplicates(results))
    assert len(found) == len(plain(found))


def test_of_equal_results_the_first_stays() -> None:
    first, second = RecognizerResult("URL", 0, 3, 0.5), RecognizerResult("URL", 0, 3, 0.5)

    assert distinct([first, second])[0] is first


class Pairs(PatternRecognizer):
    """Finds `a` and what follows; says where."""

    condition = Condition(lambda traits: "a" in traits.text)

    def __init__(self, *, known: bool) -> None:
        super().__init__(supported_entity="PAIR", patterns=[Pattern("pair", "a.", 0.5), Pattern("other", "z", 0.5)])
        self.known = known
        guarding.guard(self, (), ascii_words=True)

    def starts(self, traits: Traits) -> Mapping[str, Sequence[int]] | None:
        return {"pair": [at for at, sign in enumerate(traits.text) if sign == "a"]} if self.known else None


@given(st.text("abz", max_size=20))
def test_matches_at_known_places_are_those_of_a_search(text: str) -> None:
    searched = step_for(Pairs(known=False), ["PAIR"], 0.4)(Traits(text))
    begun = step_for(Pairs(known=True), ["PAIR"], 0.4)(Traits(text))

    assert plain(begun) == {one for one in plain(searched) if text[one[1]] == "a"}


def test_only_a_numeric_condition_leaves_a_recognizer_out_where_there_is_no_digit() -> None:
    class Numbered(Pairs):
        condition = Condition(lambda traits: True, numeric=True)

    assert needs_a_digit(Numbered(known=True))
    assert not needs_a_digit(Pairs(known=True))
