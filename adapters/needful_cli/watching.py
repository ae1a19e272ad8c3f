"""`needful policy test --watch`: run again whenever a policy, a suite or a parent policy changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path

from needful.errors import NeedfulError
from needful_cli.failures import UsageProblems, lines
from needful_cli.output import say

__all__ = ["SECONDS", "watch", "with_policies"]

SECONDS = 0.5
"""Between two looks at the files."""

MAX_PARENTS = 20

Stamps = Mapping[Path, tuple[int, int]]


def watch(
    run: Callable[[], object],
    files: Callable[[], Iterable[Path]],
    *,
    sleep: Callable[[float], None] = time.sleep,
    rounds: int | None = None,
) -> None:
    """Run, and run again after each change of one of the files, until Ctrl-C or for a number of `rounds`.

    What a run raises is said, and watching goes on: a file that is being written may not load for a moment.
    """
    watched: Stamps = {}
    try:
        for done in count(1):
            # Before the run: what changes during it is a change.
            watched = _stamps(_files(files) or watched)
            _said(run)
            if done == rounds:
                return
            say(f"watching {len(watched)} file{'' if len(watched) == 1 else 's'}; Ctrl-C ends it")
            say(f"\n{_changed(watched, sleep)} changed")
    except KeyboardInterrupt:
        say()


def _files(files: Callable[[], Iterable[Path]]) -> list[Path]:
    """The files to watch; none where one of them is not there for the moment."""
    try:
        return list(files())
    except (NeedfulError, UsageProblems):
        return []


def _said(run: Callable[[], object]) -> None:
    try:
        run()
    except (NeedfulError, UsageProblems) as error:
        for line in lines(error):
            say(line)


def _changed(watched: Stamps, sleep: Callable[[float], None]) -> Path:
    """Wait for a change; return the file that changed, came or went."""
    while True:
        sleep(SECONDS)
        now = _stamps(watched)
        for path, stamp in watched.items():
            if now[path] != stamp:
                return path


def _stamps(files: Iterable[Path]) -> Stamps:
    return {path: _stamp(path) for path in dict.fromkeys(files)}


def _stamp(path: Path) -> tuple[int, int]:
    """When a file was changed and how large it is; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def with_policies(suites: Iterable[Path]) -> list[Path]:
    """Suites, their policies, and the files that those extend; what does not load is taken for what it is named as."""
    return [file for suite in suites for file in (suite, *_with_parents(_policy_of(suite)))]


def _policy_of(suite: Path) -> Path:
    from needful.policy.suites.suite import Suite

    try:
        return Suite.load(suite).policy
    except NeedfulError:
        return suite.with_name(suite.name.replace("_test.", "."))


def _with_parents(policy: Path) -> list[Path]:
    from needful.policy.plain import read
    from needful.policy.text import read_file

    chain = [policy]
    try:
        while len(chain) <= MAX_PARENTS:
            data = read(read_file(chain[-1], str(chain[-1])), str(chain[-1])).data
            parent = data.get("extends") if isinstance(data, dict) else None
            if not isinstance(parent, str) or not ({"/", "\\"} & set(parent) or parent.endswith((".yaml", ".yml"))):
                break  # without a parent, or with a starter policy, which is no file of the user's
            chain.append(chain[-1].parent / parent)
    except NeedfulError:
        pass  # what does not load is watched all the same
    return chain
