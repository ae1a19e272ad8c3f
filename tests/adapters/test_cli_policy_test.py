"""`needful policy test`: what is said of failing tests, and coverage, updating, watching and JUnit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import CANARY, fails, fine, run

from needful.errors import PolicyError
from needful_cli.watching import watch, with_policies

POLICY = """\
needful: 1
name: small
version: 1
purposes:
  ask:
    fields: {page_content: scan}
    entities: {default: redact, EMAIL_ADDRESS: hash, PHONE_NUMBER: surrogate}
    detect: {ner: none, reason: numbers and addresses are enough here}
    limits: {records: 2}
"""
SUITE = """\
policy: small.yaml
purpose: ask
principal: {id: agent-7}
tests:
  - name: a page   # in plain sight
    text: See www.example.org, please.
    expect: See [URL], please.
  - name: addresses
    texts:
      Write to maria@example.com.: "Write to [EMAIL_ADDRESS#*]."
      Write to tom@example.com.: Write to tom.   # not yet
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the suite of a small policy, in the working directory; its last test fails."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(POLICY, "utf-8")
    suite = Path("small_test.yaml")
    suite.write_text(SUITE, "utf-8")
    return suite


FAILURE = 'small_test.yaml:11: addresses, row 2: documents[0].page_content: from character 10 on, expected "tom."'


def test_a_failing_row_is_told_by_line_name_and_first_difference(suite: Path) -> None:
    done = run("policy", "test", suite)
    assert done.exit_code == 4
    assert done.stdout.splitlines() == [FAILURE, "small_test.yaml: 2 of 3 passed"]


def test_several_suites_have_a_summary(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "other_test.yaml").write_text(SUITE, "utf-8")
    assert run("policy", "test", tmp_path).stdout.splitlines()[-1] == "2 suites: 4 of 6 passed"


def test_only_tests_with_a_name_run(suite: Path) -> None:
    assert fine("policy", "test", suite, "-k", "A PAGE") == "small_test.yaml: 1 of 1 passed, 2 left out\n"
    assert "no test has this in its name" in fails(2, "policy", "test", suite, "--filter", CANARY)


@pytest.mark.parametrize("flags", [("--json", "--watch"), ("--json", "--update"), ("--update", "--watch"), ("--yes",)])
def test_flags_that_do_not_go_together_are_refused(suite: Path, flags: tuple[str, ...]) -> None:
    assert "--" in fails(2, "policy", "test", suite, *flags)


def test_what_a_policy_loosens_is_said_in_every_report(suite: Path, tmp_path: Path) -> None:
    child = (
        "needful: 1\nname: child\nversion: 1\nextends: ./small.yaml\npurposes:\n  ask:\n"
        "    limits: {records: 3}\n    unsafe-allow: {limits.records: three are needed}\n"
    )
    (tmp_path / "child.yaml").write_text(child, "utf-8")
    (tmp_path / "child_test.yaml").write_text(SUITE.replace("small.yaml", "child.yaml"), "utf-8")
    said = fine("policy", "test", "child.yaml", "-k", "page").splitlines()
    assert said[0].startswith("child.yaml:8:20: ")
    assert "three are needed" in said[0]
    printed = json.loads(fine("policy", "test", "child.yaml", "-k", "page", "--json"))
    assert printed["suites"][0]["unsafe_allow"] == [
        {"purpose": "ask", "place": "limits.records", "reason": "three are needed"}
    ]
    fine("policy", "test", "child.yaml", "-k", "page", "--junit", "report.xml")
    (told,) = ElementTree.parse("report.xml").getroot().iter("property")  # noqa: S314 - our own file
    assert told.attrib == {"name": "unsafe-allow", "value": "ask: limits.records: three are needed"}
    # A rule of the parent is told where the parent has it.
    covered = fine("policy", "test", "child.yaml", "-k", "page", "--coverage")
    assert "small.yaml:7:33: no test exercises entity EMAIL_ADDRESS of ask" in covered
    assert "child.yaml:7:14: no test exercises limit records of ask" in covered


# coverage


def test_coverage_names_what_no_test_exercised(suite: Path) -> None:
    said = fine("policy", "test", suite, "-k", "page", "--coverage").splitlines()
    assert said == [
        "small_test.yaml: 1 of 1 passed, 2 left out",
        "small.yaml:7:33: no test exercises entity EMAIL_ADDRESS of ask",
        "small.yaml:7:54: no test exercises entity PHONE_NUMBER of ask",
        "small.yaml:9:14: no test exercises limit records of ask",
        "small.yaml: entities that no test exercises: EMAIL_ADDRESS, PHONE_NUMBER",
        "small.yaml: 2 of 5 rules exercised",
    ]


