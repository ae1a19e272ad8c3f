"""benchmarks/soak.py: a run of a few seconds, whether each rule can be broken, and the page that it writes."""

from __future__ import annotations

import copy
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

import soak  # noqa: E402  # benchmarks/ is not installed
from ledger_entries import make_entry  # noqa: E402
from needful.errors import PolicyError, StoreError  # noqa: E402
from needful.ledger import SqliteLedger  # noqa: E402
from needful.policy import Policy  # noqa: E402
from needful.testing import LeakProbe  # noqa: E402
from needful.testing.disguises import Forms  # noqa: E402
from soaking import page, suites  # noqa: E402
from soaking.faults import FAULTS, Journey  # noqa: E402
from soaking.judging import judge  # noqa: E402
from soaking.leftovers import in_digests, looked_at  # noqa: E402
from soaking.measuring import Line, growth, percentiles, warm_up  # noqa: E402
from soaking.rules import GROWTH, held, load_rows  # noqa: E402
from soaking.running import Load, ledger_figures  # noqa: E402
from soaking.running import soak as soaked  # noqa: E402
from soaking.setup import Log, Setup  # noqa: E402
from soaking.turns import Turn  # noqa: E402
from soaking.world import DAMAGED, LATER, POLICY, Canaries, new_stem  # noqa: E402


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """What two processes make of three seconds."""
    return soaked(Load(seconds=3, processes=2, callers=3, records=60, faulty=0.4))


def test_a_few_seconds_break_no_rule(figures: dict[str, Any]) -> None:
    assert [row.what for row in load_rows(figures) if row.holds is False] == []
    assert figures["calls"] > 0
    assert figures["ledger"]["receipts"] > 0
    assert sum(figures["faults"].values()) > 0
    assert {"documents", "errors", "callbacks", "logs", "ledger files", "hashes in files"} <= figures["taps"].keys()


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("violations", "a field or a tenant that the policy does not allow", 1),
        ("taps", "documents", 1),
        ("ledger", "lost", 1),
        ("ledger", "without receipt", 1),
        ("ledger", "verdict", "entry-missing"),
        (None, "tokens lost", 1),
        (None, "memory", [{"start": 1, "warm": 100, "end": 103, "percent": 3.0}]),
    ],
)
def test_every_rule_can_be_broken(figures: dict[str, Any], part: str | None, name: str, value: object) -> None:
    longer = {**copy.deepcopy(figures), "seconds": 600}
    (longer if part is None else longer[part])[name] = value
    assert not held(load_rows(longer))


def test_growth_of_a_short_run_is_printed_and_not_judged(figures: dict[str, Any]) -> None:
    grown = {**figures, "memory": [{"start": 1, "warm": 100, "end": 150, "percent": 50.0}]}
    assert held(load_rows(grown))
    assert "+50.00 %" in page.table(load_rows(grown))


# what a call is held to


def setup_of(folder: Path, canaries: Canaries) -> Setup:
    """As much of a set-up as judging needs."""
    log = Log(folder / "calls.tsv")
    job = SimpleNamespace(stem=canaries.stem)
    parts = {"job": job, "log": log, "digests": frozenset(), "tokens": set(), "known": lambda ids: []}
    return cast(Setup, SimpleNamespace(**parts))


def turn_with(canary: str, **given: Any) -> Turn:
    """A call that is over."""
    return Turn("search-faq", cast(Any, None), f"about {canary}", (canary,), {}, Journey(), **given)


def document(text: str, receipt: int = 1, **fields: object) -> Document:
    """A document as version 1 of the policy would have it."""
    proof = {"receipt": receipt, "entry": "ab", "policy": "soak@1"}
    return Document(page_content=text, metadata={"product": "motor", **fields, "needful": proof})


