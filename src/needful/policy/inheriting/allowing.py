"""What a child policy loosens, against what it says that it may: `unsafe-allow: {fields.metadata.city: the reason}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from needful.errors import Problem
from needful.policy.document import PolicyDocument
from needful.policy.finding import Finding
from needful.policy.inheriting.strictness import Loosening
from needful.policy.plain import Tree
from needful.policy.text import quoted

__all__ = ["loosening_problems", "needless_words"]

UNSAFE_ALLOW = "unsafe-allow"
# What stands in braces without quotation marks.
_BARE = re.compile(r"[\w.*$-]+")


def needless_words(document: PolicyDocument) -> Iterator[Finding]:
    """Yield what means nothing in a policy that extends no other."""
    hint = "remove it, or name the parent: extends: …"
    for name, purpose in document.purposes.items():
        at = ("purposes", name)
        if purpose.narrows is not None:
            yield Finding((*at, "narrows"), "narrows without extends", hint, "key")
        if purpose.unsafe_allow:
            yield Finding((*at, UNSAFE_ALLOW), f"{UNSAFE_ALLOW} without extends", hint, "key")


def loosening_problems(child: PolicyDocument, tree: Tree, found: Iterable[tuple[Tree, Loosening]]) -> Iterator[Problem]:
    """Yield what a child loosens without a reason of its own, and its reasons for what it does not loosen.

    `found` are the places, each with the parent's tree that it is compared with. A reason of the parent's says why the
    parent loosens something: it is no reason for its child.
    """
    allowed = {
        (name, place): ("purposes", name, UNSAFE_ALLOW, place)
        for name, purpose in child.purposes.items()
        for place in purpose.unsafe_allow
        if ("purposes", name, UNSAFE_ALLOW, place) not in tree.origins
    }
    excused = set()
    for parent, each in found:
        if (each.purpose, each.place) in allowed:
            excused.add((each.purpose, each.place))
        else:
            yield _problem(each, tree, parent)
    for entry, at in allowed.items():
        if entry not in excused:
            yield tree.problem(at, f"{quoted(entry[1])} allows nothing", "remove it", side="key")


def _problem(found: Loosening, tree: Tree, parent: Tree) -> Problem:
    line = parent.line(found.parent_at)
    message = f"{quoted(found.name)} is loosened{found.whom}: {found.shows}, where {line} {found.says}"
    place = found.place if _BARE.fullmatch(found.place) else f"'{found.place}'"
    # What the child has from its parent is looser only because the child's layout makes it another field.
    at = ("layout",) if tree.written(found.at) in tree.origins else found.at
    return tree.problem(at, message, f"tighten it, or allow it: {UNSAFE_ALLOW}: {{{place}: the reason}}")
