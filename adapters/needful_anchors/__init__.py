"""Where a ledger's checkpoints are handed to, out of reach of whoever may write the ledger.

A later verification is held against them: entries that were cut off, or written anew, then show
(`needful audit verify --anchor`). What each destination proves and does not is in docs/ledger.md.
"""

from __future__ import annotations

import logging

from needful_anchors.destinations import anchor_to

__all__ = ["anchor_to"]

logging.getLogger("needful_anchors").addHandler(logging.NullHandler())
