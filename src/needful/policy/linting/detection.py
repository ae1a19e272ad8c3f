"""Remarks about how personal data is found: recognizers, models, and what happens with finds that have no rule."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from needful.policy.document import PolicyDocument, Scan
from needful.policy.entities import DEFAULT, detectable_by
from needful.policy.finding import Finding
from needful.policy.linting.subject import Subject
from needful.policy.loading import Policy
from needful.policy.text import quoted
from needful.policy.walking import field_rules
from needful.values import Action

__all__ = [
    "broad_regexes",
    "missing_recognizers",
    "names_not_found",
    "unused_recognizers",
    "withholding_defaults",
    "without_model",
]

# Of a made-up letter: what a regex for some kind of identifier has no reason to match nearly all of.
_WORDS = (
    "The roof was repaired in spring, and our neighbours kindly watched while everybody else stayed at home. "
    "Please send another form to this office before Monday, because several pages were missing."
).split()
_NUMBERS = "7 12 48 150 1999 2024 3500 12.50 1,200 60".split()
_NEARLY_ALL = 0.8
_BROAD = (("word", _WORDS), ("number", _NUMBERS))
_PERSON = "PERSON"


def broad_regexes(policy: Policy) -> Iterator[Finding]:
    """Find regexes that match nearly every word or number."""
    for index, recognizer in enumerate(policy.recognizers):
        # The loader refuses what RE2 does not take.
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        compiled = re2.compile(recognizer.regex, options)
        for what, samples in _BROAD:
            matched = sum(compiled.search(sample) is not None for sample in samples)
            if matched >= _NEARLY_ALL * len(samples):
                message = f"the regex of {quoted(recognizer.name)} redacts nearly every {what}"
                hint = r"describe the whole identifier: its prefix, its length, \b at both ends"
                yield Finding(("recognizers", index, "regex"), message, f"{hint}; capitals and small letters are one")
                break


def unused_recognizers(policy: Policy) -> Iterator[Finding]:
    """Find recognizers that no purpose uses."""
    used = _used(policy.document)
    for index, recognizer in enumerate(policy.recognizers):
        if recognizer.name not in used:
            message = f"no purpose uses the recognizer {quoted(recognizer.name)}"
            yield Finding(("recognizers", index), message, "add it to detect.recognizers, or remove it")


def _used(document: PolicyDocument) -> set[str]:
    return {name for purpose in document.purposes.values() for name in purpose.detect.recognizers}


def missing_recognizers(subject: Subject) -> Iterator[Finding]:
    """Find entity rules whose recognizer other purposes use and this one does not."""
    purpose, used = subject.purpose, _used(subject.document)
    for recognizer in subject.document.recognizers:
        is_elsewhere = recognizer.name in used and recognizer.name not in purpose.detect.recognizers
        if is_elsewhere and recognizer.entity in purpose.entities:
            message = f"this purpose does not use {quoted(recognizer.name)}, which finds {recognizer.entity} elsewhere"
            at = (*subject.at, "entities", recognizer.entity)
            yield Finding(at, message, f"add {recognizer.name} to detect.recognizers", "key")


def names_not_found(subject: Subject) -> Iterator[Finding]:
    """Find that persons' names stay in scanned text."""
    if _leaves_names(subject):
        detect = subject.purpose.detect
        message = f"nothing finds the names of persons in text, and ner: none says: {detect.reason}"
        hint = "name the field that holds the names in detect.known, or a model in detect.ner"
        yield Finding((*subject.at, "detect", "ner"), message, hint)


def _leaves_names(subject: Subject) -> bool:
    purpose = subject.purpose
    if purpose.detect.ner != "none" or purpose.detect.known or _PERSON in detectable_by(subject.document, purpose):
        return False
    return any(isinstance(rule, Scan) for _, rule in field_rules(purpose, subject.at))


def without_model(subject: Subject) -> Iterator[Finding]:
    """Find purposes that do without a model and have something else that finds names."""
    if subject.purpose.detect.ner == "none" and not _leaves_names(subject):
        message = f"no model finds names in text: {subject.purpose.detect.reason}"
        hint = "known values and recognizers have to suffice"
        yield Finding((*subject.at, "detect", "ner"), message, hint)


_SO = {
    Action.DENY: "refuses the whole question: any date or e-mail address is enough",
    Action.DROP_RECORD: "withholds its record: any date or e-mail address is enough",
}


def withholding_defaults(subject: Subject) -> Iterator[Finding]:
    """Find defaults that leave next to nothing to be disclosed."""
    for index, rule in enumerate(subject.purpose.entities.get(DEFAULT, ())):
        if rule.action in _SO:
            at = (*subject.at, "entities", DEFAULT, index)
            message = f"{DEFAULT}: {rule.action}: every find without a rule of its own {_SO[rule.action]}"
            yield Finding(at, message, f"write {DEFAULT}: redact, and {rule.action} for the entities that are meant")