def test_coverage_can_be_required(suite: Path) -> None:
    assert run("policy", "test", suite, "-k", "page", "--require-coverage").exit_code == 4
    suite.write_text(
        SUITE.partition("  - name: addresses")[0]
        + "  - {name: mail, text: Ask a@example.com., expect: 'Ask [EMAIL_ADDRESS#*].'}\n"
        + "  - {name: phone, text: Call +49 30 901820., expect: 'Call [PHONE_NUMBER~*].'}\n"
        + "  - {name: too many, query: q, k: 3, expect: {refused: k-above-limit}}\n",
        "utf-8",
    )
    assert "5 of 5 rules exercised" in fine("policy", "test", suite, "--require-coverage")


def test_json_has_coverage_where_it_is_asked_for(suite: Path) -> None:
    printed = json.loads(fine("policy", "test", suite, "-k", "page", "--json", "--coverage"))
    (covered,) = printed["coverage"]
    assert covered["entities"] == ["EMAIL_ADDRESS", "PHONE_NUMBER"]
    assert covered["rules"][0] == {
        "kind": "field",
        "purpose": "ask",
        "name": "page_content",
        "source": "small.yaml",
        "line": 6,
        "column": 14,
        "exercised": True,
    }
    (ran,) = json.loads(run("policy", "test", suite, "--json").stdout)["suites"]
    assert [result.keys() for result in ran["results"]] == [{"name", "line", "problem"}] * 3


# junit


def test_junit_has_every_test_with_file_and_line(suite: Path) -> None:
    assert run("policy", "test", suite, "--junit", "report.xml").exit_code == 4
    root = ElementTree.parse("report.xml").getroot()  # noqa: S314 - our own file
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "3", "1")
    (element,) = root
    assert (element.tag, element.get("name"), element.get("failures")) == ("testsuite", "small_test.yaml", "1")
    assert [(case.get("name"), case.get("file"), case.get("line")) for case in element] == [
        ("a page", "small_test.yaml", "5"),
        ("addresses, row 1", "small_test.yaml", "10"),
        ("addresses, row 2", "small_test.yaml", "11"),
    ]
    (failure,) = element.iter("failure")
    assert failure.text == FAILURE
    assert failure.get("message") == FAILURE.partition("row 2: ")[2]


def test_junit_is_valid_whatever_a_name_holds_and_shows_nothing_that_came_out(suite: Path) -> None:
    name = '"<&>]]> \ufffd"'
    text = f"  - {{name: '{name}', text: {CANARY} called., expect: Nobody called.}}\n"
    suite.write_text(SUITE.partition("  - name: a page")[0] + text, "utf-8")
    assert run("policy", "test", suite, "--junit", "report.xml").exit_code == 4
    report = Path("report.xml").read_text("utf-8")
    assert next(ElementTree.fromstring(report).iter("testcase")).get("name") == name  # noqa: S314 - our own file
    assert CANARY.split()[0] not in report


def test_a_report_that_cannot_be_written_is_a_matter_of_usage(suite: Path) -> None:
    assert "cannot be written" in fails(2, "policy", "test", suite, "-k", "page", "--junit", "no/folder/report.xml")


# update


def test_an_update_is_shown_and_asked_for(suite: Path) -> None:
    done = run("policy", "test", suite, "--update", stdin="n\n")
    assert done.exit_code == 4
    assert "-      Write to tom@example.com.: Write to tom.   # not yet" in done.stdout
    assert "+      Write to tom@example.com.: Write to [EMAIL_ADDRESS#*].   # not yet" in done.stdout
    assert "Write 1 expectation to small_test.yaml?" in done.output
    assert suite.read_text("utf-8") == SUITE


def test_nobody_at_the_terminal_means_no(suite: Path) -> None:
    assert run("policy", "test", suite, "--update", stdin="").exit_code == 4
    assert suite.read_text("utf-8") == SUITE


@pytest.mark.parametrize("answer", [("--yes",), ()])
def test_an_update_changes_the_expectation_and_nothing_else(suite: Path, answer: tuple[str, ...]) -> None:
    said = fine("policy", "test", suite, "--update", *answer, stdin="y\n")
    assert said.splitlines()[-1] == "1 suite: 3 of 3 passed"
    assert suite.read_text("utf-8") == SUITE.replace("Write to tom.", "Write to [EMAIL_ADDRESS#*].")


def test_a_surrogate_is_written_as_a_wildcard(suite: Path) -> None:
    text = "  - {name: phone, text: Call +49 30 901820., expect: Call.}\n"
    suite.write_text(SUITE.partition("  - name: a page")[0] + text, "utf-8")
    fine("policy", "test", suite, "--update", "--yes")
    assert 'expect: "Call [PHONE_NUMBER~*]."' in suite.read_text("utf-8")


def test_what_must_be_absent_is_not_updated(suite: Path) -> None:
    text = f"  - {{name: leak, text: By {CANARY}., expect: {{text: By nobody., absent: [{CANARY}]}}}}\n"
    suite.write_text(SUITE.partition("  - name: a page")[0] + text, "utf-8")
    before = suite.read_text("utf-8")
    done = run("policy", "test", suite, "--update", "--yes")
    assert done.exit_code == 4
    assert "not updated: a text came out that must be absent" in done.stdout
    assert CANARY not in done.stdout
    assert suite.read_text("utf-8") == before


