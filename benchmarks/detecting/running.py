"""A whole run: every choice over every set, in the order of the page, saying on standard error how far it is."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from detecting import finders, measuring, resources, standard
from detecting.sets import DEVELOPMENT, NAMES, SETS, Row, trained, trained_on
from detecting.targets import EVALUATION
from needful.errors import NeedfulError

__all__ = ["JUDGMENTS", "Run", "rounded"]

JUDGMENTS = "tab_dev"
TWEETS = "btc_dev"

_TIMED_TEXTS = 40
_TIMED_SETS = ("synth_dev", "uner_en_ewt_dev", EVALUATION)

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What is measured, and with what."""

    data: Mapping[str, Sequence[Row]] = field(repr=False)
    choices: Sequence[str]
    """`ner:` settings that are on this machine, and stock Presidio."""
    missing: Sequence[str]
    """`ner:` settings that are not."""
    python: Path
    """A Python that has presidio-evaluator and OpenCC; it need not exist."""
    policies: Path
    record: Path
    """What the shipped model was trained on; it need not exist."""

    def figures(self) -> Figures:
        """Measure everything."""
        with_model = finders.model_choices(self.choices)
        return {
            **self.about(),
            "names": {choice: self.names(choice) for choice in with_model},
            "cases": {choice: self.cases(choice) for choice in with_model if EVALUATION in self.data},
            **self.everything(),
            "echr": {choice: self.judgments(choice) for choice in self.choices if JUDGMENTS in self.data},
            "resources": self.resources(),
            "chinese": self.chinese(),
            "curve": self.curve() if "bundled" in self.choices else {},
        }

    def about(self) -> Figures:
        """What the figures belong to."""
        on = trained_on(self.record)
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "presidio": f"presidio-analyzer {version('presidio-analyzer')}",
            "spacy": finders.spacy_model(),
            "model": finders.model_version(),
            "bias": finders.default_bias(),
            "missing": list(self.missing),
            "texts": {name: len(rows) for name, rows in self.data.items()},
            "trained": {name: trained(name, on) for name in self.data} if on else {},
        }

    def names(self, choice: str) -> Figures:
        """Persons, places and organisations in every English set."""
        find = finders.names_finder(choice, NAMES)
        figures = {}
        for name, rows in self.data.items():
            if SETS[name].language == "en":
                with said(f"names, {choice}, {name}"):
                    figures[name] = measuring.names(find, rows)
        return figures

    def cases(self, choice: str) -> Figures:
        """Lower-cased and upper-cased text beside the text as it is."""
        with said(f"cases, {choice}"):
            return measuring.cases(finders.names_finder(choice, NAMES), self.data[EVALUATION])

    def everything(self) -> Figures:
        """All default entities in the evaluation set: by its labels, and by presidio-evaluator."""
        rows = self.data.get(EVALUATION, ())
        if not rows:
            return {"labels": {}, "standard": {}}
        found = {}
        for choice in self.choices:
            with said(f"all entities, {choice}"):
                find = finders.default_finder(choice)
                found[choice] = [find(row.text) for row in rows]
        with said("presidio-evaluator"):
            scores = standard.scored(rows, found, self.python)
        labels = {choice: measuring.labels(rows, spans) for choice, spans in found.items()}
        return {"labels": labels, "standard": scores}

    def judgments(self, choice: str) -> Figures:
        """Identifiers in ECHR judgments."""
        with said(f"judgments, {choice}"):
            return measuring.judgments(choice, self.data[JUDGMENTS], self.policies)

    def resources(self) -> Figures:
        """Time and memory, each choice in a process of its own."""
        texts = [
            text
            for name in _TIMED_SETS
            for text in resources.about_100_words((row.text for row in self.data.get(name, ())), _TIMED_TEXTS)
        ]
        figures = {}
        for choice in self.choices if texts else ():
            with said(f"time and memory, {choice}"):
                figures[choice] = resources.measured(choice, texts)
        return figures

    def chinese(self) -> Figures:
        """Names in Chinese, for the shipped choices that have it."""
        rows = [row for name, rows in self.data.items() if SETS[name].language == "zh" for row in rows]
        figures = {}
        for choice in ("bundled", "fast"):
            if rows and choice in self.choices:
                with said(f"Chinese, {choice}"):
                    figures[choice] = self.chinese_of(choice, rows)
        return {choice: one for choice, one in figures.items() if one}

    def chinese_of(self, choice: str, rows: Sequence[Row]) -> Figures:
        """One choice's figures; empty, and why, where it has no Chinese."""
        try:
            return measuring.chinese(choice, rows, self.python)
        except NeedfulError as error:
            sys.stderr.write(f"left out: Chinese, {choice}: {error}\n")
            return {}

    def curve(self) -> Figures:
        """Operating points of the bundled model, on the development sets together and on the evaluation set."""
        # Tweets by themselves move the best point: see the page.
        no_tweets = tuple(name for name in DEVELOPMENT if name != TWEETS)
        pools = {"development": DEVELOPMENT, "development-without-tweets": no_tweets, EVALUATION: (EVALUATION,)}
        figures = {}
        for pool, names in pools.items():
            rows = [row for name in names for row in self.data.get(name, ())]
            with said(f"operating points, {pool}"):
                figures[pool] = measuring.curve(partial(finders.at_biases, "bundled"), rows) if rows else {}
        return {pool: points for pool, points in figures.items() if points}


@contextmanager
def said(what: str) -> Iterator[None]:
    """Say how long the block took."""
    start = time.perf_counter()
    yield
    sys.stderr.write(f"{time.perf_counter() - start:6.1f} s  {what}\n")


def rounded(value: Any) -> Any:
    """Figures as they are stored: four decimals."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
