"""The policy language: the document's models, the loader, the checks, and policy test suites."""

from __future__ import annotations

from needful.policy.loading import Policy

__all__ = ["Policy"]
