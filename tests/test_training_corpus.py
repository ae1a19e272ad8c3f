"""What training/corpus.py makes of the licensed sets: no span may lose its text on the way to the network."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "training"))

import corpus  # noqa: E402  # training/ is not installed

WORDS = ("Maria", "of", "Bank", "'", "'s", "s", "n't", "(", ")", ".", ",", "%", "#", "@", "O'Neill", "\n", "Ulm", "")


def text(*pieces: str | tuple[str, str]) -> corpus.Text:
    """Put a text together: strings, and pairs of a value and its label."""
    written, spans = "", []
    for piece in pieces:
        value, label = (piece, "") if isinstance(piece, str) else piece
        if label:
            spans.append((len(written), len(written) + len(value), label))
        written += value
    return corpus.Text(written, tuple(spans), "made up")


def named(one: corpus.Text) -> list[tuple[str, str]]:
    return [(one.text[start:end], label) for start, end, label in one.spans]


def named_without_blanks(one: corpus.Text) -> list[tuple[str, str]]:
    return [(bare, label) for value, label in named(one) if (bare := value.replace(" ", ""))]


def all_named(texts: Iterable[corpus.Text]) -> list[tuple[str, str]]:
    return [pair for one in texts for pair in named(one)]


@st.composite
def texts(draw: st.DrawFn) -> corpus.Text:
    """Draw words as a tokenizer sets them apart, with spans that may start and end anywhere."""
    written = " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=25)))
    ends = sorted(draw(st.sets(st.integers(0, len(written)), max_size=8)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    spans = [(start, end, draw(st.sampled_from(corpus.LABELS))) for start, end in pairs]
    return corpus.Text(written, tuple(spans), "made up")


def sorted_and_apart(one: corpus.Text) -> bool:
    ends = [end for start, stop, _ in one.spans for end in (start, stop)]
    return ends == sorted(ends) and all(start < end for start, end, _ in one.spans)


# Detokenizing.


@pytest.mark.parametrize(
    ("tokenized", "written"),
    [
        ("Bank ' s obligation .", "Bank's obligation."),
        ("Bank 's obligation , too", "Bank's obligation, too"),
        ("It does n't pay ( yet ) !", "It doesn't pay (yet)!"),
        ("We 're 5 % up", "We're 5% up"),
        ("$ 100 ; # 7", "$100; #7"),
    ],
)
def test_gaps_before_punctuation_are_closed(tokenized: str, written: str) -> None:
    assert corpus.detokenized(text(tokenized)).text == written


@pytest.mark.parametrize("written", ["Rock 'n' roll", "version .5", "5 - 7", ""])
def test_other_blanks_stay_where_they_are(written: str) -> None:
    assert corpus.detokenized(text(written)).text == written


def test_spans_move_with_the_blanks_that_are_taken_out() -> None:
    moved = corpus.detokenized(text("( ", ("Ulm", "LOCATION"), " ) , ", ("Macy 's", "ORGANIZATION"), " ."))
    assert moved.text == "(Ulm), Macy's."
    assert named(moved) == [("Ulm", "LOCATION"), ("Macy's", "ORGANIZATION")]


@given(texts())
def test_every_span_survives_detokenizing_but_for_blanks(one: corpus.Text) -> None:
    written = corpus.detokenized(one)
    assert written.text.replace(" ", "") == one.text.replace(" ", "")
    assert named_without_blanks(written) == named_without_blanks(one)
    assert sorted_and_apart(written)


def test_a_span_of_which_nothing_is_left_goes() -> None:
    assert corpus.removed(text("a", ("b", "PERSON"), "c"), [1]) == text("ac")


@given(texts(), st.data())
def test_removing_takes_out_these_characters_and_no_others(one: corpus.Text, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, max(0, len(one.text) - 1)), max_size=5))

    def left(start: int, end: int) -> str:
        return "".join(one.text[at] for at in range(start, end) if at not in places)

    less = corpus.removed(one, places)
    assert less.text == left(0, len(one.text))
    assert named(less) == [(left(a, b), label) for a, b, label in one.spans if left(a, b)]


# Cutting and packing.


def test_a_short_text_is_one_chunk() -> None:
    one = text("Dear ", ("Maria", "PERSON"), ". Thanks.\n")
    assert list(corpus.chunks(one)) == [one]


def test_a_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    parts = list(corpus.chunks(text("One two. Three four. Five six."), size=20))
    assert [part.text for part in parts] == ["One two. ", "Three four. ", "Five six."]


def test_a_text_is_never_cut_inside_a_span() -> None:
    street = ("12 High St. Springfield\nUlm", "LOCATION")
    parts = list(corpus.chunks(text("I moved. ", street, "\nThat was all."), size=5))
    assert street in all_named(parts)


@given(texts(), st.integers(1, 60))
def test_chunks_keep_every_character_and_every_span(one: corpus.Text, size: int) -> None:
    parts = list(corpus.chunks(one, size))
    assert "".join(part.text for part in parts) == one.text
    assert all_named(parts) == named(one)
    assert all(sorted_and_apart(part) for part in parts)


def test_joined_texts_keep_their_spans() -> None:
    together = corpus.joined([text(("Maria", "PERSON"), " left."), text("To ", ("Ulm", "LOCATION"))], "\n\n")
    assert together == text(("Maria", "PERSON"), " left.\n\nTo ", ("Ulm", "LOCATION"))


def test_a_text_alone_is_joined_to_nothing() -> None:
    one = text("Only ", ("Maria", "PERSON"))
    assert corpus.joined([one], "\n") is one


@given(st.lists(texts(), max_size=6), st.integers(), st.booleans())
def test_packing_keeps_every_text_and_every_span_in_order(rows: list[corpus.Text], seed: int, running: bool) -> None:
    passages = list(corpus.packed(rows, Random(seed), running=running))
    assert all_named(passages) == all_named(rows)
    assert without_white_space(passages) == without_white_space(rows)
    assert all(sorted_and_apart(passage) for passage in passages)


def without_white_space(several: Iterable[corpus.Text]) -> str:
    return "".join("".join(one.text.split()) for one in several)


@pytest.mark.parametrize("length", [40, 300, 700])
def test_no_passage_grows_beyond_about_500_characters(length: int) -> None:
    rows = [text("x" * length)] * 60
    passages = list(corpus.packed(rows, Random(7), running=True))
    assert max(len(passage.text) for passage in passages) <= max(length, 500 + 7 * len("\n\n"))


def test_rows_of_one_document_are_packed_to_longer_passages_than_others() -> None:
    rows = [text("x" * 20)] * 2000
    running, alone = (len(list(corpus.packed(rows, Random(7), running=running))) for running in (True, False))
    assert running < alone < len(rows)


# Case.


@given(texts(), st.integers())
def test_another_case_leaves_every_span_where_it_is(one: corpus.Text, seed: int) -> None:
    changed = corpus.recased(one, Random(seed))
    assert changed.spans == one.spans
    assert changed.text in {one.text, one.text.lower(), one.text.upper()}


def recased_by_many_seeds(written: str) -> list[str]:
    return [corpus.recased(text(written), Random(seed)).text for seed in range(1000)]


def test_a_fifth_of_the_texts_is_in_small_letters_and_an_eighth_in_capitals() -> None:
    found = recased_by_many_seeds("Dear Maria")
    assert 150 < found.count("dear maria") < 250
    assert 80 < found.count("DEAR MARIA") < 160
    assert len(set(found)) == 3


@pytest.mark.parametrize("written", ["İzmir is İzmir", "Straße"])
def test_a_case_that_changes_a_length_is_not_taken(written: str) -> None:
    assert {len(changed) for changed in recased_by_many_seeds(written)} == {len(written)}


# Other names.


def always(new: str | None) -> Callable[[str, str, Random], str | None]:
    return lambda label, value, random: new


def test_a_swapped_name_keeps_its_label_and_its_neighbours() -> None:
    one = text("Dear ", ("Maria", "PERSON"), ", how is ", ("Ulm", "LOCATION"), "?")
    swapped = corpus.swapped(one, Random(1), always("Bo Li"), share=1)
    assert swapped == text("Dear ", ("Bo Li", "PERSON"), ", how is ", ("Bo Li", "LOCATION"), "?")


def test_other_is_asked_with_the_label_and_the_value() -> None:
    asked: list[tuple[str, str]] = []

    def other(label: str, value: str, random: Random) -> None:
        asked.append((value, label))

    one = text("Dear ", ("Maria", "PERSON"), " of ", ("Ulm", "LOCATION"))
    corpus.swapped(one, Random(1), other, share=1)
    assert asked == named(one)


@given(texts(), st.integers())
def test_a_name_for_which_there_is_no_other_stays(one: corpus.Text, seed: int) -> None:
    assert corpus.swapped(one, Random(seed), always(None), share=1) == one


@given(texts(), st.text(alphabet="xyz ", min_size=1, max_size=9), st.integers(), st.floats(0, 1))
def test_swapping_changes_names_and_nothing_else(one: corpus.Text, new: str, seed: int, share: float) -> None:
    swapped = corpus.swapped(one, Random(seed), always(new), share)
    assert between(swapped) == between(one)
    for (now, label), (before, same) in zip(named(swapped), named(one), strict=True):
        assert label == same
        assert now in {before, new}


def between(one: corpus.Text) -> list[str]:
    ends = [0, *(end for start, stop, _ in one.spans for end in (start, stop)), len(one.text)]
    return [one.text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]


# Nationalities.

NATIONALITIES = frozenset({"Rican", "Costa Rican", "German", "Germans"})


def test_a_nationality_that_no_span_covers_gets_a_label() -> None:
    found = corpus.with_nationalities(text("Two Germans met a Costa Rican."), NATIONALITIES)
    assert named(found) == [("Germans", "NRP"), ("Costa Rican", "NRP")]


@pytest.mark.parametrize("written", ["Germanic tribes", "anti-German", "german beer", "GERMAN"])
def test_parts_of_words_and_other_cases_are_no_nationalities(written: str) -> None:
    assert corpus.with_nationalities(text(written), NATIONALITIES) == text(written)


def test_a_nationality_inside_a_span_keeps_the_label_of_the_span() -> None:
    one = text("The ", ("German Bank", "ORGANIZATION"), " is ", ("German", "NRP"), ".")
    assert corpus.with_nationalities(one, NATIONALITIES) == one


def test_new_labels_stand_between_the_others_in_order() -> None:
    found = corpus.with_nationalities(
        text(("Maria", "PERSON"), " is German, ", ("Bo", "PERSON"), " too"), NATIONALITIES
    )
    assert named(found) == [("Maria", "PERSON"), ("German", "NRP"), ("Bo", "PERSON")]


def test_the_list_of_nationalities_skips_headings_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "demonyms.txt"
    path.write_text("## adjectives\nGerman\n\n  Costa Rican \n", encoding="utf-8")
    assert corpus.demonyms(path) == {"German", "Costa Rican"}


# Reading a set.


def loaded(folder: Path, name: str, *rows: tuple[str, Sequence[tuple[int, int, str]]]) -> list[corpus.Text]:
    lines = (json.dumps({"text": written, "spans": spans}) for written, spans in rows)
    (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return corpus.load(folder, name, NATIONALITIES)


def test_a_set_is_read_with_nationalities_labelled(tmp_path: Path) -> None:
    (read,) = loaded(tmp_path, "wikigold", ("Maria is German", [(0, 5, "PERSON")]))
    assert read == corpus.Text("Maria is German", ((0, 5, "PERSON"), (9, 15, "NRP")), "wikigold")


def test_of_two_spans_that_overlap_the_first_stays(tmp_path: Path) -> None:
    (read,) = loaded(tmp_path, "gum_perm", ("Bank of Ulm", [(8, 11, "LOCATION"), (0, 11, "ORGANIZATION")]))
    assert named(read) == [("Bank of Ulm", "ORGANIZATION")]


def test_nothing_is_learnt_from_roles_labelled_as_names(tmp_path: Path) -> None:
    (read,) = loaded(tmp_path, "sec_train", ("The Bank pays", [(0, 8, "ORGANIZATION")]))
    assert named(read) == [("The Bank", corpus.IGNORED)]


def test_nothing_is_learnt_from_handles(tmp_path: Path) -> None:
    (read,) = loaded(tmp_path, "btc_train", ("@ ada met Bo", [(0, 5, "PERSON"), (10, 12, "PERSON")]))
    assert read.text == "@ada met Bo"
    assert named(read) == [("@ada", corpus.IGNORED), ("Bo", "PERSON")]


def test_of_judgments_names_are_read_and_dates_are_not(tmp_path: Path) -> None:
    written = "Ada of Ulm, a German nurse, in 1999"
    spans = [(0, 3, "PERSON"), (7, 10, "LOC"), (14, 20, "DEM"), (21, 26, "DEM"), (31, 35, "DATETIME")]
    (read,) = loaded(tmp_path, "tab_train", (written, spans))
    assert named(read) == [("Ada", "PERSON"), ("Ulm", "LOCATION"), ("German", "NRP")]
