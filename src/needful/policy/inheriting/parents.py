"""Where a policy's parent is: a starter policy by its name, or a file by its path from the child's folder."""

from __future__ import annotations

import os.path
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from needful.errors import NeedfulError, PolicyError, Problem
from needful.policy.plain import Tree
from needful.policy.suggestions import close
from needful.policy.text import quoted, read_file, refusal
from needful.resources import policy_names, policy_text

__all__ = ["LONGEST_CHAIN", "Source", "parent_of"]

LONGEST_CHAIN = 5
"""How many policies may stand above one: its parent, the parent's parent, and so on."""

EXTENDS = ("extends",)
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """A policy's text, what messages call it, and where the paths in it start."""

    text: str = field(repr=False)
    name: str
    folder: Path | None
    """None for a text that has no folder: it can extend starter policies only."""
    key: str = ""
    """What tells this policy from others: its real path, or the starter policy's name; empty for a text."""
    below: tuple[str, ...] = ()
    """The keys of the policies that extend this one, the first that was loaded first."""

    @classmethod
    def of_file(cls, path: str | os.PathLike[str], below: tuple[str, ...] = ()) -> Source:
        """Read a file. Raises `PolicyError` if it is not there, too large, or not UTF-8 text."""
        return cls(read_file(path, str(path)), str(path), Path(path).parent, os.path.realpath(path), below)


def parent_of(tree: Tree, child: Source) -> Source:
    """Return the source of the policy that this one extends.

    Raises `PolicyError`, which points at `extends`, where there is none, it extends itself, or the chain is too long.
    """
    name, below = tree.data["extends"], (*child.below, child.key)
    found = _file(name, tree, child, below) if _is_path(name) else _starter(name, tree, below)
    if found.key in below:
        raise _refused(tree, "a policy cannot extend itself, nor what extends it", f"{found.name} is below this one")
    if len(below) > LONGEST_CHAIN:
        raise _refused(tree, f"more than {LONGEST_CHAIN} policies above one", "extend one that is further up")
    return found


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(_ENDINGS)


def _file(name: str, tree: Tree, child: Source, below: tuple[str, ...]) -> Source:
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        raise _refused(tree, "the parent's path is absolute", "write it from this file's folder, such as ../base.yaml")
    if child.folder is None:
        hint = f"load it from its file; a starter policy is extended by its name: {_starters()}"
        raise _refused(tree, "the parent is a file, and this policy is none", hint)
    problem: Problem | None = None
    try:
        return Source.of_file(child.folder / name, below)
    except PolicyError as error:
        problem = error.problems[0]
    raise _refused(tree, f"the parent cannot be read: {problem.message}", problem.hint)


def _starter(name: str, tree: Tree, below: tuple[str, ...]) -> Source:
    try:
        return Source(policy_text(name), f"{name}.yaml", None, name, below)
    except NeedfulError:
        pass
    hint = close(name, policy_names()) or f"there are: {_starters()}; a file's name ends in .yaml"
    raise _refused(tree, f"there is no starter policy {quoted(name)}", hint)


def _starters() -> str:
    return ", ".join(policy_names()) or "none in this installation"


def _refused(tree: Tree, message: str, hint: str) -> PolicyError:
    return refusal([tree.problem(EXTENDS, message, hint)])
