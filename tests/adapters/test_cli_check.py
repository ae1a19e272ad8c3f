"""`needful policy check`: which files it reads, what it prints in each format, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_support import fails, fine, run

from needful import __version__
from needful.policy.linting.rules import RULES
from needful.resources import policy_names

HEAD = "needful: 1\nname: small\nversion: 1\n"
SOUND = f"{HEAD}purposes:\n  answer:\n    fields: {{page_content: scan}}\n"
BROKEN = SOUND.replace("scan", "scna")
WARNED = f"{SOUND}    filterable: [{{key: ssn, operators: [prefix]}}]\n"
SUITE = """\
policy: {}
tests:
  - {{name: one, purpose: answer, principal: {{id: a}}, query: why, expect: {{withheld: 0}}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with a folder `policies` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEEDFUL_KEY", "set, and never read by a check")
    (tmp_path / "policies").mkdir()
    return tmp_path / "policies"


def written(folder: Path, name: str, text: str) -> Path:
    """Write a policy and a suite that asks for its purpose."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.with_name(f"{path.stem}_test{path.suffix}").write_text(SUITE.format(json.dumps(path.name)), "utf-8")
    return path


def test_a_policy_that_loads_is_said_to(folder: Path) -> None:
    written(folder, "a.yaml", SOUND)
    first, second = fine("policy", "check", "policies").splitlines()
    assert re.fullmatch(r"policies/a\.yaml: ok, small version 1, digest [0-9a-f]{64}", first)
    assert second == "policies/a_test.yaml: ok, 1 test"


def test_what_a_policy_extends_is_said(folder: Path) -> None:
    written(folder, "a.yaml", SOUND)
    written(folder, "b.yaml", f"{HEAD}extends: a.yaml\npurposes: {{answer: {{limits: {{records: 3}}}}}}\n")
    assert "b.yaml: ok, small version 1, extends small version 1, digest " in fine("policy", "check", folder)
    parent = json.loads(fine("policy", "check", "policies/b.yaml", "--json"))["files"][0]["parent"]
    assert parent.keys() == {"name", "version", "digest"}


def test_folders_below_are_checked_and_hidden_ones_are_not(folder: Path) -> None:
    for name in ("a.yaml", "deep/er/b.yml", ".hidden/c.yaml", "deep/.git/d.yaml"):
        written(folder, name, SOUND)
    (folder / "notes.txt").write_text("no policy")
    files = [each["file"] for each in json.loads(fine("policy", "check", "policies", "--json"))["files"]]
    assert [file for file in files if "_test" not in file] == ["policies/a.yaml", "policies/deep/er/b.yml"]
    assert "c.yaml: ok" in fine("policy", "check", "policies/.hidden")


def test_a_file_that_is_named_twice_is_checked_once(folder: Path) -> None:
    written(folder, "a.yaml", SOUND)
    assert len(fine("policy", "check", "policies", "policies/a.yaml").splitlines()) == 2


def test_a_folder_without_policies_ends_with_2(folder: Path) -> None:
    assert "no YAML files" in fails(2, "policy", "check", folder)


def test_remarks_end_with_0_and_warnings_with_3_where_they_count(folder: Path) -> None:
    sound, warned = written(folder, "a.yaml", SOUND), written(folder, "b.yaml", WARNED)
    kept = written(folder, "c.yaml", SOUND.replace("scan", "scan, a: {action: keep, reason: public}"))
    assert "warning: a caller can find out" in fine("policy", "check", warned)
    assert run("policy", "check", warned, "--strict").exit_code == 3
    assert ": note: " in fine("policy", "check", sound, kept, "--strict")
    assert run("policy", "check", written(folder, "d.yaml", BROKEN)).exit_code == 3


def test_the_starter_policies_pass_a_strict_check(folder: Path) -> None:
    for name in policy_names():
        fine("policy", "init", name, "--into", folder)
    fine("policy", "check", "policies", "--strict")


def test_a_policy_whose_suite_does_not_ask_for_a_purpose_is_warned_of(folder: Path) -> None:
    path = written(folder, "a.yaml", f"{SOUND}  audit:\n    fields: {{page_content: scan}}\n")
    assert 'a.yaml:7:3: warning: no test asks for the purpose "audit"' in fine("policy", "check", path)


@pytest.mark.parametrize("suite", [None, "tests: []\n", SUITE.format("another.yaml")])
def test_a_policy_without_a_suite_of_its_own_is_warned_of(folder: Path, suite: str | None) -> None:
    path = written(folder, "a.yaml", SOUND)
    beside = folder / "a_test.yaml"
    beside.unlink() if suite is None else beside.write_text(suite)
    assert 'no purpose is tested: there is no suite "a_test.yaml"' in fine("policy", "check", path)


def test_a_secret_that_is_not_set_is_warned_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder, "a.yaml", f"{SOUND}keys: env:NEEDFUL_TEST_SECRET\n")
    monkeypatch.delenv("NEEDFUL_TEST_SECRET", raising=False)
    assert "NEEDFUL_TEST_SECRET is not set here" in fine("policy", "check", path)
    monkeypatch.setenv("NEEDFUL_TEST_SECRET", "canary-of-the-environment")
    said = fine("policy", "check", path, "--format", "json")
    assert "is not set" not in said
    assert "canary" not in said


def test_json_has_the_id_of_everything(folder: Path) -> None:
    broken, warned = written(folder, "a.yaml", BROKEN), written(folder, "b.yaml", WARNED)
    done = run("policy", "check", broken, warned, "--format", "json")
    assert done.stdout == run("policy", "check", broken, warned, "--json").stdout
    first, second = json.loads(done.stdout)["files"]
    assert [problem["rule"] for problem in first["problems"]] == ["unknown-word"]
    assert [(lint["rule"], lint["severity"]) for lint in second["lints"]] == [("side-channel", "warning")]


def test_two_formats_at_once_are_refused(folder: Path) -> None:
    path = written(folder, "a.yaml", SOUND)
    assert "two different things" in fails(2, "policy", "check", path, "--json", "--format", "sarif")
    fails(2, "policy", "check", path, "--format", "xml")


def test_github_gets_one_command_for_each_thing_and_nothing_else(folder: Path) -> None:
    written(folder, "a.yaml", BROKEN)
    written(folder, "b.yaml", WARNED.replace("scan", "scan, '50%': {action: keep, reason: 'a: b, c'}"))
    done = run("policy", "check", folder, folder / "nowhere.yaml", "--format", "github")
    assert done.exit_code == 3
    first, second, third, fourth = done.stdout.splitlines()
    where = "file=policies/a.yaml,line=6,col=28,title=needful unknown-word"
    assert first == f'::error {where}::unknown action "scna" (did you mean "scan"?)'
    where = "file=policies/b.yaml,line=6,col=34,title=needful keep"
    assert second == f'::notice {where}::"50%25" is kept: a: b, c'
    where = "file=policies/b.yaml,line=7,col=18,title=needful side-channel"
    assert third.startswith(f'::warning {where}::a caller can find out "ssn" step by step by prefix (')
    where = "file=policies/nowhere.yaml,title=needful unreadable-file"
    assert fourth == f"::error {where}::there is no such file (check the path)"


def test_a_file_name_ends_no_github_command(folder: Path) -> None:
    written(folder, "a%,b:\nc.yaml", BROKEN)
    (line,) = run("policy", "check", folder / "a%,b:\nc.yaml", "--format", "github").stdout.splitlines()
    assert line.startswith("::error file=policies/a%25%2Cb%3A%0Ac.yaml,line=6,col=28,title=")


def sarif(*arguments: str | Path) -> Any:
    """The SARIF log of a check, whose structure is as SARIF 2.1.0 says."""
    log = json.loads(run("policy", "check", *arguments, "--format", "sarif").stdout)
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run_,) = log["runs"]
    assert run_.keys() == {"tool", "columnKind", "results"}
    assert run_["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = run_["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("needful", __version__)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
    for result in run_["results"]:
        assert result.keys() == {"ruleId", "ruleIndex", "level", "message", "locations"}
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        region = location["physicalLocation"].get("region", {"startLine": 1, "startColumn": 1})
        assert all(type(number) is int and number >= 1 for number in region.values())
    return log


def test_sarif_has_every_rule_and_every_result(folder: Path) -> None:
    written(folder, "a b.yaml", BROKEN)
    written(folder, "b.yaml", WARNED.replace("scan", "scan, b: {action: keep, reason: public}"))
    (only,) = sarif(folder, "nowhere.yaml")["runs"]
    assert [rule["id"] for rule in only["tool"]["driver"]["rules"]] == list(RULES)
    found = [(each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]) for each in only["results"]]
    assert found == [
        (
            "unknown-word",
            "error",
            {
                "artifactLocation": {"uri": "policies/a%20b.yaml"},
                "region": {"startLine": 6, "startColumn": 28},
            },
        ),
        (
            "keep",
            "note",
            {"artifactLocation": {"uri": "policies/b.yaml"}, "region": {"startLine": 6, "startColumn": 34}},
        ),
        (
            "side-channel",
            "warning",
            {"artifactLocation": {"uri": "policies/b.yaml"}, "region": {"startLine": 7, "startColumn": 18}},
        ),
        ("unreadable-file", "error", {"artifactLocation": {"uri": "nowhere.yaml"}}),
    ]
    assert only["results"][0]["message"]["text"] == 'unknown action "scna" (did you mean "scan"?)'


def test_a_file_outside_the_working_directory_has_an_absolute_uri(folder: Path, monkeypatch: Any) -> None:
    path = written(folder, "a.yaml", BROKEN)
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    (result,) = sarif("../a.yaml")["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()


def test_a_check_without_remarks_is_a_run_without_results(folder: Path) -> None:
    assert sarif(written(folder, "a.yaml", SOUND))["runs"][0]["results"] == []
