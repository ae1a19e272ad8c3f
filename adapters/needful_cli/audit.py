"""`needful audit`: what the ledger says, and whether it can be believed."""

from __future__ import annotations

import typer

from needful_cli import audit_proofs, audit_report, audit_show, audit_verify
from needful_cli.audit_table import reasons, table_of
from needful_cli.failures import Group

__all__ = ["commands", "reasons", "table_of"]

commands = typer.Typer(cls=Group, help="Read and verify the ledger.", rich_markup_mode=None)
audit_show.register(commands)
audit_verify.register(commands)
audit_proofs.register(commands)
audit_report.register(commands)
