"""Remarks about what is around a policy: the environment that it is checked in, and the suite beside it."""

from __future__ import annotations

from collections.abc import Iterator

from needful.policy.finding import Finding
from needful.policy.linting.subject import Around
from needful.policy.loading import Policy
from needful.policy.text import quoted

__all__ = ["key_files", "missing_secrets", "untested_purposes"]

# The one variable that has a fallback (`needful.keys`, which imports more than a check needs).
_WITH_KEY_FILE = "NEEDFUL_KEY"


def missing_secrets(policy: Policy, around: Around) -> Iterator[Finding]:
    """Find a secret that is not in the environment, so that every question would end with an error."""
    variable = _variable(policy)
    if variable not in around.variables and variable != _WITH_KEY_FILE:
        message = f"the environment variable {variable} is not set here, and the policy's secret is read from it"
        yield Finding(("keys",), message, "set it to the output of: openssl rand -base64 32")


def key_files(policy: Policy, around: Around) -> Iterator[Finding]:
    """Find that the secret would be read from a key file."""
    variable = _variable(policy)
    if variable not in around.variables and variable == _WITH_KEY_FILE:
        message = f"{variable} is not set here, so a key file in the user's state directory is used"
        yield Finding(("keys",), message, "set it where several users or machines are to give one value one token")


def _variable(policy: Policy) -> str:
    return policy.keys.removeprefix("env:")


def untested_purposes(policy: Policy, around: Around) -> Iterator[Finding]:
    """Find purposes that no test of the suite asks for."""
    if around.tested is None:
        message = f"no purpose is tested: there is no suite {quoted(around.suite)} beside the policy that loads"
        yield Finding(("purposes",), message, "write one test a purpose; needful policy test runs them", "key")
        return
    for name in policy.purposes:
        if name not in around.tested:
            message = f"no test asks for the purpose {quoted(name)}"
            yield Finding(("purposes", name), message, f"add one to {around.suite}", "key")