def test_what_an_update_cannot_mend_is_said(suite: Path) -> None:
    tests = (
        "  - {name: nobody, principal: {role: x}, text: a, expect: a}\n"
        "  - {name: back, text: a, expect: a, restore: {expect: {restored: 1}}}\n"
    )
    suite.write_text(SUITE.partition("  - name: a page")[0] + tests, "utf-8")
    done = run("policy", "test", suite, "--update", "--yes")
    assert "nobody: not updated: the request could not be made" in done.stdout
    assert "back: not updated: what restore expects is changed by hand" in done.stdout
    assert done.exit_code == 4


def test_a_byte_order_mark_and_line_ends_stay(suite: Path) -> None:
    suite.write_bytes(b"\xef\xbb\xbf" + SUITE.replace("\n", "\r\n").encode())
    fine("policy", "test", suite, "--update", "--yes")
    written = suite.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfpolicy: small.yaml\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_a_suite_that_changed_in_the_meantime_is_left_alone(suite: Path) -> None:
    from needful.testing import KeywordDetector, run_suite
    from needful_cli.failures import UsageProblems
    from needful_cli.updating import updated

    result = run_suite(suite, detector_for=lambda policy, purpose: KeywordDetector({}))
    suite.write_text(SUITE.replace("name: a page", "name: another page"), "utf-8")
    with pytest.raises(UsageProblems, match="was changed in the meantime"):
        updated(suite, result, yes=True)
    assert "another page" in suite.read_text("utf-8")


# watch


class Editor:
    """Stands in for the time between two looks: each sleep makes the next change, the last one ends the watching."""

    def __init__(self, *changes: Path) -> None:
        self._changes: Iterator[Path] = iter(changes)
        self._time = 1

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds < 1
        changed = next(self._changes, None)
        if changed is None:
            raise KeyboardInterrupt
        self._time += 1
        os.utime(changed, (self._time, self._time))


def test_a_change_of_a_suite_a_policy_or_a_parent_runs_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent, policy, suite, other = (tmp_path / name for name in ("base.yml", "p.yaml", "p_test.yaml", "other.yaml"))
    parent.write_text(POLICY, "utf-8")
    policy.write_text("needful: 1\nname: child\nversion: 1\nextends: base.yml\n", "utf-8")
    suite.write_text(SUITE.replace("small.yaml", "p.yaml"), "utf-8")
    other.write_text("", "utf-8")
    runs: list[int] = []
    editor = Editor(parent, other, policy, suite)
    watch(lambda: runs.append(len(runs)), lambda: with_policies([suite]), sleep=editor.sleep)
    assert runs == [0, 1, 2, 3]
    said = capsys.readouterr().out
    assert said.count("watching 3 files; Ctrl-C ends it") == 4
    assert [line for line in said.splitlines() if line.endswith(" changed")] == [
        f"{path} changed" for path in (parent, policy, suite)
    ]


def test_watching_goes_on_after_a_file_that_does_not_load_and_ends_after_its_rounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "p_test.yaml"
    suite.write_text("policy: [", "utf-8")

    def run_once() -> None:
        raise PolicyError("this does not load", code="policy")

    watch(run_once, lambda: with_policies([suite]), sleep=Editor(suite).sleep, rounds=2)
    assert capsys.readouterr().out.count("this does not load") == 2


def test_a_file_that_goes_and_comes_is_a_change(tmp_path: Path) -> None:
    suite = tmp_path / "p_test.yaml"
    suite.write_text("", "utf-8")
    runs: list[int] = []

    def sleep(seconds: float) -> None:
        if suite.exists():
            suite.unlink()
        else:
            suite.write_text("", "utf-8")

    watch(lambda: runs.append(1), lambda: [suite], sleep=sleep, rounds=3)
    assert len(runs) == 3


def test_parents_that_extend_each_other_are_watched_once(tmp_path: Path) -> None:
    for name, parent in (("p", "q"), ("q", "p")):
        (tmp_path / f"{name}.yaml").write_text(f"needful: 1\nextends: ./{parent}.yaml\n", "utf-8")
    suite = tmp_path / "p_test.yaml"
    suite.write_text(SUITE.replace("small.yaml", "p.yaml"), "utf-8")
    assert {path.name for path in with_policies([suite])} == {"p_test.yaml", "p.yaml", "q.yaml"}
    (tmp_path / "p.yaml").write_text("needful: 1\nextends: customer-service\n", "utf-8")
    assert {path.name for path in with_policies([suite])} == {"p_test.yaml", "p.yaml"}


def test_the_command_watches_until_it_is_interrupted_and_ends_with_0(suite: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from needful_cli.app import main; main()",
        "policy",
        "test",
        str(suite),
        "--watch",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("watching "):
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert said[0].startswith(FAILURE)
