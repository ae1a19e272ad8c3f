"""What the tests of policy suites share: a policy that has a little of everything, and a suite run beside it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from needful.policy import Policy
from needful.ports import Detector
from needful.testing import KeywordDetector, SuiteResult, run_suite

DETECTOR = KeywordDetector(
    {
        "PERSON": "Maria Keller|Tom Weiss",
        "EMAIL_ADDRESS": r"\w+@\w+\.\w+",
        "US_SSN": r"\d{3}-\d\d-\d{4}",
        "PHONE_NUMBER": r"\+\d{6,}",
        "CRYPTO": r"bc1\w+",
        "URL": r"www\.\w+\.\w+",
    }
)

POLICY = """\
needful: 1
name: tickets
version: 7
purposes:
  answer:
    when: {role: [agent, supervisor]}
    filter:
      metadata.tenant: {equals: $principal.tenant}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.title: {action: keep, reason: product names only}
      metadata.name: {action: pseudonymize, entity: PERSON}
      metadata.city:
        - {action: keep, reason: supervisors plan visits, when: {role: [supervisor]}}
        - {action: redact, when: {role: [agent]}}
      metadata.secret: drop-record
    entities:
      default: redact
      PERSON:
        - {action: pseudonymize, lasting: true, when: {role: [agent]}}
        - {action: surrogate, when: {role: [supervisor]}}
      EMAIL_ADDRESS: {action: mask, keep_last: 4}
      PHONE_NUMBER: drop-passage
      US_SSN: drop-record
      CRYPTO: deny
    detect: {recognizers: [tracking]}
    limits: {records: 2, passages: 2, characters: 200, score: 0.5}
    restore: {PERSON: {role: [supervisor]}}
recognizers:
  - {name: tracking, entity: TRACKING, regex: 'T\\d+'}
"""

HEAD = """\
policy: p.yaml
purpose: answer
principal: {id: agent-7, tenant: acme, role: agent}
tests:
"""


def detector_for(policy: Policy, purpose: str) -> Detector:
    """The keywords of these tests, for every purpose."""
    return DETECTOR


def written(folder: Path, tests: str, *, policy: str = POLICY, head: str = HEAD) -> Path:
    """Write a policy and its suite; return the suite's path."""
    (folder / "p.yaml").write_text(policy, "utf-8")
    suite = folder / "p_test.yaml"
    suite.write_text(head + indent(dedent(tests).strip("\n"), "  ") + "\n", "utf-8")
    return suite


def ran(folder: Path, tests: str, *, policy: str = POLICY, head: str = HEAD, named: str = "") -> SuiteResult:
    """Run a suite with the keyword detector."""
    return run_suite(written(folder, tests, policy=policy, head=head), detector_for=detector_for, named=named)


def problems(result: SuiteResult) -> dict[str, str]:
    """What went wrong, by the name of the test."""
    return {failure.name: failure.problem or "" for failure in result.failures}
