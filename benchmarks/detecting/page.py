"""The figures as Markdown: the generated blocks of `docs/detection.md`, and its charts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detecting.charts import bars, lines
from detecting.echr import DIRECT, KINDS
from detecting.finders import COURT, STOCK
from detecting.scoring import ALL, MEASURES
from detecting.sets import NAMES, SETS
from detecting.standard import PUBLISHED
from detecting.targets import EVALUATION, Target, at, targets

__all__ = ["blocks", "charts", "filled"]

Figures = Mapping[str, Any]

_NOTHING = "Not measured."
_TRAINED = {"yes": "trained on", "sibling": "another split trained on", "no": "not trained on", "": "no record"}
_BLOCK = re.compile(r"(<!-- begin: ([\w-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with its blocks replaced. Raises `ValueError` if page and parts do not have the same blocks."""
    there = [name for _, name, _ in _BLOCK.findall(page)]
    if sorted(there) != sorted(parts):
        raise ValueError(f"the page has the blocks {sorted(there)}, the figures have {sorted(parts)}")
    return _BLOCK.sub(lambda found: f"{found[1]}{parts[found[2]].strip()}\n{found[3]}", page)


def blocks(figures: Figures) -> dict[str, str]:
    """Every generated block by its name."""
    return {
        "machine": _machine(figures),
        "targets": _targets(targets(figures)),
        "data": _data(figures),
        "standard": _standard(figures),
        "labels": _labels(figures),
        "names": _names(figures),
        "cases": _cases(figures),
        "echr": _echr(figures),
        "cost": _cost(figures),
        "chinese": _chinese(figures),
        "curve": _curve(figures),
    }


def charts(figures: Figures) -> dict[str, str]:
    """Every chart by its file's name; those without figures are left out."""
    drawn = {}
    if names := at(figures, "names", "bundled"):
        found = {
            name: {entity: one[entity]["overlap"][1] for entity in NAMES if entity in one}
            for name, one in names.items()
        }
        drawn["detection-found.svg"] = bars("Share of names found, ner: bundled (half or more of the span)", found)
    if standard := figures["standard"]:
        scores = {**{_called(name, figures): one["f2"] for name, one in standard.items()}, **_published()}
        drawn["detection-standard.svg"] = bars(
            f"presidio-evaluator, F2 at IoU 0.75, {EVALUATION}", {name: {"F2": f2} for name, f2 in scores.items()}
        )
    for name, points in figures["curve"].items():
        series = {word: [one[at] for one in points.values()] for at, word in enumerate(("precision", "recall", "F2"))}
        title = f"Operating points of the bundled model, {name} (overlap)"
        drawn[f"detection-curve-{name}.svg"] = lines(
            title, "outside bias", [float(one) for one in points], series, figures["bias"]
        )
    return drawn


def _published() -> dict[str, float]:
    return {f"{name} (published)": f2 for name, f2 in PUBLISHED.items()}


def _called(choice: str, figures: Figures) -> str:
    return f"{STOCK}, {figures['spacy'] or 'no model'}" if choice == STOCK else f"ner: {choice}"


def _all_called(choices: Iterable[str], figures: Figures) -> list[str]:
    return [_called(choice, figures) for choice in choices]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _status(figures: Figures, name: str) -> str:
    return _TRAINED[figures["trained"].get(name, "")]


def _machine(figures: Figures) -> str:
    missing = "".join(f"\n`ner: {choice}` was not there." for choice in figures["missing"])
    model = figures["spacy"] or "no spaCy model: none is installed, so it finds no names"
    shipped = f"Bundled model: {figures['model']}.\n" if figures["model"] else ""
    return f"{shipped}Measured on {figures['machine']}. {STOCK}: {figures['presidio']}, {model}.{missing}"


def _targets(rows: Iterable[Target]) -> str:
    answers = {True: "yes", False: "**no**", None: "not measured"}
    return _table(
        ("what", "target", "measured", "reached"),
        [
            (
                one.what,
                f"{'≤' if one.most else '≥'} {one.goal:g}",
                "–" if one.measured is None else f"{one.measured:.{one.decimals}f}",
                answers[one.reached],
            )
            for one in rows
        ],
    )


def _data(figures: Figures) -> str:
    rows = [
        (name, one.what, one.origin, one.licence, figures["texts"][name], _status(figures, name))
        for name, one in SETS.items()
        if name in figures["texts"]
    ]
    return _table(("set", "texts of", "from", "licence", "texts", "the bundled model"), rows)


def _standard(figures: Figures) -> str:
    scores = figures["standard"]
    if not scores:
        return _NOTHING + " presidio-evaluator could not be installed on the machine that made this page."
    rows = [
        (_called(name, figures), *map(_share, (one["precision"], one["recall"], one["f2"])))
        for name, one in scores.items()
    ]
    rows += [(name, "", "", _share(f2)) for name, f2 in _published().items()]
    kinds = sorted({kind for one in scores.values() for kind in one["by_type"]})
    by_type = [
        (kind, _annotated(scores, kind), *(_share(at(one, "by_type", kind, 1)) for one in scores.values()))
        for kind in kinds
    ]
    head = ("recall by the tool's branch", "spans", *_all_called(scores, figures))
    chart = "![F2 by presidio-evaluator](charts/detection-standard.svg)"
    return "\n\n".join([_table(("", "precision", "recall", "F2"), rows), chart, _table(head, by_type)])


