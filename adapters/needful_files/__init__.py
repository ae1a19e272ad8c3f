"""Documents from files and from LangChain's loaders, for whoever indexes them.

Text, Markdown and JSON Lines need nothing more; HTML, PDF and DOCX need the extra `needful[files]`, whose libraries are
imported with the first such file. What is read, and what is left out, is in docs/indexing.md.
"""

from __future__ import annotations

import logging

from needful_files.items import Bad, Item, Places, identity
from needful_files.lines import Keys
from needful_files.loading import documents
from needful_files.reading import ENDINGS, read

__all__ = ["ENDINGS", "Bad", "Item", "Keys", "Places", "documents", "identity", "read"]

logging.getLogger("needful_files").addHandler(logging.NullHandler())
