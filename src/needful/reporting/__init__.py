"""What a data-protection officer reads of the ledger: figures over a period, from its entries and from policies.

Entries in, figures out, in one pass; how they are drawn is the command line's business.
"""

from __future__ import annotations

from needful.reporting.declared import NOTHING_DECLARED, Declared, KeepRule, declared_by
from needful.reporting.figures import Characters, Disclosed, FieldUse, Figures, Fired, Restored
from needful.reporting.gathering import gather

__all__ = [
    "NOTHING_DECLARED",
    "Characters",
    "Declared",
    "Disclosed",
    "FieldUse",
    "Figures",
    "Fired",
    "KeepRule",
    "Restored",
    "declared_by",
    "gather",
]
