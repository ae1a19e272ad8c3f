"""How many mentions of known values come out redacted: all usual variants against the exact value alone.

Generated records with a name, an account, a phone number and an address in the metadata, and a text that mentions each
of them as people write them: clerks, callers, letters, chats. Names, numbers and addresses of a dozen countries. A
mention counts where every letter and digit of it is redacted. Records come four a call, as a retriever returns them.

The baseline looks for the values themselves, in any spelling, in the record's own text: what Needful did before.
False spans are counted on paragraphs of annual reports (TAT-QA, `$NEEDFUL_DATA` or ../shared/data), searched with all
known values of a call of four records.

    python benchmarks/known_values.py [--records 1000] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowing.records import KINDS, Case, cases
from needful.consistency import Searched, mentions_of
from needful.mentions import Mentions
from needful.mentions.exact import Exact
from needful.mentions.reading import Reading
from needful.mentions.sought import KNOWN, Source
from needful.planning import Plan, plan
from needful.policy import Policy
from needful.records import Opened, open_record
from needful.values import Principal, Record, Request

A_CALL = 4

POLICY = """
needful: 1
name: known-values
version: 1
purposes:
  answer:
    fields: {page_content: scan}
    detect:
      ner: none
      reason: only known values are measured
      known:
        - {field: metadata.name, entity: PERSON}
        - {field: metadata.account, entity: ACCOUNT}
        - {field: metadata.phone, entity: PHONE_NUMBER}
        - {field: metadata.address, entity: LOCATION}
"""


def decided() -> Plan:
    """The plan that records are opened by."""
    return plan(Policy.parse(POLICY), Request("?", "answer", Principal.of({"id": "benchmark"})))


def opened(payloads: Sequence[dict[str, Any]], by: Plan) -> list[Opened]:
    """Records taken apart as in a call."""
    taken = [open_record(Record(at, 1.0, payload), by) for at, payload in enumerate(payloads)]
    return [one for one in taken if isinstance(one, Opened)]


def gathered(records: Sequence[Opened]) -> Mentions:
    """The values of a call."""
    return mentions_of([Searched(one, [()] * len(one.texts)) for one in records], "", (), 0.4)


def ours(records: Sequence[Opened]) -> Iterator[set[int]]:
    """The code points of each record's text that are redacted."""
    mentions = gathered(records)
    for one in records:
        yield {at for span in mentions.spans(one.texts[0], id(one)) for at in range(span.start, span.end)}


def exact_only(records: Sequence[Opened]) -> Iterator[set[int]]:
    """The same for the baseline: the record's own values, as they are."""
    for one in records:
        exact = Exact()
        for known in one.known:
            exact.add(known.value, Source(known.entity, 1.0, KNOWN))
        yield {at for span in exact.spans(Reading(one.texts[0])) for at in range(span.start, span.end)}


@dataclass(slots=True)
class Score:
    """Mentions and how many of them are wholly redacted, by kind and by variant."""

    mentions: Counter[str]
    redacted: Counter[str]
    missed: Counter[tuple[str, str]]

    @property
    def share(self) -> float:
        """Of all mentions."""
        return sum(self.redacted.values()) / sum(self.mentions.values())


def measured(given: Sequence[Case], search: Any) -> Score:
    """Search the records, four a call, and look which mentions are wholly covered."""
    score = Score(Counter(), Counter(), Counter())
    by = decided()
    for at in range(0, len(given), A_CALL):
        of_call = given[at : at + A_CALL]
        for one, covered in zip(of_call, search(opened([one.payload for one in of_call], by)), strict=True):
            text = one.payload["page_content"]
            for mention in one.mentions:
                score.mentions[mention.kind] += 1
                inside = {at for at in range(mention.start, mention.end) if text[at].isalnum()}
                hit = inside <= covered
                score.redacted[mention.kind] += hit
                score.missed[mention.kind, mention.variant] += not hit
    return score


def paragraphs() -> list[str]:
    """Neutral text, where it is on this machine."""
    root = Path(os.environ.get("NEEDFUL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    file = root / "tatqa" / "dev.json"
    if not file.is_file():
        return []
    return [paragraph["text"] for entry in json.loads(file.read_text("utf-8")) for paragraph in entry["paragraphs"]]


def false_spans(given: Sequence[Case], texts: Sequence[str]) -> tuple[float, float, Counter[str]]:
    """Spans per 1,000 words of neutral text, for all variants and for the exact values, and which words they cover."""
    by = decided()
    words = wrong = exactly = 0
    which: Counter[str] = Counter()
    for at, text in enumerate(texts):
        start = at * A_CALL % (len(given) - A_CALL + 1)
        records = opened([one.payload for one in given[start : start + A_CALL]], by)
        spans = {(span.start, span.end) for span in gathered(records).spans(text)}
        words += len(text.split())
        wrong += len(spans)
        which.update(text[start:end] for start, end in spans)
        exact = Exact()
        for known in (known for one in records for known in one.known):
            exact.add(known.value, Source(known.entity, 1.0, KNOWN))
        exactly += sum(1 for _ in exact.spans(Reading(text)))
    return wrong / words * 1000, exactly / words * 1000, which


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=10, help="how many ways of writing that are missed to list")
    options = parser.parse_args()
    given = cases(options.records, options.seed)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.records:,} records, {A_CALL} a call, seed {options.seed}; mentions wholly redacted")
    start = time.process_time()
    all_ways = measured(given, ours)
    spent = (time.process_time() - start) * 1000 / (len(given) / A_CALL)
    baseline = measured(given, exact_only)
    print(f"{'':8} {'mentions':>8} {'exact only':>11} {'Needful':>8}   target at least 99.5 %")
    for kind in KINDS:
        count = all_ways.mentions[kind]
        print(f"{kind:8} {count:8} {baseline.redacted[kind] / count:11.2%} {all_ways.redacted[kind] / count:8.2%}")
    print(f"{'all':8} {sum(all_ways.mentions.values()):8} {baseline.share:11.2%} {all_ways.share:8.2%}")
    print(f"{spent:.2f} ms of processor time a call of {A_CALL} records, opening them included")
    for (kind, variant), missed in all_ways.missed.most_common(options.missed):
        if missed:
            print(f"missed: {kind}, {variant}: {missed}")
    if texts := paragraphs():
        wrong, exactly, which = false_spans(given, texts)
        print(
            f"false spans per 1,000 words of {len(texts):,} neutral paragraphs: {wrong:.2f} (exact only {exactly:.2f})"
        )
        print("most often: " + ", ".join(f"{words!r} {count}" for words, count in which.most_common(12)))


if __name__ == "__main__":
    main()