def _annotated(scores: Figures, kind: str) -> int:
    """How many spans of a branch there are. Choices that never predict it may not list it."""
    return max(at(one, "by_type", kind, 3) or 0 for one in scores.values())


def _labels(figures: Figures) -> str:
    measured = figures["labels"]
    if not measured:
        return _NOTHING
    any_of_them = next(iter(measured.values()))
    rows = [
        (label, counts[0], *(_pair(at(one, label)) for one in measured.values()))
        for label, counts in any_of_them.items()
    ]
    return _table(("label", "spans", *_all_called(measured, figures)), rows)


def _pair(counts: Sequence[int] | None) -> str:
    return "–" if not counts else f"{counts[1] / counts[0]:.3f} / {counts[2] / counts[0]:.3f}"


def _names(figures: Figures) -> str:
    if not figures["names"]:
        return _NOTHING
    parts = ["![Share of names found](charts/detection-found.svg)"] if "bundled" in figures["names"] else []
    head = ["set", "entity", "spans", *(f"{measure} {one}" for measure in MEASURES for one in ("P", "R", "F2"))]
    for choice, by_set in figures["names"].items():
        rows = [_names_row(figures, name, entity, one) for name, by in by_set.items() for entity, one in by.items()]
        summary = f"<details><summary><code>{_called(choice, figures)}</code>, every set and entity</summary>"
        parts.append("\n\n".join([summary, _table(head, rows), "</details>"]))
    return "\n\n".join(parts)


def _names_row(figures: Figures, name: str, entity: str, one: Mapping[str, Sequence[float]]) -> list[str]:
    first = f"{name} ({_status(figures, name)})" if entity == ALL else ""
    # Where nothing is annotated there is no recall.
    shares = [
        _share(value if place == 0 or one["exact"][3] else None)
        for measure in MEASURES
        for place, value in enumerate(one[measure][:3])
    ]
    return [first, entity, f"{one['exact'][3]:.0f}", *shares]


def _cases(figures: Figures) -> str:
    rows = [
        (_called(choice, figures), case, *map(_share, counts[:3]))
        for choice, by_case in figures["cases"].items()
        for case, counts in by_case.items()
    ]
    return _table(("", "text", "precision", "recall", "F2"), rows) if rows else _NOTHING


def _echr(figures: Figures) -> str:
    measured = figures["echr"]
    if not measured:
        return _NOTHING
    rows = [
        (kind.lower(), label, counts[0], *(_share(at(one, kind, label, 1)) for one in measured.values()))
        for kind in KINDS
        for label, counts in next(iter(measured.values()))[kind].items()
    ]
    survives = [_share(1 - one[DIRECT][ALL][1]) for one in measured.values()]
    also = [_share(one["also covered"]) for one in measured.values()]
    rows += [
        ("", "**direct identifiers of which a character survives**", "", *survives),
        ("", "characters outside direct and quasi identifiers covered too", "", *also),
    ]
    note = (
        f"`tab_dev`, policy `{COURT[0]}`, purpose `{COURT[1]}`, without its known values. The bundled model and"
        f" `tab_train`, another part of the same benchmark (one annotator): {_status(figures, 'tab_dev')}."
    )
    return note + "\n\n" + _table(("identifier", "type", "mentions", *_all_called(measured, figures)), rows)


def _cost(figures: Figures) -> str:
    heads = ("", "ms per 100 words (median)", "slowest text", "import, s", "load, s", "first text, ms", "memory, MB")
    keys = ("median_ms", "slowest_ms", "import_s", "load_s", "first_ms", "memory_mb")
    decimals = (1, 1, 2, 2, 0, 0)
    rows = [
        (_called(choice, figures), *(f"{one[key]:.{places}f}" for key, places in zip(keys, decimals, strict=True)))
        for choice, one in figures["resources"].items()
        if one
    ]
    return _table(heads, rows) if rows else _NOTHING


def _chinese(figures: Figures) -> str:
    rows = [
        (
            _called(choice, figures),
            script,
            entity,
            f"{one['exact'][3]:.0f}",
            *map(_share, (*one["overlap"][:3], *one["characters"][:3])),
        )
        for choice, by_script in figures["chinese"].items()
        for script, by_entity in by_script.items()
        for entity, one in by_entity.items()
    ]
    measures = [f"{measure} {one}" for measure in MEASURES[1:] for one in ("P", "R", "F2")]
    return _table(("", "characters", "entity", "spans", *measures), rows) if rows else _NOTHING


def _curve(figures: Figures) -> str:
    parts = []
    for name, points in figures["curve"].items():
        rows = [(_marked(bias, figures), *map(_share, one)) for bias, one in points.items()]
        measures = [f"{measure} {one}" for measure in MEASURES[1:] for one in ("P", "R", "F2")]
        parts.append(f"![Operating points, {name}](charts/detection-curve-{name}.svg)")
        parts.append(_table((f"bias, {name}", *measures), rows))
    return "\n\n".join(parts) or _NOTHING


def _marked(bias: str, figures: Figures) -> str:
    return f"{bias} (default)" if float(bias) == figures["bias"] else bias
