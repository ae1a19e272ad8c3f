"""The wheel has what the product needs, and works where it is installed; the lock fits the project file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from needful.errors import NeedfulError
from needful.resources import policy_names, policy_text, resource, suite_text

PACKAGES = (
    "needful",
    "needful_qdrant",
    "needful_presidio",
    "needful_faker",
    "needful_anchors",
    "needful_files",
    "needful_langchain",
    "needful_cli",
    "needful_ray",
)
# What is read in a fresh interpreter that has nothing of the checkout on its path.
READ_A_POLICY = """
import sys, needful
from needful.resources import policy_names, policy_text
sys.stdout.reconfigure(encoding="utf-8")
print(needful.__file__, *policy_names())
sys.stdout.write(policy_text(policy_names()[0]))
"""

Install = Callable[[Path], str]


def pip(*arguments: str | Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        *map(str, arguments),
        "--no-index",
        "--no-deps",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, repository)
    (built,) = folder.glob("needful-*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Install:
    """Return a function that runs a program where the wheel is installed into a folder, and gives its output."""
    target = tmp_path / "site"

    def run(way: Path) -> str:
        # site-packages is put back by hand: -S keeps the checkout's editable install off the path.
        paths = os.pathsep.join((str(way), *(path for path in sys.path if path.endswith("site-packages"))))
        done = subprocess.run(
            [sys.executable, "-S", "-c", READ_A_POLICY],
            env={**os.environ, "PYTHONPATH": paths},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    pip("install", "--target", target, wheel)
    return run


def test_the_wheel_holds_every_module_and_type_marker(repository: Path, contents: set[str]) -> None:
    folders = {package: repository / ("src" if package == "needful" else "adapters") for package in PACKAGES}
    expected = {
        path.relative_to(folder).as_posix()
        for package, folder in folders.items()
        for path in (folder / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert expected - contents == set()
    assert {f"{package}/py.typed" for package in PACKAGES} <= contents


def test_the_wheel_holds_every_policy(repository: Path, contents: set[str]) -> None:
    shipped = {f"needful/_resources/policies/{path.name}" for path in (repository / "policies").glob("*.yaml")}
    assert shipped
    assert shipped <= contents


def test_the_wheel_holds_nothing_else(contents: set[str]) -> None:
    roots = {name.split("/", maxsplit=1)[0] for name in contents}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES)
    assert {name.rpartition("/")[2] for name in contents if "/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_a_policy_is_read_from_an_installed_wheel(installed: Install, tmp_path: Path) -> None:
    first, _, text = installed(tmp_path / "site").partition("\n")
    assert first.startswith(str(tmp_path / "site" / "needful"))
    assert tuple(first.split()[1:]) == policy_names()
    assert text == policy_text(policy_names()[0])


def test_a_policy_is_read_from_a_wheel_that_is_not_unpacked(installed: Install, wheel: Path) -> None:
    first, _, text = installed(wheel).partition("\n")
    assert first.startswith(str(wheel))
    assert text == policy_text(policy_names()[0])


def test_a_clone_reads_its_own_policies(repository: Path) -> None:
    folder = repository / "policies"
    assert policy_names() == tuple(sorted(path.stem for path in folder.glob("*.yaml") if "_test" not in path.stem))
    for name in policy_names():
        assert policy_text(name) == (folder / f"{name}.yaml").read_text("utf-8")
        assert suite_text(name) == (folder / f"{name}_test.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", ["", "..", "../pyproject", "no-such-policy", "customer-service_test", "a\x00b"])
def test_a_policy_that_is_not_shipped_is_an_error_that_names_those_that_are(name: str) -> None:
    with pytest.raises(NeedfulError, match="customer-service"):
        policy_text(name)


@pytest.mark.parametrize(
    ("folder", "name"), [("policies", "../README.md"), ("..", "pyproject.toml"), ("policies", ""), ("no", "such.yaml")]
)
def test_a_name_does_not_lead_out_of_the_folder(folder: str, name: str) -> None:
    with pytest.raises(NeedfulError, match="no such shipped file"):
        resource(folder, name)


def test_the_lock_pins_what_the_project_asks_for(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    # The lock leaves Ray out: `make test-ray` installs it.
    extras = [group for name, group in project["project"]["optional-dependencies"].items() if name != "ray"]
    wanted = [Requirement(text) for group in (project["project"]["dependencies"], *extras) for text in group]
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", (repository / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    stale = [str(need) for need in wanted if not need.specifier.contains(pinned.get(canonicalize_name(need.name), "0"))]
    assert stale == [], "run: make lock"


def test_everything_in_the_lock_has_its_hash(repository: Path) -> None:
    entries = re.split(r"^(?=[a-z])", (repository / "requirements.lock").read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
