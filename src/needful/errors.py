"""The errors of Needful.

    NeedfulError
    ├── PolicyError          a policy does not load, or cannot be used with this set-up
    ├── AccessDenied         a request was refused; the refusal is in the ledger
    ├── StoreError           the vector store refused, timed out or answered garbage
    ├── DetectionError       a detector failed; its result must not be taken for "nothing found"
    ├── VaultError           a key or the vault is missing or wrong
    └── LedgerError
        ├── LedgerWriteError the entry could not be made durable, so nothing was returned
        └── ChainBroken      the ledger does not verify

Messages are static text with names, numbers and positions that the policy or our own code knows. They never hold
a value, a query, or a foreign exception's text (a Qdrant error echoes the response body).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "AccessDenied",
    "ChainBroken",
    "DetectionError",
    "LedgerError",
    "LedgerWriteError",
    "NeedfulError",
    "PolicyError",
    "Problem",
    "StoreError",
    "VaultError",
]


class NeedfulError(Exception):
    """The base of every error that Needful raises on purpose.

    `code` is a stable kebab-case word for programs and the ledger, `hint` says what to do next.
    """

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.code = code or type(self).__name__
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Exception pickles `args` only, which would put the hint into the message twice.
        return _rebuild, (type(self), self.message, self.code, self.hint)


def _rebuild(kind: type[NeedfulError], message: str, code: str, hint: str) -> NeedfulError:
    return kind(message, code=code, hint=hint)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a policy file. Lines and columns count from 1; 0 means the whole file."""

    source: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.source}:{self.line}:{self.column}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class PolicyError(NeedfulError):
    """A policy does not load, or needs something that is not there. `problems` has file, line and column."""

    def __init__(self, message: str, *, code: str = "", hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, code=code, hint=hint)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> PolicyError:
        """Make the error whose text is one line a problem."""
        return cls("\n".join(str(problem) for problem in problems), code="policy", problems=problems)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_policy, (self.message, self.code, self.hint, self.problems)


def _rebuild_policy(message: str, code: str, hint: str, problems: tuple[Problem, ...]) -> PolicyError:
    return PolicyError(message, code=code, hint=hint, problems=problems)


class AccessDenied(NeedfulError):
    """A request was refused. It is final for this request; the ledger has it under the same `code`."""


class StoreError(NeedfulError):
    """The vector store refused, timed out, or answered something that is not an answer."""


class DetectionError(NeedfulError):
    """A detector failed. A failure is never the same as having found nothing."""


class VaultError(NeedfulError):
    """A key or the vault is missing, unreadable or wrong."""


class LedgerError(NeedfulError):
    """The ledger cannot be read or written."""


class LedgerWriteError(LedgerError):
    """The entry could not be made durable, so nothing was returned."""


class ChainBroken(LedgerError):
    """The ledger does not verify: an entry was changed, removed or put in.

    `sequence` is the number of the first entry that does not hold, counting from 1; None where no entry is to blame.
    A last row whose number no ledger gives keeps that number.
    """

    def __init__(self, message: str, *, code: str = "", hint: str = "", sequence: int | None = None) -> None:
        super().__init__(message, code=code, hint=hint)
        self.sequence = sequence

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_broken, (self.message, self.code, self.hint, self.sequence)


def _rebuild_broken(message: str, code: str, hint: str, sequence: int | None) -> ChainBroken:
    return ChainBroken(message, code=code, hint=hint, sequence=sequence)
