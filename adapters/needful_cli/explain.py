"""`needful policy explain`: what a purpose fetches, searches, shows and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.common import (
    JsonFlag,
    PrincipalFlag,
    PurposeFlag,
    examples,
    object_of,
    policy_at,
)
from needful_cli.explain_rules import explanation
from needful_cli.explain_text import explained_text, text_given
from needful_cli.explain_view import show_purpose, show_text
from needful_cli.output import plain, print_json, say
from needful_cli.redact import purpose_of

if TYPE_CHECKING:
    from needful.policy import Policy

__all__ = ["EXAMPLES", "explain"]

EXAMPLES = examples(
    "needful policy explain policies/customer-service.yaml",
    """needful policy explain customer-service --purpose answer-ticket --principal '{"id": "a-7", "tenant": "acme"}'""",
    'needful policy explain customer-service --purpose answer-ticket --text "Send it to maria@example.com"',
)


def explain(
    policy: Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or the name of a starter policy.")],
    purpose: PurposeFlag = None,
    principal: PrincipalFlag = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="A text: what would be done to it, and by which rule.")
    ] = None,
    text_file: Annotated[
        str | None, typer.Option("--text-file", metavar="FILE|-", help="The same of a text file in UTF-8.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Explain a purpose: what is fetched, filtered, searched and shown, and why. Without --purpose, all of them.

    Without --principal, every rule with the column `for`; with it, the filter and the rules of that principal. With
    --text, only what would be done to that text, as if it stood in a searched field: the text with its spans marked,
    and for each span the replacement and the rule that decides, with its line. This alone needs Presidio. Nothing is
    fetched or recorded.
    """
    loaded = policy_at(policy)
    given = text_given(text, text_file)
    names = sorted(loaded.purposes) if purpose is None and given is None else [purpose_of(loaded, purpose)[0]]
    who = object_of("--principal", principal)
    explained = {name: explanation(loaded, name, who) for name in names}
    is_allowed = all(parts["allowed"] for parts in explained.values())
    spans = explained_text(loaded, names[0], given, who) if given is not None and is_allowed else None
    if json_:
        of_text = {} if given is None else {"spans": []} if spans is None else spans.as_json()
        print_json({**_head(loaded), "purposes": explained, **of_text})
        return
    for line in _title(loaded):
        say(line)
    if spans is not None:
        show_text(names[0], spans)
        return
    for name, parts in explained.items():
        show_purpose(name, parts)


def _head(policy: Policy) -> dict[str, Any]:
    from needful.policy.wording import layout_worded

    found = {"policy": plain(policy.identity), "layout": layout_worded(policy.layout)}
    return found if policy.document.extends is None else {**found, "extends": policy.document.extends}


def _title(policy: Policy) -> Iterator[str]:
    head: Mapping[str, Any] = _head(policy)
    yield f"{policy.name} version {policy.version}, digest {policy.digest}"
    if "extends" in head:
        yield f"Extends {head['extends']}: it may be stricter, and looser only where unsafe-allow says so."
    yield f"Collections with {head['layout']}"
