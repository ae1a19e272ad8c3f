"""Which files a command about policies is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from needful_cli.failures import usage_error

__all__ = ["SUITE", "Paths", "yaml_files"]

SUITE = "_test"
Paths = Annotated[list[Path], typer.Argument(metavar="FILE|DIR", help="YAML files, or folders of them.")]


def yaml_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the YAML files in folders. Raises `UsageProblems` where there are none."""
    found = [file for path in paths for file in (_in_folder(path) if path.is_dir() else [path])]
    if not found:
        raise usage_error("there are no YAML files in the folder", "needful policy init NAME copies a starter policy")
    return list(dict.fromkeys(found))


def _in_folder(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())
