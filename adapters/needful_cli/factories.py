"""Objects of the user's own, named on the command line as `package.module:factory`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from needful_cli.failures import UsageProblems, usage_error

__all__ = ["embeddings_of"]

FLAG = "--embeddings"


def embeddings_of(given: str) -> Any:
    """Import and call a factory; return its LangChain `Embeddings`.

    Modules of the working directory are found too, behind everything installed. Raises `UsageProblems`; what the
    module or the factory raised is not passed on.
    """
    module, _, name = given.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise usage_error(f"{FLAG} is not PACKAGE.MODULE:FACTORY")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        made = getattr(importlib.import_module(module), name)()
        if hasattr(made, "embed_documents"):
            return made
        problem = usage_error(f"the factory of {FLAG} gave no LangChain Embeddings", "it has embed_documents()")
    except Exception as error:  # noqa: BLE001 - somebody else's code; its errors may quote keys
        problem = _problem(error, module, name)
    raise problem


def _problem(error: Exception, module: str, name: str) -> UsageProblems:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
        return usage_error(f"the module of {FLAG} is not found", "it is looked for among what is installed, then here")
    known = sys.modules.get(module)
    if known is None:
        return usage_error(f"the module of {FLAG} cannot be imported", f"python -c 'import {module}' says why")
    if not callable(getattr(known, name, None)):
        return usage_error(f"the module of {FLAG} has no such factory")
    return usage_error(f"the factory of {FLAG} failed", f"python -c 'import {module}; {module}.{name}()' says why")
