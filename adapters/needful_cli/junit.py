"""Policy tests as JUnit XML, which CI systems show: one test suite a file, one test case a test.

What a failure says is what is said to people: a place and what was expected there, never what came out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from needful_cli.failures import usage_error
from needful_cli.output import clean

if TYPE_CHECKING:
    from needful.testing import SuiteResult

__all__ = ["written"]

# What XML 1.0 §2.2 has no place for and `clean` leaves; a lone surrogate has no UTF-8 either.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def written(path: Path, ran: Iterable[tuple[Path, SuiteResult]]) -> None:
    """Write the results to a file. Raises `UsageProblems` where it cannot be written."""
    root = Element("testsuites", name="needful policy test")
    for suite, result in ran:
        _suite(root, suite, result)
    _count(root, [result for _, result in ran])
    indent(root)
    try:
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        return
    except OSError:
        pass
    raise usage_error(f"{path} cannot be written", "check the folder and its permissions")


def _suite(root: Element, suite: Path, result: SuiteResult) -> None:
    element = SubElement(root, "testsuite", name=_text(suite), file=_text(suite))
    _count(element, [result])
    if result.policy.allowed:
        properties = SubElement(element, "properties")
        for one in result.policy.allowed:
            told = _text(f"{one.purpose}: {one.place}: {one.reason}")
            SubElement(properties, "property", name="unsafe-allow", value=told)
    for case in result.results:
        named = {"classname": _text(result.policy.name), "name": _text(case.name)}
        test = SubElement(element, "testcase", {**named, "file": _text(suite), "line": str(case.line)})
        if case.problem is not None:
            failure = SubElement(test, "failure", message=_text(case.problem), type="difference")
            failure.text = _text(f"{suite}:{case.line}: {case.name}: {case.problem}")


def _count(element: Element, results: Iterable[SuiteResult]) -> None:
    results = list(results)
    element.set("tests", str(sum(len(result.results) for result in results)))
    element.set("failures", str(sum(len(result.failures) for result in results)))
    element.set("errors", "0")


def _text(value: object) -> str:
    return _NO_XML.sub("\ufffd", clean(str(value)))
