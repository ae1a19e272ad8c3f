"""Needful for LangChain: a retriever whose documents are what a policy discloses."""

from needful_langchain.retriever import NeedfulRetriever
from needful_langchain.tools import tool

__all__ = ["NeedfulRetriever", "tool"]
