"""Objects of the user's own, named on the command line as `package.module:factory`, and the vectors made with them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needful_cli.failures import UsageProblems, usage_error
from needful_cli.opening import bm25

if TYPE_CHECKING:
    from needful_qdrant.vectors import Vectors

__all__ = ["Search", "VectorFlags", "embeddings_of", "loader_of"]


class Search(StrEnum):
    """Which vectors texts and questions get."""

    SPARSE = "sparse"
    DENSE = "dense"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class VectorFlags:
    """What `--search` and `--embeddings` say. Raises `UsageProblems` where the two do not fit each other."""

    search: Search | None = None
    embeddings: str | None = None

    def __post_init__(self) -> None:
        if self.search in (Search.DENSE, Search.HYBRID) and not self.embeddings:
            raise usage_error(f"--search {self.search} needs --embeddings", "name a function: package.module:factory")
        if self.search is Search.SPARSE and self.embeddings:
            raise usage_error("--search sparse has no use for --embeddings", "write --search dense or hybrid")

    def vectors(self, language: str) -> Vectors:
        """Make the models; `language` is BM25's (ISO 639-1). Raises `UsageProblems` where a model cannot be made."""
        from needful_qdrant.vectors import Vectors

        dense = embeddings_of(self.embeddings) if self.embeddings else None
        return Vectors(dense, None if self.search is Search.DENSE else bm25(language))


def embeddings_of(given: str) -> Any:
    """Import and call the factory of `--embeddings`; return its LangChain `Embeddings`. Raises `UsageProblems`."""
    methods = ("embed_documents", "embed_query")
    no_embeddings = usage_error(
        "the factory of --embeddings gave no LangChain Embeddings", f"it has {methods[0]}() and {methods[1]}()"
    )
    return _made(given, "--embeddings", lambda made: all(hasattr(made, name) for name in methods), no_embeddings)


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
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - somebody else's code; its errors may quote keys, or data
        problem = _problem(error, flag, module, name)
    made = None  # the locals of a frame travel with what is raised
    raise problem


def _problem(error: BaseException, flag: str, module: str, name: str) -> UsageProblems:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
        return usage_error(f"the module of {flag} is not found", "it is looked for among what is installed, then here")
    known = sys.modules.get(module)
    if known is None:
        return usage_error(f"the module of {flag} cannot be imported", f"python -c 'import {module}' says why")
    if not callable(getattr(known, name, None)):
        return usage_error(f"the module of {flag} has no such factory")
    return usage_error(f"the factory of {flag} failed", f"python -c 'import {module}; {module}.{name}()' says why")
