"""Identifiers in disguise: what is made up (samples), how it is hidden (ways), and who still finds it (matrix)."""

from __future__ import annotations
