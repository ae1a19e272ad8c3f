"""Text, pieces and rules become a disclosure: one function an action, one table.

Edits go by offset, never by value, from the first piece to the last; characters outside pieces come out unchanged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from needful.errors import DetectionError, NeedfulError
from needful.faults import interrupts
from needful.generalizing import generalized
from needful.overlaps import Piece, Resolution, readable
from needful.policy.document import REDACT, Rule, ValueRule
from needful.ports import Operators, Surrogates
from needful.tokens import Tokens
from needful.values import Action, Counts, Disclosure, Passage

__all__ = ["GAP", "Transformer", "merged_counts"]

GAP = " … "
"""Stands between passages that do not follow each other in the text."""

UNNAMED = "REDACTED"
"""The kind of a field value whose rule names no entity."""

LONG_ENOUGH = 4
"""Characters of a value from which on finding it in an operator's answer is no accident."""

Edit = Callable[["Transformer", str, str, Rule], str]


@dataclass(frozen=True, slots=True)
class Transformer:
    """Applies rules with the tokens of one call's scope and the operators of one set-up."""

    tokens: Tokens
    operators: Operators
    surrogates: Surrogates | None = None
    """What makes fakes; None where no rule asks for any."""
    language: str = "en"
    """Of the texts, ISO 639-1."""

    def disclose(self, text: str, resolution: Resolution, passages: Sequence[Passage] | None = None) -> Disclosure:
        """Redact a text, or only passages of it, in text order. Of a piece that a passage cuts, nothing is shown."""
        if not resolution.pieces and not resolution.kept and (passages is None or len(passages) == 1):
            return Disclosure(text if passages is None else text[passages[0].start : passages[0].end])
        windows = [Passage(0, len(text))] if passages is None else passages
        parts = [self._edited(text, resolution.pieces, window) for window in windows]
        shown = [p for p in (*resolution.pieces, *resolution.kept) if any(_inside(p, window) for window in windows)]
        return Disclosure(_joined(text, windows, parts), _counts((piece.entity, piece.action) for piece in shown))

    def value(self, value: Any, rule: ValueRule, name: str) -> tuple[Any, Counts]:
        """Treat a whole field value: a scalar as one, an array item by item, an object as something not to be shown.

        Returns what may be shown and the counts, under the rule's entity or the field's name.
        """
        shown = self._value(value, rule, rule.entity or UNNAMED)
        return shown, ({} if value is None else _counts([(rule.entity or name, rule.action)]))

    def _value(self, value: Any, rule: ValueRule, entity: str) -> Any:
        if value is None or rule.action is Action.KEEP:
            return value
        if rule.action is Action.GENERALIZE and not isinstance(value, str):
            return self._coarser(value, rule, entity)
        if isinstance(value, list):
            return [self._value(item, rule, entity) for item in value]
        if isinstance(value, Mapping):
            return self.tokens.redacted(entity)
        return self.apply(str(value), entity, rule)

    def _coarser(self, value: Any, rule: ValueRule, entity: str) -> Any:
        """A typed value made coarser as a whole, an array of them item by item."""
        coarser = generalized(value, rule.to or "", step=rule.step, decimals=rule.decimals)
        if coarser is None and isinstance(value, list):
            return [self._value(item, rule, entity) for item in value]
        return self.tokens.redacted(entity) if coarser is None else coarser

    def apply(self, value: str, entity: str, rule: Rule) -> str:
        """Return what replaces one value. An action with no edit of its own (drop, deny) redacts."""
        return EDITS.get(rule.action, _redact)(self, value, entity, rule)

    def _edited(self, text: str, pieces: Iterable[Piece], window: Passage) -> str:
        parts: list[str] = []
        position = window.start
        for piece in pieces:
            if piece.end <= window.start or window.end <= piece.start:
                continue
            rule = piece.rule if _inside(piece, window) else REDACT
            shown = self.apply(text[piece.start : piece.end], piece.entity, rule)
            parts += text[position : piece.start], shown
            position = piece.end
        return "".join((*parts, text[position : window.end]))


def _inside(piece: Piece, window: Passage) -> bool:
    return window.start <= piece.start and piece.end <= window.end


