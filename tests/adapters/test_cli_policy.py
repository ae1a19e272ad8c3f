"""`needful policy`: check, test, explain, schema and init."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from cli_support import CANARY, fails, fine, run

from needful.policy import Policy
from needful.policy.plain import read
from needful.resources import policy_names, policy_text, suite_text

BROKEN = """\
needful: 1
name: broken
version: 1
purposes:
  answer:
    fields: {page_content: scna}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with the starter policy customer-service and its suite in it."""
    monkeypatch.chdir(tmp_path)
    fine("policy", "init", "customer-service", "--into", "policies")
    return tmp_path / "policies"


@pytest.mark.usefixtures("folder")
def test_a_policy_that_loads_is_said_to_with_its_remarks() -> None:
    said = fine("policy", "check", "policies").splitlines()
    assert any(line.startswith("policies/customer-service.yaml: ok, customer-service version") for line in said)
    assert any(line.startswith("policies/customer-service_test.yaml: ok, ") for line in said)
    assert any(": note: " in line and "is kept" in line for line in said)


def test_everything_wrong_is_said_with_file_line_and_column(folder: Path) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    done = run("policy", "check", "policies")
    assert done.exit_code == 3
    assert "policies/broken.yaml:6:28: " in done.stdout
    assert "policies/customer-service.yaml: ok" in done.stdout
    assert done.stderr == ""


def test_a_check_as_json_has_every_problem_and_remark(folder: Path) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    done = run("policy", "check", "policies/broken.yaml", "policies/customer-service.yaml", "--json")
    assert done.exit_code == 3
    broken, sound = json.loads(done.stdout)["files"]
    assert (broken["ok"], sound["ok"]) == (False, True)
    assert broken["problems"][0].keys() == {"rule", "source", "line", "column", "message", "hint"}
    assert {remark["severity"] for remark in sound["lints"]} <= {"note", "warning"}
    loaded = Policy.load("policies/customer-service.yaml")
    assert sound["policy"] == {"name": loaded.name, "version": loaded.version, "digest": loaded.digest}
    assert broken["policy"] is None


def test_a_suite_that_does_not_load_ends_with_3(folder: Path) -> None:
    (folder / "customer-service_test.yaml").write_text("policy: customer-service.yaml\ntests: []\n")
    assert run("policy", "check", folder).exit_code == 3
    assert run("policy", "test", folder).exit_code == 3


def test_a_file_that_is_not_there_ends_with_3_and_an_empty_folder_with_2(tmp_path: Path) -> None:
    done = run("policy", "check", tmp_path / "nowhere.yaml")
    assert done.exit_code == 3
    assert "nowhere.yaml:0:0: there is no such file" in done.stdout
    assert "nowhere.yaml:0:0: there is no such file" in fails(3, "policy", "test", tmp_path / "nowhere.yaml")
    assert "nowhere_test.yaml:0:0: there is no such" in fails(3, "policy", "test", tmp_path / "nowhere_test.yaml")
    assert "no YAML files" in fails(2, "policy", "check", tmp_path)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("named", ["policies", "policies/customer-service.yaml", "policies/customer-service_test.yaml"])
def test_a_suite_is_found_by_its_folder_its_policy_or_its_name(named: str) -> None:
    (said,) = fine("policy", "test", named).splitlines()
    assert said.startswith("policies/customer-service_test.yaml: ")
    assert said.endswith(" passed")


def test_a_failing_test_ends_with_4_and_is_named_with_its_line(folder: Path) -> None:
    suite = folder / "customer-service_test.yaml"
    suite.write_text(suite.read_text("utf-8").replace("absent: [Maria, ", f"absent: [flooded, {CANARY}, "), "utf-8")
    done = run("policy", "test", "policies")
    assert done.exit_code == 4
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("policies/customer-service_test.yaml:4: an agent sees what happened, ")
    assert " of " in last
    as_json = run("policy", "test", "policies", "--json")
    assert as_json.exit_code == 4
    results = json.loads(as_json.stdout)["suites"][0]["results"]
    assert [result["problem"] is None for result in results].count(False) == 1


def test_a_policy_without_a_suite_says_where_it_would_lie(folder: Path) -> None:
    (folder / "customer-service_test.yaml").unlink()
    said = fails(3, "policy", "test", "policies/customer-service.yaml")
    assert "policies/customer-service_test.yaml:0:0: there is no such file" in said
    assert "there is no test suite" in fails(2, "policy", "test", "policies")


def test_the_schema_accepts_the_starter_policies() -> None:
    schema = json.loads(fine("policy", "schema"))
    for name in policy_names():
        jsonschema.validate(read(policy_text(name), name).data, schema)


def test_init_without_a_name_lists_the_names() -> None:
    assert fine("policy", "init").split() == list(policy_names())


@pytest.mark.parametrize("name", policy_names())
def test_init_copies_a_policy_and_its_suite(tmp_path: Path, name: str) -> None:
    fine("policy", "init", name, "--into", tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / f"{name}.yaml").read_text("utf-8") == policy_text(name)
    assert (tmp_path / "a" / "b" / f"{name}_test.yaml").read_text("utf-8") == suite_text(name)


@pytest.mark.parametrize("there", ["customer-service.yaml", "customer-service_test.yaml"])
def test_init_never_overwrites(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    assert "is there already" in fails(2, "policy", "init", "customer-service", "--into", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_init_names_the_policies_that_there_are() -> None:
    assert "customer-service" in fails(2, "policy", "init", "nothing-like-it")


def test_init_into_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in fails(2, "policy", "init", "customer-service", "--into", tmp_path / "file" / "x")
