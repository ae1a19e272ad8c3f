"""What two policies say beside rules, compared: filters, limits, detection, the question, restoring, the whole file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from needful.policy.changes.orders import Order, of_numbers, of_sets, of_whens
from needful.policy.changes.subjects import Part, Subject, Verdict
from needful.policy.document import Detect, FilterTest, PolicyDocument, Purpose, Range
from needful.policy.entities import entity_of
from needful.policy.wording import layout_worded, number, scalar, whom

__all__ = ["document_subjects", "setting_subjects"]

NOTHING = "nothing"
_REFERENCE = "$principal."
_NER = {"none": 0, "fast": 1, "bundled": 2}
"""Of the models whose recall is known (docs/detection.md), the worse first."""


def document_subjects(old: PolicyDocument, new: PolicyDocument) -> Iterator[Subject]:
    """Yield what no purpose says."""
    for name, before, after in (
        ("language", old.language, new.language),
        ("layout", layout_worded(old.layout), layout_worded(new.layout)),
        ("keys", old.keys, new.keys),
        ("extends", old.extends or NOTHING, new.extends or NOTHING),
    ):
        yield _equal("policy", name, before, after)


def setting_subjects(name: str, old: PolicyDocument, new: PolicyDocument) -> Iterator[Subject]:
    """Yield what a purpose of both policies says beside its rules."""
    before, after = old.purposes[name], new.purposes[name]
    yield from _filters(before, after)
    yield from _limits(before, after)
    yield from _detection(before, after)
    yield from _recognizers(name, old, new)
    yield from _question(before, after)
    yield from _restoring(before, after)


def _subject(part: Part, name: str, order: Order, old: str, new: str, **details: str) -> Subject:
    return Subject.fixed(part, name, Verdict(order, old, new, details.get(order, "")))


def _equal(part: Part, name: str, old: str, new: str) -> Subject:
    return _subject(part, name, "same" if old == new else "differs", old, new)


# which records


def _filters(old: Purpose, new: Purpose) -> Iterator[Subject]:
    for key in dict.fromkeys((*old.filter, *new.filter)):
        before, after = old.filter.get(key), new.filter.get(key)
        order = _order(before, after)
        yield _subject(
            "filter", f"filter {key}", order, _said(before), _said(after), more="more records", less="fewer records"
        )
    callers = [{item.key: frozenset[object](item.operators) for item in each.filterable} for each in (old, new)]
    for key in dict.fromkeys((*callers[0], *callers[1])):
        operators = [each.get(key, frozenset()) for each in callers]
        words = [", ".join(sorted(map(str, each))) or "not allowed" for each in operators]
        more = "a caller can find records by it"
        yield _subject("filter", f"callers filter by {key}", of_sets(*operators), *words, more=more)


def _said(test: FilterTest | None) -> str:
    if test is None:
        return "not filtered"
    if test.range is not None:
        return ", ".join(f"{bound} {limit}" for bound, limit in test.range.model_dump(exclude_none=True).items())
    if test.excluding is not None:
        return f"except {', '.join(map(scalar, test.excluding))}"
    if test.any is not None:
        return f"any of {', '.join(map(scalar, test.any))}"
    return f"equals {scalar(test.equals)}" if test.equals is not None else NOTHING


def _order(old: FilterTest | None, new: FilterTest | None) -> Order:
    if old == new:
        return "same"
    if old is None or new is None:
        return "more" if new is None else "less"
    if old.range is not None and new.range is not None:
        return _of_ranges(old.range, new.range)
    wanted, excluded = (_wanted(old), _wanted(new)), (_excluded(old), _excluded(new))
    if wanted[0] is not None and wanted[1] is not None:
        return of_sets(wanted[0], wanted[1])
    if excluded[0] is not None and excluded[1] is not None:
        return of_sets(excluded[1], excluded[0])
    return "differs"


def _wanted(test: FilterTest) -> frozenset[object] | None:
    values = test.any if test.any is not None else () if test.equals is None else (test.equals,)
    return frozenset((type(value), value) for value in values) if values else None


def _excluded(test: FilterTest) -> frozenset[object] | None:
    return None if test.excluding is None else frozenset((type(value), value) for value in test.excluding)


def _of_ranges(old: Range, new: Range) -> Order:
    """Compare ranges of numbers, each bound by itself; a range of times or of the principal's is not ordered."""
    bounds = [each.model_dump(exclude_none=True) for each in (old, new)]
    if any(isinstance(limit, str) for each in bounds for limit in each.values()):
        return "same" if bounds[0] == bounds[1] else "differs"
    lower, upper = ([_end(each, names) for each in bounds] for names in (("gt", "gte"), ("lt", "lte")))
    wider = lower[1] <= lower[0] and upper[1] >= upper[0]
    closer = lower[1] >= lower[0] and upper[1] <= upper[0]
    return "same" if wider and closer else "more" if wider else "less" if closer else "differs"


def _end(bounds: dict[str, Any], names: tuple[str, str]) -> tuple[float, int]:
    """Where a range ends on one side, to be compared: `gt 5` begins above `gte 5`, `lt 5` ends below `lte 5`."""
    strict, inclusive = names
    sign = 1 if strict == "gt" else -1
    ends = [(bounds[strict], sign)] if strict in bounds else []
    ends += [(bounds[inclusive], 0)] if inclusive in bounds else []
    return (max if sign > 0 else min)(ends, default=(-sign * math.inf, 0))


# how much of them


