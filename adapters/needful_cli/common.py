"""What commands share: flags, examples in their help, and how JSON and policies are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.factories import Search
from needful_cli.failures import usage_error

if TYPE_CHECKING:
    from needful.policy import Policy
    from needful.values import Principal

__all__ = [
    "CollectionFlag",
    "EmbeddingsFlag",
    "FilterFlag",
    "JsonFlag",
    "KFlag",
    "LedgerFlag",
    "PolicyFlag",
    "PrincipalFlag",
    "PurposeFlag",
    "QdrantFlag",
    "ScopeFlag",
    "SearchFlag",
    "VaultFlag",
    "examples",
    "object_of",
    "policy_at",
    "principal_of",
    "text_of",
]


def _collection(given: str) -> str:
    if not given.strip():
        raise usage_error("--collection is empty", "name the collection")
    return given


PolicyFlag = Annotated[
    str, typer.Option("--policy", metavar="FILE", help="A policy file, or the name of a starter policy.")
]
PurposeFlag = Annotated[
    str | None, typer.Option("--purpose", metavar="NAME", help="Why data is asked for: a purpose of the policy.")
]
PrincipalFlag = Annotated[
    str | None,
    typer.Option("--principal", metavar="JSON", help='Who asks: {"id": …} and the attributes that the policy uses.'),
]
QdrantFlag = Annotated[
    str,
    typer.Option(
        "--qdrant",
        metavar="URL|DIR",
        help="A Qdrant server (API key: $QDRANT_API_KEY), or a directory for an embedded one.",
    ),
]
CollectionFlag = Annotated[
    str, typer.Option("--collection", metavar="NAME", help="The collection's name.", callback=_collection)
]
LedgerFlag = Annotated[
    Path | None,
    typer.Option(
        "--ledger", metavar="FILE", help="The ledger. Default: $NEEDFUL_LEDGER, else the user's state directory."
    ),
]
VaultFlag = Annotated[
    Path | None,
    typer.Option(
        "--vault",
        metavar="FILE",
        help="Where lasting tokens are kept. Default: $NEEDFUL_VAULT, else the user's state directory.",
    ),
]
SearchFlag = Annotated[
    Search | None,
    typer.Option(
        "--search", help="Which vectors to search by. Default: sparse, which is BM25; with --embeddings, hybrid."
    ),
]
EmbeddingsFlag = Annotated[
    str | None,
    typer.Option(
        "--embeddings",
        metavar="MODULE:FACTORY",
        help="A function that returns LangChain Embeddings: dense vectors. That by which the collection was indexed.",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KFlag = Annotated[int | None, typer.Option("--k", metavar="N", help="How many records, within the policy's limit.")]
FilterFlag = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help='Narrow the search, by what the policy lets callers filter: {"metadata.product": "motor"}.',
    ),
]
ScopeFlag = Annotated[
    str | None,
    typer.Option(
        "--scope", metavar="NAME", help="A conversation: within it, one value has one token. Default: this call."
    ),
]


def examples(*commands: str) -> str:
    """Make the epilog of a command's help: each command after a `$`, what starts with a blank as it is."""
    # \b keeps the help's formatter from joining the lines.
    return "\b\nExample:\n" + "\n".join(f"  {'' if line.startswith(' ') else '$ '}{line}" for line in commands)


def object_of(flag: str, text: str | None) -> dict[str, Any] | None:
    """Read a flag that takes a JSON object. What it was given is in no message: it may be somebody's data."""
    if text is None:
        return None
    try:
        value = json.loads(text, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise usage_error(
            f"{flag} is not a JSON object", f"""write it in single quotes: {flag} '{{"name": "value"}}'"""
        )
    return value


def principal_of(given: Mapping[str, Any]) -> Principal:
    """Read a principal from the command line. Raises `UsageProblems` where it is none."""
    from needful.values import Principal

    try:
        return Principal.of(given)
    except ValueError as error:
        reason = str(error)  # static text of `values`
    raise usage_error(f"--principal: {reason}")


def text_of(file: str) -> str:
    """Read a text file in UTF-8, or standard input for `-`. Raises `UsageProblems` where it cannot be read."""
    problem = "the input cannot be read"
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except FileNotFoundError:
        problem = "there is no such FILE"
    except UnicodeDecodeError:
        problem = "the input is not UTF-8 text"
    except OSError:
        pass
    raise usage_error(problem)


def _number(text: str) -> float:
    """Read a number; NaN and the infinities, `1e999` among them, are none in JSON (RFC 8259 §6)."""
    number = float(text)
    if not isfinite(number):
        raise ValueError
    return number


def policy_at(given: str) -> Policy:
    """Load a policy file, or the starter policy of this name. Raises `PolicyError`."""
    from needful.policy import Policy
    from needful.resources import policy_names, policy_text

    if given in policy_names() and not Path(given).exists():
        return Policy.parse(policy_text(given), given)
    return Policy.load(given)
