"""What a recognizer's regex must satisfy: RE2 takes it, it finds whole characters, and never nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import re2

from needful.policy.finding import Finding
from needful.policy.plain import Location

__all__ = ["regex_findings"]

# RE2 would match one byte of a character.
_ONE_BYTE = re.compile(r"(?<!\\)(\\\\)*\\C")
_NO_LOOK_AROUND = "RE2 has no look-around and no back-references"
# What RE2 says, and what to do. Its own text quotes the pattern.
_NOT_RE2: Mapping[str, str] = {
    "missing )": "a round bracket is not closed: add ), or write \\( for the character",
    "unexpected )": "a round bracket is closed and not opened: remove it, or write \\) for the character",
    "missing ]": "a square bracket is not closed: add ], or write \\[ for the character",
    "no argument for repetition": "there is nothing to repeat before *, + or ?: write \\* for the character",
    "bad repetition operator": "a repetition is repeated, and RE2 has no possessive ones: leave one",
    "invalid repetition size": "RE2 repeats at most 1000 times, brackets in brackets included",
    "too large": "this regex takes too much memory: repeat less, or name fewer characters",
    "nests too deeply": "too many brackets in brackets: write fewer",
    "trailing": "a backslash at the end: write two for the character",
    "invalid character class range": "a range or class that there is not: [a-z], \\d or \\pL are some that there are",
    "invalid named capture group": "the name of a group is not a word, or not closed: write (?P<name>…)",
    "invalid escape sequence": "an escape that RE2 does not have; it has no back-references such as \\1 either",
}


def regex_findings(pattern: str, place: Location) -> Iterator[Finding]:
    """Yield what keeps a regex from being used."""
    if _ONE_BYTE.search(pattern):
        yield Finding(place, "not a regex that matches whole characters: it has \\C", "write a dot for any character")
        return
    told = ""
    try:
        matches_nothing = re2.compile(pattern, _options()).search("") is not None
    except re2.error as error:
        told = str(error)
    if told:
        hint = next((hint for words, hint in _NOT_RE2.items() if words in told), _NO_LOOK_AROUND)
        yield Finding(place, "not a regex in RE2 syntax", hint)
    elif matches_nothing:
        yield Finding(place, "this regex matches the empty text", "use + instead of *, or name a character")


def _options() -> re2.Options:
    """As detection has it: what is too large there must not load."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return options
