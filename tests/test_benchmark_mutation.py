"""What benchmarks/mutation.py makes of mutmut's results: names, outcomes, shares, reasons, and the page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

from mutating.areas import AREAS  # noqa: E402  # benchmarks/ is not installed
from mutating.page import blocks, filled  # noqa: E402
from mutating.results import Figures, Mutant, Reason, figures_of, reason_for, reasons, unexplained  # noqa: E402

PAGE = REPOSITORY / "docs" / "mutation.md"
RESULTS = REPOSITORY / "benchmarks" / "results" / "mutation.json"
SURVIVORS = REPOSITORY / "benchmarks" / "mutation_survivors.yaml"
AREA = AREAS[0]
DIFF = "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n"
SURVIVOR = Mutant("overlaps.resolve", "survived", "return 1", "return 2")


@pytest.mark.parametrize(
    ("module", "name", "function"),
    [
        ("overlaps.py", "needful.overlaps.x_resolve__mutmut_12", "overlaps.resolve"),
        ("overlaps.py", "needful.overlaps.x__touches__mutmut_1", "overlaps._touches"),
        ("ledger/chain.py", "needful.ledger.chain.xǁChainǁ_read__mutmut_3", "ledger.chain.Chain._read"),
    ],
)
def test_a_mutant_is_named_by_module_class_and_function(module: str, name: str, function: str) -> None:
    assert Mutant.of(module, name, 1).function == function


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(1, "killed"), (3, "killed"), (-24, "timeout"), (36, "timeout"), (0, "survived"), (33, "survived")],
)
def test_a_mutant_that_no_test_reaches_survived(code: int, outcome: str) -> None:
    assert Mutant.of("overlaps.py", "needful.overlaps.x_resolve__mutmut_1", code).outcome == outcome


def test_a_mutant_that_was_not_tested_survived() -> None:
    assert not Mutant.of("overlaps.py", "needful.overlaps.x_resolve__mutmut_1", None).noticed


def test_the_changed_lines_are_read_from_the_diff() -> None:
    assert Mutant("overlaps.resolve", "survived").shown(DIFF) == SURVIVOR


def test_the_share_leaves_equivalent_mutants_out_and_no_others() -> None:
    killed = Mutant("overlaps.resolve", "killed")
    figures = figures_of(AREA, [killed, killed, Mutant("overlaps.resolve", "timeout"), SURVIVOR], "2026-11-24")
    assert (figures.mutants, figures.killed, figures.timeouts, figures.noticed) == (4, 2, 1, 3)
    reason = Reason("overlaps.resolve", "return 1", ("return 2", "return 3"), "because")
    assert figures.share([]) == 0.75
    assert figures.share([reason]) == 1.0
    assert figures.share([Reason(reason.function, reason.was, reason.now, reason.why, equivalent=False)]) == 0.75
    assert figures.share([Reason("overlaps.other", reason.was, reason.now, reason.why)]) == 0.75
    assert unexplained(figures, []) == [SURVIVOR]
    assert unexplained(figures, [reason]) == []
    assert Figures.parse(json.loads(json.dumps(figures.plain()))) == figures


def test_the_page_is_the_one_that_the_figures_make_and_every_survivor_is_explained() -> None:
    figures = [Figures.parse(each) for each in json.loads(RESULTS.read_text(encoding="utf-8"))]
    known = reasons(SURVIVORS)
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled(page, blocks(figures, known))
    assert [each.area for each in figures] == [area.name for area in AREAS]
    for each, area in zip(figures, AREAS, strict=True):
        assert unexplained(each, known) == []
        assert each.share(known) >= area.floor


def test_no_reason_is_left_over() -> None:
    survivors = [
        mutant for each in json.loads(RESULTS.read_text(encoding="utf-8")) for mutant in Figures.parse(each).survivors
    ]
    for reason in reasons(SURVIVORS):
        assert any(reason_for(mutant, [reason]) for mutant in survivors)
