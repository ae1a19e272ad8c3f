"""What is allowed and a reviewer signs off: what is kept, loosened, or sent out as it is."""

from __future__ import annotations

from collections.abc import Iterator

from needful.policy.document import Rule, When
from needful.policy.finding import Finding
from needful.policy.linting.subject import Subject
from needful.policy.text import quoted
from needful.policy.walking import entity_rules, field_rules
from needful.values import Action

__all__ = ["kept", "loosened", "raw_question", "secrets_in_the_file"]


def kept(subject: Subject) -> Iterator[Finding]:
    """Find every keep, with its reason."""
    for place, rule in (*field_rules(subject.purpose, subject.at), *entity_rules(subject.purpose, subject.at)):
        if isinstance(rule, Rule) and rule.action is Action.KEEP:
            whom = f" for {_whom(rule.when)}" if rule.when else ""
            yield Finding(place, f"{quoted(str(place[3]))} is kept{whom}: {rule.reason}", side="key")


def _whom(when: When) -> str:
    return " and ".join(f"{name} {' or '.join(map(str, values))}" for name, values in when.items())


def loosened(subject: Subject) -> Iterator[Finding]:
    """Find what a purpose shows beyond its parent policy, with the reason."""
    for path, reason in subject.purpose.unsafe_allow.items():
        message = f"{quoted(path)} is looser here than in the parent policy: {reason}"
        yield Finding((*subject.at, "unsafe-allow", path), message, "a reviewer has to agree to this", "key")


def raw_question(subject: Subject) -> Iterator[Finding]:
    """Find that the question is embedded as it was asked."""
    if subject.purpose.query.embed == "raw":
        message = "the embedding model sees the question as it was asked, with the personal data in it"
        yield Finding((*subject.at, "query", "embed"), message, "write embed: redacted, or leave it out")


def secrets_in_the_file(subject: Subject) -> Iterator[Finding]:
    """Find operators whose key would stand in the policy."""
    for place, rule in entity_rules(subject.purpose, subject.at):
        yield from _secret(rule.operator, (*place, "params"))
    for place, field in field_rules(subject.purpose, subject.at):
        yield from _secret(getattr(field, "operator", None), (*place, "params"))


def _secret(operator: str | None, place: tuple[str | int, ...]) -> Iterator[Finding]:
    if operator == "encrypt":
        yield Finding(place, "a secret in the policy file", "use pseudonymize or hash: their key is not in the policy")
