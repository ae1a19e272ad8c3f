"""Who may import whom, what an import may cost, and what no file of the repository may hold.

The rules are DESIGN.md's, section 4 (docs/architecture.md): every import of every module is read from its syntax tree,
those inside functions included. A module that is not in the tables below fails the first test until it has its place.
"""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
ADAPTERS = (
    "needful_qdrant",
    "needful_presidio",
    "needful_faker",
    "needful_anchors",
    "needful_files",
    "needful_langchain",
    "needful_cli",
    "needful_ray",
)

FOUNDATIONS = {
    "errors", "faults", "values", "conditions", "paths", "keys", "caching", "decoding", "folding", "resources",
    "titles", "databases", "deadlines", "forking", "telemetry", "annotations",
}  # fmt: skip
CONTRACTS = {"ports", "policy"}
STAGES = {
    "planning", "filters", "filtering", "sentences", "selection", "relevance", "detection", "overlaps", "transforms",
    "tokens", "mentions", "generalizing", "vault", "ledger", "passages",
    "candidates", "duplicates", "neighbours",
}  # fmt: skip
PIPELINE_PARTS = {"records", "tally", "reporting"}
EXAMINED = {"examined", "consistency"}
CHOOSING = {"choosing", "disclosing"}
ENFORCEMENT = {"enforcement", "restoring"}
WHOLE = {"pipeline", "annotation", "testing"}
# Each layer may import every layer before it, and nothing of its own beyond what the two tables below say.
LAYERS = (FOUNDATIONS, CONTRACTS, STAGES, PIPELINE_PARTS, EXAMINED, CHOOSING, ENFORCEMENT, WHOLE)

# Stages are values in, values out, and do not know each other; each exception has its reason.
STAGE_IMPORTS = {
    ("transforms", "tokens"): "pseudonymize is a transform that writes tokens",
    ("transforms", "generalizing"): "generalize is a transform that makes values coarser",
    ("transforms", "overlaps"): "its pieces are what a transform works on",
    ("detection", "tokens"): "a look-alike of a token is a span, and a token of ours is not detected again",
    ("planning", "filtering"): "the filter is a part of the plan",
    ("filtering", "filters"): "a policy filters in the same words as a caller",
    ("selection", "sentences"): "passages are chosen among sentences",
    ("selection", "candidates"): "what is chosen from",
    ("selection", "duplicates"): "what was said already is not chosen again",
    ("relevance", "neighbours"): "an analysis says of each sentence whether it leans on the one beside it",
    ("passages", "selection"): "passages in the database are cut as those of a text are",
    ("relevance", "sentences"): "words are counted by sentence",
}
# needful.testing runs policy suites through the pipeline and the ingest side.
WHOLE_IMPORTS = {
    ("testing", "pipeline"),
    ("testing", "annotation"),
}

