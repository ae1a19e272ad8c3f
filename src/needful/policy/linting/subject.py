"""What a lint looks at: one purpose of a policy, and what is around the policy file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from needful.policy.document import PolicyDocument, Purpose
from needful.policy.finding import Finding
from needful.policy.loading import Policy
from needful.policy.plain import Location

__all__ = ["Around", "Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One purpose, with the policy that it stands in."""

    policy: Policy
    name: str

    @property
    def document(self) -> PolicyDocument:
        """The whole policy."""
        return self.policy.document

    @property
    def purpose(self) -> Purpose:
        """The purpose itself."""
        return self.policy.purposes[self.name]

    @property
    def at(self) -> Location:
        """Where the purpose stands."""
        return ("purposes", self.name)

    def line(self, at: Location) -> str:
        """Name another place in a message: `line 12`, of a parent policy `line 12 of base.yaml`."""
        problem = self.policy.problem(Finding(at, ""))
        return f"line {problem.line}" + ("" if problem.source == self.policy.source else f" of {problem.source}")


@dataclass(frozen=True, slots=True)
class Around:
    """What the policy file alone does not say. `tested` are the purposes that the suite asks for."""

    suite: str
    """The name of the suite's file, whether or not it is there."""
    tested: frozenset[str] | None
    """None where there is no suite, or none that loads."""
    variables: frozenset[str] = field(default_factory=frozenset, repr=False)
    """The names of the environment variables that are set."""

    @classmethod
    def of(cls, suite: str, tested: frozenset[str] | None, environment: Mapping[str, str]) -> Around:
        """Take the names of what is set in an environment, never the values."""
        return cls(suite, tested, frozenset(name for name, value in environment.items() if value))
