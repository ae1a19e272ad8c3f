"""The pages of the policy language: the reference is what the program says, and every example and command runs."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from needful.errors import PolicyError
from needful.policy import Policy
from needful.policy.base import Model
from needful.policy.document import LAYOUTS
from needful.policy.entities import GENERIC, LANGUAGES, LOCALES, detectable
from needful.policy.linting.rules import RULES
from needful.policy.reference import keys_of
from needful.policy.rules import COARSER, To
from needful.policy.suites.suite import Suite
from needful.policy.suites.wildcards import with_wildcards
from needful.testing import run_suite
from needful.values import Action
from needful_cli import app
from needful_cli.failures import FINE
from needful_cli.policy_reference import ACTIONS, COARSER_EXAMPLES, reference
from needful_cli.policy_refusals import REFUSALS

PAGES = Path(__file__).resolve().parents[1] / "docs" / "policies"
MODULES = ("document", "rules", "suites.expectations", "suites.document")

BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>yaml|console)\n(?P<text>.*?)```", re.DOTALL)


def models() -> list[type[Model]]:
    """Every model of the language, whether or not the page's program knows it."""
    named = (kind for name in MODULES for kind in vars(import_module(f"needful.policy.{name}")).values())
    kinds = {kind for kind in named if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model}
    return sorted(kinds, key=str)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and what the comment before it says."""

    language: str
    text: str
    mark: str
    line: int

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each command with the lines that are shown under it."""
        for part in self.text.replace("\\\n", "").split("$ ")[1:]:
            command, *shown = part.splitlines()
            yield command, [line.strip() for line in shown if line.strip()]


def blocks(page: str) -> list[Block]:
    text = (PAGES / page).read_text("utf-8")
    return [
        Block(found["language"], found["text"], found["mark"] or "", text.count("\n", 0, found.start()) + 1)
        for found in BLOCK.finditer(text)
    ]


def example(page: str, start: str) -> str:
    """The one example of a page that starts like this."""
    (found,) = [block.text for block in blocks(page) if block.text.startswith(start)]
    return found


# the reference


def test_the_reference_is_current() -> None:
    written = (PAGES / "reference.md").read_text("utf-8")
    assert written == reference(), "run: python -m needful_cli.policy_reference > docs/policies/reference.md"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_key_of_every_model_is_on_the_page_with_a_description(model: type[Model]) -> None:
    page = reference()
    keys = list(keys_of(model))
    assert [key.name for key in keys] == [field.alias or name for name, field in model.model_fields.items()]
    for key in keys:
        assert re.search(r"\w{2}", key.says), key.name
        assert f"| `{key.name}` | " in page
        assert f" | {key.says} |" in page, key.name


def test_every_action_is_on_the_page_with_an_example() -> None:
    assert {rule["action"] for _, rule, _ in ACTIONS} == set(Action)
    ranks = [Action(rule["action"]).rank for _, rule, _ in ACTIONS]
    assert ranks == sorted(ranks), "from mild to strict"
    assert all(any(says for _, rule, says in ACTIONS if rule["action"] == action) for action in Action)
    table = reference().partition("## Actions\n")[2].partition("\n### ")[0]
    assert [action for action in Action if not re.search(rf"\| `({action}|{{action: {action}\b.*}})` \|", table)] == []


def test_every_form_of_generalize_is_on_the_page_and_says_something() -> None:
    shown = {to for to, *_ in COARSER_EXAMPLES}
    assert shown == set(get_args(To)) == COARSER.keys()
    table = reference().partition("### generalize\n")[2].partition("\n### ")[0]
    for to in shown:
        rows = [line for line in table.splitlines() if line.startswith(f"| `{to}` |")]
        assert rows, to
        assert any("redacted" not in row for row in rows), to


def test_every_layout_entity_and_remark_is_on_the_page() -> None:
    page = reference()
    by_model = detectable("en", (), "gliner:any")
    entities = GENERIC.union(by_model, *LANGUAGES.values(), *LOCALES.values())
    assert [name for name in (*LAYOUTS, *sorted(entities), *RULES) if f"`{name}`" not in page] == []
    assert [rule.id for rule in RULES.values() if f"| `{rule.id}` | {rule.level} | {rule.says} |" not in page] == []


