"""What a policy must satisfy beyond its form: names that exist, rules that can act, parts that this version executes.

Each check yields findings; the loader gives them a line and a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from needful.paths import OWN, FieldPath
from needful.policy.document import (
    FieldRule,
    Omit,
    PolicyDocument,
    Purpose,
    Recognizer,
    Rule,
    Scan,
    ValueRule,
)
from needful.policy.entities import (
    BUNDLED,
    DEFAULT,
    LOCALES,
    OPERATORS,
    TOKEN,
    detectable,
    detectable_by,
    entity_of,
    meant,
)
from needful.policy.filter_checks import filter_findings
from needful.policy.finding import Finding
from needful.policy.plain import Location
from needful.policy.regex_checks import regex_findings
from needful.policy.suggestions import close
from needful.policy.text import look_alike, quoted
from needful.policy.walking import field_rules, rules
from needful.values import Action

__all__ = ["findings"]

# Stands for the point's id in `fields`. It is hashed unless the policy keeps it.
POINT_ID = "$id"

_WITHHOLDING = frozenset({Action.DROP_PASSAGE, Action.DROP_RECORD, Action.DENY})


def findings(document: PolicyDocument) -> Iterator[Finding]:
    """Yield everything that keeps a well-formed policy from being used."""
    yield from _recognizers(document.recognizers)
    for name, purpose in document.purposes.items():
        at = ("purposes", name)
        yield from _named(name, at)
        yield from _fields(document, purpose, at)
        yield from _entities(document, purpose, at)
        yield from _detection(document, purpose, at)
        yield from filter_findings(purpose, at)
    for place, rule in rules(document):
        yield from _operator(rule, place, document.operators)


def _named(name: str, place: Location) -> Iterator[Finding]:
    if name != name.strip():
        yield Finding(place, "a blank before or after the purpose's name", look_alike(name) or "remove it", "key")


def _fields(document: PolicyDocument, purpose: Purpose, at: Location) -> Iterator[Finding]:
    text = FieldPath.parse(document.layout.text)
    for place, rule in field_rules(purpose, at):
        path = str(place[3])
        is_text = FieldPath.parse(path).steps == text.steps
        yield from _special(path, rule, place)
        yield from _withholding(is_text, rule, place)
        yield from _selecting(None if is_text else text.text, rule, (*place, "select"))
    yield from _nested_paths(purpose, (*at, "fields"))


def _special(path: str, rule: FieldRule, place: Location) -> Iterator[Finding]:
    if path == POINT_ID:
        if rule.action not in (Action.KEEP, Action.HASH):
            yield Finding(place, "a point id is kept or hashed", f"{POINT_ID}: {{action: keep, reason: …}}, or hash")
    elif FieldPath.parse(path).steps[0] == OWN:
        yield Finding(
            place[:4], f"the field {quoted(OWN)} holds annotations, and no rule discloses them", "remove it", "key"
        )
    elif path.startswith("$"):
        yield Finding(place[:4], f"unknown field {quoted(path)}", f"only {POINT_ID} starts with a dollar sign", "key")


def _withholding(is_text: bool, rule: FieldRule, place: Location) -> Iterator[Finding]:
    if not isinstance(rule, ValueRule) or rule.action not in _WITHHOLDING:
        return
    if is_text:
        message = f"{rule.action} on the text field withholds every record"
        yield Finding((*place, "action"), message, "use scan or redact")
    elif rule.action is Action.DROP_PASSAGE:
        yield Finding((*place, "action"), "drop-passage is for entities found in text", "use redact or drop-record")


def _selecting(other: str | None, rule: FieldRule, place: Location) -> Iterator[Finding]:
    """Find a selection that nobody makes; `other` is the text field where this is not it."""
    if isinstance(rule, Omit) or rule.select is None:
        return
    if not isinstance(rule, Scan) and rule.action is not Action.KEEP:
        yield Finding(place, "select is for text that is scanned or kept", "remove it", "key")
    elif other is not None and rule.select.by != "whole":
        message = "this field is disclosed whole: passages are chosen of the layout's text field only"
        yield Finding(place, message, f"write select: whole, or leave it out; the text field is {other}", "key")


def _nested_paths(purpose: Purpose, place: Location) -> Iterator[Finding]:
    # A rule for an object and another for a part of it would both decide about the same value.
    named: dict[tuple[str, ...], list[str]] = {}
    for path in purpose.fields:
        named.setdefault(FieldPath.parse(path).steps, []).append(path)
    for steps, paths in named.items():
        outer = [other for length in range(1, len(steps) + 1) for other in named.get(steps[:length], ())]
        for path, other in product(paths, outer):
            if path != other:
                message = f"{quoted(path)} lies in {quoted(other)}, which has a rule of its own"
                yield Finding((*place, path), message, "give each part its own rule, and the whole none", "key")


def _operator(rule: Rule, place: Location, added: Sequence[str]) -> Iterator[Finding]:
    if rule.operator is None or rule.operator in added:
        return
    known = OPERATORS.get(rule.operator)
    if known is None:
        names = sorted({*OPERATORS, *added})
        hint = close(rule.operator, names) or f"known here: {', '.join(names)}; operators: [NAME] adds your own"
        yield Finding((*place, "operator"), f"unknown operator {quoted(rule.operator)}", hint)
        return
    for name in sorted(rule.params.keys() - known):
        hint = close(name, known) or f"known here: {', '.join(sorted(known)) or 'none'}"
        yield Finding((*place, "params", name), f"unknown parameter {quoted(name)} of {rule.operator}", hint, "key")


def _entities(document: PolicyDocument, purpose: Purpose, at: Location) -> Iterator[Finding]:
    known = detectable_by(document, purpose)
    # A known field whose entity is missing is a problem of its own; this one might be what it was to be.
    is_open = any(entity_of(field, purpose) is None for field in purpose.detect.known)
    others = {recognizer.entity for recognizer in document.recognizers if _is_misspelled(purpose, document)}
    for entity in purpose.entities:
        if entity != DEFAULT and entity not in known | others:
            hint = _instead_of(entity, known, document)
            if not (is_open and hint in {_BY_A_MODEL, _NO_SUCH_ENTITY}):
                yield Finding((*at, "entities", entity), _undetected(entity), hint, "key")
    # What may be restored is often taken from a parent that detects more; a name that nothing has is a slip.
    somewhere = known | others | detectable(document.language, LOCALES, "transformers:any")
    for entity in purpose.restore:
        if entity not in somewhere:
            yield Finding(
                (*at, "restore", entity), _undetected(entity), _instead_of(entity, somewhere, document), "key"
            )


def _undetected(entity: str) -> str:
    return f"nothing in this purpose's set-up detects {quoted(entity)}"


def _is_misspelled(purpose: Purpose, document: PolicyDocument) -> bool:
    """Whether a purpose names a recognizer that there is not: the problem of its own may be all that is wrong."""
    return not {recognizer.name for recognizer in document.recognizers}.issuperset(purpose.detect.recognizers)


def _instead_of(entity: str, known: frozenset[str], document: PolicyDocument) -> str:
    how = look_alike(entity) or _how_to_detect(entity, document)
    if how:
        return how
    if other := meant(entity):
        also = "" if other in known else _how_to_detect(other, document)
        return f"did you mean {quoted(other)}?{f' Then also {also}' if also else ''}"
    # Names of entities have parts in common that say little: POSTBOX_ADDRESS is not close to IP_ADDRESS.
    return close(entity, {*known, DEFAULT}, at_least=0.8) or _NO_SUCH_ENTITY


_NO_SUCH_ENTITY = "remove the rule, or add a recognizer or a known field that has this entity"
_BY_A_MODEL = "name a model in detect.ner, or a known field that has this entity"
_BY_MODEL = frozenset({"AGE", "ID", "LOCATION", "NRP", "ORGANIZATION", "PERSON"})


def _how_to_detect(entity: str, document: PolicyDocument) -> str:
    for recognizer in document.recognizers:
        if recognizer.entity == entity:
            return f"add {recognizer.name} to detect.recognizers"
    for locale, names in LOCALES.items():
        if entity in names:
            return f"add {locale} to detect.locales"
    return _BY_A_MODEL if entity in _BY_MODEL else ""


def _detection(document: PolicyDocument, purpose: Purpose, at: Location) -> Iterator[Finding]:
    place, detect = (*at, "detect"), purpose.detect
    recognizers = [recognizer.name for recognizer in document.recognizers]
    for index, name in enumerate(detect.recognizers):
        if name not in recognizers:
            hint = close(name, recognizers) or "define it under recognizers, at the end of the policy"
            yield Finding((*place, "recognizers", index), f"unknown recognizer {quoted(name)}", hint)
    for index, locale in enumerate(detect.locales):
        if locale not in LOCALES:
            hint = 'did you mean "uk"?' if locale == "gb" else f"known here: {', '.join(LOCALES)}"
            yield Finding((*place, "locales", index), f"unknown locale {quoted(locale)}", hint)
    if detect.ner in _BUNDLED and document.language not in BUNDLED:
        message = f"ner: {detect.ner} has no model for language {quoted(document.language)}"
        yield Finding((*place, "ner"), message, f"it has {' and '.join(sorted(BUNDLED))}; {_OTHER_MODEL}")
    if detect.outside_bias is not None and (detect.ner not in _BUNDLED or document.language != "en"):
        message = "outside_bias is the operating point of the bundled English model, which does not run here"
        yield Finding((*place, "outside_bias"), message, "remove it; min_score holds for every model", "key")
    yield from _known_fields(purpose, (*place, "known"))


_BUNDLED = frozenset({"bundled", "fast"})
_OTHER_MODEL = "name one that is installed, such as ner: spacy:de_core_news_lg, or write ner: none with a reason"


def _known_fields(purpose: Purpose, place: Location) -> Iterator[Finding]:
    for index, known in enumerate(purpose.detect.known):
        rules = [rule for rule in purpose.fields.get(known.field, ()) if isinstance(rule, ValueRule)]
        ruled = next((rule.entity for rule in rules if rule.entity and rule.entity != known.entity), None)
        if known.entity and ruled:
            message = f"{quoted(known.field)} is {known.entity} here and {ruled} in fields"
            yield Finding((*place, index), message, "give it one entity, so that one value gets one token")
        elif entity_of(known, purpose) is None:
            hint = "" if known.field in purpose.fields else close(known.field, purpose.fields)
            hint = hint or f"{{field: {known.field}, entity: PERSON}}, or an entity in the field's rule"
            yield Finding((*place, index), f"the known field {quoted(known.field)} has no entity", hint)


def _recognizers(recognizers: tuple[Recognizer, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, recognizer in enumerate(recognizers):
        place: Location = ("recognizers", index)
        if recognizer.name in seen:
            yield Finding((*place, "name"), f"a second recognizer {quoted(recognizer.name)}", "give each its own name")
        seen.add(recognizer.name)
        if recognizer.entity == TOKEN:
            yield Finding((*place, "entity"), f"{TOKEN} is the core's own entity", "choose another name")
        yield from regex_findings(recognizer.regex, (*place, "regex"))
