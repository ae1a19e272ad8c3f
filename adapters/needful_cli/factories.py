"""Objects of the user's own, named on the command line as `package.module:factory`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from needful_cli.failures import UsageProblems, usage_error

__all__ = ["embeddings_of", "loader_of"]


def embeddings_of(given: str) -> Any:
    """Import and call the factory of `--embeddings`; return its LangChain `Embeddings`. Raises `UsageProblems`."""
    no_embeddings = usage_error("the factory of --embeddings gave no LangChain Embeddings", "it has embed_documents()")
    return _made(given, "--embeddings", lambda made: hasattr(made, "embed_documents"), no_embeddings)


def loader_of(given: str) -> Any:
    """Import and call the factory of `--loader`; return its loader, for `documents`. Raises `UsageProblems`."""
    no_loader = usage_error("the factory of --loader gave no loader", "it has lazy_load(), or is a list of documents")
    return _made(given, "--loader", lambda made: hasattr(made, "lazy_load") or hasattr(made, "__iter__"), no_loader)


def _made(given: str, flag: str, fits: Callable[[Any], bool], misfit: UsageProblems) -> Any:
    """What a factory makes, if it fits.

    Modules of the working directory are found too, behind everything installed. What the module or the factory raised
    is not passed on.
    """
    module, _, name = given.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise usage_error(f"{flag} is not PACKAGE.MODULE:FACTORY")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    problem = misfit
    try:
        made = getattr(importlib.import_module(module), name)()
        if fits(made):
            return made
    except Exception as error:  # noqa: BLE001 - somebody else's code; its errors may quote keys, or data
        problem = _problem(error, flag, module, name)
    raise problem


def _problem(error: Exception, flag: str, module: str, name: str) -> UsageProblems:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
        return usage_error(f"the module of {flag} is not found", "it is looked for among what is installed, then here")
    known = sys.modules.get(module)
    if known is None:
        return usage_error(f"the module of {flag} cannot be imported", f"python -c 'import {module}' says why")
    if not callable(getattr(known, name, None)):
        return usage_error(f"the module of {flag} has no such factory")
    return usage_error(f"the factory of {flag} failed", f"python -c 'import {module}; {module}.{name}()' says why")
