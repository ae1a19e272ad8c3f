"""What a purpose would do to one text: its spans, what replaces each, and the rule that decides, with its line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needful_cli.failures import usage_error
from needful_cli.redact import rule_of, rules_for, search

if TYPE_CHECKING:
    from needful.overlaps import Piece
    from needful.policy import Policy
    from needful.policy.document import Rule
    from needful.policy.narrowing import Narrowed
    from needful.policy.plain import Location
    from needful.transforms import Transformer
    from needful.values import Span

__all__ = ["ExplainedText", "explained_text", "text_given"]

_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_WITHHELD = {
    "drop-passage": "(the passage is left out)",
    "drop-record": "(the record is left out)",
    "deny": "(the call is refused)",
}
_NOBODY = ", for somebody without attributes: --principal says who asks"


@dataclass(frozen=True, slots=True)
class ExplainedText:
    """A text in parts, each with the action of its span (empty outside spans), and a row for every span. Raw."""

    parts: tuple[tuple[str, str], ...] = field(repr=False)
    rows: tuple[Mapping[str, Any], ...] = field(repr=False)
    remark: str = ""
    """For whom the rules are, where that matters."""

    @property
    def marked(self) -> str:
        """The text with every span in brackets, numbered: `Dear ⟦Maria Keller⟧¹, …`."""
        return "".join(part for part, _ in self.parts)

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {"marked": self.marked, "spans": self.rows}


def text_given(text: str | None, file: str | None) -> str | None:
    """The text of --text or --text-file. Raises `UsageProblems` where both are given, or the file cannot be read."""
    if file is None:
        return text
    if text is not None:
        raise usage_error("there are --text and --text-file", "give one")
    problem = "--text-file cannot be read"
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except FileNotFoundError:
        problem = "there is no such --text-file"
    except UnicodeDecodeError:
        problem = "--text-file is not UTF-8 text"
    except OSError:
        pass
    raise usage_error(problem)


def explained_text(policy: Policy, name: str, text: str, principal: Mapping[str, Any] | None) -> ExplainedText:
    """Search a text and say what is done to each of its spans, and why. Raises `DetectionError`."""
    from needful.policy.narrowing import depends_on_the_principal

    purpose = policy.purposes[name]
    rules = rules_for(purpose, principal)
    searched = search(policy, name, text, rule_of(rules, drops=True))
    pieces = searched.pieces
    transformer = _transformer(policy, pieces)
    rows = tuple(
        {
            "number": number,
            **row,
            "recognizer": _recognizers(piece, searched.spans),
            "replacement": _replacement(text, piece, transformer),
            **_decided(policy, name, piece, rules),
        }
        for number, (row, piece) in enumerate(zip(searched.rows(), pieces, strict=True), start=1)
    )
    remark = _NOBODY if principal is None and depends_on_the_principal(purpose) else ""
    return ExplainedText(tuple(_parts(text, pieces)), rows, remark)


def _parts(text: str, pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """Yield the text in order with marks around the pieces. Pieces that are dropped may overlap others."""
    marks = [(piece.start, 1, "⟦") for piece in pieces]
    marks += [(p.end, 0, f"⟧{str(number).translate(_DIGITS)}") for number, p in enumerate(pieces, start=1)]
    position = 0
    for at, _, mark in sorted(marks):
        if position < at:
            yield text[position:at], _action(position, pieces)
            position = at
        yield mark, ""
    if position < len(text):
        yield text[position:], ""


def _action(position: int, pieces: Sequence[Piece]) -> str:
    over = [piece.action for piece in pieces if piece.start <= position < piece.end]
    return max(over, key=lambda action: action.rank).value if over else ""


def _recognizers(piece: Piece, spans: Sequence[Span]) -> str:
    """Who found what lies in a piece, the surest first."""
    within = [span for span in spans if span.start < piece.end and piece.start < span.end]
    return ", ".join(dict.fromkeys(span.recognizer for span in sorted(within, key=lambda span: -span.score)))


def _transformer(policy: Policy, pieces: Sequence[Piece]) -> Transformer:
    from needful.keys import Keys
    from needful.policy.walking import needs_of
    from needful.ports import Surrogates
    from needful.tokens import Tokens
    from needful.transforms import Transformer
    from needful.values import Action
    from needful_presidio import PresidioOperators

    surrogates: Surrogates | None = None
    if needs_of(policy.document).surrogates:
        from needful_faker import FakerSurrogates

        surrogates = FakerSurrogates()
    # Of the other tokens no two calls have the same, so no key has to be there, or is made, for them.
    keyed = any(piece.action is Action.HASH or piece.rule.lasting for piece in pieces)
    keys = Keys.load(policy.keys.removeprefix("env:")) if keyed else Keys.random()
    return Transformer(Tokens(keys), PresidioOperators(), surrogates, policy.language)


def _replacement(text: str, piece: Piece, transformer: Transformer) -> str:
    if piece.action.value in _WITHHELD:
        return _WITHHELD[piece.action.value]
    value = text[piece.start : piece.end]
    return value if piece.action.value == "keep" else transformer.apply(value, piece.entity, piece.rule)


def _decided(policy: Policy, name: str, piece: Piece, rules: Narrowed) -> dict[str, Any]:
    """Which rule decides, and where it stands."""
    from needful.policy.entities import DEFAULT

    rule = rule_of(rules, drops=True)(piece.entity)
    if rule.treatment != piece.rule.treatment:
        return {"rule": "overlapping spans: the strictest rule, else redact", "line": None}
    entity = piece.entity if piece.entity in rules.entities else DEFAULT
    if rule is not rules.entities.get(entity):
        return {"rule": "built in: redact", "line": None}
    return {"rule": f"entities.{entity}", "line": _line(policy, ("purposes", name, "entities", entity), rule)}


def _line(policy: Policy, at: Location, rule: Rule) -> int | str | None:
    """The line of a rule, with the file where it is the parent's; None where it stands for two that disagree."""
    from needful.policy.finding import Finding

    several = policy.purposes[str(at[1])].entities[str(at[3])]
    index = next((index for index, other in enumerate(several) if other is rule), None)
    if index is None:
        return None
    problem = policy.problem(Finding((*at, index), ""))
    return problem.line if problem.source == policy.source else f"{problem.source}:{problem.line}"
