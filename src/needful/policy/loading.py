"""Loading a policy: YAML text in, a frozen, valid policy out, or every problem with its file, line and column.

    text → plain YAML (`plain`) → models (`document`) → names and sense (`checks`) → Policy

A policy that extends another is merged with it between the first two steps (`extending`), and compared with it at the
end (`strictness`). A policy never changes and nothing reloads by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import rfc8785

from needful.errors import PolicyError, Problem
from needful.policy.checks import findings
from needful.policy.document import Layout, PolicyDocument, Purpose, Recognizer
from needful.policy.finding import Finding
from needful.policy.inheriting.allowing import loosening_problems, needless_words
from needful.policy.inheriting.extending import extended
from needful.policy.inheriting.parents import EXTENDS, Source, parent_of
from needful.policy.inheriting.relocating import relocated
from needful.policy.inheriting.strictness import loosened, loosened_fields
from needful.policy.plain import Tree, read
from needful.policy.text import refusal
from needful.policy.validating import document_of
from needful.values import Identity

__all__ = ["Allowed", "Policy"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a policy, or one that it extends, loosens with `unsafe-allow`, and why."""

    purpose: str
    place: str
    """`fields.metadata.city`, `limits.records`."""
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that loaded: it is valid, it can be used, and it never changes.

    `digest` is the SHA-256 (hex) of the RFC 8785 form of the file's data, as written: comments, order and layout of
    the file do not count, a default that is spelled out does. What it takes from a parent counts like its own, so a
    change of the parent changes the digest. `source` is the file as it was named, for messages.
    """

    document: PolicyDocument = field(repr=False, hash=False)
    digest: str
    source: str
    _tree: Tree = field(repr=False, compare=False)
    parent: Identity | None = None
    """The policy that this one extends."""

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Policy:
        """Read a policy file. Raises `PolicyError` with every problem, each with file, line and column."""
        return _loaded(Source.of_file(path))

    @classmethod
    def parse(cls, text: str, source: str = "<string>", *, folder: Path | None = None) -> Policy:
        """Read a policy from text; `source` names it in messages. Raises `PolicyError` like `load`.

        `folder` is where the path of a parent starts; without it, a text can extend a starter policy only.
        """
        return _loaded(Source(text, source, folder))

    def problem(self, finding: Finding) -> Problem:
        """Say where in the file a finding is."""
        return _problem(finding, self._tree)

    def __reduce__(self) -> tuple[object, ...]:
        return _checked, (self._tree, self.parent)

    def __copy__(self) -> Policy:
        """Return the policy itself: it never changes."""
        return self

    def __deepcopy__(self, memo: object) -> Policy:
        """Return the policy itself: it never changes."""
        return self

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.document.name

    @property
    def version(self) -> int:
        """The policy's revision."""
        return self.document.version

    @property
    def language(self) -> str:
        """The language of the texts, ISO 639-1."""
        return self.document.language

    @property
    def layout(self) -> Layout:
        """Where the collection keeps text and metadata."""
        return self.document.layout

    @property
    def keys(self) -> str:
        """Where the secret is, such as `env:NEEDFUL_KEY`."""
        return self.document.keys

    @property
    def purposes(self) -> Mapping[str, Purpose]:
        """What data may be asked for, by name."""
        return self.document.purposes

    @property
    def recognizers(self) -> tuple[Recognizer, ...]:
        """The policy's own recognizers."""
        return self.document.recognizers

    @property
    def allowed(self) -> tuple[Allowed, ...]:
        """What is loosened on purpose, in this policy or one that it extends, and why: for reviews and reports."""
        return tuple(
            Allowed(name, place, reason)
            for name, purpose in self.purposes.items()
            for place, reason in purpose.unsafe_allow.items()
        )

    @property
    def identity(self) -> Identity:
        """Name, revision and digest: what the ledger records."""
        return Identity(self.name, self.version, self.digest)


def _loaded(source: Source) -> Policy:
    tree = read(source.text, source.name)
    if isinstance(tree.data, dict) and "needful" in tree.data and isinstance(tree.data.get("extends"), str):
        return _tightened(tree, _parent(tree, source))
    return _checked(tree)


def _parent(tree: Tree, child: Source) -> Policy:
    source = parent_of(tree, child)
    problems: tuple[Problem, ...] = ()
    try:
        return _loaded(source)
    except PolicyError as error:
        problems = error.problems
    raise PolicyError.of([tree.problem(EXTENDS, "the parent does not load", "mend this first"), *problems])


def _tightened(own: Tree, parent: Policy) -> Policy:
    """The policy of a child's tree: valid with what it takes from its parent, and no looser."""
    start = relocated(parent._tree, parent.layout, own)
    policy = _checked(extended(own, start), parent.identity)
    found = [(start, each) for each in loosened(document_of(start), policy.document)]
    if start is not parent._tree:
        found += [(parent._tree, each) for each in loosened_fields(parent.document, policy.document)]
    problems = list(loosening_problems(policy.document, policy._tree, found))
    if problems:
        raise refusal(problems)
    return policy


def _checked(tree: Tree, parent: Identity | None = None) -> Policy:
    document = document_of(tree)
    found = [*findings(document), *(needless_words(document) if document.extends is None else ())]
    problems = [_problem(finding, tree) for finding in found if not _is_idle(finding, tree)]
    if problems:
        raise _refusal(problems, tree)
    digest = hashlib.sha256(rfc8785.dumps(tree.data)).hexdigest()
    return Policy(document, digest, tree.source, tree, parent)


def _is_idle(finding: Finding, tree: Tree) -> bool:
    """Whether it is a parent's entity rule: it may act on nothing in a child that detects less."""
    return finding.at[2:3] == ("entities",) and tree.written(finding.at) in tree.origins


def _refusal(problems: list[Problem], tree: Tree) -> PolicyError:
    """Sort a file's own problems first; where a parent's part no longer fits, say so at `extends`, and then where."""
    foreign = [problem for problem in problems if problem.source != tree.source]
    if not foreign:
        return refusal(problems)
    hint = "what the parent says there is given below"
    told = tree.problem(EXTENDS, "the parent does not fit what this policy changes", hint)
    own = [problem for problem in problems if problem.source == tree.source]
    return PolicyError.of([*refusal([*own, told]).problems, *refusal(foreign).problems])


def _problem(finding: Finding, tree: Tree) -> Problem:
    return tree.problem(finding.at, finding.message, finding.hint, side=finding.side)