def _limits(old: Purpose, new: Purpose) -> Iterator[Subject]:
    for name in ("records", "passages", "characters"):
        values = [getattr(each.limits, name) for each in (old, new)]
        words = ["no limit" if value is None else number(value) for value in values]
        bounds = [math.inf if value is None else value for value in values]
        yield _subject(
            "limit", f"limits.{name}", of_numbers(*bounds), *words, more=f"more {name}", less=f"fewer {name}"
        )
    scores = [each.limits.score for each in (old, new)]
    words = ["no least score" if score is None else f"{score:g}" for score in scores]
    least = [-math.inf if score is None else score for score in scores]
    order = of_numbers(least[1], least[0])
    yield _subject("limit", "limits.score", order, *words, more="more records", less="fewer records")
    yield _privacy(old.limits.privacy, new.limits.privacy)
    seconds = [each.detect.timeout for each in (old, new)]
    words = [f"{each:g} s" for each in seconds]
    more, less = "fewer records are withheld for time", "more records are withheld for time"
    yield _subject("limit", "detect.timeout", of_numbers(*seconds), *words, more=more, less=less)
    longest = [each.detect.max_characters for each in (old, new)]
    words = [number(each) for each in longest]
    more, less = "longer texts are searched and shown", "more records are withheld for a long text"
    yield _subject("limit", "detect.max_characters", of_numbers(*longest), *words, more=more, less=less)
    faults = [each.on_fault for each in (old, new)]
    order = of_numbers(faults[0] == "withhold", faults[1] == "withhold")
    more = "records beside one that could not be searched"
    yield _subject("limit", "on_fault", order, *faults, more=more, less=more)


def _privacy(old: float, new: float) -> Subject:
    """Compare what passages that expose something fall behind. Where more, others come, and they may be longer."""
    order: Order = "same" if old == new else "more" if new < old else "differs"
    words = [f"{each:g}" for each in (old, new)]
    more, differs = "passages that expose more", "other passages, which expose less"
    return _subject("limit", "limits.privacy", order, *words, more=more, differs=differs)


# what is found in it


def _detection(old: Purpose, new: Purpose) -> Iterator[Subject]:
    before, after = old.detect, new.detect
    yield _subject("detection", "ner", _of_models(before.ner, after.ner), before.ner, after.ner, **_FINDS)
    order = of_numbers(before.min_score, after.min_score)
    words = [f"{each.min_score:g}" for each in (before, after)]
    yield _subject("detection", "min_score", order, *words, **_FINDS)
    biases = [each.outside_bias for each in (before, after)]
    words = ["the model's own" if bias is None else f"{bias:g}" for bias in biases]
    given = [bias for bias in biases if bias is not None]
    order = of_numbers(given[1], given[0]) if len(given) > 1 else "same" if not given else "differs"
    yield _subject("detection", "outside_bias", order, *words, **_FINDS)
    locales = [frozenset[object](each.locales) for each in (before, after)]
    words = [", ".join(each.locales) or NOTHING for each in (before, after)]
    yield _subject("detection", "locales", of_sets(locales[1], locales[0]), *words, **_FINDS)
    yield from _known(old, new)


_FINDS = {"more": "less is found, and what is not found is shown", "less": "more is found"}


def _of_models(old: str, new: str) -> Order:
    if old in _NER and new in _NER:
        return of_numbers(_NER[new], _NER[old])
    if "none" in (old, new):
        return "more" if new == "none" else "less"
    return "same" if old == new else "differs"


def _known(old: Purpose, new: Purpose) -> Iterator[Subject]:
    sides = [{known.field: str(entity_of(known, each)) for known in each.detect.known} for each in (old, new)]
    for path in dict.fromkeys((*sides[0], *sides[1])):
        words = [side.get(path, "not looked for") for side in sides]
        there = [path in side for side in sides]
        order: Order = (
            of_numbers(there[1], there[0]) if not all(there) else "same" if words[0] == words[1] else "differs"
        )
        yield _subject("detection", f"values of {path} in texts", order, *words, **_FINDS)


def _recognizers(name: str, old: PolicyDocument, new: PolicyDocument) -> Iterator[Subject]:
    sides = [_used(document, document.purposes[name].detect) for document in (old, new)]
    for recognizer in dict.fromkeys((*sides[0], *sides[1])):
        there = [recognizer in side for side in sides]
        words = [side.get(recognizer, "not used") for side in sides]
        order: Order = (
            of_numbers(there[1], there[0]) if not all(there) else "same" if words[0] == words[1] else "differs"
        )
        yield _subject("detection", f"recognizer {recognizer}", order, *words, **_FINDS)


def _used(document: PolicyDocument, detect: Detect) -> dict[str, str]:
    used = (each for each in document.recognizers if each.name in detect.recognizers)
    return {
        each.name: f"{each.entity} by {each.regex}, score {each.score:g}"
        + (f", near {', '.join(each.context)}" if each.context else "")
        for each in used
    }


# the rest


def _question(old: Purpose, new: Purpose) -> Iterator[Subject]:
    words = [each.query.embed for each in (old, new)]
    order = of_numbers(words[0] == "raw", words[1] == "raw")
    more = "the embedder sees the question as it was asked"
    yield _subject("question", "query.embed", order, *words, more=more, less=more)


def _restoring(old: Purpose, new: Purpose) -> Iterator[Subject]:
    for entity in dict.fromkeys((*old.restore, *new.restore)):
        words = [whom(each.restore[entity]) if entity in each.restore else "nobody" for each in (old, new)]
        yield _subject(
            "restore",
            f"restore {entity}",
            _of_restoring(entity, old, new),
            *words,
            more="more people may turn its tokens back",
            less="fewer people may turn its tokens back",
        )


def _of_restoring(entity: str, old: Purpose, new: Purpose) -> Order:
    if entity in old.restore and entity in new.restore:
        return of_whens(old.restore[entity], new.restore[entity])
    return "more" if entity in new.restore else "less"
