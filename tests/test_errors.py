"""Errors: one tree, static text, and the same error again after a pickle."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import TypeVar

import pytest

import needful
from needful import errors
from needful.errors import ChainBroken, LedgerError, LedgerWriteError, NeedfulError, PolicyError, Problem

E = TypeVar("E", bound=NeedfulError)
KINDS = [getattr(errors, name) for name in errors.__all__ if name != "Problem"]


def pickled(error: E) -> E:
    twin: E = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    return twin


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_a_needful_error_that_can_be_imported_from_the_package(kind: type[NeedfulError]) -> None:
    assert issubclass(kind, NeedfulError)
    assert getattr(needful, kind.__name__) is kind


def test_the_two_ledger_errors_are_ledger_errors() -> None:
    assert issubclass(LedgerWriteError, LedgerError)
    assert issubclass(ChainBroken, LedgerError)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_an_error_is_the_same_after_a_pickle(
    kind: type[NeedfulError], again: Callable[[NeedfulError], NeedfulError]
) -> None:
    error = kind("it failed", code="it-failed", hint="try this")
    twin = again(error)
    assert type(twin) is kind
    assert (str(twin), twin.message, twin.code, twin.hint) == (
        "it failed (try this)",
        "it failed",
        "it-failed",
        "try this",
    )


def test_a_hint_stands_in_parentheses_and_only_where_there_is_one() -> None:
    assert str(NeedfulError("it failed")) == "it failed"
    assert str(NeedfulError("it failed", hint="try this")) == "it failed (try this)"


def test_without_a_code_the_kind_is_the_code() -> None:
    assert LedgerWriteError("it failed").code == "LedgerWriteError"


def test_a_pickle_leaves_chain_and_frames_behind() -> None:
    error = NeedfulError("it failed")
    error.__cause__ = RuntimeError("canary")
    error.add_note("canary")
    assert b"canary" not in pickle.dumps(error)


def test_a_policy_errors_text_is_a_line_a_problem() -> None:
    problems = [Problem("a.yaml", 3, 7, "unknown key", "did you mean fields?"), Problem("a.yaml", 0, 0, "no purposes")]
    error = PolicyError.of(problems)
    assert str(error) == "a.yaml:3:7: unknown key (did you mean fields?)\na.yaml:0:0: no purposes"
    assert error.problems == tuple(problems)
    assert error.code == "policy"
    twin = pickled(error)
    assert (str(twin), twin.problems, twin.code) == (str(error), error.problems, error.code)


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("sequence", [None, 1, 2**63 - 1])
def test_a_broken_chain_names_its_first_bad_entry_after_a_pickle_too(
    again: Callable[[ChainBroken], ChainBroken], sequence: int | None
) -> None:
    twin = again(ChainBroken("it broke", code="entry-changed", hint="restore a copy", sequence=sequence))
    assert (str(twin), twin.code, twin.sequence) == ("it broke (restore a copy)", "entry-changed", sequence)


def test_a_broken_chain_need_not_know_the_entry() -> None:
    assert ChainBroken("it broke").sequence is None
