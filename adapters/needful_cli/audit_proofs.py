"""`needful audit key`, `prove`, `check-proof`, `export`, `erase`: what third parties get, and what may be taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needful_cli.audit_ledger import existing, keys_of
from needful_cli.common import JsonFlag, LedgerFlag, examples, text_of
from needful_cli.failures import usage_error
from needful_cli.output import plain, print_json, say

if TYPE_CHECKING:
    from needful.ledger.proving import Proof

__all__ = ["register"]

KeyFlag = Annotated[
    list[str],
    typer.Option("--key", metavar="KEY", help="A public key (needful audit key) that checkpoints are signed with."),
]


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.command("key", epilog=examples("needful audit key > kept-elsewhere/ledger.key"))(_key)
    commands.command("prove", epilog=examples("needful audit prove 4711 > proof.json"))(_prove)
    check = examples('needful audit check-proof proof.json --key "$(cat kept-elsewhere/ledger.key)"')
    commands.command("check-proof", epilog=check)(_check_proof)
    commands.command("export", epilog=examples("needful audit export ledger.jsonl"))(_export)
    commands.command("erase", epilog=examples("needful audit erase --before 2025-01-01 --reason retention --yes"))(
        _erase
    )


def _key() -> None:
    """Print the public key that checks what this machine's NEEDFUL_KEY signs.

    Whoever has it can verify the ledger (audit verify --key, tools/verify_ledger.py) and sign nothing. Give it to the
    auditor, or keep it where whoever may write the ledger cannot change it.
    """
    from needful.ledger.notes import Signer

    say(str(Signer(keys_of().signing_seed()).key))


def _prove(
    sequence: Annotated[int, typer.Argument(metavar="SEQ", help="The entry's number, as receipts have it.", min=1)],
    ledger: LedgerFlag = None,
    hide: Annotated[bool, typer.Option("--hide", help="Leave out entry and salt: prove the hash alone.")] = False,
) -> None:
    """Print a proof that an entry is in the ledger, as JSON: for somebody who may see this entry and no other.

    RFC 6962 inclusion under a signed checkpoint; docs/ledger.md says how to check it.
    """
    from dataclasses import replace

    with existing(ledger) as opened:
        proof = opened.prove(sequence)
    print_json((replace(proof, entry=None, salt=None) if hide else proof).json())


def _check_proof(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A proof, as audit prove prints it.")],
    key: KeyFlag,
) -> None:
    """Check a proof with the public key alone: no ledger, no secret. Ends with 7 where it does not hold."""
    from needful.ledger.notes import read_keys
    from needful.ledger.proving import Proof, verify_proof

    proof: Proof = Proof.parse(text_of(file))
    checkpoint = verify_proof(proof, read_keys(key))
    say(f"the proof holds: entry {proof.sequence} is in the ledger {checkpoint.ledger}, signed at {checkpoint.time}")


def _export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file of JSON Lines.")], ledger: LedgerFlag = None
) -> None:
    """Write the whole ledger as JSON Lines, which tools/verify_ledger.py verifies. Never overwrites a file."""
    with existing(ledger) as opened:
        size = opened.export(file)
    say(f"{file}: {size:,} bytes")


def _erase(
    before: Annotated[
        str | None, typer.Option("--before", metavar="DATE", help="Entries older than this day (UTC), or time.")
    ] = None,
    sequence: Annotated[
        list[int] | None, typer.Option("--entry", metavar="SEQ", help="An entry, by its number.", min=1)
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="CODE", help="Why: a word such as retention or request.")
    ] = "retention",
    ledger: LedgerFlag = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Take away what entries say, for retention or at somebody's request. Their hashes stay, so the ledger verifies.

    The ledger then has an entry that says which were erased and why. This cannot be undone. Needs NEEDFUL_KEY, with
    which checkpoints are signed.
    """
    if before is None and not sequence:
        raise usage_error("say what to erase", "--before 2025-01-01, or --entry SEQ")
    if not yes:
        typer.confirm("Erased entries cannot be brought back. Erase?", abort=True, err=True)
    with existing(ledger, keys_of()) as opened:
        erased = opened.erase(before=_moment(before), sequences=sequence or (), reason=reason)
    if json_:
        print_json(plain(erased))
    else:
        say(f"{erased.count} entries erased, said by the entries {', '.join(map(str, erased.statements)) or 'none'}")


def _moment(given: str | None) -> str | None:
    return f"{given}T00:00:00Z" if given is not None and len(given) == len("2025-01-01") else given