# Foreign libraries by the package, or the module, that may import them. What is in none of these lists is free for all.
FOREIGN = {
    "langchain": {"needful_langchain", "needful_cli"},
    "langgraph": {"needful_langchain", "needful_cli"},
    "qdrant": {"needful_qdrant", "needful_langchain", "needful_cli", "needful_ray"},
    "ray": {"needful_ray"},
    "presidio": {"needful_presidio"},
    "faker": {"needful_faker"},
    "lxml": {"needful_files"},
    "pypdf": {"needful_files"},
    "docx": {"needful_files"},
    "spacy": {"needful_presidio"},
    "transformers": {"needful_presidio"},
    "torch": {"needful_presidio"},
    "typer": {"needful_cli"},
    "rich": {"needful_cli"},
    "opentelemetry": {"needful.telemetry"},
}
# Under TYPE_CHECKING only: no run-time dependency.
TYPES_ONLY = {("needful_qdrant.bm25", "langchain_qdrant"): "type checkers shall know it for a SparseEmbeddings"}
DRIVEN = {"needful_qdrant", "needful_presidio", "needful_faker", "needful_anchors", "needful_files"}
OWN_IMPORTS = {
    "needful": set[str](),
    "needful_qdrant": {"needful"},
    "needful_presidio": {"needful"},
    "needful_faker": {"needful"},
    "needful_anchors": {"needful"},
    "needful_files": {"needful"},
    "needful_langchain": {"needful", *DRIVEN},
    "needful_cli": {"needful", *DRIVEN, "needful_langchain"},
    "needful_ray": {"needful", *DRIVEN},
}
HEAVY = (
    "spacy",
    "presidio_analyzer",
    "presidio_anonymizer",
    "langchain_core",
    "qdrant_client",
    "onnxruntime",
    "faker",
    "tokenizers",
    "torch",
    "lxml",
    "pypdf",
    "docx",
    "ray",
)
LARGEST = 30 * 1024 * 1024


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, and the text."""

    name: str
    source: str

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    @property
    def part(self) -> str:
        """What the tables call it: `needful.ledger.chain` is `ledger`; the package's own file is `""`."""
        return self.name.split(".")[1] if "." in self.name else ""


def modules() -> list[Module]:
    found = []
    for folder in (REPOSITORY / "src", REPOSITORY / "adapters"):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path.read_text("utf-8")))
    return found


def imports(module: Module) -> Iterator[str]:
    """Yield the dotted names that a module imports; `from a import b` yields `a.b`, which may be a module or a name."""
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} line {node.lineno}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(part: str) -> int:
    return next((number for number, names in enumerate(LAYERS) if part in names), -1)


def faults(module: Module) -> list[str]:
    """Say what a module imports and may not."""
    return [f"{module.name} imports {name}" for name in sorted(set(imports(module))) if not _may(module, name)]


def _may(module: Module, name: str) -> bool:
    root = name.partition(".")[0]
    if root == module.package == "needful":
        return _core_may(module.part, name.split(".")[1])
    if root == module.package:
        return True
    if root in OWN_IMPORTS:
        return root in OWN_IMPORTS[module.package]
    if (module.name, root) in TYPES_ONLY:
        return True
    families = [family for family in FOREIGN if re.match(rf"{family}(_|$)", root)]
    return all({module.package, module.name} & FOREIGN[family] for family in families)


def _core_may(importer: str, imported: str) -> bool:
    if importer in ("", imported):
        return True
    low, high = layer(imported), layer(importer)
    if low != high:
        return -1 < low < high
    return importer in FOUNDATIONS | CONTRACTS or (importer, imported) in STAGE_IMPORTS.keys() | WHOLE_IMPORTS


def ours() -> list[Path]:
    """Return the files that are, or could be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def loaded_by(statement: str) -> set[str]:
    """Return the heavy packages that a fresh interpreter has loaded after a statement."""
    program = f"import sys\n{statement}\nprint('loaded', *{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()) & set(HEAVY)


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_imports_only_what_lies_below_it(module: Module) -> None:
    assert faults(module) == []


def test_every_core_module_has_its_layer() -> None:
    parts = {module.part for module in modules() if module.package == "needful"}
    assert {part for part in parts - {""} if layer(part) < 0} == set()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("needful.values", "from needful.policy import Policy"),
        ("needful.policy.loading", "from needful import planning"),
        ("needful.selection", "def f():\n    from needful.detection import find_spans"),
        ("needful.tokens", "from needful.transforms import Transformer"),
        ("needful.ledger.chain", "import needful.pipeline"),
        ("needful.pipeline", "from needful.testing import MemoryStore"),
        ("needful.planning", "from needful import Policy"),
        ("needful.detection", "import presidio_analyzer"),
        ("needful.pipeline", "from langchain_core.documents import Document"),
        ("needful.keys", "import needful_qdrant"),
        ("needful.pipeline", "from opentelemetry import trace"),
        ("needful_langchain.retriever", "import opentelemetry.trace"),
        ("needful_qdrant.store", "from needful_presidio import PresidioDetector"),
        ("needful_qdrant.sparse", "import langchain_qdrant"),
        ("needful_presidio.detector", "import qdrant_client.models"),
        ("needful_cli.sources", "import pypdf"),
        ("needful_files.loading", "from langchain_core.documents import Document"),
        ("needful_files.reading", "from needful_qdrant import QdrantStore"),
        ("needful_langchain.retriever", "from needful_cli import main"),
        ("needful_langchain.retriever", "import presidio_analyzer"),
    ],
)
def test_a_forbidden_import_is_found(name: str, source: str) -> None:
    assert len(faults(Module(name, source))) == 1


def test_a_relative_import_is_found() -> None:
    with pytest.raises(AssertionError, match="absolute"):
        faults(Module("needful.tokens", "from . import transforms"))


def test_the_core_is_imported_without_any_heavy_library() -> None:
    assert loaded_by("import needful") == set()


def test_a_policy_is_loaded_without_any_heavy_library() -> None:
    assert loaded_by("from needful import Policy") == set()


def test_the_command_line_says_its_help_without_any_heavy_library() -> None:
    help_of_policy = """