def test_every_exit_code_is_on_the_page() -> None:
    from needful_cli import failures

    page = reference()
    codes = (value for name, value in vars(failures).items() if name in failures.__all__ and isinstance(value, int))
    assert [code for code in codes if not re.search(rf"^{code}  \w", page, re.MULTILINE)] == []


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Yield the codes with which a module makes `AccessDenied`, those of a variable with both its values."""
    assigned = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for given in call.keywords if isinstance(call.func, ast.Name) and call.func.id == "AccessDenied" else ():
            if given.arg == "code":
                value = assigned.get(given.value.id, given.value) if isinstance(given.value, ast.Name) else given.value
                branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                yield from (str(part.value) for part in branches if isinstance(part, ast.Constant))


def test_every_refusal_of_the_source_is_explained_and_no_other(repository: Path) -> None:
    files = [path for folder in ("src", "adapters") for path in (repository / folder).rglob("*.py")]
    found = {code for path in files for code in codes_in(ast.parse(path.read_text("utf-8")))}
    assert found == REFUSALS.keys()
    assert all(means and to_do for means, to_do in REFUSALS.values())


def test_no_path_of_a_machine_is_on_the_page() -> None:
    assert not re.search(r"(?<![\w.])/(home|work|tmp|root|usr)/", reference())


# links


def anchors(text: str) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (PAGES / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        linked = (PAGES / path).resolve() if path else PAGES / page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked.read_text("utf-8")), target


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_a_line_of_prose_is_short_enough_to_review(page: str) -> None:
    lines = (PAGES / page).read_text("utf-8").splitlines()
    long = [
        number for number, line in enumerate(lines, 1) if len(line) > 140 and not line.startswith(("|", "policies/"))
    ]
    assert long == []


# examples


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_every_example_loads(page: str) -> None:
    for block in (block for block in blocks(page) if block.language == "yaml"):
        data = yaml.safe_load(block.text)
        if "does not load" in block.mark:
            with pytest.raises(PolicyError):
                Policy.parse(block.text)
        elif "needful" not in data:
            assert Suite.parse(block.text).cases
        elif str(data.get("extends", "")).endswith(".yaml"):
            assert "file:" in block.mark, "a parent that is a file lies beside it: see the guide's test"
        else:
            assert Policy.parse(block.text).name == data["name"]


def test_the_suite_of_the_reference_passes(tmp_path: Path) -> None:
    from needful_presidio import detector_for

    policy = example("reference.md", "needful: 1\nname: claims\n")
    (tmp_path / "claims.yaml").write_text(policy, "utf-8")
    (tmp_path / "claims_test.yaml").write_text(example("reference.md", "policy: claims.yaml"), "utf-8")
    result = run_suite(
        tmp_path / "claims_test.yaml", detector_for=lambda policy, purpose: detector_for(policy.document, purpose)
    )
    assert [(failure.name, failure.problem) for failure in result.failures] == []
    assert len(result.results) == 2


def perform(command: str, expected: int) -> str:
    """Run a command of a page in this directory; return what it says, tokens as wildcards."""
    words = shlex.split(command)
    if words[0] == "cp":
        shutil.copy(*words[1:])
        return ""
    assert words[0] == "needful", command
    arguments, _, into = " ".join(map(shlex.quote, words[1:])).partition(" '>' ")
    done = CliRunner().invoke(app, shlex.split(arguments))
    assert done.exit_code == expected, f"{command}: {done.output}"
    if into:
        Path(into).write_text(done.stdout, "utf-8")
    return with_wildcards(done.output)


def is_said(shown: str, output: str) -> bool:
    """Whether a line is in an output; a line with a `…` at its end is the beginning of one."""
    lines = [line.strip() for line in output.splitlines()]
    wanted = with_wildcards(shown)
    return any(line.startswith(wanted[:-1]) for line in lines) if wanted.endswith("…") else wanted in lines


@pytest.mark.parametrize("page", ["guide.md", "migration.md"])
def test_a_page_read_from_top_to_bottom_works(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block.language == "yaml":
            if block.mark.startswith("file: "):
                Path(block.mark.removeprefix("file: ").split(",")[0]).write_text(block.text, "utf-8")
            continue
        if block.mark.startswith("not run: "):
            continue
        expected = int(block.mark.removeprefix("exit: ")) if block.mark.startswith("exit: ") else FINE
        for command, shown in block.commands():
            output = perform(command, expected)
            assert [line for line in shown if not is_said(line, output)] == [], f"{page}:{block.line}: {command}"


@pytest.mark.parametrize("page", ["guide.md", "migration.md"])
def test_every_command_that_is_not_run_exists_with_its_flags(page: str) -> None:
    for block in (block for block in blocks(page) if block.mark.startswith("not run: ")):
        for command, _ in block.commands():
            words = shlex.split(command)
            names = words[1:3] if words[1] in ("policy", "audit") else words[1:2]
            help_text = CliRunner().invoke(app, [*names, "--help"]).output
            assert [word for word in words if word.startswith("-") and f"{word} " not in help_text] == [], command
