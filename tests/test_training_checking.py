"""The shipped weights do what their committed figures say, and a check that finds otherwise fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SETS = (("tab_dev", None),)


@pytest.fixture
def checking(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(repository / "training"))
    path = list(sys.path)
    import checking

    monkeypatch.setattr(checking, "CHECKED", SETS)
    yield checking
    sys.path[:] = path


def figures(checking: ModuleType, folder: Path, change: float) -> Path:
    """The committed figures of the sets that are checked here, one of them moved."""
    committed = json.loads(checking.FIGURES.read_text("utf-8"))
    kept = {name: one for name, one in committed.items() if name.endswith("tab_dev")}
    kept["bundled tab_dev"]["recall"] += change
    path = folder / f"figures{change}.json"
    path.write_text(json.dumps(kept))
    return path


def test_the_committed_figures_are_reproduced(
    checking: ModuleType, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "FIGURES", figures(checking, tmp_path, 0))
    assert checking.check(shared_data / "pii") == 0


def test_a_figure_that_is_off_by_more_than_the_tolerance_fails_the_check(
    checking: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, near, far = (figures(checking, tmp_path, change) for change in (0, 0.004, -0.006))
    monkeypatch.setattr(checking, "measured", lambda _: json.loads(again.read_text()))
    monkeypatch.setattr(checking, "FIGURES", near)
    assert checking.check(tmp_path) == 0
    monkeypatch.setattr(checking, "FIGURES", far)
    assert checking.check(tmp_path) == 1


def test_a_set_that_is_not_there_fails_the_check(
    checking: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "FIGURES", figures(checking, tmp_path, 0))
    assert checking.check(tmp_path) == 1
