"""What `limits.privacy` costs and what it saves: answers kept against identifiers exposed, on judgments of the ECHR.

The Text Anonymization Benchmark's judgments (tab_dev: 21, one annotator) have gold spans of direct and quasi
identifiers. Each judgment is a record; each question is made of one of its sentences by a seeded rule: three content
words that are in no identifier are asked for, and the answer is a run of four other words of the sentence, in no
identifier either, that stands nowhere else in the judgment. Every question is asked through the whole path with its own
record.

`kept` is the share of questions whose answer is in what was disclosed. `exposed` is the share of a record's distinct
identifiers that can be read there, in the mean over the questions; `most` is the same over the records as a whole under
the same policy. The policy pseudonymizes people, generalizes dates to the month, and keeps organizations, places and
nationalities, as one for looking up precedents may; `ner: bundled` (trained on another split of this corpus). The
baseline is the record as a plain retriever hands it over: everything kept, everything exposed.

    python benchmarks/exposure.py [--data ../shared/data] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_qdrant import QdrantVectorStore
from qdrant_client import models

from detecting.charts import lines
from needful.keys import Keys
from needful.policy import Policy
from needful.sentences import sentences
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client
from pages import DOCS, write_block

SEED = 6
QUESTIONS = 12
"""Most questions of one judgment."""
ASKED, ANSWERED = 3, 4
"""Words of a question, and of an answer."""
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
PASSAGES = (1, 3)

POLICY = """
needful: 1
name: exposure
version: 1
purposes:
  ask:
    filterable: [metadata.case]
    fields: {page_content: {action: scan, select: SELECT}}
    entities:
      default: redact
      PERSON: pseudonymize
      DATE_TIME: {action: generalize, to: month}
      ORGANIZATION: {action: keep, reason: courts and authorities are public}
      LOCATION: {action: keep, reason: where it happened is needed}
      NRP: {action: keep, reason: which law applies}
    limits: {passages: PASSAGES, privacy: PRIVACY}
"""

_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    "that with from this which have been were they their there these those under into upon such".split()
)


@dataclass(frozen=True, slots=True)
class Judgment:
    """A text and where its identifiers are: direct and quasi ones."""

    name: str
    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def identifiers(self) -> list[str]:
        """The distinct identifiers as they are written."""
        return sorted({self.text[start:end] for start, end in self.spans})


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the judgment that it is about, and its answer."""

    text: str
    about: Judgment
    answer: str


def judgments(path: Path) -> Iterator[Judgment]:
    """The judgments of a file with the identifiers that have to be masked."""
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        read = json.loads(line)
        spans = ((span[0], span[1]) for span in read["spans"] if span[3] in ("DIRECT", "QUASI"))
        yield Judgment(f"case-{number}", read["text"], tuple(spans))


def questions_of(judgment: Judgment, dice: random.Random) -> list[Question]:
    """At most `QUESTIONS` questions of a judgment, from sentences drawn by lot."""
    asked = [question for bounds in sentences(judgment.text) if (question := _question(judgment, *bounds, dice))]
    return dice.sample(asked, min(QUESTIONS, len(asked)))


def _question(judgment: Judgment, start: int, end: int, dice: random.Random) -> Question | None:
    inside = [(s - start, e - start) for s, e in judgment.spans if start <= s and e <= end]
    text = judgment.text[start:end]
    runs = list(_runs(text, inside))
    dice.shuffle(runs)
    for at, until in runs:
        words = {found[0].lower() for found in _content(text, [*inside, (at, until)])}
        words -= set(text[at:until].lower().split())
        if len(words) >= ASKED and judgment.text.count(text[at:until]) == 1:
            return Question(" ".join(dice.sample(sorted(words), ASKED)), judgment, text[at:until])
    return None