def _joined(text: str, windows: Sequence[Passage], parts: Sequence[str]) -> str:
    """Join passages: with the white space between them where nothing was left out, else with a gap."""
    joined: list[str] = []
    for index, part in enumerate(parts):
        if index:
            between = text[windows[index - 1].end : windows[index].start]
            joined.append(GAP if between.strip() else between)
        joined.append(part)
    return "".join(joined)


def _counts(shown: Iterable[tuple[str, Action]]) -> Counts:
    counts: dict[str, dict[str, int]] = {}
    for entity, action in shown:
        of_entity = counts.setdefault(entity, {})
        of_entity[action.value] = of_entity.get(action.value, 0) + 1
    return counts


def merged_counts(all_counts: Iterable[Counts]) -> Counts:
    """Add counts up, sorted by name."""
    merged: dict[str, dict[str, int]] = {}
    for counts in all_counts:
        for name, actions in counts.items():
            of_name = merged.setdefault(name, {})
            for action, times in actions.items():
                of_name[action] = of_name.get(action, 0) + times
    return {name: dict(sorted(merged[name].items())) for name in sorted(merged)}


def _redact(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    return transformer.tokens.redacted(entity)


def _pseudonymize(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    if rule.lasting:
        return transformer.tokens.lasting(entity, value)
    return transformer.tokens.pseudonym(entity, value)


def _hash(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    return transformer.tokens.hashed(entity, value)


def _mask(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    """Hide all but the first and last characters, and at least half of the value."""
    first, last = readable(rule, len(value))
    middle = value[first : len(value) - last]
    parameters = {"masking_char": rule.char, "chars_to_mask": len(middle), "from_end": False}
    hidden = _operated(transformer.operators, "mask", middle, entity, parameters)
    if hidden != rule.char * len(middle):
        raise DetectionError("an operator did not mask", code="operator-fault")
    if rule.keep_format:
        pairs = zip(middle, hidden, strict=True)
        hidden = "".join(character if _is_separator(character) else mask for character, mask in pairs)
    return value[:first] + hidden + value[len(value) - last :]


def _is_separator(character: str) -> bool:
    """Whether a character is a blank or punctuation. Letters, marks, numbers and symbols may be part of the value."""
    return unicodedata.category(character)[0] in "ZP"


def _generalize(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    """Make a value coarser; what cannot be read is redacted, never kept."""
    coarser = generalized(value, rule.to or "", step=rule.step, decimals=rule.decimals)
    return coarser if isinstance(coarser, str) else transformer.tokens.redacted(entity)


def _surrogate(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    """Put a made-up value in place; what no fake can be made of is redacted."""
    if transformer.surrogates is None:
        raise DetectionError("nothing here makes surrogates", code="surrogates-missing", hint="give surrogates=")
    fault = DetectionError("a surrogate could not be made", code="surrogate-fault")
    try:
        fake = transformer.surrogates.fake(entity, value, transformer.language, transformer.tokens.draw)
        return fake if fake != value else transformer.tokens.redacted(entity)
    except DetectionError as error:
        if error.code == "no-surrogate":
            return transformer.tokens.redacted(entity)
        fault = DetectionError(error.message, code=error.code, hint=error.hint)
    except BaseException as error:
        if interrupts(error):
            raise
    raise fault


def _custom(transformer: Transformer, value: str, entity: str, rule: Rule) -> str:
    answer = _operated(transformer.operators, rule.operator or "", value, entity, rule.params)
    if value in answer and len(value) >= LONG_ENOUGH:
        raise DetectionError("an operator gave the value back", code="operator-fault")
    return answer


def _operated(operators: Operators, name: str, value: str, entity: str, parameters: Mapping[str, Any]) -> str:
    fault = DetectionError("an operator failed", code="operator-fault")
    try:
        answer = operators.apply(name, value, entity, parameters)
        if isinstance(answer, str):
            return answer
    except NeedfulError as error:
        fault = DetectionError(error.message, code=error.code, hint=error.hint)
    except BaseException as error:
        if interrupts(error):
            raise
    raise fault


EDITS: Mapping[Action, Edit] = MappingProxyType(
    {
        Action.REDACT: _redact,
        Action.PSEUDONYMIZE: _pseudonymize,
        Action.HASH: _hash,
        Action.MASK: _mask,
        Action.GENERALIZE: _generalize,
        Action.SURROGATE: _surrogate,
        Action.CUSTOM: _custom,
    }
)
