"""A ledger entry as an event of OCSF 1.9.0: class Datastore Activity (6005), with the profile record_integrity.

1.9.0 (August 2026) is the first version that has the profile. Where an entry has no place in the class it stands in
`unmapped`, under the names of `values.Entry`. What makes the ledger a chain stands in `attestation_list`:

    chain_uid             the ledger's id, as its headers and checkpoints have it; of a ledger of format 1, which has
                          none, the hash of its first entry
    uid                   the hash of the entry (its link), which is also the event's `metadata.uid`
    prev_event.uid        the hash of the entry before it, shown or not; none for the first, and after an erased one
    fingerprint           SHA-256 over the event without `fingerprint`, as RFC 8785 JSON (in hex)

The fingerprint is of the event, as the profile wants it, so that whoever has only the event can check it. The hashes
are the ledger's own: `needful audit verify` and docs/ledger.md say how they are made. There are no `signatures`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import rfc8785

from needful_cli.audit_formats import milliseconds
from needful_cli.output import plain

if TYPE_CHECKING:
    from needful.ledger import Stored
    from needful.values import Entry
    from needful_cli.audit_formats import Linked

__all__ = ["CLASS", "VERSION", "event_of"]

VERSION = "1.9.0"
CLASS = 6005
_QUERY, _DELETE, _DECRYPT = (4, "Query"), (7, "Delete"), (10, "Decrypt")
_INFORMATIONAL, _LOW, _MEDIUM = (1, "Informational"), (2, "Low"), (3, "Medium")

_ACTIVITIES: Mapping[str, tuple[int, str]] = MappingProxyType({"restored": _DECRYPT, "erased": _DELETE})
"""What is not here is a query."""
_SEVERITIES: Mapping[str, tuple[int, str]] = MappingProxyType({"refused": _LOW, "failed": _MEDIUM})
"""What is not here is informational."""
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "refused": "a request was refused",
        "failed": "a request failed",
        "restored": "tokens were restored",
        "erased": "the content of ledger entries was erased",
    }
)
_ELSEWHERE = frozenset({"time", "outcome", "principal", "policy", "reason"})
"""What of an entry has an attribute of its own."""


def event_of(linked: Linked, chain: str) -> Mapping[str, Any]:
    """Return the event. `chain` is the ledger's id."""
    attestation: dict[str, Any] = {"uid": linked.stored.entry_hash, "chain_uid": chain}
    if linked.previous is not None:
        attestation["prev_event"] = {
            "uid": linked.previous.entry_hash,
            "type_uid": _type(_activity(linked.previous.entry)[0]),
        }
    event = {**_classified(linked.stored.entry), **_told(linked.stored), "attestation_list": [attestation]}
    # Of the event with its place in the chain, and without itself: objects/attestation.json of the schema.
    digest = hashlib.sha256(rfc8785.dumps(event)).hexdigest()
    attestation["fingerprint"] = {
        "algorithm": "SHA-256",
        "algorithm_id": 3,
        "encoding": "Hex",
        "encoding_id": 1,
        "value": digest,
    }
    return event


def _classified(entry: Entry) -> dict[str, Any]:
    activity, activity_name = _activity(entry)
    severity, severity_name = _SEVERITIES.get(entry.outcome, _INFORMATIONAL)
    succeeded = entry.outcome in ("released", "restored", "erased")
    status = {"status_id": 1, "status": "Success"} if succeeded else {"status_id": 2, "status": "Failure"}
    return {
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "Datastore Activity",
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": _type(activity),
        "type_name": f"Datastore Activity: {activity_name}",
        "severity_id": severity,
        "severity": severity_name,
        **status,
        **({"status_code": entry.reason} if entry.reason else {}),
    }


def _told(stored: Stored) -> dict[str, Any]:
    entry = stored.entry
    return {
        "time": milliseconds(entry.time),
        "duration": round(sum(entry.timings.values())),
        "message": _message(entry),
        "metadata": _metadata(stored),
        "actor": {"user": _user(entry), "authorizations": [_authorization(entry)]},
        # The class asks for both. The ledger does not hold where a question came from, nor which collection answered.
        "src_endpoint": {"svc_name": "needful"},
        "database": {"name": "vector store", "type": "Vector", "type_id": 99},
        "type": "Database",
        "type_id": 1,
        "unmapped": {name: value for name, value in plain(entry).items() if name not in _ELSEWHERE},
    }


def _metadata(stored: Stored) -> dict[str, Any]:
    from needful import __version__

    return {
        "version": VERSION,
        "profiles": ["record_integrity"],
        "product": {"name": "Needful", "vendor_name": "Needful", "version": __version__},
        "uid": stored.entry_hash,
        "sequence": stored.sequence,
        "original_time": stored.entry.time,
        "log_name": "needful ledger",
    }


def _user(entry: Entry) -> dict[str, Any]:
    # 0 is unknown: a hash says nothing about what kind of user it is.
    return {"type_id": 0, **({"uid": entry.principal} if entry.principal else {"name": "not given"})}


def _authorization(entry: Entry) -> dict[str, Any]:
    policy = {"name": entry.policy.name, "uid": entry.policy.digest, "version": str(entry.policy.version)}
    return {"decision": "denied" if entry.outcome == "refused" else "allowed", "policy": policy}


def _message(entry: Entry) -> str:
    if entry.outcome == "released":
        return f"{entry.records_disclosed} of {entry.records_fetched} records disclosed"
    return _MESSAGES[entry.outcome]


def _activity(entry: Entry) -> tuple[int, str]:
    return _ACTIVITIES.get(entry.outcome, _QUERY)


def _type(activity: int) -> int:
    return CLASS * 100 + activity