@pytest.mark.parametrize("shown", [str, str.upper, lambda canary: canary[::-1], lambda canary: canary.encode().hex()])
def test_a_canary_in_a_document_is_seen(tmp_path: Path, shown: Any) -> None:
    canaries = Canaries(new_stem())
    canary = canaries.new()
    setup = setup_of(tmp_path, canaries)
    judge(setup, turn_with(canary, outcome=[document("nothing")]))
    assert setup.log.counts["tap: documents"] == 0
    judge(setup, turn_with(canary, outcome=[document(shown(canary))]))
    assert setup.log.counts["tap: documents"] > 0
    judge(setup, turn_with(canary, error=StoreError(f"no {shown(canary)}")))
    assert setup.log.counts["tap: errors"] > 0
    assert "no fault: a canary at errors of StoreError" in setup.log.violations
    setup.log.close()


def test_another_processes_canary_is_seen_by_its_stem(tmp_path: Path) -> None:
    canaries = Canaries(new_stem())
    setup = setup_of(tmp_path, canaries)
    judge(setup, turn_with(canaries.new(), outcome=[document(canaries.new())]))
    assert setup.log.counts["tap: documents"] == 1
    setup.log.close()


def chained() -> StoreError:
    """An error that keeps what it was made from."""
    error = StoreError("refused")
    error.__cause__ = ValueError("x")
    return error


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"error": ValueError("x")}, "an error that is not ours"),
        ({"error": KeyboardInterrupt()}, "an error that is not ours"),
        ({"error": chained()}, "an error with a chain"),
        ({"outcome": [document("x", product="elsewhere")]}, "a field or a tenant"),
        ({"outcome": [document("x", internal={})]}, "a field or a tenant"),
        ({"outcome": [document("x", kind="faq")]}, "fields of another policy"),
        ({"outcome": [document("x"), document("x", receipt=2)]}, "two receipts"),
    ],
)
def test_what_a_call_may_not_do_is_a_violation(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    setup = setup_of(tmp_path, Canaries(new_stem()))
    judge(setup, turn_with("canary", **given))
    assert [what for what in setup.log.violations if said in what]
    setup.log.close()


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if "documents" not in fault.ends_in])
def test_documents_in_spite_of_a_fault_are_a_violation(tmp_path: Path, fault: Any) -> None:
    setup = setup_of(tmp_path, Canaries(new_stem()))
    turn = turn_with("canary", outcome=[document("x")])
    turn.journey = Journey(fault, fired=True)
    judge(setup, turn)
    assert [*setup.log.violations] == [f"{fault.name}: ended in documents"]
    setup.log.close()


def line(sequence: int, digest: str, documents: int = 1) -> Line:
    """A call that was answered."""
    return Line("documents", 1.0, "", "", sequence, digest, documents, "x")


def test_a_receipt_that_is_not_in_the_ledger_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with SqliteLedger(path) as ledger:
        receipt = ledger.append(make_entry())
    right = line(receipt.sequence, receipt.entry_hash)
    wrong, later = line(receipt.sequence, "00"), line(receipt.sequence + 1, receipt.entry_hash)
    found = ledger_figures(path, [right, wrong, later, line(0, ""), line(0, "", documents=0)])
    assert found == {"entries": 1, "receipts": 3, "lost": 2, "without receipt": 1, "verdict": "verifies"}


def test_files_are_searched_for_canaries_and_their_hashes(tmp_path: Path) -> None:
    canaries = Canaries(new_stem())
    canary = canaries.new()
    hashed = min(digests_of(canary))
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "one").write_bytes(b"\0" * ((4 << 20) - 5) + canary.encode() + f' "{hashed}"'.encode())
    probe = LeakProbe([canaries.stem])
    looked_at(probe, tmp_path)
    assert probe.doors["ledger files"] > 0
    assert in_digests(tmp_path, [canary, canaries.new()]) == 1


def digests_of(canary: str) -> frozenset[str]:
    """The digests that a probe looks for."""
    return Forms(canary).digests


# figures


def test_the_two_policies_load_and_the_damaged_one_does_not() -> None:
    assert Policy.parse(POLICY).digest != Policy.parse(LATER).digest
    with pytest.raises(PolicyError):
        Policy.parse(DAMAGED)


