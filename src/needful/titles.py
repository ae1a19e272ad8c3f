"""What stands before a person's name and is no part of it."""

from __future__ import annotations

__all__ = ["ALSO_NAMES", "OFFICES", "TITLES"]

TITLES = frozenset(
    """
mr mrs ms miss mx dr prof professor doctor sir madam dame lord lady messrs mister missus herr herrn frau hr fr fraeulein
dott dottore ing mag rev mme mlle monsieur madame mademoiselle senor senora senorita sr sra srta don dona signor signora
sig dhr mevrouw mevr pan pani
""".split()
)
"""Forms of address in several languages: small letters, without accents and full stops."""

ALSO_NAMES = frozenset("don dona fr hr ing mag pan pani rev sig sr".split())
"""Those of them that are names, or parts of names, too."""

OFFICES = frozenset(
    "judge justice president captain capt general gen colonel col major sergeant sgt senator sen reverend".split()
)
"""Offices and ranks that are written before a name."""
