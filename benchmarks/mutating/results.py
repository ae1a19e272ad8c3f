"""What became of the mutants, and the reasons given for those that survived."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from mutating.areas import Area

__all__ = ["Figures", "Mutant", "Reason", "figures_of", "reason_for", "reasons", "unexplained"]

# mutmut's exit codes: pytest's 1 and 3 (a failure, an internal error), SIGXCPU and mutmut's own for out of time,
# signals that ended the test process.
_KILLED = frozenset({1, 3, -11, -9, -6})
_TIMEOUT = frozenset({36, 24, -24, 152, 255})
_NAME = re.compile(r"\.x(?:ǁ(?P<owner>\w+)ǁ|_)(?P<function>\w+?)__mutmut_[0-9]+$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the code: where, and how the tests ended. `was` and `now` are the changed lines of a survivor."""

    function: str
    outcome: str
    was: str = ""
    now: str = ""

    @classmethod
    def of(cls, module: str, name: str, code: int | None) -> Mutant:
        """Read mutmut's name and exit code. Raises `ValueError` for a name of another form."""
        found = _NAME.search(name)
        if found is None:
            raise ValueError("mutmut names its mutants otherwise")
        names = (module.removesuffix(".py").replace("/", "."), found["owner"], found["function"])
        outcome = "killed" if code in _KILLED else "timeout" if code in _TIMEOUT else "survived"
        return cls(".".join(filter(None, names)), outcome)

    @property
    def noticed(self) -> bool:
        """Whether a test failed, or did not come to an end."""
        return self.outcome != "survived"

    def shown(self, diff: str) -> Mutant:
        """The mutant with the lines that a unified diff takes away and adds."""
        lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
        was, now = (" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+")
        return replace(self, was=was, now=now)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a mutant survives: `equivalent` ones do what the code does, the others are left on purpose."""

    function: str
    was: str
    now: tuple[str, ...]
    why: str
    equivalent: bool = True


def reasons(path: Path) -> list[Reason]:
    """Read the reasons. Raises `TypeError` or `KeyError` where one lacks something."""
    given = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return [
        Reason(**{**each, "now": (each["now"],) if isinstance(each["now"], str) else (*each["now"],)}) for each in given
    ]


def reason_for(mutant: Mutant, known: Iterable[Reason]) -> Reason | None:
    """The reason that was given for this change of this function."""
    fitting = (r for r in known if (r.function, r.was) == (mutant.function, mutant.was) and mutant.now in r.now)
    return next(fitting, None)


@dataclass(frozen=True, slots=True)
class Figures:
    """What an area's mutants came to on a day."""

    area: str
    date: str
    mutants: int
    killed: int
    timeouts: int
    survivors: tuple[Mutant, ...]

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> Figures:
        """Read what `plain` made."""
        return cls(**{**plain, "survivors": tuple(Mutant(**each) for each in plain["survivors"])})

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @property
    def noticed(self) -> int:
        """Mutants on which a test failed or did not come to an end."""
        return self.killed + self.timeouts

    def equivalent(self, known: Sequence[Reason]) -> int:
        """Survivors of which the reasons say that no test can tell them from the code."""
        found = (reason_for(mutant, known) for mutant in self.survivors)
        return sum(reason is not None and reason.equivalent for reason in found)

    def share(self, known: Sequence[Reason]) -> float:
        """Noticed mutants among those that can be noticed."""
        possible = self.mutants - self.equivalent(known)
        return self.noticed / possible if possible else 0.0


def figures_of(area: Area, mutants: Iterable[Mutant], date: str) -> Figures:
    """Count mutants."""
    every = list(mutants)
    outcomes = Counter(mutant.outcome for mutant in every)
    survivors = tuple(mutant for mutant in every if not mutant.noticed)
    return Figures(area.name, date, len(every), outcomes["killed"], outcomes["timeout"], survivors)


def unexplained(figures: Figures, known: Sequence[Reason]) -> list[Mutant]:
    """Survivors without a reason."""
    return [mutant for mutant in figures.survivors if reason_for(mutant, known) is None]
