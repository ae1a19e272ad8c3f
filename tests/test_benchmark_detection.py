"""The scores, charts and page of benchmarks/detection.py. What it measures with is not run here."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

from detecting import charts, measuring, mistakes, page  # noqa: E402  # benchmarks/ is not installed
from detecting.echr import DIRECT, EITHER, QUASI, mentions  # noqa: E402
from detecting.finders import STOCK, Found  # noqa: E402
from detecting.resources import about_100_words  # noqa: E402
from detecting.running import rounded  # noqa: E402
from detecting.scoring import ALL, Score, characters, covered, f_beta, recased, score, tally, whole  # noqa: E402
from detecting.sets import Gold, Row, of_names, read, trained, trained_on  # noqa: E402
from detecting.targets import Target, at, targets  # noqa: E402

PAGE = REPOSITORY / "docs" / "detection.md"
RESULTS = REPOSITORY / "benchmarks" / "results" / "detection.json"

TEXT = "Ada Borg lives in Ulm."
ADA, ULM = (0, 8, "PERSON"), (18, 21, "LOCATION")


def overlap(gold: Sequence[tuple[int, int, str]], predicted: Sequence[tuple[int, int, str]]) -> Score:
    return score(TEXT, gold, predicted)[ALL]["overlap"]


def test_what_is_found_exactly_is_right_by_every_measure() -> None:
    figures = score(TEXT, [ADA, ULM], [ULM, ADA])
    for entity in (ALL, "PERSON", "LOCATION"):
        for counts in figures[entity].values():
            assert counts.recall == counts.precision == counts.f2 == 1


def test_another_entity_is_found_but_not_exact() -> None:
    figures = score(TEXT, [ADA], [(0, 8, "ORGANIZATION")])
    assert figures[ALL]["exact"] == Score(0, 1, 0, 1)
    assert figures[ALL]["overlap"] == Score(1, 1, 1, 1)
    assert figures[ALL]["characters"] == Score(7, 7, 7, 7)
    assert figures["PERSON"]["overlap"] == Score(1, 1, 0, 0)
    assert figures["ORGANIZATION"]["overlap"] == Score(0, 0, 1, 1)


def test_white_space_at_the_ends_makes_no_difference() -> None:
    assert score(TEXT, [ADA], [(0, 9, "PERSON")])[ALL]["exact"] == Score(1, 1, 1, 1)


def test_half_of_the_characters_is_enough_and_less_is_not() -> None:
    text = "abcd efgh"
    assert covered(text, (0, 9, "X"), characters(text, [(0, 4)]))
    assert not covered(text, (0, 9, "X"), characters(text, [(0, 3)]))


def test_several_findings_together_cover_a_span() -> None:
    assert overlap([ADA], [(0, 2, "PERSON"), (4, 6, "LOCATION")]).found == 1


def test_a_finding_that_is_mostly_beside_the_gold_is_a_false_alarm() -> None:
    assert overlap([ULM], [(0, 21, "LOCATION")]) == Score(1, 1, 0, 1)


def test_a_span_of_white_space_is_never_found() -> None:
    assert not covered(" ", (0, 1, "X"), {0})


def test_overlapping_spans_count_their_characters_once() -> None:
    counts = score(TEXT, [ADA, (0, 3, "PERSON")], [ADA, ADA])[ALL]
    assert counts["characters"] == Score(7, 7, 7, 7)
    assert counts["overlap"] == Score(2, 2, 1, 1)


def test_whole_means_that_nothing_survives_but_white_space() -> None:
    assert whole(TEXT, ADA, characters(TEXT, [(0, 3), (4, 8)]))
    assert not whole(TEXT, ADA, characters(TEXT, [(0, 7)]))


def test_nothing_annotated_and_nothing_found_gives_no_division_by_zero() -> None:
    counts = score(TEXT, [], [])[ALL]["exact"]
    assert (counts.precision, counts.recall, counts.f2) == (0, 0, 0)


def test_f2_leans_to_recall() -> None:
    assert f_beta(0.5, 1.0, 2) == pytest.approx(5 / 6)
    assert f_beta(1.0, 0.5, 2) == pytest.approx(5 / 9)


def test_figures_of_texts_add_up() -> None:
    total = tally([score(TEXT, [ADA], []), score(TEXT, [ADA, ULM], [ADA])])
    assert total["PERSON"]["overlap"] == Score(1, 2, 1, 1)
    assert total[ALL]["overlap"] == Score(1, 3, 1, 1)


def spans_in(text: str) -> st.SearchStrategy[list[tuple[int, int, str]]]:
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)), st.sampled_from("AB"))
    return st.lists(places.filter(lambda span: span[0] < span[1]), max_size=5)


@given(spans_in(TEXT), spans_in(TEXT))
def test_swapping_gold_and_predicted_swaps_precision_and_recall(
    one: list[tuple[int, int, str]], other: list[tuple[int, int, str]]
) -> None:
    forth, back = score(TEXT, one, other), score(TEXT, other, one)
    for entity, by_measure in forth.items():
        for measure, counts in by_measure.items():
            swapped = back[entity][measure]
            assert (counts.precision, counts.recall) == (swapped.recall, swapped.precision)


@given(st.text())
def test_a_change_of_case_keeps_every_offset(text: str) -> None:
    assert len(recased(text, str.upper)) == len(recased(text, str.lower)) == len(text)


def test_a_letter_whose_capital_is_two_letters_stays() -> None:
    assert recased("straße", str.upper) == "STRAßE"


JUDGMENT = Row(
    "Ada Borg, a Swede, was born in Ulm.",
    (Gold(0, 8, "PERSON", DIRECT), Gold(12, 17, "DEM", QUASI), Gold(31, 34, "LOC", "NO_MASK")),
)


def test_a_mention_of_which_a_letter_survives_is_not_covered() -> None:
    counts = mentions([JUDGMENT], [[(0, 7, "PERSON", 1.0), (12, 17, "NRP", 1.0)]])
    assert counts.share(DIRECT) == counts.share(DIRECT, "PERSON") == 0
    assert counts.share(QUASI) == counts.share(QUASI, "DEM") == 1
    assert counts.types(QUASI) == [EITHER, "DEM"]


def test_what_need_not_be_masked_is_no_mention_but_its_masking_is_counted() -> None:
    assert mentions([JUDGMENT], [[]]).also_covered == 0
    assert mentions([JUDGMENT], [[(31, 34, "LOCATION", 1.0)]]).also_covered == pytest.approx(3 / 16)


def test_labels_of_every_set_become_names() -> None:
    labels = ("GPE", "STREET_ADDRESS", "ORG", "PERSON", "AGE")
    assert [span.label for span in of_names(Gold(0, 1, label) for label in labels)] == [
        "LOCATION",
        "LOCATION",
        "ORGANIZATION",
        "PERSON",
    ]


def test_a_set_is_read_up_to_the_limit_and_one_that_is_not_there_is_empty(tmp_path: Path) -> None:
    line = json.dumps({"text": TEXT, "spans": [[0, 8, "PERSON"]], "src": "x"})
    (tmp_path / "btc_dev.jsonl").write_text(f"{line}\n{line}\n", "utf-8")
    assert len(read(tmp_path, "btc_dev")) == 2
    assert read(tmp_path, "btc_dev", 1) == [Row(TEXT, (Gold(0, 8, "PERSON"),))]
    assert read(tmp_path, "tab_dev") == []


@pytest.mark.parametrize("sets", [["btc_train", "wikigold"], [{"name": "btc_train"}, {"name": "wikigold"}]])
def test_a_page_says_what_the_model_was_trained_on(tmp_path: Path, sets: object) -> None:
    record = tmp_path / "training.json"
    assert trained_on(record) == frozenset()
    record.write_text(json.dumps({"sets": sets}), "utf-8")
    on = trained_on(record)
    assert [trained(name, on) for name in ("btc_dev", "wikigold", "tab_dev")] == ["sibling", "yes", "no"]


def test_texts_are_joined_to_about_a_hundred_words() -> None:
    texts = about_100_words(["word " * 60] * 5, 40)
    assert [len(text.split()) for text in texts] == [120, 120]


def capitals(text: str) -> list[Found]:
    """A detector for tests: every word with a capital is a person."""
    words = text.split()
    places = [(text.index(word), word.strip(".,")) for word in words if word[:1].isupper()]
    return [(start, start + len(word), "PERSON", 0.9) for start, word in places]


ROWS = [Row(TEXT, (Gold(*ADA), Gold(*ULM)))]


def test_names_are_measured_by_entity() -> None:
    figures = measuring.names(capitals, ROWS)
    assert figures["LOCATION"]["overlap"][1] == figures["PERSON"]["overlap"][1] == 1
    assert figures[ALL]["exact"] == [0, 0, 0, 2]


def test_text_without_capitals_is_measured_too() -> None:
    figures = measuring.cases(capitals, ROWS)
    assert [figures[case][1] for case in ("as it is", "lower", "upper")] == [1, 0, 1]


def test_a_curve_has_a_point_for_every_bias_and_none_without_a_model() -> None:
    def by_bias(texts: Sequence[str], biases: Sequence[float]) -> list[list[list[Found]]]:
        return [[capitals(text) if bias >= 2 else [] for text in texts] for bias in biases]

    points = measuring.curve(by_bias, ROWS)
    assert list(points) == ["0", "0.5", "1", "1.5", "2", "2.5", "3", "4"]
    assert (points["1.5"][1], points["2"][1]) == (0, 1)
    assert measuring.curve(lambda texts, biases: [], ROWS) == {}


def test_found_and_whole_are_counted_by_label() -> None:
    assert measuring.labels(ROWS, [[(0, 7, "PERSON", 1.0)]]) == {"LOCATION": [1, 0, 0], "PERSON": [1, 1, 0]}


def test_mistakes_are_shown_with_their_context_and_sampled_in_turn() -> None:
    rows = [Row(TEXT, (Gold(*ADA),))]
    [miss] = mistakes.mistakes("one", rows, lambda text: [])
    assert miss == ("one", "miss", "PERSON", "Ada Borg", "[[Ada Borg]] lives in Ulm.")
    [alarm] = mistakes.mistakes("two", rows, lambda text: [(*ADA, 1.0), (*ULM, 1.0)])
    assert alarm.kind == "false alarm"
    chosen = mistakes.sample({"one": [miss] * 5, "two": [alarm, miss._replace(set="two")]}, 2, seed=1)
    assert [(one.set, one.kind) for one in chosen] == [("one", "miss"), ("two", "false alarm"), ("two", "miss")]
    assert mistakes.as_table([miss._replace(context="a\n b\tc")]).splitlines()[1].endswith("\ta b c")


def test_a_mark_without_a_letter_is_no_mistake_to_read() -> None:
    rows = [Row("@ ada_b says hi", (Gold(0, 1, "PERSON"), Gold(2, 7, "PERSON")))]
    assert [one.span for one in mistakes.mistakes("x", rows, lambda text: [])] == ["ada_b"]


def test_a_target_without_a_figure_is_neither_reached_nor_missed() -> None:
    assert [Target("", 0.9, measured).reached for measured in (None, 0.9, 0.89)] == [None, True, False]
    assert [Target("", 30, measured, most=True).reached for measured in (None, 30, 31)] == [None, True, False]
    assert {one.reached for one in targets({})} == {None}


@pytest.mark.parametrize(
    ("trained_on_it", "said"), [("sibling", "tab_train trained on"), ("no", "not trained on"), (None, "not recorded")]
)
def test_every_figure_of_judgments_says_whether_their_like_was_trained_on(trained_on_it: str | None, said: str) -> None:
    rows = [one.what for one in targets({"trained": {"tab_dev": trained_on_it}}) if "ECHR" in one.what]
    assert len(rows) == 5
    assert all(said in row and "one annotator" in row for row in rows)


def test_losses_are_held_against_text_as_it_is() -> None:
    cases = {"as it is": [0.9, 0.96, 0], "lower": [0.95, 0.93, 0], "upper": [0.9, 0.92, 0]}
    by_name = {one.what: one.reached for one in targets({"cases": {"bundled": cases}})}
    assert by_name["what recall of characters loses in lower case"]
    assert by_name["what precision of characters loses in lower case"]
    assert by_name["what recall of characters loses in upper case"] is False


def test_what_is_missing_on_a_path_is_none() -> None:
    assert at({"a": [1]}, "a", 0) == 1
    assert at({"a": [1]}, "b", 0) is at({"a": [1]}, "a", 1) is at({"a": None}, "a", "b") is None


def test_charts_are_well_formed_and_the_same_each_time() -> None:
    def drawn() -> list[str]:
        return [
            charts.bars("a < b", {"one": {"x": 0.5, "y": 1.0}, "two": {"x": 0.0}}),
            charts.lines("a & b", "bias", [0, 2, 4], {"x": [0.5, 0.75, 1.0]}, 2.0),
        ]

    assert drawn() == drawn()
    for chart in drawn():
        assert ElementTree.fromstring(chart).tag.endswith("svg")  # noqa: S314  # our own
        assert "prefers-color-scheme:dark" in chart


def test_blocks_are_replaced_and_nothing_else() -> None:
    before = "a\n<!-- begin: x -->\nold\n<!-- end: x -->\nb\n"
    after = page.filled(before, {"x": r"new \1"})
    assert after == "a\n<!-- begin: x -->\nnew \\1\n<!-- end: x -->\nb\n"
    assert page.filled(after, {"x": r"new \1"}) == after
    with pytest.raises(ValueError, match="blocks"):
        page.filled(before, {"y": ""})


def test_the_published_page_and_charts_are_what_the_figures_say() -> None:
    figures = json.loads(RESULTS.read_text("utf-8"))
    published = PAGE.read_text("utf-8")
    assert page.filled(published, page.blocks(figures)) == published, "run benchmarks/detection.py --render"
    for name, drawing in page.charts(figures).items():
        assert (PAGE.parent / "charts" / name).read_text("utf-8") == drawing, "run benchmarks/detection.py --render"


def test_every_chart_of_the_page_is_there() -> None:
    names = [line.split("](")[1].rstrip(")") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("![")]
    assert [name for name in names if not (PAGE.parent / name).is_file()] == []


def test_figures_are_stored_with_four_decimals() -> None:
    assert rounded({"a": [0.123456, 2], "b": (None, "x")}) == {"a": [0.1235, 2], "b": [None, "x"]}


def test_stock_presidio_says_which_model_it_had() -> None:
    figures = json.loads(RESULTS.read_text("utf-8"))
    assert f"{STOCK}, no model" in page.blocks({**figures, "spacy": None})["cost"]