@given(st.lists(st.floats(0, 1e6), min_size=2))
def test_percentiles_lie_between_the_fastest_and_the_slowest(times: list[float]) -> None:
    found = percentiles(times)
    assert min(times) - 0.1 <= found["p50"] <= found["p99"] <= found["max"] <= max(times) + 0.1


def test_growth_is_of_what_comes_after_the_warm_up() -> None:
    samples = [(float(second), 100 if second < 60 else 200 + second // 200 * 10) for second in range(600)]
    assert growth(samples, 60) == {"start": 0.0, "warm": 0.0, "end": 0.0, "percent": 10.0}
    assert growth([(0.0, 0)], 0) == {}
    assert growth(samples, 60)["percent"] > GROWTH


def test_a_warm_up_is_a_minute_or_a_fifth_and_never_most_of_the_run() -> None:
    assert [warm_up(seconds) for seconds in (20, 100, 200, 300, 600)] == [10, 50, 60, 60, 120]


# tests as rows


REPORT = """<testsuites><testsuite>
<testcase classname="tests.adapters.test_fail_closed_store" name="test_a_store_hangs[sync]"/>
<testcase classname="tests.adapters.test_fail_closed_store" name="test_a_store_hangs[async]"><failure/></testcase>
<testcase classname="tests.adapters.test_fail_closed_input" name="test_nul[1]"><skipped/></testcase>
<testcase classname="tests.test_policy_bad_input" name="test_one"/>
<testcase classname="tests.test_policy_bad_input" name="test_two"><properties><property name="tried" value="1200"/>
<property name="found" value="nothing"/></properties></testcase>
<testcase classname="tests.test_other" name="test_three"><error/></testcase>
</testsuite></testsuites>"""


def test_a_report_of_pytest_becomes_rows() -> None:
    found = suites.cases(REPORT)
    rows = suites.rows_of(found, REPOSITORY)
    hangs, nul, policy = rows
    assert (hangs["table"], hangs["what"], hangs["passed"], hangs["failed"]) == ("faults", "a store hangs", 1, 1)
    assert (nul["table"], nul["skipped"]) == ("inputs", 1)
    assert (policy["table"], policy["passed"]) == ("inputs", 2)
    others = {"passed": 0, "failed": 1, "skipped": 0}
    about = {"date": "2026-01-01", "machine": "x", "long": False, "rows": rows, "others": others}
    made = page.everything({"tests": {"tests/test_x.py": about}})
    assert [row.what for row in made if row.holds is False] == ["a store hangs", "tests of no table"]
    assert [row.result for row in made[:3:2]] == ["1 of 2, short form", "2 of 2, short form; tried 1,200"]


def test_leaks_in_the_leak_test_break_its_row() -> None:
    leaks = {"date": "2026-01-01", "machine": "x", "canaries": 10_000, "failed": 1, "rounds": 6, "hits": 2}
    assert not held(page.everything({"leaks": leaks}))
    assert held(page.everything({"leaks": {**leaks, "failed": 0}}))


# the page


def published() -> str:
    return soak.PAGE.read_text("utf-8")


def test_the_page_is_what_the_last_results_say() -> None:
    stored = json.loads(soak.RESULTS.read_text("utf-8"))
    assert page.rendered(stored) == published(), "run benchmarks/soak.py --render"


def test_every_row_of_the_page_has_its_five_cells() -> None:
    rows = [line for line in published().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.replace("\\|", "").strip("|").split("|")] for row in rows]
    assert cells.count(list(page.HEAD)) == 3
    assert {len(row) for row in cells} == {len(page.HEAD)}
    assert all(all(row) for row in cells)


def test_the_page_says_what_machine_it_was_and_not_which() -> None:
    said = [line for line in published().splitlines() if line.startswith("Measured on")]
    assert said
    assert all(
        re.match(r"Measured on \w+, \d+ cores, (\d+ GiB of memory, )?Python [\d.]+: [a-z, ]+\.$", one) for one in said
    )
    assert str(REPOSITORY) not in published() + soak.RESULTS.read_text("utf-8")


def test_the_page_of_nothing_says_that_nothing_ran() -> None:
    assert page.rendered({}).count("Not run yet.") == 3
