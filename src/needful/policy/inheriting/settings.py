"""Where a purpose's settings let more through than another's: who may ask, which records, how much, what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from needful.policy.document import Detect, FilterTest, Purpose, Range, When
from needful.policy.entities import entity_of
from needful.policy.plain import Location
from needful.values import Scalar

__all__ = ["Difference", "setting_differences"]

# What finds more comes later. Models of others cannot be compared, but any finds more than none.
_MODELS = ("none", "fast", "bundled")


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that lets more through. Places are within the purposes."""

    place: str
    """`limits.records`, as `unsafe-allow` names it."""
    shows: str
    says: str
    at: Location
    parent_at: Location


def setting_differences(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    """Yield the settings of a purpose that let more through than those of the one that it starts from."""
    if not _asks_for_no_less(child.when, parent.when):
        yield Difference("when", "more principals", "names fewer", ("when",), ("when",))
    yield from _filters(parent, child)
    yield from _filterable(parent, child)
    yield from _limits(parent, child)
    yield from _query(parent, child)
    yield from _detection(parent.detect, child.detect)
    yield from _found(parent, child)
    yield from _restored(parent, child)


def _asks_for_no_less(child: When | None, parent: When | None) -> bool:
    """Whether every principal that fits the child fits the parent."""
    given = child or {}
    return all(name in given and _among(given[name], wanted) for name, wanted in (parent or {}).items())


def _among(values: Iterable[Scalar], others: Iterable[Scalar]) -> bool:
    """Whether all values are among others. Values of different types are different: `1` is not `true`."""
    known = {(type(value), value) for value in others}
    return all((type(value), value) in known for value in values)


def _filters(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    for key, test in parent.filter.items():
        if key not in child.filter or not _lets_no_more(child.filter[key], test):
            at = ("filter", key)
            yield Difference(f"filter.{key}", "other records", "has another test", at, at)


def _lets_no_more(child: FilterTest, parent: FilterTest) -> bool:
    """Whether a test lets only records through that another does."""
    if child.excluding is not None and parent.excluding is not None:
        return _among(parent.excluding, child.excluding)
    if child.range is not None and parent.range is not None:
        return _bounds_no_less(child.range, parent.range)
    wanted, given = _values(parent), _values(child)
    return bool(wanted) and bool(given) and _among(given, wanted)


def _values(test: FilterTest) -> Sequence[Scalar]:
    return test.any or (() if test.equals is None else (test.equals,))


def _bounds_no_less(child: Range, parent: Range) -> bool:
    bounds, given = parent.model_dump(exclude_none=True), child.model_dump(exclude_none=True)
    return all(name in given and _is_no_wider(name, given[name], bound) for name, bound in bounds.items())


def _is_no_wider(name: str, given: float | str, bound: float | str) -> bool:
    if isinstance(given, str) or isinstance(bound, str):
        return given == bound
    return given >= bound if name in ("gt", "gte") else given <= bound


def _filterable(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    allowed = {item.key: item.operators for item in parent.filterable}
    for index, item in enumerate(child.filterable):
        added = [operator for operator in item.operators if operator not in allowed.get(item.key, ())]
        if added:
            shows, at = ", ".join(added), ("filterable", index)
            yield Difference(f"filterable.{item.key}", shows, "does not list it", at, ("filterable",))


def _limits(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    for name in ("records", "passages", "characters", "score", "privacy"):
        bound, given = getattr(parent.limits, name), getattr(child.limits, name)
        is_least = name in ("score", "privacy")
        if bound is None or (given is not None and (given >= bound if is_least else given <= bound)):
            continue
        yield _setting(("limits", name), given, bound)


def _query(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    if (parent.query.embed, child.query.embed) == ("redacted", "raw"):
        yield _setting(("query", "embed"), "raw", "redacted")


def _detection(parent: Detect, child: Detect) -> Iterator[Difference]:
    if not _finds_no_less(child.ner, parent.ner):
        yield _setting(("detect", "ner"), child.ner, parent.ner)
    if child.min_score > parent.min_score:
        yield _setting(("detect", "min_score"), child.min_score, parent.min_score)
    if child.max_characters > parent.max_characters:
        yield _setting(("detect", "max_characters"), child.max_characters, parent.max_characters)
    if {child.ner, parent.ner} <= {"fast", "bundled"} and not _is_biased_no_less(
        child.outside_bias, parent.outside_bias
    ):
        yield _setting(("detect", "outside_bias"), child.outside_bias, parent.outside_bias)


def _is_biased_no_less(child: float | None, parent: float | None) -> bool:
    # What the model does where a policy gives no bias is the model's: it cannot be compared with a given one.
    return child == parent or (child is not None and parent is not None and child > parent)


def _finds_no_less(child: str, parent: str) -> bool:
    if child in _MODELS and parent in _MODELS:
        return _MODELS.index(child) >= _MODELS.index(parent)
    return parent in ("none", child)


def _found(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    """Compare what is looked for: locales, recognizers, and known values with their entities."""
    before: Mapping[str, Iterable[str]] = _sought(parent)
    after = _sought(child)
    for name, wanted in before.items():
        missing = [each for each in wanted if each not in after[name]]
        if missing:
            yield Difference(f"detect.{name}", f"without {missing[0]}", "has it", ("detect", name), ("detect", name))


def _sought(purpose: Purpose) -> Mapping[str, Sequence[str]]:
    detect = purpose.detect
    known = [f"{known.field} as {entity_of(known, purpose)}" for known in detect.known]
    return {"locales": detect.locales, "recognizers": detect.recognizers, "known": known}


def _restored(parent: Purpose, child: Purpose) -> Iterator[Difference]:
    for entity, when in child.restore.items():
        at = ("restore", entity)
        if entity not in parent.restore:
            yield Difference(f"restore.{entity}", "restored", "does not restore it", at, ("restore",))
        elif not _asks_for_no_less(when, parent.restore[entity]):
            yield Difference(f"restore.{entity}", "more principals", "names fewer", at, at)


def _setting(at: tuple[str, str], given: object, bound: object) -> Difference:
    shows = "no value" if given is None else str(given)
    return Difference(".".join(at), shows, "gives none" if bound is None else f"says {bound}", at, at)
