"""Every call of a logger, read from the syntax trees: literals, names and codes, under one name a package."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Line:
    """One call of a logger, read from a syntax tree."""

    package: str
    place: str
    call: ast.Call


LEVELS = {"debug", "info", "warning", "error", "critical", "log"}
SAFE = {"kind", "place", "entity", "facts", "level", "DEFAULT_VARIABLE"}
"""Names that may stand in a log call: what they hold is a class, a file and line, a policy's name, codes and counts."""


def lines_of(package: str, place: str, source: str) -> list[Line]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [Line(package, place, call) for call in calls if _is_logging(call)]


def _is_logging(call: ast.Call) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute):
        return False
    named = ast.unparse(function.value)
    return function.attr in LEVELS | {"exception"} and ("log" in named.casefold())


def complaints(line: Line) -> list[str]:
    """Say what in a log call could hold a value."""
    function = line.call.func
    assert isinstance(function, ast.Attribute)
    found = ["logs a traceback"] if function.attr == "exception" else []
    message, *arguments = line.call.args[1:] if function.attr == "log" else line.call.args
    if not (isinstance(message, ast.Constant) and isinstance(message.value, str)):
        found.append("the message is not a literal")
    found += [f"argument {ast.unparse(given)}" for given in arguments if not _is_safe(given)]
    extras = [keyword for keyword in line.call.keywords if keyword.arg == "extra"]
    found += [f"keyword {keyword.arg}" for keyword in line.call.keywords if keyword not in extras]
    if not extras:
        found.append("no structured extra")
    for extra in extras:
        value = extra.value
        if not (isinstance(value, ast.Dict) and [ast.unparse(key) for key in value.keys if key] == ["'needful'"]):
            found.append("the extra is not {'needful': …}")
        elif not _is_safe(value.values[0]):
            found.append("the extra holds more than codes")
    return found


def _is_safe(node: ast.expr) -> bool:
    if isinstance(node, ast.Dict):
        return all(isinstance(key, ast.Constant) for key in node.keys) and all(map(_is_safe, node.values))
    if isinstance(node, ast.Attribute):
        return node.attr == "code"
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in SAFE)


def sources(repository: Path) -> Iterator[tuple[str, str, str]]:
    for folder in (repository / "src", repository / "adapters"):
        for path in sorted(folder.rglob("*.py")):
            relative = path.relative_to(folder)
            yield relative.parts[0], relative.as_posix(), path.read_text("utf-8")


def test_every_log_line_is_a_literal_with_names_and_codes(repository: Path) -> None:
    lines = [line for source in sources(repository) for line in lines_of(*source)]
    assert len(lines) >= 5
    assert [(line.place, line.call.lineno, found) for line in lines for found in complaints(line)] == []


def test_the_page_has_every_log_line(repository: Path) -> None:
    page = (repository / "docs" / "observability.md").read_text("utf-8")
    said = re.findall(r"^\| `(needful\w*)` \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE)
    written = set()
    for line in (line for source in sources(repository) for line in lines_of(*source)):
        message = next(node.value for node in line.call.args if isinstance(node, ast.Constant))
        written.add((line.package, str(message).replace("%s", "…")))
    assert set(said) == written


@pytest.mark.parametrize(
    "source",
    [
        "logger.error(f'no {text}', extra={'needful': {}})",
        "logger.error('no %s', text, extra={'needful': {}})",
        "logger.error(message, extra={'needful': {}})",
        "logger.error('failed', extra={'needful': {'query': query}})",
        "logger.error('failed', extra={'needful': {name: 1}})",
        "logger.error('failed', extra={'query': 'x'})",
        "logger.error('failed')",
        "logger.error('failed', exc_info=error, extra={'needful': {}})",
        "logger.exception('failed', extra={'needful': {}})",
        "logging.getLogger('needful').log(level, str(error), extra={'needful': {}})",
    ],
)
def test_a_log_line_that_could_hold_a_value_is_found(source: str) -> None:
    (line,) = lines_of("needful", "x.py", source)
    assert len(complaints(line)) == 1


def test_every_package_has_one_logger_that_is_silent_by_itself(repository: Path) -> None:
    named: dict[str, set[str]] = {}
    for package, _, source in sources(repository):
        for made in re.findall(r"getLogger\((.*?)\)", source):
            named.setdefault(package, set()).add(made)
    libraries = (
        "needful",
        "needful_qdrant",
        "needful_presidio",
        "needful_faker",
        "needful_anchors",
        "needful_langchain",
    )
    assert {package: named.get(package) for package in libraries} == {name: {f'"{name}"'} for name in libraries}
    assert named.get("needful_cli", set()) <= {'"needful_cli"'}
    for package in libraries:
        import_module(package)
        handlers = logging.getLogger(package).handlers
        assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
