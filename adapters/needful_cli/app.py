"""The application: which commands there are."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from needful_cli import annotate, ask, audit, demo, index, policy, redact, restore, retrieve
from needful_cli.failures import Commands

__all__ = ["app", "main"]

app = typer.Typer(
    name="needful",
    cls=Commands,
    help="Policy-driven retrieval for LangChain and Qdrant: fetch only what a purpose needs, redact it, prove what was"
    " disclosed.",
    epilog="Exit codes: 0 fine, 1 unexpected, 2 usage or key, 3 a policy does not load, 4 a policy test failed,"
    " or a diff discloses more,"
    " 5 refused, 6 vector store, 7 ledger, 8 detection, 9 incomplete (the ledger, or what index and annotate left out),"
    " 10 ledger truncated.",
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from needful import __version__

        typer.echo(f"needful {__version__}")
        raise typer.Exit


@app.callback()
def _needful(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


demo.register(app)
app.add_typer(policy.commands, name="policy")
index.register(app)
annotate.register(app)
retrieve.register(app)
ask.register(app)
redact.register(app)
restore.register(app)
app.add_typer(audit.commands, name="audit")


def main() -> None:
    """Run the command line: the console script `needful`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its number; a crash would show less.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