def _runs(text: str, inside: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches of `ANSWERED` words in which no identifier lies."""
    words = list(re.finditer(r"\S+", text))
    for first, last in zip(words, words[ANSWERED - 1 :], strict=False):
        if all(last.end() <= start or end <= first.start() for start, end in inside):
            yield first.start(), last.end()


def _content(text: str, outside: Sequence[tuple[int, int]]) -> Iterator[re.Match[str]]:
    for word in _WORD.finditer(text):
        free = all(word.end() <= start or end <= word.start() for start, end in outside)
        if free and word[0].lower() not in _COMMON:
            yield word


@dataclass(frozen=True, slots=True)
class Row:
    """What came out at one setting, as shares of 1."""

    kept: float
    exposed: float
    characters: float


def measured(store: QdrantVectorStore, policy: str, asked: Sequence[Question], folder: Path) -> Row:
    """Ask every question of its own record under one policy."""
    retriever = NeedfulRetriever.from_vectorstore(
        store,
        policy=Policy.parse(policy),
        purpose="ask",
        principal={"id": "benchmark"},
        k=1,
        ledger=folder / "ledger.db",
        keys=Keys.random(),
    )
    kept = exposed = characters = 0.0
    for question in asked:
        found = retriever.invoke(question.text, filter={"metadata.case": question.about.name})
        text = "\n".join(document.page_content for document in found)
        names = question.about.identifiers
        kept += question.answer in text
        exposed += sum(_is_readable(name, text) for name in names) / len(names)
        characters += len(text) / len(question.about.text)
    return Row(kept / len(asked), exposed / len(asked), characters / len(asked))


def _is_readable(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def indexed(read: Sequence[Judgment]) -> QdrantVectorStore:
    """Every judgment as one record. The filter finds it, so the vectors say nothing: any will do."""
    client = embedded_client()
    client.create_collection("judgments", models.VectorParams(size=8, distance=models.Distance.COSINE))
    store = QdrantVectorStore(client, "judgments", embedding=DeterministicFakeEmbedding(size=8))
    store.add_documents([Document(page_content=one.text, metadata={"case": one.name}) for one in read])
    return store


def filled(select: str, passages: int, privacy: float) -> str:
    """The policy at one setting."""
    text = POLICY.replace("SELECT", select).replace("PASSAGES", str(passages))
    return text.replace("PRIVACY", str(privacy))


def table(whole: Row, rows: dict[int, list[Row]]) -> str:
    """The figures as Markdown."""
    head = "| disclosed | privacy | answers kept | identifiers exposed | characters |\n|---|---|---|---|---|\n"
    lead = "| the record, plain retriever | — | 100.0 % | 100.0 % | 100.0 % |\n"
    lead += f"| the record under the policy | — | {_shares(whole)} |\n"
    return (
        head
        + lead
        + "".join(
            f"| {passages} passage{'s' * (passages > 1)} | {weight:g} | {_shares(row)} |\n"
            for passages, of_passages in rows.items()
            for weight, row in zip(WEIGHTS, of_passages, strict=True)
        )
    )


def _shares(row: Row) -> str:
    return f"{row.kept:.1%} | {row.exposed:.2%} | {row.characters:.1%}".replace("%", " %")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("NEEDFUL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default), help="the folder that has pii/tab_dev.jsonl")
    parser.add_argument("--write", action="store_true", help="write the table and the chart into docs/selection.md")
    options = parser.parse_args()
    source = options.data / "pii" / "tab_dev.jsonl"
    if not source.is_file():
        parser.exit(0, "the judgments are not here: give --data or NEEDFUL_DATA; nothing was measured\n")
    read = list(judgments(source))
    dice = random.Random(SEED)
    asked = [question for judgment in read if judgment.identifiers for question in questions_of(judgment, dice)]
    print(f"{platform.machine()}, Python {platform.python_version()}")
    store = indexed(read)
    with tempfile.TemporaryDirectory() as folder:
        whole = measured(store, filled("whole", 3, 0.0), asked, Path(folder))
        rows = {
            passages: [measured(store, filled("passages", passages, weight), asked, Path(folder)) for weight in WEIGHTS]
            for passages in PASSAGES
        }
    store.client.close()
    text = f"{len(read)} judgments, {len(asked)} questions.\n\n{table(whole, rows)}"
    print(text)
    if options.write:
        curve = rows[PASSAGES[-1]]
        series = {
            "answers kept": [row.kept for row in curve],
            "of the exposed at 0, still exposed": [row.exposed / curve[0].exposed for row in curve],
        }
        write_block("selection.md", "exposure", text)
        chart = lines(f"limits.privacy, {PASSAGES[-1]} passages of ECHR judgments", "privacy", WEIGHTS, series)
        (DOCS / "charts" / "selection-exposure.svg").write_text(chart, "utf-8")


if __name__ == "__main__":
    main()
