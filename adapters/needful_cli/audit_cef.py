r"""A ledger entry as a line of ArcSight's Common Event Format, version 0.

    CEF:0|Needful|Needful|VERSION|released|Documents released|1|rt=… externalId=… suid=… …

In the header `\` and `|` are escaped, in the extension `\` and `=`; line ends are written `\n` and `\r` there, so that
an entry is one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from needful_cli.audit_formats import milliseconds
from needful_cli.output import clean

if TYPE_CHECKING:
    from needful.ledger import Stored
    from needful.values import Counts

__all__ = ["escaped", "escaped_in_header", "line_of"]

_EVENTS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "released": ("Documents released", 1),
        "restored": ("Tokens restored", 3),
        "erased": ("Entries erased", 3),
        "refused": ("Request refused", 5),
        "failed": ("Request failed", 7),
    }
)
"""Outcome to name and severity, 0 to 10."""

_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def line_of(stored: Stored) -> str:
    """Return the line, without its end."""
    from needful import __version__

    name, severity = _EVENTS[stored.entry.outcome]
    header = ("CEF:0", "Needful", "Needful", __version__, stored.entry.outcome, name, str(severity))
    extension = " ".join(f"{key}={escaped(value)}" for key, value in _extension(stored) if value)
    return "|".join((*map(escaped_in_header, header), extension))


def escaped_in_header(text: str) -> str:
    """Escape a field of the header, which has no way to write the end of a line: it becomes a blank."""
    return clean(_LINE_ENDS.sub(" ", text).replace("\\", "\\\\").replace("|", "\\|"))


def escaped(text: str) -> str:
    """Escape a value of the extension."""
    marked = text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
    return clean(_LINE_ENDS.sub("\\\\n", marked))


def _extension(stored: Stored) -> Iterator[tuple[str, str]]:
    entry = stored.entry
    yield "rt", str(milliseconds(entry.time))
    yield "externalId", str(stored.sequence)
    yield "suid", entry.principal
    yield "outcome", entry.outcome
    yield "reason", entry.reason
    labelled = (
        ("cs1", "purpose", entry.purpose),
        ("cs2", "policy", f"{entry.policy.name}@{entry.policy.version}"),
        ("cs3", "policyDigest", entry.policy.digest),
        ("cs4", "treated", _counts(entry.counts)),
        ("cs5", "withheld", " ".join(f"{reason}:{count}" for reason, count in sorted(entry.withheld.items()))),
        ("cs6", "entryHash", stored.entry_hash),
        ("cn1", "recordsDisclosed", str(entry.records_disclosed)),
        ("cn2", "recordsFetched", str(entry.records_fetched)),
        ("cn3", "charactersDisclosed", str(entry.characters_disclosed)),
    )
    for key, label, value in labelled:
        if value:
            yield f"{key}Label", label
            yield key, value


def _counts(counts: Counts) -> str:
    """`PERSON:pseudonymize:2 metadata.title:keep:1`."""
    return " ".join(
        f"{name}:{action}:{times}"
        for name, actions in sorted(counts.items())
        for action, times in sorted(actions.items())
    )
