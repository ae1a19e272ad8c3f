"""`needful index`: documents into a collection that LangChain and `needful retrieve` can read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import StoreError
from needful_cli.common import CollectionFlag, JsonFlag, QdrantFlag, examples, print_json
from needful_cli.failures import usage_error
from needful_cli.opening import LANGUAGES, SPARSE_VECTOR, bm25, opened
from needful_cli.sources import ENDINGS, Bad, Item, Keys, files_of, items_of

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

__all__ = ["register", "write"]
