"""Needful for LangChain: a retriever whose documents are what a policy discloses."""

from __future__ import annotations

import logging

from needful_langchain.retriever import NeedfulRetriever
from needful_langchain.tools import tool

__all__ = ["NeedfulRetriever", "tool"]

logging.getLogger("needful_langchain").addHandler(logging.NullHandler())
