"""`needful redact`: plain text by the entity rules of a purpose."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import AccessDenied, DetectionError
from needful_cli.common import (
    JsonFlag,
    PolicyFlag,
    PrincipalFlag,
    PurposeFlag,
    ScopeFlag,
    VaultFlag,
    examples,
    object_of,
    policy_at,
    principal_of,
    text_of,
)
from needful_cli.output import clean, print_json

if TYPE_CHECKING:
    from needful.overlaps import Piece, Resolution
    from needful.policy import Policy
    from needful.policy.document import Purpose, Rule
    from needful.policy.narrowing import Narrowed
    from needful.ports import Surrogates
    from needful.values import Span

__all__ = ["Searched", "purpose_of", "register", "rule_of", "rules_for", "search", "surrogates"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful redact letter.txt --policy customer-service --purpose answer-ticket",
        'echo "Call +1 212 555 0142" | needful redact --policy customer-service --purpose answer-ticket --json',
    )
    app.command("redact", epilog=epilog)(_redact)


def _redact(
    policy: PolicyFlag,
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A text file in UTF-8; - is standard input.", show_default=False)
    ] = "-",
    purpose: PurposeFlag = None,
    principal: PrincipalFlag = None,
    scope: ScopeFlag = None,
    vault: VaultFlag = None,
    json_: JsonFlag = False,
) -> None:
    """Redact a text by a purpose's entity rules.

    There is no record here, so fields, filters and known values of the policy do not count; what a rule would drop is
    redacted, and deny ends with exit code 5. Rules narrowed by when hold for the --principal that fits them. A text has
    at most 1,000,000 characters. Nothing is fetched, so nothing is recorded in the ledger. --json prints {"text",
    "spans": [{"start", "end", "entity", "score", "action"}]}, with offsets in characters of the input.
    """
    from needful.keys import Keys
    from needful.tokens import Tokens
    from needful.transforms import Transformer

    loaded = policy_at(policy)
    name, chosen = purpose_of(loaded, purpose)
    text = text_of(file)
    searched = search(loaded, name, text, rule_of(rules_for(chosen, object_of("--principal", principal))))
    if searched.resolution.verdict:
        raise AccessDenied(
            "the text holds something that the policy denies", code="denied", hint="policy explain says what"
        )
    from needful.policy.walking import needs_of
    from needful.vault import open_vault
    from needful_presidio import PresidioOperators

    keys = Keys.load(loaded.keys.removeprefix("env:"))
    tokens, needs = Tokens(keys, scope), needs_of(loaded.document)
    transformer = Transformer(tokens, PresidioOperators(), surrogates() if needs.surrogates else None, loaded.language)
    shown = transformer.disclose(text, searched.resolution).text
    if tokens.originals:
        open_vault(vault, keys).put(tokens.originals)
    if json_:
        print_json({"text": shown, "spans": searched.rows()})
    else:
        # A file or a program gets the text as it is; a terminal would obey it.
        sys.stdout.write(clean(shown) if sys.stdout.isatty() else shown)


def surrogates() -> Surrogates:
    """What makes made-up values: Faker."""
    from needful_faker import FakerSurrogates

    made: Surrogates = FakerSurrogates()
    return made


def purpose_of(policy: Policy, given: str | None) -> tuple[str, Purpose]:
    """The purpose of this name. Raises `AccessDenied`, as retrieving does."""
    listed = ", ".join(sorted(policy.purposes))
    if given is None:
        raise AccessDenied("no purpose given", code="purpose-missing", hint=f"policy {policy.name} has: {listed}")
    if given not in policy.purposes:
        raise AccessDenied("unknown purpose", code="purpose-unknown", hint=f"policy {policy.name} has: {listed}")
    return given, policy.purposes[given]


def rules_for(purpose: Purpose, principal: Mapping[str, Any] | None) -> Narrowed:
    """The purpose's rules as they hold for a principal; without one, for somebody without attributes."""
    from needful.policy.narrowing import narrowed, nobody

    return narrowed(purpose, nobody if principal is None else principal_of(principal).attribute)


def rule_of(rules: Narrowed, *, drops: bool = False) -> Callable[[str], Rule]:
    """Return what gives the rule of an entity in a text of its own.

    Nothing can be dropped there, so what would be is redacted, unless `drops` asks for the rule as it is written.
    """
    from needful.policy.document import REDACT
    from needful.policy.entities import TOKEN
    from needful.values import Action

    def rule(entity: str) -> Rule:
        if entity == TOKEN and TOKEN not in rules.entities:
            return REDACT
        written = rules.rule_for(entity)
        dropped = written.action in (Action.DROP_PASSAGE, Action.DROP_RECORD)
        return REDACT if dropped and not drops else written

    return rule


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found in a text, and what the rules make of it."""

    spans: tuple[Span, ...] = field(repr=False)
    resolution: Resolution

    @property
    def pieces(self) -> list[Piece]:
        """Every stretch that a rule holds for, in the order of the text."""
        found = self.resolution
        grave = [*found.dropped, *([found.verdict] if found.verdict else [])]
        # What is dropped or denied is a redacted piece as well, for a text that is shown all the same.
        extents = {(piece.start, piece.end) for piece in grave}
        others = [piece for piece in (*found.pieces, *found.kept) if (piece.start, piece.end) not in extents]
        return sorted((*others, *grave), key=lambda piece: (piece.start, piece.end))

    def rows(self) -> list[dict[str, Any]]:
        """Each stretch with its entity, what is done to it, and the best score of the spans in it."""
        return [
            {
                "start": piece.start,
                "end": piece.end,
                "entity": piece.entity,
                "score": _score(piece, self.spans),
                "action": piece.action.value,
            }
            for piece in self.pieces
        ]


def _score(piece: Piece, spans: Sequence[Span]) -> float:
    within = [span.score for span in spans if span.start < piece.end and piece.start < span.end]
    return round(max(within), 4)


def search(policy: Policy, purpose: str, text: str, rule: Callable[[str], Rule]) -> Searched:
    """Search a text as the purpose says, and settle overlaps by the rules. Raises `DetectionError`."""
    from needful.detection import SpanCache, find_spans, own_tokens_untouched
    from needful.overlaps import resolve
    from needful_presidio import detector_for

    longest = policy.purposes[purpose].detect.max_characters
    if len(text) > longest:
        hint = "redact it in parts, or raise detect.max_characters"
        raise DetectionError(f"the text is longer than {longest:,} characters", code="text-too-long", hint=hint)
    found = find_spans([text], detector_for(policy, purpose), SpanCache(0), longest=longest)[0]
    spans = own_tokens_untouched(text, found, lambda token: False)
    return Searched(spans, resolve(spans, rule))
