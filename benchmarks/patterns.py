"""The pattern side against stock Presidio: time, spans, and what either finds alone.

Stock is `presidio_analyzer.AnalyzerEngine` with its default English registry but for the spaCy recognizer, over a blank
spaCy pipeline whose lemmas are the words in small letters (with empty ones, context words do nothing), for the entities
that both have and scores from 0.4. Ours is `PresidioDetector(ner="none", locales=["us"])` for the same entities. Both
answer every paragraph of about 100 words in turn, so that both see the same machine. The texts are SEC filings and
judgments of the European Court of Human Rights. Every span that only one of them finds is put down to a kind that
`docs/patterns.md` lists; what is of no kind is printed.

With `--false`, it counts spans on the paragraphs of TAT-QA (financial reports) with the default entities instead, and
prints all but dates; with `--dates FILE`, recall and precision of dates on `pii/FILE.jsonl`.

    python benchmarks/patterns.py [--paragraphs 300] [--false] [--dates tab_dev]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from needful.policy.entities import default_entities
from needful.values import Span
from needful_presidio import PresidioDetector

DATA = Path(os.environ.get("NEEDFUL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
WORDS = 100
TARGET = 5.0
THRESHOLD = 0.4

Found = tuple[str, int, int]
"""Entity, start, end."""


class Blank(SpacyNlpEngine):
    """spaCy's English tokens, and words in small letters for lemmas."""

    def __init__(self, *, lemmas: bool) -> None:
        import spacy

        super().__init__()
        self.nlp: Any = {"en": spacy.blank("en")}
        self._lemmas = lemmas

    def load(self) -> None:
        """Load nothing."""

    def is_loaded(self) -> bool:
        """Say yes."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Cut a text into words."""
        artifacts: Any = super().process_text(text, language)
        if not self._lemmas:
            return artifacts  # type: ignore[no-any-return]
        return NlpArtifacts(
            entities=[],
            tokens=artifacts.tokens,
            tokens_indices=artifacts.tokens_indices,
            lemmas=[token.lower_ for token in artifacts.tokens],
            nlp_engine=self,
            language=language,
        )


def stock(*, lemmas: bool) -> AnalyzerEngine:
    """Presidio as it comes, without a model of names."""
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    return AnalyzerEngine(registry=registry, nlp_engine=Blank(lemmas=lemmas), supported_languages=["en"])


