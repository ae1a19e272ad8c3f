"""`needful audit report`: the page and its charts, the figures as CSV and JSON, and what becomes of hostile names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from audit_support import HOSTILE, POLICY, SHOWN, Page, every_kind, report_on
from cli_support import AGENT, CANARY, fails, fine, jsonl, run
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_entries import HASH, make_entry, tamper
from needful.errors import LedgerError
from needful.keys import Keys
from needful.ledger import SqliteLedger, Verification
from needful.ledger.notes import Signer
from needful.reporting import declared_by
from needful.values import Entry, Identity
from needful_cli.audit_filters import Period
from needful_cli.audit_page import page_of
from needful_cli.audit_report import report_of
from needful_cli.audit_style import STYLE
from needful_cli.audit_tidy import as_csv

Make = Callable[..., Path]
SIGNING = Keys(bytes(32))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a ledger of entries."""

    def made(*entries: Entry) -> Path:
        with SqliteLedger(tmp_path / "ledger.db") as opened:
            for entry in entries:
                opened.append(entry)
        return tmp_path / "ledger.db"

    return made


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Return the file of a policy whose reason has markup in it."""
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    return tmp_path / "policy.yaml"


@pytest.fixture
def page(make: Make, policy: Path, tmp_path: Path) -> Page:
    """Return a page in which every section has figures."""
    fine("audit", "report", "--ledger", make(*every_kind()), "--policy", policy, "-o", tmp_path / "r.html")
    return Page((tmp_path / "r.html").read_text("utf-8"))


def test_the_page_needs_nothing_else_and_runs_nothing(page: Page) -> None:
    assert {tag for tag, _ in page.elements} <= SHOWN
    for tag, attributes in page.elements:
        assert not {"src", "href", "xlink:href", "srcset", "style", "action"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert not re.search(r"url\(|@import|https?:", STYLE)
    (rules,) = [each["content"] for each in page.of("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert rules is not None
    assert rules.startswith("default-src 'none'")


def test_it_has_a_language_a_title_and_headings_in_order(page: Page) -> None:
    assert page.of("html") == [{"lang": "en"}]
    assert [data for tag, data in page.texts if tag == "title"] == ["What was disclosed, all entries"]
    assert len(page.of("h1")) == 1
    headings = [data for tag, data in page.texts if tag == "h2"]
    assert headings == [
        "Summary",
        "Disclosures over time by purpose",
        "Entities and fields by action",
        "Entities in questions",
        "Fields fetched against fields available",
        "Characters fetched against characters disclosed",
        "Records withheld by reason",
        "Refusals by reason",
        "Faults by reason",
        "Restorations",
        "What is kept, and why",
        "How to read this",
    ]


def test_beside_every_chart_there_is_a_table_and_every_chart_says_what_it_is(page: Page) -> None:
    charts = [each for each in page.of("svg") if each.get("role") == "img"]
    assert len(charts) == len(page.of("figure")) == 10
    assert all(each["aria-label"] for each in charts)
    assert len(page.of("table")) == len(charts) + 1
    assert len(page.of("caption")) == len(page.of("table"))
    order = [tag for tag, _ in page.elements if tag in ("figure", "table")]
    assert order[1:] == ["figure", "table"] * 10


def test_it_says_what_the_ledger_and_the_policies_say(page: Page) -> None:
    for said in (
        "The ledger verifies.",
        "2 questions were answered with 8 records.",
        "6 values treated in what was disclosed; 2 kept as they are.",
        "Of 8,000 characters of text fetched, 2,000 (25%) were shown.",
        "7 tokens were turned back into values, in 1 call.",
        "2 of 3",
        'answer-ticket.fields.metadata.title: <b>titles</b> are "harmless"',
        "2 rules show values as they are. 1 of them has kept nothing in this period.",
        "k-above-limit",
        "store-timeout",
        "drop-record",
    ):
        assert said in page.text


def test_the_reason_of_a_rule_is_text_and_no_markup(page: Page) -> None:
    assert page.of("b") == []


def hostile() -> list[Entry]:
    """Return entries whose every name would break out of a page."""
    names = {"purpose": HOSTILE, "fields": (HOSTILE,), "counts": {HOSTILE: {"keep": 1}}}
    named = {**names, "query_counts": {HOSTILE: {"redact": 1}}, "policy": Identity(HOSTILE, 1, HASH)}
    return [*every_kind(**named), make_entry(outcome="restored", **named)]


def test_names_that_are_markup_stay_text() -> None:
    page = Page(page_of(report_on(hostile())))
    assert {tag for tag, _ in page.elements} <= SHOWN
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text


@settings(max_examples=100)
@given(st.text(min_size=1), st.text(min_size=3))
def test_no_name_and_no_reason_adds_an_element(name: str, fault: str) -> None:
    entry = make_entry(purpose=name, fields=(name,), counts={name: {"keep": 1}}, withheld={name: 1})
    report = report_on([entry, make_entry(outcome="failed", reason=fault)])
    page = Page(page_of(report))
    assert {tag for tag, _ in page.elements} <= SHOWN
    page_of(report).encode("utf-8")


def test_a_ledger_that_does_not_verify_has_its_report_and_ends_with_7(make: Make, tmp_path: Path) -> None:
    path = make(*every_kind())
    tamper(path, "UPDATE entry SET salt = zeroblob(16) WHERE sequence = 3")
    assert "at entry 3" in fails(7, "audit", "report", "--ledger", path, "-o", tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text("utf-8"))
    assert "The ledger does not verify." in page.text
    assert "The first bad entry is 3." in page.text
    assert "The ledger verifies." not in page.text
    done = run("audit", "report", "--ledger", path, "--format", "json")
    assert done.exit_code == 7
    assert json.loads(done.stdout)["verification"]["entry"] == 3


def test_entries_that_cannot_be_read_end_the_figures_and_not_the_report(make: Make, tmp_path: Path) -> None:
    path = make(*every_kind())
    tamper(path, "UPDATE entry SET entry = 'nothing' WHERE sequence = 3")
    fails(7, "audit", "report", "--ledger", path, "--format", "json", "-o", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["verification"]["verified"] is False
    assert report["figures"]["entries"] == 2


# What covers the entries


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """Return a ledger of 4 entries, of which a checkpoint covers 3 and an anchor 2; anchors.txt lies beside it."""
    path = tmp_path / "signed.db"
    with SqliteLedger(path, keys=SIGNING) as opened:
        opened.append(make_entry())
        opened.append(make_entry())
    with SqliteLedger(path, keys=SIGNING) as opened:
        (tmp_path / "anchors.txt").write_text(opened.checkpoint() or "", "utf-8")
        opened.append(make_entry())
    with SqliteLedger(path) as opened:
        opened.append(make_entry())
    return path


def key() -> str:
    return str(Signer(SIGNING.signing_seed()).key)


def verification(ledger: Path, *arguments: str | Path) -> dict[str, Any]:
    done = fine("audit", "report", "--ledger", ledger, "--format", "json", *arguments)
    found: dict[str, Any] = json.loads(done)["verification"]
    return found


def test_the_report_says_what_the_last_checkpoint_covers_and_when_it_was_made(signed: Path) -> None:
    found = verification(signed)
    assert [found[name] for name in ("verdict", "checkpoint", "signed", "anchored")] == ["verified", 3, None, None]
    with SqliteLedger(signed) as opened:
        note = opened.checkpoint() or ""
    assert f"time {found['checkpoint_time']}\n" in note
    page = Page(fine("audit", "report", "--ledger", signed)).text
    time = found["checkpoint_time"]
    covered = f"was made {time[:10]} {time[11:19]} UTC and covers entries 1 to 3, not the last 1."
    assert f"The last checkpoint {covered} No key was given to this report" in page
    assert "Nothing that was kept elsewhere was given to this report" in page


def test_with_a_key_and_an_anchor_the_report_says_what_they_vouch_for(signed: Path, tmp_path: Path) -> None:
    evidence = ("--key", key(), "--anchor", tmp_path / "anchors.txt")
    found = verification(signed, *evidence)
    assert [found[name] for name in ("checkpoint", "signed", "anchored")] == [3, 3, 2]
    page = Page(fine("audit", "report", "--ledger", signed, *evidence)).text
    assert "It is signed with a key that was given to this report." in page
    assert "Anchored: a checkpoint that was kept elsewhere covers entries 1 to 2, not the last 2." in page
    rows = list(csv.reader(io.StringIO(fine("audit", "report", "--ledger", signed, "--format", "csv", *evidence))))
    assert ["verification", "checkpoint", found["checkpoint_time"], "3"] in rows
    assert ["verification", "signed", "", "3"] in rows
    assert ["verification", "anchored", "", "2"] in rows


def test_what_covers_everything_covers_all_entries(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db", keys=SIGNING) as opened:
        opened.append(make_entry())
    page = Page(fine("audit", "report", "--ledger", tmp_path / "ledger.db")).text
    assert re.search(r"The last checkpoint was made \S+ \S+ UTC and covers all entries\.", page)


def test_a_ledger_that_nobody_signed_is_said_to_be_unsigned(make: Make) -> None:
    path = make(make_entry())
    assert "nothing of this is signed" in Page(fine("audit", "report", "--ledger", path)).text
    found = verification(path, "--key", key())
    assert [found[name] for name in ("checkpoint", "checkpoint_time", "signed")] == [None, None, 0]
    rows = list(csv.reader(io.StringIO(fine("audit", "report", "--ledger", path, "--format", "csv"))))
    assert ["verification", "checkpoint", "", ""] in rows


def test_another_key_than_the_ledgers_is_a_ledger_that_does_not_verify(signed: Path) -> None:
    other = str(Signer(Keys(bytes([1] * 32)).signing_seed()).key)
    done = run("audit", "report", "--ledger", signed, "--key", other, "--format", "json")
    found = json.loads(done.stdout)["verification"]
    assert (done.exit_code, found["verdict"], found["fault"]) == (7, "tampered", "note-unsigned")
    assert [found[name] for name in ("checkpoint", "signed")] == [None, None]


def test_entries_that_an_anchor_has_and_the_ledger_has_not_are_said_to_be_cut_off(signed: Path, tmp_path: Path) -> None:
    last = "(SELECT max(sequence) FROM checkpoint)"
    counted = "UPDATE header SET checkpoints = (SELECT count(*) FROM checkpoint)"
    with SqliteLedger(signed) as opened:
        (tmp_path / "anchors.txt").write_text(opened.checkpoint() or "", "utf-8")
    tamper(
        signed,
        "DELETE FROM entry WHERE sequence > 2",
        f"DELETE FROM checkpoint WHERE sequence = {last}",  # noqa: S608 - our own words
        counted,
    )
    asked = ("audit", "report", "--ledger", signed, "--anchor", tmp_path / "anchors.txt", "-o", tmp_path / "r.html")
    fails(10, *asked)
    page = Page((tmp_path / "r.html").read_text("utf-8")).text
    assert "(truncated: truncated)" in page
    assert "The last checkpoint" not in page


def test_an_anchor_that_is_none_is_no_report(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "anchors.txt").write_text("no note", "utf-8")
    asked = ("audit", "report", "--ledger", signed, "--anchor", tmp_path / "anchors.txt")
    assert not run(*asked).stdout
    fails(7, *asked)


class Busy(SqliteLedger):
    """A ledger to which somebody else writes while it is verified."""

    def verify(self, **given: Any) -> Verification:
        """Verify, and let an entry come."""
        found = super().verify(**given)
        self.append(make_entry())
        return found


def test_nothing_is_reported_that_came_after_the_ledger_was_verified(make: Make) -> None:
    with Busy(make(make_entry(), make_entry())) as opened:
        report, _ = report_of(opened, "ledger.db", Period(), declared_by([]))
        assert opened.head()[0] == 3
    assert (report.checked.entries, report.figures.entries) == (2, 2)


def test_a_ledger_that_is_closed_is_not_said_to_be_broken(make: Make) -> None:
    opened = SqliteLedger(make(make_entry()))
    opened.close()
    with pytest.raises(LedgerError, match="closed"):
        report_of(opened, "ledger.db", Period(), declared_by([]))


def test_erased_entries_are_reported_by_reason(make: Make) -> None:
    path = make(*every_kind())
    with SqliteLedger(path) as opened:
        opened.erase(sequences=[1, 2], reason="retention")
    page = Page(fine("audit", "report", "--ledger", path))
    assert "Ledger entries erased by reason" in page.text
    assert "retention" in page.text
    assert "The ledger verifies." in page.text


def test_only_the_period_is_counted(make: Make) -> None:
    path = make(make_entry(time="2026-10-31T23:59:59.999999Z"), make_entry(time="2026-11-01T00:00:00.000000Z"))
    asked = ("audit", "report", "--ledger", path, "--format", "json")
    november = json.loads(fine(*asked, "--from", "2026-11-01", "--to", "2026-11-30"))
    assert (november["from"], november["to"]) == ("2026-11-01T00:00:00.000000Z", "2026-12-01T00:00:00.000000Z")
    assert november["figures"]["entries"] == 1
    assert november["verification"]["entries"] == 2
    assert json.loads(fine(*asked))["figures"]["entries"] == 2
    page = Page(fine("audit", "report", "--ledger", path, "--from", "2026-11-01", "--to", "2026-11-30"))
    assert "from 2026-11-01 00:00 UTC to before 2026-12-01 00:00 UTC" in page.text


def test_a_period_without_entries_is_said_to_have_none(make: Make) -> None:
    page = Page(fine("audit", "report", "--ledger", make(make_entry()), "--from", "2030-01-01"))
    assert "The ledger has no entries in this period." in page.text
    assert page.of("svg") == []


def test_without_a_policy_the_page_says_what_it_cannot_say(make: Make) -> None:
    page = Page(fine("audit", "report", "--ledger", make(*every_kind())))
    assert "No policy was given to this report" in page.text


def test_json_has_the_figures(make: Make, policy: Path) -> None:
    path = make(*every_kind())
    report = json.loads(fine("audit", "report", "--ledger", path, "--policy", policy, "--format", "json"))
    figures = report["figures"]
    assert report["verification"]["verified"] is True
    assert figures["outcomes"] == {"released": 2, "failed": 1, "refused": 1, "restored": 1}
    assert figures["policies"][0]["entries"] == 5
    assert figures["fields"][0]["available"] == ["metadata.never", "metadata.title", "page_content"]
    assert {one["rule"]["name"]: one["times"] for one in figures["keeps"]} == {"metadata.title": 2, "metadata.never": 0}


def test_csv_has_one_figure_a_line(make: Make, policy: Path, tmp_path: Path) -> None:
    output = tmp_path / "figures.csv"
    said = fine("audit", "report", "--ledger", make(*every_kind()), "--policy", policy, "--format", "csv", "-o", output)
    assert said == f"5 entries, the ledger verifies: {output}\n"
    rows = list(csv.reader(io.StringIO(output.read_bytes().decode(), newline="")))
    assert rows[0] == ["section", "key", "key2", "value"]
    assert {len(row) for row in rows} == {4}
    for row in (
        ["verification", "result", "", "verifies"],
        ["outcomes", "released", "", "2"],
        ["disclosed-records", "2026-11-25", "answer-ticket", "4"],
        ["treated", "PERSON", "pseudonymize", "4"],
        ["characters-disclosed", "answer-ticket", "", "2000"],
        ["refusals", "k-above-limit", "", "1"],
        ["restorations", "answer-ticket", "IBAN_CODE", "7"],
    ):
        assert row in rows
    assert len({tuple(row[:3]) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_is_a_formula(name: str) -> None:
    report = report_on([make_entry(purpose=name, counts={name: {"keep": 1}})])
    for row in csv.reader(io.StringIO(as_csv(report), newline="")):
        assert not row[1].startswith(("=", "+", "-", "@"))
        assert not row[2].startswith(("=", "+", "-", "@"))


def test_a_report_does_not_overwrite_its_ledger(make: Make) -> None:
    path = make(make_entry())
    before = path.read_bytes()
    assert "--output is the ledger" in fails(2, "audit", "report", "--ledger", path, "-o", path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_ends_with_2(make: Make, tmp_path: Path) -> None:
    asked = ("audit", "report", "--ledger", make(make_entry()), "-o", tmp_path / "nowhere" / "r.html")
    assert "the report cannot be written" in fails(2, *asked)


def test_a_policy_that_does_not_load_ends_with_3(make: Make, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("needful: 1\n", "utf-8")
    fails(3, "audit", "report", "--ledger", make(make_entry()), "--policy", tmp_path / "bad.yaml")


def test_a_ledger_that_is_not_there_ends_with_7(tmp_path: Path) -> None:
    fails(7, "audit", "report", "--ledger", tmp_path / "nowhere.db")


# Nothing leaks


def test_no_report_shows_what_was_asked_or_disclosed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEEDFUL_LEDGER", str(tmp_path / "ledger.db"))
    metadata = {"tenant": "acme", "name": CANARY, "product": "household"}
    jsonl(tmp_path / "d.jsonl", {"page_content": f"{CANARY} reported a flooded kitchen.", "metadata": metadata})
    where = ("--qdrant", "q", "--collection", "c")
    fine("index", "d.jsonl", *where)
    asked = ("--policy", "customer-service", "--purpose", "answer-ticket", "--principal", AGENT)
    fine("retrieve", f"What did {CANARY} report about the kitchen?", *where, *asked)
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        hashes = [found for stored in opened.entries() for found in (stored.entry.principal, stored.entry.query)]
    for form in ("html", "csv", "json"):
        text = fine("audit", "report", "--policy", "customer-service", "--format", form)
        assert "answer-ticket" in text
        for part in (CANARY, *CANARY.split(), "flooded", "agent-7", str(tmp_path), *hashes):
            assert part not in text


def test_the_time_of_a_report_is_utc_and_has_no_seconds(make: Make) -> None:
    with SqliteLedger(make(make_entry())) as opened:
        now = datetime(2026, 11, 26, 10, 20, 30, tzinfo=UTC)
        report, broken = report_of(opened, "ledger.db", Period(), declared_by([]), now=now)
    assert broken is None
    assert report.made == "2026-11-26T10:20:00.000000Z"
