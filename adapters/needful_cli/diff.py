"""`needful policy diff`: what a changed policy discloses more and less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from needful.errors import AccessDenied
from needful_cli.common import JsonFlag, PrincipalFlag, PurposeFlag, examples, object_of, policy_at, principal_of
from needful_cli.explain_view import table
from needful_cli.failures import TESTS_FAILED, usage_error
from needful_cli.output import plain, print_json, say

if TYPE_CHECKING:
    from needful.policy import Policy
    from needful.policy.changes.differences import Compared, Comparison
    from needful_cli.diff_counts import Counted

__all__ = ["EXAMPLES", "diff"]

EXAMPLES = examples(
    "needful policy diff customer-service policies/customer-service.yaml",
    "needful policy diff old.yaml new.yaml --exit-code",
    "needful policy diff old.yaml new.yaml --qdrant ./qdrant --collection tickets \\",
    """    --purpose answer-ticket --principal '{"id": "a-7", "tenant": "acme"}'""",
)

OldArgument = Annotated[str, typer.Argument(metavar="OLD", help="A policy file, or the name of a starter policy.")]
NewArgument = Annotated[str, typer.Argument(metavar="NEW", help="The same: what is to replace it.")]


def diff(
    old: OldArgument,
    new: NewArgument,
    purpose: PurposeFlag = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 4 if NEW discloses more, or if that cannot be told.")
    ] = False,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="Count the changes in records of a collection.")
    ] = None,
    qdrant: Annotated[
        str | None,
        typer.Option("--qdrant", metavar="URL|DIR", help="Where it is: a server, or a directory of an embedded one."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many records are looked at.")] = 1000,
    principal: PrincipalFlag = None,
    json_: JsonFlag = False,
) -> None:
    """Say what NEW discloses more and less than OLD, by purpose, and for whom; changes without an order differ.

    Compared is what the rules come to, not how they are written. With --collection and --qdrant, up to N records (the
    first by id that either policy's filter lets pass) are looked at under both policies for --principal, else for
    somebody without attributes: each as if it came alone, before passages are chosen. Only counts are printed. Nothing
    but counts leaves this process, so nothing is recorded as a disclosure in the ledger; whoever runs this does read
    the records, which the operator of the collection may want to log.
    """
    from needful.policy.changes.differences import compare

    policies = policy_at(old), policy_at(new)
    where = _where(collection, qdrant, for_records=principal is not None)
    compared = compare(policies[0].document, policies[1].document)
    names = _purposes(compared, purpose)
    who = object_of("--principal", principal)
    counts = {} if where is None else _counts(policies, names, *where, who, limit)
    if json_:
        print_json(_as_json(policies, compared, names, counts))
    else:
        _show(policies, compared, names, counts)
    chosen = [compared.purposes[name] for name in names]
    if exit_code and any(each.may_disclose_more for each in (compared.policy, *chosen)):
        raise typer.Exit(TESTS_FAILED)


def _where(collection: str | None, qdrant: str | None, *, for_records: bool) -> tuple[str, str] | None:
    if collection is None and qdrant is None and not for_records:
        return None
    if collection is None or qdrant is None or not collection.strip():
        raise usage_error("--collection and --qdrant go together, and --principal with them", "give all, or none")
    return collection, qdrant


def _purposes(compared: Comparison, given: str | None) -> list[str]:
    if given is None:
        return sorted(compared.purposes)
    if given in compared.purposes:
        return [given]
    listed = ", ".join(sorted(compared.purposes))
    raise AccessDenied("unknown purpose", code="purpose-unknown", hint=f"the policies have: {listed}")


def _counts(
    policies: tuple[Policy, Policy],
    names: Sequence[str],
    collection: str,
    qdrant: str,
    who: Mapping[str, Any] | None,
    limit: int,
) -> dict[str, Counted]:
    from needful_cli.diff_records import REVIEWER, counted
    from needful_cli.opening import opened

    principal = REVIEWER if who is None else principal_of(who)
    with opened(qdrant) as client:
        return {name: counted(client, collection, policies, name, principal, limit) for name in names}


def _as_json(
    policies: tuple[Policy, Policy], compared: Comparison, names: Sequence[str], counts: Mapping[str, Counted]
) -> dict[str, Any]:
    found = {
        "old": plain(policies[0].identity),
        "new": plain(policies[1].identity),
        "policy": _differences(compared.policy),
        "purposes": {name: _differences(compared.purposes[name]) for name in names},
    }
    return found if not counts else {**found, "records": {name: each.as_json() for name, each in counts.items()}}


def _differences(compared: Compared) -> dict[str, Any]:
    from needful.policy.changes.subjects import Kind

    return {**{kind: plain(compared.of_kind(kind)) for kind in get_args(Kind)}, "same": compared.same}


def _show(
    policies: tuple[Policy, Policy], compared: Comparison, names: Sequence[str], counts: Mapping[str, Counted]
) -> None:
    for word, policy in zip(("old", "new"), policies, strict=True):
        say(f"{word}: {policy.name} version {policy.version}, digest {policy.digest}")
    if compared.policy.differences:
        _section("The whole policy", compared.policy)
    for name in names:
        _section(f"Purpose {name}", compared.purposes[name])
        if name in counts:
            _show_counts(counts[name])


def _section(title: str, compared: Compared) -> None:
    from needful.policy.changes.subjects import Kind

    say(f"\n{title}")
    for kind in get_args(Kind):
        found = compared.of_kind(kind)
        if found:
            say(f"  {kind.capitalize()}")
        for difference in found:
            say(f"    {difference}")
    say(f"  Same: {compared.same}")


def _show_counts(counts: Counted) -> None:
    say(f"  In {counts.records:,} records:")
    more, less = counts.records_more, counts.records_less
    say(f"    disclosed: {counts.disclosed[0]:,} → {counts.disclosed[1]:,} ({more:,} more, {less:,} fewer)")
    for word, reasons in zip(("old", "new"), counts.withheld, strict=True):
        if reasons:
            listed = ", ".join(f"{reason} {times:,}" for reason, times in sorted(reasons.items()))
            say(f"    not disclosed by the {word} policy: {listed}")
    more, less = counts.characters_more, counts.characters_less
    shown = counts.characters
    say(f"    characters shown as they are: {shown[0]:,} → {shown[1]:,} ({more:,} more, {less:,} fewer)")
    rows = [
        (each["field"], each["entity"], each["old"], each["new"], each["kind"], f"{each['times']:,}")
        for each in counts.as_json()["changes"]
    ]
    if rows:
        table("Changes of values, and of PII found in them", ("field", "entity", "old", "new", "", "times"), rows)
    else:
        say("    no value changes")