def texts(*names: str) -> list[str]:
    """The texts of a collection."""
    lines = (line for name in names for line in (DATA / "pii" / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [json.loads(line)["text"] for line in lines]


def paragraphs(documents: Iterable[str]) -> Iterator[str]:
    """Stretches of about a hundred words, as they stand."""
    for document in documents:
        words = re.findall(r"\S+\s*", document)
        yield from ("".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS))


def corpora(most: int) -> dict[str, list[str]]:
    """What is measured on. The SEC collection has one sentence a line."""
    sec = " ".join(texts("sec_train"))
    return {"SEC": list(paragraphs([sec]))[:most], "ECHR": list(paragraphs(texts("tab_dev", "tab_train")))[:most]}


def kind(found: Found, text: str, span: Span | None, others: set[Found]) -> str:
    """Put what only one of the two finds down to a documented difference; empty where it is of none."""
    entity, start, end = found
    value = text[start:end]
    meeting = [other for other in others if other[1] < end and start < other[2]]
    if any(other[0] == entity for other in meeting):
        return "other extent of the same value"
    if span is None:
        if entity == "PHONE_NUMBER" and sum(map(str.isdigit, value)) < 7:
            return "phone with fewer than seven digits"
        if entity in ("URL", "IP_ADDRESS") and any(other[0] == "EMAIL_ADDRESS" for other in meeting):
            return "host of an e-mail address"
        if entity == "URL" and re.match(r"[a-z0-9]", text[end : end + 1], re.IGNORECASE):
            return "address that ends inside a word"
        return ""
    kinds = {
        "DateWords": "date in words",
        "DateNumbers": "date in numbers",
        "YearsOfLife": "year of birth or death",
        "DatesByWord": "year, month or quarter that a word confirms",
        "Postcodes": "postal code behind a word for one",
        "Cards": "card kind or separator",
        "Emails": "e-mail address, disguised or of any domain",
        "PhonesByContext": "phone behind a word for one",
        "PhonesByShape": "phone of another region",
        "Phones": "phone over a line break or of a locale",
        "Ibans": "IBAN with other separators or glued to a word",
        "Urls": "address to its end",
    }
    return kinds.get(span.recognizer, "")


def compare(name: str, parts: Sequence[str], analyzer: AnalyzerEngine, detector: PresidioDetector) -> float:
    """Run both over every part in turn, print time and differences, and return the ratio."""
    entities = list(detector._engine.settings.entities)
    both: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    whose = ("only stock", "only ours")
    spent = [0.0, 0.0]
    for part in parts[:10]:
        analyzer.analyze(part, "en", entities=entities, score_threshold=THRESHOLD)
        detector.detect([part])
    for part in parts:
        began = time.perf_counter()
        results = analyzer.analyze(part, "en", entities=entities, score_threshold=THRESHOLD)
        between = time.perf_counter()
        spans = detector.detect([part])[0]
        spent[0] += between - began
        spent[1] += time.perf_counter() - between
        theirs = {(one.entity_type, one.start, one.end) for one in results}
        ours = {(span.entity, span.start, span.end): span for span in spans}
        both.update(entity for entity, _, _ in theirs & ours.keys())
        for found in sorted(theirs ^ ours.keys()):
            span = ours.get(found)
            why = kind(found, part, span, theirs if span else set(ours))
            why = why or f"of no kind: {found[0]} {part[found[1] : found[2]]!r}"
            alone[f"{whose[span is not None]}: {why}"] += 1
    words = sum(len(part.split()) for part in parts)
    ratio = spent[0] / spent[1]
    print(f"{name}: {len(parts)} paragraphs, {words} words; stock {spent[0] * 1e5 / words:.3f} ms a 100 words,")
    print(f"  ours {spent[1] * 1e5 / words:.3f}: {ratio:.1f} times as fast; identical: {dict(both)}")
    for line, count in sorted(alone.items()):
        print(f"  {line}: {count}")
    return ratio


def truly_stock(parts: Sequence[str]) -> float:
    """Milliseconds a 100 words with Presidio's own settings: every entity, every score, no lemmas."""
    analyzer = stock(lemmas=False)
    began = time.perf_counter()
    for part in parts:
        analyzer.analyze(part, "en")
    return (time.perf_counter() - began) * 1e5 / sum(len(part.split()) for part in parts)


def count_false() -> None:
    """Print every span on TAT-QA but dates, with its surroundings: whoever reads it judges."""
    contexts = json.loads((DATA / "tatqa" / "dev.json").read_text("utf-8"))
    parts = [paragraph["text"] for context in contexts for paragraph in context["paragraphs"]]
    words = sum(len(part.split()) for part in parts)
    detector = PresidioDetector(default_entities("en", ["us"], "none"), ner="none", timeout=600)
    counts: Counter[tuple[str, str]] = Counter()
    for part, spans in zip(parts, detector.detect(parts), strict=True):
        for span in spans:
            counts[span.entity, span.recognizer] += 1
            if span.entity != "DATE_TIME":
                before, behind = part[max(0, span.start - 40) : span.start], part[span.end : span.end + 20]
                print(f"  {span.entity} {span.score:.2f} {before!r} [{part[span.start : span.end]}] {behind!r}")
    print(f"TAT-QA: {len(parts)} paragraphs, {words} words")
    for (entity, recognizer), count in counts.most_common():
        print(f"  {entity} by {recognizer}: {count}, {1000 * count / words:.2f} a 1,000 words")


# Say nothing of when: an annotator's span may begin with one, ours may not.
_BARE = re.compile(r"\b(?:between|from|the|and|on|in|of|until|to|beginning|end|about|period|a)\b", re.IGNORECASE)


def measure_dates(name: str) -> None:
    """Print how many annotated dates are wholly covered, and how many spans are dates, for two thresholds."""
    documents = [json.loads(line) for line in (DATA / "pii" / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for least in (0.4, 0.3):
        detector = PresidioDetector(["DATE_TIME"], ner="none", min_score=least)
        tally: Counter[str] = Counter()
        right: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        for document in documents:
            _count_dates(document, detector, tally, right, wrong)
        covered, spans = tally["covered"] / tally["dates"], right.total() / (right.total() + wrong.total())
        informative = tally["covered but for words like between"] / tally["dates"]
        print(f"{name} from {least}: {tally['dates']} dates, wholly covered {covered:.3f}, {informative:.3f} but for")
        print(f"  words like 'between'; precision {spans:.3f}")
        for who, good in sorted(right.items()):
            print(f"    {who}: {good + wrong[who]} spans, precision {good / (good + wrong[who]):.3f}")


def _count_dates(
    document: dict[str, Any],
    detector: PresidioDetector,
    tally: Counter[str],
    right: Counter[str],
    wrong: Counter[str],
) -> None:
    text = document["text"]
    spans = detector.detect([text])[0]
    found = {place for span in spans for place in range(span.start, span.end)}
    found |= {place for place in range(len(text)) if not text[place].isalnum()}
    dates = [(start, end) for start, end, label, *_ in document["spans"] if label == "DATETIME"]
    for start, end in dates:
        bare = {start + place for word in _BARE.finditer(text[start:end]) for place in range(*word.span())}
        tally["dates"] += 1
        tally["covered"] += found.issuperset(range(start, end))
        tally["covered but for words like between"] += (found | bare).issuperset(range(start, end))
    for span in spans:
        (right if any(start < span.end and span.start < end for start, end in dates) else wrong)[span.recognizer] += 1


def main() -> int:
    """Run what was asked for; 1 if ours is not fast enough, or differs in a way that nobody wrote down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=300)
    parser.add_argument("--false", action="store_true", dest="count")
    parser.add_argument("--dates", metavar="FILE")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if arguments.count or arguments.dates:
        if arguments.count:
            count_false()
        if arguments.dates:
            measure_dates(arguments.dates)
        return 0
    analyzer = stock(lemmas=True)
    shared = default_entities("en", ["us"], "none").intersection(analyzer.get_supported_entities("en"))
    detector = PresidioDetector(shared, ner="none")
    ratios = []
    for name, parts in corpora(arguments.paragraphs).items():
        ratios.append(compare(name, parts, analyzer, detector))
        print(f"  truly stock (every entity and score, no lemmas): {truly_stock(parts):.3f} ms a 100 words")
    return 0 if min(ratios) >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
