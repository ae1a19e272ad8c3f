"""The driver's side of the conversation: a peer's process, asked one thing after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Failed", "Process"]

BENCHMARKS = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A peer did not answer; the text is the class of its error."""


class Process:
    """A program of `peers/programs`, run by a Python of its own. `talk` sends one object and returns the answer."""

    def __init__(self, python: Path, program: str, *, verbose: bool = False) -> None:
        self._command = [str(python), "-P", "-m", f"peers.programs.{program}"]
        self._verbose = verbose

    def __enter__(self) -> Self:
        self._running = subprocess.Popen(  # noqa: S603  # our own command line
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Complaints of libraries may quote documents, invented though they are.
            stderr=None if self._verbose else subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=_environment(),
        )
        return self

    def talk(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send and wait. Raises `Failed` where the peer reports an error or ends."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        try:
            self._running.stdin.write(json.dumps(message) + "\n")
            self._running.stdin.flush()
            line = self._running.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed("the process ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        try:
            self._running.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._running.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._running.stdout.close()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANGCHAIN_", "LANGSMITH_"))}
    return {
        **kept,
        "PYTHONPATH": str(BENCHMARKS),
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
    } | ({} if sys.platform == "win32" else {"LC_ALL": "C.UTF-8"})
