"""What was probably meant: the close word, the key's own place, the words that are known here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from needful.policy.plain import Location, Tree
from needful.policy.rules import PARAMETERS, Rule
from needful.policy.text import BLANK, glued, look_alike, quoted

__all__ = ["ANY", "Shapes", "choice", "close", "known_keys"]

ANY = "*"
"""Any one step, in the pattern of a `Shapes` key."""

Shapes = Mapping[tuple[str, ...], type[BaseModel]]
"""Where (`("purposes", ANY, "limits")`) to the model that reads what stands there."""

CLOSE = 0.65

# `{reason: a flag, which names nobody}`
_AFTER_COMMA = "in braces, a comma ends the text: put the whole text in quotes"

# Where a key that stands at the wrong level belongs.
_PLACES: Mapping[tuple[str, ...], str] = {
    (): "at the top level",
    ("purposes", ANY): "under a purpose",
    ("purposes", ANY, "detect"): "under detect",
    ("purposes", ANY, "limits"): "under limits",
    ("purposes", ANY, "query"): "under query",
}


def close(word: str, known: Iterable[str], *, at_least: float = CLOSE) -> str:
    """Return `did you mean "…"?` where a known word is close to this one, else an empty text.

    Close is a `difflib` ratio of `at_least`, or being a part of exactly one known word (`last` of `keep_last`).
    """
    candidates = {candidate.casefold(): candidate for candidate in sorted(known)}
    word = word.casefold()
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=at_least)
    found = found or [candidate for candidate in candidates if word in candidate.split("_")]
    return f"did you mean {quoted(candidates[found[0]])}?" if len(found) == 1 else ""


def choice(word: str, known: Sequence[str], *, listed: Sequence[str] = ()) -> str:
    """Return what was probably meant, else what is known: `listed` where that is not all of it."""
    if glued(word):
        return BLANK
    return look_alike(word) or close(word, known) or f"known here: {', '.join(listed or known)}"


def known_keys(location: Location, tree: Tree, shapes: Shapes) -> str:
    """What to do about an unknown key: move it to its level, write the close word, or one of those that there are."""
    word, parent = str(location[-1]), location[:-1]
    if " " in word.strip() and tree.node(location) is None:
        return _AFTER_COMMA
    pattern = next((pattern for pattern in shapes if _fits(parent, pattern, tree)), None)
    if pattern is None:
        return look_alike(word) or "remove it, or check the indentation"
    if pattern in _PLACES:
        elsewhere = [place for at, place in _PLACES.items() if at in shapes and word in _names(shapes[at])]
        if elsewhere:
            return f"it belongs {' or '.join(elsewhere)}: check the indentation"
    return choice(word, _own(shapes[pattern], tree.node(parent)))


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _own(model: type[BaseModel], node: Any) -> list[str]:
    """The keys of a model; of a rule, those that its action has."""
    names, action = _names(model), node.get("action") if isinstance(node, dict) else None
    if not issubclass(model, Rule) or not isinstance(action, str):
        return names
    others = frozenset().union(*PARAMETERS.values()) - PARAMETERS.get(action, frozenset())  # type: ignore[call-overload]
    return [name for name in names if name not in others]


def _fits(location: Location, pattern: Sequence[str], tree: Tree) -> bool:
    """Whether a pattern is this place; a last step `action=scan` asks for that action there."""
    node = tree.node(location)
    if pattern and "=" in pattern[-1]:
        key, _, value = pattern[-1].partition("=")
        return isinstance(node, dict) and node.get(key) == value and _fits(location, pattern[:-1], tree)
    return len(location) == len(pattern) and all(
        want in (ANY, step) for want, step in zip(pattern, location, strict=True)
    )
