"""`needful ask`: retrieve, then hand what was disclosed to a language model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import NeedfulError
from needful_cli.common import examples
from needful_cli.failures import usage_error
from needful_cli.output import print_json, say
from needful_cli.retrieve import Question, answer, as_json, asking, show

if TYPE_CHECKING:
    from langchain_core.documents import Document

__all__ = ["MODEL_VARIABLE", "asked_model", "prompt_of", "register"]

MODEL_VARIABLE = "NEEDFUL_LLM"

INSTRUCTIONS = (
    "Answer the question from the documents alone, and say so if they do not answer it."
    " What stands in square brackets, such as [PERSON:7K3QF2MB], stands for a value that you may not see:"
    " copy it as it is where you need it."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        'needful ask "What do we need to pay for a stolen bicycle?" --policy customer-service \\',
        """    --purpose answer-ticket --principal '{"id": "agent-7", "tenant": "acme"}' \\""",
        "    --qdrant ./qdrant --collection tickets --llm openai:gpt-5-mini",
    )
    app.command("ask", epilog=epilog)(_ask)


@asking
def _ask(
    question: Question,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm", metavar="PROVIDER:MODEL", help=f"A model for init_chat_model. Default: ${MODEL_VARIABLE}."
        ),
    ] = None,
) -> None:
    """Ask one question under a policy; let a model answer it.

    The model gets the redacted question and the disclosed documents, nothing else. Without --llm and NEEDFUL_LLM the
    prompt that would be sent is printed. A model needs the extra: pip install 'needful[llm]'.
    """
    with answer(question) as (release, documents):
        prompt = prompt_of(release.query, documents)
        model = llm or os.environ.get(MODEL_VARIABLE)
        said = asked_model(model, prompt) if model else None
        if question.json:
            print_json({**as_json(release, documents), "prompt": prompt, "answer": said})
            return
        show(release, documents)
        say(f"\n{said}" if said is not None else f"\nNo model was named. The prompt would be:\n\n{prompt}")


def prompt_of(question: str, documents: Sequence[Document]) -> str:
    """Write the prompt. `question` is the redacted one."""
    shown = "\n\n".join(
        f"Document {number}:\n{document.page_content}" for number, document in enumerate(documents, start=1)
    )
    return f"{INSTRUCTIONS}\n\n{shown or 'There are no documents.'}\n\nQuestion: {question}"


def asked_model(name: str, prompt: str) -> str:
    """Ask a model by its name, `provider:model`.

    Raises `NeedfulError` or `UsageProblems`: the text of a provider's error is not passed on.
    """
    try:
        from langchain.chat_models import init_chat_model
    except ImportError:
        init_chat_model = None  # type: ignore[assignment]  # said below, outside this block
    if init_chat_model is None:
        raise usage_error("LangChain is not installed", "pip install 'needful[llm]'")
    provider = name.partition(":")[0]
    failure = usage_error("the model cannot be set up", "name it provider:model, and set the provider's API key")
    try:
        model = init_chat_model(name)
    except ImportError:
        failure = usage_error("the provider's package is not installed", f"such as: pip install langchain-{provider}")
    except Exception:  # noqa: BLE001 - provider packages raise anything, with the key in the text or not
        pass
    else:
        return _said(model, prompt)
    raise failure


def _said(model: object, prompt: str) -> str:
    try:
        return str(model.invoke(prompt).text)  # type: ignore[attr-defined]  # any chat model
    except Exception:  # noqa: BLE001 - provider packages raise anything, and quote the prompt
        pass
    raise NeedfulError(
        "the model did not answer", code="model", hint="its provider's status and your API key are where to look"
    )
