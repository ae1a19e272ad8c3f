"""The files that Needful ships: starter policies, and whatever else a later folder holds.

A wheel carries them inside the package; a clone and an editable install read the repository's own folder, so that an
edited policy is the one that runs. Nothing is looked up anywhere else.
"""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from needful.errors import NeedfulError

__all__ = ["policy_names", "policy_text", "resource", "suite_text"]

POLICIES = "policies"
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def resource(folder: str, name: str) -> Traversable:
    """Return a shipped file, to be read with its `read_text` or `read_bytes`.

    Folder and name are single plain path parts, so that a name cannot lead out of the folder. Raises `NeedfulError`
    where there is no such file.
    """
    if PLAIN_NAME.fullmatch(folder) and PLAIN_NAME.fullmatch(name):
        found = _folder(folder) / name
        if found.is_file():
            return found
    raise NeedfulError("no such shipped file", code="resource-missing", hint="reinstall needful, or check the name")


def policy_names() -> tuple[str, ...]:
    """Name the starter policies, in alphabetical order, without `.yaml`."""
    folder = _folder(POLICIES)
    if not folder.is_dir():
        return ()
    names = (Path(entry.name) for entry in folder.iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml" and not name.stem.endswith("_test")))


def policy_text(name: str) -> str:
    """Return the YAML of a starter policy. Raises `NeedfulError`, with the names there are, on any other name."""
    return _starter(name, ".yaml")


def suite_text(name: str) -> str:
    """Return the YAML of a starter policy's test suite. Raises `NeedfulError` on any other name."""
    return _starter(name, "_test.yaml")


def _starter(name: str, ending: str) -> str:
    names = policy_names()
    if name not in names:
        hint = f"there are: {', '.join(names)}" if names else "reinstall needful"
        raise NeedfulError("no starter policy of this name", code="resource-missing", hint=hint)
    return resource(POLICIES, name + ending).read_text("utf-8")


def _folder(name: str) -> Traversable:
    package = files("needful")
    packaged = package / "_resources" / name
    # Path: a package imported from a zip file has no repository around it.
    if packaged.is_dir() or not isinstance(package, Path):
        return packaged
    return package.parents[1] / name
