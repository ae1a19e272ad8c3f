"""The training texts: the licensed sets under data/pii, brought to one set of labels, and what is varied in them.

A text is a `Text`: a string and its spans. Every function is pure but for the random generator that it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

__all__ = [
    "IGNORED",
    "LABELS",
    "SETS",
    "Text",
    "chunks",
    "demonyms",
    "detokenized",
    "load",
    "packed",
    "recased",
    "swapped",
]

LABELS = ("PERSON", "LOCATION", "ORGANIZATION", "NRP")

IGNORED = "IGNORED"
"""Marks characters that training learns nothing from: what one set labels and another does not."""

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its spans, sorted and apart: start, end (code points), label."""

    text: str
    spans: tuple[Span, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Set:
    """A licensed set: how often it is shown in an epoch, and what its texts are like."""

    name: str
    times: float
    tokenized: bool = False
    """Words and punctuation are set apart by spaces."""
    running: bool = False
    """Rows follow one another as sentences of one document do."""


SETS = (
    Set("wikigold", 2, tokenized=True, running=True),
    Set("gum_perm", 2, running=True),
    Set("sec_train", 1, tokenized=True, running=True),
    Set("litbank", 0.7, running=True),
    Set("tab_train", 4, running=True),
    Set("wnut17_train", 2, tokenized=True),
    Set("btc_train", 1.5),
    Set("synth_train", 0.25),
)

# Roles that one set labels as if they were names.
_ROLES = frozenset(
    "bank agent remarketing_agent commonwealth erisa court courts secretary petitioner petitioners president respondent"
    " respondents counsel defendant plaintiff professor general congress state states government company lender god"
    " parliament council queen king lord pope mom mum dad mother father chamber tribunal commission ministry"
    " municipality prosecutor public_prosecutor registry committee".split()
)
_HANDLE = re.compile(r"@ ?\w+")
_TAB = {"PERSON": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"}


def load(folder: Path, name: str, nationalities: frozenset[str]) -> list[Text]:
    """Read one set; what it leaves unlabelled of nationalities and faiths gets its label."""
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [Text(row["text"], tuple(_spans(row, name, nationalities)), name) for row in rows]
    texts = [_handles_joined(text) for text in texts] if name.startswith(("btc", "wnut")) else texts
    texts = [part for text in texts for part in chunks(text)] if name.startswith("tab") else texts
    return [with_nationalities(text, nationalities) for text in texts]


def demonyms(path: Path) -> frozenset[str]:
    """Read the list of nationalities, faiths and political groups."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _spans(row: dict[str, object], name: str, nationalities: frozenset[str]) -> Iterator[Span]:
    text = str(row["text"])
    last = 0
    for start, end, marked, *_ in sorted(row["spans"]):  # type: ignore[call-overload]
        value = text[start:end]
        label = _of_judgments(marked, value, nationalities) if name.startswith("tab") else marked
        if label and start >= last:
            yield start, end, IGNORED if _is_role(value) else label
            last = end


def _of_judgments(marked: str, value: str, nationalities: frozenset[str]) -> str:
    """The label of what the annotators of judgments marked; empty for dates, amounts and the like."""
    return "NRP" if marked == "DEM" and value in nationalities else _TAB.get(marked, "")


def _is_role(value: str) -> bool:
    return value.lower().removeprefix("the ").replace(" ", "_") in _ROLES


@cache
def _any_of(nationalities: frozenset[str]) -> re.Pattern[str]:
    # The longest first: "Costa Rican" before what it might begin with.
    words = sorted(nationalities, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?!\w)")


def with_nationalities(text: Text, nationalities: frozenset[str]) -> Text:
    """Label what the list has and no span covers."""
    taken = {at for start, end, _ in text.spans for at in range(start, end)}
    found = [
        (*match.span(), "NRP")
        for match in _any_of(nationalities).finditer(text.text)
        if taken.isdisjoint(range(*match.span()))
    ]
    return replace(text, spans=tuple(sorted((*text.spans, *found)))) if found else text


def _handles_joined(text: Text) -> Text:
    """Write `@ name` as `@name`. Handles are names in one set of tweets and not in the other: neither is learnt."""
    joined = removed(text, [match.start() + 1 for match in re.finditer(r"@ (?=\w)", text.text)])
    handles = [match.span() for match in _HANDLE.finditer(joined.text)]
    kept = [span for span in joined.spans if not any(a < span[1] and span[0] < b for a, b in handles)]
    return replace(joined, spans=tuple(sorted((*kept, *((a, b, IGNORED) for a, b in handles)))))


def removed(text: Text, places: Sequence[int]) -> Text:
    """Take single characters out."""
    gone = sorted(set(places))
    if not gone:
        return text
    skip = set(gone)
    moved = [0] * (len(text.text) + 1)
    kept: list[str] = []
    for at, character in enumerate(text.text):
        moved[at] = len(kept)
        if at not in skip:
            kept.append(character)
    moved[-1] = len(kept)
    spans = tuple((moved[a], moved[b], label) for a, b, label in text.spans if moved[a] < moved[b])
    return Text("".join(kept), spans, text.source)


_BEFORE = re.compile(
    r" (?=[.,;:!?)\]}%](?:\s|$)|'s\b|n't\b|'(?:re|ve|ll|d|m)\b)|(?<=[(\[{$#]) | (?=' s\b)|(?<=\w ') (?=s\b)"
)


def detokenized(text: Text) -> Text:
    """Close the gaps that a tokenizer left before punctuation: `Bank ' s obligation .` is `Bank's obligation.`."""
    places = [match.start() for match in _BEFORE.finditer(text.text)]
    # A quote after a gap that was closed.
    places += [match.start() for match in re.finditer(r"(?<=\w) (?='\s?s\b)", text.text)]
    return removed(text, places)


_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(“\"])|\n+")


def chunks(text: Text, size: int = 450) -> Iterator[Text]:
    """Cut a document at ends of sentences that lie in no span, to parts of about `size` code points."""
    ends = [match.end() for match in _END.finditer(text.text)]
    ends = [end for end in ends if not any(a < end < b for a, b, _ in text.spans)] + [len(text.text)]
    start = before = 0
    for end in ends:
        if end - start > size and before > start:
            yield _part(text, start, before)
            start = before
        before = end
    if start < len(text.text):
        yield _part(text, start, len(text.text))


def _part(text: Text, start: int, end: int) -> Text:
    spans = tuple((a - start, b - start, label) for a, b, label in text.spans if start <= a and b <= end)
    return Text(text.text[start:end], spans, text.source)


def packed(texts: Sequence[Text], random: Random, *, running: bool) -> Iterator[Text]:
    """Put neighbours together to passages of one to eight rows and at most about 500 code points."""
    at = 0
    while at < len(texts):
        rows = [texts[at]]
        wanted = random.choice((1, 1, 1, 2, 3, 5, 8) if running else (1, 1, 1, 1, 1, 2, 3))
        size = len(rows[0].text)
        while len(rows) < wanted and at + len(rows) < len(texts) and size + len(texts[at + len(rows)].text) < 500:
            rows.append(texts[at + len(rows)])
            size += len(rows[-1].text)
        at += len(rows)
        yield joined(rows, random.choice((" ", " ", " ", "\n", "\n\n")))


def joined(texts: Sequence[Text], between: str) -> Text:
    """Put texts one behind the other."""
    if len(texts) == 1:
        return texts[0]
    spans: list[Span] = []
    start = 0
    for text in texts:
        spans += ((a + start, b + start, label) for a, b, label in text.spans)
        start += len(text.text) + len(between)
    return Text(between.join(text.text for text in texts), tuple(spans), texts[0].source)


def recased(text: Text, random: Random) -> Text:
    """Write some texts in small letters, some in capitals, where that changes no length."""
    chance = random.random()
    if chance < 0.2:
        changed = text.text.lower()
    elif chance < 0.32:
        changed = text.text.upper()
    else:
        return text
    return replace(text, text=changed) if len(changed) == len(text.text) else text


def swapped(text: Text, random: Random, other: Callable[[str, str, Random], str | None], share: float) -> Text:
    """Put other names into some of the spans; `other` gets label and value and answers None to leave it."""
    parts: list[str] = []
    spans: list[Span] = []
    last = size = 0
    for start, end, label in text.spans:
        value = text.text[start:end]
        new = other(label, value, random) if random.random() < share else None
        new = value if new is None else new
        parts += (text.text[last:start], new)
        size += start - last
        spans.append((size, size + len(new), label))
        size += len(new)
        last = end
    return Text("".join((*parts, text.text[last:])), tuple(spans), text.source)
