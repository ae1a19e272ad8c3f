"""Tables of the language reference (docs/policies/reference.md), made from the models and the catalogue.

What a key may hold, its default and what it says come from the model, so that the page cannot drift from the program.
`needful_cli.policy_reference` makes the page: its examples are computed by stages, which this package may not import.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from needful.policy.document import LAYOUTS, Layout
from needful.policy.entities import BUNDLED, GENERIC, LANGUAGES, LOCALES, default_entities, detectable
from needful.policy.linting.rules import RULES
from needful.policy.suites.document import Row, SuiteDocument, WrittenCase

__all__ = ["SUITE_MODELS", "Key", "entity_tables", "key_table", "keys_of", "layout_table", "lint_table", "table"]

SUITE_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"suite": SuiteDocument, "test": WrittenCase, "row": Row}
)
"""What a policy test file is made of, beside `expectations`: the file, one test, one row of `texts`."""

_SAYS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("SuiteDocument", "policy"): "The policy file, in the same folder.",
        ("SuiteDocument", "purpose"): "The purpose of all tests that name none.",
        ("SuiteDocument", "principal"): "Who asks in all tests that name nobody.",
        ("SuiteDocument", "tests"): "The tests.",
        ("WrittenCase", "name"): "What the test holds, as a sentence. Each test has its own.",
        ("WrittenCase", "purpose"): "The purpose that is asked for.",
        ("WrittenCase", "principal"): "Who asks: an id and attributes. `null` is nobody, whatever the suite says.",
        ("WrittenCase", "query"): "The question. Only a test with `text` or `texts` does without.",
        ("WrittenCase", "k"): "How many records are asked for.",
        ("WrittenCase", "filter"): "What the caller filters by, key to test.",
        ("WrittenCase", "records"): "Payloads in the store, best first. `$id` and `$score` are the point's own.",
        ("WrittenCase", "text"): "In place of records: the text of the one record.",
        ("WrittenCase", "texts"): "In place of records: many texts, each with what must become of it.",
        ("WrittenCase", "expect"): "What must come out. A text alone is the text of the one document.",
        ("WrittenCase", "restore"): "Turn the tokens of the first document back, and say what must come of it.",
        ("Row", "text"): "The text of the one record.",
        ("Row", "expect"): "What must become of it. A text alone is the text of the one document.",
    }
)

_WHEN = "attribute to a value, or to a list of values"
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "counts": "entity or field to a number, or to action to number",
        "entities": "entity name, or `default`, to a [rule](#entities), or to a list of rules",
        "except": "list of values, at least one",
        "fields": "path, or `$id`, to a [rule](#fields), or to a list of rules",
        "locales": "list of country codes",
        "ner": "`bundled`, `fast`, `none`, or `spacy:`, `transformers:`, `gliner:`, `stanza:` with a model's name",
        "records": "whole number, 1 to 10,000",
        "restore": f"entity name to: {_WHEN}",
        "when": _WHEN,
    }
)
"""Kinds whose schema says more than a reader needs, by key."""
_SUITE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "expect": "[expectation](#expect), or a text",
        "records": "list of payloads",
        "restore": "[restoring](#restore-in-a-test)",
        "texts": "text to expectation; or a list of `{text, expect}`",
    }
)
_SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "Action": "[action](#actions)",
        "Detect": "[detect](#detect)",
        "Expectation": "[expectation](#expect), or a text",
        "ExpectedDocument": "[document](#documents)",
        "ExpectedRestored": "[restored](#restore-in-a-test), or a text",
        "FilterTest": "[test](#filter)",
        "Filterable": "[filterable](#filterable)",
        "Known": "[known](#known)",
        "Layout": "[layout](#layout)",
        "Limits": "[limits](#limits)",
        "Purpose": "[purpose](#a-purpose)",
        "QueryRule": "[query](#query)",
        "Range": "[range](#range)",
        "Recognizer": "[recognizer](#recognizers)",
        "Select": "[select](#select)",
        "WrittenCase": "[test](#a-test)",
    }
)
_SCALAR = ["text", "whole number", "number", "true or false"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a model, in words: what it may hold, its default, and what it says."""

    name: str
    kind: str
    default: str
    says: str


def keys_of(model: type[BaseModel], without: Collection[str] = ()) -> Iterator[Key]:
    """Yield the keys of a model in their order, but for some. Raises `KeyError` where nothing describes a key."""
    properties = model.model_json_schema()["properties"]
    is_suite = model in SUITE_MODELS.values()
    for name, field in model.model_fields.items():
        written = field.alias or name
        if name in without:
            continue
        kind = (_SUITE_KINDS.get(written) if is_suite else None) or _kind(written, properties[written], is_suite)
        yield Key(written, kind, _default(field), field.description or _SAYS[model.__name__, name])


def key_table(model: type[BaseModel], without: Collection[str] = ()) -> str:
    """Return the keys of a model as a table."""
    rows = [(f"`{key.name}`", key.kind, key.default, key.says) for key in keys_of(model, without)]
    return table(("key", "type", "default", "says"), rows)


