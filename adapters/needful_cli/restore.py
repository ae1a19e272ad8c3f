"""`needful restore`: lasting tokens in a text back into values, for whom the policy says."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from needful_cli.common import (
    JsonFlag,
    LedgerFlag,
    PolicyFlag,
    PrincipalFlag,
    PurposeFlag,
    VaultFlag,
    examples,
    object_of,
    policy_at,
    principal_of,
    text_of,
)
from needful_cli.output import clean, plain, print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful restore answer.txt --policy aml-review --purpose review-alert \\",
        """    --principal '{"id": "i-3", "role": "investigator"}'""",
    )
    app.command("restore", epilog=epilog)(_restore)


def _restore(
    policy: PolicyFlag,
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A text file in UTF-8; - is standard input.", show_default=False)
    ] = "-",
    purpose: PurposeFlag = None,
    principal: PrincipalFlag = None,
    ledger: LedgerFlag = None,
    vault: VaultFlag = None,
    json_: JsonFlag = False,
) -> None:
    """Turn lasting tokens in a text back into the values that they stand for.

    Only tokens of entities that the purpose's restore gives this principal; others stay as they are. Who may restore
    nothing gets exit code 5. Either way the ledger has it before anything is printed. --json prints {"text",
    "restored", "left", "receipt"}.
    """
    from needful.keys import Keys
    from needful.ledger import open_ledger
    from needful.restoring import Restorer
    from needful.values import Request
    from needful.vault import open_vault

    loaded = policy_at(policy)
    who = object_of("--principal", principal)
    keys = Keys.load(loaded.keys.removeprefix("env:"))
    restorer = Restorer(loaded, keys, open_ledger(ledger, keys), open_vault(vault, keys))
    asked = Request("", purpose=purpose, principal=None if who is None else principal_of(who))
    restored = restorer.restore(text_of(file), asked)
    if json_:
        found = {"text": restored.text, "restored": restored.restored, "left": restored.left}
        print_json({**found, "receipt": plain(restored.receipt)})
    else:
        # A file or a program gets the text as it is; a terminal would obey it.
        sys.stdout.write(clean(restored.text) if sys.stdout.isatty() else restored.text)
