"""The command line `needful`: every command parses its arguments, calls the library, and prints."""

from needful_cli.app import app, main

__all__ = ["app", "main"]
