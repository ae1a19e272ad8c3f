"""A record between detection and disclosure: what the rules make of each of its texts, cut to passages. Raw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from needful.caching import TextCache
from needful.overlaps import Piece, Resolution
from needful.records import Leaf, Opened
from needful.relevance import Analysis, analyze
from needful.selection import split
from needful.telemetry import looked_up
from needful.values import Passage

__all__ = ["Content", "Examined"]


@dataclass(frozen=True, slots=True)
class Content:
    """One text of a record that becomes the document's content, cut to passages. Raw."""

    text: str = field(repr=False)
    resolution: Resolution
    analyzed: Callable[[], Analysis] = field(repr=False)
    """The analysis, which a text that is one passage has only where its words are compared with others'."""
    passages: tuple[Passage, ...]
    allowed: tuple[bool, ...]
    """Whether a passage may be disclosed at all: drop-passage says no."""

    @property
    def analysis(self) -> Analysis:
        """Words and sentences of the text; nothing of one that is disclosed whole."""
        return self.analyzed()

    @classmethod
    def of(
        cls, leaf: Leaf, resolution: Resolution, analyses: TextCache[Analysis], *, is_passage: bool = False
    ) -> Content:
        """Cut a text to passages that cut through no span; a text disclosed whole is one passage, or is one already."""
        text = leaf.value
        passages: tuple[Passage, ...] = (Passage(0, len(text)),)
        analyzed = partial(_analysis, text, analyses) if leaf.planned.select else _nothing
        if leaf.planned.select and not is_passage:
            analysis = analyzed()
            analyzed = partial(_same, analysis)
            passages = split(text, resolution.extents, bounds=analysis.bounds)
        dropped = resolution.dropped
        if not dropped:
            return cls(text, resolution, analyzed, passages, (True,) * len(passages))
        allowed = tuple(not any(p.start < piece.end and piece.start < p.end for piece in dropped) for p in passages)
        return cls(text, resolution, analyzed, passages, allowed)


def _nothing() -> Analysis:
    return NOTHING


def _same(analysis: Analysis) -> Analysis:
    return analysis


NOTHING = Analysis((), (), ())


def _analysis(text: str, analyses: TextCache[Analysis]) -> Analysis:
    key = analyses.key("analysis", text)
    analysis = analyses.get(key)
    looked_up("analyses", int(analysis is not None), int(analysis is None))
    if analysis is None:
        analysis = analyze(text)
        analyses.put(key, analysis)
    return analysis


@dataclass(frozen=True, slots=True)
class Examined:
    """A record that may be disclosed in part, with what the rules make of each of its searched texts. Raw."""

    opened: Opened
    resolutions: tuple[tuple[Resolution, ...], ...] = field(repr=False)
    """One tuple a leaf of the record, in the order of `Leaf.searched`."""
    contents: tuple[Content, ...] = field(repr=False)

    @classmethod
    def of(cls, opened: Opened, found: Sequence[Resolution], analyses: TextCache[Analysis]) -> Examined:
        """Deal the resolutions of a record's texts out to its leaves."""
        rest = iter(found)
        resolutions = tuple(tuple(next(rest) for _ in leaf.searched) for leaf in opened.leaves)
        contents = tuple(
            Content.of(leaf, of_leaf[0] if of_leaf else Resolution(), analyses, is_passage=bool(opened.passages))
            for leaf, of_leaf in zip(opened.leaves, resolutions, strict=True)
            if leaf.planned.is_text
        )
        return cls(opened, resolutions, contents)

    @property
    def verdicts(self) -> list[Piece]:
        """What an entity rule denies, or drops the record for."""
        return [r.verdict for of_leaf in self.resolutions for r in of_leaf if r.verdict]

    @property
    def has_nothing_to_show(self) -> bool:
        """Whether drop-passage leaves none of the content."""
        found = self.opened.passages
        own = [content for at, content in enumerate(self.contents) if not found or not found[at].near]
        passages = [allowed for content in own for allowed in content.allowed]
        return bool(passages) and not any(passages)
