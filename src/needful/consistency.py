"""The values that the records of a call have in common: what one of them names or shows is a span in all of them.

Every record that was searched counts, the withheld ones too, and whatever the rules do with a value: else a stricter
rule, which withholds a record, would show in another record what a milder one hid. What a reader sees of it is one
token more among tokens. The question is another matter; see `Enforcer.steps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from needful.detection import own_tokens_untouched
from needful.mentions import Mentions, found_values
from needful.records import Opened
from needful.values import Span

__all__ = ["Searched", "mentions_of"]


@dataclass(frozen=True, slots=True)
class Searched:
    """A record whose texts were searched. Raw."""

    opened: Opened
    spans: Sequence[tuple[Span, ...]] = field(repr=False)
    """One tuple a text of the record: what the detector found there."""
    is_withheld: bool = False
    """Whether it is a source only, and never examined for disclosure."""


def mentions_of(records: Iterable[Searched], question: str, asked: Iterable[Span], least: float) -> Mentions:
    """Gather the values of the records and of the question; `least` is the policy's least score.

    `asked` are the spans of the question, tokens of ours taken off.
    """
    mentions = Mentions()
    for found in found_values(question, asked, least):
        mentions.find_again(found)
    for record in records:
        for value in record.opened.known:
            mentions.know(value, id(record.opened))
        for text, spans in zip(record.opened.texts, record.spans, strict=False):
            if spans:
                for found in found_values(text, own_tokens_untouched(text, spans, lambda _: False), least):
                    mentions.find_again(found)
    return mentions
