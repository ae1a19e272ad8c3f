"""The retriever as a tool for agents."""

from __future__ import annotations

from langchain_core.tools import BaseTool, create_retriever_tool

from needful.errors import PolicyError
from needful_langchain.retriever import NeedfulRetriever

__all__ = ["tool"]


def tool(retriever: NeedfulRetriever, name: str, description: str) -> BaseTool:
    """Make a tool whose schema has the query only: who asks and why is not the model's to choose.

    Raises `PolicyError` if the retriever has no bound purpose and principal.
    """
    if not retriever.is_bound:
        raise PolicyError(
            "a tool needs a retriever with a bound purpose and principal",
            code="unbound-tool",
            hint="give purpose= and principal= when the retriever is made",
        )
    return create_retriever_tool(retriever, name, description)