def _kind(key: str, schema: Mapping[str, Any], is_suite: bool) -> str:
    is_special = key in _KINDS and not (is_suite and key == "records")
    return _KINDS[key] if is_special else _worded(schema)


def _worded(schema: Mapping[str, Any]) -> str:
    """A piece of JSON Schema in plain words."""
    if "$ref" in schema:
        return _SECTIONS.get(schema["$ref"].rpartition("/")[2], "mapping")
    if "enum" in schema or "const" in schema:
        return _listed([f"`{_yaml(value)}`" for value in schema.get("enum", [schema.get("const")])])
    if "anyOf" in schema or "oneOf" in schema:
        return _one_of(schema.get("anyOf") or schema["oneOf"])
    return _BY_TYPE.get(schema.get("type", ""), _number)(schema)


def _one_of(branches: Sequence[Mapping[str, Any]]) -> str:
    words = list(dict.fromkeys(_worded(branch) for branch in branches if branch.get("type") != "null"))
    return "value" if words == _SCALAR else " or ".join(words)


def _list(schema: Mapping[str, Any]) -> str:
    return f"list of {_plural(_worded(schema['items']))}{', at least one' if schema.get('minItems') else ''}"


def _plural(words: str) -> str:
    return {"value": "values", "text": "texts", "path": "paths"}.get(words, words)


def _mapping(schema: Mapping[str, Any]) -> str:
    by_pattern = schema.get("patternProperties", {})
    held = next(iter(by_pattern.values()), schema.get("additionalProperties", {}))
    name = "path" if by_pattern else "name"
    return f"{name} to {_worded(held)}" if isinstance(held, Mapping) and held else "mapping"


_WORD = (1, 200)
"""Least and most characters of what needs no saying: a name or a word."""
_PATTERNS = (
    ("^[A-Z][A-Z0-9_]", "entity name"),
    ("^[a-z0-9][a-z0-9._-]", "small letters, digits, `.`, `_` and `-`; up to 100"),
    ("^[a-z]{2}$", "two small letters"),
    ("^env:", "`env:` and the name of an environment variable"),
    (r"^[^/\\]+", "file name"),
    ('^("(?!', "path"),
)


def _text(schema: Mapping[str, Any]) -> str:
    found = [words for start, words in _PATTERNS if schema.get("pattern", "").startswith(start)]
    if found:
        return found[0]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 0)
    if most == 1:
        return "one character"
    return f"text, {least} to {most:,} characters" if most and (least, most) != _WORD else "text"


def _number(schema: Mapping[str, Any]) -> str:
    name = "whole number" if schema.get("type") == "integer" else "number"
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f"{name} above {schema['exclusiveMinimum']:g}" + (f", up to {most:,.0f}" if most is not None else "")
    if least is None:
        return name
    return f"{name}, {least:,.0f} to {most:,.0f}" if most is not None else f"{name}, {least:g} or more"


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {"array": _list, "object": _mapping, "string": _text, "boolean": lambda schema: "true or false"}
)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {}:
        return "none"
    if isinstance(value, BaseModel):
        name = next((name for name, layout in LAYOUTS.items() if layout == value), None)
        return f"`{name}`" if name else "see there"
    return f"`[{', '.join(map(str, value))}]`" if isinstance(value, tuple) else f"`{_yaml(value)}`"


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def layout_table() -> str:
    """Return the layouts that have a name, and where each has what."""
    keys = [field.alias or name for name, field in Layout.model_fields.items()]
    given = {name: layout.model_dump(by_alias=True) for name, layout in LAYOUTS.items()}
    rows = [(f"`{name}`", *(_or_none(parts[key]) for key in keys)) for name, parts in given.items()]
    return table(("name", *keys), rows)


def _or_none(value: str | None) -> str:
    return "none" if value is None else f"`{value}`"


def entity_tables() -> str:
    """Return the names of entities, by what finds them. An asterisk marks those that `default` does not cover."""
    models = {ner: detectable("en", (), f"{ner}:x") for ner in ("gliner", "spacy", "stanza", "transformers")}
    found: Sequence[tuple[str, Collection[str]]] = (
        ("every language, by patterns and check digits", GENERIC),
        *((f"`language: {name}`, by words", names) for name, names in sorted(LANGUAGES.items())),
        *((f"`ner: bundled` and `fast`, `language: {name}`", names) for name, names in sorted(BUNDLED.items())),
        *((f"`ner: {name}:MODEL`", names - GENERIC - LANGUAGES["en"]) for name, names in sorted(models.items())),
        *((f"`locales: [{name}]`", names) for name, names in sorted(LOCALES.items())),
    )
    covered = default_entities("en", LOCALES, "transformers:x") | default_entities("zh", (), "bundled")
    shown = {name: f"`{name}`" if name in covered else f"`{name}` *" for _, names in found for name in names}
    return table(
        ("found by", "entities"), [(by, ", ".join(shown[name] for name in sorted(names))) for by, names in found]
    )


def lint_table() -> str:
    """Return everything that a check says, by its id."""
    rules = sorted(RULES.values(), key=lambda rule: (("error", "warning", "note").index(rule.level), rule.id))
    return table(("id", "level", "says"), [(f"`{rule.id}`", rule.level, rule.says) for rule in rules])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
