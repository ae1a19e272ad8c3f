"""A record that was examined becomes a document: each leaf by its rule, the text by the passages that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from needful.examined import Examined
from needful.overlaps import Resolution
from needful.paths import Location
from needful.planning import Plan
from needful.policy.document import Scan
from needful.records import Leaf, ShownKeys, rebuilt, shape
from needful.transforms import GAP, Transformer, merged_counts
from needful.values import Action, Counts, Document, Found, Passage

__all__ = ["Discloser"]


@dataclass(frozen=True, slots=True)
class Discloser:
    """Makes the documents of one call."""

    plan: Plan
    transformer: Transformer
    document_id: Callable[[str], str]
    """Point id to document id: a keyed hash."""

    def document(self, item: Examined, picks: Sequence[tuple[Passage, ...]]) -> Document:
        """Show of a record what its rules let; `picks` are the passages of each of its contents."""
        counts: list[Counts] = []
        texts: list[str] = []
        leaves: list[tuple[Location, Any]] = []
        keys = ShownKeys()
        passages = iter(picks)
        for leaf, found in zip(item.opened.leaves, item.resolutions, strict=True):
            of_leaf = next(passages) if leaf.planned.is_text else None
            of_key, resolutions = (found[0], found[1:]) if leaf.key is not None else (None, found)
            value = self._shown(leaf, resolutions, of_leaf, counts)
            if leaf.planned.is_text:
                texts.append(value)
            elif value is not OMITTED and not (of_key and of_key.dropped):
                shown = self.transformer.disclose(leaf.key or "", of_key) if of_key else None
                leaves.append((keys.location(leaf, shown.text) if shown else leaf.location, value))
        return Document(
            id=str(item.opened.id) if self.plan.keeps_id else self.document_id(str(item.opened.id)),
            text=_content(texts, item.opened.passages),
            fields=shape(leaves, self.plan.metadata_key),
            counts=merged_counts(counts),
            score=item.opened.score,
        )

    def _shown(
        self,
        leaf: Leaf,
        resolutions: Sequence[Resolution],
        passages: tuple[Passage, ...] | None,
        counts: list[Counts],
    ) -> Any:
        rule = leaf.planned.rule
        if isinstance(rule, Scan):
            return self._shown_text(leaf, resolutions, passages, counts)
        if passages is not None and rule.action is Action.KEEP:
            counts.append({leaf.planned.path.text: {Action.KEEP.value: 1}})
            return self._shown_text(leaf, (Resolution(),), passages, counts)
        if rule.action is Action.DROP_PASSAGE:
            return OMITTED
        value, of_value = self.transformer.value(leaf.value, rule, leaf.planned.path.text)
        counts.append(of_value)
        return value

    def _shown_text(
        self,
        leaf: Leaf,
        resolutions: Sequence[Resolution],
        passages: tuple[Passage, ...] | None,
        counts: list[Counts],
    ) -> Any:
        if passages is None and any(resolution.dropped for resolution in resolutions):
            return OMITTED
        rest = iter(resolutions)

        def show(text: str) -> str:
            disclosure = self.transformer.disclose(text, next(rest), passages)
            counts.append(disclosure.counts)
            return disclosure.text

        return rebuilt(leaf.value, show)


def _content(texts: Sequence[str], found: Sequence[Found]) -> str:
    """One text of a record's contents; passages that do not follow each other have a gap between them."""
    shown = [(text, at) for at, text in enumerate(texts) if text]
    if not found:
        return "\n".join(text for text, _ in shown)
    parts = [text for text, _ in shown[:1]]
    for (_, former), (text, at) in pairwise(shown):
        parts += (" " if found[at].order == found[former].order + 1 else GAP, text)
    return "".join(parts)


OMITTED = object()
"""In place of a value of which nothing is shown."""