sys.argv = ["needful", "policy", "--help"]
from needful_cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""
    assert loaded_by(help_of_policy) == set()


def test_policies_are_checked_without_any_heavy_library() -> None:
    check = f"""
sys.argv = ["needful", "policy", "check", {str(REPOSITORY / "policies")!r}, "--format", "sarif"]
from needful_cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""
    assert loaded_by(check) == set()


def test_a_heavy_library_would_be_noticed() -> None:
    assert loaded_by("import qdrant_client") == {"qdrant_client"}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_says_what_it_is_and_what_it_offers(module: Module) -> None:
    tree = ast.parse(module.source)
    assert ast.get_docstring(tree), "a module has a docstring"
    if module.name.split(".")[-1].startswith("_"):
        return
    offered = _offered(tree)
    definitions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    silent = [node.name for node in definitions if node.name in offered and not ast.get_docstring(node)]
    assert not silent, "what a module offers has a docstring"


def _offered(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    assert len(tree.body) == 1, "a public module with more than a docstring has an __all__"
    return set()


def traces(content: bytes) -> list[str]:
    """Return what names a machine's folder, this machine, or a package registry."""
    # No pattern matches its own spelling, so that this file passes too.
    patterns = [
        r"(?<![\w.~$}/-])/(?:work|root|tmp|home|opt|Users)/[\w.]+",
        r"index[-_]url\s*[=:]",
        r"://[^/\s]+/simple\b",
    ]
    if len(socket.gethostname()) > 8:  # a short name may be a word
        patterns.append(re.escape(socket.gethostname()))
    return [match.group().decode() for match in re.finditer("|".join(patterns).encode(), content)]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [f"{path.relative_to(REPOSITORY)}: {trace}" for path in ours() for trace in traces(path.read_bytes())]
    assert found == []


def test_a_machine_path_and_a_registry_are_found() -> None:
    slash, dash = "/", "-"
    for text in (
        f"see {slash}root{slash}notes",
        f"'{slash}work{slash}x'",
        f"index{dash}url = x",
        f"http://r{slash}simple",
    ):
        assert len(traces(text.encode())) == 1
    assert traces(b"home/work/x, $HOME/tmp/x, .venv/root/x") == []


def test_no_file_is_too_large_to_clone() -> None:
    assert [path.name for path in ours() if path.stat().st_size > LARGEST] == []


def test_tests_use_no_mocks() -> None:
    offenders = []
    for path in sorted((REPOSITORY / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        names = set(imports(Module("tests", path.read_text("utf-8"))))
        names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        if any(re.match(r"(unittest\.)?mock(er)?(\.|$)", name) for name in names):
            offenders.append(path.name)
    assert offenders == []
